"""Gullies along both kerbs, each tied to the next sewer node downstream."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
from shapely.geometry import Point

from cim_models.district.plan import FloatArray
from cim_models.district.sewer import SewerPlan
from cim_models.district.streets import Street, StreetPlan
from cim_models.district.tables import layer_frame
from cim_models.district.terrain import Ground, points_along

SPACING_M = 30.0
CORNER_M = 13.0
SAG_SPACING_M = 12.0
SAG_REACH_M = 30.0


def make_gullies(streets: StreetPlan, sewer: SewerPlan, ground: Ground) -> gpd.GeoDataFrame:
    """Build the ``gullies`` layer.

    Parameters
    ----------
    streets, sewer, ground
        Street plan, the finished sewer and the ground.

    Returns
    -------
    Single grates, double ones on the larger streets and at the low places; all on street cells.
    """
    flows = {(pipe.from_node, pipe.to_node) for pipe in sewer.pipes.values()}
    low = {streets.low_crossing, *streets.pocket}
    points, nodes, lengths = [], [], []
    taken: set[tuple[int, int, int]] = set()
    for street in streets.streets.values():
        chain = sewer.chains[street.id]
        if not chain:
            continue
        at, sag = _places(street, low)
        wide = street.road_class in ("trunk", "primary", "secondary")
        for x, y, where, double in _kerb_points(street, at, sag, ground):
            row, col = ground.terrain.row_col(x, y)
            key = (int(row), int(col), 0)
            if not ground.terrain.inside(x, y) or not ground.street[row, col] or key in taken:
                continue
            taken.add(key)
            points.append(Point(round(x, 3), round(y, 3)))
            nodes.append(_node(chain, where, flows))
            lengths.append(1.5 if double or wide else 0.75)
    ids = [f"G-{number:04d}" for number in range(1, len(points) + 1)]
    return layer_frame("gullies", {"id": ids, "node": nodes, "length_m": lengths}, points)


def _places(street: Street, low: set[str]) -> tuple[FloatArray, np.ndarray]:
    """Distances along the street, m, and whether each lies in a sag."""
    length = street.length_m
    count = max(1, round(length / SPACING_M))
    at = (np.arange(count) + 0.5) * length / count
    at = np.concatenate([at, [CORNER_M, length - CORNER_M] if length > 4 * CORNER_M else []])
    close = []
    if street.from_node in low:
        close.append(np.arange(7.0, SAG_REACH_M, SAG_SPACING_M))
    if street.to_node in low:
        close.append(length - np.arange(7.0, SAG_REACH_M, SAG_SPACING_M))
    if street.underpass:
        close.append(0.5 * length + np.arange(-15.0, 16.0, 10.0))
    extra = np.concatenate(close) if close else np.empty(0)
    extra = extra[(extra > 0) & (extra < length)]
    together = np.concatenate([at, extra])
    sag = np.concatenate([np.zeros(len(at), dtype=bool), np.ones(len(extra), dtype=bool)])
    order = np.argsort(together, kind="stable")
    return together[order], sag[order]


def _kerb_points(
    street: Street, at: FloatArray, sag: np.ndarray, ground: Ground
) -> list[tuple[float, float, float, bool]]:
    centre = points_along(street, at)
    ahead, behind = points_along(street, at + 1.0), points_along(street, at - 1.0)
    tangent = ahead - behind
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]]) / np.hypot(*tangent.T)[:, None]
    offset = 0.5 * street.width_m - 0.6 * ground.terrain.cell_size_m
    kerbs = []
    for side in (1.0, -1.0):
        place = centre + side * offset * normal
        kerbs += [
            (float(x), float(y), float(a), bool(s)) for (x, y), a, s in zip(place, at, sag, strict=True)
        ]
    return kerbs


def _node(chain: list[tuple[float, str]], where: float, flows: set[tuple[str, str]]) -> str:
    """Take the downstream end of the pipe below a gully, or the nearest manhole where there is none."""
    for (start_at, start), (end_at, end) in pairwise(chain):
        if start_at <= where <= end_at:
            if (start, end) in flows:
                return end
            if (end, start) in flows:
                return start
    return min(chain, key=lambda entry: (abs(entry[0] - where), entry[1]))[1]
