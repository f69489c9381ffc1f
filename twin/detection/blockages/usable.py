"""What of a sewer's readings can be used beside its model, and when there is nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.detection.blockages.noise import Expected
from twin.detection.blockages.settings import BlockageSettings
from twin.detection.readings import Readings

_NAMED = 4


def usable_readings(
    means: Readings, expected: Expected, settings: BlockageSettings
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return readings without what cannot be used, and what that was in words.

    Left out are the times at which a sensor stood still though the model moved, and a sensor of which the
    calibration has nothing, since what it reads when healthy is not known.

    Parameters
    ----------
    means
        Means over blocks.
    expected
        The model in the same blocks.
    settings
        The calibration, and how long a sensor may stand still.

    Raises
    ------
    InputError
        If no sensor can be used in the calibration, or ever where there is none.
    """
    values, first = means.values.copy(), settings.calibration_blocks
    notes = _take_out_frozen(values, means.columns, expected, settings)
    spoke = np.isfinite(values).any(axis=0)
    taught = np.isfinite(values[:first]).any(axis=0) if first else spoke
    if not taught.any():
        when = "in the calibration" if first else "at any time"
        raise InputError(
            f"Blockage detection: none of {len(means.columns)} sensors can be used {when}",
            got="; ".join(notes[:_NAMED]) or "no reading in it",
            expected=f"readings {when} that move as the sewer does",
            remedy="Check the export of the telemetry",
        )
    values[:, ~taught] = np.nan
    untaught = spoke & ~taught
    notes += [
        f"{name} left out, since the calibration has nothing of it that can be used"
        for name, is_one in zip(means.columns, untaught, strict=True)
        if is_one
    ]
    if notes:
        notes.insert(0, f"Degraded: {int(taught.sum())} of {len(means.columns)} sensors can be used")
    return values, tuple(notes)


def unjudged_blocks(observed: NDArray[np.float64], first: int) -> tuple[tuple[int, int], ...]:
    """Return the blocks from one on in which no sensor can be used: first, and the one after the last.

    Parameters
    ----------
    observed
        Means over blocks, shape (blocks, sensors), m or m3/h; NaN where a sensor cannot be used.
    first
        First block that is to be judged.
    """
    blind = ~np.isfinite(observed).any(axis=1)
    blind[:first] = False
    return tuple(_runs(blind))


def _take_out_frozen(
    values: NDArray[np.float64], columns: tuple[str, ...], expected: Expected, settings: BlockageSettings
) -> list[str]:
    """Take out, in place, the times at which a sensor stood still though the model moved; say so."""
    notes, least = [], settings.frozen_s // settings.block_s
    for sensor, name in enumerate(columns):
        column, model = values[:, sensor], expected.sensors[:, sensor]
        same = np.concatenate([[False], np.diff(column) == 0.0])
        moves = 10.0 * (settings.level_floor_m if name.startswith("level_") else settings.least_flow_m3_h)
        frozen = 0
        for second, end in _runs(same):
            begin = second - 1  # the value before, which the others are the same as
            if end - begin >= least and np.ptp(model[begin:end]) >= moves:
                values[begin:end, sensor] = np.nan
                frozen += end - begin
        if frozen:
            hours = frozen * settings.block_s / 3600.0
            notes.append(f"{name} stood still for {hours:.0f} h while the model moved, and is left out then")
    return notes


def _runs(chosen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Unbroken parts of what is chosen: first, and the one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], chosen.astype(np.int8), [0]])))
    return [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
