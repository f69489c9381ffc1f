"""The map's layers, each described once, by a pydeck layer.

The description is a `pydeck.Layer` without data: type, id, accessors that name columns, style. A
notebook gives it its table and shows it with pydeck (`viz.layers.notebook`); the screen's component gets
the same type and style, and the same columns as flat binary arrays (`viz.layers.binary`). The order is
the order of drawing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pydeck
from numpy.typing import NDArray

from viz.layers import colours, images, tables
from viz.layers.scene import Scene

FONT = "'Noto Sans SC Variable', 'Noto Sans CJK SC', sans-serif"

Table = Callable[[Scene], pd.DataFrame | None]
Picture = Callable[[Scene], NDArray[np.uint8] | None]


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One layer of the map.

    Parameters
    ----------
    layer
        Type, id, accessors and style; no data.
    zh, en
        Name for people.
    table
        Makes the rows; None for a picture.
    picture
        Makes the picture of a ``BitmapLayer``; None for a table.
    moving
        Changes with simulated time, so that the screen fills it from the run's frames and events.
    shown
        Whether it is switched on at first.
    """

    layer: Callable[[], pydeck.Layer]
    zh: str
    en: str
    table: Table | None = None
    picture: Picture | None = None
    moving: bool = False
    shown: bool = True

    @property
    def id(self) -> str:
        """Id of the layer, the same everywhere."""
        return str(self.layer().id)


def _layer(kind: str, name: str, **style: Any) -> Callable[[], pydeck.Layer]:
    """Return a maker of the description, because a pydeck layer is mutable; text stays text."""

    def make() -> pydeck.Layer:
        return pydeck.Layer(kind, None, id=name, **{key: literal(key, value) for key, value in style.items()})

    def literal(key: str, value: Any) -> Any:
        is_text = isinstance(value, str) and not key.startswith("get_")
        return pydeck.types.String(value) if is_text else value

    return make


_FLAT = {"depthCompare": "always", "depthWriteEnabled": False}
_ON_TOP = {"depthCompare": "always", "depthWriteEnabled": False}
_TEXT: dict[str, Any] = {
    "get_position": "position",
    "get_text": "text",
    "font_family": FONT,
    "character_set": "auto",
    "font_weight": 600,
    "parameters": _ON_TOP,
}

LAYERS: tuple[MapLayer, ...] = (
    MapLayer(_layer("BitmapLayer", "ground", parameters=_FLAT), "地形", "Ground", picture=images.ground),
    MapLayer(
        _layer(
            "PathLayer",
            "streets",
            get_path="path",
            get_width="width_m",
            get_color=list(colours.STREET),
            width_units="meters",
            width_min_pixels=1,
            cap_rounded=True,
            joint_rounded=True,
            pickable=True,
            parameters=_FLAT,
        ),
        "路面",
        "Streets",
        table=tables.streets,
    ),
    MapLayer(
        _layer("BitmapLayer", "water", parameters=_FLAT), "积水", "Water", picture=images.water, moving=True
    ),
    MapLayer(
        _layer(
            "SolidPolygonLayer",
            "water_bodies",
            get_polygon="polygon",
            get_fill_color=[14, 58, 104, 255],
            extruded=False,
            parameters=_FLAT,
        ),
        "河湖",
        "Rivers",
        table=tables.water_bodies,
    ),
    MapLayer(
        _layer(
            "PathLayer",
            "sewers",
            get_path="path",
            get_width="width_m",
            get_color=[206, 226, 246, 235],
            width_units="meters",
            width_scale=0.6,
            width_min_pixels=1.2,
            parameters=_FLAT,
        ),
        "排水管",
        "Sewers",
        table=tables.sewers,
        shown=False,
    ),
    MapLayer(
        _layer(
            "PathLayer",
            "bridges",
            get_path="path",
            get_width=9,
            get_color=[150, 176, 204, 235],
            width_units="meters",
            width_min_pixels=2,
            parameters=_FLAT,
        ),
        "桥梁",
        "Bridges",
        table=tables.bridges,
    ),
    MapLayer(
        _layer(
            "ScatterplotLayer",
            "gullies",
            get_position="position",
            get_radius=1.6,
            radius_min_pixels=1.4,
            get_fill_color=[130, 236, 206, 230],
            parameters=_FLAT,
        ),
        "雨水箅子",
        "Gullies",
        table=tables.gullies,
        shown=False,
    ),
    MapLayer(
        _layer(
            "SolidPolygonLayer",
            "buildings",
            get_polygon="polygon",
            get_elevation="height_m",
            get_fill_color="colour",
            extruded=True,
            pickable=True,
            material={"ambient": 0.5, "diffuse": 0.6, "shininess": 24},
        ),
        "建筑",
        "Buildings",
        table=tables.buildings,
    ),
    MapLayer(
        _layer(
            "PathLayer",
            "roads",
            get_path="path",
            get_width="width_m",
            get_color="colour",
            width_units="meters",
            width_min_pixels=2.2,
            cap_rounded=True,
            joint_rounded=True,
            parameters=_ON_TOP,
        ),
        "道路",
        "Roads",
        table=tables.roads,
    ),
    MapLayer(
        _layer(
            "PathLayer",
            "barriers",
            get_path="path",
            get_width=1.5,
            get_color=[255, 176, 32, 255],
            width_units="meters",
            width_min_pixels=3,
            cap_rounded=True,
            joint_rounded=True,
            parameters=_ON_TOP,
        ),
        "挡水围堰",
        "Barriers",
        table=tables.barriers,
        moving=True,
    ),
    MapLayer(
        _layer(
            "TextLayer",
            "labels",
            get_color=[222, 241, 255, 255],
            get_size=13,
            background=True,
            get_background_color=[4, 24, 48, 205],
            background_padding=[6, 3],
            get_border_color=[0, 170, 240, 190],
            get_border_width=1,
            get_pixel_offset=[0, 18],
            **_TEXT,
        ),
        "地名",
        "Names",
        table=tables.labels,
    ),
    MapLayer(
        _layer(
            "ScatterplotLayer",
            "depots",
            get_position="position",
            get_radius=12,
            radius_min_pixels=4,
            radius_max_pixels=9,
            stroked=True,
            get_fill_color=[10, 34, 62, 235],
            get_line_color=[64, 224, 160, 255],
            line_width_min_pixels=2,
            parameters=_ON_TOP,
        ),
        "驻点",
        "Depots",
        table=tables.depots,
    ),
    MapLayer(
        _layer(
            "ScatterplotLayer",
            "sensors",
            get_position="position",
            get_radius=6,
            radius_min_pixels=2,
            radius_max_pixels=4.5,
            stroked=True,
            get_fill_color=[0, 224, 200, 255],
            get_line_color=[3, 20, 34, 255],
            line_width_min_pixels=1,
            pickable=True,
            parameters=_ON_TOP,
        ),
        "感知",
        "Sensors",
        table=tables.sensors,
    ),
    MapLayer(
        _layer(
            "TextLayer",
            "structures",
            get_color=[10, 12, 20, 255],
            get_size=14,
            background=True,
            get_background_color="colour",
            background_padding=[5, 2],
            get_border_color=[10, 34, 62, 255],
            get_border_width=2,
            get_pixel_offset=[22, 0],
            pickable=True,
            **_TEXT,
        ),
        "桥隧坡",
        "Structures",
        table=tables.structures,
        moving=True,
    ),
    MapLayer(
        _layer(
            "TextLayer",
            "failures",
            get_color=[255, 255, 255, 255],
            get_size=15,
            background=True,
            get_background_color=list(colours.FAILURE),
            background_padding=[4, 1],
            get_border_color=[255, 255, 255, 230],
            get_border_width=1,
            pickable=True,
            **_TEXT,
        ),
        "故障",
        "Failures",
        table=tables.failures,
        moving=True,
    ),
    MapLayer(
        _layer(
            "TextLayer",
            "patrols",
            get_color=list(colours.PATROL),
            get_size=18,
            pickable=True,
            **_TEXT,
        ),
        "巡查员",
        "Patrols",
        table=tables.patrols,
        moving=True,
    ),
    MapLayer(
        _layer(
            "ScatterplotLayer",
            "crews",
            get_position="position",
            get_fill_color="colour",
            get_radius=12,
            radius_min_pixels=7,
            radius_max_pixels=12,
            stroked=True,
            get_line_color=[255, 255, 255, 255],
            line_width_min_pixels=2,
            pickable=True,
            parameters=_ON_TOP,
        ),
        "队伍",
        "Crews",
        table=tables.crews,
        moving=True,
    ),
    MapLayer(
        _layer(
            "TextLayer",
            "cases",
            get_color=[10, 12, 20, 255],
            get_size=15,
            background=True,
            get_background_color="colour",
            background_padding=[6, 3],
            get_border_color=[255, 255, 255, 230],
            get_border_width=1,
            get_pixel_offset=[0, -17],
            pickable=True,
            **_TEXT,
        ),
        "案件",
        "Cases",
        table=tables.cases,
        moving=True,
    ),
)


def describe(scene: Scene) -> list[pydeck.Layer]:
    """Return the layers of a scene as pydeck layers with their data, in order of drawing.

    Layers for which the city or the moment has nothing are left out.
    """
    made = (_with_data(entry, scene) for entry in LAYERS)
    return [layer for layer in made if layer is not None]


def _with_data(entry: MapLayer, scene: Scene) -> pydeck.Layer | None:
    layer = entry.layer()
    if entry.picture is not None:
        picture = entry.picture(scene)
        if picture is None:
            return None
        encoded = base64.b64encode(images.png(picture)).decode("ascii")
        layer.image = pydeck.types.String(f"data:image/png;base64,{encoded}")
        layer.bounds = images.extent(scene)
    elif entry.table is not None:
        table = entry.table(scene)
        if table is None or table.empty:
            return None
        layer.data = _plain(table)
    layer.visible = entry.shown
    return layer


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values; coordinates keep a centimetre."""
    return [{str(key): _value(value) for key, value in row.items()} for row in table.to_dict("records")]


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.round(value, 7).tolist() if value.dtype.kind == "f" else value.tolist()
    return value


def names(entries: Sequence[MapLayer] = LAYERS) -> list[dict[str, Any]]:
    """Id, name by language and first state of each layer, for a legend."""
    return [{"id": entry.id, "zh": entry.zh, "en": entry.en, "shown": entry.shown} for entry in entries]
