"""The nearest crew: each task in order of urgency gets the crew that is there first."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.policies.situation import Assignment, FreeCrew, OpenTask, Situation, in_order


class NearestCrew:
    """Give each task, the most urgent first, the free crew that is there soonest."""

    def decide(self, situation: Situation) -> list[Assignment]:
        """Return an assignment for each task that a free crew can reach."""
        crews, tasks = in_order(situation)
        return serve_in_turn(crews, tasks, situation.travel_times(crews, tasks))


def serve_in_turn(
    crews: Sequence[FreeCrew], tasks: Sequence[OpenTask], times: NDArray[np.float64]
) -> list[Assignment]:
    """Give each task in turn the crew that is there first and not yet taken.

    Parameters
    ----------
    crews, tasks
        Who is free and what is open; of crews that are there at the same time, the first is taken.
    times
        Travel times, shape (crews, tasks), s; anything but a finite number means no way.
    """
    decisions: list[Assignment] = []
    if not crews or not tasks:
        return decisions
    left = np.where(np.isfinite(times), times, np.inf)
    for column, task in enumerate(tasks):
        row = int(np.argmin(left[:, column]))
        if np.isfinite(left[row, column]):
            decisions.append(Assignment(crews[row].id, task.id))
            left[row, :] = np.inf
    return decisions
