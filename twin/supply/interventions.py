"""What happens to a supply network at a moment; in order of time, the whole state of its engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetOpening:
    """Give the hole of a pipe an area, m2; 0 closes it.

    A pipe has one such place, ``position`` of its length from its first node, 0 < position < 1. Named
    again, the pipe keeps the place of the first time.
    """

    t_s: int
    pipe: str
    position: float
    area_m2: float


@dataclass(frozen=True, slots=True)
class HoldShut:
    """Shut a link, whatever the controls of the file say.

    Parameters
    ----------
    t_s
        When, s.
    link
        Pipe, pump or valve.
    by
        What shuts it, such as an isolation valve's id: it opens when all have let go.
    beyond
        For a pipe with a hole in it, whether the part between hole and last node is meant instead of
        the part from the first node to the hole.
    """

    t_s: int
    link: str
    by: str
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class LetGo:
    """Undo a `HoldShut` of the same link, part and ``by``."""

    t_s: int
    link: str
    by: str
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class HoldOpen:
    """Open a valve fully, whatever its setting: its regulator has failed."""

    t_s: int
    link: str
    by: str


Intervention = SetOpening | HoldShut | LetGo | HoldOpen
