"""Finds leaks in a network from its readings alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.errors import InputError
from twin.detection.evidence import AlarmLevel, Candidates, alarm_level
from twin.detection.leaks import Detection, FoundLeak, SensorFault
from twin.detection.ledger import Ledger
from twin.detection.place import PipeMap
from twin.detection.readings import Readings
from twin.detection.residuals import block_means, learn, sensor_floors
from twin.detection.settings import DetectionSettings
from twin.detection.shadow import Shadow
from twin.detection.signatures import probe
from twin.detection.standing import find_standing, follow
from twin.detection.watch import Watch

_WEEK = 7


@dataclass(frozen=True, slots=True)
class LeakReport:
    """What was found.

    Parameters
    ----------
    times
        End of each block, shape (blocks,).
    detections
        Leaks and news of them, in order of time.
    faults
        Sensors that were left out.
    level
        What counted as an alarm.
    watched_from
        First block after the calibration.
    """

    times: NDArray[np.datetime64]
    detections: tuple[Detection, ...]
    faults: tuple[SensorFault, ...]
    level: AlarmLevel
    watched_from: int


def detect_leaks(
    network: Network,
    readings: Readings,
    workdir: Path,
    settings: DetectionSettings | None = None,
    *,
    source: str = "supply.inp",
) -> LeakReport:
    """Find leaks from readings alone.

    The first days calibrate: which day of the week they begin with, which leaks stand already, and how what
    the model leaves unexplained scatters. From then on each block is judged by what was read until its end.

    Parameters
    ----------
    network, source
        The supply, and the name of its file for messages.
    readings
        As they came.
    workdir
        Folder for EPANET's files.
    settings
        How leaks are looked for.

    Raises
    ------
    InputError
        If the readings are shorter than the calibration and a day.
    """
    settings = settings or DetectionSettings()
    means = readings.averaged(settings.step_s)
    blocks = len(means.times) // settings.steps_per_block
    if blocks < settings.calibration_blocks + settings.classes:
        raise InputError(
            "Leak detection: readings too short",
            got=f"{blocks / settings.classes:.1f} days",
            expected=f"{settings.calibration_days + 1} days or more",
            remedy="Give more readings, or lower --calibration-days, not below 7",
        )
    with Shadow(network, workdir, means, settings.step_s, source) as shadow:
        align(shadow, settings)
        plain = probe(shadow, settings)
        standing = find_standing(shadow, plain, settings)
        signatures = probe(shadow, settings, standing) if standing else plain
        follow(shadow, standing, signatures, settings)
        candidates, level = calibrate(shadow, signatures, settings, standing, (0, settings.calibration_days))
        first = settings.calibration_blocks
        pipes = PipeMap(network, shadow.pipes)
        told = [_standing(leak, shadow.pipes, first - 1) for leak in standing]
        ledger = Ledger(shadow, candidates, settings, standing, (first, blocks))
        watch = Watch(ledger, shadow, level, settings, pipes)
        found = [*told, *watch.run()]
    ends = means.times[0] + np.arange(1, blocks + 1) * np.timedelta64(settings.block_s, "s")
    return LeakReport(ends, tuple(found), tuple(watch.faults), level, first)


def align(shadow: Shadow, settings: DetectionSettings) -> int:
    """Choose the day of the model's patterns with which the readings begin; return it, days.

    A model says nothing of the day of the week at which it starts. The day is that with which the residuals
    of the first week scatter least, relative to the readings.
    """
    last = min(_WEEK * settings.classes * settings.steps_per_block, len(shadow.observed))
    observed = shadow.observed[:last]
    typical = np.maximum(np.nanstd(observed, axis=0), 1e-3)
    scatter = {}
    for day in range(shadow.pattern_days):
        shadow.day_shift = day
        scatter[day] = float(np.nanmean(np.nanstd(observed - shadow.expect(0, last), axis=0) / typical))
    shadow.day_shift = min(scatter, key=lambda day: (scatter[day], day))
    return shadow.day_shift


def calibrate(
    shadow: Shadow,
    signatures: NDArray[np.float64],
    settings: DetectionSettings,
    leaks: Sequence[FoundLeak],
    days: tuple[int, int],
) -> tuple[Candidates, AlarmLevel]:
    """Learn how residuals scatter around their mean, and what is an alarm.

    Parameters
    ----------
    leaks
        What is known to leak in these days.
    days
        First day, and the one after the last, since the readings began.
    """
    per_block, steps = settings.steps_per_block, len(shadow.observed)
    per_day = per_block * settings.classes
    first, last = days[0] * per_day, days[1] * per_day
    expected = shadow.expect(first, last, [leak.outflow(per_block, steps) for leak in leaks])
    residuals = block_means(shadow.observed[first:last] - expected, per_block)
    floors = sensor_floors(shadow.observed, shadow.is_pressure, settings)
    model = learn(residuals, floors, settings)
    candidates = Candidates(signatures, model)
    clocks = np.arange(len(residuals)) % settings.classes
    return candidates, alarm_level(candidates, residuals - model.mean[clocks], settings)


def _standing(leak: FoundLeak, pipes: tuple[str, ...], block: int) -> Detection:
    flow = float(leak.m3_h[block])
    leak.told_pipe, leak.told_m3_h = leak.pipe, flow
    words = (
        f"leak {leak.number} standing: explains by {flow:.1f} m3/h what the model lacks from the beginning"
    )
    return Detection(block, leak.number, "standing", pipes[leak.pipe], leak.probability, flow, words, 0)
