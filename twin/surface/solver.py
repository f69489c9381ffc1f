"""The surface water solver: one object that owns the water on the ground."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numba
import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError, UnstableStepError
from twin.surface import checks
from twin.surface.account import SurfaceAccount
from twin.surface.advective import AdvectiveFlow
from twin.surface.barriers import BarrierFaces
from twin.surface.constants import (
    FREE_WAVES,
    GRAVITY_M_S2,
    MAX_DEPTH_M,
    UNIT_M,
    UNITS_PER_M,
    WEIGHT_DTYPE,
    ZONE_DTYPE,
)
from twin.surface.culverts import CulvertBarrels
from twin.surface.edges import Edges, edges_from
from twin.surface.entries import Remembered, entry_of
from twin.surface.kernel_bands import Site, new_present, workers
from twin.surface.kernel_exchange import move_units, read_depths
from twin.surface.kernel_faces import FRICTION_SCALE
from twin.surface.kernel_sides import sides
from twin.surface.kernel_steps import STEADY, UNSTABLE, Progress, Rain, Rule, advance
from twin.surface.kernel_team import new_counters
from twin.surface.lending import Lent
from twin.surface.openings import Ground, make_openings, openings_state, restore_openings
from twin.surface.probing import cell_velocity, velocity_at
from twin.surface.published import Published, without_films
from twin.surface.record import FloodRecord
from twin.surface.settings import SurfaceSettings, available_threads
from twin.surface.standing import Standing
from twin.surface.state import embed, inner, make_grid, make_scratch, make_tiles
from twin.surface.team import LEADER, lead_helpers

DepthGrid = NDArray[np.float32]
MAX_THREADS = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
"""Threads that Numba has started with; the number in use may not exceed it."""
BANDS_PER_THREAD = 2
"""Bands of rows for each thread of several: who is done first takes another."""
LENT = 4
"""Bundles of arrays among the arguments of the loop over steps: site, openings, conduits and rain."""
WORTH_HELPERS = 1 << 15
"""Active cells from which on helpers are called in; to start one takes about as long as a step of so many."""


def _kernels(task: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Return the loop over steps, and what it is given besides numbers: kernels and the arrays of a task."""
    arrays, rest = task[:LENT], task[LENT:]
    site, openings, conduits, rain = (Lent(bundle) for bundle in arrays)
    special = bool(arrays[0].record.rates) or arrays[0].present.least_wave[0] < FREE_WAVES
    given = (
        *(workers(site, special=special), sides(site, openings, conduits)),
        *(site, openings, conduits, rain),
    )
    return entry_of(advance, (LEADER, *given, *rest)), given


class SurfaceSolver:
    """Shallow water on a regular grid, exact in volume.

    The equations are those of local inertia or, with `SurfaceSettings.scheme`, the full ones with momentum
    advection (`twin.surface.advective`).

    Depth is an integer count of 2⁻²⁴ m, and every volume that moves, rain, exchange and edges included,
    is a whole number of these units: `account` closes to the last one. The result does not depend on
    the number of threads, nor on whether dry tiles are skipped.

    Parameters
    ----------
    bed_elevation
        Shape (rows, cols), m; NaN outside the domain, where no water goes. Row 0 is in the north.
        Relief below 4096 m; rounded to 24 bits of it (2⁻¹⁸ m for a relief of 64 m).
    cell_size_m
        Edge of a square cell, m.
    manning_n
        Manning's n, one value or shape (rows, cols), s/m^(1/3).
    walls
        Cells that water cannot enter, shape (rows, cols).
    edges
        ``"closed"``, ``"open"`` (also towards NaN cells), or which sides are open, where levels are
        given, and inflows.
    settings
        Numerical settings.
    rain_weight
        Share of the rain that lands in each cell, shape (rows, cols), 0 to 1023; 1 where omitted.
        Rounded to 1/64. Walls and cells outside get none: give their neighbours more, see
        `twin.surface.grid.rain_weights`.

    Attributes
    ----------
    record
        What the flood has done to each cell so far.

    Raises
    ------
    InputError
        If shapes differ or a value is out of range.

    Source: de Almeida et al. (2012); fixed-point depths are this project's.
    """

    def __init__(
        self,
        bed_elevation: NDArray[np.floating[Any]],
        cell_size_m: float,
        *,
        manning_n: float | NDArray[np.floating[Any]] = 0.03,
        walls: NDArray[np.bool_] | None = None,
        edges: Edges | Literal["closed", "open"] = "closed",
        settings: SurfaceSettings | None = None,
        rain_weight: NDArray[np.floating[Any]] | None = None,
    ) -> None:
        settings = settings or SurfaceSettings()
        true_bed_m, self._datum_m, open_cells, outside = checks.check_bed(bed_elevation, walls, cell_size_m)
        bed_m = checks.rounded_bed(true_bed_m)
        self._bed_error_m = (true_bed_m - bed_m).astype(np.float32)
        roughness = checks.check_roughness(manning_n, open_cells)
        friction = GRAVITY_M_S2 * roughness**2 * FRICTION_SCALE
        rows, cols = bed_m.shape
        self.shape = (rows, cols)
        self.cell_size_m = float(cell_size_m)
        self.settings = settings
        self._threads = min(settings.threads or available_threads(), MAX_THREADS)
        self._open = open_cells
        if friction.ndim:
            friction = np.where(open_cells, friction, 0.0)
        self._standing = Standing(self.shape, self._datum_m)
        self._grid = make_grid(bed_m, open_cells, friction)
        self._advective = AdvectiveFlow(self.shape, self._threads) if settings.scheme == "advective" else None
        bands = self._threads if self._advective or self._threads == 1 else BANDS_PER_THREAD * self._threads
        self._strips, self._scratch = make_scratch(self.shape, bands)
        self._tiles = make_tiles(self.shape, bands)
        wave_depth = settings.wave_depth_units
        self._present, self._counters = new_present(wave_depth), new_counters()
        self._kernels = Remembered(_kernels)
        n = np.broadcast_to(roughness, self.shape)
        self._edges = edges_from(edges)
        ground = Ground(bed_m, self._datum_m, open_cells, outside, n, self.cell_size_m)
        self._openings = make_openings(ground, self._edges)
        self._rule = Rule(
            self.cell_size_m,
            settings.courant_number,
            settings.max_step_s,
            settings.tiled,
            settings.record_interval_s,
            rows,
            cols,
        )
        start = (0.0, 0, True, settings.record_interval_s, 0, 0, 0, STEADY, rows * cols, 0)
        self._progress = Progress(*start, wave_depth)
        self.record = FloodRecord(self.shape, settings.record_interval_s, settings.flood_limits)
        self._published = Published(self.shape)
        self._initial_units = self._in_units = self._out_units = self._rain_units = 0
        self._set_weights(rain_weight)
        self._set_zones(np.zeros(self.shape, np.int64))

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
        """Cells updated, summed over the steps."""
        return self._progress.cell_steps

    def advance_to(self, time_s: float) -> None:
        """Advance the water to ``time_s``; the steps end exactly there.

        Raises
        ------
        InputError
            If the time lies in the past or is not a number, or a level or an inflow has no value until
            then.
        UnstableStepError
            If a depth leaves the range of 0 to 60 m.
        """
        if not self.time_s <= time_s < np.inf:
            raise InputError("Time to advance to", got=f"{time_s} s", expected=f"{self.time_s} s or later")
        self._edges.check_covers(0.0, time_s)
        if self._advective:
            numba.set_num_threads(self._threads)
            task = (self._openings, self._standing.arrays(), self._rain, self._rule, self._progress)
            self._progress = self._advective.advance(
                self._grid, self._tiles, *task, float(time_s), self.record.arrays
            )
        else:
            self._progress = self._advance_inertial(float(time_s))
        if self._progress.status == UNSTABLE:
            depth = inner(self._grid.depth, self.shape).view(np.uint32)
            row, col = np.unravel_index(int(depth.argmax()), self.shape)
            raise UnstableStepError(
                f"Water depth at row {row}, col {col} at {self.time_s:.3f} s",
                got=f"{depth.view(np.int32)[row, col] * UNIT_M:g} m",
                expected=f"0 to {MAX_DEPTH_M:g} m",
                remedy="Look for a pit without bottom in the terrain, or lower the Courant number",
            )

    def _advance_inertial(self, end_s: float) -> Progress:
        """Advance the water with the inertial scheme, with helpers where there is enough to do for them."""
        standing, progress = self._standing.arrays(), self._progress
        site = Site(
            *(self._grid, self._strips, self._scratch, self._tiles, standing.crests, self.record.arrays),
            *(self._rain.quanta, *self.shape, self._present, self._counters),
        )
        cells = self._open.size if self._rain.rate.any() else progress.cells
        helpers = self._threads - 1 if cells >= WORTH_HELPERS else 0
        task = (site, self._openings, standing.conduits, self._rain, self._rule, progress, end_s)
        entry, given = self._kernels.of(task)
        result: Progress = lead_helpers(entry, helpers, (*given, *task[LENT:]), self._counters)
        return result

    # -- rain ------------------------------------------------------------------------------------

    def set_rain(
        self, rate_m_s: float | NDArray[np.floating[Any]], zones: NDArray[np.integer[Any]] | None = None
    ) -> None:
        """Set the rain from now on.

        Parameters
        ----------
        rate_m_s
            Intensity, m/s, >= 0: one value, or one for each zone.
        zones
            Zone of each cell, shape (rows, cols), 0 to the number of rates - 1. Remembered until other
            zones are given; before that, all cells are zone 0. Rain that is pending when zones change
            is dropped.
        """
        rates = checks.check_rain(rate_m_s)
        if zones is not None:
            self._set_zones(np.asarray(zones))
        self._rain.rate[:] = checks.rates_by_zone(rates, self._rain.rate.size)

    def _set_weights(self, rain_weight: NDArray[np.floating[Any]] | None) -> None:
        self._weight = checks.rain_weight_units(rain_weight, self._open)
        uniform = (self._weight == self._weight.flat[0]).all()
        values = int(self._weight.flat[0]) if uniform else self._weight
        self._grid = self._grid._replace(rain_weight=embed(values, self.shape, WEIGHT_DTYPE))

    def _set_zones(self, zones: NDArray[np.integer[Any]]) -> None:
        checks.check_grid("Rain zone", zones, self.shape, 0, np.iinfo(ZONE_DTYPE).max)
        if hasattr(self, "_rain"):
            self._rain_units = self._rained_units()
        self._zones = zones.astype(ZONE_DTYPE)
        flat = zones.astype(np.int64).ravel()
        self._zone_weights = np.bincount(flat, self._weight.ravel()).astype(np.int64)
        count = self._zone_weights.size
        values = zones if count > 1 else 0
        self._grid = self._grid._replace(rain_zone=embed(values, self.shape, ZONE_DTYPE))
        counters = (np.zeros(count, np.int64) for _ in range(2))
        self._rain = Rain(np.zeros(count), np.zeros(count), *counters)

    def _rained_units(self) -> int:
        return self._rain_units + int(self._rain.laid @ self._zone_weights)

    # -- water in cells --------------------------------------------------------------------------

    def set_water_depth(self, water_depth: NDArray[np.floating[Any]]) -> None:
        """Set the depth of all cells, shape (rows, cols), m, and bring the water to rest.

        The volume is entered in the account as initial water. Walls stay dry. Where the bed was rounded
        the depth takes up the difference, so that level water is level.
        """
        depth = checks.check_grid("Water depth", water_depth, self.shape, 0.0, MAX_DEPTH_M)
        kept_level = np.maximum(depth + self._bed_error_m, 0.0)
        units = np.where(self._open & (depth > 0.0), np.rint(kept_level * UNITS_PER_M), 0).astype(np.int32)
        cells = inner(self._grid.depth, self.shape)
        self._initial_units += int(units.sum(dtype=np.int64)) - int(cells.sum(dtype=np.int64))
        cells[...] = units
        self._grid.qx[...] = 0
        self._grid.qy[...] = 0
        if self._advective:
            self._advective.stop()
        self._progress = self._progress._replace(deepest=int(units.max()), recheck=True)

    def exchange(self, cells: NDArray[np.int64], volumes_m3: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add water to cells, or take it from them.

        Parameters
        ----------
        cells
            Flat indices, row * cols + col; a cell may appear more than once.
        volumes_m3
            Positive adds, negative takes.

        Returns
        -------
        The volumes really moved, m³: whole units, never more than a cell holds, and nothing for walls.
        """
        wanted = np.asarray(volumes_m3, dtype=np.float64) / self.unit_m3
        if not np.isfinite(wanted).all():
            raise InputError("Volumes to exchange", got="a value that is not finite", expected="m³")
        units = np.clip(np.trunc(wanted), -(2.0**31), 2.0**31).astype(np.int64)
        return self.exchange_units(cells, units).astype(np.float64) * self.unit_m3

    def exchange_units(self, cells: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add water to cells, or take it from them, in whole depth units.

        Parameters
        ----------
        cells
            Flat indices, row * cols + col; a cell may appear more than once.
        units
            Positive adds, negative takes.

        Returns
        -------
        The units really moved: never more than a cell holds, and none for walls.
        """
        index = checks.check_cells(cells, self._open.size)
        if units.shape != index.shape:
            raise InputError(
                "Volumes to exchange", got=f"shape {units.shape}", expected=f"{index.size}, one per cell"
            )
        moved = np.empty(index.size, np.int64)
        added, taken, deepest, woke = move_units(
            self._grid, self._open.ravel().view(np.uint8), self.shape[1], index, units, moved
        )
        self._in_units += added
        self._out_units += taken
        progress = self._progress
        self._progress = progress._replace(
            deepest=max(progress.deepest, deepest), recheck=progress.recheck or woke
        )
        return moved

    def withdraw(self, take: Callable[[NDArray[np.int32]], int]) -> float:
        """Let something take water from many cells at once, such as the ground.

        Parameters
        ----------
        take
            Is given the depths in units, padded as `twin.surface.state` says, lowers some of them, none
            below 0, and returns how many units it took in all. It may use the solver's threads.

        Returns
        -------
        The volume taken, m³; the account holds it as exchanged out.
        """
        numba.set_num_threads(self._threads)
        taken = take(self._grid.depth)
        self._out_units += taken
        return taken * self.unit_m3

    def depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the depth of some cells, given by flat index, m."""
        index = checks.check_cells(cells, self._open.size)
        out = np.empty(index.size)
        read_depths(self._grid.depth, self.shape[1], index, out)
        return out

    def available_units(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the whole units that may be taken from each of some distinct cells: all it holds."""
        return np.rint(self.depth_of(cells) * UNITS_PER_M).astype(np.int64)

    def velocity_of(self, cells: NDArray[np.int64]) -> tuple[DepthGrid, DepthGrid]:
        """Return the velocity of some cells to the east and to the north, as `velocity` does, m/s."""
        index = checks.check_cells(cells, self._open.size)
        if self._advective:
            east, north = self._advective.velocity(self._grid)
            return east.ravel()[index], north.ravel()[index]
        return velocity_at(self._grid, self.shape[1], index)

    # -- structures ------------------------------------------------------------------------------

    def place(self, name: str, structure: BarrierFaces | CulvertBarrels) -> None:
        """Put up a barrier or a culvert from now on; no water moves by that.

        Raises
        ------
        InputError
            If one of that name stands already.
        """
        self._standing.place(name, structure)

    def remove(self, name: str) -> None:
        """Take a barrier or a culvert away; water in motion goes on from its present discharge.

        Raises
        ------
        InputError
            If none of that name stands.
        """
        self._standing.remove(name)

    def shut_culvert(self, name: str, *, shut: bool) -> None:
        """Shut the gate of a culvert, or open it."""
        self._standing.shut(name, shut=shut)

    def culvert_discharge(self, name: str) -> float:
        """Return the present discharge of a culvert, positive from its first end to its second, m³/s."""
        return self._standing.discharge(name)

    # -- checkpoints -----------------------------------------------------------------------------

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all that a solver of the same city needs to go on bit for bit, as plain arrays."""
        progress, rain = self._progress, self._rain
        counts = [
            progress.deepest,
            progress.steps,
            progress.cell_steps,
            progress.left_units,
            self._initial_units,
            self._in_units,
            self._out_units,
            self._rain_units,
        ]
        grids = {name: inner(array, self.shape).copy() for name, array in self._grids().items()}
        return {
            **grids,
            **openings_state(self._openings),
            **self.record.state(),
            **self._published.state(),
            "rain_zone": self._zones.copy(),
            "rain_rate": rain.rate.copy(),
            "rain_pending": rain.pending.copy(),
            "rain_laid": rain.laid.copy(),
            "times": np.array([progress.time_s, progress.next_record_s]),
            "wave_depth": np.array([progress.wave_depth]),
            "counts": np.array(counts, dtype=np.int64),
            **self._standing.state(),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a state of a solver that was made with the same arguments."""
        for name, array in self._grids().items():
            if name not in state:
                raise InputError(
                    "Surface state",
                    got=f"no '{name}'",
                    expected=f"a state of a solver with the {self.settings.scheme} scheme",
                )
            if state[name].shape != self.shape:
                raise InputError(
                    f"Surface state '{name}'",
                    got=f"shape {state[name].shape}",
                    expected=f"shape {self.shape}",
                )
            inner(array, self.shape)[...] = state[name]
        self._standing.restore(state)
        restore_openings(self._openings, self._grid.qx, self._grid.qy, state)
        self.record.restore(state)
        self._published.restore(state)
        self._set_zones(state["rain_zone"])
        self._rain.rate[:] = state["rain_rate"]
        self._rain.pending[:] = state["rain_pending"]
        self._rain.laid[:] = state["rain_laid"]
        time_s, next_record_s = map(float, state["times"])
        deepest, steps, cell_steps, left, *units = map(int, state["counts"])
        self._initial_units, self._in_units, self._out_units, self._rain_units = units
        moved = (steps, cell_steps, left)
        self._progress = Progress(
            *(time_s, deepest, True, next_record_s, *moved, STEADY, self._open.size, steps),
            float(state["wave_depth"][0]),
        )

    def _grids(self) -> dict[str, NDArray[Any]]:
        moving = self._advective.grids() if self._advective else {}
        return {
            **moving,
            "depth": self._grid.depth,
            "qx": self._grid.qx,
            "qy": self._grid.qy,
        }

    # -- results ---------------------------------------------------------------------------------

    @property
    def water_depth(self) -> DepthGrid:
        """Depth, shape (rows, cols), m; a copy."""
        return inner(self._grid.depth, self.shape) * np.float32(UNIT_M)

    def publish_depth(self) -> DepthGrid:
        """Return `water_depth` for others to see, without films: `max_depth` will never fall short of it."""
        depth = without_films(self.water_depth)
        self._published.note(depth, self.time_s)
        return depth

    def publish_depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return `publish_depth` of some cells, given by flat index, m."""
        index = checks.check_cells(cells, self._open.size)
        depth = without_films(self.depth_of(index))
        self._published.note_at(index, depth, self.time_s)
        return depth

    @property
    def max_depth(self) -> DepthGrid:
        """Largest depth so far, shape (rows, cols), m; a copy.

        It is looked at after the first step that reaches each multiple of `record_interval_s`, and whenever
        it is published; depths up to the dry depth (1 mm) count as 0.
        """
        return self._largest()[0]

    @property
    def time_of_max_s(self) -> DepthGrid:
        """Time of the largest depth, shape (rows, cols), s; NaN where it never was above 1 mm."""
        return self._largest()[1]

    def _largest(self) -> tuple[DepthGrid, DepthGrid]:
        return self._published.raised(self.record.max_depth, self.record.time_of_max_s)

    def flood_fields(self, cells: NDArray[np.int64] | None = None) -> dict[str, NDArray[Any]]:
        """Return what has been recorded by name, of all cells or of some, see `FloodRecord.fields`."""
        fields = self.record.fields(cells)
        raised = self._published.raised(fields["max_depth"], fields["time_of_max_s"], cells)
        return fields | dict(zip(("max_depth", "time_of_max_s"), raised, strict=True))

    def velocity(self) -> tuple[DepthGrid, DepthGrid]:
        """Velocity at cell centres to the east and to the north, shape (rows, cols), m/s; 0 where dry.

        Inertial scheme: mean discharge of the two faces over the depth of the cell.
        """
        if self._advective:
            return self._advective.velocity(self._grid)
        return cell_velocity(self._grid, self.shape)

    @property
    def unit_discharge(self) -> tuple[DepthGrid, DepthGrid]:
        """Discharge of the west faces (positive east) and north faces (positive south), m²/s; copies."""
        return inner(self._grid.qx, self.shape).copy(), inner(self._grid.qy, self.shape).copy()

    @property
    def unit_m3(self) -> float:
        """Volume of one depth unit in one cell, m³."""
        return UNIT_M * self.cell_size_m**2

    def _stored_units(self) -> int:
        return int(inner(self._grid.depth, self.shape).sum(dtype=np.int64))

    def volume_m3(self) -> float:
        """Water on the grid, m³."""
        return self._stored_units() * self.unit_m3

    @property
    def account(self) -> SurfaceAccount:
        """Where the water came from and went."""
        unit = self.unit_m3
        stored, rained, left = self._stored_units(), self._rained_units(), self._progress.left_units
        entered, poured = int(self._openings.entered[0]), int(self._openings.inflows.given.sum())
        gained = self._initial_units + rained + self._in_units + entered + poured
        return SurfaceAccount(
            initial_m3=self._initial_units * unit,
            rain_m3=rained * unit,
            exchanged_in_m3=self._in_units * unit,
            exchanged_out_m3=self._out_units * unit,
            inflow_m3=poured * unit,
            edge_inflow_m3=entered * unit,
            edge_outflow_m3=left * unit,
            stored_m3=stored * unit,
            error_units=stored - (gained - self._out_units - left),
            unit_m3=unit,
        )
