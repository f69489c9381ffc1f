"""Min-cost flow: the assignment on a sparse graph, each task tied to its nearest crews only."""

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from agents.policies.costs import worth_s
from agents.policies.nearest import serve_in_turn
from agents.policies.situation import Assignment, FreeCrew, OpenTask, Situation, in_order

NEAREST = 10
"""Crews that a task is tied to."""

TICKS_PER_S = 10
"""Costs are whole numbers of this fraction of a second."""

LEFT_OVER_S = 1e6
"""What it costs to leave a task that a crew could take, s: more than any pair can save."""


class CheapestFlow:
    """The least total cost of `agents.policies.assignment`, over each task's nearest crews.

    One unit flows from every task over one of its nearest crews, or past them at a price that no pair
    reaches. The graph grows with the tasks instead of with tasks times crews. Crews and tasks that are
    left over because a task's nearest crews are all taken are matched in order of urgency.

    Parameters
    ----------
    nearest
        Crews that a task is tied to, >= 1.
    """

    def __init__(self, nearest: int = NEAREST) -> None:
        if nearest < 1:
            msg = f"nearest: got {nearest}; expected >= 1"
            raise ValueError(msg)
        self.nearest = int(nearest)

    def decide(self, situation: Situation) -> list[Assignment]:
        """Return the assignment of least cost among nearest crews, then whoever else can go."""
        crews, tasks = in_order(situation)
        if not crews or not tasks:
            return []
        times = situation.travel_times(crews, tasks)
        times = np.where(np.isfinite(times), times, np.inf)
        rows, columns = self._ties(times)
        if not rows.size:
            return []
        used = _solve(rows, columns, times[rows, columns] - worth_s(tasks)[columns], times.shape)
        decisions = [Assignment(crews[rows[arc]].id, tasks[columns[arc]].id) for arc in used]
        return decisions + _rest(crews, tasks, times, rows[used], columns[used])

    def _ties(self, times: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of crew and task, by task and then by crew."""
        nearest = np.argsort(times, axis=0, kind="stable")[: self.nearest].T
        columns = np.repeat(np.arange(times.shape[1]), nearest.shape[1])
        rows = np.sort(nearest, axis=1).ravel()
        possible = np.isfinite(times[rows, columns])
        return rows[possible], columns[possible]


def _solve(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    cost_s: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.int64]:
    """Solve the flow and return the indices of the pairs that carry it."""
    crew_count, task_count = shape
    crew_nodes, task_nodes = np.arange(crew_count), crew_count + np.arange(task_count)
    sink = crew_count + task_count
    tails = np.concatenate([crew_count + columns, crew_nodes, task_nodes])
    heads = np.concatenate([rows, np.full(crew_count + task_count, sink)])
    past = np.full(task_count, LEFT_OVER_S)
    cost = np.concatenate([cost_s, np.zeros(crew_count), past])
    flow = SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32),
        heads.astype(np.int32),
        np.ones(len(tails), dtype=np.int64),
        np.rint(cost * TICKS_PER_S).astype(np.int64),
    )
    flow.set_nodes_supplies(task_nodes.astype(np.int32), np.ones(task_count, dtype=np.int64))
    flow.set_node_supply(sink, -task_count)
    status = flow.solve()
    if status != flow.OPTIMAL:
        msg = f"min-cost flow of {task_count} tasks and {crew_count} crews: got status {status}"
        raise RuntimeError(msg)
    return np.flatnonzero(flow.flows(arcs[: len(rows)]) > 0)


def _rest(
    crews: tuple[FreeCrew, ...],
    tasks: tuple[OpenTask, ...],
    times: NDArray[np.float64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> list[Assignment]:
    free = np.setdiff1d(np.arange(len(crews)), rows)
    left = np.setdiff1d(np.arange(len(tasks)), columns)
    return serve_in_turn(
        [crews[row] for row in free], [tasks[col] for col in left], times[np.ix_(free, left)]
    )
