"""Fixed zones: every crew serves its own zone, and helps out by a stated rule."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from agents.policies.nearest import serve_in_turn
from agents.policies.situation import Assignment, FreeCrew, OpenTask, Situation, in_order


class FixedZone:
    """Give each task, the most urgent first, the crew of its own zone that is there soonest.

    A crew of another zone is sent only when the zone has nobody on duty who could ever go, or when the
    task has waited ``borrow_after_s``; of those, too, the nearest. Own crews choose first, so that a
    zone lends only what it does not need.

    Parameters
    ----------
    borrow_after_s
        Wait after which any zone may help, s, >= 0; own assumption.
    """

    def __init__(self, borrow_after_s: float = 900.0) -> None:
        if not borrow_after_s >= 0.0:
            msg = f"borrow_after_s: got {borrow_after_s} s; expected >= 0 s"
            raise ValueError(msg)
        self.borrow_after_s = borrow_after_s

    def decide(self, situation: Situation) -> list[Assignment]:
        """Return assignments within zones, then those that help out."""
        crews, tasks = in_order(situation)
        if not crews or not tasks:
            return []
        times = situation.travel_times(crews, tasks)
        own = serve_in_turn(crews, tasks, np.where(_same_zone(crews, tasks), times, np.inf))
        taken = {decision.crew for decision in own} | {decision.task for decision in own}
        rows = [row for row, crew in enumerate(crews) if crew.id not in taken]
        columns = [
            column
            for column, task in enumerate(tasks)
            if task.id not in taken and self._may_borrow(task, situation)
        ]
        helpers = serve_in_turn(
            [crews[row] for row in rows], [tasks[column] for column in columns], times[np.ix_(rows, columns)]
        )
        return own + helpers

    def _may_borrow(self, task: OpenTask, situation: Situation) -> bool:
        if task.waiting_s >= self.borrow_after_s:
            return True
        at_work = any(crew.zone == task.zone and _can_do(crew.skills, task) for crew in situation.busy)
        return not at_work and not self._is_reached(task, situation)

    def _is_reached(self, task: OpenTask, situation: Situation) -> bool:
        """Whether a free crew of the zone could go, now or in a later round."""
        own = [crew for crew in situation.crews if crew.zone == task.zone and _can_do(crew.skills, task)]
        return bool(own) and bool(np.isfinite(situation.travel_times(own, [task])).any())


def _can_do(skills: tuple[str, ...], task: OpenTask) -> bool:
    return not task.skill or task.skill in skills


def _same_zone(crews: tuple[FreeCrew, ...], tasks: tuple[OpenTask, ...]) -> NDArray[np.bool_]:
    members: dict[str, list[int]] = defaultdict(list)
    for row, crew in enumerate(crews):
        members[crew.zone].append(row)
    same = np.zeros((len(crews), len(tasks)), dtype=bool)
    for column, task in enumerate(tasks):
        same[members.get(task.zone, []), column] = True
    return same
