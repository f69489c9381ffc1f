"""The ground of a city: what it has taken from the water, exact to the unit."""

from __future__ import annotations

from collections.abc import Mapping
from math import fmod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.ground.curves import NODES, horton_table
from twin.ground.kernel import GREEN_AMPT, HORTON, Laws, Runs, take_units
from twin.ground.settings import GroundClass, GroundSettings
from twin.surface.constants import LANES, ROWS_AFTER, ROWS_BEFORE, UNIT_M, UNITS_PER_M
from twin.surface.state import inner, padded

_UNITS_PER_MM = UNITS_PER_M / 1000.0
_GOLDEN = 0.6180339887498949


class GroundLoss:
    """Infiltration by Green-Ampt or Horton, and depression storage, cell by cell.

    Once per interval each cell's soil takes what its law allows for that interval, limited by the water
    there, from the surface first and then from the hollows; what is left on the surface fills the
    hollows. Soil does not recover and water in hollows does not evaporate: right for a storm, not for a
    season. Water volumes are whole depth units, as on the surface.

    Parameters
    ----------
    classes
        Position of each cell's class among ``names``, shape (rows, cols).
    names
        Class names.
    settings
        How it is computed.
    cell_size_m
        Edge of a cell, m.

    Raises
    ------
    InputError
        If the settings lack a class.
    """

    def __init__(
        self,
        classes: NDArray[np.uint8],
        names: tuple[str, ...],
        settings: GroundSettings,
        cell_size_m: float,
    ) -> None:
        for name in names:
            if name not in settings.classes:
                raise InputError(
                    f"Ground class '{name}' of the city",
                    expected=f"one of {', '.join(settings.classes)}",
                    remedy="Describe it under ground.classes of the scenario",
                )
        kinds = [settings.classes[name] for name in names]
        rows, cols = classes.shape
        self.shape = (rows, cols)
        self.interval_s = settings.interval_s
        self._unit_m3 = UNIT_M * cell_size_m**2
        self._laws = _laws(kinds, settings)
        takes = np.array([kind.pervious > 0.0 or kind.depression_mm > 0.0 for kind in kinds])
        self._runs = _runs(classes, takes)
        self._infiltrated = padded(self.shape, np.int32)
        self._held = padded(self.shape, np.int32)
        self._updates = 0

    @property
    def next_s(self) -> float:
        """Time of the next update, s: a whole number of intervals since the start."""
        return (self._updates + 1) * self.interval_s

    def take(self, depth: NDArray[np.int32]) -> int:
        """Take one interval's water from the surface.

        Parameters
        ----------
        depth
            Depths in units, padded as the surface keeps them; lowered in place.

        Returns
        -------
        Units taken.
        """
        self._updates += 1
        phase = fmod(self._updates * _GOLDEN, 1.0)
        return int(take_units(depth, self._infiltrated, self._held, self._runs, self._laws, phase))

    @property
    def infiltrated_units(self) -> int:
        """Water in the soil since the start, depth units of one cell."""
        return int(self._infiltrated.sum(dtype=np.int64))

    @property
    def depression_units(self) -> int:
        """Water in hollows now, depth units of one cell."""
        return int(self._held.sum(dtype=np.int64))

    @property
    def infiltrated_m3(self) -> float:
        """Water in the soil since the start, m3."""
        return self.infiltrated_units * self._unit_m3

    @property
    def depression_m3(self) -> float:
        """Water in hollows now, m3."""
        return self.depression_units * self._unit_m3

    @property
    def infiltrated_depth(self) -> NDArray[np.float32]:
        """Depth infiltrated since the start, shape (rows, cols), m."""
        return inner(self._infiltrated, self.shape) * np.float32(UNIT_M)

    @property
    def depression_depth(self) -> NDArray[np.float32]:
        """Depth held in hollows now, shape (rows, cols), m."""
        return inner(self._held, self.shape) * np.float32(UNIT_M)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all that a ground of the same city needs to go on bit for bit, as plain arrays."""
        return {
            "infiltrated": inner(self._infiltrated, self.shape).copy(),
            "held": inner(self._held, self.shape).copy(),
            "updates": np.array(self._updates, dtype=np.int64),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a state of a ground that was made with the same arguments."""
        for name, array in (("infiltrated", self._infiltrated), ("held", self._held)):
            if state[name].shape != self.shape:
                raise InputError(
                    f"Ground state '{name}'", got=f"shape {state[name].shape}", expected=f"shape {self.shape}"
                )
            inner(array, self.shape)[...] = state[name]
        self._updates = int(state["updates"])


def _runs(classes: NDArray[np.uint8], takes: NDArray[np.bool_]) -> Runs:
    """Cut each row into runs of one class, and keep those that take water."""
    rows, cols = classes.shape
    starts = np.ones((rows, cols), dtype=bool)
    starts[:, 1:] = classes[:, 1:] != classes[:, :-1]
    flat = np.flatnonzero(starts)
    end = np.append(flat[1:], rows * cols)
    row, first = np.divmod(flat, cols)
    kind = classes.ravel()[flat].astype(np.int64)
    kept = takes[kind]
    counts = np.bincount(row[kept] + ROWS_BEFORE, minlength=rows + ROWS_BEFORE + ROWS_AFTER)
    return Runs(
        kind=kind[kept],
        first=first[kept] + LANES,
        end=(first + end - flat)[kept] + LANES,
        row_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def _laws(kinds: list[GroundClass], settings: GroundSettings) -> Laws:
    """Express the classes in units per interval; a class without pervious ground takes none."""
    count, hours = len(kinds), settings.interval_s / 3600.0
    conducted, pull, fill = np.zeros(count), np.zeros(count), np.zeros(count)
    table, spacing = np.zeros((count, NODES)), np.ones(count)
    for place, kind in enumerate(kinds):
        soil, scale = kind.soil, kind.pervious * _UNITS_PER_MM
        if kind.pervious == 0.0:
            continue
        if settings.model == "horton":
            values_mm, spacing_mm = horton_table(soil, settings.interval_s)
            table[place], spacing[place] = values_mm * scale, spacing_mm * scale
        elif soil.conductivity_mm_h is not None and soil.suction_mm is not None and soil.porosity is not None:
            fill[place] = kind.pervious * soil.porosity * (1.0 - settings.initial_saturation)
            conducted[place] = soil.conductivity_mm_h * hours * scale
            pull[place] = soil.suction_mm * fill[place] * _UNITS_PER_MM
    room = np.array([round(kind.depression_mm * _UNITS_PER_MM) for kind in kinds], dtype=np.int32)
    model = HORTON if settings.model == "horton" else GREEN_AMPT
    return Laws(model, room, conducted, pull, fill, table, spacing)
