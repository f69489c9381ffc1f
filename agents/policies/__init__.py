"""Dispatch policies: from a situation to decisions.

A policy is any object with `Policy.decide`. The built-in ones have a file each; anybody else's is
named as ``module:Class`` and made without arguments.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from agents.catalogue import TaskKind
from cim_models.errors import ScenarioError


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that waits for a crew.

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


@dataclass(frozen=True, slots=True)
class FreeCrew:
    """A crew that can take a task.

    Parameters
    ----------
    id, skill
        Who they are and what they can do.
    x, y
        Where they are, or the next junction on their way home, m.
    """

    id: str
    skill: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Assignment:
    """A decision: this crew does that task."""

    crew: str
    task: str


TravelTimes = Callable[[Sequence[FreeCrew], Sequence[OpenTask]], NDArray[np.float64]]


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
        Time until each crew would be at each task as things stand, shape (crews, tasks), s; ``inf``
        where there is no way or the crew lacks the skill.
    """

    time_s: float
    tasks: tuple[OpenTask, ...]
    crews: tuple[FreeCrew, ...]
    travel_times: TravelTimes


@runtime_checkable
class Policy(Protocol):
    """Decides who does what."""

    def decide(self, situation: Situation) -> Sequence[Assignment]:
        """Return assignments: each crew and each task at most once, nobody where they cannot go."""
        ...


BUILT_IN = {
    "nearest": "agents.policies.nearest:NearestCrew",
    "assignment": "agents.policies.assignment:CheapestAssignment",
}
"""Names of the policies that come with the package."""


def load_policy(name: str) -> Policy:
    """Make a policy by name.

    Parameters
    ----------
    name
        A name of `BUILT_IN`, or ``module:Class`` of a class that is made without arguments.

    Raises
    ------
    ScenarioError
        If there is no such policy, or what the name leads to is none.
    """
    target = BUILT_IN.get(name, name)
    module, _, attribute = target.partition(":")
    if not attribute:
        raise ScenarioError(
            f"Policy '{name}' is unknown",
            got=name,
            expected=f"{', '.join(sorted(BUILT_IN))} or module:Class",
        )
    try:
        policy = getattr(import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError) as exc:
        raise ScenarioError(
            f"Policy '{name}' cannot be loaded",
            got=str(exc),
            expected="module:Class that can be made without arguments",
        ) from exc
    if not isinstance(policy, Policy):
        raise ScenarioError(
            f"Policy '{name}' cannot decide",
            got=type(policy).__name__,
            expected="a class with a method decide(situation)",
        )
    return policy
