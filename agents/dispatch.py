"""Dispatch: at regular rounds, free crews meet open tasks through a policy."""

from collections.abc import Mapping, Sequence
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.casebook import CaseBook
from agents.cases import CaseAction
from agents.catalogue import TaskKind
from agents.crews import Crew
from agents.policies import Assignment, FreeCrew, OpenTask, Policy, Situation
from agents.settings import DispatchSettings
from agents.tasks import Task, TaskAction
from agents.views import RoadView
from agents.world import World

_ORDER_OF_KINDS = {kind: rank for rank, kind in enumerate(TaskKind)}

_POLICY_FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError)
"""What somebody else's policy may raise without ending the run."""


class RoundTimes:
    """Travel times of one dispatch round, searched once and looked up after that.

    Parameters
    ----------
    roads
        The road graph.
    crews
        Free crews by id.
    tasks
        Open tasks by id.
    """

    def __init__(self, roads: RoadView, crews: Mapping[str, Crew], tasks: Mapping[str, Task]) -> None:
        self._roads = roads
        self._crews = crews
        self._tasks = tasks
        self._row = {crew: row for row, crew in enumerate(crews)}
        self._column = {task: column for column, task in enumerate(tasks)}
        self._times: NDArray[np.float64] | None = None

    def __call__(self, crews: Sequence[FreeCrew], tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
        """Return the time until each crew would be at each task, s; see `Situation`."""
        if self._times is None:
            self._times = self._search()
        rows = [self._row[crew.id] for crew in crews]
        columns = [self._column[task.id] for task in tasks]
        found: NDArray[np.float64] = self._times[np.ix_(rows, columns)]
        return found

    def _search(self) -> NDArray[np.float64]:
        crews, tasks = list(self._crews.values()), list(self._tasks.values())
        times = np.full((len(crews), len(tasks)), np.inf)
        nodes = sorted({node for task in tasks for node in task.nodes})
        column = {node: index for index, node in enumerate(nodes)}
        # one or two junctions each: the ends of the road
        ends = np.array([(column[task.nodes[0]], column[task.nodes[-1]]) for task in tasks]).reshape(-1, 2)
        wanted = np.array([task.skill for task in tasks])
        for vehicle in sorted({crew.vehicle for crew in crews}):
            rows = np.array([row for row, crew in enumerate(crews) if crew.vehicle == vehicle])
            to_nodes = self._roads.travel_times([crews[row].node for row in rows], nodes, vehicle)
            fastest = np.minimum(to_nodes[:, ends[:, 0]], to_nodes[:, ends[:, 1]])
            skills = np.array([[crews[row].card.skill] for row in rows])
            waits_s = np.array([[crews[row].ready_in_s] for row in rows])
            able = (skills == wanted) | (wanted == "")
            times[rows] = np.where(able, fastest + waits_s, np.inf)
        return times


class Dispatcher(mesa.Agent):
    """Holds the dispatch rounds.

    Parameters
    ----------
    model
        The Mesa model it belongs to.
    world, roads, book
        Surroundings, the road graph, cases and tasks.
    crews
        All crews by id.
    policy
        Who decides; what it decides is checked before anybody moves.
    settings
        How often.
    """

    def __init__(
        self,
        model: mesa.Model,
        world: World,
        roads: RoadView,
        book: CaseBook,
        crews: Mapping[str, Crew],
        policy: Policy,
        settings: DispatchSettings,
    ) -> None:
        super().__init__(model)
        self.world = world
        self.roads = roads
        self.book = book
        self.crews = crews
        self.policy = policy
        self.settings = settings
        world.env.after(settings.interval_s, self._round)

    def situation(self) -> Situation:
        """Return the present situation as a policy sees it."""
        free = {name: crew for name, crew in self.crews.items() if crew.is_available}
        tasks = tuple(self._open_tasks())
        return Situation(
            time_s=self.world.now_s,
            tasks=tasks,
            crews=tuple(
                FreeCrew(name, crew.card.skill, *self.roads.node_xy(crew.node)) for name, crew in free.items()
            ),
            travel_times=RoundTimes(self.roads, free, {task.id: self.book.tasks[task.id] for task in tasks}),
        )

    def _round(self, _: Any) -> None:
        situation = self.situation()
        if situation.tasks and situation.crews:
            self._carry_out(self._decide(situation), situation)
        self.world.env.after(self.settings.interval_s, self._round)

    def _decide(self, situation: Situation) -> list[Assignment]:
        try:
            return list(self.policy.decide(situation))
        except _POLICY_FAILURES as exc:
            self._refuse("", "", f"the policy failed: {type(exc).__name__}: {exc}")
            return []

    def _carry_out(self, decisions: Sequence[Assignment], situation: Situation) -> None:
        crews = {crew.id: crew for crew in situation.crews}
        tasks = {task.id: task for task in situation.tasks}
        for decision in decisions:
            crew_id, task_id = getattr(decision, "crew", ""), getattr(decision, "task", "")
            crew, task = crews.get(crew_id), tasks.get(task_id)
            if crew is None or task is None:
                missing = "crew" if crew is None else "task"
                self._refuse(str(task_id), str(crew_id), f"no such {missing} is free, or it was named twice")
            elif not np.isfinite(situation.travel_times([crew], [task])[0, 0]):
                self._refuse(task.id, crew.id, "the crew lacks the skill or has no way there")
            else:
                self._send(self.crews[crew.id], self.book.tasks[task.id])
                del crews[crew_id], tasks[task_id]

    def _send(self, crew: Crew, task: Task) -> None:
        self.book.step_task(task, TaskAction.ASSIGN)
        task.crew = crew.id
        case = self.book.cases[task.case]
        case.step(CaseAction.DISPATCH)
        event = self.world.log(
            "case.dispatched", case.id, task.cause, task=task.id, skill=task.skill, crew=crew.id
        )
        crew.assign(task, event)

    def _refuse(self, task: str, crew: str, reason: str) -> None:
        self.world.log("dispatch.refused", task, crew=crew, reason=reason)

    def _open_tasks(self) -> list[OpenTask]:
        now_s = self.world.now_s
        found = [
            (task, self.book.cases[task.case])
            for task in self.book.waiting.values()
            if task.ready_s <= now_s and task.nodes
        ]
        found.sort(
            key=lambda pair: (pair[1].level, _ORDER_OF_KINDS[pair[0].kind], pair[0].ready_s, pair[0].id)
        )
        return [
            OpenTask(
                id=task.id,
                case=case.id,
                kind=task.kind,
                skill=task.skill,
                level=case.level,
                x=task.x,
                y=task.y,
                waiting_s=now_s - task.ready_s,
                due_in_s=case.due_s - now_s,
            )
            for task, case in found
        ]
