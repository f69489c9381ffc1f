"""Situations: the books and the crews as a policy sees them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from agents.casebook import CaseBook
from agents.crews import Crew
from agents.muster import UNDER_WAY, BusyDrivers, Drivers, Muster, free_in_s
from agents.policies.situation import AnyCrew, BusyCrew, OpenTask, Situation, urgency
from agents.tasks import Task
from agents.views import RoadView
from agents.world import World
from agents.zones import Zones

NO_ROW = -1


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
        self._mustered: Muster | None = None
        self._suitable: dict[tuple[str, float], NDArray[np.bool_]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_mustered": None, "_suitable": {}}  # what is made again when it is needed

    @property
    def muster(self) -> Muster:
        """All crews, as they were in the latest round."""
        if self._mustered is None:
            self._mustered = Muster(self.roads, self.crews, self.zones)
        return self._mustered

    def now(self) -> Situation:
        """Return the present situation."""
        tasks = self._open_tasks()
        muster = self.muster
        muster.catch_up(self.book.stirred)
        self.book.stirred.clear()
        (free, shown), busy = muster.free(), muster.busy()
        waiting = [self.book.tasks[task.id] for task in tasks]
        return Situation(
            time_s=self.world.now_s,
            tasks=tuple(tasks),
            crews=shown,
            travel_times=RoundTimes(self, free, busy, waiting),
            busy=BusyCrews(self, busy),
        )

    def suitable(self, skill: str, hose_m: float) -> NDArray[np.bool_]:
        """Return which of all crews can do a task of a skill that needs so much hose, m."""
        need = skill, hose_m
        if need not in self._suitable:
            self._suitable[need] = np.array([crew.card.suits(*need) for crew in self.crews.values()])
        return self._suitable[need]

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
            zone=self.muster.zones[self.muster.place[crew.id]],
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
    drivers
        Who they are.
    """

    def __init__(self, situations: Situations, drivers: BusyDrivers) -> None:
        self._situations = situations
        self._drivers = drivers
        self._made: tuple[BusyCrew, ...] | None = None

    def __len__(self) -> int:
        return len(self._drivers.crews)

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
            self._made = tuple(map(self._situations.show_busy, self._drivers.crews))
        return self._made


class RoundTimes:
    """Travel times of one dispatch round, searched when they are first asked for and looked up after that.

    Free and busy crews are searched for together when somebody asks for both, because a search from a task
    finds all who are near it at the price of one.

    Parameters
    ----------
    situations
        Who asks.
    free, busy
        Free and busy crews.
    tasks
        Open tasks.
    """

    def __init__(
        self, situations: Situations, free: Drivers, busy: BusyDrivers, tasks: Sequence[Task]
    ) -> None:
        self._situations = situations
        self._muster = situations.muster
        self._drivers = free
        self._busy: BusyDrivers | None = busy
        self._number = len(free.places)
        self._row = np.full(len(self._muster.place), NO_ROW, dtype=np.int64)
        self._row[free.places] = np.arange(self._number)
        self._groups = [list(tasks)]
        self._place = {task.id: (0, column) for column, task in enumerate(tasks)}
        self._limits_s: dict[int, NDArray[np.float64]] = {}
        self._times: dict[int, NDArray[np.float64]] = {}

    def __call__(self, crews: Sequence[AnyCrew], tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
        """Return the time until each crew would be at each task, s; see `Situation`.

        Raises
        ------
        KeyError
            If a crew or a task is not one of this round.
        """
        if not crews or not tasks:
            return np.full((len(crews), len(tasks)), np.inf)
        among_all = [self._muster.place[crew.id] for crew in crews]
        rows = self._row[among_all]
        if self._busy is not None and (rows.min() == NO_ROW or any(t.id not in self._place for t in tasks)):
            self._admit(self._busy)
            rows = self._row[among_all]
        if rows.min() == NO_ROW:
            raise KeyError(crews[int(rows.argmin())].id)
        everybody = int(rows.max()) >= self._number
        places = [self._place[task.id] for task in tasks]
        if all(group == 0 for group, _ in places):
            return self._of(0, everybody=everybody)[np.ix_(rows, [column for _, column in places])]
        found = np.full((len(crews), len(tasks)), np.inf)
        groups, columns = np.array(places, dtype=np.int64).T
        for group in (0, 1):
            across = np.flatnonzero(groups == group)
            if across.size:
                found[:, across] = self._of(group, everybody=everybody)[np.ix_(rows, columns[across])]
        return found

    def _admit(self, busy: BusyDrivers) -> None:
        """Give busy crews rows after the free ones, and the tasks that they are bound for a group."""
        self._busy, more, free = None, busy.drivers(), self._drivers
        self._row[more.places] = self._number + np.arange(len(more.places))
        self._drivers = Drivers(
            np.concatenate([free.places, more.places]),
            np.concatenate([free.nodes, more.nodes]),
            np.concatenate([free.waits_s, more.waits_s]),
        )
        bound_for = [crew.task for crew in busy.crews if crew.task is not None and crew.state in UNDER_WAY]
        self._groups.append(bound_for)
        self._place |= {task.id: (1, column) for column, task in enumerate(bound_for)}

    def _of(self, group: int, *, everybody: bool) -> NDArray[np.float64]:
        """Return the times of the free crews, and of the busy ones after them, to the tasks of a group."""
        number = len(self._drivers.places) if everybody else self._number
        known = self._times.get(group)
        if known is None:
            known = self._times[group] = self._search(group, number)
        elif len(known) < number:
            known = self._times[group] = np.concatenate([known, self._search_again(group)])
        return known

    def _search(self, group: int, number: int) -> NDArray[np.float64]:
        """Search for the first crews; farther for tasks that no free one reaches."""
        tasks, reach_s = self._groups[group], self._situations.reach_s
        rows = slice(0, number)
        able = self._able(rows, group)
        limits_s = self._limits_s[group] = np.full(len(tasks), reach_s)
        times = self._drive(rows, tasks, able, reach_s)
        for limit_s in (2.0 * reach_s, np.inf):
            reached = np.isfinite(times[: self._number]).any(axis=0)
            far = np.flatnonzero(able[: self._number].any(axis=0) & ~reached)
            if far.size:
                limits_s[far] = limit_s
                times[:, far] = self._drive(rows, [tasks[i] for i in far.tolist()], able[:, far], limit_s)
        return times

    def _search_again(self, group: int) -> NDArray[np.float64]:
        """Search for the busy crews as far as for the free ones before."""
        tasks, limits_s = self._groups[group], self._limits_s[group]
        rows = slice(self._number, len(self._drivers.places))
        able = self._able(rows, group)
        times = np.empty((len(able), len(limits_s)))
        for limit_s in sorted(set(limits_s.tolist())):
            near = np.flatnonzero(limits_s == limit_s)
            times[:, near] = self._drive(rows, [tasks[i] for i in near.tolist()], able[:, near], limit_s)
        return times

    def _able(self, rows: slice, group: int) -> NDArray[np.bool_]:
        """Whether each crew has the skill and the hose for each task."""
        needs = [(task.skill, task.hose_m) for task in self._groups[group]]
        number = {need: index for index, need in enumerate(dict.fromkeys(needs))}
        crews = np.array([self._situations.suitable(*need) for need in number])[:, self._drivers.places[rows]]
        return crews[[number[need] for need in needs]].T

    def _drive(
        self, rows: slice, tasks: Sequence[Task], able: NDArray[np.bool_], limit_s: float
    ) -> NDArray[np.float64]:
        drivers = self._drivers
        times = self._situations.roads.approach_times(
            drivers.nodes[rows].tolist(),
            [self._muster.vehicles[place] for place in drivers.places[rows].tolist()],
            [task.nodes for task in tasks],
            able,
            limit_s,
        )
        return times + drivers.waits_s[rows, np.newaxis]
