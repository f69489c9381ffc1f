"""A city's organisations by numbers: one centre, departments, districts, street stations, work units.

The numbers default to those that Qingdao states of its command structure: 1, 32, 10, 141 and 443. All
names are invented; nothing is taken from a register.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cim_models.errors import InputError
from cim_models.organisations import Organisation, OrganisationKind

_FIELDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("排水管理部门", "Drainage Department", ("drainage", "pump")),
    ("供水管理部门", "Water Supply Department", ("water",)),
    ("燃气管理部门", "Gas Department", ("gas",)),
    ("电力管理部门", "Power Department", ("power",)),
    ("道路管理部门", "Roads Department", ("road",)),
    ("交通管理部门", "Traffic Department", ("traffic",)),
    ("环境卫生部门", "Sanitation Department", ("sanitation",)),
    ("城市管理执法部门", "Enforcement Department", ("enforcement",)),
    ("巡查采集部门", "Inspection Department", ("inspection",)),
)
_STATION_TEAMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("养护队", "Maintenance Team", ("drainage", "road")),
    ("环卫队", "Sanitation Team", ("sanitation",)),
    ("执法队", "Enforcement Team", ("enforcement", "traffic")),
)
_CITY_TEAMS: tuple[tuple[str, str, str, int], ...] = (
    ("pump", "抽排队", "Pump Team", 1),
    ("water", "供水抢修队", "Water Repair Team", 2),
    ("gas", "燃气抢修队", "Gas Repair Team", 3),
    ("power", "电力抢修队", "Power Repair Team", 4),
    ("inspection", "巡查队", "Inspection Team", 9),
)
DIVISION = "5099"
"""First digits of division codes that are not assigned: the city is invented."""


@dataclass(frozen=True, slots=True)
class OrganisationNumbers:
    """How many organisations of each kind; there is always one centre.

    Parameters
    ----------
    departments
        At least nine, one for each field of work.
    districts, stations
        Stations are dealt out to the districts in turn; at most 99 districts, 999 stations to each.
    units
        At least three for each station; those beyond work for the whole city or several districts.
    """

    departments: int = 32
    districts: int = 10
    stations: int = 141
    units: int = 443

    def __post_init__(self) -> None:
        teams = len(_STATION_TEAMS)
        for name, low, high in (
            ("departments", len(_FIELDS), 999),
            ("districts", 1, 99),
            ("stations", self.districts, 999 * self.districts),
            ("units", teams * self.stations, 99_999),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(
                    f"Number of {name} is out of range", got=value, expected=f"{low} to {high} organisations"
                )


def make_organisations(numbers: OrganisationNumbers | None = None) -> list[Organisation]:
    """Generate the organisations of a large city.

    Districts have areas of six digits and stations of nine, the beginning of their grid cells' codes
    (six digits for the division, three for the street).

    Parameters
    ----------
    numbers
        How many of each kind; None for the default.
    """
    numbers = numbers or OrganisationNumbers()
    centre = Organisation("ORG-C", OrganisationKind.CENTRE, "城市运行管理中心", "City Operation Centre")
    districts = list(_districts(numbers.districts))
    stations = list(_stations(numbers.stations, districts))
    return [
        centre,
        *_departments(numbers.departments),
        *districts,
        *stations,
        *_units(numbers.units, stations, districts),
    ]


def default_organisations() -> list[Organisation]:
    """Return the least that can answer for every case of a city; own assumption.

    A centre, a district, and for each field of work a department with one unit that serves everywhere.
    """
    centre = Organisation("ORG-C", OrganisationKind.CENTRE, "城市运行管理中心", "City Operation Centre")
    district = Organisation("ORG-1", OrganisationKind.DISTRICT, "全市片区", "Whole City", "ORG-C")
    departments = list(_departments(len(_FIELDS)))
    units = [
        Organisation(
            f"{department.id}-A",
            OrganisationKind.UNIT,
            department.name_zh.removesuffix("部门") + "作业队",
            department.name_en.removesuffix("Department") + "Team",
            department.id,
            department.skills,
        )
        for department in departments
    ]
    return [centre, district, *departments, *units]


def grid_cell_codes(members: Sequence[Organisation], count: int) -> list[str]:
    """Return ids of unit cells, dealt out evenly to the stations in their order.

    Fifteen digits: nine of the street, three of the community and three of the cell.

    Parameters
    ----------
    members
        Organisations, stations among them.
    count
        How many cells there are.
    """
    stations = [member.areas[0] for member in members if member.kind is OrganisationKind.STATION]
    number = Counter[str]()
    codes = []
    for index in range(count):
        street = stations[index * len(stations) // count]
        number[street] += 1
        codes.append(f"{street}{(number[street] - 1) // 999 + 1:03d}{(number[street] - 1) % 999 + 1:03d}")
    return codes


def organisation_columns(members: Sequence[Organisation]) -> dict[str, list[str]]:
    """Return the columns of the layer ``organisations``."""
    return {
        "id": [member.id for member in members],
        "kind": [str(member.kind) for member in members],
        "parent": [member.parent for member in members],
        "name_zh": [member.name_zh for member in members],
        "name_en": [member.name_en for member in members],
        "skills": [",".join(sorted(member.skills)) for member in members],
        "areas": [",".join(member.areas) for member in members],
    }


def _departments(count: int) -> Iterator[Organisation]:
    for number in range(1, count + 1):
        zh, en, skills = (
            _FIELDS[number - 1] if number <= len(_FIELDS) else (f"第{number}部门", f"Department {number}", ())
        )
        yield Organisation(
            f"ORG-D{number:03d}", OrganisationKind.DEPARTMENT, zh, en, "ORG-C", frozenset(skills)
        )


def _districts(count: int) -> Iterator[Organisation]:
    for number in range(1, count + 1):
        code = f"{DIVISION}{number:02d}"
        yield Organisation(
            f"ORG-{code}",
            OrganisationKind.DISTRICT,
            f"第{number}区中心",
            f"District Centre {number}",
            "ORG-C",
            areas=(code,),
        )


def _stations(count: int, districts: list[Organisation]) -> Iterator[Organisation]:
    for index in range(count):
        district, number = districts[index % len(districts)], index // len(districts) + 1
        code = f"{district.areas[0]}{number:03d}"
        yield Organisation(
            f"ORG-{code}",
            OrganisationKind.STATION,
            f"{district.name_zh[:-2]}{number}街道工作站",
            f"Street Station {district.areas[0][-2:]}-{number}",
            district.id,
            areas=(code,),
        )


def _units(count: int, stations: list[Organisation], districts: list[Organisation]) -> Iterator[Organisation]:
    for station in stations:
        for letter, (zh, en, skills) in zip("ABC", _STATION_TEAMS, strict=True):
            yield Organisation(
                f"{station.id}-{letter}",
                OrganisationKind.UNIT,
                station.name_zh.removesuffix("工作站") + zh,
                f"{station.name_en} {en}",
                station.id,
                frozenset(skills),
            )
    extra = count - len(_STATION_TEAMS) * len(stations)
    for number in range(extra):
        skill, zh, en, department = _CITY_TEAMS[number % len(_CITY_TEAMS)]
        turn, teams = number // len(_CITY_TEAMS), -(-(extra - number % len(_CITY_TEAMS)) // len(_CITY_TEAMS))
        areas = [district.areas[0] for district in districts[turn::teams]]
        yield Organisation(
            f"ORG-U{number + 1:05d}",
            OrganisationKind.UNIT,
            f"{zh}{turn + 1}",
            f"{en} {turn + 1}",
            f"ORG-D{department:03d}",
            frozenset({skill}),
            tuple(areas),
        )
