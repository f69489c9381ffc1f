"""The sewer as one SWMM simulation, advanced step by step."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from swmm.toolkit import solver
from swmm.toolkit.shared_enum import HotstartFile, LinkResult, NodeProperty, NodeResult, ObjectType

from cim_models.city import Network
from cim_models.errors import EngineError, InputError, NetworkError
from twin.sewer.account import SewerAccount, Totals
from twin.sewer.complaints import swmm_error
from twin.sewer.controls import SewerControls
from twin.sewer.settings import SewerSettings
from twin.sewer.swmm_bulk import bulk_access
from twin.sewer.swmm_input import SwmmInput, prepare

_FOOT_M = 0.3048
_FLOW_M3_S = {
    "CFS": _FOOT_M**3,
    "GPM": 3.785411784e-3 / 60.0,
    "MGD": 3785.411784 / 86400.0,
    "CMS": 1.0,
    "LPS": 1e-3,
    "MLD": 1000.0 / 86400.0,
}
_US_UNITS = frozenset({"CFS", "GPM", "MGD"})

#: SWMM drops lateral inflow below 1e-5 ft3/s (FLOW_TOL); smaller volumes wait for more, m3/s.
_LEAST_INFLOW_M3_S = 3e-7

#: Unit of volume where the caller has none, m3.
_UNIT_M3 = 2.0**-44


class SewerEngine:
    """SWMM 5.2 on a city's sewer; one simulation per process.

    Nodes are in the order of ``network.nodes``; arrays handed out are the engine's own and change
    with the next step.

    Parameters
    ----------
    network
        The sewer; its ``inp`` is what SWMM runs.
    workdir
        Folder for SWMM's input, report and output files; made when missing.
    step_s
        Routing step, s, in whole milliseconds.
    settings
        How SWMM runs.
    unit_m3
        Volume of one unit, in which water is put in and taken out, m3.

    Attributes
    ----------
    waiting_units
        Per node, units that SWMM gets with the next advance.
    given_units
        Per node, units that it has been given less those that it had to give up, since the engine was made.
    injected_units, withdrawn_units
        Units that SWMM was given and was made to give up, since the start.
    heads, depths
        Hydraulic head and depth above the invert, m.
    volumes
        Water that SWMM counts in the node, m3; for a junction only what stands above the ground.
    overflow
        Rate at which water rises above the ground, m3/s; it stays in the node's riser.
    inflow
        Total inflow, m3/s.
    ground_m, invert_m, is_outfall
        As in the table of nodes.
    is_sealed
        Nodes to which the file gives a surcharge depth: they hold pressure, as the ends of rising mains
        do, and neither have a riser nor overflow.
    controls
        What may be changed while SWMM runs.

    Raises
    ------
    NetworkError
        If SWMM rejects the file, with the line that it names.
    EngineError
        If this process already has a simulation open, or SWMM becomes unstable on the way.
    """

    _in_use: ClassVar[bool] = False

    def __init__(
        self,
        network: Network,
        workdir: Path,
        step_s: float,
        settings: SewerSettings | None = None,
        unit_m3: float = _UNIT_M3,
    ) -> None:
        self.settings = settings or SewerSettings()
        self.unit_m3 = unit_m3
        self.step_s = _checked_step(step_s)
        self.time_s = 0.0
        self.node_ids = tuple(str(name) for name in network.nodes["id"])
        self.ground_m = network.nodes["ground_elevation_m"].to_numpy(dtype=np.float64)
        self.invert_m = network.nodes["invert_elevation_m"].to_numpy(dtype=np.float64)
        self.is_outfall = (network.nodes["kind"] == "outfall").to_numpy()
        count = len(self.node_ids)
        self.waiting_units = np.zeros(count, np.int64)
        self._inflow_m3_s = np.zeros(count)
        self._half_booked_m3_s = np.zeros(count)
        self.given_units = np.zeros(count, np.int64)
        self.injected_units = self.withdrawn_units = 0
        self._carried = Totals()
        self._inp, self._workdir = network.inp, Path(workdir)
        prepared = self._prepared()
        self._length_m, self._flow_m3_s = _units(prepared)
        self.controls = SewerControls(self._length_m, self._flow_m3_s)
        self._bulk = bulk_access()
        self._begin(prepared)
        self._initial_m3 = self._stored()

    # --- life -------------------------------------------------------------------------------------

    def _prepared(self) -> SwmmInput:
        """Return the input file that begins at the present time."""
        return prepare(self._inp, self.settings, self.step_s, self.time_s)

    def _begin(self, prepared: SwmmInput, hotstart: Path | None = None) -> None:
        self._open(prepared, self._workdir)
        try:
            self._start(hotstart)
        except BaseException:
            self.close()
            raise

    def _open(self, prepared: SwmmInput, workdir: Path) -> None:
        if SewerEngine._in_use:
            raise EngineError(
                "SWMM is already running in this process",
                expected="one sewer simulation per process",
                remedy="Close the first, or start another process",
            )
        workdir.mkdir(parents=True, exist_ok=True)
        path = workdir / "sewer.inp"
        self._report = workdir / "sewer.rpt"
        path.write_text(prepared.text, encoding="utf-8")
        SewerEngine._in_use = True
        self._is_open = True
        try:
            with self._complaints("Sewer model"):
                solver.swmm_open(str(path), str(self._report), str(workdir / "sewer.out"))
        except BaseException:
            self.close()
            raise

    def _start(self, hotstart: Path | None) -> None:
        self._nodes = self._node_indices()
        area = self.settings.riser_area_m2
        with self._complaints("Sewer model"):
            depths = [solver.node_get_parameter(int(k), NodeProperty.SURCHARGE_DEPTH) for k in self._nodes]
            self.is_sealed = ~self.is_outfall & (np.array(depths) > 0.0)
            if area is not None:
                for node in self._nodes[~self.is_outfall & ~self.is_sealed]:
                    solver.node_set_parameter(int(node), NodeProperty.POND_AREA, area / self._length_m**2)
            if hotstart is not None:
                solver.swmm_hotstart(HotstartFile.USE, str(hotstart))
            solver.swmm_start(False)
            self.controls.attach()
        self._all_nodes = np.arange(solver.project_get_count(ObjectType.NODE), dtype=np.int64)
        self._all_links = np.arange(solver.project_get_count(ObjectType.LINK), dtype=np.int64)
        count = len(self.node_ids)
        self.heads = np.zeros(count)
        self.depths = np.zeros(count)
        self.volumes = np.zeros(count)
        self.overflow = np.zeros(count)
        self.inflow = np.zeros(count)
        self._read()

    def close(self) -> None:
        """End the simulation and free SWMM for another one; may be called twice."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            with self._complaints("Closing SWMM"):
                solver.swmm_close()
        finally:
            SewerEngine._in_use = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- stepping ---------------------------------------------------------------------------------

    def inject(self, volume_m3: NDArray[np.float64]) -> None:
        """Put water into nodes over the coming advance, m3 rounded to whole units; see `inject_units`."""
        self.inject_units(np.rint(volume_m3 / self.unit_m3).astype(np.int64))

    def inject_units(self, units: NDArray[np.int64]) -> None:
        """Put water into nodes over the coming advance; negative units take it out.

        Parameters
        ----------
        units
            Per node. What is too little for SWMM to notice waits and is put in later.
        """
        self.waiting_units += units

    def advance_to(self, t_s: float) -> None:
        """Advance to a time that is a whole number of steps away.

        Parameters
        ----------
        t_s
            Simulated time, s since the start.

        Raises
        ------
        EngineError
            If SWMM stops, or ``t_s`` lies between two steps.
        """
        steps = round((t_s - self.time_s) / self.step_s)
        if steps < 0 or abs(self.time_s + steps * self.step_s - t_s) > 1e-6:
            raise EngineError(
                f"Sewer at {self.time_s:g} s cannot advance to {t_s:g} s",
                expected=f"a whole number of {self.step_s:g} s steps ahead",
            )
        if steps == 0:
            return
        self._write_inflow(steps * self.step_s)
        with self._complaints(f"Sewer at {self.time_s:g} s"):
            for _ in range(steps):
                solver.swmm_step()
        self.time_s = t_s
        self._read()

    def _write_inflow(self, interval_s: float) -> None:
        rate = self.waiting_units.astype(np.float64) * (self.unit_m3 / interval_s)
        noticed = np.abs(rate) >= _LEAST_INFLOW_M3_S
        rate[~noticed] = 0.0
        units = np.where(noticed, self.waiting_units, 0)
        self.waiting_units -= units
        self.given_units += units
        self.injected_units += int(np.maximum(units, 0).sum())
        self.withdrawn_units -= int(np.minimum(units, 0).sum())
        self._inflow_m3_s = self._half_booked_m3_s = rate
        self._check(self._bulk.write_inflow(self._nodes, rate / self._flow_m3_s))

    def _read(self) -> None:
        read, length = self._bulk.read_nodes, self._length_m
        for quantity, out, unit in (
            (NodeResult.HEAD, self.heads, length),
            (NodeResult.DEPTH, self.depths, length),
            (NodeResult.VOLUME, self.volumes, length**3),
            (NodeResult.FLOOD, self.overflow, self._flow_m3_s),
            (NodeResult.TOTAL_INFLOW, self.inflow, self._flow_m3_s),
        ):
            self._check(read(self._nodes, quantity.value, out))
            if unit != 1.0:
                out *= unit
        if not np.isfinite(self.heads).all():
            node = int(np.flatnonzero(~np.isfinite(self.heads))[0])
            raise EngineError(
                f"Head of sewer node '{self.node_ids[node]}' at {self.time_s:g} s",
                got=f"{self.heads[node]} m",
                expected="a finite head",
                remedy=f"SWMM became unstable; lower its routing step of {self.step_s:g} s (numerics.sewer)",
            )

    # --- state ------------------------------------------------------------------------------------

    def ponded_volume(self) -> NDArray[np.float64]:
        """Volume above the ground in each node's riser that may still be taken out, m3, >= 0."""
        area = self.settings.riser_area_m2 or 0.0
        above = np.maximum(self.heads - self.ground_m, 0.0) * area
        leaving = np.minimum(self._in_transit(), 0.0)
        return np.maximum(np.minimum(above, self.volumes) + leaving, 0.0)

    def flows_m3_s(self, links: NDArray[np.int64]) -> NDArray[np.float64]:
        """Flow through links by their rows, see `SewerControls.rows`, positive from the first node, m3/s."""
        flows = np.zeros(links.size)
        self._check(self._bulk.read_links(links, LinkResult.FLOW.value, flows))
        return flows * self._flow_m3_s

    @property
    def account(self) -> SewerAccount:
        """Volumes since the start."""
        totals = self._totals()
        transit = 0.5 * self.step_s * self._half_booked_m3_s
        injected_m3, withdrawn_m3 = self.injected_units * self.unit_m3, self.withdrawn_units * self.unit_m3
        waiting_m3 = self.waiting_units * self.unit_m3
        outfalls = totals.left_m3 - withdrawn_m3 - float(np.minimum(transit, 0.0).sum())
        losses = totals.lost_m3
        other = totals.entered_m3 - injected_m3 + float(np.maximum(transit, 0.0).sum())
        stored = self._stored()
        exchanged = injected_m3 - withdrawn_m3 + float(waiting_m3.sum())
        return SewerAccount(
            injected=injected_m3 + float(np.maximum(waiting_m3, 0.0).sum()),
            withdrawn=withdrawn_m3 - float(np.minimum(waiting_m3, 0.0).sum()),
            other_inflow=other,
            outfalls=outfalls,
            losses=losses,
            initial=self._initial_m3,
            stored=stored,
            error=exchanged + other - outfalls - losses - (stored - self._initial_m3),
            received_units=self.injected_units - self.withdrawn_units + int(self.waiting_units.sum()),
        )

    def _totals(self) -> Totals:
        """Add up what SWMM has booked since the start, over all its openings."""
        totals, unit, carried = solver.system_get_routing_totals(), self._length_m**3, self._carried
        entered = totals.dwInflow + totals.wwInflow + totals.gwInflow + totals.iiInflow + totals.exInflow
        lost = totals.evapLoss + totals.seepLoss + totals.flooding + totals.reacted
        return Totals(
            carried.entered_m3 + unit * entered,
            carried.left_m3 + unit * totals.outflow,
            carried.lost_m3 + unit * lost,
        )

    def _totals_to_carry(self) -> Totals:
        """Return the totals with the second half of the last step, which a reopened SWMM would not book."""
        totals, half_s = self._totals(), 0.5 * self.step_s * self._flow_m3_s
        lateral, total = np.zeros(self._all_nodes.size), np.zeros(len(self.node_ids))
        self._check(self._bulk.read_nodes(self._all_nodes, NodeResult.LATERAL_INFLOW.value, lateral))
        self._check(self._bulk.read_nodes(self._nodes, NodeResult.TOTAL_INFLOW.value, total))
        given = self._half_booked_m3_s / self._flow_m3_s
        others, at_outfalls = lateral.sum() - given.sum(), total[self.is_outfall]
        entered = others + np.maximum(given, 0.0).sum() - np.minimum(at_outfalls, 0.0).sum()
        left = np.maximum(at_outfalls, 0.0).sum() - np.minimum(given, 0.0).sum()
        return Totals(
            totals.entered_m3 + half_s * float(entered), totals.left_m3 + half_s * float(left), totals.lost_m3
        )

    def _in_transit(self) -> NDArray[np.float64]:
        """Half of the last step's inflow, which SWMM's trapezoidal rule books a step later, m3."""
        return 0.5 * self.step_s * self._inflow_m3_s

    def _stored(self) -> float:
        nodes = np.zeros(self._all_nodes.size)
        links = np.zeros(self._all_links.size)
        self._check(self._bulk.read_nodes(self._all_nodes, NodeResult.VOLUME.value, nodes))
        self._check(self._bulk.read_links(self._all_links, LinkResult.VOLUME.value, links))
        volume = (nodes.sum() + links.sum()) * self._length_m**3
        waiting_m3 = int(self.waiting_units.sum()) * self.unit_m3
        return float(volume + self._in_transit().sum() + waiting_m3)

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what an engine on the same sewer needs to go on: SWMM's hotstart file and the accounts.

        SWMM keeps single-precision depths and flows in that file and forgets the rest, so an engine that
        goes on from it drifts from one that never stopped. Restore the running engine from its own state
        as well, and both go on alike.
        """
        path = self._workdir / "saved.hsf"
        with self._complaints(f"Saving the sewer at {self.time_s:g} s"):
            solver.swmm_hotstart(HotstartFile.SAVE, str(path))
        totals = self._totals_to_carry()
        return {
            "hotstart": np.frombuffer(path.read_bytes(), np.uint8).copy(),
            "time_s": np.array(self.time_s),
            "waiting_units": self.waiting_units.copy(),
            "inflow_m3_s": self._inflow_m3_s.copy(),
            "counts": np.array([self.injected_units, self.withdrawn_units], np.int64),
            "volumes_m3": np.array([self._initial_m3, totals.entered_m3, totals.left_m3, totals.lost_m3]),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a state of an engine on the same sewer; SWMM is closed and opened again.

        Rules of the file that ask for the simulation's own time count it from here; clock times go on.

        Raises
        ------
        InputError
            If the state is of a sewer with another number of nodes.
        NetworkError, EngineError
            If SWMM rejects its hotstart file.
        """
        if state["waiting_units"].shape != self.waiting_units.shape:
            raise InputError(
                "Sewer state",
                got=f"{state['waiting_units'].size} nodes",
                expected=f"{self.waiting_units.size}",
            )
        self.close()
        self.time_s = float(state["time_s"])
        hotstart = self._workdir / "restored.hsf"
        hotstart.write_bytes(state["hotstart"].tobytes())
        self._begin(self._prepared(), hotstart)
        self.waiting_units = state["waiting_units"].copy()
        self._inflow_m3_s = state["inflow_m3_s"].copy()
        self._half_booked_m3_s = np.zeros(len(self.node_ids))
        self.injected_units, self.withdrawn_units = map(int, state["counts"])
        self._initial_m3, *totals = map(float, state["volumes_m3"])
        self._carried = Totals(*totals)

    def move_to(self, workdir: Path) -> None:
        """Write files into another folder from the next opening on; for a process that was forked."""
        self._workdir = Path(workdir)

    # --- SWMM -------------------------------------------------------------------------------------

    def _node_indices(self) -> NDArray[np.int64]:
        count = solver.project_get_count(ObjectType.NODE)
        position = {solver.project_get_id(ObjectType.NODE, node): node for node in range(count)}
        unknown = [name for name in self.node_ids if name not in position]
        if unknown:
            raise NetworkError(
                "Sewer nodes without an entry in sewer.inp",
                got=", ".join(unknown[:5]),
                remedy="Read the tables again from sewer.inp",
            )
        return np.array([position[name] for name in self.node_ids], dtype=np.int64)

    def _check(self, code: int) -> None:
        if code:
            raise EngineError(f"SWMM's toolkit at {self.time_s:g} s", got=f"error code {code}")

    @contextmanager
    def _complaints(self, doing: str) -> Iterator[None]:
        """Raise what SWMM's report file says in place of the toolkit's bare exception."""
        try:
            yield
        except (EngineError, NetworkError):
            raise
        except Exception as exc:  # the toolkit raises nothing narrower
            self.close()
            raise swmm_error(doing, self._report, exc) from exc


def _checked_step(step_s: float) -> float:
    milliseconds = step_s * 1000.0
    if not step_s > 0.0 or abs(milliseconds - round(milliseconds)) > 1e-9:
        raise InputError("Sewer step", got=f"{step_s} s", expected="> 0 s in whole milliseconds")
    return float(step_s)


def _units(prepared: SwmmInput) -> tuple[float, float]:
    """Metres per unit of length and m3/s per unit of flow of the file."""
    unit = prepared.option("FLOW_UNITS", "CFS")
    if unit not in _FLOW_M3_S:
        raise NetworkError(
            "FLOW_UNITS of sewer.inp",
            got=unit,
            expected=", ".join(_FLOW_M3_S),
            remedy="Correct section [OPTIONS]",
        )
    return (_FOOT_M if unit in _US_UNITS else 1.0), _FLOW_M3_S[unit]
