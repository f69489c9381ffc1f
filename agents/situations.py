"""Situations: the books and the crews as a policy sees them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

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

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_shown": {}, "_suitable": {}}  # what is made again when it is needed

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

    Free and busy crews are searched for together when somebody asks for both, because a search from a task
    finds all who are near it at the price of one.

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
        self._crews = [*free.crews, *busy]
        self._starts = [*free.starts]  # those of the busy ones follow once somebody asks for them
        self._free = len(free.crews)
        self._row = np.full(len(situations.crews), -1)
        self._row[situations.positions(self._crews)] = np.arange(len(self._crews))
        bound_for = [crew.task for crew in busy if crew.task is not None and crew.state in UNDER_WAY]
        self._groups = (list(tasks), bound_for)
        self._place = {
            task.id: (group, column)
            for group, members in enumerate(self._groups)
            for column, task in enumerate(members)
        }
        self._limits_s: dict[int, NDArray[np.float64]] = {}
        self._times: dict[int, NDArray[np.float64]] = {}

    def __call__(self, crews: Sequence[AnyCrew], tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
        """Return the time until each crew would be at each task, s; see `Situation`.

        Raises
        ------
        KeyError
            If a crew or a task is not one of this round.
        """
        found = np.full((len(crews), len(tasks)), np.inf)
        if not found.size:
            return found
        rows = self._row[self._situations.positions(crews)]
        if rows.min() < 0:
            raise KeyError(crews[int(rows.argmin())].id)
        groups, columns = np.array([self._place[task.id] for task in tasks], dtype=np.int64).T
        for group in (0, 1):
            across = np.flatnonzero(groups == group)
            if across.size:
                times = self._of(group, everybody=int(rows.max()) >= self._free)
                found[:, across] = times[np.ix_(rows, columns[across])]
        return found

    def _of(self, group: int, *, everybody: bool) -> NDArray[np.float64]:
        """Return the times of the free crews, and of the busy ones after them, to the tasks of a group."""
        number = len(self._crews) if everybody else self._free
        known = self._times.get(group)
        if known is None:
            known = self._times[group] = self._search(group, number)
        elif len(known) < number:
            known = self._times[group] = np.concatenate([known, self._search_again(group)])
        return known

    def _search(self, group: int, number: int) -> NDArray[np.float64]:
        """Search for the first crews; farther for tasks that no free one reaches."""
        tasks, reach_s = self._groups[group], self._situations.reach_s
        rows, every = slice(0, number), np.arange(len(tasks))
        able = self._able(rows, group)
        limits_s = self._limits_s[group] = np.full(len(tasks), reach_s)
        times = self._drive(rows, group, every, reach_s)
        for limit_s in (2.0 * reach_s, np.inf):
            reached = np.isfinite(times[: self._free]).any(axis=0)
            far = np.flatnonzero(able[: self._free].any(axis=0) & ~reached)
            if far.size:
                limits_s[far] = limit_s
                times[:, far] = self._drive(rows, group, far, limit_s)
        return times

    def _search_again(self, group: int) -> NDArray[np.float64]:
        """Search for the busy crews as far as for the free ones before."""
        limits_s = self._limits_s[group]
        rows = slice(self._free, len(self._crews))
        times = np.empty((len(self._crews) - self._free, len(limits_s)))
        for limit_s in sorted(set(limits_s.tolist())):
            near = np.flatnonzero(limits_s == limit_s)
            times[:, near] = self._drive(rows, group, near, limit_s)
        return times

    def _able(self, rows: slice, group: int) -> NDArray[np.bool_]:
        """Whether each crew has the skill and the hose for each task."""
        all_crews = [self._situations.suitable(task.skill, task.hose_m) for task in self._groups[group]]
        return np.stack(all_crews, axis=1)[self._situations.positions(self._crews[rows])]

    def _drive(
        self, rows: slice, group: int, columns: NDArray[np.int64], limit_s: float
    ) -> NDArray[np.float64]:
        if rows.stop > len(self._starts):
            self._starts += [(crew.node, wait_s(crew)) for crew in self._crews[self._free :]]
        starts = self._starts[rows]
        tasks = self._groups[group]
        times = self._situations.roads.approach_times(
            [node for node, _ in starts],
            [crew.vehicle for crew in self._crews[rows]],
            [tasks[column].nodes for column in columns.tolist()],
            self._able(rows, group)[:, columns],
            limit_s,
        )
        return times + np.array([wait for _, wait in starts])[:, np.newaxis]


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
