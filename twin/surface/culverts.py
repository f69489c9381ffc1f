"""From a culvert on the map to barrels between cells, with their ratings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cim_models.catalogues import load_catalogue
from cim_models.city import Terrain
from cim_models.errors import InputError, coordinates
from cim_models.structures import Culvert
from twin.surface.constants import GRAVITY_M_S2, LANES, ROWS_BEFORE
from twin.surface.kernel_conduits import Conduits

HEADWATERS = 512
_TOP_HEAD = 10.0
"""Headwater up to which the rating is tabulated, in heights; above, the discharge goes with its root."""
_SI = 1.811
_UNSUBMERGED, _SUBMERGED = 3.5, 4.0

BARREL = np.dtype(
    [
        ("cell", np.int64, 2),
        ("invert_m", np.float64, 2),
        ("width_m", np.float64),
        ("height_m", np.float64),
        ("is_round", np.uint8),
        ("length_m", np.float64),
        ("entrance", np.float64),
        ("friction", np.float64),
        ("share", np.float64),
        ("head_step_m", np.float64),
        ("discharge", np.float64, HEADWATERS),
        ("outlet_depth", np.float64, HEADWATERS),
        ("shut", np.uint8),
        ("flow", np.float64),
    ]
)
"""One barrel; the names are those of `Conduits`, cells are flat indices and levels above the datum."""


@dataclass(frozen=True, slots=True)
class CulvertBarrels:
    """A culvert on the grid: one barrel for each cell of its width, of dtype `BARREL`."""

    barrels: NDArray[Any]


class Rating(NamedTuple):
    """Inlet control: discharge (m³/s) and least depth at the outlet (m) at equidistant headwaters."""

    head_step_m: float
    discharge: NDArray[np.float64]
    outlet_depth: NDArray[np.float64]


def inlet_rating(culvert: Culvert) -> Rating:
    """Tabulate the discharge that the entrance of a culvert lets in.

    Between the unsubmerged and the submerged form the headwater is interpolated linearly. The least depth
    at the outlet is the critical one of that discharge; once the entrance is drowned it is half way
    from there to the crown, as HDS-5 takes it for a barrel that flows full.

    Source: FHWA HDS-5 (2012), equations A.1 and A.3 and section 3.1.4.
    """
    entry = _entrance(culvert)
    height, width = _size(culvert)
    full_area = np.pi / 4.0 * height**2 if culvert.section == "round" else width * height
    scale = full_area * height**0.5 / _SI
    factor = np.linspace(0.0, 24.0, 6001)  # X of the catalogue
    critical_depth, critical_head = _critical(culvert, factor * scale)
    low = critical_head / height + entry["K"] * factor ** entry["M"]
    high = entry["c"] * factor**2 + entry["Y"]
    ends = [float(np.interp(_UNSUBMERGED, factor, low)), entry["c"] * _SUBMERGED**2 + entry["Y"]]
    between = np.interp(factor, [_UNSUBMERGED, _SUBMERGED], ends)
    relative = np.where(factor <= _UNSUBMERGED, low, np.where(factor >= _SUBMERGED, high, between))
    head = np.linspace(0.0, _TOP_HEAD, HEADWATERS) * height
    discharge = np.interp(head, relative * height, factor * scale)
    depth = np.interp(discharge, factor * scale, critical_depth)
    drowned = np.clip((head / height - 1.0) / 0.2, 0.0, 1.0)
    return Rating(float(head[1]), discharge, depth + drowned * 0.5 * (height - depth))


def place_culvert(culvert: Culvert, terrain: Terrain, open_cells: NDArray[np.bool_]) -> CulvertBarrels:
    """Put a culvert on the grid.

    A culvert wider than a cell becomes several barrels side by side, each with its share and its own pair
    of cells; those that would end in a wall fall to the others.

    Parameters
    ----------
    culvert
        What is built.
    terrain, open_cells
        The grid and the cells that hold water, shape (rows, cols).

    Raises
    ------
    InputError
        If an end lies off the terrain or in a wall, or both ends in one cell.
    """
    ends = np.array(culvert.line, dtype=np.float64)
    centre = [_cell(terrain, open_cells, x, y) for x, y in ends]
    if centre[0] == centre[1]:
        raise InputError(
            "Culvert", got="both ends in one cell", expected=f"ends at least {terrain.cell_size_m:g} m apart"
        )
    height, width = _size(culvert)
    across = max(round(width / terrain.cell_size_m), 1)
    along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    aside = np.array([-along[1], along[0]])
    offsets = (np.arange(across) - 0.5 * (across - 1)) * terrain.cell_size_m
    pairs = [[_flat(terrain, open_cells, *(end + offset * aside)) for end in ends] for offset in offsets]
    kept = [(a, b) for a, b in pairs if a is not None and b is not None and a != b]
    kept = kept or [(centre[0], centre[1])]
    rating, entry = inlet_rating(culvert), _entrance(culvert)
    roughness = culvert.manning_n or float(load_catalogue("culverts")["defaults"]["manning_n"])
    length = culvert.length_m or float(np.hypot(*(ends[1] - ends[0])))
    ground = terrain.elevation.ravel()[centre].astype(np.float64)
    barrels = np.zeros(len(kept), BARREL)
    barrels["cell"] = kept
    barrels["invert_m"] = ground if culvert.inverts_m is None else culvert.inverts_m
    barrels["width_m"], barrels["height_m"] = width, height
    barrels["is_round"] = culvert.section == "round"
    barrels["length_m"], barrels["entrance"] = length, entry["loss"]
    barrels["friction"] = 2.0 * GRAVITY_M_S2 * roughness**2 * length
    barrels["share"] = 1.0 / len(kept)
    barrels["head_step_m"] = rating.head_step_m
    barrels["discharge"], barrels["outlet_depth"] = rating.discharge, rating.outlet_depth
    return CulvertBarrels(barrels)


def make_conduits(culverts: Sequence[CulvertBarrels], cols: int, datum_m: float) -> Conduits:
    """Return the barrels for the kernels.

    Parameters
    ----------
    culverts
        What is built, in the order in which water passes.
    cols
        Columns of the grid.
    datum_m
        Level that the kernels' beds start from, m above the vertical datum.
    """
    empty = np.zeros(0, BARREL)
    table = np.concatenate([empty, *(culvert.barrels for culvert in culverts)])
    return Conduits(
        row=table["cell"] // cols + ROWS_BEFORE,
        col=table["cell"] % cols + LANES,
        invert=table["invert_m"] - datum_m,
        width=table["width_m"].copy(),
        height=table["height_m"].copy(),
        is_round=table["is_round"].copy(),
        length=table["length_m"].copy(),
        entrance=table["entrance"].copy(),
        friction=table["friction"].copy(),
        share=table["share"].copy(),
        head_step=table["head_step_m"].copy(),
        discharge=table["discharge"].copy(),
        outlet_depth=table["outlet_depth"].copy(),
        shut=table["shut"].copy(),
        flow=table["flow"].copy(),
    )


def _entrance(culvert: Culvert) -> Any:
    catalogue = load_catalogue("culverts")
    return catalogue["entrances"][culvert.entrance or catalogue["defaults"][culvert.section]]


def _size(culvert: Culvert) -> tuple[float, float]:
    """Return height and width, m."""
    if culvert.diameter_m is not None:
        return culvert.diameter_m, culvert.diameter_m
    assert culvert.height_m is not None
    assert culvert.width_m is not None
    return culvert.height_m, culvert.width_m


def _critical(
    culvert: Culvert, discharge: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return critical depth and specific head at critical depth, m; at most the full section."""
    height, width = _size(culvert)
    depth = np.linspace(0.0, 1.0, 2001)[1:-1] * height
    if culvert.section == "round":
        angle = 2.0 * np.arccos(1.0 - 2.0 * depth / height)
        area, top = height**2 / 8.0 * (angle - np.sin(angle)), height * np.sin(0.5 * angle)
    else:
        area, top = width * depth, np.full(depth.size, width)
    carried = np.concatenate([[0.0], np.sqrt(GRAVITY_M_S2 * area**3 / top)])
    head = np.concatenate([[0.0], depth + 0.5 * area / top])
    return np.interp(discharge, carried, np.concatenate([[0.0], depth])), np.interp(discharge, carried, head)


def _flat(terrain: Terrain, open_cells: NDArray[np.bool_], x: float, y: float) -> int | None:
    """Return the flat index of an open cell, None for a wall or a point off the terrain."""
    if not bool(terrain.inside(x, y)):
        return None
    row, col = (int(value) for value in terrain.row_col(x, y))
    return row * terrain.shape[1] + col if open_cells[row, col] else None


def _cell(terrain: Terrain, open_cells: NDArray[np.bool_], x: float, y: float) -> int:
    cell = _flat(terrain, open_cells, x, y)
    if cell is None:
        where = "a building or a cell without ground" if bool(terrain.inside(x, y)) else "off the terrain"
        raise InputError(
            "Culvert end",
            got=f"[{coordinates(x, y)}], {where}",
            expected="open ground",
            remedy="Move the end",
        )
    return cell
