"""The coarse solver: the same façade as the fine one, on nodes of several fine cells."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numba
import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError, UnstableStepError
from twin.surface import checks
from twin.surface.account import SurfaceAccount
from twin.surface.barriers import BarrierFaces
from twin.surface.constants import (
    MAX_DEPTH_M,
    UNIT_M,
    UNITS_PER_M,
    ZONE_DTYPE,
)
from twin.surface.culverts import CulvertBarrels
from twin.surface.edges import Edges, edges_from
from twin.surface.kernel_steps import Rain
from twin.surface.openings import Ground, make_openings
from twin.surface.published import Published
from twin.surface.settings import SurfaceSettings, available_threads
from twin.surface.solver import MAX_THREADS, DepthGrid
from twin.surface.state import inner, padded
from twin.surface.subgrid.factor import MOST_FACTOR
from twin.surface.subgrid.highwater import STANDING_M, HighWater, Look
from twin.surface.subgrid.kernel_mapping import move_units, read_depths
from twin.surface.subgrid.kernel_steps import advance
from twin.surface.subgrid.maps import FineMaps, NodeWater
from twin.surface.subgrid.smoothing import Smoother
from twin.surface.subgrid.state import Probe, Progress, Rule, Shower, new_found, new_peak
from twin.surface.subgrid.storage import LEVELS_PER_M
from twin.surface.subgrid.tables import build_tables, gather_outlets, make_grid

WORTH_SHARING = 1 << 17
"""Nodes from which on the work is shared between threads: less is done before another thread has begun."""

MOST_PROBES = 8
"""Lists of cells whose ground is kept: those of roads, gullies, sensors and the like."""


class CoarseSolver:
    """Shallow water on coarse nodes with sub-grid storage and sections, exact in volume.

    Everything that goes in and comes out is on the fine grid: cells are fine cells, depths are mapped
    back to them. Volume is an integer count of 2⁻²⁴ m times the area of a fine cell, as in `SurfaceSolver`.

    Parameters
    ----------
    bed_elevation, cell_size_m, manning_n, walls, edges, settings, rain_weight
        As for `SurfaceSolver`, on the fine grid.
    factor
        Fine cells along the edge of a coarse cell, 1 to 8.

    Raises
    ------
    InputError
        If shapes differ or a value is out of range.

    Source: sub-grid channels after Neal et al. (2012), sub-grid tables after van Ormondt et al. (2025).
    """

    def __init__(
        self,
        bed_elevation: NDArray[np.floating[Any]],
        cell_size_m: float,
        factor: int,
        *,
        manning_n: float | NDArray[np.floating[Any]] = 0.03,
        walls: NDArray[np.bool_] | None = None,
        edges: Edges | Literal["closed", "open"] = "closed",
        settings: SurfaceSettings | None = None,
        rain_weight: NDArray[np.floating[Any]] | None = None,
    ) -> None:
        if not 1 <= factor <= MOST_FACTOR:
            raise InputError(
                "Factor of the coarse grid", got=factor, expected=f"1 to {MOST_FACTOR} fine cells"
            )
        self.settings = settings = settings or SurfaceSettings()
        self.cell_size_m = float(cell_size_m)
        self._threads = min(settings.threads or available_threads(), MAX_THREADS)
        self._make_nodes(checks.check_bed(bed_elevation, walls, cell_size_m), int(factor), manning_n, edges)
        rows, cols = self._tables.nodes.shape
        self._rule = Rule(
            self.cell_size_m * factor,
            self.unit_m3,
            settings.courant_number,
            settings.max_step_s,
            settings.record_interval_s,
            rows,
            cols,
            self._threads if rows * cols >= WORTH_SHARING else 1,
        )
        self._progress = Progress(0.0, 0, settings.record_interval_s, 0, 0)
        self._peak = new_peak(self._grid.volume.shape)
        self._found = new_found(rows * cols)
        self._probes: list[tuple[NDArray[np.int64], Probe]] = []
        smoother = Smoother(
            *(bed_elevation, self.cell_size_m, manning_n, walls, edges),
            *(self._rule.node_size_m, self._threads),
        )
        self._maps = FineMaps(self._grid, self._tables, smoother)
        self._published = Published(self.shape)
        self._high_water = HighWater()
        self._given = np.zeros(rows * cols, np.int64)
        self._initial_units = self._in_units = self._out_units = self._rain_units = 0
        self._weight = checks.rain_weight_units(rain_weight, self._open)
        self._set_zones(np.zeros(self.shape, np.int64))

    def _make_nodes(
        self,
        checked: checks.CheckedBed,
        factor: int,
        manning_n: float | NDArray[np.floating[Any]],
        edges: Edges | Literal["closed", "open"],
    ) -> None:
        """Make the nodes and their faces from the terrain, dry."""
        true_bed_m, datum_m, self._open, outside = checked
        bed_m = checks.rounded_bed(true_bed_m)
        n = np.broadcast_to(checks.check_roughness(manning_n, self._open), bed_m.shape)
        self.shape: tuple[int, int] = bed_m.shape
        self._bed_error_m = true_bed_m - bed_m
        self._tables = build_tables(bed_m, self._open, n, self.cell_size_m, factor)
        self._grid = make_grid(self._tables)
        ground = Ground(bed_m, datum_m, self._open, outside, n, self.cell_size_m)
        openings = make_openings(ground, _free_edges(edges, self.cell_size_m))
        self._outlets = gather_outlets(openings.outlets, self._tables, self.cell_size_m)

    @property
    def threads(self) -> int:
        """Number of threads in use."""
        return self._threads

    # -- time ------------------------------------------------------------------------------------

    @property
    def time_s(self) -> float:
        """Simulated time, s."""
        return self._progress.time_s

    @property
    def steps(self) -> int:
        """Steps taken."""
        return self._progress.steps

    @property
    def cell_steps(self) -> int:
        """Nodes updated, summed over the steps."""
        return self._progress.steps * self._rule.rows * self._rule.cols

    def advance_to(self, time_s: float) -> None:
        """Advance the water to ``time_s``; the steps end exactly there.

        Raises
        ------
        InputError
            If the time lies in the past or is not a number.
        UnstableStepError
            If a depth leaves the range of 0 to 60 m.
        """
        if not self.time_s <= time_s < np.inf:
            raise InputError("Time to advance to", got=f"{time_s} s", expected=f"{self.time_s} s or later")
        self._forget()
        numba.set_num_threads(self._threads)
        while self.time_s < time_s:
            look_s = self._high_water.next_s(self.time_s)
            self._advance(min(float(time_s), look_s))
            if self.time_s == look_s:
                self._look()

    def _advance(self, time_s: float) -> None:
        """Advance the water to a time that lies ahead."""
        self._progress = advance(
            self._grid,
            self._outlets,
            self._rain,
            self._shower,
            self._rule,
            self._progress,
            time_s,
            self._peak,
        )
        if self._progress.deepest > MAX_DEPTH_M * LEVELS_PER_M or self._grid.volume.min() < 0:
            raise UnstableStepError(
                f"Water depth on the coarse grid at {self.time_s:.3f} s",
                got=f"{self._progress.deepest / LEVELS_PER_M:g} m",
                expected=f"0 to {MAX_DEPTH_M:g} m",
                remedy="Look for a pit without bottom in the terrain, or lower the Courant number",
            )

    def _look(self) -> None:
        """Show the water to those who keep the minutes before it is highest."""
        grid = self._grid
        standing = int(np.count_nonzero(grid.volume * grid.per_cell > STANDING_M * UNITS_PER_M))
        water = (grid.volume.copy(), grid.level.copy(), grid.qx.copy(), grid.qy.copy())
        self._high_water.look(Look(self.time_s, *water, self._given + self._rained_on_nodes()), standing)

    # -- rain ------------------------------------------------------------------------------------

    def set_rain(
        self, rate_m_s: float | NDArray[np.floating[Any]], zones: NDArray[np.integer[Any]] | None = None
    ) -> None:
        """Set the rain from now on, see `SurfaceSolver.set_rain`."""
        rates = checks.check_rain(rate_m_s)
        if zones is not None:
            self._set_zones(np.asarray(zones))
        self._rain.rate[:] = checks.rates_by_zone(rates, self._rain.rate.size)

    def _set_zones(self, zones: NDArray[np.integer[Any]]) -> None:
        checks.check_grid("Rain zone", zones, self.shape, 0, np.iinfo(ZONE_DTYPE).max)
        if hasattr(self, "_rain"):
            self._rain_units = self._rained_units()
            self._given += self._rained_on_nodes()
        self._zones = zones.astype(ZONE_DTYPE)
        rained = self._weight > 0
        zone, weight = zones[rained].astype(np.int64), self._weight[rained]
        count = int(zones.max()) + 1
        key = self._tables.nodes.owner[rained] * count + zone
        keys, place = np.unique(key, return_inverse=True)
        node, zone_of = np.divmod(keys, count)
        row, col = np.divmod(node, self._rule.cols)
        total = np.bincount(place, weight, keys.size).astype(np.int64)
        self._shower = Shower(node, (row + 1) * self._grid.volume.shape[1] + col + 1, zone_of, total)
        self._zone_weights = np.bincount(zone_of, total, count).astype(np.int64)
        counters = (np.zeros(count, np.int64) for _ in range(2))
        self._rain = Rain(np.zeros(count), np.zeros(count), *counters)

    def _rained_units(self) -> int:
        return self._rain_units + int(self._rain.laid @ self._zone_weights)

    def _rained_on_nodes(self) -> NDArray[np.int64]:
        """Units of rain on each node, flat, since the zones were set."""
        shower = self._shower
        units = np.bincount(shower.node, shower.weight * self._rain.laid[shower.zone], self._volume.size)
        return units.astype(np.int64)

    # -- water in cells --------------------------------------------------------------------------

    @property
    def _volume(self) -> NDArray[np.int64]:
        """Units of the nodes, a view, shape (coarse rows, coarse cols)."""
        return self._grid.volume[1 : 1 + self._rule.rows, 1 : 1 + self._rule.cols]

    def set_water_depth(self, water_depth: NDArray[np.floating[Any]]) -> None:
        """Set the depth of all fine cells, shape (rows, cols), m, and bring the water to rest."""
        depth = checks.check_grid("Water depth", water_depth, self.shape, 0.0, MAX_DEPTH_M)
        kept_level = np.maximum(depth + self._bed_error_m, 0.0)
        units = np.where(self._open & (depth > 0.0), np.rint(kept_level * UNITS_PER_M), 0).astype(np.int64)
        volume = self._sum_of(units)
        self._initial_units += int(volume.sum()) - self._stored_units()
        self._volume[...] = volume
        self._grid.qx[...] = 0
        self._grid.qy[...] = 0
        self._forget()
        self._high_water.forget_looks()

    def _sum_of(self, units: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Sum fine units by node, shape (coarse rows, coarse cols)."""
        members, out = self._tables.members, np.zeros(self._volume.size, np.int64)
        sums = np.concatenate([[0], np.cumsum(units.ravel()[members.cell], dtype=np.int64)])
        out[:] = sums[members.start[1:]] - sums[members.start[:-1]]
        return out.reshape(self._volume.shape)

    def exchange(self, cells: NDArray[np.int64], volumes_m3: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add water to fine cells or take it from them, m³; see `SurfaceSolver.exchange`."""
        wanted = np.asarray(volumes_m3, dtype=np.float64) / self.unit_m3
        if not np.isfinite(wanted).all():
            raise InputError("Volumes to exchange", got="a value that is not finite", expected="m³")
        units = np.clip(np.trunc(wanted), -(2.0**40), 2.0**40).astype(np.int64)
        return self.exchange_units(cells, units).astype(np.float64) * self.unit_m3

    def exchange_units(self, cells: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add water to fine cells or take it from them in whole units; see `SurfaceSolver.exchange_units`.

        What is taken comes from the node that the cell belongs to, and is never more than the node holds.
        """
        index = checks.check_cells(cells, self._open.size)
        if units.shape != index.shape:
            raise InputError(
                "Volumes to exchange", got=f"shape {units.shape}", expected=f"{index.size}, one per cell"
            )
        moved = np.array(units, dtype=np.int64)
        owner = self._tables.nodes.owner.ravel()
        places = (self._grid.volume, self._given, owner, self._rule.cols)
        added, taken = move_units(*places, index, moved, self._found)
        self._in_units += added
        self._out_units += taken
        return moved

    def withdraw(self, take: Callable[[NDArray[np.int32]], int]) -> float:
        """Let something take water from many fine cells at once; see `SurfaceSolver.withdraw`."""
        numba.set_num_threads(self._threads)
        depth = padded(self.shape, np.int32)
        inner(depth, self.shape)[...] = self._maps.spread(self._maps.water())
        taken = take(depth)
        volume = self._sum_of(inner(depth, self.shape))
        self._given += (volume - self._volume).ravel()
        self._volume[...] = volume
        self._forget()
        self._out_units += taken
        return taken * self.unit_m3

    def depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the depth of some fine cells, given by flat index, m.

        What does not change of cells in an array that nobody can write is looked up once and kept.
        """
        probe = self._probe(cells)
        out = np.empty(probe.node.size)
        read_depths(probe, self._rule.cols, self._grid, self._tables.members, self._found, out)
        return out

    def available_units(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the whole units that may be taken from each of some distinct cells at once.

        A gully drains the water of its whole node: each of the cells has an equal part of that.
        """
        probe = self._probe(cells)
        return np.where(probe.node >= 0, self._grid.volume.ravel()[probe.place] // probe.sharing, 0)

    def _probe(self, cells: NDArray[np.int64]) -> Probe:
        """Look up what does not change of some cells."""
        for known, probe in self._probes:
            if known is cells:
                return probe
        index, tables = checks.check_cells(cells, self._open.size), self._tables
        node = tables.nodes.owner.ravel()[index]
        row, col = np.divmod(np.maximum(node, 0), self._rule.cols)
        place = (1 + row) * self._grid.volume.shape[1] + 1 + col
        _, group, count = np.unique(node, return_inverse=True, return_counts=True)
        probe = Probe(node, place, tables.bed[index], tables.rest[index], count[group])
        if not cells.flags.writeable:
            self._probes = [*self._probes[1 - MOST_PROBES :], (cells, probe)]
        return probe

    def _forget(self) -> None:
        """Note that the water of all nodes has moved: what was looked up holds no more."""
        self._found.now[0] += 1

    def place(self, name: str, structure: BarrierFaces | CulvertBarrels) -> None:
        """Refuse a structure: the sections of the coarse tier are made once, from the terrain.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            f"Structure '{name}'",
            got=f"a surface on cells of {self._rule.node_size_m:g} m",
            expected=f"the terrain's own cells of {self.cell_size_m:g} m",
            remedy="Leave out numerics.cell, or put the structure into the terrain",
        )

    def remove(self, name: str) -> None:
        """Refuse to remove what cannot be there."""
        raise InputError(f"Structure '{name}'", got="none of this name", expected="one that was placed")

    def shut_culvert(self, name: str, *, shut: bool) -> None:
        """Refuse to shut what cannot be there."""
        self.remove(name)

    # -- checkpoints -----------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all that a solver of the same city and factor needs to go on bit for bit."""
        progress, rain = self._progress, self._rain
        counts = [progress.deepest, progress.steps, progress.left_units, self._initial_units]
        counts += [self._in_units, self._out_units, self._rain_units]
        return {
            **{name: array.copy() for name, array in self._arrays().items()},
            **self._high_water.state(),
            **self._maps.state(),
            **self._published.state(),
            "rain_zone": self._zones.copy(),
            "rain_rate": rain.rate.copy(),
            "rain_pending": rain.pending.copy(),
            "rain_laid": rain.laid.copy(),
            "times": np.array([progress.time_s, progress.next_record_s]),
            "counts": np.array(counts, dtype=np.int64),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a state of a solver that was made with the same arguments."""
        for name, array in self._arrays().items():
            if name not in state or state[name].shape != array.shape:
                got = f"shape {state[name].shape}" if name in state else "none"
                raise InputError(f"Coarse surface state '{name}'", got=got, expected=f"shape {array.shape}")
            array[...] = state[name]
        self._set_zones(state["rain_zone"])
        self._given[:] = state["given"]
        self._high_water.restore(state)
        self._maps.restore(state)
        self._published.restore(state)
        self._rain.rate[:] = state["rain_rate"]
        self._rain.pending[:] = state["rain_pending"]
        self._rain.laid[:] = state["rain_laid"]
        time_s, next_record_s = map(float, state["times"])
        deepest, steps, left, *units = map(int, state["counts"])
        self._initial_units, self._in_units, self._out_units, self._rain_units = units
        self._progress = Progress(time_s, deepest, next_record_s, steps, left)
        self._forget()

    def _arrays(self) -> dict[str, NDArray[Any]]:
        grid, peak = self._grid, self._peak
        return {
            "volume": grid.volume,
            "level": grid.level,
            "qx": grid.qx,
            "qy": grid.qy,
            "given": self._given,
            "peak_volume": peak.volume,
            "peak_time": peak.time_s,
            "peak_lean": peak.lean,
        }

    # -- results ---------------------------------------------------------------------------------

    @property
    def water_depth(self) -> DepthGrid:
        """Depth on the fine grid, shape (rows, cols), m; its sum is the volume of the nodes."""
        return self._maps.spread_depth(self._maps.water())

    def publish_depth(self) -> DepthGrid:
        """Return the depths for others to see, settled on the fine grid, see `twin.surface.subgrid.maps`."""
        depth = self._maps.settled_depth()
        self._published.note(depth, self.time_s)
        return depth

    def publish_depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return `publish_depth` of some cells, given by flat index, m."""
        index = checks.check_cells(cells, self._open.size)
        depth = self._maps.settled_depth().ravel()[index].astype(np.float64)
        self._published.note_at(index, depth, self.time_s)
        return depth

    @property
    def max_depth(self) -> DepthGrid:
        """Largest depth of the fine cells, shape (rows, cols), m.

        The greatest of three: the depth when their node held most water, settled; the largest depth of the
        minutes before the water of the city was highest, run again on the fine grid; and what has been
        published.
        """
        return self._largest()[0]

    @property
    def time_of_max_s(self) -> DepthGrid:
        """Time of the largest depth, shape (rows, cols), s; NaN where it never was above 1 mm."""
        return self._largest()[1]

    def _largest(self) -> tuple[DepthGrid, DepthGrid]:
        """Return the largest depths, m, and their times, s; copies."""
        nodes_of = self._maps.nodes_of
        peak = NodeWater(nodes_of(self._peak.volume).flatten(), nodes_of(self._peak.lean).flatten())
        depth = self._maps.largest_depth(peak, self._high_water.rise, self.steps)
        time_s = self._maps.on_cells(nodes_of(self._peak.time_s))
        time_s = np.where(depth > 0.0, time_s, np.float32(np.nan))
        depth, time_s = self._published.raised(depth, time_s)
        return depth.copy(), time_s

    def velocity(self) -> tuple[DepthGrid, DepthGrid]:
        """Velocity to the east and to the north, shape (rows, cols), m/s; 0 where dry.

        Mean discharge through the two sides of the node over its mean cross-section, the same for all its
        wet cells.
        """
        rows, cols = self._rule.rows, self._rule.cols
        qx = self._grid.qx[1 : 1 + rows, 1 : 2 + cols]
        qy = self._grid.qy[1 : 2 + rows, 1 : 1 + cols]
        area = np.maximum(self._volume * (self.unit_m3 / self._rule.node_size_m), 1e-9)
        wet = self._maps.settled_depth() > 0.0
        east = 0.5 * (qx[:, 1:] + qx[:, :-1]) / area
        north = -0.5 * (qy[1:] + qy[:-1]) / area
        zero = np.float32(0.0)
        return (
            np.where(wet, self._maps.on_cells(east.astype(np.float32)), zero),
            np.where(wet, self._maps.on_cells(north.astype(np.float32)), zero),
        )

    def velocity_of(self, cells: NDArray[np.int64]) -> tuple[DepthGrid, DepthGrid]:
        """Return `velocity` of some cells, given by flat index, m/s."""
        index = checks.check_cells(cells, self._open.size)
        east, north = self.velocity()
        return east.ravel()[index], north.ravel()[index]

    def flood_fields(self, cells: NDArray[np.int64] | None = None) -> dict[str, NDArray[Any]]:
        """Return ``max_depth`` (m) and ``time_of_max_s`` (s); nothing else is recorded on coarse nodes."""
        fields = dict(zip(("max_depth", "time_of_max_s"), self._largest(), strict=True))
        return fields if cells is None else {name: field.ravel()[cells] for name, field in fields.items()}

    @property
    def unit_m3(self) -> float:
        """Volume of one depth unit in one fine cell, m³."""
        return UNIT_M * self.cell_size_m**2

    def _stored_units(self) -> int:
        return int(self._volume.sum())

    def volume_m3(self) -> float:
        """Water on the grid, m³."""
        return self._stored_units() * self.unit_m3

    @property
    def account(self) -> SurfaceAccount:
        """Where the water came from and went."""
        unit = self.unit_m3
        stored, rained, left = self._stored_units(), self._rained_units(), self._progress.left_units
        known = self._initial_units + rained + self._in_units - self._out_units - left
        return SurfaceAccount(
            initial_m3=self._initial_units * unit,
            rain_m3=rained * unit,
            inflow_m3=0.0,
            exchanged_in_m3=self._in_units * unit,
            exchanged_out_m3=self._out_units * unit,
            edge_inflow_m3=0.0,
            edge_outflow_m3=left * unit,
            stored_m3=stored * unit,
            error_units=stored - known,
            unit_m3=unit,
        )


def _free_edges(edges: Edges | Literal["closed", "open"], cell_size_m: float) -> Edges:
    """Return the openings of the domain; refuse what the coarse tier does not know."""
    openings = edges_from(edges)
    if openings.levels or openings.inflows:
        raise InputError(
            "Edges of the coarse surface",
            got="a given level or an inflow hydrograph",
            expected="closed sides and outflow",
            remedy=f"Compute on the terrain's own cells of {cell_size_m:g} m: leave out numerics.cell",
        )
    return openings
