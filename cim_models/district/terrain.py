"""The ground as a grid: streets cut into the hillside, kerbs, the underpass, bank and river bed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine, from_origin
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import (
    binary_dilation,
    distance_transform_edt,
    gaussian_filter,
    generate_binary_structure,
    map_coordinates,
    minimum_filter,
)
from scipy.spatial import cKDTree
from shapely.geometry import CAP_STYLE, LineString

from cim_models.city import Terrain
from cim_models.district.blocks import Block
from cim_models.district.grading import Levels, underpass_dip
from cim_models.district.plan import BANK_ABOVE_RIVER_M, RIVER_LEVEL_M, FloatArray, Plan
from cim_models.district.streets import Street, StreetPlan

KERB_M = 0.15
PARAPET_M = 0.6
CROSSFALL = 0.015
COARSE_M = 8.0
PINHOLE_PASSES = 8

ROUGHNESS = {"street": 0.018, "block": 0.030, "green": 0.035, "river": 0.035}
"""Manning's n, s/m^(1/3).

Built ground 0.018, water 0.035 and grass 0.033 (here 0.035, for shrubs) as in the lookup by ESA
WorldCover class of mabdazzam/mannings_roughness_generator; blocks, between built ground and grass, are
this project's own choice.
"""


_COVER = {"block": 1, "green": 2, "street": 3, "river": 4}
GROUND_CLASSES = {1: "open_ground", 2: "lawn", 3: "street", 4: "open_water"}
"""Ground class of each code of `Ground.cover`, as in catalogue ``soils``."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The finished ground and the masks that made it.

    Parameters
    ----------
    terrain
        Elevation grid.
    street
        True on carriageways, shape of the grid.
    trough
        True in the underpass between its retaining walls.
    river
        True on bank slope and river bed.
    roughness
        Manning's n, s/m^(1/3).
    cover
        Code of the land cover, see `GROUND_CLASSES`.
    """

    terrain: Terrain
    street: NDArray[np.bool_]
    trough: NDArray[np.bool_]
    river: NDArray[np.bool_]
    roughness: NDArray[np.float32]
    cover: NDArray[np.uint8]

    def level(self, x: float, y: float) -> float:
        """Ground elevation of the cell at a point, m."""
        row, col = self.terrain.row_col(x, y)
        rows, cols = self.terrain.shape
        return float(self.terrain.elevation[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)])


def stations(length_m: float, step_m: float) -> FloatArray:
    """Evenly spaced distances from 0 to ``length_m``, no further apart than ``step_m``, m."""
    return np.linspace(0.0, length_m, max(2, int(np.ceil(length_m / step_m)) + 1))


def points_along(street: Street, chainage_m: FloatArray) -> FloatArray:
    """Coordinates at distances along a street, shape (n, 2), m."""
    steps = np.hypot(*np.diff(street.points, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    return np.column_stack([np.interp(chainage_m, at, street.points[:, axis]) for axis in (0, 1)])


def make_ground(plan: Plan, streets: StreetPlan, levels: Levels, blocks: list[Block]) -> Ground:
    """Build the elevation grid.

    Parameters
    ----------
    plan, streets, levels, blocks
        Lie of the land, street plan, junction levels and the blocks between the streets.

    Returns
    -------
    Ground without a sink that was not meant, apart from centimetres of roughness.
    """
    count = round(plan.size_m / plan.cell_size_m)
    y_max = plan.y_min + plan.size_m
    affine = from_origin(plan.x_min, y_max, plan.cell_size_m, plan.cell_size_m)
    shape = (count, count)
    centre = (np.arange(count) + 0.5) * plan.cell_size_m
    x, y = np.meshgrid(plan.x_min + centre, y_max - centre)

    street = _burn([s.line.buffer(s.width_m / 2) for s in streets.streets.values()], shape, affine)
    trough = _burn([_trough(streets)], shape, affine)
    parapet = binary_dilation(trough, np.ones((3, 3), dtype=bool)) & ~street
    river = (y - plan.y_min) < plan.bank_v(x - plan.x_min)
    promenade = _burn([b.polygon for b in blocks if b.use == "promenade"], shape, affine)
    park = _burn([b.polygon for b in blocks if b.use == "park"], shape, affine)

    rng = plan.stream("roughness")
    base = _hillside(plan, streets, levels, count)
    inward = distance_transform_edt(~(street | river)) * plan.cell_size_m
    rough = gaussian_filter(rng.standard_normal(shape), 2.0)
    rough *= 0.02 / rough.std()
    hill = gaussian_filter(np.where(park, 0.09 * np.minimum(inward, 45.0), 0.0), 8.0 / plan.cell_size_m)
    rise = np.where(park, np.minimum(hill, 0.12 * inward), 0.010 * np.minimum(inward, 30.0))
    block = base + KERB_M + rise + rough
    block = np.where(promenade, np.minimum(base, block) - 0.03 - 0.004 * inward, block)
    block = np.where(parapet, base + KERB_M + PARAPET_M, block)

    elevation = block
    elevation[street] = _street_level(plan, streets, levels, x[street], y[street]) + 0.15 * rough[street]
    bed = _river_bed(plan, x, y)
    elevation = np.where(river, bed, elevation)
    elevation = _without_pinholes(elevation)
    terrain = Terrain(elevation.astype(np.float32), plan.x_min, y_max, plan.cell_size_m)
    cover = np.full(shape, _COVER["block"], dtype=np.uint8)
    roughness = np.full(shape, ROUGHNESS["block"], dtype=np.float32)
    for name, cells in (("green", park | promenade), ("street", street), ("river", river)):
        cover[cells] = _COVER[name]
        roughness[cells] = ROUGHNESS[name]
    return Ground(terrain, street & ~river, trough, river, roughness, cover)


def _without_pinholes(elevation: FloatArray) -> FloatArray:
    """Raise cells below all four neighbours to the lowest of them: no kerb or corner traps a puddle.

    Water on the grid flows through faces alone, so a cell whose only way out is a corner is a hole. Each
    pass closes holes of one cell; a sag or trough of many cells loses millimetres at its lowest.
    """
    around = generate_binary_structure(2, 1)
    around[1, 1] = False
    for _ in range(PINHOLE_PASSES):
        elevation = np.maximum(elevation, minimum_filter(elevation, footprint=around, mode="nearest"))
    return elevation


def _burn(shapes: list[object], shape: tuple[int, int], affine: Affine) -> NDArray[np.bool_]:
    kept = [item for item in shapes if not getattr(item, "is_empty", True)]
    if not kept:
        return np.zeros(shape, dtype=bool)
    return np.asarray(rasterize(kept, out_shape=shape, transform=affine, dtype="uint8"), dtype=bool)


def _trough(streets: StreetPlan) -> object:
    street = streets.streets[streets.underpass]
    at = stations(street.length_m, 2.0)
    deep = at[underpass_dip(at, street.length_m) > 0.25]
    return LineString(points_along(street, deep)).buffer(street.width_m / 2, cap_style=CAP_STYLE.flat)


def _samples(streets: StreetPlan, levels: Levels, step_m: float, *, dipped: bool) -> FloatArray:
    parts = []
    for street in streets.streets.values():
        at = stations(street.length_m, step_m)
        level = levels.along(street, at, dipped=dipped)
        parts.append(np.column_stack([points_along(street, at), level]))
    return np.concatenate(parts)


def _street_level(
    plan: Plan, streets: StreetPlan, levels: Levels, x: FloatArray, y: FloatArray
) -> FloatArray:
    """Level of the carriageway: nearest centre lines, less the crossfall to the kerb."""
    known = _samples(streets, levels, 2.5, dipped=True)
    distance, index = cKDTree(known[:, :2]).query(np.column_stack([x, y]), k=6)
    weight = 1.0 / (distance**2 + 1.0)
    level = (known[index, 2] * weight).sum(axis=1) / weight.sum(axis=1)
    return np.asarray(level - CROSSFALL * np.minimum(distance[:, 0], 13.0))


def _hillside(plan: Plan, streets: StreetPlan, levels: Levels, count: int) -> FloatArray:
    """Surface through all streets, the bank and the domain's edge; no sink between them."""
    known = [_samples(streets, levels, 12.0, dipped=False)]
    u = np.arange(-20.0, plan.size_m + 40.0, 15.0)
    front = sorted((j for j in streets.junctions.values() if j.row == 0), key=lambda j: j.x)
    crest = np.interp(plan.x_min + u, [j.x for j in front], [levels.junction[j.id] for j in front]) - 0.5
    for setback, drop in ((0.0, 0.0), (-60.0, 3.0), (-0.3 * plan.size_m, 3.0)):
        known.append(np.column_stack([plan.x_min + u, plan.y_min + plan.bank_v(u) + setback, crest - drop]))
    span = np.linspace(-0.06, 1.06, 24)
    for f, s in ((span, np.full(24, 1.06)), (np.full(24, -0.06), span), (np.full(24, 1.06), span)):
        inside = s > 0.02
        edge = plan.position(f[inside], np.clip(s[inside], None, 1.06))
        known.append(np.column_stack([edge, plan.ground(f[inside], s[inside]) + 0.3]))
    data = np.concatenate(known)
    origin = np.array([plan.x_min, plan.y_min])
    surface = LinearNDInterpolator(data[:, :2] - origin, data[:, 2])
    nodes = np.arange(0.0, plan.size_m + COARSE_M, COARSE_M)
    coarse = surface(*np.meshgrid(nodes, nodes))
    fallback = cKDTree(data[:, :2] - origin).query(
        np.column_stack([g.ravel() for g in np.meshgrid(nodes, nodes)])
    )[1]
    coarse = np.where(np.isnan(coarse), data[fallback, 2].reshape(coarse.shape), coarse)
    at = (np.arange(count) + 0.5) * plan.cell_size_m / COARSE_M
    rows, cols = np.meshgrid(at[::-1], at, indexing="ij")
    return np.asarray(map_coordinates(coarse, [rows, cols], order=1))


def _river_bed(plan: Plan, x: FloatArray, y: FloatArray) -> FloatArray:
    offshore = plan.bank_v(x - plan.x_min) - (y - plan.y_min)
    crest = RIVER_LEVEL_M + BANK_ABOVE_RIVER_M - 1.2 * plan.scale
    fall = 0.002 * ((x - plan.x_min) + (plan.y_min + plan.size_m - y))
    return np.asarray(np.maximum(crest - 0.5 * offshore, RIVER_LEVEL_M - 0.5 - 0.01 * offshore - fall * 0.2))
