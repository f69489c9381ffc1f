"""Pictures that lie flat on the map: shaded ground and water."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viz.layers import colours
from viz.layers.scene import Scene

LARGEST_SIDE = 1024
"""Pixels on the longer side of a picture sent to a browser; finer grids are reduced."""

_GROUND_LOW = np.array([13, 36, 66], dtype=np.float32)
_GROUND_HIGH = np.array([44, 84, 128], dtype=np.float32)


def reduction(shape: tuple[int, int]) -> int:
    """Cells along one side of the block that becomes one pixel."""
    return -(-max(shape) // LARGEST_SIDE)


def block_maximum(values: NDArray[Any], factor: int) -> NDArray[Any]:
    """Reduce a grid by the largest value of each block, so that nothing small gets lost.

    Parameters
    ----------
    values
        Shape (rows, cols), without NaN.
    factor
        Cells along one side of a block, >= 1; the grid is padded with zeros to full blocks.
    """
    if factor == 1:
        return values
    rows, cols = (-(-side // factor) for side in values.shape)
    padded = np.zeros((rows * factor, cols * factor), dtype=values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    return padded.reshape(rows, factor, cols, factor).max(axis=(1, 3))


def extent(scene: Scene) -> list[list[float]]:
    """Corners of the terrain's pictures, padded as `block_maximum` pads, in longitude and latitude."""
    terrain = scene.city.terrain
    block = reduction(terrain.shape) * terrain.cell_size_m
    rows, cols = terrain.shape
    width = -(-cols * terrain.cell_size_m // block) * block
    height = -(-rows * terrain.cell_size_m // block) * block
    return scene.project.corners(
        (terrain.x_min, terrain.y_max - height, terrain.x_min + width, terrain.y_max)
    )


def ground(scene: Scene) -> NDArray[np.uint8]:
    """Shade the terrain by slope and height, shape (rows, cols, 4); clear where there is none."""
    terrain = scene.city.terrain
    factor = reduction(terrain.shape)
    elevation = terrain.elevation[::factor, ::factor]
    known = np.isfinite(elevation)
    filled = np.where(known, elevation, np.nanmean(elevation)).astype(np.float32)
    low, high = np.percentile(filled[known], [2, 98])
    height = np.clip((filled - low) / max(high - low, 0.1), 0.0, 1.0)
    south, east = np.gradient(filled, terrain.cell_size_m * factor)
    light = np.clip(0.72 + 3.0 * (south + east) / np.sqrt(1.0 + 9.0 * (south**2 + east**2)), 0.35, 1.3)
    rgb = (_GROUND_LOW + (_GROUND_HIGH - _GROUND_LOW) * height[..., None]) * light[..., None]
    alpha = np.where(known, 255, 0)
    return np.dstack([np.clip(rgb, 0, 255), alpha]).astype(np.uint8)


def water(scene: Scene) -> NDArray[np.uint8] | None:
    """Colour the moment's water by depth, shape (rows, cols, 4); None without a moment."""
    if scene.moment is None:
        return None
    depth = block_maximum(scene.moment.water_depth, reduction(scene.city.terrain.shape))
    return colours.water_ramp()[colours.depth_code(depth)]


def png(picture: NDArray[np.uint8]) -> bytes:
    """Encode a picture of shape (rows, cols, 4) as PNG."""
    out = io.BytesIO()
    Image.fromarray(picture, "RGBA").save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()
