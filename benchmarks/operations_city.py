"""The city of the benchmark of the operations: a grid of streets, dry, with a crew in every work unit.

Made up in all its parts: what matters is how much there is, not where. Every third street is an avenue
on which traffic is faster, so that ways are sought as in a real city and not tied between equals.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, Point

from agents.catalogue import Catalogue, TaskKind, Triangle, read_catalogue
from agents.settings import (
    CitizenSettings,
    DispatchSettings,
    OperationsSettings,
    PatrolSettings,
    StaffingSettings,
)
from cim_models.city import City, Terrain
from cim_models.district.tables import layer_frame
from cim_models.organisation_model import (
    OrganisationNumbers,
    make_organisations,
    organisation_columns,
)
from cim_models.street_grid import AVENUE_EVERY, AVENUE_KM_H, STREET_KM_H, StreetGrid

TERRAIN_CELL_M = 50.0
BEATS = (16, 10)
"""Patrol grids across and along: 160, with one patroller each."""

CREWS = 443
PERSONS = 4_000_000

HANDLING_MIN: Triangle = (1.0, 2.0, 4.0)
"""Time on site, min; short, so that 443 crews keep up with 80,000 cases a day: the load is in the number."""

START = datetime(2026, 6, 15, 0, 0, tzinfo=timezone(timedelta(hours=8)))


@dataclass(frozen=True, slots=True)
class BenchCity(StreetGrid):
    """How large the benchmark's city is.

    Parameters
    ----------
    cols, rows
        Junctions across and along, at least 4 each.
    beats
        Patrol grids across and along.
    crews
        Crews, one to a depot.
    organisations
        How many departments, districts, street stations and work units there are below the centre.
    """

    cols: int = 60
    rows: int = 50
    beats: tuple[int, int] = BEATS
    crews: int = CREWS
    organisations: OrganisationNumbers = field(default_factory=OrganisationNumbers)


class DryWater:
    """The water of a dry city, as `agents.views.WaterView`."""

    def __init__(self, roads: int) -> None:
        self._road_depth = np.zeros(roads)
        self._road_depth.setflags(write=False)

    def depth_near(self, x: float, y: float, radius_m: float) -> float:
        """No water anywhere, m."""
        return 0.0

    def road_depth(self) -> NDArray[np.float64]:
        """No water on any road, m."""
        return self._road_depth

    def sensor_depth(self) -> NDArray[np.float64]:
        """No sensors."""
        return np.zeros(0)


def make_city(size: BenchCity) -> City:
    """Lay out streets, grids and depots; all organisations have their seat in the middle."""
    width_m, height_m = size.extent_m
    members = make_organisations(size.organisations)
    seats = [Point(size.xy(size.cols // 2, size.rows // 2))] * len(members)
    shape = (int(height_m / TERRAIN_CELL_M), int(width_m / TERRAIN_CELL_M))
    return City(
        name="bench-operations",
        title={"en": "Benchmark city", "zh": "基准城市"},
        crs="EPSG:4544",
        vertical_datum="made up",
        time_zone="Asia/Shanghai",
        terrain=Terrain(np.full(shape, 5.0, dtype=np.float32), 0.0, height_m, TERRAIN_CELL_M),
        layers={
            "roads": _roads(size),
            "organisations": layer_frame("organisations", organisation_columns(members), seats),
            "grid_cells": size.grid_cells(members, PERSONS),
            "patrol_grids": _patrol_grids(size),
            "depots": size.depots(crews_by_skill(size.crews)),
        },
    )


def make_settings(size: BenchCity, per_day: float) -> OperationsSettings:
    """Who reports and who works: citizens, patrollers, and every crew on duty day and night."""
    return OperationsSettings(
        start=START,
        sensors=None,
        video=None,
        citizens=CitizenSettings(per_day=per_day),
        patrols=PatrolSettings(),
        staffing=StaffingSettings(crews=crews_by_skill(size.crews), shifts="always"),
        dispatch=DispatchSettings(policy="assignment"),
    )


def make_catalogue() -> Catalogue:
    """Return the catalogue with the benchmark's short handling of ordinary matters."""
    catalogue = read_catalogue()
    quick = {
        kind: replace(spec, setup_min=HANDLING_MIN) if kind in (TaskKind.ATTEND, TaskKind.INSPECT) else spec
        for kind, spec in catalogue.tasks.items()
    }
    return replace(catalogue, tasks=quick)


def crews_by_skill(crews: int) -> dict[str, int]:
    """Share crews among the skills as their matters are reported, at least one to each.

    The largest remainders are rounded up, so that the numbers add up to ``crews``.
    """
    weights: dict[str, float] = {}
    for entry in read_catalogue().events.classes.values():
        weights[entry.skill] = weights.get(entry.skill, 0.0) + entry.background_weight
    free = crews - len(weights)
    shares = {skill: free * weight / sum(weights.values()) for skill, weight in weights.items()}
    numbers = {skill: 1 + int(share) for skill, share in shares.items()}
    by_remainder = sorted(shares, key=lambda skill: (int(shares[skill]) - shares[skill], skill))
    for skill in by_remainder[: crews - sum(numbers.values())]:
        numbers[skill] += 1
    return numbers


def _roads(size: BenchCity) -> Any:
    along = [((col, row), (col + 1, row), row) for row in range(size.rows) for col in range(size.cols - 1)]
    across = [((col, row), (col, row + 1), col) for col in range(size.cols) for row in range(size.rows - 1)]
    streets = [*along, *across]
    fast = [number % AVENUE_EVERY == 0 for *_, number in streets]
    heading = ["H"] * len(along) + ["V"] * len(across)
    return layer_frame(
        "roads",
        {
            "id": [f"{h}{col:02d}{row:02d}" for h, ((col, row), *_) in zip(heading, streets, strict=True)],
            "from_node": [f"J{col:02d}{row:02d}" for (col, row), *_ in streets],
            "to_node": [f"J{col:02d}{row:02d}" for _, (col, row), _ in streets],
            "speed_km_h": [AVENUE_KM_H if avenue else STREET_KM_H for avenue in fast],
            "road_class": ["secondary" if avenue else "residential" for avenue in fast],
        },
        [LineString([size.xy(*tail), size.xy(*head)]) for tail, head, _ in streets],
    )


def _patrol_grids(size: BenchCity) -> Any:
    areas = size.tiles(*size.beats)
    return layer_frame("patrol_grids", {"id": [f"P{number:03d}" for number in range(len(areas))]}, areas)


def staffing_line(crews: Mapping[str, int]) -> str:
    """Say how many crews each skill has."""
    return ", ".join(f"{skill} {number}" for skill, number in crews.items())
