"""Priority queue: tasks by level, age and how little time is left, each to the crew there first."""

import heapq

import numpy as np

from agents.policies.nearest import serve_in_turn
from agents.policies.situation import Assignment, OpenTask, Situation, in_order


class PriorityQueue:
    """Serve the task with the highest rank first.

    Rank is the level first; for each ``ageing_s`` that a task has waited it counts one level higher, so
    that nothing waits for ever behind a stream of urgent cases. Within a level the task with the least
    slack goes first: the time until its case is due less the time that the nearest crew needs.

    Parameters
    ----------
    ageing_s
        Wait after which a task counts one level more urgent, s, > 0; own assumption.
    """

    def __init__(self, ageing_s: float = 3600.0) -> None:
        if not ageing_s > 0.0:
            msg = f"ageing_s: got {ageing_s} s; expected > 0 s"
            raise ValueError(msg)
        self.ageing_s = ageing_s

    def decide(self, situation: Situation) -> list[Assignment]:
        """Return an assignment for each task that a free crew can reach, in order of rank."""
        crews, tasks = in_order(situation)
        if not crews or not tasks:
            return []
        times = situation.travel_times(crews, tasks)
        soonest = np.where(np.isfinite(times), times, np.inf).min(axis=0)
        queue = [
            (self._level(task), _slack_s(task, float(soonest[column])), column)
            for column, task in enumerate(tasks)
        ]
        heapq.heapify(queue)
        order = [heapq.heappop(queue)[-1] for _ in tasks]
        return serve_in_turn(crews, [tasks[column] for column in order], times[:, order])

    def _level(self, task: OpenTask) -> int:
        return task.level - int(task.waiting_s // self.ageing_s)


def _slack_s(task: OpenTask, soonest_s: float) -> float:
    """Time that is left before it must be left for, s; ``inf`` where nobody can go."""
    return task.due_in_s - soonest_s if np.isfinite(soonest_s) else float("inf")
