"""Where water is looked at: around points, on roads, at sensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Terrain
from twin.exchange.placement import NOWHERE, nearest_open_cells

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from twin.sewer import SewerEngine

_REACH_M = 8.0


class DepthReader(Protocol):
    """A surface whose depth can be read cell by cell."""

    def depth_of(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Depth of cells given by flat index, m."""
        ...


class SensorProbes:
    """Depths that the sensors of a city would read without noise.

    Road sensors read the street's depth at their place, or at the nearest open cell; sewer sensors the
    depth above the invert of the node that they name. Others, and sensors without a place or a known
    node, read nothing.
    """

    def __init__(
        self,
        terrain: Terrain,
        open_cells: NDArray[np.bool_],
        sensors: GeoDataFrame | None,
        sewer: SewerEngine | None,
    ) -> None:
        count = 0 if sensors is None else len(sensors)
        self._cell = np.full(count, NOWHERE, dtype=np.int64)
        self._node = np.full(count, NOWHERE, dtype=np.int64)
        if sensors is None:
            return
        kind = sensors["kind"].astype(str).to_numpy()
        cells = nearest_open_cells(terrain, open_cells, sensors.geometry.x, sensors.geometry.y, _REACH_M)
        self._cell = np.where(kind == "road_level", cells, NOWHERE)
        if sewer is not None:
            position = {name: index for index, name in enumerate(sewer.node_ids)}
            nodes = np.array([position.get(str(name), NOWHERE) for name in sensors["target"]], dtype=np.int64)
            self._node = np.where(kind == "sewer_level", nodes, NOWHERE)

    def read(self, surface: DepthReader, sewer: SewerEngine | None) -> NDArray[np.float64]:
        """Depth at each sensor, in the order of the layer, m; NaN for none."""
        out = np.full(self._cell.size, np.nan)
        on_road = self._cell != NOWHERE
        out[on_road] = surface.depth_of(self._cell[on_road])
        if sewer is not None:
            in_sewer = self._node != NOWHERE
            out[in_sewer] = sewer.depths[self._node[in_sewer]]
        return out
