"""Soils, ground classes, and how they are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from cim_models.catalogues import load_catalogue
from cim_models.errors import InputError

CATALOGUE = "soils"
MAX_INTERVAL_S = 3600.0


@dataclass(frozen=True, slots=True)
class Soil:
    """How fast water enters a soil.

    Parameters
    ----------
    conductivity_mm_h, suction_mm, porosity
        Green-Ampt: saturated conductivity, suction at the wetting front, share of pores (0 to 1).
    initial_mm_h, final_mm_h, decay_1_h
        Horton: capacity of the dry soil, capacity in the end (> 0), and decay, 1/h.
    """

    conductivity_mm_h: float | None = None
    suction_mm: float | None = None
    porosity: float | None = None
    initial_mm_h: float | None = None
    final_mm_h: float | None = None
    decay_1_h: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is not None and not 0.0 < value < 1e4:
                raise InputError(f"Soil value '{item.name}'", got=value, expected="above 0, below 10 000")
        if self.porosity is not None and self.porosity > 1.0:
            raise InputError("Soil value 'porosity'", got=self.porosity, expected="at most 1")
        if self.initial_mm_h and self.final_mm_h and self.initial_mm_h < self.final_mm_h:
            raise InputError(
                "Soil value 'initial_mm_h'", got=self.initial_mm_h, expected=f"at least {self.final_mm_h}"
            )


@dataclass(frozen=True, slots=True)
class GroundClass:
    """One kind of ground.

    Parameters
    ----------
    soil
        What lies under it.
    pervious
        Share of a cell that water soaks into, 0 to 1; all water in the cell can reach it.
    depression_mm
        Depth that hollows hold back over the whole cell, mm, 0 to 1000.
    """

    soil: Soil
    pervious: float
    depression_mm: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.pervious <= 1.0:
            raise InputError("Ground value 'pervious'", got=self.pervious, expected="0 to 1")
        if not 0.0 <= self.depression_mm <= 1000.0:
            raise InputError("Ground value 'depression_mm'", got=self.depression_mm, expected="0 to 1000 mm")


@dataclass(frozen=True, slots=True)
class GroundSettings:
    """How the ground takes water.

    Parameters
    ----------
    model
        ``"green_ampt"`` or ``"horton"``.
    classes
        Ground classes by name.
    interval_s
        Time between two updates, s, > 0 and at most an hour.
    initial_saturation
        Share of the pores that is full at the start, 0 to below 1; for Green-Ampt.
    """

    model: Literal["green_ampt", "horton"]
    classes: Mapping[str, GroundClass]
    interval_s: float = 60.0
    initial_saturation: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 < self.interval_s <= MAX_INTERVAL_S:
            raise InputError(
                "Ground setting 'interval'",
                got=f"{self.interval_s} s",
                expected=f"above 0, at most {MAX_INTERVAL_S:.0f} s",
            )
        if not 0.0 <= self.initial_saturation < 1.0:
            raise InputError(
                "Ground setting 'initial_saturation'", got=self.initial_saturation, expected="0 to below 1"
            )
        needed = _NEEDED[self.model]
        for name, kind in self.classes.items():
            missing = [key for key in needed if getattr(kind.soil, key) is None]
            if kind.pervious > 0.0 and missing:
                raise InputError(
                    f"Soil of ground class '{name}'",
                    got=f"no {', '.join(missing)}",
                    expected=f"the values that {self.model} needs: {', '.join(needed)}",
                    remedy="Choose another soil for the class, or state the values",
                )


_NEEDED = {
    "green_ampt": ("conductivity_mm_h", "suction_mm", "porosity"),
    "horton": ("initial_mm_h", "final_mm_h", "decay_1_h"),
}


def ground_settings(
    model: Literal["green_ampt", "horton"],
    *,
    interval_s: float = 60.0,
    initial_saturation: float | None = None,
    soils: Mapping[str, Mapping[str, float]] | None = None,
    classes: Mapping[str, Mapping[str, Any]] | None = None,
) -> GroundSettings:
    """Return settings from catalogue ``soils``, changed and added to as said.

    Parameters
    ----------
    model, interval_s, initial_saturation
        See `GroundSettings`; the catalogue's saturation where None.
    soils
        Values of `Soil` by soil and name; what is left out stays as the catalogue has it.
    classes
        ``soil``, ``pervious`` and ``depression_mm`` by class. A class that the catalogue lacks starts
        from its ``open_ground``.

    Raises
    ------
    InputError
        If a soil does not exist, a value is out of range or one that the model needs is missing.
    """
    book = load_catalogue(CATALOGUE)
    known = {name: dict(values) for name, values in book["soils"].items()}
    for name, values in (soils or {}).items():
        known[name] = {**known.get(name, {}), **values}
    made = {name: _named(f"Soil '{name}'", Soil, values) for name, values in known.items()}
    entries = {
        name: {key: entry[key] for key in ("soil", "pervious", "depression_mm")}
        for name, entry in book["classes"].items()
    }
    for name, changes in (classes or {}).items():
        entries[name] = {**entries.get(name, entries["open_ground"]), **changes}
    kinds = {}
    for name, entry in entries.items():
        if entry["soil"] not in made:
            raise InputError(
                f"Ground class '{name}', soil", got=f"'{entry['soil']}'", expected=f"one of {', '.join(made)}"
            )
        kinds[name] = _named(f"Ground class '{name}'", GroundClass, {**entry, "soil": made[entry["soil"]]})
    saturation = book["initial_saturation"]["value"] if initial_saturation is None else initial_saturation
    return GroundSettings(model, kinds, interval_s, float(saturation))


def _named[T](what: str, kind: type[T], values: Mapping[str, Any]) -> T:
    """Make a value, and say of whom it is where one of its parts is wrong."""
    try:
        return kind(**values)
    except InputError as exc:
        raise InputError(f"{what}: {exc.what}", got=exc.got, expected=exc.expected) from exc
