"""Draw a scene with pyvista, off screen: the flooded city, and its sewer below ground.

The camera follows from the scene alone, so that the same run gives the same picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyvista as pv
from numpy.typing import NDArray

from viz.stills.palette import DEPTH_CLASSES
from viz.stills.scene import Manholes, Pipes, Scene

FLOOD_EXAGGERATION = 1.2
SEWER_EXAGGERATION = 6.0

GROUND = "#e9e6df"
WATER_BODY = "#cfdde3"
BUILDING = "#f7f6f3"
ROAD = "#c3c6cb"
PIPE = "#2f6db5"
SURCHARGED = "#d92d20"
SHAFT = "#6b7280"
GULLY = "#111827"

_WET_M = DEPTH_CLASSES[0].from_m
_LIFT_M = 0.3
_MARGIN = 1.03
_SUN = (-0.8, -0.45, 1.1)
_SKY = (0.6, -1.0, 0.8)


def draw_flood(scene: Scene, size: tuple[int, int] = (1600, 900)) -> pv.Plotter:
    """Draw terrain, streets and extruded buildings with the water above them.

    Parameters
    ----------
    scene
        What to draw.
    size
        Width and height of the picture, pixels.

    Returns
    -------
    A plotter that has drawn nothing yet: call ``screenshot``, then ``close``.
    """
    plotter = _plotter(size)
    scale = FLOOD_EXAGGERATION
    ground = _ground(scene, scale)
    plotter.add_mesh(ground, scalars="colour", rgb=True, smooth_shading=True, ambient=0.25, specular=0.0)
    _add_roads(plotter, scene, scale)
    if scene.footprints:
        plotter.add_mesh(_buildings(scene, scale), color=BUILDING, ambient=0.3, specular=0.0)
    _add_water(plotter, scene, scale)
    plotter.renderer.enable_eye_dome_lighting()
    _look(plotter, scene, scale, direction=(-0.35, -1.0, 1.15))
    return plotter


def draw_sewer(scene: Scene, size: tuple[int, int] = (1600, 900)) -> pv.Plotter:
    """Draw the sewer below a translucent ground; surcharged manholes and their pipes in red.

    Parameters
    ----------
    scene
        What to draw; must have pipes.
    size
        Width and height of the picture, pixels.

    Returns
    -------
    A plotter that has drawn nothing yet: call ``screenshot``, then ``close``.
    """
    if scene.pipes is None or scene.manholes is None:
        msg = "the scene has no sewer"
        raise ValueError(msg)
    plotter = _plotter(size)
    scale = SEWER_EXAGGERATION
    _add_pipes(plotter, scene.pipes, scale)
    _add_manholes(plotter, scene.manholes, scale)
    if len(scene.gullies):
        plotter.add_points(_raised(scene.gullies, scale), color=GULLY, point_size=4)
    _add_roads(plotter, scene, scale, opacity=0.35)
    plotter.add_mesh(_ground(scene, scale), color=GROUND, opacity=0.35, smooth_shading=True, specular=0.0)
    _look(plotter, scene, scale, direction=(-0.35, -1.0, 0.5))
    return plotter


def _plotter(size: tuple[int, int]) -> pv.Plotter:
    plotter = pv.Plotter(off_screen=True, window_size=list(size), lighting="none")
    plotter.renderer.set_background("white")
    plotter.renderer.enable_anti_aliasing("ssaa")
    for direction, intensity in ((_SUN, 0.75), (_SKY, 0.35)):
        light = pv.Light(position=direction, focal_point=(0.0, 0.0, 0.0), intensity=intensity)
        light.positional = False
        plotter.add_light(light)
    return plotter


def _ground(scene: Scene, scale: float) -> Any:
    x, y = np.meshgrid(scene.x, scene.y)
    grid = pv.StructuredGrid(x, y, np.nan_to_num(scene.elevation, nan=-1e4) * scale)
    colours = np.array([pv.Color(GROUND).int_rgb, pv.Color(WATER_BODY).int_rgb], dtype=np.uint8)
    grid["colour"] = colours[scene.is_water_body.ravel(order="F").astype(int)]
    inside = ~np.isnan(scene.elevation)
    if inside.all():
        return grid
    grid["inside"] = inside.ravel(order="F").astype(np.float32)
    return grid.threshold(0.5, scalars="inside", all_scalars=True).extract_surface(
        algorithm="dataset_surface"
    )


def _add_water(plotter: pv.Plotter, scene: Scene, scale: float) -> None:
    """Add one flat-coloured sheet for each depth class, so that the colours are those of the legend."""
    x, y = np.meshgrid(scene.x, scene.y)
    surface = np.nan_to_num(scene.elevation, nan=-1e4) + scene.water_depth
    grid = pv.StructuredGrid(x, y, surface * scale + _LIFT_M)
    depth = scene.water_depth
    deepest = np.maximum.reduce([depth[:-1, :-1], depth[1:, :-1], depth[:-1, 1:], depth[1:, 1:]])
    grid.cell_data["depth"] = deepest.ravel(order="F")
    for level in DEPTH_CLASSES:
        part = grid.threshold((level.from_m, np.nextafter(level.to_m, 0)), scalars="depth")
        if part.n_cells:
            plotter.add_mesh(part, color=level.colour, lighting=False)


def _buildings(scene: Scene, scale: float) -> Any:
    """Walls and roofs of all buildings as one mesh."""
    points: list[NDArray[Any]] = []
    faces: list[int] = []
    count = 0
    for ring, base, height in zip(scene.footprints, scene.base_m, scene.height_m, strict=True):
        n = len(ring)
        bottom, top = (base - 2.0) * scale, (base + height) * scale
        points += [np.column_stack([ring, np.full(n, z)]) for z in (bottom, top)]
        faces += [n, *range(count + n, count + 2 * n)]
        for here in range(n):
            after = (here + 1) % n
            faces += [4, count + here, count + after, count + n + after, count + n + here]
        count += 2 * n
    return pv.PolyData(np.concatenate(points), faces=np.array(faces)).triangulate()


def _add_roads(plotter: pv.Plotter, scene: Scene, scale: float, opacity: float = 1.0) -> None:
    if not scene.roads:
        return
    lines = [_draped(scene, line, scale) for line in scene.roads]
    plotter.add_mesh(_polylines(lines), color=ROAD, line_width=4, opacity=opacity, lighting=False)


def _draped(scene: Scene, line: NDArray[Any], scale: float) -> NDArray[Any]:
    """Lay a line on the ground, with a vertex for about every cell it crosses."""
    cell = scene.x[1] - scene.x[0]
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0.0, run[-1], max(2, int(run[-1] / cell)))
    x, y = np.interp(at, run, line[:, 0]), np.interp(at, run, line[:, 1])
    col = np.clip(np.rint((x - scene.x[0]) / cell).astype(int), 0, len(scene.x) - 1)
    row = np.clip(np.rint((scene.y[0] - y) / cell).astype(int), 0, len(scene.y) - 1)
    ground = np.nan_to_num(scene.elevation[row, col], nan=float(np.nanmin(scene.elevation)))
    return np.column_stack([x, y, ground * scale + _LIFT_M / 2])


def _add_pipes(plotter: pv.Plotter, pipes: Pipes, scale: float) -> None:
    lines = np.split(_raised(pipes.vertices, scale), pipes.starts[1:-1])
    for flag, colour in ((False, PIPE), (True, SURCHARGED)):
        chosen = np.flatnonzero(pipes.surcharged == flag)
        for diameter in np.unique(pipes.diameter_m[chosen].round(1)):
            group = [lines[i] for i in chosen if round(pipes.diameter_m[i], 1) == diameter]
            tube = _polylines(group).tube(radius=max(float(diameter), 0.3) * scale / 2, n_sides=10)
            plotter.add_mesh(tube, color=colour, smooth_shading=True)


def _add_manholes(plotter: pv.Plotter, manholes: Manholes, scale: float) -> None:
    bottom = np.column_stack([manholes.x, manholes.y, manholes.invert_m * scale])
    top = np.column_stack([manholes.x, manholes.y, manholes.ground_m * scale])
    shafts = [np.vstack(ends) for ends in zip(bottom, top, strict=True) if ends[1][2] > ends[0][2]]
    if shafts:
        plotter.add_mesh(_polylines(shafts), color=SHAFT, line_width=2, lighting=False)
    if manholes.surcharged.any():
        plotter.add_points(
            top[manholes.surcharged], color=SURCHARGED, point_size=14, render_points_as_spheres=True
        )


def _raised(points: NDArray[Any], scale: float) -> NDArray[Any]:
    return points * np.array([1.0, 1.0, scale])


def _polylines(lines: list[NDArray[Any]]) -> Any:
    cells: list[int] = []
    count = 0
    for line in lines:
        cells += [len(line), *range(count, count + len(line))]
        count += len(line)
    return pv.PolyData(np.concatenate(lines), lines=np.array(cells))


def _look(plotter: pv.Plotter, scene: Scene, scale: float, direction: tuple[float, float, float]) -> None:
    """Look at the city along parallel rays from ``direction``, filling the picture.

    Parameters
    ----------
    plotter
        Its camera is placed.
    scene
        What must be visible, buildings and sewer included.
    scale
        Exaggeration of heights.
    direction
        From the city towards the camera.
    """
    points = _outline(scene, scale)
    towards = np.array(direction) / np.linalg.norm(direction)
    right = np.cross((0.0, 0.0, 1.0), towards)
    right /= np.linalg.norm(right)
    up = np.cross(towards, right)
    across, along, depth = points @ right, points @ up, points @ towards
    middle = (
        right * (across.min() + across.max()) / 2
        + up * (along.min() + along.max()) / 2
        + towards * (depth.min() + depth.max()) / 2
    )
    width, height = plotter.window_size
    camera = plotter.camera
    camera.parallel_projection = True
    camera.focal_point = middle
    camera.position = middle + towards * (np.ptp(depth) + 1.0)
    camera.up = (0.0, 0.0, 1.0)
    camera.parallel_scale = _MARGIN * max(np.ptp(along), np.ptp(across) * height / width) / 2
    plotter.renderer.reset_camera_clipping_range()


def _outline(scene: Scene, scale: float) -> NDArray[Any]:
    """Points that must be in the picture: ground, roofs, bottoms of manholes; shape (n, 3), m."""
    x, y = np.meshgrid(scene.x, scene.y)
    inside = ~np.isnan(scene.elevation)
    points = [np.column_stack([x[inside], y[inside], scene.elevation[inside]])]
    if scale == SEWER_EXAGGERATION:
        if scene.manholes is not None:
            points.append(np.column_stack([scene.manholes.x, scene.manholes.y, scene.manholes.invert_m]))
    else:
        for ring, top in zip(scene.footprints, scene.base_m + scene.height_m, strict=True):
            points.append(np.column_stack([ring, np.full(len(ring), top)]))
    return _raised(np.concatenate(points), scale)
