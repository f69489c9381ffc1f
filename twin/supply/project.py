"""One EPANET project: a model opened, pipes cut where they break, links held against their controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import EngineError, NetworkError
from twin.supply.settings import SupplySettings
from twin.supply.toolkit import (
    HydraulicLoop,
    diameter_m,
    flow_m3_s,
    length_m,
    load_toolkit,
    open_model,
    pressure_per_m,
)

_CUT_NODE, _CUT_LINK = "~hole", "~beyond"
_TEN_YEARS_S = 10 * 366 * 86_400
_RULE_CLOSED = 3
_ACTIVE = 2.0  # status of a valve that regulates; it comes with a setting
_MISSING = -1e10
_ORIFICE_TOLERANCE, _LEAST_FLOW_M3_S = 0.01, 1e-6
_GRAVITY_M_S2 = 9.80665
_EXPONENT, _EXPONENT_TOLERANCE = 0.5, 1e-6
_CONTINUE_TRIALS = 10.0


@dataclass(slots=True)
class _Hold:
    """Who holds a link shut or open, and what it goes back to."""

    status: float
    setting: float
    shut_by: set[str] = field(default_factory=set)
    opened_by: set[str] = field(default_factory=set)
    controls: list[int] = field(default_factory=list)
    actions: list[tuple[int, int, bool, float, float]] = field(default_factory=list)


class EpanetProject:
    """An open EPANET model in SI units, addressed by the ids of the city's tables.

    Parameters
    ----------
    network
        The supply; its ``inp`` is what EPANET runs.
    workdir
        Folder for EPANET's files; made when missing.
    settings
        How it runs.
    cuts
        Pipes to be cut, each with the place as a share of its length from its first node. EPANET takes
        no new nodes while it runs, so all that ever burst are cut from the beginning.
    source
        Name of the file, for messages.

    Attributes
    ----------
    loop
        The hydraulic loop.
    hydraulic_step_s
        Hydraulic step of the file, s.

    Raises
    ------
    NetworkError
        If EPANET rejects the model.
    EngineError
        If EPANET is not installed.
    """

    def __init__(
        self,
        network: Network,
        workdir: Path,
        settings: SupplySettings,
        cuts: Mapping[str, float],
        source: str = "supply.inp",
    ) -> None:
        self._toolkit = load_toolkit()
        self._settings = settings
        self._closed = False
        self._handle = self._toolkit.createproject()
        try:
            open_model(self._handle, network.inp, workdir, source)
            flow_units = self._toolkit.getflowunits(self._handle)
            self._length_m, self._diameter_m = length_m(flow_units), diameter_m(flow_units)
            self.flow_m3_s = flow_m3_s(flow_units)
            gravity = self._toolkit.getoption(self._handle, self._toolkit.SP_GRAVITY)
            units = int(self._toolkit.getoption(self._handle, self._toolkit.PRESS_UNITS))
            self._pressure_per_m = pressure_per_m(units, gravity)
            self._configure()
            for pipe, position in cuts.items():
                self._cut(pipe, position)
        except BaseException:
            self.close()
            raise
        self._index(network)
        self._holds: dict[int, _Hold] = {}
        self.loop = HydraulicLoop(self._handle)
        self._toolkit.openH(self._handle)
        self._toolkit.initH(self._handle, self._toolkit.NOSAVE)

    def close(self) -> None:
        """Free the project; may be called twice."""
        if not self._closed:
            self._closed = True
            self._toolkit.deleteproject(self._handle)

    def _configure(self) -> None:
        toolkit, handle, settings = self._toolkit, self._handle, self._settings
        self.hydraulic_step_s = int(toolkit.gettimeparam(handle, toolkit.HYDSTEP))
        self.pattern_s = int(toolkit.gettimeparam(handle, toolkit.PATTERNSTEP))
        self.pattern_start_s = int(toolkit.gettimeparam(handle, toolkit.PATTERNSTART))
        self.report_s = int(toolkit.gettimeparam(handle, toolkit.REPORTSTEP))
        self.report_start_s = int(toolkit.gettimeparam(handle, toolkit.REPORTSTART))
        self.clock_start_s = int(toolkit.gettimeparam(handle, toolkit.STARTTIME))
        toolkit.settimeparam(handle, toolkit.DURATION, _TEN_YEARS_S)
        toolkit.setstatusreport(handle, toolkit.NO_REPORT)
        self._has_emitters = self._count_emitters() > 0
        if not self._has_emitters:
            toolkit.setoption(handle, toolkit.EMITEXPON, _EXPONENT)
            toolkit.setoption(handle, toolkit.EMITBACKFLOW, 0.0)  # a hole lets no water in
        if toolkit.getoption(handle, toolkit.UNBALANCED) < 0.0:
            toolkit.setoption(handle, toolkit.UNBALANCED, _CONTINUE_TRIALS)
        if settings.demand_model == "pressure_driven":
            scale = self._pressure_per_m
            toolkit.setdemandmodel(
                handle,
                toolkit.PDA,
                settings.minimum_pressure_m * scale,
                settings.required_pressure_m * scale,
                settings.pressure_exponent,
            )

    def _count_emitters(self) -> int:
        toolkit, handle = self._toolkit, self._handle
        nodes = range(1, toolkit.getcount(handle, toolkit.NODECOUNT) + 1)
        return sum(toolkit.getnodevalue(handle, node, toolkit.EMITTER) > 0.0 for node in nodes)

    def _check_exponent(self, pipe: str) -> None:
        exponent = self._toolkit.getoption(self._handle, self._toolkit.EMITEXPON)
        if self._has_emitters and abs(exponent - _EXPONENT) > _EXPONENT_TOLERANCE:
            raise NetworkError(
                f"Water supply, pipe '{pipe}' cannot break: the model has emitters of its own",
                got=f"emitter exponent {exponent:g}",
                expected=f"{_EXPONENT:g}, that of a hole; EPANET knows one for all",
                remedy="Remove [EMITTERS] or correct EMITTER EXPONENT in supply.inp",
            )

    def _cut(self, pipe: str, position: float) -> None:
        """Put a junction into a pipe; the part beyond it is a new pipe without minor loss."""
        self._check_exponent(pipe)
        toolkit, handle = self._toolkit, self._handle
        first = toolkit.getlinkindex(handle, pipe)
        ends = [toolkit.getnodeid(handle, node) for node in toolkit.getlinknodes(handle, first)]
        levels = [self._pipe_level(node) for node in ends]
        known = [level for level in levels if level is not None] or [0.0]
        level = known[0] + position * (known[-1] - known[0])
        length, diameter, roughness = (
            toolkit.getlinkvalue(handle, first, quantity)
            for quantity in (toolkit.LENGTH, toolkit.DIAMETER, toolkit.ROUGHNESS)
        )
        node = toolkit.addnode(handle, pipe + _CUT_NODE, toolkit.JUNCTION)
        toolkit.setjuncdata(handle, node, level, 0.0, "")
        second = toolkit.addlink(handle, pipe + _CUT_LINK, toolkit.PIPE, pipe + _CUT_NODE, ends[1])
        toolkit.setpipedata(handle, second, length * (1.0 - position), diameter, roughness, 0.0)
        start = toolkit.getnodeindex(handle, ends[0])
        toolkit.setlinknodes(handle, first, start, node)
        toolkit.setlinkvalue(handle, first, toolkit.LENGTH, length * position)

    def _pipe_level(self, node: str) -> float | None:
        """Elevation of a pipe's end in the file's unit; None at a reservoir, whose elevation is a head."""
        toolkit, handle = self._toolkit, self._handle
        index = toolkit.getnodeindex(handle, node)
        if toolkit.getnodetype(handle, index) == toolkit.RESERVOIR:
            return None
        level: float = toolkit.getnodevalue(handle, index, toolkit.ELEVATION)
        return level

    def _index(self, network: Network) -> None:
        toolkit, handle = self._toolkit, self._handle
        nodes = [toolkit.getnodeindex(handle, str(name)) - 1 for name in network.nodes["id"]]
        links = [toolkit.getlinkindex(handle, str(name)) - 1 for name in network.links["id"]]
        self._node_rows, self._link_rows = np.array(nodes, np.int64), np.array(links, np.int64)
        self._all_nodes = np.zeros(toolkit.getcount(handle, toolkit.NODECOUNT))
        self._all_links = np.zeros(toolkit.getcount(handle, toolkit.LINKCOUNT))

    # --- values -----------------------------------------------------------------------------------

    def node_flows(self, quantity: str) -> NDArray[np.float64]:
        """Return a flow at each node of the table, such as ``DEMANDFLOW``, m3/s."""
        return self._nodes(quantity) * self.flow_m3_s

    def node_levels(self, quantity: str) -> NDArray[np.float64]:
        """Return ``HEAD`` or ``ELEVATION`` of each node of the table, m."""
        return self._nodes(quantity) * self._length_m

    def _nodes(self, quantity: str) -> NDArray[np.float64]:
        self.loop.read_nodes(getattr(self._toolkit, quantity), self._all_nodes)
        return self._all_nodes[self._node_rows]

    def link_flows(self) -> NDArray[np.float64]:
        """Flow in each link of the table, m3/s, positive from its first node to its second."""
        self.loop.read_links(self._toolkit.FLOW, self._all_links)
        return self._all_links[self._link_rows] * self.flow_m3_s

    def mean_demands(self) -> NDArray[np.float64]:
        """Demand of each node of the table as its patterns average it, m3/s."""
        toolkit, handle = self._toolkit, self._handle
        demands = np.zeros(self._all_nodes.size)
        means: dict[int, float] = {0: 1.0}
        for node in range(1, demands.size + 1):
            if toolkit.getnodetype(handle, node) != toolkit.JUNCTION:
                continue
            for number in range(1, toolkit.getnumdemands(handle, node) + 1):
                pattern = toolkit.getdemandpattern(handle, node, number)
                if pattern not in means:
                    means[pattern] = toolkit.getaveragepatternvalue(handle, pattern)
                demands[node - 1] += toolkit.getbasedemand(handle, node, number) * means[pattern]
        multiplier: float = toolkit.getoption(handle, toolkit.DEMANDMULT)
        return demands[self._node_rows] * (self.flow_m3_s * multiplier)

    def opening_flow(self, pipe: str) -> float:
        """Water that leaves through the hole in a cut pipe now, m3/s."""
        toolkit, handle = self._toolkit, self._handle
        node = toolkit.getnodeindex(handle, pipe + _CUT_NODE)
        flow: float = toolkit.getnodevalue(handle, node, toolkit.EMITTERFLOW)
        return max(flow, 0.0) * self.flow_m3_s

    def is_orifice(self, pipe: str, area_m2: float) -> bool:
        """Whether the flow through a hole fits the pressure behind it.

        EPANET starts from the flow of its last solution. Where a hole has just opened that is 0, and it may
        take the standstill for a solution; solved again, it finds the true one.
        """
        pressure_m = max(self.opening_pressure(pipe), 0.0)
        expected = self._per_root_m(area_m2) * np.sqrt(pressure_m)
        return abs(self.opening_flow(pipe) - expected) <= _ORIFICE_TOLERANCE * expected + _LEAST_FLOW_M3_S

    def _per_root_m(self, area_m2: float) -> float:
        """Flow through a hole below one metre of water, m3/s."""
        return float(self._settings.discharge_coefficient * area_m2 * np.sqrt(2.0 * _GRAVITY_M_S2))

    def opening_pressure(self, pipe: str) -> float:
        """Pressure at the place where a pipe is cut, m."""
        toolkit, handle = self._toolkit, self._handle
        node = toolkit.getnodeindex(handle, pipe + _CUT_NODE)
        head = toolkit.getnodevalue(handle, node, toolkit.HEAD)
        return float((head - toolkit.getnodevalue(handle, node, toolkit.ELEVATION)) * self._length_m)

    @property
    def has_rules(self) -> bool:
        """Whether the model has rules, which may end a step anywhere."""
        return bool(self._toolkit.getcount(self._handle, self._toolkit.RULECOUNT) > 0)

    # --- what may change while it runs -------------------------------------------------------------

    def set_step(self, step_s: int) -> None:
        """Set the longest hydraulic step from now on, s."""
        self._toolkit.settimeparam(self._handle, self._toolkit.HYDSTEP, step_s)

    def set_opening(self, pipe: str, area_m2: float) -> None:
        """Give the hole in a cut pipe its area: an emitter with exponent 0.5."""
        toolkit, handle = self._toolkit, self._handle
        node = toolkit.getnodeindex(handle, pipe + _CUT_NODE)
        coefficient = self._per_root_m(area_m2) / self.flow_m3_s / np.sqrt(self._pressure_per_m)
        toolkit.setnodevalue(handle, node, toolkit.EMITTER, float(coefficient))

    def hold(self, link: str, by: str, *, shut: bool, beyond: bool = False) -> None:
        """Hold a link shut or open; its controls are silent meanwhile."""
        index = self._link(link, beyond)
        if index not in self._holds:
            self._holds[index] = self._silence(index)
        hold = self._holds[index]
        (hold.shut_by if shut else hold.opened_by).add(by)
        self._set_status(index)

    def let_go(self, link: str, by: str, *, beyond: bool = False) -> None:
        """Undo `hold`; when nobody holds the link any more it is as it was before."""
        index = self._link(link, beyond)
        hold = self._holds.get(index)
        if hold is None:
            return
        hold.shut_by.discard(by)
        hold.opened_by.discard(by)
        self._set_status(index)

    def _link(self, link: str, beyond: bool) -> int:
        index: int = self._toolkit.getlinkindex(self._handle, link + (_CUT_LINK if beyond else ""))
        return index

    def _set_status(self, index: int) -> None:
        hold, toolkit = self._holds[index], self._toolkit
        if hold.shut_by or hold.opened_by:
            toolkit.setlinkvalue(self._handle, index, toolkit.STATUS, 0.0 if hold.shut_by else 1.0)
            return
        is_pump = toolkit.getlinktype(self._handle, index) == toolkit.PUMP
        if hold.status < _ACTIVE:
            toolkit.setlinkvalue(self._handle, index, toolkit.STATUS, hold.status)
        if hold.status >= _ACTIVE or (is_pump and hold.status > 0.0):
            toolkit.setlinkvalue(self._handle, index, toolkit.SETTING, hold.setting)
        for control in hold.controls:
            toolkit.setcontrolenabled(self._handle, control, 1)
        for rule, action, is_then, status, setting in hold.actions:
            self._write_action(rule, action, is_then, index, status, setting)
        del self._holds[index]

    def _silence(self, index: int) -> _Hold:
        """Keep controls and rules from moving a link; return what there was."""
        toolkit, handle = self._toolkit, self._handle
        hold = _Hold(
            toolkit.getlinkvalue(handle, index, toolkit.STATUS),
            toolkit.getlinkvalue(handle, index, toolkit.SETTING),
        )
        for control in range(1, toolkit.getcount(handle, toolkit.CONTROLCOUNT) + 1):
            if toolkit.getcontrol(handle, control)[1] == index:
                toolkit.setcontrolenabled(handle, control, 0)
                hold.controls.append(control)
        for rule in range(1, toolkit.getcount(handle, toolkit.RULECOUNT) + 1):
            _, thens, elses, _ = toolkit.getrule(handle, rule)
            for is_then, count in ((True, thens), (False, elses)):
                self._silence_actions(rule, count, is_then, index, hold)
        is_pipe = toolkit.getlinktype(handle, index) <= toolkit.PIPE
        if is_pipe and not hold.controls and not hold.actions:
            # EPANET also shows a pipe as closed whose tank is empty or full just now
            hold.status = toolkit.getlinkvalue(handle, index, toolkit.INITSTATUS)
        return hold

    def _silence_actions(self, rule: int, count: int, is_then: bool, index: int, hold: _Hold) -> None:
        read = self._toolkit.getthenaction if is_then else self._toolkit.getelseaction
        for action in range(1, count + 1):
            link, status, setting = read(self._handle, rule, action)
            if link == index:
                hold.actions.append((rule, action, is_then, status, setting))
                self._write_action(rule, action, is_then, index, _RULE_CLOSED, _MISSING)

    def _write_action(
        self, rule: int, action: int, is_then: bool, index: int, status: float, setting: float
    ) -> None:
        write: Callable[..., Any] = self._toolkit.setthenaction if is_then else self._toolkit.setelseaction
        write(self._handle, rule, action, index, int(status), float(setting))


def solver_failure(code: int, what: str) -> EngineError:
    """Return the error for a code of EPANET's loop, 100 or more."""
    toolkit = load_toolkit()
    return EngineError(
        what,
        got=f"EPANET error {code}, {toolkit.geterror(code, 200).strip() if code else ''}",
        remedy="Check the pumps, tanks and valves of the city's supply.inp",
    )
