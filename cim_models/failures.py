"""Which events say that something in the city's networks has failed, and which that it is in order again.

The subject of both is what failed: a main, a sewer, a pump, a leak of gas, a cavity under a street, a bridge.
"""

from collections.abc import Mapping
from types import MappingProxyType

FAILURE_ENDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "supply.burst": ("supply.restored",),
        "supply.leaking": ("supply.restored",),
        "supply.pump_stopped": ("supply.pump_started",),
        "sewer.blocked": ("sewer.unblocked", "sewer.rebuilt"),
        "sewer.collapsed": ("sewer.rebuilt",),
        "sewer.pump_stopped": ("sewer.pump_started",),
        "sewer.outfall_drowned": ("sewer.outfall_freed",),
        "gas.leaking": ("gas.sealed",),
        "cavity.found": ("cavity.filled",),
        "cavity.collapsed": ("cavity.filled",),
        "structure.damaged": ("structure.secured",),
        "structure.creeping": ("structure.secured", "structure.rests"),
        "gauge.failed": ("gauge.restored",),
    }
)
"""For each kind of event that begins a failure, the kinds that end it."""
