"""The sewer: SWMM 5.2, driven step by step.

`SewerEngine` owns the one SWMM simulation that a process may have; `swmm_input` edits the text of an
input file for it, `swmm_bulk` reads and writes whole arrays of nodes.
"""

from twin.sewer.account import SewerAccount
from twin.sewer.engine import SewerEngine
from twin.sewer.settings import SewerSettings

__all__ = ["SewerAccount", "SewerEngine", "SewerSettings"]
