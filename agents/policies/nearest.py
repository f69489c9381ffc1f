"""The nearest crew: each task in order of urgency gets the crew that is there first."""

import numpy as np

from agents.policies import Assignment, Situation


class NearestCrew:
    """Give each task, the most urgent first, the free crew that is there soonest."""

    def decide(self, situation: Situation) -> list[Assignment]:
        """Return an assignment for each task that a free crew can reach."""
        times = situation.travel_times(situation.crews, situation.tasks).copy()
        decisions = []
        for column, task in enumerate(situation.tasks):
            row = int(np.argmin(times[:, column])) if len(situation.crews) else 0
            if len(situation.crews) and np.isfinite(times[row, column]):
                decisions.append(Assignment(situation.crews[row].id, task.id))
                times[row, :] = np.inf
        return decisions
