"""From edges to the tables that the kernels of the openings read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from cim_models.timeseries import TimeSeries
from twin.surface.constants import GRAVITY_M_S2, LANES, MAX_DEPTH_M, ROWS_BEFORE, UNIT_M, UNITS_PER_M
from twin.surface.edges import Edges, Faces, Inflow, LevelEdge, OutflowEdge, outer_faces
from twin.surface.kernel_edges import CRITICAL, Border, Outlets
from twin.surface.kernel_inflows import InflowCells
from twin.surface.kernel_levels import LevelFaces
from twin.surface.kernel_openings import Openings

_SHARE_ERROR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What the openings must know of the ground, all of shape (rows, cols).

    Parameters
    ----------
    bed_m
        Bed above the datum, m.
    datum_m
        The datum, m above the vertical datum of levels.
    open_cells, outside
        Cells that hold water, and cells without an elevation.
    manning_n
        Roughness, s/m^(1/3).
    cell_size_m
        Edge of a cell, m.
    """

    bed_m: NDArray[np.float64]
    datum_m: float
    open_cells: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    manning_n: NDArray[np.float64]
    cell_size_m: float


def make_openings(ground: Ground, edges: Edges) -> Openings:
    """Return the tables for all openings.

    Raises
    ------
    InputError
        If a face is no outer one, a level floods a cell beyond 60 m, or an inflow has a wrong share.
    """
    faces, rule = _assign(ground, edges)
    count = len(edges.outflows)
    slopes = np.zeros(1 + count + len(edges.levels))
    slopes[1 : 1 + count] = [edge.slope or 0.0 for edge in edges.outflows]
    slope = slopes[rule]
    free, sloped = (rule <= count) & (slope == 0.0), slope > 0.0
    return Openings(
        outlets=_outlets(ground, faces.chosen(free), faces.chosen(sloped), slope[sloped]),
        levels=_levels(ground, faces.chosen(rule > count), rule[rule > count] - count - 1, edges.levels),
        inflows=_inflows(ground, edges.inflows),
        entered=np.zeros(1, np.int64),
    )


def openings_state(openings: Openings) -> dict[str, NDArray[Any]]:
    """Return copies of what changes in time."""
    return {
        "outlet_discharge": openings.outlets.border.discharge.copy(),
        "level_discharge": openings.levels.border.discharge.copy(),
        "inflow_given": openings.inflows.given.copy(),
        "edge_entered": openings.entered.copy(),
    }


def restore_openings(openings: Openings, qx: Any, qy: Any, state: Mapping[str, NDArray[Any]]) -> None:
    """Take over what `openings_state` returned, also into the discharges of the grid."""
    openings.inflows.given[:] = state["inflow_given"]
    openings.entered[:] = state["edge_entered"]
    for name, border in (("outlet", openings.outlets.border), ("level", openings.levels.border)):
        border.discharge[:] = state[f"{name}_discharge"]
        for field, mine in ((qx, border.along_x == 1), (qy, border.along_x == 0)):
            field[border.outer_row[mine], border.outer_col[mine]] = (border.inward * border.discharge)[mine]


def _assign(ground: Ground, edges: Edges) -> tuple[Faces, NDArray[np.int64]]:
    """Return the faces that are not closed, and the rule of each: 0 free, then outflows, then levels."""
    cols = ground.bed_m.shape[1]
    free = outer_faces(ground.open_cells, ground.outside, edges)
    parts, rules = [free], [np.zeros(free.row.size, np.int64)]
    known = outer_faces(ground.open_cells, ground.outside).keys(cols)
    special: tuple[OutflowEdge | LevelEdge, ...] = (*edges.outflows, *edges.levels)
    for number, edge in enumerate(special, start=1):
        if edge.faces.row.size == 0 or not np.isin(edge.faces.keys(cols), known).all():
            raise InputError(
                "Faces of an edge with a rule of its own",
                got="none, or a face inside the domain or at a wall",
                expected="faces between open cells and the outside",
            )
        parts.append(edge.faces)
        rules.append(np.full(edge.faces.row.size, number))
    for number, edge in enumerate(edges.outflows):
        if edge.slope is not None and not 0.0 < edge.slope < np.inf:
            raise InputError(f"Slope of outflow edge {number + 1}", got=edge.slope, expected="above 0")
    faces = Faces(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "col", "side"))
    )
    keys, rule = faces.keys(cols), np.concatenate(rules)
    _, last = np.unique(keys[::-1], return_index=True)
    kept = np.sort(keys.size - 1 - last)
    return Faces(faces.row[kept], faces.col[kept], faces.side[kept]), rule[kept]


def _outlets(ground: Ground, free: Faces, sloped: Faces, slopes: NDArray[np.float64]) -> Outlets:
    rows, cols = ground.bed_m.shape
    up_row, up_col = free.neighbours(-1)
    inside = (up_row >= 0) & (up_row < rows) & (up_col >= 0) & (up_col < cols)
    up_row, up_col = np.clip(up_row, 0, rows - 1), np.clip(up_col, 0, cols - 1)
    inside &= ground.open_cells[up_row, up_col]
    fall = (ground.bed_m[up_row, up_col] - ground.bed_m[free.row, free.col]) / ground.cell_size_m
    slope = np.concatenate([np.where(inside, np.maximum(fall, 0.0), 0.0), slopes])
    row, col = np.concatenate([free.row, sloped.row]), np.concatenate([free.col, sloped.col])
    critical = np.repeat(np.array([CRITICAL, 0.0], np.float32), [free.row.size, sloped.row.size])
    conveyance = (np.sqrt(slope) / ground.manning_n[row, col]).astype(np.float32)
    faces = Faces(row, col, np.concatenate([free.side, sloped.side]))
    return Outlets(_border(faces), conveyance, critical)


def _border(faces: Faces) -> Border:
    row, col = faces.row + ROWS_BEFORE, faces.col + LANES
    north, east, south, west = (faces.side == side for side in range(4))
    return Border(
        row=row,
        col=col,
        along_x=(east | west).astype(np.uint8),
        outer_row=row + south,
        outer_col=col + east,
        inward=np.where(west | north, 1.0, -1.0),
        discharge=np.zeros(row.size),
    )


def _levels(
    ground: Ground, faces: Faces, series: NDArray[np.int64], edges: Sequence[LevelEdge]
) -> LevelFaces:
    border = _border(faces)
    bed = np.rint(ground.bed_m[faces.row, faces.col] * UNITS_PER_M)
    first, knots_s, knots_m = _tables([edge.level_m for edge in edges])
    knots = np.rint((knots_m - ground.datum_m) * UNITS_PER_M)
    for number in range(len(edges)):
        top = knots_m[first[number] : first[number + 1]].max()
        bottom = bed[series == number].min(initial=np.inf) * UNIT_M + ground.datum_m
        if top - bottom > MAX_DEPTH_M:
            raise InputError(
                f"Level, {edges[number].level_m.name}",
                got=f"{top:g} m over a bed of {bottom:g} m",
                expected=f"at most {MAX_DEPTH_M:g} m above the bed",
            )
    return LevelFaces(
        border=border,
        bed=bed,
        friction=GRAVITY_M_S2 * ground.manning_n[faces.row, faces.col] ** 2,
        inner_row=border.row + (faces.side == 0),
        inner_col=border.col + (faces.side == 3),
        series=series,
        level=np.zeros(len(edges)),
        first=first,
        knots_s=knots_s,
        knots=knots,
    )


def _inflows(ground: Ground, inflows: Sequence[Inflow]) -> InflowCells:
    cols = ground.bed_m.shape[1]
    for inflow in inflows:
        _check_inflow(inflow, ground)
    cells = np.concatenate([np.zeros(0, np.int64), *(inflow.cells for inflow in inflows)])
    shares = [np.cumsum(inflow.shares) / inflow.shares.sum() for inflow in inflows]
    for share in shares:
        share[-1] = 1.0
    first_knot, knots_s, rates = _tables([inflow.inflow_m3_s for inflow in inflows])
    volumes = np.zeros(knots_s.size)
    for number in range(len(inflows)):
        own = slice(first_knot[number], first_knot[number + 1])
        trapezia = 0.5 * (rates[own][1:] + rates[own][:-1]) * np.diff(knots_s[own])
        volumes[own] = np.concatenate([[0.0], np.cumsum(trapezia)])
    return InflowCells(
        row=cells // cols + ROWS_BEFORE,
        col=cells % cols + LANES,
        first=np.cumsum([0, *(inflow.cells.size for inflow in inflows)]),
        share_to=np.concatenate([np.zeros(0), *shares]),
        largest_share=np.array([inflow.shares.max() for inflow in inflows], dtype=np.float64),
        first_knot=first_knot,
        knots_s=knots_s,
        knots_m3_s=rates,
        knots_m3=volumes,
        given=np.zeros(len(inflows), np.int64),
    )


def _check_inflow(inflow: Inflow, ground: Ground) -> None:
    what = f"Inflow, {inflow.inflow_m3_s.name}"
    inside = (inflow.cells >= 0) & (inflow.cells < ground.open_cells.size)
    if inflow.cells.size == 0 or not inside.all() or not ground.open_cells.ravel()[inflow.cells].all():
        raise InputError(what, got="no cell, or one that is a wall or outside", expected="open cells")
    shares = inflow.shares
    if (
        shares.shape != inflow.cells.shape
        or not (shares >= 0.0).all()
        or abs(shares.sum() - 1.0) > _SHARE_ERROR
    ):
        raise InputError(f"{what}, shares", got=f"a sum of {shares.sum():g}", expected=">= 0 each, 1 in all")
    lowest = inflow.inflow_m3_s.values.min()
    if lowest < 0.0:
        raise InputError(what, got=f"{lowest:g} m3/s", expected=">= 0 m3/s")


def _tables(
    series: Sequence[TimeSeries],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return where each series begins, and all knots from time 0 on, one after the other."""
    times, values = [np.zeros(0)], [np.zeros(0)]
    for one in series:
        one_times, one_values = one.knots()
        later = one_times > 0.0
        times.append(np.concatenate([[0.0], one_times[later]]))
        values.append(np.concatenate([[np.interp(0.0, one_times, one_values)], one_values[later]]))
    first = np.cumsum([0, *(part.size for part in times[1:])])
    return first.astype(np.int64), np.concatenate(times), np.concatenate(values)
