"""Structures on watch: slopes against exact solutions; damage found, false alarms, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from agents.draws import Draws
from benchmarks.validation.outcome import Measure, Outcome
from twin.monitoring import (
    Gauge,
    Structure,
    StructureDamage,
    StructureWatch,
    Troubles,
    monitoring_settings,
)

BRIDGES, DAYS = 40, 120
QUICK: dict[str, Any] = {"bridges": 6, "days": 30}
DAY_S = 86_400.0
GROWTH_PER_DAY = 0.25

ABOUT = """A slope under changing rain: its wetness against the exact solution of dW/dt = rain - W / T,
and what it creeps against the integral of the excess by steps of a second. Bridges with three gauges
each, and baselines learnt over temperature and traffic: false alarms in a gauge's year without damage,
with hourly readings and with one in fifteen minutes, and after the structure has been secured. Damage
that grows by 0.25 of severity a day: share of the bridges found in three days, delay, severity at which
they are found (1 is what anybody would close a bridge for), and share of deviations whose event names
the damage. Processor time for a day of all bridges (it depends on the machine)."""


def validate(bridges: int = BRIDGES, days: int = DAYS) -> Outcome:
    """Run all parts."""
    return Outcome("Structures on watch", ABOUT, (*_slope(), *_sound(bridges, days), *_damaged(bridges)))


def _slope() -> Iterator[Measure]:
    settings = monitoring_settings()
    values = settings.slope
    gauge = Gauge("GA-1", "displacement", settings.quantities["displacement"])
    slope = Structure("SL-1", "slope", 0.0, 0.0, (gauge,))
    watch = StructureWatch((slope,), settings, Draws(1, "gauges"), 150.0, 0.0)
    drains_h, wetness, crept = 24.0 * values.drains_days, values.initial_mm, 0.0
    worst, seconds = 0.0, np.arange(1, 3601) / 3600.0
    for hour in range(36):
        rain_mm_h = 25.0 * (hour % 9 < 3)
        course = rain_mm_h * drains_h + (wetness - rain_mm_h * drains_h) * np.exp(-seconds / drains_h)
        excess = np.maximum(course / values.critical_mm - 1.0, 0.0)
        crept += values.per_day * float(excess.mean()) / 24.0
        wetness = float(course[-1])
        watch.set_rain(rain_mm_h)
        watch.advance_to(3600.0 * (hour + 1))
        worst = max(worst, abs(watch.book.wetness_mm / wetness - 1.0))
    yield Measure("slope: largest relative error of its wetness", worst, "", at_most=1e-3)
    error = abs(watch.book.crept["SL-1"] / crept - 1.0)
    yield Measure("slope: relative error of what it crept", error, "", at_most=1e-2)


def _bridges(number: int, interval_s: float = 3600.0) -> tuple[Structure, ...]:
    settings = monitoring_settings()
    usual = settings.kinds["bridge"].gauges
    return tuple(
        Structure(
            f"BR-{k}",
            "bridge",
            0.0,
            0.0,
            tuple(Gauge(f"BR-{k}-{name}", name, settings.quantities[name], interval_s) for name in usual),
        )
        for k in range(number)
    )


def _watch(structures: tuple[Structure, ...], seed: int, troubles: Troubles | None = None) -> StructureWatch:
    return StructureWatch(structures, monitoring_settings(), Draws(seed, "gauges"), 100.0, 0.0, troubles)


def _false_alarms_a_year(watch: StructureWatch, days: int) -> float:
    false = sum(change.kind == "gauge.deviates" for change in watch.take_changes())
    return false / (len(watch.ids) * days / 365.0)


def _sound(bridges: int, days: int) -> Iterator[Measure]:
    begun = time.process_time()
    hourly = _watch(_bridges(bridges), 1)
    learnt = time.process_time()
    hourly.advance_to(DAY_S * days)
    used_s = (time.process_time() - learnt) / days
    name = "gauges without damage: false alarms in a year of one"
    yield Measure(name, _false_alarms_a_year(hourly, days), "1/a", at_most=3.0)
    for each in hourly.structures:
        hourly.secure(each.id, "O")
    hourly.take_changes()
    hourly.advance_to(2.0 * DAY_S * days)
    name = "gauges of secured structures: false alarms in a year of one"
    yield Measure(name, _false_alarms_a_year(hourly, days), "1/a", at_most=3.0)
    often = _watch(_bridges(max(bridges // 4, 2), 900.0), 2)
    often.advance_to(DAY_S * days / 2.0)
    name = "gauges read every 15 min: false alarms in a year of one"
    yield Measure(name, _false_alarms_a_year(often, days // 2), "1/a", at_most=3.0)
    yield Measure(f"{bridges} bridges: processor time to learn", learnt - begun, "s")
    yield Measure(f"{bridges} bridges: processor time for a day", used_s, "s", at_most=1.0)


def _damaged(bridges: int) -> Iterator[Measure]:
    structures = _bridges(bridges)
    growing = StructureDamage(0.0, "SD", "", per_day=GROWTH_PER_DAY)
    damages = [replace(growing, id=f"SD-{each.id}", structure=each.id) for each in structures]
    watch = _watch(structures, 3, Troubles(damages=tuple(damages)))
    watch.advance_to(3.0 * DAY_S)
    first: dict[str, float] = {}
    deviations, named = 0, 0
    for change in watch.take_changes():
        if change.kind == "gauge.deviates":
            structure = change.data["structure"]
            first.setdefault(structure, change.t_s)
            deviations += 1
            named += change.because == f"structure.damaged {structure}"
    delay_h = float(np.median([*first.values()])) / 3600.0 if first else np.nan
    yield Measure(
        "growing damage: share of bridges found in three days", len(first) / bridges, "", at_least=0.9
    )
    yield Measure("growing damage: median delay", delay_h, "h")
    severity = GROWTH_PER_DAY * delay_h / 24.0
    yield Measure("growing damage: median severity when found", severity, "", at_most=0.5)
    yield Measure("deviations whose event names the damage: share", named / deviations, "", at_least=1.0)
