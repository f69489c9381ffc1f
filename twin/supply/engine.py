"""The water supply as one EPANET simulation that can be interfered with at any second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import InputError
from twin.supply.interventions import HoldOpen, HoldShut, Intervention, LetGo, SetOpening
from twin.supply.project import EpanetProject, solver_failure
from twin.supply.settings import SupplySettings

_DAY_S = 86_400
_FIRST_ERROR = 100
_MOST_RUNS = 10
_WARNINGS = {
    1: "not balanced",
    2: "unstable",
    3: "nodes without a source",
    4: "a pump cannot deliver",
    5: "a valve cannot deliver",
    6: "negative pressure",
}


class SupplyEngine:
    """EPANET 2.2, stepped by its own hydraulic steps, with interventions at any whole second between.

    Between two solutions everything stays as it was at the first. A step ends where the file's hydraulic
    step, pattern, report or a tank, a control or a rule ends it, so that without interventions the
    solutions are those of EPANET alone; while water escapes steps are at most ``active_step_s`` long.
    An intervention ends the step at its own second. The state is the list of interventions: `restore`
    replays it and comes to the same bits. A pipe that opens for the first time is cut by such a replay,
    because EPANET takes no new node while it runs. Where the model has rules, only EPANET itself knows when
    a step will end: it is asked in advance, and an intervention before that time is a replay as well.

    Arrays are in the order of the network's tables.

    Parameters
    ----------
    network
        The supply.
    workdir
        Folder for EPANET's files.
    settings
        How it runs.
    time_of_day_s
        Time of day at the beginning, s: the model first runs up to where its own clock shows it, so that
        patterns fit and tanks stand as the model leaves them. None begins with the model.
    source
        Name of the file, for messages.
    cuts
        Pipes to be cut from the beginning, with the place of the cut, 0 to 1; saves a replay.

    Attributes
    ----------
    time_s
        Simulated time, s since the start.
    interventions
        What has happened, in order; what happened together is one entry.
    escaped_m3
        Volume that left through the hole of each pipe so far, m3.
    warnings
        How many solutions EPANET gave with each warning, since the start.

    Raises
    ------
    NetworkError
        If EPANET rejects the model.
    EngineError
        If EPANET is not installed, or finds no solution on the way.
    """

    def __init__(
        self,
        network: Network,
        workdir: Path,
        settings: SupplySettings | None = None,
        *,
        time_of_day_s: int | None = None,
        source: str = "supply.inp",
        cuts: dict[str, float] | None = None,
    ) -> None:
        self.settings = settings or SupplySettings()
        self.node_ids = tuple(str(name) for name in network.nodes["id"])
        self.link_ids = tuple(str(name) for name in network.links["id"])
        self._pipes = frozenset(network.links.loc[network.links["kind"] == "pipe", "id"].astype(str))
        self._kind = network.nodes["kind"].to_numpy(dtype=str)
        self._is_junction = self._kind == "junction"
        self._network, self._workdir, self._source = network, Path(workdir), source
        self._time_of_day_s = time_of_day_s
        self._cuts = dict(cuts or {})
        self.interventions: list[tuple[Intervention, ...]] = []
        self._project: EpanetProject | None = None
        self._horizon_s: int | None = None
        self._begin()

    # --- life -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.close()
        self._project = EpanetProject(self._network, self._workdir, self.settings, self._cuts, self._source)
        self._start_s = 0
        if self._time_of_day_s is not None:
            self._start_s = (self._time_of_day_s - self._open.clock_start_s) % _DAY_S
        self.time_s = -self._start_s
        self._solved_s = self.time_s
        self._ahead_s: int | None = None
        self._areas_m2: dict[str, float] = dict.fromkeys(self._cuts, 0.0)
        self.escaped_m3: dict[str, float] = dict.fromkeys(self._cuts, 0.0)
        self._flows_m3_s: dict[str, float] = dict.fromkeys(self._cuts, 0.0)
        self.warnings: Counter[str] = Counter()
        self._cache: dict[str, NDArray[np.float64]] = {}
        self._elevation_m = self._open.node_levels("ELEVATION")
        self.mean_demand_m3_s = self._open.mean_demands()
        horizon_s, self._horizon_s = self._horizon_s, 0 if self._start_s > 0 else self._horizon_s
        self._solve()
        self.advance_to(0)
        self._horizon_s = horizon_s
        if self._solved_s < 0:  # the first state that anybody sees is that of the start
            self._end_step()
            self._solve()
        elif self._start_s > 0 and self._open.has_rules:
            self._look_ahead()
        self.warnings.clear()

    @property
    def _open(self) -> EpanetProject:
        assert self._project is not None
        return self._project

    def close(self) -> None:
        """Free EPANET; may be called twice."""
        if self._project is not None:
            self._project.close()

    def move_to(self, workdir: Path) -> None:
        """Keep EPANET's files in another folder from the next replay on; for a process that was forked."""
        self._workdir = workdir

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- time -------------------------------------------------------------------------------------

    def advance_to(self, t_s: int) -> None:
        """Advance to a time, s since the start."""
        for _ in self.spans_to(t_s):
            pass

    def spans_to(self, t_s: int) -> Iterator[int]:
        """Advance to a time, s, and yield the length of each span over which the present values hold, s."""
        while self.time_s < t_s:
            end_s = min(t_s, self._next_event_s)
            span_s = end_s - self.time_s
            for pipe, flow in self._flows_m3_s.items():
                self.escaped_m3[pipe] += flow * span_s
            yield span_s
            self.time_s = end_s
            if end_s == self._next_event_s:
                self._end_step()
                self._solve()

    def _end_step(self) -> None:
        """Let EPANET's time go up to ours; what a rule changes on the way is solved there."""
        if self._ahead_s is not None and self._ahead_s <= self.time_s:
            self._solved_s, self._ahead_s = self._ahead_s, None
        while self._solved_s < self.time_s:
            self._open.set_step(min(self._step_s, self.time_s - self._solved_s))
            self._solved_s += self._next()
            if self._solved_s < self.time_s:
                self._run()

    def _solve(self) -> None:
        """Solve the present moment and find out how long the solution holds."""
        self._run()
        project = self._open
        for _ in range(_MOST_RUNS):
            if all(project.is_orifice(pipe, area) for pipe, area in self._areas_m2.items()):
                break
            self._run()
        self._cache.clear()
        for pipe, area in self._areas_m2.items():
            self._flows_m3_s[pipe] = project.opening_flow(pipe) if area > 0.0 else 0.0
        self._step_s = project.hydraulic_step_s
        if any(area > 0.0 for area in self._areas_m2.values()):
            self._step_s = min(self._step_s, self.settings.active_step_s)
        if project.has_rules:
            self._look_ahead()
            return
        project.set_step(self._step_s)
        model_s = self._solved_s + self._start_s
        self._next_event_s = self._solved_s + min(
            project.loop.until_event_s(),
            project.pattern_s - (model_s + project.pattern_start_s) % project.pattern_s,
            _until_report(model_s, project.report_start_s, project.report_s),
        )

    def _look_ahead(self) -> None:
        """Keep what holds now, and let EPANET go to where its own step ends."""
        for values in ("head_m", "required_m3_s", "delivered_m3_s", "flow_m3_s"):
            getattr(self, values)
        self.sources_m3_s()
        limit_s = self._step_s
        if self._horizon_s is not None:
            limit_s = min(limit_s, self._horizon_s - self._solved_s)
        self._next_event_s = self._solved_s + limit_s
        if limit_s > 0:
            self._open.set_step(limit_s)
            self._next_event_s = self._ahead_s = self._solved_s + self._next()

    def _next(self) -> int:
        step_s, code = self._open.loop.next()
        if code >= _FIRST_ERROR or step_s <= 0:
            raise solver_failure(code, f"Water supply at {self._solved_s} s: no further step")
        return step_s

    def _run(self) -> None:
        _, code = self._open.loop.run()
        if code >= _FIRST_ERROR:
            raise solver_failure(code, f"Water supply at {self._solved_s} s: no solution")
        if code in _WARNINGS:
            self.warnings[_WARNINGS[code]] += 1

    # --- interventions ----------------------------------------------------------------------------

    def apply(self, *interventions: Intervention) -> None:
        """Let something happen now, and solve the network once.

        Raises
        ------
        InputError
            If a link does not exist, is no pipe where one is meant, or the time is not the present one.
        """
        for intervention in interventions:
            self._check(intervention)
        new = {
            item.pipe: item.position
            for item in interventions
            if isinstance(item, SetOpening) and item.pipe not in self._cuts
        }
        if new or self._ahead_s is not None:
            self._replay(list(self.interventions), self.time_s, {**self._cuts, **new}, is_apply_next=True)
        self._ahead_s = self._horizon_s = None
        self._end_step()
        for intervention in interventions:
            self._carry_out(intervention)
        self.interventions.append(interventions)
        self._solve()

    def restore(self, interventions: Iterable[tuple[Intervention, ...]], t_s: int) -> None:
        """Begin anew and replay what has happened, up to a time, s; the result is bit for bit the same."""
        log = list(interventions)
        cuts = dict(self._cuts)
        for item in (item for together in log for item in together):
            if isinstance(item, SetOpening):
                cuts.setdefault(item.pipe, item.position)
        self._replay(log, t_s, cuts)

    def _replay(
        self,
        log: list[tuple[Intervention, ...]],
        t_s: int,
        cuts: dict[str, float],
        *,
        is_apply_next: bool = False,
    ) -> None:
        """Begin anew and repeat a log until a time, s, at which perhaps another intervention follows."""
        self._cuts = cuts
        self.interventions = []
        moments = [together[0].t_s for together in log]
        horizons = [*moments, t_s if is_apply_next else None]
        self._horizon_s = horizons[0]
        self._begin()
        for together, horizon_s in zip(log, horizons[1:], strict=True):
            self.advance_to(together[0].t_s)
            self._end_step()
            for intervention in together:
                self._carry_out(intervention)
            self.interventions.append(together)
            self._horizon_s = horizon_s
            self._solve()
        self.advance_to(t_s)

    def _check(self, intervention: Intervention) -> None:
        link = intervention.pipe if isinstance(intervention, SetOpening) else intervention.link
        known = self._pipes if isinstance(intervention, SetOpening) else self.link_ids
        kind = "pipe" if isinstance(intervention, SetOpening) else "link"
        if link not in known:
            raise InputError(
                f"Water supply: no {kind} '{link}'",
                expected=f"a {kind} of the model",
                remedy="Correct the id",
            )
        if intervention.t_s != self.time_s:
            raise InputError(
                f"Water supply: '{link}' at {intervention.t_s} s",
                expected=f"the present time, {self.time_s} s",
            )
        if isinstance(intervention, SetOpening):
            _check_opening(intervention)

    def _carry_out(self, intervention: Intervention) -> None:
        project = self._open
        match intervention:
            case SetOpening(pipe=pipe, area_m2=area_m2):
                self._areas_m2[pipe] = area_m2
                project.set_opening(pipe, area_m2)
            case HoldShut(link=link, by=by, beyond=beyond):
                project.hold(link, by, shut=True, beyond=beyond and link in self._cuts)
            case HoldOpen(link=link, by=by):
                project.hold(link, by, shut=False)
            case LetGo(link=link, by=by, beyond=beyond):
                project.let_go(link, by, beyond=beyond and link in self._cuts)

    # --- results ----------------------------------------------------------------------------------

    @property
    def head_m(self) -> NDArray[np.float64]:
        """Hydraulic head at each node, m above the datum."""
        return self._cached("head", lambda: self._open.node_levels("HEAD"))

    @property
    def pressure_m(self) -> NDArray[np.float64]:
        """Pressure at each node, m of water, as EPANET gives it; a cut-off node may show less than 0."""
        return self.head_m - self._elevation_m

    @property
    def required_m3_s(self) -> NDArray[np.float64]:
        """Demand of each node now, m3/s, >= 0."""
        return self._cached("required", lambda: self._at_junctions("FULLDEMAND"))

    @property
    def delivered_m3_s(self) -> NDArray[np.float64]:
        """What customers of each node get now, m3/s, >= 0."""
        return self._cached("delivered", lambda: self._at_junctions("DEMANDFLOW"))

    def sources_m3_s(self) -> tuple[float, float, float]:
        """Return what reservoirs and inflows give, what tanks give, and what emitters take, m3/s."""
        demand = self._cached("demand", lambda: self._open.node_flows("DEMAND"))
        drawn = self._cached("drawn", lambda: self._open.node_flows("DEMANDFLOW"))
        fed_in = -float(np.minimum(drawn[self._is_junction], 0.0).sum())
        reservoirs = -float(demand[self._kind == "reservoir"].sum())
        tanks = -float(demand[self._kind == "tank"].sum())
        return reservoirs + fed_in, tanks, float((demand - drawn)[self._is_junction].sum())

    @property
    def flow_m3_s(self) -> NDArray[np.float64]:
        """Flow in each link, m3/s, positive from its first node."""
        return self._cached("flow", self._open.link_flows)

    @property
    def escape_m3_s(self) -> dict[str, float]:
        """Water that leaves through the hole of each pipe now, m3/s."""
        return dict(self._flows_m3_s)

    def opening_pressure_m(self, pipe: str) -> float:
        """Pressure at the place of a pipe's hole, m."""
        return self._open.opening_pressure(pipe)

    def _at_junctions(self, quantity: str) -> NDArray[np.float64]:
        return np.where(self._is_junction, np.maximum(self._open.node_flows(quantity), 0.0), 0.0)

    def _cached(self, name: str, read: Callable[[], NDArray[np.float64]]) -> NDArray[np.float64]:
        if name not in self._cache:
            self._cache[name] = read()
        return self._cache[name]


def _until_report(model_s: int, start_s: int, step_s: int) -> int:
    """Time until EPANET's next reporting moment, at which a hydraulic step ends as well, s."""
    return start_s - model_s if model_s < start_s else step_s - (model_s - start_s) % step_s


def _check_opening(opening: SetOpening) -> None:
    if not 0.0 < opening.position < 1.0:
        raise InputError(
            f"Hole in pipe '{opening.pipe}'", got=opening.position, expected="a place between 0 and 1"
        )
    if not opening.area_m2 >= 0.0:
        raise InputError(f"Hole in pipe '{opening.pipe}'", got=opening.area_m2, expected=">= 0 m2")
