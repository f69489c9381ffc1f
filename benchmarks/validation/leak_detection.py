"""Leaks of L-TOWN's year 2018, found from simulated readings: learned on one half, judged on the other."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.leak_year import Schedule, TrueLeak, read_schedule, simulated_year
from benchmarks.surface_cases import data_folder
from benchmarks.validation.outcome import Measure, Outcome
from cim_models.city import Network
from cim_models.networks import read_supply
from twin.detection.detector import calibrate
from twin.detection.leaks import Detection, FoundLeak
from twin.detection.ledger import Ledger
from twin.detection.place import PipeMap
from twin.detection.readings import Readings
from twin.detection.residuals import block_means
from twin.detection.settings import DAYS_PER_MONTH, DetectionSettings
from twin.detection.shadow import Shadow
from twin.detection.signatures import probe
from twin.detection.standing import units
from twin.detection.watch import Watch

DATA_SETS = ("epanet", "ltown_leaks")
PACKAGES = ("epanet",)
BEGIN = datetime(2018, 1, 1)
HALF_DAYS = 182
NEAR_M = 300.0
PRESSURE_NOISE_M, FLOW_NOISE = 0.1, 0.02
DEMAND_ERROR, ROUGHNESS_ERROR = 0.1, 0.05
SEED = 2018
ROUNDS = 4
PARTS = 12
SET_UPS = ("as simulated", "with noise", "noise, wrong model")
QUICK: dict[str, Any] = {
    "begin": datetime(2018, 2, 24),
    "learn_days": 9,
    "judge_days": 3,
    "set_ups": ("with noise",),
}

ABOUT = """Readings of the 33 pressure and 3 flow sensors and the tank of L-TOWN (782 junctions, 905 pipes)
are simulated every five minutes for 2018 with the 14 leaks that BattLeDIM published for that year: holes
that open at once or grow over weeks. The first 26 weeks are learned from, with the schedule known: the
courses of the known leaks, then mean, scale and correlation of the residuals, and the level of an alarm.
The next 26 weeks are judged without it; what leaked at their beginning is known. A leak is found when a
line of the detections places one within 300 m of it along the pipes while it leaks, which is the rule of
BattLeDIM; what never comes within 300 m of a leak is a false alarm. Delays count from the first drop. Once
as simulated, once with white noise on every reading: 0.1 m on pressures and on the level, 2 % on flows. The
detector has the model that made the readings; the third time, with noise, one in which the demand of every
node is off by 10 % and the roughness of every pipe by 5 % (standard deviations). Demands that change from
day to day are not in it. Leaks and network: BattLeDIM 2020 and EPyT (EUPL-1.2)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A leak of the schedule and what was told of it: delay, h, and distances, m; None if nothing near."""

    leak: TrueLeak
    delay_h: float | None
    first_m: float
    last_m: float
    outflow_m3_h: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the second part went: each leak that began in it, and false alarms."""

    found: tuple[Found, ...]
    false_alarms: int
    months: float


def validate(
    begin: datetime = BEGIN,
    learn_days: int = HALF_DAYS,
    judge_days: int = HALF_DAYS,
    set_ups: Sequence[str] = SET_UPS,
) -> Outcome:
    """Learn and judge with and without noise, and with a model that is wrong."""
    folder = data_folder()
    text = (folder / "epanet" / "L-TOWN.inp").read_text(encoding="utf-8", errors="replace")
    network = read_supply(text, source="L-TOWN.inp")
    schedule = read_schedule(folder / "ltown_leaks" / "dataset_configuration_historical.yalm")
    readings = simulated_year(network, schedule, begin, learn_days + judge_days)
    wrong = read_supply(wrong_model(network.inp), source="L-TOWN.inp, changed")
    given = {
        "as simulated": (network, readings),
        "with noise": (network, noisy(readings)),
        "noise, wrong model": (wrong, noisy(readings)),
    }
    judged = {words: judge(given[words][0], schedule, given[words][1], learn_days) for words in set_ups}
    measures = [
        measure
        for words, result in judged.items()
        for measure in _measures(words, result, None if words.endswith("model") else 0.0)
    ]
    return Outcome("Leaks found from sensors", ABOUT, tuple(measures), _plot(judged))


def noisy(readings: Readings) -> Readings:
    """Add white noise to every reading."""
    generator = np.random.default_rng(SEED)
    is_flow = np.array([name.startswith("q_") for name in readings.columns])
    noise = generator.standard_normal(readings.values.shape)
    scale = np.where(is_flow, FLOW_NOISE * np.abs(readings.values), PRESSURE_NOISE_M)
    return Readings(readings.times, readings.columns, readings.values + scale * noise)


def wrong_model(inp: str) -> str:
    """Return the model with other demands, node by node, and other roughness, pipe by pipe."""
    generator = np.random.default_rng(SEED)
    factors: dict[str, float] = {}
    section, lines = "", []
    for line in inp.splitlines():
        words = line.partition(";")[0].split()
        if words and words[0].startswith("["):
            section = words[0]
        elif words and section == "[DEMANDS]":
            if words[0] not in factors:
                factors[words[0]] = max(1.0 + DEMAND_ERROR * generator.standard_normal(), 0.0)
            words[1] = f"{float(words[1]) * factors[words[0]]:.6f}"
        elif words and section == "[PIPES]":
            words[5] = f"{float(words[5]) * (1.0 + ROUGHNESS_ERROR * generator.standard_normal()):.3f}"
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


def judge(network: Network, schedule: Schedule, readings: Readings, learn_days: int) -> Judgement:
    """Learn from the first days with the schedule known, and judge the others without."""
    settings = DetectionSettings()
    with (
        tempfile.TemporaryDirectory() as work,
        Shadow(network, Path(work), readings.averaged(settings.step_s), settings.step_s) as shadow,
    ):
        start = readings.times[0].astype(datetime)
        shadow.day_shift = start.weekday()
        known = _known_leaks(shadow, schedule, settings, start, learn_days)
        candidates, level = calibrate(
            shadow, probe(shadow, settings, known, learn_days - 1), settings, known, (0, learn_days)
        )
        first = learn_days * settings.classes
        standing = [leak for leak in known if leak.m3_h[first - 1] > 0.0]
        for number, leak in enumerate(standing, start=1):
            leak.number, leak.told_pipe = number, leak.pipe
            leak.told_m3_h = float(leak.m3_h[first - 1])
            leak.m3_h[first:] = leak.told_m3_h
        blocks = len(shadow.observed) // settings.steps_per_block
        pipes = PipeMap(network, shadow.pipes)
        ledger = Ledger(shadow, candidates, settings, standing, (first, blocks))
        detections = Watch(ledger, shadow, level, settings, pipes).run()
        block = timedelta(seconds=settings.block_s)
        moments = [(start + (told.block + 1) * block, told) for told in detections]
        span = start + first * block, start + blocks * block
        names = {name: row for row, name in enumerate(shadow.pipes)}
        return _judged(schedule, moments, span, pipes, names, len(standing))


def _known_leaks(
    shadow: Shadow, schedule: Schedule, settings: DetectionSettings, start: datetime, days: int
) -> list[FoundLeak]:
    """Fit the outflows of the scheduled leaks to the days that are learned from.

    The flow through a hole is its area times a factor, which hardly changes but with the time of day.
    """
    blocks, last = len(shadow.observed) // settings.steps_per_block, days * settings.classes
    areas = np.array([_mean_area(leak, start, settings.block_s, blocks) for leak in schedule.leaks])
    rows = [row for row, area in enumerate(areas) if area[:last].any()]
    areas = areas[rows]
    known = [
        FoundLeak(0, shadow.pipes.index(schedule.leaks[row].pipe), 0, np.zeros(blocks), 1.0) for row in rows
    ]
    factors = np.zeros((settings.classes, len(known)))
    signatures, unit = probe(shadow, settings), units(shadow)
    per_block, steps = settings.steps_per_block, len(shadow.observed)
    for _ in range(ROUNDS if known else 0):
        outflows = [leak.outflow(per_block, steps) for leak in known]
        missing = shadow.observed[: last * per_block] - shadow.expect(0, last * per_block, outflows)
        residuals = block_means(missing, per_block) / unit
        for clock in range(settings.classes):
            shapes = signatures[clock, [leak.pipe for leak in known]] / unit
            opened = areas[:, clock : last : settings.classes]
            mass = (opened @ opened.T) * (shapes @ shapes.T)
            towards = (opened * (shapes @ residuals[clock :: settings.classes].T)).sum(axis=1)
            factors[clock] += np.linalg.lstsq(mass, towards, rcond=None)[0]
        by_block = factors[np.arange(blocks) % settings.classes].T
        for leak, area, factor in zip(known, areas, by_block, strict=True):
            leak.m3_h = area * factor
    return known


def _mean_area(leak: TrueLeak, start: datetime, block_s: int, blocks: int) -> NDArray[np.float64]:
    """Mean area of a hole in each block, as a share of the whole one."""
    part_s = block_s / PARTS
    moments = [start + timedelta(seconds=(part + 0.5) * part_s) for part in range(blocks * PARTS)]
    areas = np.array([leak.area_m2(moment) for moment in moments])
    return areas.reshape(blocks, PARTS).mean(axis=1) / (np.pi / 4.0 * leak.diameter_m**2)


def _judged(
    schedule: Schedule,
    detections: Sequence[tuple[datetime, Detection]],
    span: tuple[datetime, datetime],
    pipes: PipeMap,
    names: dict[str, int],
    standing: int,
) -> Judgement:
    """Hold what was told against the schedule."""
    near: set[int] = set()
    found = []
    for leak in schedule.leaks:
        away_m = pipes.distances(names[leak.pipe])
        hits = [
            (moment, told, float(away_m[names[told.pipe]]))
            for moment, told in detections
            if leak.start <= moment <= leak.end and away_m[names[told.pipe]] <= NEAR_M
        ]
        near |= {told.leak for _, told, _ in hits}
        if not span[0] <= leak.start < span[1]:
            continue
        hits = [hit for hit in hits if hit[1].leak > standing]
        if not hits:
            found.append(Found(leak, None, np.nan, np.nan, np.nan))
            continue
        moment, first, first_m = hits[0]
        last_m = [hit[2] for hit in hits if hit[1].leak == first.leak][-1]
        delay_h = (moment - leak.start).total_seconds() / 3600.0
        found.append(Found(leak, delay_h, first_m, last_m, first.outflow_m3_h))
    alarms = {told.leak for _, told in detections if told.leak > standing}
    months = (span[1] - span[0]).total_seconds() / 86_400.0 / DAYS_PER_MONTH
    return Judgement(tuple(found), len(alarms - near), months)


def _measures(words: str, result: Judgement, most_missed: float | None) -> list[Measure]:
    hits = [found for found in result.found if found.delay_h is not None]
    missed = len(result.found) - len(hits)
    delays = {
        kind: [found.delay_h or 0.0 for found in hits if (found.leak.peak == found.leak.start) == abrupt]
        for kind, abrupt in (("sudden", True), ("growing", False))
    }
    measures = [
        Measure(f"{words}: leaks that began", float(len(result.found)), ""),
        Measure(f"{words}: leaks not found", float(missed), "", at_most=most_missed),
    ]
    measures += [
        Measure(f"{words}: median delay, {kind} leaks", float(np.median(values)), "h")
        for kind, values in delays.items()
        if values
    ]
    if hits:
        measures += [
            Measure(f"{words}: median distance when found", _median(hits, "first_m"), "m"),
            Measure(f"{words}: median distance at last", _median(hits, "last_m"), "m"),
            Measure(f"{words}: median outflow when found", _median(hits, "outflow_m3_h"), "m3/h"),
        ]
    return [*measures, Measure(f"{words}: false alarms a month", result.false_alarms / result.months, "")]


def _median(found: Sequence[Found], name: str) -> float:
    return float(np.median([getattr(one, name) for one in found]))


def _plot(judged: dict[str, Judgement]) -> Any:
    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 2)
        for (words, result), marker in zip(judged.items(), "ox+", strict=False):
            labels: NDArray[Any] = np.array([found.leak.pipe for found in result.found])
            hours = np.array([np.nan if found.delay_h is None else found.delay_h for found in result.found])
            axes[0].semilogx(np.maximum(hours, 1.0), labels, marker, label=words, linestyle="none")
            axes[1].plot([found.last_m for found in result.found], labels, marker, linestyle="none")
        axes[0].set_xlabel("delay, h")
        axes[1].set_xlabel("distance along the pipes at last, m")
        axes[0].legend()

    return draw
