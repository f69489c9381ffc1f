"""Linear assignment: all free crews and all open tasks matched at once at least cost."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from agents.policies.costs import worth_s
from agents.policies.situation import Assignment, Situation, in_order

IMPOSSIBLE_S = 1e9


class CheapestAssignment:
    """Minimise travel time, with more urgent and longer waiting tasks served first.

    A pair costs its travel time less what serving the task is worth (`agents.policies.costs`). Which
    tasks are left over when crews are short follows from the worth, who goes where from the travel
    times.
    """

    def decide(self, situation: Situation) -> list[Assignment]:
        """Return the assignment of least total cost."""
        crews, tasks = in_order(situation)
        if not crews or not tasks:
            return []
        times = situation.travel_times(crews, tasks)
        possible = np.isfinite(times)
        cost = np.where(possible, times - worth_s(tasks), IMPOSSIBLE_S)
        rows, columns = linear_sum_assignment(cost)
        return [
            Assignment(crews[row].id, tasks[column].id)
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            if possible[row, column]
        ]
