"""The city: terrain, layers and networks as one immutable value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Terrain:
    """Ground elevation on a regular grid, row 0 in the north.

    Parameters
    ----------
    elevation
        Shape (rows, cols), float32, m above the vertical datum; NaN where there is none.
    x_min, y_max
        Outer corner in the north-west, m in the city's CRS.
    cell_size_m
        Edge of a square cell, m, > 0.
    """

    elevation: NDArray[np.float32]
    x_min: float
    y_max: float
    cell_size_m: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, cols = self.elevation.shape
        return rows, cols

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Outer edges as (x_min, y_min, x_max, y_max), m."""
        rows, cols = self.shape
        size = self.cell_size_m
        return self.x_min, self.y_max - rows * size, self.x_min + cols * size, self.y_max

    def row_col(self, x: Any, y: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Cell of each point, by floor; a point outside gives a row or column out of range.

        Parameters
        ----------
        x, y
            Coordinates, m; scalars or arrays of one shape.

        Returns
        -------
        Row and column indices as int64 arrays.
        """
        row = np.floor((self.y_max - np.asarray(y, dtype=np.float64)) / self.cell_size_m)
        col = np.floor((np.asarray(x, dtype=np.float64) - self.x_min) / self.cell_size_m)
        return row.astype(np.int64), col.astype(np.int64)

    def inside(self, x: Any, y: Any) -> NDArray[np.bool_]:
        """Tell for each point whether it lies on the grid."""
        row, col = self.row_col(x, y)
        rows, cols = self.shape
        return (row >= 0) & (row < rows) & (col >= 0) & (col < cols)

    def centre(self, row: Any, col: Any) -> tuple[FloatArray, FloatArray]:
        """Coordinates x, y of cell centres, m."""
        x = self.x_min + (np.asarray(col, dtype=np.float64) + 0.5) * self.cell_size_m
        y = self.y_max - (np.asarray(row, dtype=np.float64) + 0.5) * self.cell_size_m
        return x, y


@dataclass(frozen=True, slots=True)
class Network:
    """A pipe network with the text of the engine's own input file.

    Parameters
    ----------
    nodes
        One row a node: ``id``, ``kind``, ``ground_elevation_m``, ``invert_elevation_m`` (sewer:
        bottom of the manhole; supply: the pipe's elevation), Point geometry. Sewer kinds:
        junction, outfall, storage, divider. Supply kinds: junction, reservoir, tank.
    links
        One row a link: ``id``, ``kind``, ``from_node``, ``to_node``, ``length_m``, ``diameter_m``
        (full depth for a pipe that is not round), LineString geometry. Sewer kinds: conduit, pump,
        orifice, weir, outlet. Supply kinds: pipe, pump, valve.
    inp
        The SWMM 5.2 or EPANET 2.2 file, as text.
    """

    nodes: GeoDataFrame
    links: GeoDataFrame
    inp: str


@dataclass(frozen=True, slots=True)
class Landcover:
    """What covers the ground, cell by cell.

    Parameters
    ----------
    codes
        Code of each cell, shape of the terrain, uint8.
    ground
        Ground class of each code, as in catalogue ``soils``.
    """

    codes: NDArray[np.uint8]
    ground: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a layer comes from and under which licence."""

    layer: str
    origin: str
    licence: str


@dataclass(frozen=True, slots=True)
class City:
    """A city model (CIM); immutable, so that variants are made with `replace`.

    Parameters
    ----------
    name
        Short identifier.
    title
        Name for people, by language code (``zh``, ``en``).
    crs
        Projected coordinate reference system in metres, e.g. ``"EPSG:25831"``.
    vertical_datum
        What elevations refer to; ``"unknown"`` when the source does not say.
    time_zone
        IANA name.
    terrain
        Ground elevation.
    layers
        GeoDataFrames by layer name, columns as in `cim_models.layers`, indexed 0..n-1. A layer
        that is missing switches off what needs it.
    sewer, supply
        Pipe networks, or None.
    roughness
        Manning's n per cell, shape of the terrain, s/m^(1/3); None for the scenario's value.
    landcover
        Ground class per cell, for infiltration; None where nobody has mapped it.
    sources
        Origin and licence per layer.
    cim_levels
        CIM level (1 to 7) per layer.
    reference
        ``builtin:NAME`` or the bundle folder, as a run records it.
    """

    name: str
    title: Mapping[str, str]
    crs: str
    vertical_datum: str
    time_zone: str
    terrain: Terrain
    layers: Mapping[str, GeoDataFrame] = field(default_factory=dict)
    sewer: Network | None = None
    supply: Network | None = None
    roughness: NDArray[np.float32] | None = None
    sources: tuple[Source, ...] = ()
    cim_levels: Mapping[str, int] = field(default_factory=dict)
    reference: str = ""
    landcover: Landcover | None = None

    def layer(self, name: str) -> GeoDataFrame | None:
        """Return the layer, or None when the city has none or an empty one."""
        frame = self.layers.get(name)
        return None if frame is None or frame.empty else frame

    def with_layer(self, name: str, frame: GeoDataFrame) -> City:
        """Return a city whose layer ``name`` is ``frame``."""
        return replace(self, layers={**self.layers, name: frame})
