"""Water depth on road segments, read off the surface grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from cim_models.city import Terrain

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_ALONG = 0.5  # cross-sections per cell along the road: two


class RoadSampler:
    """Depth per road segment: the deepest cross-section that a driver meets.

    A cross-section is taken every half cell along the centre line. Its depth is the mean over the
    cells within the road's width, because a driver keeps to the shallower side and a single gutter
    cell stops nobody; the segment's depth is the largest of its cross-sections. Cells that are walls
    or lie outside the terrain do not count. Where an underpass crosses, the terrain is the
    underpass's own surface, so the road on the deck above does not see those cells.

    Parameters
    ----------
    terrain
        The grid.
    roads
        Layer ``roads``; depths come out in its order.
    walls
        Cells that carry no water, shape (rows, cols); None for none.

    Attributes
    ----------
    distinct_cells
        Flat indices of all cells that are read, ascending; not to be written.
    """

    def __init__(self, terrain: Terrain, roads: GeoDataFrame, walls: NDArray[np.bool_] | None = None) -> None:
        dry = ~np.isfinite(terrain.elevation)
        if walls is not None:
            dry = dry | walls
        sections = _cross_sections(terrain, roads)
        usable = ~dry.ravel()[sections.cell]
        usable &= ~_below_decks(sections, roads)
        cell, segment, section = (
            sections.cell[usable],
            sections.segment[usable],
            sections.section[usable],
        )
        self.distinct_cells, self._position = np.unique(cell, return_inverse=True)
        self.distinct_cells.setflags(write=False)
        self._section_start = _starts(section)
        self._section_segment = segment[self._section_start[:-1]]
        self._count = len(roads)

    def depth(self, water_depth: NDArray[np.float32]) -> NDArray[np.float64]:
        """Largest depth on each segment.

        Parameters
        ----------
        water_depth
            Depth at cell centres, shape (rows, cols), m.

        Returns
        -------
        Shape (segments,), m; 0 for a segment without cells.
        """
        return self.depth_of(water_depth.ravel()[self.distinct_cells].astype(np.float64))

    def depth_of(self, cell_depth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest depth on each segment, from the depths of `distinct_cells` alone, m."""
        out = np.zeros(self._count)
        _deepest_section(cell_depth, self._position, self._section_start, self._section_segment, out)
        return out

    def cells(self, segment: int) -> NDArray[np.int64]:
        """Flat indices of the cells that a segment is read from, each once, ascending."""
        of_section = np.repeat(self._section_segment, np.diff(self._section_start))
        return np.unique(self.distinct_cells[self._position[of_section == segment]])


@dataclass(frozen=True, slots=True)
class _Samples:
    """Cells of all cross-sections: flat cell index, segment and running section number."""

    cell: NDArray[np.int64]
    segment: NDArray[np.int64]
    section: NDArray[np.int64]


def _cross_sections(terrain: Terrain, roads: GeoDataFrame) -> _Samples:
    size = terrain.cell_size_m
    cells, segments, sections = [], [], []
    first = 0
    widths = roads["width_m"].to_numpy(dtype=np.float64)
    for segment, line in enumerate(roads.geometry):
        along = np.arange(0.5 * _ALONG * size, line.length, _ALONG * size)
        along = along if along.size else np.array([0.5 * line.length])
        points = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, along + 0.1 * size))
        behind = shapely.get_coordinates(
            shapely.line_interpolate_point(line, np.maximum(along - 0.1 * size, 0))
        )
        tangent = ahead - behind
        tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-12)[:, None]
        normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
        half = max(0.5 * (widths[segment] - size), 0.0)
        offsets = np.linspace(-half, half, 2 * int(np.ceil(half / size)) + 1)
        xy = points[:, None, :] + offsets[None, :, None] * normal[:, None, :]
        row, col = terrain.row_col(xy[..., 0], xy[..., 1])
        number = first + np.broadcast_to(np.arange(along.size)[:, None], row.shape)
        inside = terrain.inside(xy[..., 0], xy[..., 1])
        pairs = np.unique(
            np.column_stack([number[inside], row[inside] * terrain.shape[1] + col[inside]]), axis=0
        )
        cells.append(pairs[:, 1])
        sections.append(pairs[:, 0])
        segments.append(np.full(len(pairs), segment))
        first += along.size
    return _Samples(*(np.concatenate(part).astype(np.int64) for part in (cells, segments, sections)))


def _below_decks(samples: _Samples, roads: GeoDataFrame) -> NDArray[np.bool_]:
    """Mark samples of ordinary roads in cells that an underpass owns."""
    underpass = roads["underpass"].to_numpy(dtype=bool)[samples.segment]
    owned = np.unique(samples.cell[underpass])
    return ~underpass & np.isin(samples.cell, owned)


def _starts(section: NDArray[np.int64]) -> NDArray[np.int64]:
    """Start of each run of equal numbers, and the end."""
    changes = np.flatnonzero(np.diff(section)) + 1
    if section.size == 0:
        return np.zeros(1, dtype=np.int64)
    return np.concatenate([[0], changes, [section.size]]).astype(np.int64)


@njit(cache=True)
def _deepest_section(water_depth, cells, start, segment, out):  # type: ignore[no-untyped-def]
    for section in range(start.size - 1):
        total = 0.0
        for position in range(start[section], start[section + 1]):
            total += water_depth[cells[position]]
        mean = total / (start[section + 1] - start[section])
        out[segment[section]] = max(out[segment[section]], mean)
