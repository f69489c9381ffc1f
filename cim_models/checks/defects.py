"""Defects of a city."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad a defect is, worst first."""

    ERROR = 0
    """A run would fail, or its results would be wrong."""
    WARNING = 1
    """A run is possible; what the defect touches is doubtful."""
    NOTE = 2
    """Worth knowing."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong.

    Parameters
    ----------
    layer
        Layer of `cim_models.layers`, or ``terrain``, ``sewer``, ``supply``, ``city``.
    id
        Feature, node or link; empty when the whole layer is meant.
    what
        What is wrong, with the value.
    remedy
        What to do.
    severity
        How bad it is.
    """

    layer: str
    id: str
    what: str
    remedy: str
    severity: Severity

    def __str__(self) -> str:
        name = f"{self.layer} '{self.id}'" if self.id else self.layer
        return f"{self.severity}: {name}: {self.what}. {self.remedy}."


def error(layer: str, id_: object, what: str, remedy: str) -> Defect:
    """Return a defect that makes a run fail or its results wrong."""
    return Defect(layer, str(id_), what, remedy, Severity.ERROR)


def warning(layer: str, id_: object, what: str, remedy: str) -> Defect:
    """Return a defect that makes part of the results doubtful."""
    return Defect(layer, str(id_), what, remedy, Severity.WARNING)


def note(layer: str, id_: object, what: str, remedy: str) -> Defect:
    """Return something worth knowing."""
    return Defect(layer, str(id_), what, remedy, Severity.NOTE)
