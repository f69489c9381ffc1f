"""What a validation case comes to: figures with their limits, and a plot.

A case is a module of this package with one function ``validate(...) -> Outcome`` that runs it at full
size; arguments, all with defaults, may make it smaller for a quick test. The same function serves the
test, which asserts that no figure exceeds its limit, and ``docs/validation.md``, which prints them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a case.

    Parameters
    ----------
    name
        What was measured, in English, such as ``depth RMSE``.
    value, unit
        The figure.
    at_most, at_least
        Limits; a figure without any is only told.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure is within its limits; NaN never is where there is one."""
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)


def unaccounted(*error_units: int, run: str = "") -> Measure:
    """Return the largest volume, in depth units, that the accounts of some runs do not explain; it must be 0.

    ``run`` says which runs where a case has several.
    """
    largest = max(abs(units) for units in error_units)
    name = "volume unaccounted for"
    return Measure(f"{run}: {name}" if run else name, largest, "depth units", at_most=0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case.

    Parameters
    ----------
    title
        Heading in ``docs/validation.md``.
    about
        One paragraph: the set-up, what it is held against, source of the reference.
    measures
        Figures.
    draw
        Draws the plot on a matplotlib figure; None for a case without one.
    """

    title: str
    about: str
    measures: tuple[Measure, ...]
    draw: Callable[[Any], None] | None = None

    @property
    def failures(self) -> tuple[Measure, ...]:
        """Figures outside their limits."""
        return tuple(measure for measure in self.measures if not measure.holds)
