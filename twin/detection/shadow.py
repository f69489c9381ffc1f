"""The model that runs beside the real network: what sensors should read if only the known leaks leaked.

Tanks stand where they were read, and a pump whose flow is read is replaced by that flow, so that neither a
leak nor an error of the model shifts the hours at which pumps switch. What is left is a sequence of steady
states, each of which depends on its own step alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import InputError
from twin.detection.readings import Readings
from twin.supply.project import solver_failure
from twin.supply.toolkit import HydraulicLoop, flow_m3_s, length_m, load_toolkit, open_model, pressure_per_m

_DAY_S = 86_400
_TEN_YEARS_S = 10 * 366 * _DAY_S
_FIRST_ERROR = 100
_ACCURACY = 1e-3
_CONTINUE_TRIALS = 10.0
_HOUR_S = 3600.0
DRAW = "draw"


@dataclass(frozen=True, slots=True)
class Outflow:
    """Water that leaves the network at a pipe.

    Parameters
    ----------
    pipe
        Row among `Shadow.pipes`.
    m3_h
        Outflow in each step of the readings, shape (steps,), m3/h.
    """

    pipe: int
    m3_h: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Tank:
    """A tank whose level is read: its EPANET index, level, its limits, and what its level tells of flow."""

    name: str
    index: int
    level_m: NDArray[np.float64]
    draw_m3_h: NDArray[np.float64]


class Shadow:
    """An EPANET model that follows readings.

    Parameters
    ----------
    network
        The supply.
    workdir
        Folder for EPANET's files; made when missing.
    readings
        Means over steps.
    step_s
        Their step, s.
    source
        Name of the network's file, for messages.

    Attributes
    ----------
    sensors
        Names of what is compared: the columns of pressure and of flow, and ``draw_TANK``, the flow out of a
        tank that follows from its level and the flow of its pumps.
    observed
        What they read, shape (steps, sensors), m and m3/h.
    pipes
        Ids of the pipes that may leak: those with a junction at one end.
    pattern_days
        Days after which the patterns of the model repeat.

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
        readings: Readings,
        step_s: int,
        source: str = "supply.inp",
    ) -> None:
        self._toolkit = load_toolkit()
        self._readings, self._step_s = readings, step_s
        self._closed = False
        self._handle = self._toolkit.createproject()
        try:
            open_model(self._handle, network.inp, workdir, source)
            self._configure()
            self._index(network)
            self._sensors()
        except BaseException:
            self.close()
            raise
        self.day_shift = 0

    def close(self) -> None:
        """Free EPANET; may be called twice."""
        if not self._closed:
            self._closed = True
            self._toolkit.deleteproject(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _configure(self) -> None:
        toolkit, handle = self._toolkit, self._handle
        units = toolkit.getflowunits(handle)
        self._length_m = length_m(units)
        self._m3_h = flow_m3_s(units) * _HOUR_S
        gravity = toolkit.getoption(handle, toolkit.SP_GRAVITY)
        self._per_m = pressure_per_m(int(toolkit.getoption(handle, toolkit.PRESS_UNITS)), gravity)
        self._multiplier: float = toolkit.getoption(handle, toolkit.DEMANDMULT) or 1.0
        self._pattern_start_s = int(toolkit.gettimeparam(handle, toolkit.PATTERNSTART))
        self._clock_start_s = int(toolkit.gettimeparam(handle, toolkit.STARTTIME))
        toolkit.settimeparam(handle, toolkit.DURATION, _TEN_YEARS_S)
        toolkit.setstatusreport(handle, toolkit.NO_REPORT)
        toolkit.setoption(handle, toolkit.ACCURACY, _ACCURACY)
        if toolkit.getoption(handle, toolkit.UNBALANCED) < 0.0:
            toolkit.setoption(handle, toolkit.UNBALANCED, _CONTINUE_TRIALS)
        self._average_patterns()
        for parameter in (toolkit.PATTERNSTEP, toolkit.REPORTSTEP, toolkit.HYDSTEP):  # the last is the least
            toolkit.settimeparam(handle, parameter, self._step_s)

    def _average_patterns(self) -> None:
        """Replace each pattern by its means over our steps, from midnight on."""
        toolkit, handle = self._toolkit, self._handle
        pattern_s = int(toolkit.gettimeparam(handle, toolkit.PATTERNSTEP))
        longest_s = _DAY_S
        for pattern in range(1, toolkit.getcount(handle, toolkit.PATCOUNT) + 1):
            length = toolkit.getpatternlen(handle, pattern)
            values = [toolkit.getpatternvalue(handle, pattern, period) for period in range(1, length + 1)]
            means = resample(np.array(values), pattern_s, self._step_s)
            buffer = toolkit.doubleArray(means.size)
            for place, value in enumerate(means):
                buffer[place] = float(value)
            toolkit.setpattern(handle, pattern, buffer, means.size)
            longest_s = max(longest_s, length * pattern_s)
        self.pattern_days = min(longest_s // _DAY_S, 7)

    def _index(self, network: Network) -> None:
        toolkit, handle = self._toolkit, self._handle
        self._node_count = toolkit.getcount(handle, toolkit.NODECOUNT)
        self._link_count = toolkit.getcount(handle, toolkit.LINKCOUNT)
        self._heads, self._flows = np.zeros(self._node_count), np.zeros(self._link_count)
        self._category = np.zeros(self._node_count + 1, np.int64)
        for node in range(1, self._node_count + 1):
            if toolkit.getnodetype(handle, node) == toolkit.JUNCTION:
                toolkit.adddemand(handle, node, 0.0, "", "")
                self._category[node] = toolkit.getnumdemands(handle, node)
        pipes, ends = [], []
        for name in network.links.loc[network.links["kind"] == "pipe", "id"].astype(str):
            pair = toolkit.getlinknodes(handle, toolkit.getlinkindex(handle, name))
            junctions = [node for node in pair if self._category[node] > 0]
            if junctions:
                pipes.append(name)
                ends.append((junctions[0], junctions[-1]))
        self.pipes = tuple(pipes)
        self._ends = np.array(ends, np.int64).reshape(-1, 2)
        self._loop = HydraulicLoop(handle)

    # --- sensors and boundaries -------------------------------------------------------------------

    def _sensors(self) -> None:
        self._boundary_flows: list[tuple[int, NDArray[np.float64]]] = []
        self._shut: list[int] = []
        self._node_rows, self._link_rows, columns = [], [], {}
        for name in self._readings.columns:
            kind, _, element = name.partition("_")
            series = self._readings.column(name)
            assert series is not None
            if kind == "p":
                self._node_rows.append(self._toolkit.getnodeindex(self._handle, element) - 1)
                columns[name] = series
            elif kind == "q" and not self._replaces_pump(element, series):
                self._link_rows.append(self._toolkit.getlinkindex(self._handle, element) - 1)
                columns[name] = series
        columns = dict(sorted(columns.items(), key=lambda item: not item[0].startswith("p_")))
        self._tanks = self._read_tanks()
        columns.update({f"{DRAW}_{tank.name}": tank.draw_m3_h for tank in self._tanks})
        if not columns:
            raise InputError("Readings", got="no sensor that the model can be compared with")
        self.sensors = tuple(columns)
        self.observed = np.column_stack(list(columns.values()))
        self.is_pressure = np.array([name.startswith("p_") for name in self.sensors])
        self._tank_rows = [tank.index - 1 for tank in self._tanks]
        toolkit, handle = self._toolkit, self._handle
        nodes = range(1, self._node_count + 1)
        tanks = [node for node in nodes if toolkit.getnodetype(handle, node) == toolkit.TANK]
        self.is_memoryless = len(tanks) == len(self._tanks)

    def _replaces_pump(self, link: str, series: NDArray[np.float64]) -> bool:
        """Take the flow of a pump from its readings; False where the link is none, or was never read."""
        toolkit, handle = self._toolkit, self._handle
        index = toolkit.getlinkindex(handle, link)
        if toolkit.getlinktype(handle, index) != toolkit.PUMP or not np.isfinite(series).any():
            return False
        flow = _bridged(series)
        for node, sign in zip(toolkit.getlinknodes(handle, index), (1.0, -1.0), strict=True):
            self._boundary_flows.append((node, sign * flow))
        toolkit.setlinkvalue(handle, index, toolkit.INITSTATUS, 0.0)
        for control in range(1, toolkit.getcount(handle, toolkit.CONTROLCOUNT) + 1):
            if toolkit.getcontrol(handle, control)[1] == index:
                toolkit.setcontrolenabled(handle, control, 0)
        self._shut.append(index)
        return True

    def _read_tanks(self) -> list[_Tank]:
        toolkit, handle = self._toolkit, self._handle
        tanks = []
        for name in self._readings.columns:
            series = self._readings.column(name)
            if not name.startswith("level_") or series is None or not np.isfinite(series).any():
                continue
            element = name.partition("_")[2]
            index = toolkit.getnodeindex(handle, element)
            least_m, most_m, wide_m = (
                self._length_m * toolkit.getnodevalue(handle, index, quantity)
                for quantity in (toolkit.MINLEVEL, toolkit.MAXLEVEL, toolkit.TANKDIAM)
            )
            level = np.clip(_bridged(series), least_m, most_m)
            stored = np.pi / 4.0 * wide_m**2 * (np.gradient(series) if series.size > 1 else series * 0.0)
            pumped = sum(
                (-flow for node, flow in self._boundary_flows if node == index), np.zeros(series.size)
            )
            tanks.append(_Tank(element, index, level, pumped - stored * _HOUR_S / self._step_s))
        return tanks

    # --- running ----------------------------------------------------------------------------------

    def expect(self, first: int, last: int, outflows: Sequence[Outflow] = ()) -> NDArray[np.float64]:
        """Return what the sensors should read in the steps from ``first`` to before ``last``.

        Parameters
        ----------
        outflows
            Leaks that are known.

        Returns
        -------
        Shape (last - first, sensors), m and m3/h.
        """
        begin = first if self.is_memoryless else 0
        demands = self._demands(outflows)
        result = np.zeros((last - first, len(self.sensors)))
        self._start(begin)
        for step in range(begin, last):
            self._set_step(step, demands)
            self._run(step)
            if step >= first:
                self._read(result[step - first])
            self._advance((step + 1 - begin) * self._step_s)
        self._clear(demands)
        return result

    def signatures(
        self, step: int, probe_m3_h: float, outflows: Sequence[Outflow] = ()
    ) -> NDArray[np.float64]:
        """Return what a leak of 1 m3/h at each pipe changes at the sensors in one step.

        The leak of a pipe is half at either end: the same for sensors elsewhere.

        Returns
        -------
        Shape (pipes, sensors), m and m3/h per m3/h.
        """
        begin = step if self.is_memoryless else 0
        demands = self._demands(outflows)
        self._start(begin)
        for moment in range(begin, step + 1):
            self._set_step(moment, demands)
            self._run(moment)
            if moment < step:
                self._advance((moment + 1 - begin) * self._step_s)
        plain, probed = np.zeros(len(self.sensors)), np.zeros(len(self.sensors))
        self._read(plain)
        by_node = np.zeros((self._node_count + 1, len(self.sensors)))
        present = {node: float(flow[step]) for node, flow in demands.items()}
        for node in np.unique(self._ends):
            self._set_demand(int(node), present.get(int(node), 0.0) + probe_m3_h)
            self._run(step)
            self._read(probed)
            self._set_demand(int(node), present.get(int(node), 0.0))
            by_node[node] = (probed - plain) / probe_m3_h
        self._clear(demands)
        return 0.5 * (by_node[self._ends[:, 0]] + by_node[self._ends[:, 1]])

    def _demands(self, outflows: Sequence[Outflow]) -> dict[int, NDArray[np.float64]]:
        """Demand beside the model's own at each node concerned, by step, m3/h."""
        demands: dict[int, NDArray[np.float64]] = {}
        shares = [
            (int(node), 0.5 * outflow.m3_h) for outflow in outflows for node in self._ends[outflow.pipe]
        ]
        for node, flow in [*self._boundary_flows, *shares]:
            if self._category[node] > 0:
                demands[node] = demands[node] + flow if node in demands else flow
        return demands

    def _start(self, step: int) -> None:
        toolkit, handle = self._toolkit, self._handle
        begin = self._readings.times[0].astype("datetime64[s]")
        midnight = begin.astype("datetime64[D]").astype("datetime64[s]")
        of_day_s = int((begin - midnight) / np.timedelta64(1, "s"))
        shift_s = of_day_s - self._clock_start_s + step * self._step_s + self.day_shift * _DAY_S
        toolkit.settimeparam(handle, toolkit.PATTERNSTART, max(self._pattern_start_s + shift_s, 0))
        toolkit.openH(handle)
        toolkit.initH(handle, toolkit.NOSAVE)

    def _clear(self, demands: dict[int, NDArray[np.float64]]) -> None:
        for node in demands:
            self._set_demand(node, 0.0)
        self._toolkit.closeH(self._handle)

    def _set_step(self, step: int, demands: dict[int, NDArray[np.float64]]) -> None:
        toolkit, handle = self._toolkit, self._handle
        for node, flow in demands.items():
            self._set_demand(node, float(flow[step]))
        for tank in self._tanks:
            level = float(tank.level_m[step]) / self._length_m
            toolkit.setnodevalue(handle, tank.index, toolkit.TANKLEVEL, level)
        for link in self._shut:
            toolkit.setlinkvalue(handle, link, toolkit.STATUS, 0.0)

    def _set_demand(self, node: int, m3_h: float) -> None:
        base = m3_h / self._m3_h / self._multiplier
        self._toolkit.setbasedemand(self._handle, node, int(self._category[node]), base)

    def _run(self, step: int) -> None:
        _, code = self._loop.run()
        if code >= _FIRST_ERROR:
            raise solver_failure(code, f"Water supply at {self._readings.times[step]}: no solution")

    def _advance(self, until_s: int) -> None:
        """Go on to where the next step begins, over whatever EPANET stops for on the way."""
        while True:
            span_s, code = self._loop.next()
            if code >= _FIRST_ERROR or span_s <= 0:
                raise solver_failure(code, f"Water supply {until_s} s after the start: no further step")
            now_s = self._now_s()
            if now_s >= until_s:
                return
            self._loop.run()

    def _now_s(self) -> int:
        return int(self._toolkit.gettimeparam(self._handle, self._toolkit.HTIME))

    def _read(self, out: NDArray[np.float64]) -> None:
        pressures, flows = len(self._node_rows), len(self._link_rows)
        self._loop.read_nodes(self._toolkit.PRESSURE, self._heads)
        out[:pressures] = self._heads[self._node_rows] / self._per_m
        self._loop.read_links(self._toolkit.FLOW, self._flows)
        out[pressures : pressures + flows] = self._flows[self._link_rows] * self._m3_h
        self._loop.read_nodes(self._toolkit.DEMAND, self._heads)
        out[pressures + flows :] = -self._heads[self._tank_rows] * self._m3_h


def resample(values: NDArray[Any], from_s: int, to_s: int) -> NDArray[np.float64]:
    """Return the means of a repeating pattern over steps of another length, for one whole repetition.

    Parameters
    ----------
    values
        Value of each period, shape (periods,).
    from_s, to_s
        Length of a period and of a step, s, > 0.

    Returns
    -------
    Shape (steps,): as many as repeat together with the periods.
    """
    if values.size == 1:
        return np.asarray(values, float)
    fine_s = int(np.gcd(from_s, to_s))
    whole_s = int(np.lcm(values.size * from_s, to_s))
    fine = np.repeat(np.tile(values, whole_s // (values.size * from_s)), from_s // fine_s)
    means: NDArray[np.float64] = fine.reshape(-1, to_s // fine_s).mean(axis=1)
    return means


def _bridged(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill what is missing by a straight line between what is there."""
    known = np.isfinite(series)
    return np.interp(np.arange(series.size), np.flatnonzero(known), series[known])
