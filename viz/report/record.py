"""What a report knows of a run, gathered once: tables, series and the largest values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.city import City
from cim_models.events import Event
from scenarios.runfolder import RunFolder
from scenarios.summary.case_records import CaseRecord, collect_cases
from viz.stills.palette import DEPTH_CLASSES

FloatArray = NDArray[np.float64]

THRESHOLDS_M = (0.15, 0.30, 0.50)
LONG_RUN_S = 172_800.0
"""Times of a run longer than this are told with their dates, s."""


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity over time: ``time_s`` in s since the start, ``value`` in ``unit``."""

    time_s: FloatArray
    value: FloatArray
    unit: str

    @property
    def peak(self) -> float:
        """Largest value, missing ones left aside; 0 when there is none."""
        return float(np.fmax.reduce(self.value, initial=0.0))

    @property
    def last(self) -> float:
        """Last value; 0 when there is none."""
        return float(self.value[-1]) if len(self.value) else 0.0


@dataclass(frozen=True, slots=True)
class FloodedRoad:
    """A road segment's worst water: depth, m, when, s, and how long above 0.15 m, s."""

    id: str
    name: str
    depth_m: float
    time_s: float
    flooded_s: float


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as its report tells it.

    Parameters
    ----------
    meta, summary
        ``run.json`` and ``summary.json``; the summary is empty for a run that was cut short.
    city
        The city of the run.
    events
        The whole event log.
    cases
        What became of each case.
    series
        City-wide quantities by name, as the run wrote them.
    max_depth
        Largest depth per cell, m; buildings and cells outside the city are 0.
    time_of_max_s
        When, s since the start; NaN where it never was wet.
    hazard_class
        Class of the largest hazard rating, 0 where nothing was rated; None where it was not recorded.
    points
        Output points, rows of ``points.csv``.
    roads
        Road segments that reached 0.15 m, deepest first.
    language
        ``zh`` or ``en``.
    """

    meta: Mapping[str, Any]
    summary: Mapping[str, Any]
    city: City
    events: Sequence[Event]
    cases: Sequence[CaseRecord]
    series: Mapping[str, Series]
    max_depth: FloatArray
    time_of_max_s: FloatArray
    hazard_class: NDArray[np.uint8] | None
    points: Sequence[Mapping[str, Any]]
    roads: Sequence[FloodedRoad]
    language: str

    @property
    def start(self) -> datetime:
        """When the scenario begins, with its time zone."""
        return datetime.fromisoformat(self.meta["start"])

    @property
    def end_s(self) -> float:
        """How far the run came, s since the start."""
        return float(self.meta["progress"]["t_s"])

    @property
    def relative_errors(self) -> dict[str, float]:
        """Relative water mass error by part: surface, sewer, whole; without those not known."""
        errors = (self.summary.get("water") or {}).get("relative_error") or {}
        return {str(part): float(value) for part, value in errors.items() if value is not None}

    @property
    def error_units(self) -> dict[str, int]:
        """Units of water created or lost on the surface and in the handover; empty where not known."""
        water = self.summary.get("water") or {}
        parts = ("surface", "handover")
        return {part: water[f"{part}_error_units"] for part in parts if f"{part}_error_units" in water}

    @property
    def is_long(self) -> bool:
        """Whether it went over days, so that a time of day alone says little."""
        return self.end_s > LONG_RUN_S

    @property
    def is_wet(self) -> bool:
        """Whether water stood anywhere deep enough for the mildest class of the maps."""
        return bool((self.max_depth >= DEPTH_CLASSES[0].from_m).any())

    @property
    def incoming_m3(self) -> float:
        """Water that came from outside: rain, inflow, and from broken mains."""
        names = ("rain_volume", "surface_inflow", "from_supply")
        return sum(self.series[name].last for name in names if name in self.series)

    @property
    def rain_depth_mm(self) -> float:
        """Depth of all rain so far, mm.

        The log says it when the rain stops; before that it is the integral of the intensity.
        """
        stopped = self.of_kind("rain.stopped")
        if stopped:
            return float(stopped[-1].data["depth_mm"])
        rain = self.series.get("rain_intensity")
        if rain is None or len(rain.time_s) < 2:
            return 0.0
        return float((rain.value[1:] * np.diff(rain.time_s)).sum() / 3600.0)

    @property
    def most_customers_out(self) -> float:
        """People without water at the worst moment, whom the failures of the run left without."""
        out = self.of_kind("supply.customers_out")
        return max((float(event.data["persons_out"]) for event in out), default=0.0)

    def clock(self, t_s: float) -> str:
        """Time of day of a simulated time; with the day when it is another one; in long runs the date."""
        moment = self.start + timedelta(seconds=float(t_s))
        if self.is_long:
            form = "%m-%d %H:%M" if moment.year == self.start.year else "%Y-%m-%d %H:%M"
            return moment.strftime(form)
        days = (moment.date() - self.start.date()).days
        day = {"zh": "天", "en": "d"}[self.language]
        return f"{moment:%H:%M}" + (f" +{days} {day}" if days else "")

    def of_kind(self, *kinds: str) -> list[Event]:
        """Events of some kinds, in order."""
        return [event for event in self.events if event.kind in kinds]


def read_record(run: RunFolder, language: str) -> RunRecord:
    """Read everything that the report of a run needs.

    Raises
    ------
    CityTwinError
        If the run folder or its city cannot be read.
    """
    meta, city, events, frames = run.meta, run.city(), run.events(), run.frames()
    has_maximum = len(frames) > 0
    has_hazard = "hazard_class" in {field.name for field in frames.rasters}
    points = run.point_table()
    shape = city.terrain.shape
    return RunRecord(
        meta=meta,
        summary=run.summary or {},
        city=city,
        events=events,
        cases=collect_cases(events),
        series=_city_series(run),
        max_depth=frames.max_depth / 1000.0 if has_maximum else np.zeros(shape),
        time_of_max_s=frames.time_of_max_s.astype(np.float64) if has_maximum else np.full(shape, np.nan),
        hazard_class=frames.raster("hazard_class") if has_hazard else None,
        points=()
        if points is None
        else [dict(zip(points.columns, row, strict=True)) for row in points.itertuples(index=False)],
        roads=_flooded_roads(frames, city, language),
        language=language,
    )


def ended_s(case: CaseRecord) -> float | None:
    """When a case was closed, found void or handed over, s; None while it is open."""
    ends = (case.closed_s, case.voided_s, case.transferred_s)
    return next((t_s for t_s in ends if t_s is not None), None)


def step_series(changes: Sequence[tuple[float, float]], end_s: float, unit: str) -> Series:
    """Make a staircase from changes (time, difference), from 0 at the start to the end."""
    times, values = [0.0], [0.0]
    for t_s, change in sorted(changes):
        times += [t_s, t_s]
        values += [values[-1], values[-1] + change]
    return Series(np.array([*times, end_s]), np.array([*values, values[-1]]), unit)


def _city_series(run: RunFolder) -> dict[str, Series]:
    table = run.readings(subject="city")
    return {
        str(name): Series(
            part["t_s"].to_numpy(np.float64), part["value"].to_numpy(np.float64), str(part["unit"].iloc[0])
        )
        for name, part in table.groupby("quantity", sort=True)
    }


def _flooded_roads(frames: Any, city: City, language: str) -> list[FloodedRoad]:
    roads = city.layer("roads")
    if roads is None or not len(frames):
        return []
    depth = np.stack([frames.road_depth(index) for index in range(len(frames))]) / 1000.0
    step_s = np.diff(frames.times_s, append=frames.times_s[-1])
    worst = depth.max(axis=0)
    deepest_first = np.argsort(-worst, kind="stable")
    ids, names = roads["id"].to_numpy(), roads[f"name_{language}"].to_numpy()
    return [
        FloodedRoad(
            id=str(ids[road]),
            name=str(names[road] or ids[road]),
            depth_m=float(worst[road]),
            time_s=float(frames.times_s[depth[:, road].argmax()]),
            flooded_s=float(step_s[depth[:, road] >= THRESHOLDS_M[0]].sum()),
        )
        for road in deepest_first
        if worst[road] >= THRESHOLDS_M[0]
    ]
