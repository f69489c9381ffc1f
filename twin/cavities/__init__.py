"""Cavities below roads: they grow around leaking pipes, and are found by radar or by a wheel.

`twin.cavities.growth` washes soil away, `twin.cavities.roof` says what the ground above still bears,
`twin.cavities.radar` what a survey sees, `twin.cavities.system` puts them in time.
"""

from twin.cavities.settings import CavitySettings, cavity_settings
from twin.cavities.system import Cavity, CavitySystem

__all__ = ["Cavity", "CavitySettings", "CavitySystem", "cavity_settings"]
