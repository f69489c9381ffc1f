"""Everything that can go wrong, as one tree.

::

    CityTwinError
    ├── InputError            the input is wrong: exit status 2
    │   ├── BundleError       a city folder or one of its layers
    │   ├── MappingError      an import recipe does not fit its source
    │   ├── ScenarioError     a scenario file or a ``--set`` value
    │   ├── NetworkError      a sewer or supply model that its engine rejects
    │   └── RunFolderError    a run folder that cannot be read
    └── RunError              the run failed: exit status 1
        ├── UnstableStepError a depth that is not a number
        ├── EngineError       SWMM or EPANET stopped
        ├── TransitionError   a step that the state of a case, task or crew does not allow
        └── SnapshotError     a state that cannot be saved or restored

Every message is one line: what failed, what it got, what it expected, what to do.
"""

from typing import Any


class CityTwinError(Exception):
    """Root of all errors that citytwin raises on purpose.

    Parameters
    ----------
    what
        What failed, with the id and the simulated time where there are any.
    got
        The offending value, with its unit. Omitted when None.
    expected
        The range or the choices that would have been right.
    remedy
        What the reader should do now.
    """

    exit_status = 1

    def __init__(
        self,
        what: str,
        *,
        got: Any = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.remedy = remedy
        super().__init__(_one_line(what, got, expected, remedy))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.what, self.got, self.expected, self.remedy)


class InputError(CityTwinError, ValueError):
    """The input is wrong; nothing was changed."""

    exit_status = 2


class BundleError(InputError):
    """A city folder or one of its layers is wrong."""


class MappingError(InputError):
    """An import recipe does not fit the data it is meant for."""


class ScenarioError(InputError):
    """A scenario file, or a value set on the command line, is wrong."""


class NetworkError(InputError):
    """A sewer or supply model that its engine rejects."""


class RunFolderError(InputError):
    """A run folder that cannot be read."""


class RunError(CityTwinError, RuntimeError):
    """The input was accepted but the run failed."""


class UnstableStepError(RunError):
    """A water depth stopped being a number."""


class EngineError(RunError):
    """SWMM or EPANET stopped with an error of its own."""


class TransitionError(RunError):
    """A step that the present state of a case, task or crew does not allow."""


class SnapshotError(RunError):
    """A state that cannot be saved, or a saved one that does not fit."""


def coordinates(*values_m: float) -> str:
    """Write coordinates for a message, m, to 0.1 m."""
    return ", ".join(f"{round(float(value), 1) + 0.0:.12g}" for value in values_m)


def _one_line(what: str, got: Any, expected: str | None, remedy: str | None) -> str:
    text = what.rstrip(".")
    if got is not None:
        text += f": got {got}"
    if expected:
        text += f"; expected {expected}"
    text += "."
    if remedy:
        text += f" {remedy.rstrip('.')}."
    return " ".join(text.split())


def _rebuild(
    kind: type[CityTwinError], what: str, got: Any, expected: str | None, remedy: str | None
) -> CityTwinError:
    return kind(what, got=got, expected=expected, remedy=remedy)
