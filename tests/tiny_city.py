"""One tiny named city: a sloping street with a dip, two buildings, a sewer too small for a storm.

80 m × 80 m at 2 m. The street runs from west (high) to east along y = 40, with a dip at x = 60 that
ponds; a second street leads around it by the north. Ground rises away from the street. Tests derive
variants with `dataclasses.replace` and `City.with_layer`.
"""

from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry import LineString, Point, box

from cim_models.city import City, Network, Source, Terrain
from cim_models.layers import LAYERS

CRS = "EPSG:4544"  # CGCS2000, three-degree zone of Chongqing, metres
X0, Y0 = 500_000.0, 3_270_000.0
ROWS = COLS = 40
CELL_SIZE_M = 2.0

SEWER_NODES = {"J1": (20.0, 40.0), "J2": (36.0, 40.0), "J3": (60.0, 40.0), "O1": (78.0, 40.0)}
SEWER_LINKS = {"C1": ("J1", "J2"), "C2": ("J2", "J3"), "C3": ("J3", "O1")}
MANHOLE_DEPTH_M = {"J1": 1.5, "J2": 1.7, "J3": 1.9, "O1": 2.4}
PIPE_DIAMETER_M = 0.3
JUNCTIONS = {"A": (6.0, 40.0), "B": (36.0, 40.0), "C": (70.0, 40.0), "D": (36.0, 74.0), "E": (70.0, 74.0)}


def ground_m(x: Any, y: Any) -> Any:
    """Ground elevation at local coordinates, m."""
    slope = 300.0 - 0.01 * np.asarray(x) + 0.02 * np.abs(np.asarray(y) - 40.0)
    dip = 0.6 * np.exp(-(((np.asarray(x) - 60.0) / 6.0) ** 2) - ((np.asarray(y) - 40.0) / 10.0) ** 2)
    return slope - dip


def make_tiny_city() -> City:
    """Return the tiny city; the same values every time."""
    return City(
        name="tiny",
        title={"zh": "小城", "en": "Tiny city"},
        crs=CRS,
        vertical_datum="made up",
        time_zone="Asia/Shanghai",
        terrain=_terrain(),
        layers={
            "buildings": _buildings(),
            "roads": _roads(),
            "gullies": _gullies(),
            "components": _components(),
            "grid_cells": _frame(
                "grid_cells", ["GC1"], [_box(0, 0, 80, 80)], patrol_grid="PG1", persons=260.0
            ),
            "patrol_grids": _frame("patrol_grids", ["PG1"], [_box(0, 0, 80, 80)]),
            "sensors": _sensors(),
            "depots": _frame("depots", ["DP1"], [_point(6, 44)], name_zh="西站", name_en="West depot"),
            "spots": _spots(),
        },
        sewer=_sewer(),
        sources=(Source("terrain", "made up for the tests", "Apache-2.0"),),
        cim_levels={"terrain": 1, "buildings": 2, "roads": 2, "gullies": 2},
        reference="tests:tiny",
    )


def _terrain() -> Terrain:
    x = (np.arange(COLS) + 0.5) * CELL_SIZE_M
    y = (ROWS - 0.5 - np.arange(ROWS)) * CELL_SIZE_M
    elevation = ground_m(x[None, :], y[:, None]).astype(np.float32)
    return Terrain(elevation, x_min=X0, y_max=Y0 + ROWS * CELL_SIZE_M, cell_size_m=CELL_SIZE_M)


def _buildings() -> gpd.GeoDataFrame:
    footprints = [_box(10, 50, 26, 66), _box(46, 50, 60, 66)]
    return _frame(
        "buildings", ["B1", "B2"], footprints, height_m=[18.0, 33.0], use="residential", persons=[60.0, 200.0]
    )


def _roads() -> gpd.GeoDataFrame:
    ends = [("A", "B"), ("B", "C"), ("B", "D"), ("D", "E"), ("E", "C")]
    lines = [LineString([_xy(*JUNCTIONS[start]), _xy(*JUNCTIONS[end])]) for start, end in ends]
    return _frame(
        "roads",
        ["R1", "R2", "R3", "R4", "R5"],
        lines,
        from_node=[start for start, _ in ends],
        to_node=[end for _, end in ends],
        road_class=["secondary", "secondary", "residential", "residential", "residential"],
        name_zh=["河街", "河街", "坡路", "高街", "塔巷"],
        name_en=["River Street", "River Street", "Slope Road", "High Street", "Tower Lane"],
        speed_km_h=[50.0, 50.0, 30.0, 30.0, 30.0],
        width_m=[8.0, 8.0, 6.0, 6.0, 6.0],
    )


def _gullies() -> gpd.GeoDataFrame:
    points = [_point(20, 42), _point(36, 38), _point(59, 42), _point(61, 38)]
    return _frame("gullies", ["G1", "G2", "G3", "G4"], points, node=["J1", "J2", "J3", "J3"])


def _components() -> gpd.GeoDataFrame:
    points = [_point(20, 40), _point(36, 40), _point(60, 40)]
    return _frame(
        "components", ["CP1", "CP2", "CP3"], points, class_code="01-02", maint_unit="sewer", grid_cell="GC1"
    )


def _sensors() -> gpd.GeoDataFrame:
    points = [_point(60, 41), _point(60, 40), _point(12, 68), _point(50, 44)]
    return _frame(
        "sensors",
        ["S-road", "S-sewer", "S-rain", "S-camera"],
        points,
        kind=["road_level", "sewer_level", "rain", "camera"],
        target=["R2", "J3", "", ""],
        range_m=[1.5, 3.0, 0.0, 30.0],
    )


def _spots() -> gpd.GeoDataFrame:
    return _frame(
        "spots",
        ["SP1", "SP2"],
        [_point(60, 40), _point(78, 40)],
        kind=["low_crossing", "outfall"],
        name_zh=["河街低洼处", "东排口"],
        name_en=["River Street dip", "East outfall"],
    )


def _sewer() -> Network:
    ground = {name: float(ground_m(*xy)) for name, xy in SEWER_NODES.items()}
    invert = {name: ground[name] - MANHOLE_DEPTH_M[name] for name in SEWER_NODES}
    nodes = gpd.GeoDataFrame(
        {
            "id": list(SEWER_NODES),
            "kind": ["junction", "junction", "junction", "outfall"],
            "ground_elevation_m": list(ground.values()),
            "invert_elevation_m": list(invert.values()),
        },
        geometry=[_point(*xy) for xy in SEWER_NODES.values()],
        crs=CRS,
    )
    ends = list(SEWER_LINKS.values())
    links = gpd.GeoDataFrame(
        {
            "id": list(SEWER_LINKS),
            "kind": "conduit",
            "from_node": [start for start, _ in ends],
            "to_node": [end for _, end in ends],
            "length_m": [SEWER_NODES[end][0] - SEWER_NODES[start][0] for start, end in ends],
            "diameter_m": PIPE_DIAMETER_M,
        },
        geometry=[LineString([_xy(*SEWER_NODES[start]), _xy(*SEWER_NODES[end])]) for start, end in ends],
        crs=CRS,
    )
    return Network(nodes, links, _sewer_inp(invert, links))


def _sewer_inp(invert: dict[str, float], links: gpd.GeoDataFrame) -> str:
    junctions = [
        f"{name} {invert[name]:.3f} {MANHOLE_DEPTH_M[name]:.3f} 0 0 0" for name in SEWER_NODES if name != "O1"
    ]
    conduits = [
        f"{link.id} {link.from_node} {link.to_node} {link.length_m:.2f} 0.013 0 0 0 0"
        for link in links.itertuples()
    ]
    sections = {
        "OPTIONS": [
            "FLOW_UNITS CMS",
            "INFILTRATION HORTON",
            "FLOW_ROUTING DYNWAVE",
            "START_DATE 06/18/2026",
            "START_TIME 17:00:00",
            "END_DATE 06/19/2026",
            "END_TIME 17:00:00",
            "REPORT_STEP 00:05:00",
            "ROUTING_STEP 1",
            "ALLOW_PONDING NO",
            "THREADS 1",
        ],
        "JUNCTIONS": junctions,
        "OUTFALLS": [f"O1 {invert['O1']:.3f} FREE NO"],
        "CONDUITS": conduits,
        "XSECTIONS": [f"{name} CIRCULAR {PIPE_DIAMETER_M} 0 0 0 1" for name in SEWER_LINKS],
        "COORDINATES": [f"{name} {X0 + x:.3f} {Y0 + y:.3f}" for name, (x, y) in SEWER_NODES.items()],
    }
    return "".join(f"[{name}]\n" + "\n".join(rows) + "\n\n" for name, rows in sections.items())


def _frame(layer: str, ids: list[str], shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    values: dict[str, Any] = {"id": ids}
    for column in LAYERS[layer].columns:
        values[column.name] = columns.pop(column.name, column.default)
    assert not columns, f"{layer} has no column {sorted(columns)}"
    return gpd.GeoDataFrame(values, geometry=shapes, crs=CRS)


def _xy(x: float, y: float) -> tuple[float, float]:
    return X0 + x, Y0 + y


def _point(x: float, y: float) -> Point:
    return Point(*_xy(x, y))


def _box(x_min: float, y_min: float, x_max: float, y_max: float) -> Any:
    return box(X0 + x_min, Y0 + y_min, X0 + x_max, Y0 + y_max)
