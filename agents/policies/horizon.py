"""Rolling horizon: plan with the crews that will soon be free, and leave alone who is under way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from agents.policies.situation import (
    AnyCrew,
    Assignment,
    BusyCrew,
    Decision,
    Diversion,
    FreeCrew,
    OpenTask,
    Reservation,
    Situation,
    in_order,
    urgency,
)

_KEPT = 1e9
"""Makes every crew under way keep a task, its own or a better one."""


class RollingHorizon:
    """Plan every round anew over the coming time, and carry out only what is due now.

    The plan matches open tasks with free crews, with crews on site that are expected to be done within
    the horizon, and with crews under way. It minimises the sum of times to arrival, weighted by level
    (each level counts double the one below) and by how long a task has waited. A task that nobody
    takes counts as one reached twice the horizon from now, or as the farthest pair if that is later.

    Of the plan, free crews are sent; a task that a crew still at work will reach sooner is reserved for
    it and stays open. Crews under way are frozen: the plan that leaves them alone stands unless one that
    diverts some of them is better by ``threshold_s`` for each of those, in weighted seconds. Such a crew
    always goes to another task, and its own goes to another crew of the plan or is open again.

    Parameters
    ----------
    horizon_s
        A crew on site counts if it is expected to be done within this time, s, > 0. A task that has
        waited so long is not reserved while somebody could go now.
    threshold_s
        Gain that a diversion must bring, weighted s, >= 0; 600 is ten minutes sooner at a case of the
        lowest level. Own assumption, like the others.
    margin_s
        How much sooner than a free crew one still at work must be there, s, >= 0: nobody knows exactly
        when work is done.
    """

    def __init__(
        self, horizon_s: float = 1800.0, threshold_s: float = 600.0, margin_s: float = 300.0
    ) -> None:
        for name, value in (("threshold_s", threshold_s), ("margin_s", margin_s)):
            if not value >= 0.0:
                msg = f"{name}: got {value} s; expected >= 0 s"
                raise ValueError(msg)
        if not horizon_s > 0.0:
            msg = f"horizon_s: got {horizon_s} s; expected > 0 s"
            raise ValueError(msg)
        self.horizon_s = horizon_s
        self.threshold_s = threshold_s
        self.margin_s = margin_s

    def decide(self, situation: Situation) -> list[Decision]:
        """Return who is sent now, which tasks are kept for whom, and who is diverted."""
        free, tasks = in_order(situation)
        busy = sorted(situation.busy, key=lambda crew: crew.id)
        soon = [crew for crew in busy if crew.on_site and crew.free_in_s <= self.horizon_s]
        moving = [crew for crew in busy if not crew.on_site]
        if not tasks or not (free or soon or moving):
            return []
        board = self._board(situation, free, soon, moving, tasks)
        frozen = board.match(diverting=False)
        pairs, gain_s = frozen, 0.0
        if moving:
            changed = board.match(diverting=True)
            gain_s = board.cost(frozen) - board.cost(changed)
            if gain_s > self.threshold_s * board.diversions(changed):
                pairs = changed
        return board.decisions(pairs, gain_s)

    def _board(
        self,
        situation: Situation,
        free: tuple[FreeCrew, ...],
        soon: list[BusyCrew],
        moving: list[BusyCrew],
        tasks: tuple[OpenTask, ...],
    ) -> "_Board":
        crews: list[AnyCrew] = [*free, *soon, *moving]
        own = sorted((crew.task for crew in moving), key=urgency)
        columns = [*tasks, *own]
        times = situation.travel_times(crews, columns)
        times = np.where(np.isfinite(times), np.maximum(times, 0.0), np.inf)
        first_soon, first_moving = len(free), len(free) + len(soon)
        column = {task.id: index for index, task in enumerate(columns)}
        stays = np.array([column[crew.task.id] for crew in moving], dtype=np.int64)
        return _Board(
            crews=crews,
            tasks=columns,
            times=times,
            weight=_weights(columns, self.horizon_s),
            planned=self._planned(times, columns, first_soon, first_moving),
            first_soon=first_soon,
            first_moving=first_moving,
            open_count=len(tasks),
            stays=stays,
            never_s=self._never_s(times),
            threshold_s=self.threshold_s,
        )

    def _planned(
        self, times: NDArray[np.float64], tasks: list[OpenTask], first_soon: int, first_moving: int
    ) -> NDArray[np.float64]:
        """Count crews at work with their margin, and not for tasks that have waited long."""
        planned = times.copy()
        planned[first_soon:first_moving] += self.margin_s
        somebody = np.isfinite(times[:first_soon]).any(axis=0)
        waited = np.array([task.waiting_s >= self.horizon_s for task in tasks])
        planned[first_soon:first_moving, somebody & waited] = np.inf
        return planned

    def _never_s(self, times: NDArray[np.float64]) -> float:
        finite = times[np.isfinite(times)]
        latest = float(finite.max()) + self.margin_s if finite.size else 0.0
        return max(2.0 * self.horizon_s, latest + 1.0)


@dataclass(frozen=True, slots=True)
class _Board:
    """Crews (free, soon free, under way) against tasks (open, bound for), and how they are matched.

    Parameters
    ----------
    crews, tasks, times
        Who, what, and when each would be there, shape (crews, tasks), s; ``inf`` for never.
    weight
        Of each task.
    planned
        Times as the plan counts them, s.
    first_soon, first_moving, open_count
        Where the kinds of crews begin, and how many tasks are open.
    stays
        Column of the own task of each crew under way.
    never_s
        What a task counts that nobody takes, s.
    threshold_s
        Gain that a diversion must bring, weighted s.
    """

    crews: list[AnyCrew]
    tasks: list[OpenTask]
    times: NDArray[np.float64]
    weight: NDArray[np.float64]
    planned: NDArray[np.float64]
    first_soon: int
    first_moving: int
    open_count: int
    stays: NDArray[np.int64]
    never_s: float
    threshold_s: float

    def match(self, *, diverting: bool) -> list[tuple[int, int]]:
        """Return the pairs of least cost; without ``diverting`` crews under way keep their tasks."""
        saved = self._saved()
        last = len(self.crews) if diverting else self.first_moving
        width = len(self.tasks) if diverting else self.open_count
        gain = saved[:last, :width].copy()
        if diverting:
            own = self.first_moving + np.arange(len(self.stays)), self.stays
            possible = np.isfinite(self.planned[self.first_moving :])
            gain[self.first_moving :][possible] += _KEPT
            gain[own] = saved[own] + self.threshold_s + _KEPT
        rows, columns = linear_sum_assignment(gain, maximize=True)
        pairs = [
            (row, column)
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            if gain[row, column] > 0.0
        ]
        if not diverting:
            pairs += [(self.first_moving + index, int(column)) for index, column in enumerate(self.stays)]
        return pairs

    def cost(self, pairs: list[tuple[int, int]]) -> float:
        """Weighted time to arrival over all tasks, s."""
        saved = self._saved()
        return float(self.weight.sum() * self.never_s - sum(saved[pair] for pair in pairs))

    def diversions(self, pairs: list[tuple[int, int]]) -> int:
        """Return how many crews under way change their task."""
        return sum(row >= self.first_moving and not self._is_own(row, column) for row, column in pairs)

    def decisions(self, pairs: list[tuple[int, int]], gain_s: float) -> list[Decision]:
        """Say a plan as decisions, diversions first, because they free tasks for others."""
        diverted: list[Decision] = []
        sent: list[Decision] = []
        reserved: list[Decision] = []
        for row, column in sorted(pairs, key=lambda pair: pair[::-1]):
            crew, task = self.crews[row].id, self.tasks[column].id
            if row < self.first_soon:
                sent.append(Assignment(crew, task))
            elif row < self.first_moving:
                reserved.append(Reservation(crew, task, float(self.times[row, column])))
            elif not self._is_own(row, column):
                diverted.append(Diversion(crew, task, round(gain_s, 3)))
        return diverted + sent + reserved

    def _is_own(self, row: int, column: int) -> bool:
        return int(self.stays[row - self.first_moving]) == column

    def _saved(self) -> NDArray[np.float64]:
        """Weighted time that each pair saves against a task that nobody takes, s; 0 where impossible."""
        return np.where(
            np.isfinite(self.planned),
            self.weight * (self.never_s - np.where(np.isfinite(self.planned), self.planned, 0.0)),
            0.0,
        )


def _weights(tasks: list[OpenTask], ageing_s: float) -> NDArray[np.float64]:
    return np.array([2.0 ** (4 - task.level) * (1.0 + max(task.waiting_s, 0.0) / ageing_s) for task in tasks])
