"""The water supply of a city in time: failures, valves, repairs, and what customers notice."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cim_models.changes import Change
from cim_models.city import City, Network
from cim_models.errors import InputError, NetworkError
from cim_models.orders import OpenValve, OrderOutcome, RepairPipe, ShutValve, SupplyOrder
from twin.supply.account import SupplyAccount, SupplyLedger
from twin.supply.customers import ServiceAccount, customers, low_pressure, without_water
from twin.supply.damage import Damage, DamageState, place_data
from twin.supply.engine import SupplyEngine
from twin.supply.failures import PipeBurst, PipeLeak, PumpOutage, SupplyFailure, ValveOutage
from twin.supply.interventions import HoldOpen, HoldShut, LetGo, SetOpening
from twin.supply.isolation import Isolation, IsolationPlanner, Leak
from twin.supply.pipes import PipeBook
from twin.supply.repair import repair_times
from twin.supply.segments import Segments, ValveSource, isolation_valves
from twin.supply.service import ServiceWatch
from twin.supply.settings import SupplySettings
from twin.supply.valves import ValveYard

_GROWTH_STEPS = 24
_CREW, _OUTAGE = "crew", "outage"
_UNREPAIRED = (DamageState.OPEN, DamageState.ISOLATED)


class SupplySystem:
    """A supply network with what breaks in it and what is done about it.

    Parameters
    ----------
    city
        A city with a supply network.
    settings
        How it is computed.
    workdir
        Folder for EPANET's files.
    failures
        What goes wrong, and when.
    time_of_day_s
        Time of day at the start, s.
    valve_source
        Where isolation valves are taken from.

    Attributes
    ----------
    engine
        The hydraulics.
    segments, planner, yard
        Segments between isolation valves, the choice of valves, and the valves.
    damages
        Broken pipes by id, in the order in which they broke.

    Raises
    ------
    NetworkError
        If EPANET rejects the model.
    InputError
        If a failure names something that the model does not have.
    """

    def __init__(
        self,
        city: City,
        settings: SupplySettings,
        workdir: Path,
        failures: Iterable[SupplyFailure] = (),
        *,
        time_of_day_s: int | None = None,
        valve_source: ValveSource = "junctions",
    ) -> None:
        self.network = _network(city)
        self.settings = settings
        failures = tuple(failures)
        self._pipes = PipeBook(city, self.network)
        valves = isolation_valves(self.network, valve_source)
        self.yard = ValveYard(self.network, valves)
        for failure in failures:
            self._check(failure)
        self.engine = SupplyEngine(
            self.network,
            workdir,
            settings,
            time_of_day_s=time_of_day_s,
            cuts={f.pipe: f.position for f in reversed(failures) if isinstance(f, PipeBurst | PipeLeak)},
        )
        demand = self.engine.mean_demand_m3_s
        self.persons = customers(city, self.network, demand, settings)
        self.segments = Segments(self.network, valves, np.maximum(demand, 0.0), self.persons)
        self.planner = IsolationPlanner(self.segments)
        self.damages: dict[str, Damage] = {}
        self._ledger = SupplyLedger()
        self._fed = self.segments.fed(self.yard.open_mask)
        self._agenda: list[tuple[int, int, str, Any]] = []
        self._numbers = 0
        self._changes: list[Change] = []
        self._latest = ""
        self._opening: set[str] = set()
        self._looks: set[int] = set()
        self._service = ServiceWatch(self.persons, self._dry())
        self._out_at_start = self._service.out.copy()
        for failure in failures:
            self.plan(failure)

    def close(self) -> None:
        """Free EPANET; may be called twice."""
        self.engine.close()

    def move_to(self, workdir: Path) -> None:
        """Keep EPANET's files in another folder from now on; for a process that was forked."""
        self.engine.move_to(workdir)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- time -------------------------------------------------------------------------------------

    @property
    def time_s(self) -> int:
        """Simulated time, s since the start."""
        return self.engine.time_s

    def advance_to(self, t_s: float) -> None:
        """Advance to the whole second at or before a time, s."""
        until = int(np.floor(t_s + 1e-6))
        while self._agenda and self._agenda[0][0] <= until:
            due_s, _, what, about = heapq.heappop(self._agenda)
            self._run_to(due_s)
            getattr(self, f"_{what}")(about)
        self._run_to(until)
        self._watch()

    def _run_to(self, t_s: int) -> None:
        for span_s in self.engine.spans_to(t_s):
            self._watch()
            self._count(span_s)

    def _count(self, span_s: int) -> None:
        low = low_pressure(self.engine.pressure_m, self.persons, self.settings)
        self._service.count(span_s, self._dry(), low)
        self._ledger.count(span_s, self.engine, self.damages, self.service)

    def _watch(self) -> None:
        """Note whose tap has run dry or runs again."""
        for turn in self._service.update(self.time_s, self._dry(), self._latest):
            data = {
                "nodes": [self.engine.node_ids[row] for row in turn.nodes],
                "persons": round(float(self.persons[turn.nodes].sum()), 1),
                "persons_out": round(float(self.persons[self._service.out].sum()), 1),
                "since_s": turn.since_s,
            }
            kind = "supply.customers_out" if turn.is_out else "supply.customers_back"
            self._note(kind, "supply", turn.because, data)
        due_s = self._service.next_s()
        if due_s is not None and due_s not in self._looks:
            self._looks.add(due_s)
            self._at(due_s, "look", None)
        self._finish_restored()

    def _look(self, _: None) -> None:
        """See at this second who has water again."""
        self._looks.discard(self.time_s)
        self._watch()

    def _dry(self) -> NDArray[np.bool_]:
        unfed = ~self._fed[self.segments.of_node]
        dry = without_water(self.engine.pressure_m, self.persons, self.settings)
        return dry | (unfed & (self.persons > 0.0))

    # --- failures ---------------------------------------------------------------------------------

    def plan(self, failure: SupplyFailure) -> None:
        """Let something go wrong at its time, which is not before now.

        Raises
        ------
        InputError
            If the failure names something that the model does not have, or lies in the past.
        """
        self._check(failure)
        if failure.t_s < self.time_s:
            raise InputError(
                "Failure of the supply", got=f"{failure.t_s:.0f} s", expected=f">= {self.time_s} s"
            )
        at_s = int(np.floor(failure.t_s))
        match failure:
            case PipeBurst():
                self._at(at_s, "burst", failure)
            case PipeLeak():
                self._at(at_s, "leak", failure)
            case PumpOutage():
                self._at(at_s, "pump_out", failure)
            case ValveOutage():
                self._at(at_s, "valve_out", failure)

    def _at(self, t_s: int, what: str, about: Any) -> None:
        self._numbers += 1
        heapq.heappush(self._agenda, (t_s, self._numbers, what, about))

    def _check(self, failure: SupplyFailure) -> None:
        match failure:
            case PipeBurst(pipe=pipe) | PipeLeak(pipe=pipe):
                self._pipes.check(pipe, "pipe")
            case PumpOutage(pump=pump):
                self._pipes.check(pump, "pump")
            case ValveOutage(valve=valve, state="open"):
                self._pipes.check(valve, "valve")
            case ValveOutage(valve=valve):
                self.yard.check(valve)

    def _burst(self, burst: PipeBurst) -> None:
        damage = self._damage(burst, to_street=True)
        damage.area_m2 += burst.area_fraction * np.pi / 4.0 * damage.diameter_m**2
        self._open_hole(damage)
        data = {"area_fraction": burst.area_fraction, **self._describe(damage)}
        self._note("supply.burst", burst.pipe, "", data)

    def _leak(self, leak: PipeLeak) -> None:
        damage = self._damage(leak, to_street=False)
        if leak.grows_s > 0.0:
            for step in range(1, _GROWTH_STEPS + 1):
                share = step / _GROWTH_STEPS
                self._at(int(leak.t_s + leak.grows_s * share), "grow", (leak, share))
        else:
            self._grow((leak, 1.0))
        data = {"hole_m": leak.diameter_m, "grows_s": leak.grows_s, **self._describe(damage)}
        self._note("supply.leaking", leak.pipe, "", data)

    def _grow(self, grown: tuple[PipeLeak, float]) -> None:
        leak, share = grown
        damage = self.damages[leak.pipe]
        if damage.state in (DamageState.FILLING, DamageState.WHOLE) or damage.to_street:
            return
        damage.area_m2 = np.pi / 4.0 * (leak.diameter_m * share) ** 2
        self._open_hole(damage)

    def _damage(self, failure: PipeBurst | PipeLeak, *, to_street: bool) -> Damage:
        earlier = self.damages.get(failure.pipe)
        if earlier is not None and earlier.state is not DamageState.WHOLE:
            earlier.to_street |= to_street
            return earlier
        damage = self._pipes.damage(failure.pipe, failure.position, to_street=to_street)
        self.damages[failure.pipe] = damage
        return damage

    def _open_hole(self, damage: Damage) -> None:
        isolated = damage.state is DamageState.ISOLATED
        area_m2 = 0.0 if isolated else damage.area_m2
        self.engine.apply(SetOpening(self.time_s, damage.pipe, damage.position, area_m2))
        self._latest = f"{'supply.burst' if damage.to_street else 'supply.leaking'} {damage.pipe}"
        self._settle_damages(self._latest)

    def _describe(self, damage: Damage) -> dict[str, Any]:
        return damage.described(self.engine.escape_m3_s.get(damage.pipe, 0.0))

    def _pump_out(self, outage: PumpOutage) -> None:
        self.engine.apply(HoldShut(self.time_s, outage.pump, _OUTAGE))
        self._note("supply.pump_stopped", outage.pump, "", {})
        if outage.until_s is not None:
            self._at(int(outage.until_s), "pump_back", outage)

    def _pump_back(self, outage: PumpOutage) -> None:
        self.engine.apply(LetGo(self.time_s, outage.pump, _OUTAGE))
        self._note("supply.pump_started", outage.pump, f"supply.pump_stopped {outage.pump}", {})

    def _valve_out(self, outage: ValveOutage) -> None:
        match outage.state:
            case "stuck":
                self.yard.stuck.add(outage.valve)
            case "open":
                self.engine.apply(HoldOpen(self.time_s, outage.valve, _OUTAGE))
            case "shut":
                self._turn(outage.valve, _OUTAGE, shut=True)
        if outage.state != "stuck":
            self._note("supply.valve_failed", outage.valve, "", {"state": outage.state})
            self._settle_damages(self._latest)
        if outage.until_s is not None:
            self._at(int(outage.until_s), "valve_back", outage)

    def _valve_back(self, outage: ValveOutage) -> None:
        match outage.state:
            case "stuck":
                self.yard.stuck.discard(outage.valve)
                self.yard.known_stuck.discard(outage.valve)
                return
            case "open":
                self.engine.apply(LetGo(self.time_s, outage.valve, _OUTAGE))
            case "shut":
                self._turn(outage.valve, _OUTAGE, shut=False)
        self._note("supply.valve_restored", outage.valve, f"supply.valve_failed {outage.valve}", {})
        self._settle_damages(self._latest)

    # --- orders -----------------------------------------------------------------------------------

    def apply(self, order: SupplyOrder) -> OrderOutcome:
        """Turn a valve or repair a pipe now."""
        self._watch()
        match order:
            case ShutValve():
                outcome = self._shut_valve(order)
            case OpenValve():
                outcome = self._open_valve(order)
            case RepairPipe():
                outcome = self._repair(order)
        self._watch()
        return outcome

    def _shut_valve(self, order: ShutValve) -> OrderOutcome:
        refusal = self._try(order.valve, order.id)
        if refusal:
            return OrderOutcome(False, refusal)
        if self.yard.is_shut(order.valve):
            return OrderOutcome(False, f"valve '{order.valve}' is shut already")
        self._turn(order.valve, _CREW, shut=True)
        for damage in self.damages.values():
            if damage.state in _UNREPAIRED and order.valve not in damage.valves:
                damage.valves = (*damage.valves, order.valve)
        self._note("valve.shut", order.valve, order.id, place_data(*self.yard.place(order.valve)))
        self._settle_damages(self._latest)
        return OrderOutcome(True)

    def _open_valve(self, order: OpenValve) -> OrderOutcome:
        refusal = self._try(order.valve, order.id)
        if refusal:
            return OrderOutcome(False, refusal)
        if not self.yard.is_shut(order.valve):
            return OrderOutcome(False, f"valve '{order.valve}' is open already")
        waits = [
            damage.filled_s
            for damage in self.damages.values()
            if order.valve in damage.valves and damage.state is DamageState.FILLING
            if damage.filled_s is not None
        ]
        if waits and max(waits) > self.time_s:  # the crew opens it a little, and fully when the pipe is full
            self._opening.add(order.valve)
            self._at(max(waits), "opened", (order.valve, order.id))
        else:
            self._opened((order.valve, order.id))
        return OrderOutcome(True)

    def _opened(self, opened: tuple[str, str]) -> None:
        valve, order = opened
        self._opening.discard(valve)
        if not self.yard.is_shut(valve):
            return
        self._turn(valve, _CREW, shut=False)
        self._note("valve.opened", valve, order, place_data(*self.yard.place(valve)))
        self._settle_damages(self._latest)

    def _repair(self, order: RepairPipe) -> OrderOutcome:
        damage = self.damages.get(order.pipe)
        if damage is None or damage.state in (DamageState.FILLING, DamageState.WHOLE):
            return OrderOutcome(False, f"pipe '{order.pipe}' is not broken")
        if damage.state is DamageState.OPEN and damage.to_street:
            return OrderOutcome(False, f"pipe '{order.pipe}' is not cut off: water still escapes")
        self.engine.apply(SetOpening(self.time_s, damage.pipe, damage.position, 0.0))
        was_isolated = damage.state is DamageState.ISOLATED
        damage.area_m2, damage.state = 0.0, DamageState.FILLING
        drained, bore_m = self._drained(damage) if was_isolated else (0.0, damage.diameter_m)
        damage.refill_m3 = drained
        fill_s = repair_times().fill_s(drained, bore_m)
        damage.filled_s = self.time_s + int(np.ceil(fill_s))
        self._ledger.refill(drained)
        escaped = round(self.engine.escaped_m3[damage.pipe], 3)
        self._note("supply.repaired", damage.pipe, order.id, {"escaped_m3": escaped})
        self._at(damage.filled_s, "filled", damage.pipe)
        return OrderOutcome(True)

    def _filled(self, pipe: str) -> None:
        damage = self.damages[pipe]
        if damage.state is DamageState.FILLING:
            data = {"volume_m3": round(damage.refill_m3, 3)}
            self._note("supply.refilled", pipe, f"supply.repaired {pipe}", data)

    def _try(self, valve: str, order: str) -> str:
        """Put the key on a valve; return why it cannot be turned, empty when it can."""
        if valve not in self.yard:
            return f"no isolation valve '{valve}'"
        if valve in self.yard.stuck:
            self.yard.known_stuck.add(valve)
            self._note("valve.stuck", valve, order, place_data(*self.yard.place(valve)), is_cause=False)
            return f"valve '{valve}' is stuck"
        return ""

    def _turn(self, valve: str, by: str, *, shut: bool) -> None:
        self.engine.apply(self.yard.turn(valve, self.time_s, by, shut=shut))
        self._fed = self.segments.fed(self.yard.open_mask)

    def _drained(self, damage: Damage) -> tuple[float, float]:
        """Volume of the segment that was cut off with a broken pipe, m3, and its largest bore, m."""
        rows = np.flatnonzero(self.segments.of_link == self.segments.of(damage.pipe))
        return self._pipes.volume(rows), self._pipes.largest_bore(rows)

    def _settle_damages(self, because: str) -> None:
        """See which broken pipes are cut off now, or no longer."""
        for damage in self.damages.values():
            reached = bool(self._fed[self.segments.of(damage.pipe)])
            if damage.state is DamageState.OPEN and not reached:
                damage.state = DamageState.ISOLATED
                self.engine.apply(SetOpening(self.time_s, damage.pipe, damage.position, 0.0))
                escaped = round(self.engine.escaped_m3[damage.pipe], 3)
                data = {"escaped_m3": escaped, "valves": sorted(self._border_valves())}
                self._note("supply.isolated", damage.pipe, because, data, is_cause=False)
            elif damage.state is DamageState.ISOLATED and reached:
                damage.state = DamageState.OPEN
                self.engine.apply(SetOpening(self.time_s, damage.pipe, damage.position, damage.area_m2))
                self._note("supply.burst", damage.pipe, because, self._describe(damage), is_cause=False)

    def _border_valves(self) -> set[str]:
        """Shut valves that part what is dry from the rest of the network."""
        one, other = self._fed[self.segments.sides].T
        shut = self.yard.shut
        return {
            v.id for v, parts in zip(self.yard.valves, one != other, strict=True) if parts and v.id in shut
        }

    def _finish_restored(self) -> None:
        for damage in self.damages.values():
            full = damage.filled_s is not None and damage.filled_s <= self.time_s
            if damage.state is DamageState.FILLING and full and not self._shut_for(damage.pipe):
                damage.state = DamageState.WHOLE
                self._note("supply.restored", damage.pipe, self._latest, {}, is_cause=False)

    # --- what people and instruments see ----------------------------------------------------------

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def _note(
        self, kind: str, subject: str, because: str, data: Mapping[str, Any], *, is_cause: bool = True
    ) -> None:
        change = Change(self.time_s, kind, subject, because, data)
        self._changes.append(change)
        if is_cause and not kind.startswith("supply.customers"):
            self._latest = change.key

    @property
    def service(self) -> ServiceAccount:
        """What customers went without."""
        return self._service.account

    @property
    def out(self) -> NDArray[np.bool_]:
        """Nodes whose customers have no water now."""
        return self._service.out.copy()

    @property
    def out_at_start(self) -> NDArray[np.bool_]:
        """Nodes whose customers had no water when the run began: a defect of the model."""
        return self._out_at_start.copy()

    @property
    def low(self) -> NDArray[np.bool_]:
        """Nodes whose customers have low pressure or none now."""
        return low_pressure(self.engine.pressure_m, self.persons, self.settings) | self._service.out

    def choose_valves(
        self, pipe: str, valve_time_s: Mapping[str, float] | Callable[..., float] | None = None
    ) -> Isolation:
        """Choose the valves to shut for a broken pipe as things stand, see `IsolationPlanner.choose`."""
        damage = self.damages.get(pipe)
        repair_s = self.repair_s(pipe)
        escape = self.engine.escape_m3_s.get(pipe, 0.0) if damage is not None else 0.0
        return self.planner.choose(
            Leak(pipe, escape, repair_s),
            stuck=frozenset(self.yard.known_stuck),
            shut=self.yard.shut,
            valve_time_s=valve_time_s,
        )

    def valves_to_open(self, pipe: str) -> tuple[str, ...]:
        """Valves still shut for a pipe that nobody has begun to open."""
        return tuple(valve for valve in self._shut_for(pipe) if valve not in self._opening)

    def _shut_for(self, pipe: str) -> tuple[str, ...]:
        damage = self.damages.get(pipe)
        if damage is None:
            return ()
        needed = {v for other in self.damages.values() if other.state in _UNREPAIRED for v in other.valves}
        return tuple(v for v in damage.valves if self.yard.is_shut(v) and v not in needed)

    def repair_s(self, pipe: str) -> float:
        """Time that the repair of a pipe takes, s."""
        damage = self.damages.get(pipe) or self._pipes.damage(pipe, 0.5, to_street=True)
        return repair_times().repair_s(damage.diameter_m, damage.depth_m)

    @property
    def account(self) -> SupplyAccount:
        """Where the water came from and went."""
        return self._ledger.account

    @property
    def street_m3(self) -> dict[str, float]:
        """Water that has come up from each burst pipe, m3."""
        return self._ledger.street_m3

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what a system of the same city needs to go on, as plain values; EPANET's is replayed."""
        return {
            "interventions": list(self.engine.interventions),
            "time_s": self.time_s,
            "yard": self.yard.state(),
            "damages": [copy(damage) for damage in self.damages.values()],
            "agenda": list(self._agenda),
            "numbers": self._numbers,
            "changes": list(self._changes),
            "latest": self._latest,
            "opening": sorted(self._opening),
            "ledger": self._ledger.state(),
            "service": self._service.state(),
            "looks": sorted(self._looks),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.engine.restore(state["interventions"], state["time_s"])
        self.yard.restore(state["yard"])
        self._fed = self.segments.fed(self.yard.open_mask)
        self.damages = {damage.pipe: copy(damage) for damage in state["damages"]}
        self._agenda, self._numbers = list(state["agenda"]), state["numbers"]
        self._changes, self._latest = list(state["changes"]), state["latest"]
        self._opening = set(state["opening"])
        self._ledger.restore(state["ledger"])
        self._service.restore(state["service"])
        self._looks = set(state["looks"])


def _network(city: City) -> Network:
    if city.supply is None:
        raise NetworkError(
            f"City '{city.name}' has no water supply", expected="supply.inp", remedy="Add it to the bundle"
        )
    return city.supply
