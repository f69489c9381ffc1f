"""Layers of a city: which there are, their geometry and their columns, declared once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute of a layer.

    Parameters
    ----------
    name
        Column name, with its unit as suffix where it has one.
    dtype
        ``str``, ``float``, ``int`` or ``bool``.
    description
        What it says, with unit and range.
    default
        Value where the source lacks the column; None makes the column required.
    """

    name: str
    dtype: type
    description: str
    default: Any = None


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """A layer of ``city.gpkg``: its name, geometry type and columns besides ``id``."""

    name: str
    geometry: str
    description: str
    columns: tuple[Column, ...]


_SPECS = (
    LayerSpec(
        "buildings",
        "Polygon",
        "Building footprints",
        (
            Column("height_m", float, "height above ground, m, > 0", 9.0),
            Column("use", str, "residential, commercial, industrial, public or other", "other"),
            Column("persons", float, "residents or usual occupants, >= 0", 0.0),
        ),
    ),
    LayerSpec(
        "roads",
        "LineString",
        "Road segments between junctions; the graph has an edge for each",
        (
            Column("from_node", str, "junction at the first vertex"),
            Column("to_node", str, "junction at the last vertex"),
            Column("road_class", str, "trunk, primary, secondary, residential or service", "residential"),
            Column("name_zh", str, "name in Chinese", ""),
            Column("name_en", str, "name in English", ""),
            Column("speed_km_h", float, "free speed, km/h, > 0", 30.0),
            Column("width_m", float, "kerb to kerb, m, > 0", 7.0),
            Column("oneway", bool, "true: only from first to last vertex", False),
            Column("underpass", bool, "true: below a deck", False),
        ),
    ),
    LayerSpec(
        "gullies",
        "Point",
        "Street inlets with the sewer node they drain to",
        (
            Column("node", str, "id of the sewer node"),
            Column("length_m", float, "grate length along the kerb, m, > 0", 0.75),
            Column("width_m", float, "grate width, m, > 0", 0.45),
            Column("open_ratio", float, "open area over grate area, 0 to 1", 0.5),
            Column("blockage", float, "blocked share, 0 to 1", 0.0),
        ),
    ),
    LayerSpec(
        "components",
        "Point",
        "Municipal components: lamps, covers, grates, signs",
        (
            Column("class_code", str, "class of the component catalogue, major-minor", "06-99"),
            Column("owner_unit", str, "owning organisation", ""),
            Column("maint_unit", str, "maintaining organisation", ""),
            Column("supervising_dept", str, "department that supervises the industry", ""),
            Column("grid_cell", str, "id of the grid cell", ""),
        ),
    ),
    LayerSpec(
        "grid_cells",
        "Polygon",
        "Unit grid cells of about one hectare",
        (
            Column("patrol_grid", str, "id of the patrol grid it belongs to", ""),
            Column("persons", float, "residents, >= 0", 0.0),
        ),
    ),
    LayerSpec("patrol_grids", "Polygon", "Patrol grids: unions of unit cells", ()),
    LayerSpec(
        "sensors",
        "Point",
        "Fixed sensors and cameras",
        (
            Column(
                "kind",
                str,
                "road_level, sewer_level, rain or camera; for lifelines without a hydraulic model "
                "water_pressure, methane, manhole_level or heat_temperature",
            ),
            Column("target", str, "id of the road, sewer node or site it watches; empty for none", ""),
            Column("range_m", float, "measuring range, or view distance of a camera, m", 1.5),
            Column("noise_m", float, "standard deviation of a reading, m, >= 0", 0.01),
            Column("interval_s", float, "time between readings, s, > 0", 60.0),
        ),
    ),
    LayerSpec(
        "depots",
        "Point",
        "Where crews wait",
        (
            Column("name_zh", str, "name in Chinese", ""),
            Column("name_en", str, "name in English", ""),
            Column("skills", str, "skills stationed there, separated by commas; empty for all", ""),
        ),
    ),
    LayerSpec(
        "organisations",
        "Point",
        "Who watches, supervises and handles, at their seats: a tree below one centre",
        (
            Column("kind", str, "centre, department, district, station or unit"),
            Column("parent", str, "id of the organisation it belongs to; empty for the centre", ""),
            Column("name_zh", str, "name in Chinese", ""),
            Column("name_en", str, "name in English", ""),
            Column("skills", str, "what it handles or supervises, separated by commas", ""),
            Column(
                "areas",
                str,
                "beginnings of the ids of the cells it serves, separated by commas; empty: its parent's",
                "",
            ),
        ),
    ),
    LayerSpec(
        "spots",
        "Point",
        "Known waterlogging spots and places that a screen labels",
        (
            Column("kind", str, "underpass, low_crossing, undersized_sewer, outfall, landmark", "landmark"),
            Column("name_zh", str, "name in Chinese", ""),
            Column("name_en", str, "name in English", ""),
        ),
    ),
    LayerSpec(
        "bridges",
        "LineString",
        "Bridges and decks",
        (Column("clearance_m", float, "deck soffit above the road below, m", 4.5),),
    ),
    LayerSpec(
        "hazard_sites",
        "Point",
        "Septic tanks, manholes and cabinets watched for gas",
        (Column("kind", str, "septic_tank, manhole or regulator", "manhole"),),
    ),
    LayerSpec(
        "gas_mains",
        "LineString",
        "Buried gas mains",
        (
            Column("pressure_kpa", float, "operating pressure above the atmosphere, kPa, > 0", 200.0),
            Column("diameter_m", float, "bore, m, > 0", 0.11),
        ),
    ),
    LayerSpec(
        "gauges",
        "Point",
        "Gauges on bridges, tunnels and slopes",
        (
            Column("structure", str, "id of the structure it is on"),
            Column("structure_kind", str, "bridge, tunnel or slope", "bridge"),
            Column("quantity", str, "a quantity of catalogue monitoring, such as strain or crack"),
        ),
    ),
    LayerSpec(
        "lifelines",
        "LineString",
        "Pipes in the ground as an inventory, for failure rates; no hydraulic model",
        (
            Column("network", str, "supply, sewer, gas or heat"),
            Column("material", str, "material of catalogue failure_rates, such as cast_iron"),
            Column("diameter_m", float, "bore, m, > 0"),
            Column("year", int, "year in which it was laid"),
            Column("depth_m", float, "depth below the ground, m, >= 0", 1.2),
            Column("pressure_m", float, "usual pressure, m; 0 where it is not known", 0.0),
        ),
    ),
    LayerSpec(
        "water_bodies",
        "Polygon",
        "Rivers and lakes, for the map",
        (Column("name_zh", str, "name", ""), Column("name_en", str, "name", "")),
    ),
)

LAYERS: Mapping[str, LayerSpec] = {spec.name: spec for spec in _SPECS}
