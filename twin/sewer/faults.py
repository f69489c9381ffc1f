"""A sewer that fails in time: conduits are blocked or collapse, pumps stand still; and their mending."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from cim_models.changes import Change
from cim_models.city import Network
from cim_models.networks.links import check_link
from cim_models.orders import OrderOutcome, RebuildConduit, RestartPump, SewerOrder, UnblockConduit
from cim_models.sewer_faults import FaultKind, SewerFaultPlace
from twin.sewer.backwater import Backwater
from twin.sewer.engine import SewerEngine
from twin.sewer.failures import AT_ONCE, Collapse, Growth, PipeBlockage, PumpFailure, SewerFailure
from twin.sewer.outfalls import OutfallLevel, OutfallLevels
from twin.sewer.throttle import head_loss_m, loss_coefficient
from twin.sewer.upkeep import upkeep

#: A blockage that grows is brought up to date this often, s.
_GROWTH_EVERY_S = 60.0
_KEY = {
    FaultKind.BLOCKED: "sewer.blocked",
    FaultKind.COLLAPSED: "sewer.collapsed",
    FaultKind.PUMP_STOPPED: "sewer.pump_stopped",
}


@dataclass(slots=True)
class Fault:
    """Something that is out of order now.

    Parameters
    ----------
    id, kind
        Conduit or pump, and what is wrong with it.
    most, growth
        Share of the section that a blockage comes to, and how.
    begun_s, begun_mm
        When it began, s, and the rain that had fallen by then, mm.
    share
        Blocked share now.
    """

    id: str
    kind: FaultKind
    most: float
    growth: Growth
    begun_s: float
    begun_mm: float
    share: float = 0.0

    @property
    def key(self) -> str:
        """How changes that it causes name it."""
        return f"{_KEY[self.kind]} {self.id}"


class SewerFaults:
    """What is out of order in a sewer.

    A blocked section costs a local loss of head (`twin.sewer.throttle`), a closed one lets nothing pass, a
    pump that stands still gives nothing. What is dammed up names its cause by following the full pipes from
    the obstacle upwards.

    Parameters
    ----------
    network
        The sewer.
    engine
        SWMM on it; its settings name the conduits of the failures as ``throttled``.
    failures
        What goes wrong, and when.
    levels
        What stands outside the outfalls.

    Attributes
    ----------
    faults
        What is out of order now, by id of conduit or pump, in the order in which it failed.

    Raises
    ------
    InputError
        If a failure names something that the sewer does not have.
    """

    def __init__(
        self,
        network: Network,
        engine: SewerEngine,
        failures: Iterable[SewerFailure] = (),
        levels: Iterable[OutfallLevel] = (),
    ) -> None:
        self.faults: dict[str, Fault] = {}
        self._engine = engine
        self._kinds = dict(zip(network.links["id"].astype(str), network.links["kind"], strict=True))
        self._links = network.links.set_index(network.links["id"].astype(str))
        self._backwater = Backwater(network)
        self._outfalls = OutfallLevels(network, engine, levels)
        self._changes: list[Change] = []
        self._agenda: list[tuple[float, int, str, Any]] = []
        self._rain_mm = 0.0
        self._grown_s = 0.0
        for failure in failures:
            self._plan(failure)

    # --- time -------------------------------------------------------------------------------------

    def advance_to(self, t_s: float, rain_mm: float) -> None:
        """Let happen what is due by a time, s, at which so much rain has fallen, mm; SWMM stands there."""
        self._rain_mm = rain_mm
        self._outfalls.advance_to(t_s)
        self._changes += self._outfalls.take_changes()
        while self._agenda and self._agenda[0][0] <= t_s:
            _, _, what, about = heapq.heappop(self._agenda)
            getattr(self, f"_{what}")(about, t_s)
        if t_s >= self._grown_s + _GROWTH_EVERY_S:
            self._grown_s = t_s
            for fault in self.faults.values():
                if fault.share < fault.most:
                    self._grow(fault, t_s)

    def _plan(self, failure: SewerFailure) -> None:
        match failure:
            case PipeBlockage(conduit=conduit):
                check_link(conduit, "conduit", self._kinds, "Sewer")
                self._at(failure.t_s, "block", failure)
            case Collapse(conduit=conduit):
                check_link(conduit, "conduit", self._kinds, "Sewer")
                self._at(failure.t_s, "collapse", failure)
            case PumpFailure(pump=pump, until_s=until_s):
                check_link(pump, "pump", self._kinds, "Sewer")
                self._at(failure.t_s, "pump_out", failure)
                if until_s is not None:
                    self._at(until_s, "pump_back", failure)

    def _at(self, t_s: float, what: str, about: Any) -> None:
        heapq.heappush(self._agenda, (t_s, len(self._agenda), what, about))

    # --- failures ---------------------------------------------------------------------------------

    def _block(self, blockage: PipeBlockage, t_s: float) -> None:
        if blockage.conduit in self.faults:
            return  # what is blocked or has collapsed already is not blocked again
        fault = Fault(
            blockage.conduit, FaultKind.BLOCKED, blockage.blocked, blockage.growth, t_s, self._rain_mm
        )
        self._begin(fault, t_s)

    def _collapse(self, collapse: Collapse, t_s: float) -> None:
        earlier = self.faults.pop(collapse.conduit, None)
        share = max(collapse.blocked, 0.0 if earlier is None else earlier.share)
        self._begin(Fault(collapse.conduit, FaultKind.COLLAPSED, share, AT_ONCE, t_s, self._rain_mm), t_s)

    def _begin(self, fault: Fault, t_s: float) -> None:
        self.faults[fault.id] = fault
        self._grow(fault, t_s)
        data = {"blocked": fault.most, "now": round(fault.share, 3), **self._place_data(fault.id)}
        self._note(t_s, _KEY[fault.kind], fault.id, "", data)

    def _grow(self, fault: Fault, t_s: float) -> None:
        share = fault.growth.share(fault.most, t_s - fault.begun_s, self._rain_mm - fault.begun_mm)
        fault.share = max(share, fault.share)
        if fault.share >= upkeep().closed_from:
            self._engine.controls.shut(fault.id)
        else:
            self._engine.controls.throttle(fault.id, loss_coefficient(fault.share))

    def _pump_out(self, failure: PumpFailure, t_s: float) -> None:
        if failure.pump in self.faults:
            return
        self.faults[failure.pump] = Fault(
            failure.pump, FaultKind.PUMP_STOPPED, 1.0, AT_ONCE, t_s, self._rain_mm, share=1.0
        )
        self._engine.controls.hold(failure.pump)
        self._note(t_s, "sewer.pump_stopped", failure.pump, "", self._place_data(failure.pump))

    def _pump_back(self, failure: PumpFailure, t_s: float) -> None:
        if failure.pump in self.faults:
            self._restart(failure.pump, t_s, f"sewer.pump_stopped {failure.pump}")

    # --- mending ----------------------------------------------------------------------------------

    def apply(self, order: SewerOrder) -> OrderOutcome:
        """Unblock or rebuild a conduit, or restart a pump, now."""
        name = order.pump if isinstance(order, RestartPump) else order.conduit
        fault = self.faults.get(name)
        t_s = self._engine.time_s
        match order:
            case UnblockConduit():
                if fault is None or fault.kind is FaultKind.PUMP_STOPPED:
                    return OrderOutcome(False, f"conduit '{name}' is not blocked")
                if fault.kind is FaultKind.COLLAPSED:
                    return OrderOutcome(False, f"conduit '{name}' has collapsed and must be rebuilt")
                self._free(fault, t_s, "sewer.unblocked", order.id)
            case RebuildConduit():
                if fault is None or fault.kind is FaultKind.PUMP_STOPPED:
                    return OrderOutcome(False, f"conduit '{name}' is whole")
                self._free(fault, t_s, "sewer.rebuilt", order.id)
            case RestartPump():
                if fault is None or fault.kind is not FaultKind.PUMP_STOPPED:
                    return OrderOutcome(False, f"pump '{name}' is in order")
                self._restart(name, t_s, order.id)
        return OrderOutcome(True)

    def _free(self, fault: Fault, t_s: float, kind: str, order: str) -> None:
        del self.faults[fault.id]
        self._engine.controls.throttle(fault.id, 0.0)
        data = {
            "was_blocked": round(fault.share, 3),
            "fault": fault.key.split(" ")[0],
            "since_s": fault.begun_s,
        }
        self._note(t_s, kind, fault.id, order, data)

    def _restart(self, pump: str, t_s: float, because: str) -> None:
        fault = self.faults.pop(pump)
        self._engine.controls.release(pump)
        self._note(
            t_s, "sewer.pump_started", pump, because, {"since_s": fault.begun_s, **self._place_data(pump)}
        )

    # --- what is dammed up ------------------------------------------------------------------------

    def cause(self, node: int) -> str:
        """Key of the change that dams the water at a node, given by its row; empty where nothing does."""
        return min(self._obstacles(node), default=(0, 0, "", None))[2]

    def behind(self, node: int) -> Fault | None:
        """Return the nearest fault that dams the water at a node, given by its row; None for none."""
        faults = (entry for entry in self._obstacles(node) if entry[3] is not None)
        return min(faults, key=lambda entry: entry[:2], default=(0, 0, "", None))[3]

    def _obstacles(self, node: int) -> Iterator[tuple[int, int, str, Fault | None]]:
        """Yield what dams the water at a node: pipes away, order of failing, key, and fault if it is one."""
        found: list[tuple[str, str, Fault | None]] = [
            (str(self._links.at[fault.id, "from_node"]), fault.key, fault)
            for fault in self.faults.values()
            if self._dams(fault)
        ]
        found += [(name, f"sewer.outfall_drowned {name}", None) for name in sorted(self._outfalls.drowned)]
        for number, (start, key, fault) in enumerate(found):
            hops = self._backwater.reach((start,), self._engine.heads).get(node)
            if hops is not None:
                yield hops, number, key, fault

    def _dams(self, fault: Fault) -> bool:
        if fault.kind is FaultKind.PUMP_STOPPED or fault.share >= upkeep().closed_from:
            return True
        flow = self._engine.controls.flow_m3_s(fault.id)
        loss_m = head_loss_m(
            loss_coefficient(fault.share), flow, float(self._links.at[fault.id, "diameter_m"])
        )
        return loss_m >= upkeep().damming_head_m

    def place(self, fault: Fault) -> SewerFaultPlace:
        """Where a crew finds a fault."""
        return SewerFaultPlace(fault.id, fault.kind, *self._middle(fault.id))

    def dimensions_m(self, conduit: str) -> tuple[float, float]:
        """Bore of a conduit, and depth of its bed below the cover at its upper end, m."""
        row = self._engine.node_ids.index(str(self._links.at[conduit, "from_node"]))
        depth_m = float(self._engine.ground_m[row] - self._engine.invert_m[row])
        return float(self._links.at[conduit, "diameter_m"]), depth_m

    def _middle(self, link: str) -> tuple[float, float]:
        line = self._links.at[link, "geometry"]
        if line is None or line.is_empty:
            return np.nan, np.nan
        point = line.interpolate(0.5, normalized=True)
        return float(point.x), float(point.y)

    def _place_data(self, link: str) -> dict[str, Any]:
        x, y = self._middle(link)
        return {"x": x, "y": y} if np.isfinite(x) else {"x": None, "y": None}

    # --- the log, checkpoints ---------------------------------------------------------------------

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def _note(self, t_s: float, kind: str, subject: str, because: str, data: Mapping[str, Any]) -> None:
        self._changes.append(Change(t_s, kind, subject, because, data))

    def state(self) -> dict[str, Any]:
        """Return what the faults of the same sewer need to go on."""
        return {
            "faults": [copy(fault) for fault in self.faults.values()],
            "agenda": list(self._agenda),
            "changes": list(self._changes),
            "rain": (self._rain_mm, self._grown_s),
            "controls": self._engine.controls.state(),
            "outfalls": self._outfalls.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state; SWMM has it once it is opened again."""
        self.faults = {fault.id: copy(fault) for fault in state["faults"]}
        self._agenda, self._changes = list(state["agenda"]), list(state["changes"])
        self._rain_mm, self._grown_s = state["rain"]
        self._engine.controls.restore(state["controls"])
        self._outfalls.restore(state["outfalls"])
