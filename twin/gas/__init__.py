"""Gas: leaking mains and cabinets, marsh gas, and what detectors in manholes and septic tanks make of it.

Every watched space is a box of well-mixed air (`twin.gas.box`). Its own sewage and the leaks around it feed
it (`twin.gas.migration`), air comes in by itself and by a fan that the detector's readings start and stop
(`twin.gas.detectors`). From the readings alone, `twin.gas.diagnosis` tells marsh gas from a leak.
"""

from twin.gas.leaks import GasLeak
from twin.gas.settings import GasSettings, gas_settings
from twin.gas.sites import GasSites, gas_sites
from twin.gas.system import GasSystem

__all__ = ["GasLeak", "GasSettings", "GasSites", "GasSystem", "gas_settings", "gas_sites"]
