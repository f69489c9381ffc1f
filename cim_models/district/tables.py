"""GeoDataFrames with the columns that `cim_models.layers` declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd

from cim_models.district.plan import CRS
from cim_models.layers import LAYERS


def layer_frame(
    layer: str, columns: Mapping[str, Sequence[Any]], geometry: Sequence[Any]
) -> gpd.GeoDataFrame:
    """Build a layer; columns that are not given take their declared default.

    Parameters
    ----------
    layer
        Name in `cim_models.layers.LAYERS`.
    columns
        Values by column; must hold ``id`` and every column without a default.
    geometry
        Shapely geometries in the district's CRS.

    Returns
    -------
    Frame with ``id``, the declared columns in their order and the geometry, indexed 0..n-1.
    """
    spec = LAYERS[layer]
    count = len(geometry)
    data: dict[str, Any] = {"id": list(columns["id"])}
    for column in spec.columns:
        values = columns[column.name] if column.name in columns else [column.default] * count
        data[column.name] = [column.dtype(value) for value in values]
    return gpd.GeoDataFrame(data, geometry=list(geometry), crs=CRS)
