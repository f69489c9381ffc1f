"""Gauges on the deck, in the underpass and on the steepest slope."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from shapely.geometry import Point

from cim_models.district.streets import StreetPlan
from cim_models.district.tables import layer_frame
from cim_models.district.terrain import Ground

_QUANTITIES = (
    ("bridge", ("strain", "crack", "deflection")),
    ("tunnel", ("crack", "convergence", "settlement")),
    ("slope", ("displacement", "tilt")),
)
_MARGIN_M, _RAMPS_M = 60.0, 150.0


def make_gauges(streets: StreetPlan, ground: Ground) -> gpd.GeoDataFrame:
    """Fit each structure with the gauges that are usual for its kind; the ``gauges`` layer."""
    underpass = streets.streets[streets.underpass]
    middle = underpass.line.interpolate(0.5, normalized=True)
    places = {
        "bridge": ("BR-1", middle),
        "tunnel": (underpass.id, middle),
        "slope": ("SLOPE-1", _slope(ground, middle)),
    }
    rows = [(*places[kind], kind, quantity) for kind, quantities in _QUANTITIES for quantity in quantities]
    columns = {
        "id": [f"GA-{number:02d}" for number in range(1, len(rows) + 1)],
        "structure": [structure for structure, *_ in rows],
        "structure_kind": [kind for *_, kind, _ in rows],
        "quantity": [quantity for *_, quantity in rows],
    }
    return layer_frame("gauges", columns, [point for _, point, *_ in rows])


def _slope(ground: Ground, ramps: Point) -> Point:
    """Steepest place inside the district, away from the ramps of the underpass."""
    terrain = ground.terrain
    down, across = np.gradient(terrain.elevation.astype(np.float64), terrain.cell_size_m)
    steepness = np.hypot(down, across)
    x, y = terrain.centre(*np.indices(terrain.shape))
    x_min, y_min, x_max, y_max = terrain.bounds
    from_edge_m = np.minimum(np.minimum(x - x_min, x_max - x), np.minimum(y - y_min, y_max - y))
    steepness[(from_edge_m < _MARGIN_M) | (np.hypot(x - ramps.x, y - ramps.y) < _RAMPS_M)] = -1.0
    place = np.unravel_index(int(np.argmax(steepness)), steepness.shape)
    return Point(float(x[place]), float(y[place]))
