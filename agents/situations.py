"""Situations: the books and the crews as a policy sees them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from agents.casebook import CaseBook
from agents.crew_states import CrewState
from agents.crews import Crew
from agents.policies.situation import AnyCrew, BusyCrew, FreeCrew, OpenTask, Situation, urgency
from agents.tasks import Task, TaskState
from agents.views import RoadView
from agents.world import World
from agents.zones import Zones

UNDER_WAY = frozenset({CrewState.PREPARING, CrewState.TRAVELLING, CrewState.CUT_OFF})
"""States of a crew that has a task and has not arrived."""

OVERRUN_S = 300.0
"""A crew that is late at work is expected to be done after this time, s; own assumption."""


class Situations:
    """Makes situations.

    Parameters
    ----------
    world, roads, book
        Surroundings, the road graph, cases and tasks.
    crews
        All crews by id.
    zones
        How the city is divided.
    reach_s
        Ways longer than this are looked at only for tasks that no free crew reaches within it, s.
    """

    def __init__(
        self,
        world: World,
        roads: RoadView,
        book: CaseBook,
        crews: Mapping[str, Crew],
        zones: Zones,
        reach_s: float,
    ) -> None:
        self.world = world
        self.roads = roads
        self.book = book
        self.crews = crews
        self.reach_s = reach_s
        self.zones = zones
        self._home_zone = {name: zones.of(*crew.card.home_xy) for name, crew in crews.items()}
        self._shown: dict[str, tuple[int, FreeCrew]] = {}
        self._suitable: dict[tuple[str, float], frozenset[str]] = {}

    def now(self) -> Situation:
        """Return the present situation."""
        tasks = self._open_tasks()
        free: dict[str, Crew] = {}
        busy: dict[str, Crew] = {}
        for name, crew in self.crews.items():
            if crew.task is None:
                if crew.is_available:
                    free[name] = crew
            elif _is_busy(crew):
                busy[name] = crew
        return Situation(
            time_s=self.world.now_s,
            tasks=tuple(tasks),
            crews=tuple(self._free(crew) for crew in free.values()),
            travel_times=RoundTimes(self, free, busy, [self.book.tasks[task.id] for task in tasks]),
            busy=BusyCrews(self, busy),
        )

    def suitable(self, skill: str, hose_m: float) -> frozenset[str]:
        """Return the ids of the crews that can do a task of a skill that needs so much hose, m."""
        need = skill, hose_m
        if need not in self._suitable:
            able = (name for name, crew in self.crews.items() if crew.card.suits(*need))
            self._suitable[need] = frozenset(able)
        return self._suitable[need]

    def _free(self, crew: Crew) -> FreeCrew:
        node = crew.node
        shown = self._shown.get(crew.id)
        if shown is None or shown[0] != node:
            zone, (x, y) = self._home_zone[crew.id], self.roads.node_xy(node)
            shown = node, FreeCrew(crew.id, crew.skills, x, y, crew.vehicle, zone)
            self._shown[crew.id] = shown
        return shown[1]

    def show_busy(self, crew: Crew) -> BusyCrew:
        """Return a busy crew as a policy sees it."""
        assert crew.task is not None
        x, y = self.roads.node_xy(crew.node)
        return BusyCrew(
            id=crew.id,
            skills=crew.skills,
            x=x,
            y=y,
            vehicle=crew.vehicle,
            zone=self._home_zone[crew.id],
            task=self._task(crew.task),
            on_site=crew.state not in UNDER_WAY,
            free_in_s=free_in_s(crew),
        )

    def _open_tasks(self) -> list[OpenTask]:
        now_s = self.world.now_s
        ready = (task for task in self.book.waiting.values() if task.ready_s <= now_s and task.nodes)
        return sorted(map(self._task, ready), key=urgency)

    def _task(self, task: Task) -> OpenTask:
        case = self.book.cases[task.case]
        now_s = self.world.now_s
        return OpenTask(
            id=task.id,
            case=case.id,
            kind=task.kind,
            skill=task.skill,
            level=case.level,
            x=task.x,
            y=task.y,
            waiting_s=now_s - task.ready_s,
            due_in_s=case.due_s - now_s,
            zone=self.zones.of(task.x, task.y),
        )


class BusyCrews(Sequence[BusyCrew]):
    """Busy crews as a policy sees them, made when somebody looks; most policies do not.

    Parameters
    ----------
    situations
        Who shows them.
    crews
        Crews by id.
    """

    def __init__(self, situations: Situations, crews: Mapping[str, Crew]) -> None:
        self._situations = situations
        self._crews = crews
        self._made: tuple[BusyCrew, ...] | None = None

    def __len__(self) -> int:
        return len(self._crews)

    @overload
    def __getitem__(self, index: int) -> BusyCrew: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[BusyCrew, ...]: ...

    def __getitem__(self, index: int | slice) -> BusyCrew | tuple[BusyCrew, ...]:
        return self._all()[index]

    def __iter__(self) -> Iterator[BusyCrew]:
        return iter(self._all())

    def _all(self) -> tuple[BusyCrew, ...]:
        if self._made is None:
            self._made = tuple(map(self._situations.show_busy, self._crews.values()))
        return self._made


class RoundTimes:
    """Travel times of one dispatch round, searched when they are first asked for and looked up after that.

    Parameters
    ----------
    situations
        Who asks.
    free, busy
        Crews by id.
    tasks
        Open tasks.
    """

    def __init__(
        self,
        situations: Situations,
        free: Mapping[str, Crew],
        busy: Mapping[str, Crew],
        tasks: Sequence[Task],
    ) -> None:
        self._situations = situations
        self._roads = situations.roads
        self._reach_s = situations.reach_s
        self._crews = [*free.values(), *busy.values()]
        self._free = len(free)
        self._row = {crew.id: row for row, crew in enumerate(self._crews)}
        bound_for = [crew.task for crew in busy.values() if crew.task is not None and crew.state in UNDER_WAY]
        self._groups = (list(tasks), bound_for)
        self._place = {
            task.id: (group, column)
            for group, members in enumerate(self._groups)
            for column, task in enumerate(members)
        }
        self._times: dict[int, NDArray[np.float64]] = {}

    def __call__(self, crews: Sequence[AnyCrew], tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
        """Return the time until each crew would be at each task, s; see `Situation`."""
        rows = [self._row[crew.id] for crew in crews]
        places = [self._place[task.id] for task in tasks]
        if len(rows) == len(places) == 1:  # asked for each decision
            return self._of(places[0][0])[rows, places[0][1]].reshape(1, 1)
        found = np.full((len(rows), len(places)), np.inf)
        for group in sorted({group for group, _ in places}):
            here = [index for index, (where, _) in enumerate(places) if where == group]
            columns = [places[index][1] for index in here]
            found[:, here] = self._of(group)[np.ix_(rows, columns)]
        return found

    def _of(self, group: int) -> NDArray[np.float64]:
        if group not in self._times:
            self._times[group] = self._search(self._groups[group])
        return self._times[group]

    def _search(self, tasks: Sequence[Task]) -> NDArray[np.float64]:
        if not self._crews or not tasks:
            return np.full((len(self._crews), len(tasks)), np.inf)
        able = self._able(tasks)
        times = self._drive(tasks, able, self._reach_s)
        free = slice(self._free)
        for limit_s in (2.0 * self._reach_s, float("inf")):
            far = np.flatnonzero(able[free].any(axis=0) & ~np.isfinite(times[free]).any(axis=0))
            if far.size:
                others = [tasks[column] for column in far.tolist()]
                times[:, far] = self._drive(others, able[:, far], limit_s)
        waits_s = np.array([wait_s(crew) for crew in self._crews])
        total: NDArray[np.float64] = times + waits_s[:, np.newaxis]
        return total

    def _able(self, tasks: Sequence[Task]) -> NDArray[np.bool_]:
        """Whether each crew has the skill and the hose for each task."""
        names = [crew.id for crew in self._crews]
        columns = {}
        for need in {(task.skill, task.hose_m): None for task in tasks}:
            suitable = self._situations.suitable(*need)
            columns[need] = [name in suitable for name in names]
        return np.array([columns[task.skill, task.hose_m] for task in tasks], dtype=bool).T

    def _drive(self, tasks: Sequence[Task], able: NDArray[np.bool_], limit_s: float) -> NDArray[np.float64]:
        return self._roads.approach_times(
            [crew.node for crew in self._crews],
            [crew.vehicle for crew in self._crews],
            [task.nodes for task in tasks],
            able,
            limit_s,
        )


def wait_s(crew: Crew) -> float:
    """Time until a crew could set out from its node, s; on site, once it is expected to be done."""
    return crew.ready_in_s if crew.task is None or crew.state in UNDER_WAY else free_in_s(crew)


def free_in_s(crew: Crew) -> float:
    """Time until a crew that has a task is expected to be done with it, s."""
    return max(crew.done_s - crew.world.now_s, OVERRUN_S)


def _is_busy(crew: Crew) -> bool:
    if crew.task is None or crew.relieved or crew.task.state is TaskState.DROPPED:
        return False
    return crew.state in UNDER_WAY or crew.state is CrewState.WORKING
