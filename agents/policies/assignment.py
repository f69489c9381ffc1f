"""Linear assignment: all free crews and all open tasks matched at once at least cost."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from agents.policies import Assignment, Situation

LEVEL_WORTH_S = 1800.0
"""A task one level more urgent is served even if that costs this much more travel, s; own assumption."""

IMPOSSIBLE_S = 1e9


class CheapestAssignment:
    """Minimise travel time, with more urgent and longer waiting tasks served first.

    A pair costs its travel time less what serving the task is worth: `LEVEL_WORTH_S` for each level
    above the lowest, and every second that it has waited. Which tasks are left over when crews are
    short follows from the worth, who goes where from the travel times.
    """

    def decide(self, situation: Situation) -> list[Assignment]:
        """Return the assignment of least total cost."""
        crews, tasks = situation.crews, situation.tasks
        if not crews or not tasks:
            return []
        times = situation.travel_times(crews, tasks)
        worth = np.array([LEVEL_WORTH_S * (4 - task.level) + task.waiting_s for task in tasks])
        possible = np.isfinite(times)
        cost = np.where(possible, times - worth, IMPOSSIBLE_S)
        rows, columns = linear_sum_assignment(cost)
        return [
            Assignment(crews[row].id, tasks[column].id)
            for row, column in zip(rows, columns, strict=True)
            if possible[row, column]
        ]
