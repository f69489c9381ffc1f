"""The map's layers as flat little-endian arrays, which a browser hands to the graphics card as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from viz.layers import images
from viz.layers.registry import MapLayer
from viz.layers.scene import Scene

_SIZES: Mapping[str, tuple[str, int]] = {
    "getPolygon": ("f8", 2),
    "getPath": ("f8", 2),
    "getPosition": ("f8", 2),
    "getElevation": ("f4", 1),
    "getWidth": ("f4", 1),
    "getRadius": ("f4", 1),
    "getFillColor": ("u1", 4),
    "getColor": ("u1", 4),
    "getLineColor": ("u1", 4),
}
_SHAPES = {"getPolygon", "getPath"}


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """A layer ready for the browser.

    Parameters
    ----------
    entry
        JSON value: id, type, style, number of rows, and for each accessor the file, type and size of
        its array; for a text layer the rows themselves.
    files
        Content by file name.
    ids
        Id of each row, to tell what was clicked.
    """

    entry: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)


def describe_for_browser(layer: MapLayer) -> dict[str, Any]:
    """Type, style and accessors of a layer as JSON values, taken from its pydeck description."""
    style = json.loads(layer.layer().to_json())
    kind, name = style.pop("@@type"), style.pop("id")
    style.pop("data", None)
    columns = {key: value[3:] for key, value in style.items() if _is_column(value)}
    style = {key: value for key, value in style.items() if key not in columns}
    return {
        "id": name,
        "type": kind,
        "zh": layer.zh,
        "en": layer.en,
        "moving": layer.moving,
        "shown": layer.shown,
        "style": style,
        "columns": columns,
    }


def pack(layer: MapLayer, scene: Scene) -> PackedLayer | None:
    """Pack a layer of the scene; None when the city has nothing of the kind.

    A moving layer carries no data: the screen fills it.
    """
    entry = describe_for_browser(layer)
    if layer.moving:
        return PackedLayer(entry | ({"bounds": images.extent(scene)} if layer.picture else {}))
    if layer.picture is not None:
        picture = layer.picture(scene)
        if picture is None:
            return None
        name = f"{entry['id']}.png"
        return PackedLayer(
            entry | {"image": name, "bounds": images.extent(scene)}, {name: images.png(picture)}
        )
    table = layer.table(scene) if layer.table is not None else None
    if table is None or table.empty:
        return None
    ids = table["id"].astype(str).tolist()
    if entry["type"] == "TextLayer":
        rows = [_row(row) for row in table.to_dict("records")]
        return PackedLayer(entry | {"length": len(ids), "rows": rows}, {}, ids)
    return _pack_table(entry, table, ids)


def _pack_table(entry: dict[str, Any], table: pd.DataFrame, ids: list[str]) -> PackedLayer:
    files: dict[str, bytes] = {}
    attributes: dict[str, Any] = {}
    starts: str | None = None
    for accessor, column in entry["columns"].items():
        dtype, size = _SIZES[accessor]
        values = table[column].to_list()
        counts = [len(value) for value in values] if accessor in _SHAPES else None
        if counts is not None:
            starts = f"{entry['id']}.starts.u4"
            files[starts] = np.concatenate([[0], np.cumsum(counts)]).astype("<u4").tobytes()
            flat = np.concatenate(values)
        else:
            flat = np.asarray(values)
        name = f"{entry['id']}.{column}.{dtype}"
        files[name] = np.ascontiguousarray(flat, dtype=f"<{dtype}").tobytes()
        attributes[accessor] = {"file": name, "dtype": dtype, "size": size}
    packed = entry | {"length": len(ids), "attributes": attributes, "starts": starts}
    return PackedLayer(packed, files, ids)


def _row(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        str(key): np.round(value, 7).tolist() if isinstance(value, np.ndarray) else value
        for key, value in row.items()
    }


def _is_column(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@@=")
