"""Finds blockages of a sewer from its readings alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import InputError
from twin.detection.blockages.beliefs import Explanations, explain
from twin.detection.blockages.forcing import Forcing
from twin.detection.blockages.library import Library, build_library, choose_candidates
from twin.detection.blockages.noise import Expected, Noise, learn_noise, noise_floors
from twin.detection.blockages.settings import DAY_S, BlockageSettings
from twin.detection.blockages.shadow import SewerShadow, Span
from twin.detection.blockages.usable import unjudged_blocks, usable_readings
from twin.detection.blockages.watch import BlockageNews, BlockageWatch, SensorSuspicion
from twin.detection.place import PipeMap
from twin.detection.readings import Readings

_RAIN_STEP = 1.1
_LEAST_WATCH_BLOCKS = 4
_VISIBLE_SD = 3.0
_MORE_INFLATION = 1.4
_MOST_INFLATION = 40.0

Watcher = Callable[[str, int, int], None]
"""Told of a stage, and of how many of how many simulations of it are done."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockageReport:
    """What was found.

    Parameters
    ----------
    times
        End of each block, shape (blocks,).
    news
        Blockages and news of them, in order of time.
    suspicions
        Sensors that seem to be off.
    watched_from
        First block after the calibration.
    conduits, left_out
        Candidates, and how many conduits are none.
    visible
        Blocked shares, and the candidates whose blockage by them the sensors would show, see
        `visible_conduits`.
    notes
        What was done to the readings.
    unjudged
        Blocks after the calibration in which no sensor could be used: first, and the one after the last.
    """

    times: NDArray[np.datetime64]
    news: tuple[BlockageNews, ...]
    suspicions: tuple[SensorSuspicion, ...]
    watched_from: int
    conduits: tuple[str, ...]
    left_out: int
    visible: tuple[tuple[float, tuple[str, ...]], ...]
    notes: tuple[str, ...]
    unjudged: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedSewer:
    """A sewer whose healthy course and library are known for a time.

    Parameters
    ----------
    shadow
        The model.
    expected
        What it has in blocks from the origin of the forcing on.
    library
        Effects of blocked conduits.
    explanations
        What may be wrong.
    pipes
        Distances between the candidates.
    left_out
        Conduits that are no candidates.
    """

    shadow: SewerShadow
    expected: Expected
    library: Library
    explanations: Explanations
    pipes: PipeMap
    left_out: int

    def watch(self, observed: NDArray[np.float64], noise: Noise) -> BlockageWatch:
        """Return somebody who watches readings: means over the blocks of ``expected``, m or m3/h."""
        return BlockageWatch(
            self.shadow.sensors, observed, self.expected, noise, self.explanations, self.pipes,
            self.shadow.settings,
        )  # fmt: skip


def detect_blockages(
    network: Network,
    readings: Readings,
    forcing: Forcing,
    settings: BlockageSettings | None = None,
    *,
    jobs: int = 1,
    watcher: Watcher | None = None,
) -> BlockageReport:
    """Find blockages from readings alone.

    The first days calibrate; from then on each block is judged by what was read until its end.

    Parameters
    ----------
    network
        The sewer.
    readings
        As they came; the forcing's origin is their first moment.
    forcing
        The rain of the same time.
    settings
        How blockages are looked for.
    jobs
        Processes that simulate the candidates.
    watcher
        Told of progress.

    Raises
    ------
    InputError
        If the readings are shorter than the calibration and an hour, or no sensor can be used in the
        calibration.
    """
    settings = settings or BlockageSettings()
    means = readings.averaged(settings.block_s)
    blocks, first = len(means.times), settings.calibration_blocks
    if blocks < first + _LEAST_WATCH_BLOCKS:
        raise InputError(
            "Blockage detection: readings too short",
            got=f"{blocks * settings.block_s / DAY_S:.1f} days",
            expected=f"more than {settings.calibration_days} days",
            remedy="Give more readings, or fewer days of calibration with --calibration-days",
        )
    shadow = SewerShadow(network, means.columns, settings)
    return judge(prepare(shadow, forcing, blocks, jobs=jobs, watcher=watcher), means)


def judge(prepared: PreparedSewer, means: Readings) -> BlockageReport:
    """Judge readings of a sewer whose healthy course is known.

    Parameters
    ----------
    prepared
        The sewer, for the time of the readings.
    means
        Means over its blocks.

    Raises
    ------
    InputError
        If no sensor can be used in the calibration.
    """
    settings = prepared.shadow.settings
    blocks, first = len(means.times), settings.calibration_blocks
    observed, notes = usable_readings(means, prepared.expected, settings)
    noise = calibrate(prepared, observed, (0, first)) if first else assumed_noise(prepared)
    watch = prepared.watch(observed, noise)
    news = watch.run(first, blocks)
    step, known = np.timedelta64(settings.block_s, "s"), np.isfinite(observed[first:]).any(axis=0)
    return BlockageReport(
        means.times + step,
        tuple(news),
        tuple(watch.suspicions),
        first,
        prepared.library.conduits,
        prepared.left_out,
        tuple((share, visible_conduits(prepared, noise, share, known)) for share in settings.shares),
        notes,
        unjudged_blocks(observed, first),
    )


def prepare(
    shadow: SewerShadow, forcing: Forcing, blocks: int, *, jobs: int = 1, watcher: Watcher | None = None
) -> PreparedSewer:
    """Run the healthy model over some blocks, and the candidates over the wettest hours of them.

    Parameters
    ----------
    shadow
        The model.
    forcing
        Rain and dry weather flow; its origin is the beginning of the first block.
    blocks
        How many.
    jobs, watcher
        See `detect_blockages`.
    """
    settings, tell = shadow.settings, watcher or _nobody
    span = Span(0, blocks * settings.steps_per_block)
    links = shadow.network.links
    conduits = links.loc[links["kind"] == "conduit", "id"].astype(str).tolist()
    worlds = (forcing, forcing.scaled(rain=_RAIN_STEP), forcing.scaled(dry=_RAIN_STEP))
    courses = []
    for course in shadow.run_worlds(worlds, span, conduits, jobs):
        courses.append(course)
        tell("model", len(courses), len(worlds))
    plain, rain, dry = courses
    chosen, left_out = choose_candidates(
        shadow.network, shadow.sensors, plain.flows_m3_h.max(axis=0), settings.most_candidates
    )
    if not chosen:
        raise InputError(
            "Blockage detection",
            got="no conduit with water in it",
            expected="rain or dry weather flow in the model",
            remedy="Check --rain, and the section [DWF] of the model",
        )
    where = [conduits.index(name) for name in chosen]
    library = build_library(
        shadow,
        forcing,
        _wettest(plain.flows_m3_h, span, settings),
        chosen,
        jobs=jobs,
        watcher=lambda done, of: tell("library", done, of),
    )
    expected = Expected(
        *(
            _blocks(values, settings)
            for values in (
                plain.sensors,
                (rain.sensors - plain.sensors) / (_RAIN_STEP - 1.0),
                (dry.sensors - plain.sensors) / (_RAIN_STEP - 1.0),
                plain.flows_m3_h[:, where],
            )
        )
    )
    by_id = dict(zip(links["id"].astype(str), links["length_m"].astype(float), strict=True))
    lengths = np.array([by_id[name] for name in chosen])
    explanations = explain(library, lengths, shadow.is_level, settings)
    return PreparedSewer(shadow, expected, library, explanations, PipeMap(shadow.network, chosen), left_out)


def calibrate(prepared: PreparedSewer, observed: NDArray[np.float64], blocks: tuple[int, int]) -> Noise:
    """Learn from healthy blocks, cautiously enough that none of them would have been an alarm.

    Parameters
    ----------
    prepared
        The sewer.
    observed
        Means over blocks, shape (blocks, sensors), m or m3/h.
    blocks
        First, and the one after the last.
    """
    settings, part = prepared.shadow.settings, slice(*blocks)
    noise = learn_noise(observed[part], prepared.expected.part(part), prepared.shadow.is_level, settings)
    while noise.inflation < _MOST_INFLATION:
        watch = prepared.watch(observed, noise)
        if watch.largest_probability(*blocks) < 0.5 * settings.tell_probability:
            break
        noise = replace(noise, inflation=noise.inflation * _MORE_INFLATION)
    return noise


def assumed_noise(prepared: PreparedSewer) -> Noise:
    """Return the least scatter that is possible, where no healthy blocks are known."""
    settings, expected = prepared.shadow.settings, prepared.expected
    scatter = noise_floors(expected, prepared.shadow.is_level, settings)
    share = np.full(scatter.size, settings.model_sd)
    return Noise(np.zeros(scatter.size), np.median(expected.sensors, axis=0), scatter, share, 1.0)


def visible_conduits(
    prepared: PreparedSewer, noise: Noise, share: float, known: NDArray[np.bool_] | None = None
) -> tuple[str, ...]:
    """Return the candidates whose blockage by a share the sensors would show.

    That is when what they would read differs from the healthy model by three standard deviations together in
    the block in which most water passes the conduit. The largest simulated share up to the given one counts.
    Only sensors that are ``known`` are asked, shape (sensors,); all where None.
    """
    library, expected = prepared.library, prepared.expected
    shares = len(library.shares)
    row = max(int(np.searchsorted(library.shares, share, side="right")) - 1, 0)
    if known is None:
        known = np.ones(len(prepared.shadow.sensors), dtype=bool)
    found = []
    for number, block in enumerate(expected.flows_m3_h.argmax(axis=0)):
        covariance = noise.covariance(expected, int(block), known, prepared.shadow.settings)
        effect = library.at(expected.flows_m3_h[block])[0][number * shares + row]
        if effect @ np.linalg.solve(covariance, effect) >= _VISIBLE_SD**2:
            found.append(library.conduits[number])
    return tuple(found)


def origin_of(readings: Readings) -> datetime:
    """Return the first moment of readings."""
    moment: Any = readings.times[0].astype("datetime64[s]").item()
    assert isinstance(moment, datetime)
    return moment


def _wettest(flows_m3_h: NDArray[np.float64], span: Span, settings: BlockageSettings) -> Span:
    """Return the hours in which most water passes the conduits."""
    steps = min(settings.probe_s // settings.step_s, span.steps)
    total = np.concatenate([[0.0], np.cumsum(flows_m3_h.sum(axis=1))])
    begin = int((total[steps:] - total[:-steps]).argmax())
    return Span(span.begin_s + begin * settings.step_s, steps)


def _blocks(values: NDArray[np.float64], settings: BlockageSettings) -> NDArray[np.float64]:
    blocks: NDArray[np.float64] = values.reshape(-1, settings.steps_per_block, values.shape[1]).mean(axis=1)
    return blocks


def _nobody(stage: str, done: int, of: int) -> None:
    """Tell nobody."""
