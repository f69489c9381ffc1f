"""What a policy is, what it sees and what it may decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from agents.catalogue import TaskKind

_ID = attrgetter("id")
_ORDER_OF_KINDS = {kind: rank for rank, kind in enumerate(TaskKind)}


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that waits for a crew, or that a crew under way is bound for.

    Parameters
    ----------
    id, case, kind
        What it is.
    skill
        Who can do it; empty for anybody.
    level
        Urgency of its case, 1 (most) to 4.
    x, y
        Where, m.
    waiting_s
        Since it could have been dispatched, s.
    due_in_s
        Until its case is due, s; negative when overdue.
    zone
        Id of the zone it lies in; see `agents.zones`.
    """

    id: str
    case: str
    kind: TaskKind
    skill: str
    level: int
    x: float
    y: float
    waiting_s: float
    due_in_s: float
    zone: str = ""


@dataclass(frozen=True, slots=True)
class FreeCrew:
    """A crew that can take a task now.

    Parameters
    ----------
    id, skills, vehicle
        Who they are, what they can do, and the class of vehicle they drive.
    x, y
        Where they are, or the next junction on their way home, m.
    zone
        Id of the zone of their depot.
    """

    id: str
    skills: tuple[str, ...]
    x: float
    y: float
    vehicle: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class BusyCrew:
    """A crew on duty that has a task.

    Parameters
    ----------
    id, skills, vehicle, x, y, zone
        As of a `FreeCrew`.
    task
        What it does or is bound for.
    on_site
        Whether it has arrived. A crew that has not is under way, and may be diverted.
    free_in_s
        Until it is expected to be done, s; ``inf`` where nobody can say, as with a pump that runs
        until the water has gone.
    """

    id: str
    skills: tuple[str, ...]
    x: float
    y: float
    vehicle: str
    zone: str
    task: OpenTask
    on_site: bool
    free_in_s: float


AnyCrew = FreeCrew | BusyCrew

TravelTimes = Callable[[Sequence[AnyCrew], Sequence[OpenTask]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a policy may know.

    Parameters
    ----------
    time_s
        Now, s since start.
    tasks
        Open tasks, most urgent first.
    crews
        Free crews, by id.
    travel_times
        Time until each crew would be at each task as things stand, shape (crews, tasks), s: a free crew
        from where it is, one under way from its next junction, one on site from there once it is
        expected to be done. ``inf`` where there is no way or the crew lacks the skill, and where the
        way is longer than dispatch looks while another crew is within reach. The array is the caller's.
    busy
        Crews on duty that have a task, by id; in a run they are made when a policy looks at them.
    """

    time_s: float
    tasks: tuple[OpenTask, ...]
    crews: tuple[FreeCrew, ...]
    travel_times: TravelTimes
    busy: Sequence[BusyCrew] = ()

    @property
    def everybody(self) -> tuple[AnyCrew, ...]:
        """All crews on duty, the free ones first."""
        return (*self.crews, *self.busy)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A decision: this free crew sets out for that open task."""

    crew: str
    task: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """A plan: this busy crew takes that open task when it is done; until then nobody moves for it.

    Parameters
    ----------
    crew, task
        Who and what.
    arrives_in_s
        When it is expected to be there, s from now.
    """

    crew: str
    task: str
    arrives_in_s: float


@dataclass(frozen=True, slots=True)
class Diversion:
    """A decision: this crew under way leaves its task for that open one; its own is open again.

    Parameters
    ----------
    crew, task
        Who is diverted, and to what.
    gain_s
        What the change is worth to the plan, in the policy's own seconds.
    """

    crew: str
    task: str
    gain_s: float


Decision = Assignment | Reservation | Diversion


@runtime_checkable
class Policy(Protocol):
    """Decides who does what.

    A policy is a function of the situation wherever possible. One that remembers must do so in
    attributes that pickle, because a run may be saved between two rounds.
    """

    def decide(self, situation: Situation) -> Sequence[Decision]:
        """Return decisions: each crew and each task at most once, nobody where they cannot go."""
        ...


def urgency(task: OpenTask) -> tuple[int, int, float, str]:
    """Sort key of tasks: level, then what matters first at a place, then the longest wait, then id."""
    return task.level, _ORDER_OF_KINDS[task.kind], -task.waiting_s, task.id


def in_order(situation: Situation) -> tuple[tuple[FreeCrew, ...], tuple[OpenTask, ...]]:
    """Return free crews by id and open tasks by urgency, however the situation lists them."""
    return tuple(sorted(situation.crews, key=_ID)), tuple(sorted(situation.tasks, key=urgency))
