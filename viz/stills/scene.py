"""What a still shows: a city and its water as plain arrays that another process can draw."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from cim_models.city import City, Network, Terrain

FloatArray = NDArray[np.float64]

MOST_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Pipes:
    """Sewer pipes as polylines.

    Parameters
    ----------
    vertices
        Centre line of all pipes, shape (n, 3): x, y, elevation, m.
    starts
        Index of each pipe's first vertex, with the number of vertices at the end; shape (pipes + 1,).
    diameter_m
        Shape (pipes,), m.
    surcharged
        Whether the head reached the ground at one of the pipe's ends; shape (pipes,).
    """

    vertices: FloatArray
    starts: NDArray[np.int64]
    diameter_m: FloatArray
    surcharged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Manholes:
    """Sewer nodes as vertical shafts.

    Parameters
    ----------
    x, y
        Position, m.
    invert_m, ground_m
        Elevation of bottom and cover, m.
    surcharged
        Whether the head reached the cover there.
    """

    x: FloatArray
    y: FloatArray
    invert_m: FloatArray
    ground_m: FloatArray
    surcharged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scene:
    """A city and its water at one moment.

    Parameters
    ----------
    elevation
        Ground at cell centres, shape (rows, cols), m; NaN outside.
    water_depth
        Shape (rows, cols), m, >= 0.
    is_water_body
        Whether a cell lies in a river or lake; shape (rows, cols).
    x, y
        Cell centres: shapes (cols,) and (rows,), m; y falls with the row.
    footprints
        Outer ring of each building, each of shape (n, 2), m, not closed.
    height_m, base_m
        Height of each building and the ground below it, m.
    roads
        Vertices of each road segment, each of shape (n, 2), m.
    pipes, manholes
        The sewer; None when the city has none.
    gullies
        Street inlets with the ground there, shape (n, 3), m.
    """

    elevation: FloatArray
    water_depth: FloatArray
    is_water_body: NDArray[np.bool_]
    x: FloatArray
    y: FloatArray
    footprints: tuple[FloatArray, ...]
    height_m: FloatArray
    base_m: FloatArray
    roads: tuple[FloatArray, ...]
    pipes: Pipes | None
    manholes: Manholes | None
    gullies: FloatArray


def make_scene(city: City, water_depth: NDArray[Any], surcharged: Collection[str] = ()) -> Scene:
    """Gather what a still of the city needs.

    Parameters
    ----------
    city
        The city.
    water_depth
        Shape of the terrain, m.
    surcharged
        Ids of the sewer nodes whose head reached the ground.

    Returns
    -------
    A scene of at most a million cells: a larger grid is thinned, water by the deepest cell.
    """
    elevation, depth, x, y = _thinned(city.terrain, water_depth)
    buildings = city.layer("buildings")
    footprints = () if buildings is None else tuple(_outer_ring(shape) for shape in buildings.geometry)
    centres = np.array([ring.mean(axis=0) for ring in footprints]).reshape(-1, 2)
    roads = city.layer("roads")
    nodes = set(surcharged)
    return Scene(
        elevation=elevation,
        water_depth=depth,
        is_water_body=_cells_inside(city.layer("water_bodies"), x, y),
        x=x,
        y=y,
        footprints=footprints,
        height_m=np.zeros(0) if buildings is None else buildings["height_m"].to_numpy(np.float64),
        base_m=ground_at(city.terrain, centres[:, 0], centres[:, 1]),
        roads=() if roads is None else tuple(np.asarray(line.coords)[:, :2] for line in roads.geometry),
        pipes=None if city.sewer is None else _pipes(city.sewer, nodes),
        manholes=None if city.sewer is None else _manholes(city.sewer, nodes),
        gullies=_gullies(city),
    )


def ground_at(terrain: Terrain, x: Any, y: Any) -> FloatArray:
    """Ground elevation of the cells below points, m; the lowest ground where there is none.

    Parameters
    ----------
    terrain
        The terrain.
    x, y
        Coordinates, m; points outside take the nearest cell of the grid.
    """
    row, col = terrain.row_col(x, y)
    rows, cols = terrain.shape
    ground = terrain.elevation[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)].astype(np.float64)
    return np.where(np.isnan(ground), np.nanmin(terrain.elevation), ground)


def _thinned(
    terrain: Terrain, water_depth: NDArray[Any]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    rows, cols = terrain.shape
    step = max(1, int(np.ceil(np.sqrt(rows * cols / MOST_CELLS))))
    centres_x, _ = terrain.centre(np.zeros(cols), np.arange(cols))
    _, centres_y = terrain.centre(np.arange(rows), np.zeros(rows))
    depth = np.nan_to_num(np.asarray(water_depth, dtype=np.float64))
    rows, cols = rows - rows % step, cols - cols % step
    blocks = depth[:rows, :cols].reshape(rows // step, step, cols // step, step).max(axis=(1, 3))
    elevation = terrain.elevation[:rows:step, :cols:step].astype(np.float64)
    x = centres_x[:cols:step].astype(np.float64)
    y = centres_y[:rows:step].astype(np.float64)
    return elevation, blocks.astype(np.float64), x, y


def _cells_inside(frame: GeoDataFrame | None, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    """Tell which cell centres lie inside the polygons of a layer."""
    inside = np.zeros((len(y), len(x)), dtype=bool)
    if frame is not None:
        from shapely import contains_xy, prepare

        shape = frame.union_all()
        prepare(shape)
        inside |= contains_xy(shape, *np.meshgrid(x, y))
    return inside


def _outer_ring(shape: Any) -> FloatArray:
    largest = max(shape.geoms, key=lambda part: part.area) if hasattr(shape, "geoms") else shape
    return np.asarray(largest.exterior.coords)[:-1, :2]


def _pipes(sewer: Network, surcharged: set[str]) -> Pipes | None:
    inverts = dict(zip(sewer.nodes["id"], sewer.nodes["invert_elevation_m"], strict=True))
    links = sewer.links[sewer.links["kind"] == "conduit"]
    lines, diameters, flags = [], [], []
    for link in links.itertuples():
        ends = inverts.get(link.from_node, np.nan), inverts.get(link.to_node, np.nan)
        if link.geometry is None or np.isnan(ends).any() or np.isnan(link.diameter_m):
            continue
        lines.append(_centre_line(link.geometry, ends, link.diameter_m))
        diameters.append(link.diameter_m)
        flags.append(link.from_node in surcharged or link.to_node in surcharged)
    if not lines:
        return None
    starts = np.cumsum([0, *(len(line) for line in lines)])
    return Pipes(np.concatenate(lines), starts, np.array(diameters), np.array(flags))


def _centre_line(shape: Any, inverts: tuple[float, float], diameter_m: float) -> FloatArray:
    plan = np.asarray(shape.coords)[:, :2]
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(plan, axis=0).T))])
    share = run / run[-1] if run[-1] > 0 else run
    invert = inverts[0] + share * (inverts[1] - inverts[0])
    return np.column_stack([plan, invert + diameter_m / 2])


def _manholes(sewer: Network, surcharged: set[str]) -> Manholes:
    nodes = sewer.nodes
    nodes = nodes[nodes["ground_elevation_m"].notna() & nodes["invert_elevation_m"].notna()]
    return Manholes(
        x=nodes.geometry.x.to_numpy(np.float64),
        y=nodes.geometry.y.to_numpy(np.float64),
        invert_m=nodes["invert_elevation_m"].to_numpy(np.float64),
        ground_m=nodes["ground_elevation_m"].to_numpy(np.float64),
        surcharged=nodes["id"].isin(sorted(surcharged)).to_numpy(),
    )


def _gullies(city: City) -> FloatArray:
    frame: GeoDataFrame | None = city.layer("gullies")
    if frame is None:
        return np.zeros((0, 3))
    x, y = frame.geometry.x.to_numpy(np.float64), frame.geometry.y.to_numpy(np.float64)
    return np.column_stack([x, y, ground_at(city.terrain, x, y)])
