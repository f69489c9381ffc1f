"""The map in a notebook, by pydeck alone."""

from __future__ import annotations

import math

import pydeck

from scenarios.runfolder import RunFolder
from viz.layers.moment import moment_at
from viz.layers.registry import describe
from viz.layers.scene import Scene

PITCH = 50.0
BEARING = -18.0
_EARTH_M = 40_075_016.7  # length of the equator, which is 512 pixels at zoom 0
_PIXELS = 640.0


def notebook_deck(run: RunFolder, time_s: float, *, language: str = "en") -> pydeck.Deck:
    """Show a run at a simulated time with pydeck, without a background map.

    Parameters
    ----------
    run
        The run folder.
    time_s
        Simulated time, s since the start.
    language
        Language of the labels, ``zh`` or ``en``.

    Returns
    -------
    A deck with the same layers, ids and styles as the command screen.
    """
    scene = Scene.of(run.city(), language=language, moment=moment_at(run, time_s))
    x_min, y_min, x_max, y_max = scene.city.terrain.bounds
    lon, lat = scene.project.lon_lat((x_min + x_max) / 2, (y_min + y_max) / 2)
    side = max(x_max - x_min, y_max - y_min)
    zoom = math.log2(_PIXELS * _EARTH_M * math.cos(math.radians(float(lat))) / (512.0 * side))
    return pydeck.Deck(
        layers=describe(scene),
        initial_view_state=pydeck.ViewState(float(lon), float(lat), zoom, pitch=PITCH, bearing=BEARING),
        map_provider=None,
        tooltip=False,
        parameters={"clearColor": [0.01, 0.04, 0.09, 1.0]},
    )
