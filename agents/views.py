"""What agents see of the physical city, and what they may ask of it.

Small protocols that the twin happens to satisfy; `scenarios` joins the two. Nothing here imports
the twin.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cim_models.alarm_readings import Reading
from cim_models.hazards import HazardWork, Matter, WorkPlace
from cim_models.journeys import Way
from cim_models.mains import OpenMain, ValvePlace
from cim_models.orders import Order, OrderOutcome
from cim_models.sewer_faults import SewerFaultPlace


class WaterView(Protocol):
    """Water as somebody in the street sees it."""

    def depth_near(self, x: float, y: float, radius_m: float) -> float:
        """Largest depth on streets within a radius, m; 0 where there is none."""
        ...

    def road_depth(self) -> NDArray[np.float64]:
        """Largest depth on each road segment, in the order of the ``roads`` layer, m."""
        ...

    def sensor_depth(self) -> NDArray[np.float64]:
        """Depth each sensor would read without noise, in the order of the layer, m; NaN for none.

        Road sensors read street depth, sewer sensors the depth above the node's invert.
        """
        ...


class RoadView(Protocol):
    """The road graph as drivers meet it: speeds change with depth, closures cut edges."""

    def nearest_node(self, x: float, y: float) -> int:
        """Index of the junction nearest to a point."""
        ...

    def nearest_road(self, x: float, y: float) -> str:
        """Id of the road segment nearest to a point."""
        ...

    def node_xy(self, node: int) -> tuple[float, float]:
        """Coordinates of a junction, m."""
        ...

    def road_id(self, road: int) -> str:
        """Id of a road segment by its index, which counts in the order of the layer ``roads``."""
        ...

    def road_times(self, vehicle: str) -> NDArray[np.float64]:
        """Present travel time of each road, shape (roads,), s; ``inf`` where the vehicle cannot drive."""
        ...

    def approach_times(
        self,
        origins: Sequence[int],
        vehicles: Sequence[str],
        targets: Sequence[Sequence[int]],
        wanted: NDArray[np.bool_],
        limit_s: float,
    ) -> NDArray[np.float64]:
        """Present times to whichever junction of each target is reached first.

        Parameters
        ----------
        origins, vehicles
            Junction and vehicle class of each driver.
        targets
            Junctions of each target, any of which will do.
        wanted
            Which pairs are asked for, shape (origins, targets).
        limit_s
            Longer ways are not looked for, s; may be ``inf``.

        Returns
        -------
        Shape (origins, targets), s; ``inf`` where there is no way within the limit, and for pairs
        that were not asked for.
        """
        ...

    def dry_time_s(self, origin: int, destinations: Sequence[int]) -> float:
        """Fastest travel time to any destination on dry and open roads, s; ``inf`` where there is no way.

        The measure of what water and closures cost a journey: detours count as well as slow roads.
        """
        ...

    def way(self, origin: int, destinations: Sequence[int], vehicle: str, depart_s: float) -> Way | None:
        """Fastest way at the present depths to whichever of some other junctions is reached first.

        None when all are cut off. ``depart_s`` is when the driver sets out, s since start.
        """
        ...

    def drive(self, node: int, roads: Sequence[int], vehicle: str, depart_s: float) -> Way:
        """Drive given roads, each beginning where the one before ends, at the present depths."""
        ...

    def watch(self, listener: Callable[[], None]) -> None:
        """Call a bound method after each change of depths or barriers, as long as its object lives."""
        ...


class SupplyView(Protocol):
    """The water supply as those see it who find a broken main and repair it."""

    def open_mains(self) -> Sequence[OpenMain]:
        """Broken mains whose water comes up now."""
        ...

    def broken_main(self, x: float, y: float, radius_m: float) -> str | None:
        """Id of the nearest broken main within a radius that is not in service again; None for none."""
        ...

    def is_cut_off(self, pipe: str) -> bool:
        """Whether no more water comes to a broken main."""
        ...

    def is_repaired(self, pipe: str) -> bool:
        """Whether a broken main is whole again, filled or not."""
        ...

    def valves_to_shut(self, pipe: str) -> Sequence[ValvePlace]:
        """Valves that cut a broken main off, as far as is known which can be turned; empty where none do."""
        ...

    def valves_to_open(self, pipe: str) -> Sequence[ValvePlace]:
        """Valves that are still shut for a main and that nobody has begun to open."""
        ...

    def repair_s(self, pipe: str) -> float:
        """Time that the repair of a main takes on site, s."""
        ...


class LifelineView(Protocol):
    """Failures of lifelines without a hydraulic model, as those see them who mend them."""

    def failure_near(self, class_code: str, x: float, y: float, radius_m: float) -> str | None:
        """Id of the nearest failure within a radius that a case of a class is about; None for none."""
        ...

    def mend_s(self, failure: str) -> float:
        """Time on site until it is mended, s."""
        ...

    def mend(self, failure: str, cause: int) -> None:
        """Let a crew have mended it; ``cause`` is the event with which that began."""
        ...


class HazardView(Protocol):
    """Gas and cavities as those meet them who secure a place and mend it."""

    def missing(self, matter: Matter, x: float, y: float, subject: str = "") -> Sequence[HazardWork]:
        """Return the work that somebody on site sees to be done around a place, the most urgent first.

        ``subject`` is the id of the structure that it is all about; empty for all that there is.
        """
        ...

    def is_dangerous(self, matter: Matter, x: float, y: float, subject: str = "") -> bool:
        """Whether a place must not be given back yet; ``subject`` as above."""
        ...

    def cordon(self, matter: Matter, x: float, y: float, subject: str = "") -> Sequence[WorkPlace]:
        """Roads that a place calls to be closed, the nearest first; ``subject`` as above."""
        ...

    def readings(self) -> Sequence[Reading]:
        """Return what instruments have said since the last call and is not commonplace."""
        ...


class SewerView(Protocol):
    """The sewer as crews see it who look for what dams the water up, and mend it."""

    def fault_near(self, x: float, y: float, radius_m: float) -> SewerFaultPlace | None:
        """Find what dams the water up that comes or came out of manholes within a radius.

        Or a pump that stands still there; None where there is nothing.
        """
        ...

    def fault_behind(self, manhole: str) -> SewerFaultPlace | None:
        """Find what dams or dammed the water up in a manhole, given by its node; None for nothing."""
        ...

    def is_out_of_order(self, fault: str) -> bool:
        """Whether a conduit or pump is still out of order."""
        ...

    def rebuild_s(self, conduit: str) -> float:
        """Time that rebuilding a conduit takes on site, s."""
        ...


class OrderPort(Protocol):
    """Where orders go to change the physics."""

    def apply(self, order: Order) -> OrderOutcome:
        """Carry out an order at once."""
        ...
