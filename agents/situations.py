"""Situations: the books and the crews as a policy sees them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from agents.casebook import CaseBook
from agents.crew_states import AVAILABLE, CrewState
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
        self._position = {name: position for position, name in enumerate(crews)}
        self._suitable: dict[tuple[str, float], NDArray[np.bool_]] = {}

    def now(self) -> Situation:
        """Return the present situation."""
        tasks = self._open_tasks()
        free: list[Crew] = []
        busy: dict[str, Crew] = {}
        for name, crew in self.crews.items():
            if crew.relieved:
                continue
            if crew.task is None:
                if crew.state in AVAILABLE:
                    free.append(crew)
            elif _is_busy(crew):
                busy[name] = crew
        starts = [crew.sets_out() for crew in free]
        waiting = [self.book.tasks[task.id] for task in tasks]
        return Situation(
            time_s=self.world.now_s,
            tasks=tuple(tasks),
            crews=tuple([self._free(crew, node) for crew, (node, _) in zip(free, starts, strict=True)]),
            travel_times=RoundTimes(self, Drivers(free, starts), [*busy.values()], waiting),
            busy=BusyCrews(self, busy),
        )

    def suitable(self, skill: str, hose_m: float) -> NDArray[np.bool_]:
        """Return which of all crews can do a task of a skill that needs so much hose, m."""
        need = skill, hose_m
        if need not in self._suitable:
            self._suitable[need] = np.array([crew.card.suits(*need) for crew in self.crews.values()])
        return self._suitable[need]

    def positions(self, crews: Sequence[Crew | AnyCrew]) -> NDArray[np.int64]:
        """Return the places of crews among all crews."""
        position = self._position
        return np.array([position[crew.id] for crew in crews], dtype=np.int64)

    def _free(self, crew: Crew, node: int) -> FreeCrew:
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


@dataclass(frozen=True, slots=True)
class Drivers:
    """Crews, and from which junction and in how many seconds each could set out."""

    crews: Sequence[Crew]
    starts: Sequence[tuple[int, float]]


class RoundTimes:
    """Travel times of one dispatch round, searched when they are first asked for and looked up after that.

    Parameters
    ----------
    situations
        Who asks.
    free
        Free crews.
    busy
        Busy crews.
    tasks
        Open tasks.
    """

    def __init__(
        self, situations: Situations, free: Drivers, busy: Sequence[Crew], tasks: Sequence[Task]
    ) -> None:
        self._situations = situations
        self._free = free
        self._busy = busy
        # row of each of all crews among the free or the busy ones, -1 for neither
        self._rows = np.full((2, len(situations.crews)), -1)
        self._rows[0, situations.positions(free.crews)] = np.arange(len(free.crews))
        self._rows[1, situations.positions(busy)] = np.arange(len(busy))
        bound_for = [crew.task for crew in busy if crew.task is not None and crew.state in UNDER_WAY]
        self._groups = (list(tasks), bound_for)
        self._place = {
            task.id: (group, column)
            for group, members in enumerate(self._groups)
            for column, task in enumerate(members)
        }
        self._limits_s: dict[int, NDArray[np.float64]] = {}
        self._times: dict[tuple[bool, int], NDArray[np.float64]] = {}

    def __call__(self, crews: Sequence[AnyCrew], tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
        """Return the time until each crew would be at each task, s; see `Situation`."""
        rows = self._rows[:, self._situations.positions(crews)]
        groups, columns = np.array([self._place[task.id] for task in tasks], dtype=np.int64).reshape(-1, 2).T
        found = np.full((len(crews), len(tasks)), np.inf)
        for busy in (False, True):
            down = np.flatnonzero(rows[int(busy)] >= 0)
            for group in (0, 1):
                across = np.flatnonzero(groups == group)
                if down.size and across.size:
                    asked = np.ix_(rows[int(busy), down], columns[across])
                    found[np.ix_(down, across)] = self._of(busy, group)[asked]
        return found

    def _of(self, busy: bool, group: int) -> NDArray[np.float64]:
        """Return the times of all free or all busy crews to the tasks of a group."""
        if (busy, group) not in self._times:
            if busy:
                self._of(False, group)  # how far to look depends on whom the free ones reach
                drivers = Drivers(self._busy, [(crew.node, wait_s(crew)) for crew in self._busy])
            else:
                drivers = self._free
            self._times[busy, group] = self._search(drivers, group)
        return self._times[busy, group]

    def _search(self, drivers: Drivers, group: int) -> NDArray[np.float64]:
        tasks = self._groups[group]
        times = np.full((len(drivers.crews), len(tasks)), np.inf)
        limits_s = self._limits_s.get(group)
        if limits_s is None:
            limits_s = self._limits_s[group] = np.full(len(tasks), self._situations.reach_s)
        if not times.size:
            return times
        able = self._able(drivers.crews, tasks)
        for limit_s in sorted(set(limits_s.tolist())):
            near = np.flatnonzero(limits_s == limit_s)
            some = [tasks[column] for column in near.tolist()]
            times[:, near] = self._drive(drivers, some, able[:, near], limit_s)
        wider_s = (2.0 * self._situations.reach_s, np.inf) if drivers is self._free else ()
        for limit_s in wider_s:
            far = np.flatnonzero(able.any(axis=0) & ~np.isfinite(times).any(axis=0))
            if far.size:
                limits_s[far] = limit_s
                others = [tasks[column] for column in far.tolist()]
                times[:, far] = self._drive(drivers, others, able[:, far], limit_s)
        waits_s = np.array([wait for _, wait in drivers.starts])
        return times + waits_s[:, np.newaxis]

    def _able(self, crews: Sequence[Crew], tasks: Sequence[Task]) -> NDArray[np.bool_]:
        """Whether each crew has the skill and the hose for each task."""
        all_crews = np.stack([self._situations.suitable(task.skill, task.hose_m) for task in tasks], axis=1)
        return all_crews[self._situations.positions(crews)]

    def _drive(
        self, drivers: Drivers, tasks: Sequence[Task], able: NDArray[np.bool_], limit_s: float
    ) -> NDArray[np.float64]:
        return self._situations.roads.approach_times(
            [node for node, _ in drivers.starts],
            [crew.vehicle for crew in drivers.crews],
            [task.nodes for task in tasks],
            able,
            limit_s,
        )


def wait_s(crew: Crew) -> float:
    """Time until a busy crew could set out from its node, s; on site, once it is expected to be done."""
    return crew.ready_in_s if crew.state in UNDER_WAY else free_in_s(crew)


def free_in_s(crew: Crew) -> float:
    """Time until a crew that has a task is expected to be done with it, s."""
    return max(crew.done_s - crew.world.now_s, OVERRUN_S)


def _is_busy(crew: Crew) -> bool:
    """Whether a crew on duty is bound for a task, or at work on it."""
    if crew.task is None or crew.task.state is TaskState.DROPPED:
        return False
    return crew.state in UNDER_WAY or crew.state is CrewState.WORKING
