"""Maps of a run: the largest depth in each cell, when it was reached, and how dangerous the water was.

A map holds no text: the page puts names, scale bar and legend over it in the reader's own fonts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viz.report.pictures import png_uri
from viz.stills.palette import DEPTH_CLASSES, HAZARD_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cim_models.city import City

WIDTH_IN = 8.0
DPI = 160
TIME_COLOURS = "viridis"
CHANGE_COLOURS = "BrBG"
"""Brown is shallower, blue-green deeper; told apart without red and green."""

LABEL_EM_PERCENT = 1.14
"""Width of a wide character of a name: 11.7 of the 1030 pixels of a map on a page, per cent."""

LATIN_EM = 0.6
LABEL_ROOM_PERCENT = 0.8
LABEL_HEIGHT_PERCENT = 1.6
FIRST_WIDE = "\u2e80"
"""Characters from here on, Chinese ones among them, are as wide as high."""

_TIME_STEP_S = 600.0
_NOTICED_M = 0.01 - 1e-6
_BUILDING = "#b9b4a9"
_ROAD = "#8d939c"
_WATER_BODY = "#dfe7ea"
_SCALE_STEPS_M = (50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


@dataclass(frozen=True, slots=True)
class Label:
    """A name on a map; position in per cent of its width and height, from the upper left.

    One that is not shown has a dot only.
    """

    text: str
    left: float
    top: float
    kind: str
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class MapPicture:
    """A map as a page shows it.

    Parameters
    ----------
    uri
        The picture as a data URI.
    aspect
        Width over height.
    labels
        Names of places.
    scale_m
        Length of the scale bar, m.
    scale_percent
        Length of the scale bar, per cent of the width.
    """

    uri: str
    aspect: float
    labels: tuple[Label, ...]
    scale_m: float
    scale_percent: float


def time_range(max_depth: NDArray[Any], time_of_max_s: NDArray[Any], end_s: float) -> tuple[float, float]:
    """Return the times, s, between which nearly all wet cells were deepest, to ten minutes.

    Parameters
    ----------
    max_depth
        Largest depth per cell, m.
    time_of_max_s
        When, s since the start.
    end_s
        End of the run, s; the range is the whole run when nothing was wet.
    """
    times = _wet_only(time_of_max_s, max_depth)
    times = times[~np.isnan(times)]
    if not times.size:
        return 0.0, end_s
    first, last = np.percentile(times, [2, 98])
    begin, end = np.floor(first / _TIME_STEP_S), np.ceil(last / _TIME_STEP_S)
    return float(begin * _TIME_STEP_S), float(max(end, begin + 1) * _TIME_STEP_S)


def depth_map(city: City, max_depth: NDArray[Any], language: str) -> MapPicture:
    """Draw the largest depth by class.

    Parameters
    ----------
    city
        The city.
    max_depth
        Shape of the terrain, m.
    language
        ``zh`` or ``en``, for the names of places.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    limits = [*(level.from_m for level in DEPTH_CLASSES), DEPTH_CLASSES[-1].to_m]
    colours = ListedColormap([level.colour for level in DEPTH_CLASSES])
    figure, axes = _base_map(city)
    _overlay(axes, city, _wet_only(max_depth, max_depth), colours, BoundaryNorm(limits, colours.N))
    return _finish(figure, axes, city, language)


def time_map(
    city: City,
    max_depth: NDArray[Any],
    time_of_max_s: NDArray[Any],
    times_s: tuple[float, float],
    language: str,
) -> MapPicture:
    """Draw when each cell was deepest, where it was wet at all.

    Parameters
    ----------
    city
        The city.
    max_depth
        Shape of the terrain, m.
    time_of_max_s
        Time of the largest depth, s since the start; NaN where there was none.
    times_s
        Ends of the colour scale, s; earlier and later times take the colour of the end.
    language
        ``zh`` or ``en``.
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    figure, axes = _base_map(city)
    _overlay(axes, city, _wet_only(time_of_max_s, max_depth), colormaps[TIME_COLOURS], Normalize(*times_s))
    return _finish(figure, axes, city, language)


def hazard_map(city: City, hazard_class: NDArray[Any], language: str) -> MapPicture:
    """Draw the class of the largest hazard rating.

    Parameters
    ----------
    city
        The city.
    hazard_class
        Shape of the terrain; 0 where nothing was rated, then from 1 for the mildest class.
    language
        ``zh`` or ``en``.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    colours = ListedColormap(list(HAZARD_COLOURS))
    limits = np.arange(0.5, colours.N + 1.0)
    figure, axes = _base_map(city)
    rated = np.where(hazard_class > 0, hazard_class.astype(np.float64), np.nan)
    _overlay(axes, city, rated, colours, BoundaryNorm(limits, colours.N))
    return _finish(figure, axes, city, language)


def change_map(city: City, change_m: NDArray[Any], most_m: float, language: str) -> MapPicture:
    """Draw how the largest depth differs between two runs.

    Parameters
    ----------
    city
        The city.
    change_m
        Second run less first, shape of the terrain, m; differences below 1 cm are left out.
    most_m
        Ends of the colour scale, m.
    language
        ``zh`` or ``en``.
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    figure, axes = _base_map(city)
    seen = np.where(np.abs(change_m) >= _NOTICED_M, change_m, np.nan)
    _overlay(axes, city, seen, colormaps[CHANGE_COLOURS], Normalize(-most_m, most_m))
    return _finish(figure, axes, city, language)


def change_scale_css(steps: int = 12) -> str:
    """Colour scale of the map of differences as a CSS gradient, from shallower to deeper."""
    return _gradient(CHANGE_COLOURS, steps)


def time_scale_css(steps: int = 12) -> str:
    """Colour scale of the map of times as a CSS gradient."""
    return _gradient(TIME_COLOURS, steps)


def _gradient(name: str, steps: int) -> str:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    ramp = colormaps[name]
    return f"linear-gradient(to right, {', '.join(to_hex(ramp(i / (steps - 1))) for i in range(steps))})"


def _base_map(city: City) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    x_min, y_min, x_max, y_max = city.terrain.bounds
    figure = Figure(figsize=(WIDTH_IN, WIDTH_IN * (y_max - y_min) / (x_max - x_min)))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.imshow(_hillshade(city), extent=_extent(city), cmap="gray", vmin=0.0, vmax=1.0, zorder=0)
    _add_shapes(axes, city)
    axes.set_xlim(x_min, x_max)
    axes.set_ylim(y_min, y_max)
    return figure, axes


def _hillshade(city: City) -> NDArray[Any]:
    """Light from the north-west on the ground, paled so that water stands out; white outside."""
    from matplotlib.colors import LightSource

    elevation = city.terrain.elevation.astype(np.float64)
    outside = np.isnan(elevation)
    filled = np.where(outside, np.nanmin(elevation), elevation)
    size = city.terrain.cell_size_m
    shade = LightSource(315.0, 45.0).hillshade(filled, vert_exag=4.0, dx=size, dy=size)
    return np.where(outside, 1.0, 0.86 + 0.12 * shade)


def _add_shapes(axes: Axes, city: City) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    points_per_m = WIDTH_IN * 72.0 / (city.terrain.bounds[2] - city.terrain.bounds[0])
    for name, colour, order in (("water_bodies", _WATER_BODY, 1), ("buildings", _BUILDING, 4)):
        layer = city.layer(name)
        if layer is not None:
            rings = [
                np.asarray(part.exterior.coords)[:, :2] for part in layer.geometry.explode(index_parts=False)
            ]
            axes.add_collection(PolyCollection(rings, facecolors=colour, edgecolors="none", zorder=order))
    roads = city.layer("roads")
    if roads is not None:
        lines = [np.asarray(line.coords)[:, :2] for line in roads.geometry]
        widths = np.maximum(roads["width_m"].to_numpy() * points_per_m, 0.8)
        axes.add_collection(
            LineCollection(lines, colors="#ffffff", linewidths=widths, zorder=2, capstyle="round")
        )
        axes.add_collection(LineCollection(lines, colors=_ROAD, linewidths=0.4, zorder=5, alpha=0.7))


def _wet_only(values: NDArray[Any], max_depth: NDArray[Any]) -> NDArray[Any]:
    return np.where(max_depth >= DEPTH_CLASSES[0].from_m, values, np.nan)


def _overlay(axes: Axes, city: City, values: NDArray[Any], colours: Any, norm: Any) -> None:
    image = np.ma.masked_invalid(values)
    axes.imshow(image, extent=_extent(city), cmap=colours, norm=norm, interpolation="nearest", zorder=3)


def _extent(city: City) -> tuple[float, float, float, float]:
    x_min, y_min, x_max, y_max = city.terrain.bounds
    return x_min, x_max, y_min, y_max


def _finish(figure: Figure, axes: Axes, city: City, language: str) -> MapPicture:
    width_in, height_in = figure.get_size_inches()
    width_m = city.terrain.bounds[2] - city.terrain.bounds[0]
    scale_m = max((step for step in _SCALE_STEPS_M if step <= width_m / 4), default=width_m / 4)
    return MapPicture(
        uri=png_uri(figure, DPI),
        aspect=float(width_in / height_in),
        labels=_labels(city, language),
        scale_m=scale_m,
        scale_percent=100.0 * scale_m / width_m,
    )


def _labels(city: City, language: str) -> tuple[Label, ...]:
    spots = city.layer("spots")
    if spots is None:
        return ()
    x_min, y_min, x_max, y_max = city.terrain.bounds
    named = spots[spots[f"name_{language}"] != ""].drop_duplicates(f"name_{language}")
    labels = [
        Label(
            text=str(spot[f"name_{language}"]),
            left=float(100.0 * (spot.geometry.x - x_min) / (x_max - x_min)),
            top=float(100.0 * (y_max - spot.geometry.y) / (y_max - y_min)),
            kind=str(spot["kind"]),
        )
        for _, spot in named.iterrows()
    ]
    return thin_out(labels, (x_max - x_min) / (y_max - y_min))


def thin_out(labels: Sequence[Label], aspect: float) -> tuple[Label, ...]:
    """Hide the names that would overlap an earlier one; their dots stay.

    Parameters
    ----------
    labels
        In order of importance.
    aspect
        Width over height of the map.
    """
    taken: list[tuple[float, float, float]] = []
    found = []
    for label in labels:
        width = LABEL_ROOM_PERCENT + sum(
            LABEL_EM_PERCENT * (1.0 if character >= FIRST_WIDE else LATIN_EM) for character in label.text
        )
        x, y = label.left, label.top / aspect  # per cent of the width
        is_free = all(
            2.0 * abs(x - x_0) >= width + width_0 or abs(y - y_0) >= LABEL_HEIGHT_PERCENT
            for x_0, y_0, width_0 in taken
        )
        if is_free:
            taken.append((x, y, width))
        found.append(replace(label, is_shown=is_free))
    return tuple(found)
