"""Blockages of a real sewer: found from simulated readings of few sensors, with and without noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.validation import santboi_sewer
from benchmarks.validation.outcome import Measure, Outcome
from cim_models.workers import spread
from twin.detection.blockages.detector import (
    PreparedSewer,
    assumed_noise,
    calibrate,
    prepare,
    visible_conduits,
)
from twin.detection.blockages.forcing import Forcing
from twin.detection.blockages.noise import Noise
from twin.detection.blockages.settings import DAY_S, BlockageSettings
from twin.detection.blockages.shadow import Obstacle, SewerShadow, Span, block
from twin.detection.readings import Readings
from twin.detection.settings import DAYS_PER_MONTH
from twin.sewer.swmm_input import SwmmInput

DATA_SETS = santboi_sewer.DATA_SETS
QUICK: dict[str, Any] = {
    "calibration_days": 0, "judged_h": 9, "trials": 2, "candidates": 2, "trial_h": 2, "jobs": 1,
    "limits": (None, 40.0),
}  # fmt: skip
SHARES = (0.8, 0.95, 1.0)
NEAR_M = 150.0
_SEED = 11
_MANNING_WORD = 4

ABOUT = """Sant Boi de Llobregat (113 conduits, 5.3 km, a pump station) with the dry weather flow of its
database, the daily pattern of Bellinge and the synthetic rain of Astlingen, in which some rain falls on
every day (none of these data has measured levels). 16 levels and 3 flows are read every five minutes,
along the conduits with most flow, 120 m and 400 m apart. Scatter is learned on the first days; the
following ones are judged, once as they are for false alarms, and once for each of the blockages, which
begin at random moments of them, of 80, 95 and 100 % of the section in turn: one half in conduits drawn
by length, one half in those that the sensors can show, as the library of simulated blockages (of 80 and
100 %) has it before any reading. Each is watched for 18 hours. Readings come from SWMM with 2 % more
rain and 2 % less dry weather flow than the model has, so that no pump switches when the model's does;
then with white noise of 3 cm and 8 %; then with noise from a sewer with 15 % less rain, 10 % more dry
weather flow and 10 % more roughness. A blockage counts as found where one is told within 150 m along
the pipes of the true one. Model: Giswater sample (GPL-3.0, read in place)."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A conduit that is blocked by a share at a step of the record; whether the sensors can show it."""

    conduit: str
    share: float
    step: int
    shown: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """What readings and model differ by: rain, dry weather flow, roughness; noise of level and of flow."""

    words: str
    rain: float
    dry: float
    roughness: float
    level_noise_m: float
    flow_noise: float

    @property
    def world(self) -> tuple[float, float, float]:
        """What the sewer is, without its sensors."""
        return self.rain, self.dry, self.roughness


SITUATIONS = (
    Situation("no noise", 1.02, 0.98, 1.0, 0.0, 0.0),
    Situation("noise", 1.02, 0.98, 1.0, 0.03, 0.08),
    Situation("noise, model wrong", 0.85, 1.1, 1.1, 0.03, 0.08),
)


@dataclass(frozen=True, slots=True)
class World:
    """Readings without noise: of the healthy sewer, and of each trial from its step on."""

    healthy: NDArray[np.float64]
    blocked: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What was told of a trial: delay, h, distance of the first and the last line, m; NaN for nothing."""

    trial: Trial
    delay_h: float
    first_m: float
    last_m: float
    among: bool

    @property
    def is_found(self) -> bool:
        """Whether it was told near where it is."""
        return bool(min(self.first_m, self.last_m) <= NEAR_M)


def validate(
    calibration_days: int = 4,
    judged_h: int = 8 * 24,
    trials: int = 24,
    candidates: int = 113,
    trial_h: int = 18,
    jobs: int = 2,
    limits: tuple[float | None, float] = (60.0, 8.0),
) -> Outcome:
    """Learn on the first days, judge the others, with and without noise and errors of the model.

    ``limits`` are the least share found of what the sensors can show, %, and the most false alarms a month.
    """
    network, hours = santboi_sewer.sewer(), calibration_days * 24 + judged_h
    settings = BlockageSettings(
        calibration_days=calibration_days, most_candidates=candidates, probe_s=3 * 3600, warmup_s=2 * 3600,
        shares=(SHARES[0], SHARES[-1]),
    )  # fmt: skip
    if calibration_days == 0:  # the noise must be known where it is not learned
        settings = replace(settings, level_floor_m=0.03, flow_floor=0.08)
    forcing = santboi_sewer.forcing(network, -(-hours // 24))
    shadow = _with_sensors(SewerShadow(network, (), settings), forcing)
    prepared = prepare(shadow, forcing, hours * 3600 // settings.block_s, jobs=jobs)
    drawn = draw_trials(prepared, trials, calibration_days, trial_h)
    worlds = list(dict.fromkeys(situation.world for situation in SITUATIONS))
    run = partial(run_world, shadow, forcing, hours, drawn, trial_h)
    read = dict(zip(worlds, spread(run, worlds, jobs), strict=True))
    measures, judged = [], {}
    for situation in SITUATIONS:
        found, alarms = judge_situation(prepared, situation, read[situation.world], drawn)
        measures += _measures(situation.words, found, alarms * 24.0 / judged_h, limits)
        judged[situation.words] = found
    return Outcome("Blockages found from sensors", ABOUT, tuple(measures), _plot(judged))


def _with_sensors(shadow: SewerShadow, forcing: Forcing) -> SewerShadow:
    links = shadow.network.links
    conduits = links.loc[links["kind"] == "conduit", "id"].astype(str).tolist()
    flows = shadow.run(forcing, Span(0, 6 * 12), watched=conduits).flows_m3_h.mean(axis=0)
    return SewerShadow(
        shadow.network, santboi_sewer.place_sensors(shadow.network, flows, 16, 3), shadow.settings
    )


def draw_trials(
    prepared: PreparedSewer, count: int, calibration_days: int, trial_h: int
) -> tuple[Trial, ...]:
    """Draw conduits, shares and moments."""
    random = np.random.default_rng(_SEED)
    settings, conduits = prepared.shadow.settings, prepared.library.conduits
    quiet = assumed_noise(prepared)
    visible = {share: visible_conduits(prepared, quiet, share) or conduits for share in SHARES}
    lengths = prepared.shadow.network.links.set_index("id")["length_m"]
    weights = np.array([float(lengths[name]) for name in conduits])
    per_day = DAY_S // settings.step_s
    first = calibration_days * per_day + per_day // 4
    last = len(prepared.expected.sensors) * settings.steps_per_block - trial_h * 3600 // settings.step_s
    found = []
    for number in range(count):
        share = SHARES[number % len(SHARES)]
        anywhere = str(random.choice(conduits, p=weights / weights.sum()))
        shown = str(random.choice(visible[share]))
        step = int(random.integers(first, last)) // settings.steps_per_block * settings.steps_per_block
        name = anywhere if number % 2 == 0 else shown
        found.append(Trial(name, share, step, name in visible[share]))
    return tuple(found)


def run_world(
    shadow: SewerShadow,
    forcing: Forcing,
    hours: int,
    trials: Sequence[Trial],
    trial_h: int,
    world: tuple[float, float, float],
) -> World:
    """Run the healthy sewer, and from its states on each trial."""
    rain, dry, roughness = world
    scaled = forcing.scaled(rain=rain, dry=dry)
    rough = SwmmInput.parse(scaled.inp).with_factor("CONDUITS", _MANNING_WORD, roughness)
    real = Forcing(rough.text, forcing.origin)
    settings, per_hour = shadow.settings, 3600 // shadow.settings.step_s
    throttled = sorted({trial.conduit for trial in trials})
    parts, states, now = [], {}, 0
    with shadow.opened(real, 0, throttled) as engine:
        engine.advance_to(float(settings.warmup_s))
        for step in sorted({trial.step for trial in trials} | {hours * per_hour}):
            parts.append(shadow.read(engine, step - now).sensors)
            states[step], now = engine.state(), step
    blocked = []
    for trial in trials:
        with shadow.opened(real, 0, throttled) as engine:
            engine.restore(states[trial.step])
            block(engine, Obstacle(trial.conduit, trial.share))
            blocked.append(shadow.read(engine, trial_h * per_hour).sensors)
    return World(np.concatenate(parts), tuple(blocked))


def judge_situation(
    prepared: PreparedSewer, situation: Situation, world: World, trials: Sequence[Trial]
) -> tuple[list[Found], int]:
    """Return what is told of each trial, and how many blockages are told of the healthy sewer."""
    settings, random = prepared.shadow.settings, np.random.default_rng(_SEED)
    first = settings.calibration_blocks
    healthy = _noisy(world.healthy, prepared, situation, random)
    observed = _means(healthy, prepared)
    noise = calibrate(prepared, observed, (0, first)) if first else assumed_noise(prepared)
    alarms = {news.blockage for news in prepared.watch(observed, noise).run(first, len(observed))}
    found = []
    for trial, blocked in zip(trials, world.blocked, strict=True):
        readings = healthy[: trial.step + len(blocked)].copy()
        readings[trial.step :] = _noisy(blocked, prepared, situation, random)
        found.append(_judge_trial(prepared, noise, _means(readings, prepared), trial))
    return found, len(alarms)


def _judge_trial(prepared: PreparedSewer, noise: Noise, observed: NDArray[np.float64], trial: Trial) -> Found:
    settings, conduits = prepared.shadow.settings, prepared.library.conduits
    onset = trial.step // settings.steps_per_block
    before = DAY_S // 4 // settings.block_s
    news = prepared.watch(observed, noise).run(max(onset - before, 0), len(observed))
    told = [one for one in news if one.block >= onset and one.candidates]
    if not told:
        return Found(trial, np.nan, np.nan, np.nan, among=False)
    away_m = prepared.pipes.distances(conduits.index(trial.conduit))
    first_m, last_m = (float(away_m[conduits.index(one.conduit)]) for one in (told[0], told[-1]))
    delay_h = (told[0].block + 1 - onset) * settings.block_s / 3600.0
    among = trial.conduit in {one.conduit for one in told[-1].candidates}
    return Found(trial, delay_h, first_m, last_m, among)


def _noisy(
    exact: NDArray[np.float64], prepared: PreparedSewer, situation: Situation, random: np.random.Generator
) -> NDArray[np.float64]:
    scale = np.where(prepared.shadow.is_level, situation.level_noise_m, situation.flow_noise * np.abs(exact))
    noisy: NDArray[np.float64] = exact + scale * random.standard_normal(exact.shape)
    return noisy


def _means(values: NDArray[np.float64], prepared: PreparedSewer) -> NDArray[np.float64]:
    settings = prepared.shadow.settings
    times = np.datetime64(santboi_sewer.ORIGIN, "s") + np.arange(len(values)) * np.timedelta64(
        settings.step_s, "s"
    )
    return Readings(times, prepared.shadow.sensors, values).averaged(settings.block_s).values


def _measures(
    words: str, found: Sequence[Found], alarms_a_day: float, limits: tuple[float | None, float]
) -> list[Measure]:
    shown, unseen = ([one for one in found if one.trial.shown is which] for which in (True, False))
    hits = [one for one in found if one.is_found]
    measures = [
        Measure(
            f"{words}: found of {len(shown)} that the sensors can show",
            _percent(shown),
            "%",
            at_least=limits[0],
        ),
        Measure(f"{words}: found of {len(unseen)} that they cannot show", _percent(unseen), "%"),
    ]
    for share in SHARES:
        chosen = [one for one in shown if one.trial.share == share]
        if chosen:
            measures.append(
                Measure(
                    f"{words}: found of {len(chosen)} of {share:.0%} that they can show",
                    _percent(chosen),
                    "%",
                )
            )
    if hits:
        among = 100.0 * sum(one.among for one in hits) / len(hits)
        measures += [
            Measure(f"{words}: median delay", float(np.median([one.delay_h for one in hits])), "h"),
            Measure(
                f"{words}: median distance at first", float(np.median([one.first_m for one in hits])), "m"
            ),
            Measure(f"{words}: median distance at last", float(np.median([one.last_m for one in hits])), "m"),
            Measure(f"{words}: true conduit among the five candidates at last", among, "%"),
        ]
    elsewhere = sum(bool(np.isfinite(one.first_m)) and not one.is_found for one in found)
    return [
        *measures,
        Measure(f"{words}: told, but farther away than {NEAR_M:.0f} m", float(elsewhere), ""),
        Measure(f"{words}: false alarms a month", alarms_a_day * DAYS_PER_MONTH, "", at_most=limits[1]),
    ]


def _percent(found: Sequence[Found]) -> float:
    return 100.0 * sum(one.is_found for one in found) / len(found) if found else float("nan")


def _plot(judged: dict[str, list[Found]]) -> Any:
    def draw(figure: Any) -> None:
        axes = figure.subplots(1, 2)
        for (words, found), marker in zip(judged.items(), "ox+", strict=False):
            labels = [f"{one.trial.conduit} {one.trial.share:.0%}" for one in found]
            delays = np.array([one.delay_h if one.is_found else np.nan for one in found])
            axes[0].plot(delays, labels, marker, label=words, linestyle="none")
            axes[1].plot([one.last_m for one in found], labels, marker, linestyle="none")
        axes[0].set_xlabel("delay, h")
        axes[0].legend()
        axes[1].set_xlabel("distance along the pipes at last, m")

    return draw
