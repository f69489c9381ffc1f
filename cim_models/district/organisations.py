"""Who answers for what in the district: its organisations, and the owners of its components."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from shapely.geometry import Point

from cim_models.district.tables import layer_frame

DRAIN_COVER, GRATE, WATER_COVER = "01-03", "01-04", "01-01"
LAMP, HYDRANT, LIGHT, NAME_SIGN = "01-18", "01-13", "02-14", "02-13"
TREE, BIN, REGULATOR, PASSAGE = "04-02", "03-05", "01-33", "02-06"


@dataclass(frozen=True, slots=True)
class Ownership:
    """Owning unit, maintaining unit and supervising department of a class of components, by name."""

    owner: str
    maintenance: str
    supervisor: str


_WATER, _CITY, _ENERGY, _TRAFFIC = "水务管理部门", "城市管理部门", "能源管理部门", "交通管理部门"

OWNERS = {
    DRAIN_COVER: Ownership("排水管理所", "排水养护队", _WATER),
    GRATE: Ownership("排水管理所", "排水养护队", _WATER),
    WATER_COVER: Ownership("自来水公司", "供水抢修队", _WATER),
    HYDRANT: Ownership("消防救援站", "供水抢修队", _WATER),
    LAMP: Ownership("路灯管理所", "路灯养护队", _CITY),
    LIGHT: Ownership("交通管理站", "交通设施队", _TRAFFIC),
    NAME_SIGN: Ownership("地名管理站", "交通设施队", _CITY),
    TREE: Ownership("园林管理所", "绿化养护队", _CITY),
    BIN: Ownership("环境卫生所", "环卫作业队", _CITY),
    REGULATOR: Ownership("燃气公司", "燃气抢修队", _ENERGY),
    PASSAGE: Ownership("市政设施所", "排水养护队", _CITY),
}
"""Ownership by class of component; all names are invented."""

_TREE: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("ORG-C", "centre", "", "片区运行管理中心", "District Operation Centre", ""),
    ("ORG-D1", "department", "ORG-C", _WATER, "Water Affairs Department", "drainage,pump,water"),
    ("ORG-D2", "department", "ORG-C", _CITY, "City Management Department",
     "sanitation,enforcement,inspection,road"),
    ("ORG-D3", "department", "ORG-C", _ENERGY, "Energy Department", "gas,power"),
    ("ORG-D4", "department", "ORG-C", _TRAFFIC, "Traffic Department", "traffic"),
    ("ORG-O1", "unit", "ORG-D1", "排水管理所", "Drainage Office", ""),
    ("ORG-O2", "unit", "ORG-D1", "自来水公司", "Water Company", ""),
    ("ORG-O3", "unit", "ORG-D2", "消防救援站", "Fire Station", ""),
    ("ORG-O4", "unit", "ORG-D2", "路灯管理所", "Street Lighting Office", ""),
    ("ORG-O5", "unit", "ORG-D4", "交通管理站", "Traffic Office", ""),
    ("ORG-O6", "unit", "ORG-D2", "地名管理站", "Street Name Office", ""),
    ("ORG-O7", "unit", "ORG-D2", "园林管理所", "Parks Office", ""),
    ("ORG-O8", "unit", "ORG-D2", "环境卫生所", "Sanitation Office", ""),
    ("ORG-O9", "unit", "ORG-D3", "燃气公司", "Gas Company", ""),
    ("ORG-O10", "unit", "ORG-D2", "市政设施所", "Municipal Works Office", ""),
    ("ORG-U1", "unit", "ORG-O1", "排水养护队", "Drainage Team", "drainage,pump"),
    ("ORG-U2", "unit", "ORG-O2", "供水抢修队", "Water Repair Team", "water"),
    ("ORG-U3", "unit", "ORG-O4", "路灯养护队", "Street Lighting Team", "power"),
    ("ORG-U4", "unit", "ORG-O5", "交通设施队", "Traffic Team", "traffic"),
    ("ORG-U5", "unit", "ORG-O7", "绿化养护队", "Greening Team", ""),
    ("ORG-U6", "unit", "ORG-O8", "环卫作业队", "Sanitation Team", "sanitation"),
    ("ORG-U7", "unit", "ORG-O9", "燃气抢修队", "Gas Repair Team", "gas"),
    ("ORG-U8", "unit", "ORG-O10", "道路养护队", "Road Team", "road"),
)  # fmt: skip
"""Id, kind, parent, names and skills of what serves the whole district."""


def make_district_organisations(grid: gpd.GeoDataFrame, depots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Build the ``organisations`` layer.

    Parameters
    ----------
    grid
        Unit cells; every street office that their codes name gets a station and a team.
    depots
        The first one is the seat of everybody else.
    """
    seat = depots.geometry.iloc[0]
    rows = [(*row, "") for row in _TREE]
    places = [seat] * len(rows)
    offices = sorted({str(code)[:9] for code in grid["id"]})
    district = offices[0][:6]
    rows.append((f"ORG-{district}", "district", "ORG-C", "示范片区", "Demonstration District", "", district))
    places.append(seat)
    for number, office in enumerate(offices, start=1):
        inside = grid[grid["id"].str.startswith(office)].geometry.centroid
        where = Point(round(float(np.mean(inside.x)), 2), round(float(np.mean(inside.y)), 2))
        station = f"ORG-{office}"
        rows.append(
            (
                station,
                "station",
                f"ORG-{district}",
                f"第{number}街道工作站",
                f"Street Station {number}",
                "",
                office,
            )
        )
        rows.append(
            (
                f"{station}-A",
                "unit",
                station,
                f"第{number}街道执法巡查队",
                f"Enforcement and Inspection Team {number}",
                "enforcement,inspection",
                "",
            )
        )
        places += [where, where]
    names = ("id", "kind", "parent", "name_zh", "name_en", "skills", "areas")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return layer_frame("organisations", columns, places)
