"""Unit grid cells and the patrol grids they make up."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import Polygon, box

from cim_models.district.plan import Plan
from cim_models.district.tables import layer_frame

DIVISION = "509901"
"""A division code that is not assigned to any county: the district is invented."""

CELL_M = 100.0
COMMUNITY_CELLS = 5
MIN_LAND_M2 = 1200.0


def make_grids(
    plan: Plan, river: Polygon, buildings: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Tile the land by unit cells of one hectare and join them to patrol grids.

    Codes have 15 digits: 6 for the division, 3 for the street office, 3 for the community and 3
    for the cell, counted from west to east and north to south.

    Parameters
    ----------
    plan, river, buildings
        Extent, river outline, and buildings whose persons are counted per cell.

    Returns
    -------
    The layers ``grid_cells`` and ``patrol_grids``.
    """
    count = int(np.ceil(plan.size_m / CELL_M))
    office_row = max(1, round(count / 3))
    cells, codes, patrols = [], [], []
    sequence: dict[str, int] = {}
    for row in range(count):
        for col in range(count):
            x = plan.x_min + col * CELL_M
            y = plan.y_min + plan.size_m - row * CELL_M
            right, low = min(x + CELL_M, plan.x_min + plan.size_m), max(y - CELL_M, plan.y_min)
            land = box(x, low, right, y).difference(river)
            if land.area < MIN_LAND_M2:
                continue
            office = min(2, row // office_row) + 1
            community = (row // COMMUNITY_CELLS) * 10 + col // COMMUNITY_CELLS + 1
            area = f"{DIVISION}{office:03d}{community:03d}"
            sequence[area] = sequence.get(area, 0) + 1
            cells.append(max(shapely.get_parts(land), key=lambda part: part.area))
            codes.append(f"{area}{sequence[area]:03d}")
            patrols.append(f"PG-{area[6:]}")
    persons = _persons(cells, buildings)
    grid = layer_frame("grid_cells", {"id": codes, "patrol_grid": patrols, "persons": persons}, cells)
    return grid, _patrol_grids(grid)


def _persons(cells: list[Polygon], buildings: gpd.GeoDataFrame) -> list[float]:
    centres = shapely.points(np.column_stack([buildings.centroid.x, buildings.centroid.y]))
    which, where = shapely.STRtree(cells).query(centres, predicate="intersects")
    persons = np.bincount(where, weights=buildings["persons"].to_numpy()[which], minlength=len(cells))
    return [float(value) for value in persons]


def _patrol_grids(grid: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Unions of unit cells; a piece beyond water stays with the largest part's outline."""
    ids = sorted(set(grid["patrol_grid"]))
    shapes = []
    for key in ids:
        whole = shapely.union_all(grid.geometry[grid["patrol_grid"] == key].to_list())
        shapes.append(max(shapely.get_parts(whole), key=lambda part: part.area))
    return layer_frame("patrol_grids", {"id": ids}, shapes)


def cell_of(grid: gpd.GeoDataFrame, points: np.ndarray) -> list[str]:
    """Id of the unit cell at each point, shape (n, 2); the nearest one outside all."""
    tree = shapely.STRtree(grid.geometry.to_list())
    nearest = np.atleast_1d(tree.nearest(shapely.points(points)))
    return [str(grid["id"].iloc[index]) for index in nearest]
