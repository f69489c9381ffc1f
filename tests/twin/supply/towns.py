"""Small supply networks for tests."""

from pathlib import Path

import pytest

from cim_models.city import Network
from cim_models.networks import read_supply
from twin.supply.toolkit import is_installed

needs_epanet = pytest.mark.skipif(not is_installed(), reason="owa-epanet has no wheel for this Python")

RING = """\
[JUNCTIONS]
 A 10 5 day
 B 10 5 day
 C 10 5 day
 D 10 5 day
 E 10 2 day
[RESERVOIRS]
 R 60
[TANKS]
 T 50 3 0 5 10 0
[PIPES]
 RA R A 200 300 120 0 Open
 AB A B 400 200 120 0 Open
 BC B C 400 200 120 0 Open
 CD C D 400 200 120 0 Open
 DA D A 400 200 120 0 Open
 CE C E 100 100 120 0 Open
 TB T B 100 200 120 0 Open
[PATTERNS]
 day 0.5 0.5 0.5 1 1.5 1.5 1 1 1 1.5 1 0.5
[TIMES]
 Duration 24:00
 Hydraulic Timestep 0:30
 Pattern Timestep 2:00
 Report Timestep 1:00
[OPTIONS]
 Units LPS
 Headloss H-W
[COORDINATES]
 R -200 0
 A 0 0
 B 400 0
 C 400 400
 D 0 400
 E 500 400
 T 400 -100
[END]
"""
"""A ring A-B-C-D fed by a reservoir at A and a tank at B, with a dead end C-E."""


def ring(text: str = RING) -> Network:
    """Return the ring, or a variant of it."""
    return read_supply(text)


def benchmark(path: Path) -> Network:
    """Read a published network."""
    return read_supply(path.read_text(encoding="utf-8", errors="replace"), source=path.name)
