"""Orders: what the operations ask of the physical city.

The agents write them, the twin carries them out, and neither imports the other.
"""

import math
from dataclasses import dataclass

from cim_models.structures import Barrier, Culvert

OUTSIDE = "outside"
"""Target of a pump whose water leaves the model."""

GROUND = "ground"
"""Target of a pump whose water is put back on the ground at the order's ``outlet``."""


@dataclass(frozen=True, slots=True)
class CloseRoad:
    """Put barriers at both ends of a road, so that no vehicle enters it."""

    id: str
    road: str


@dataclass(frozen=True, slots=True)
class OpenRoad:
    """Take the barriers of a closed road away."""

    id: str
    road: str


@dataclass(frozen=True, slots=True)
class ClearGullies:
    """Free gullies of leaves and litter: their blockage becomes zero."""

    id: str
    gullies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StartPump:
    """Run a pump truck.

    Parameters
    ----------
    id
        Id of the order; ``StopPump.pump`` names it.
    x, y
        Where the suction hose lies, m in the city's CRS.
    target
        Id of a sewer node (an outfall included), `OUTSIDE` for water that leaves the model domain, or
        `GROUND` for water that runs out on the ground at ``outlet``.
    capacity_m3_h
        Largest flow, m3/h, > 0.
    outlet
        Where the water runs out with the target `GROUND`, m; else None.
    hose_m
        Length of the delivery hose, m: the target lies no farther from the suction, in a straight line.
        To leave the model, the hose must reach the edge of the terrain.
    """

    id: str
    x: float
    y: float
    target: str
    capacity_m3_h: float
    outlet: tuple[float, float] | None = None
    hose_m: float = math.inf


@dataclass(frozen=True, slots=True)
class StopPump:
    """Stop and take away the pump truck that order ``pump`` started."""

    id: str
    pump: str


@dataclass(frozen=True, slots=True)
class LayBarrier:
    """Put up a barrier; it bears the id of this order, which ``RemoveBarrier.barrier`` names."""

    id: str
    barrier: Barrier


@dataclass(frozen=True, slots=True)
class RemoveBarrier:
    """Take a barrier away: one that an order laid, or a permanent one by its id."""

    id: str
    barrier: str


@dataclass(frozen=True, slots=True)
class LayCulvert:
    """Open a culvert where there was none; it bears the id of this order."""

    id: str
    culvert: Culvert


@dataclass(frozen=True, slots=True)
class RemoveCulvert:
    """Take a culvert away for good."""

    id: str
    culvert: str


@dataclass(frozen=True, slots=True)
class ShutCulvert:
    """Shut the gate of a culvert: nothing passes."""

    id: str
    culvert: str


@dataclass(frozen=True, slots=True)
class OpenCulvert:
    """Open the gate of a culvert that was shut."""

    id: str
    culvert: str


@dataclass(frozen=True, slots=True)
class ShutValve:
    """Shut a valve of the water supply."""

    id: str
    valve: str


@dataclass(frozen=True, slots=True)
class OpenValve:
    """Open a valve of the water supply again."""

    id: str
    valve: str


@dataclass(frozen=True, slots=True)
class RepairPipe:
    """Close the hole of a broken pipe of the water supply, which has been cut off before."""

    id: str
    pipe: str


@dataclass(frozen=True, slots=True)
class SealGasLeak:
    """Close the hole of a leaking gas main or cabinet."""

    id: str
    leak: str


@dataclass(frozen=True, slots=True)
class VentilateSite:
    """Blow fresh air through a hazard site until its detector is calm."""

    id: str
    site: str


@dataclass(frozen=True, slots=True)
class FillCavity:
    """Fill a cavity below a road, or the hole that it left, and mend the pavement."""

    id: str
    cavity: str


@dataclass(frozen=True, slots=True)
class SurveyRoads:
    """Drive the ground radar along roads, in this order."""

    id: str
    roads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecureStructure:
    """Inspect and secure a bridge, tunnel or slope, so that it gets no worse."""

    id: str
    structure: str


@dataclass(frozen=True, slots=True)
class UnblockConduit:
    """Free a blocked conduit of the sewer with a jet; one that has collapsed it cannot help."""

    id: str
    conduit: str


@dataclass(frozen=True, slots=True)
class RebuildConduit:
    """Rebuild a conduit of the sewer that has collapsed, or is blocked."""

    id: str
    conduit: str


@dataclass(frozen=True, slots=True)
class RestartPump:
    """Put a pump of the sewer into service that stands still."""

    id: str
    pump: str


StructureOrder = LayBarrier | RemoveBarrier | LayCulvert | RemoveCulvert | ShutCulvert | OpenCulvert
ValveOrder = ShutValve | OpenValve
SupplyOrder = ValveOrder | RepairPipe
HazardOrder = SealGasLeak | VentilateSite | FillCavity | SurveyRoads
SewerOrder = UnblockConduit | RebuildConduit | RestartPump
Order = (
    CloseRoad
    | OpenRoad
    | ClearGullies
    | StartPump
    | StopPump
    | StructureOrder
    | SupplyOrder
    | HazardOrder
    | SecureStructure
    | SewerOrder
)


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """Whether the physical city could carry out an order, and if not, why.

    Parameters
    ----------
    done
        False when nothing was changed.
    reason
        Why not, for people; empty when done.
    pumped_m3
        Volume a stopped pump moved in all, m3.
    """

    done: bool
    reason: str = ""
    pumped_m3: float = 0.0
