"""Made-up situations on which the contract of policies is tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.catalogue import TaskKind
from agents.policies.situation import AnyCrew, BusyCrew, FreeCrew, OpenTask, Situation, urgency

SIDE_M = 3000.0
SPEED_M_S = 8.0
SKILLS = ("drainage", "traffic", "pump")
_KINDS = {"drainage": TaskKind.CLEAR_GULLIES, "traffic": TaskKind.CLOSE_ROAD, "pump": TaskKind.PUMP}


@dataclass(frozen=True, slots=True)
class TableTimes:
    """Travel times looked up in a table, shape (crews, tasks), s."""

    row: Mapping[str, int]
    column: Mapping[str, int]
    table: NDArray[np.float64]

    def __call__(self, crews: Sequence[AnyCrew], tasks: Sequence[OpenTask]) -> NDArray[np.float64]:
        """Return the times of some pairs, s."""
        rows = np.array([self.row[crew.id] for crew in crews], dtype=np.int64)
        columns = np.array([self.column[task.id] for task in tasks], dtype=np.int64)
        return self.table[np.ix_(rows, columns)]


def make_situation(
    seed: int, crews: int, tasks: int, busy: int = 0, reachable: float = 0.8, no_way: float = np.inf
) -> Situation:
    """Make a situation at random: some tasks are for anybody, some pairs have no way.

    Parameters
    ----------
    seed
        Seed.
    crews, tasks, busy
        How many crews are free, tasks open and crews busy; of the busy ones half are under way.
    reachable
        Share of pairs that have a way, 0 to 1.
    no_way
        What stands in the table where there is none; ``inf``, or NaN as a broken road graph gives.
    """
    rng = np.random.default_rng(seed)
    free = tuple(_crew(rng, f"crew-{index:03d}") for index in range(crews))
    waiting = [_task(rng, f"task-{index:03d}") for index in range(tasks)]
    at_work = tuple(_busy(rng, index) for index in range(busy))
    bound_for = [crew.task for crew in at_work if not crew.on_site]
    everybody: list[AnyCrew] = [*free, *at_work]
    everything = [*waiting, *bound_for]
    return Situation(
        time_s=3600.0,
        tasks=tuple(sorted(waiting, key=urgency)),
        crews=free,
        travel_times=TableTimes(
            {crew.id: row for row, crew in enumerate(everybody)},
            {task.id: column for column, task in enumerate(everything)},
            _table(rng, everybody, everything, reachable, no_way),
        ),
        busy=at_work,
    )


def shuffled(situation: Situation, seed: int) -> Situation:
    """Return the same situation with everybody and everything listed in another order."""
    rng = np.random.default_rng(seed)
    return replace(
        situation,
        tasks=tuple(situation.tasks[index] for index in rng.permutation(len(situation.tasks))),
        crews=tuple(situation.crews[index] for index in rng.permutation(len(situation.crews))),
        busy=tuple(situation.busy[index] for index in rng.permutation(len(situation.busy))),
    )


def _crew(rng: np.random.Generator, name: str) -> FreeCrew:
    skills = tuple(str(skill) for skill in rng.permutation(SKILLS)[: int(rng.integers(1, 3))])
    x, y = rng.uniform(0.0, SIDE_M, 2).tolist()
    return FreeCrew(name, skills, x, y, zone=_zone(x, y))


def _busy(rng: np.random.Generator, index: int) -> BusyCrew:
    crew, task = _crew(rng, f"busy-{index:03d}"), _task(rng, f"begun-{index:03d}")
    return BusyCrew(
        id=crew.id,
        skills=crew.skills,
        x=crew.x,
        y=crew.y,
        vehicle="",
        zone=crew.zone,
        task=replace(task, skill=crew.skills[0], kind=_KINDS[crew.skills[0]]),
        on_site=index % 2 == 0,
        free_in_s=float(rng.choice([300.0, 900.0, 2700.0, np.inf])),
    )


def _task(rng: np.random.Generator, name: str) -> OpenTask:
    skill = str(rng.choice((*SKILLS, "")))
    x, y = rng.uniform(0.0, SIDE_M, 2).tolist()
    waiting_s = float(rng.uniform(0.0, 3600.0))
    return OpenTask(
        id=name,
        case=name.replace("task", "case"),
        kind=_KINDS.get(skill, TaskKind.INSPECT),
        skill=skill,
        level=int(rng.integers(1, 5)),
        x=x,
        y=y,
        waiting_s=waiting_s,
        due_in_s=3600.0 - waiting_s,
        zone=_zone(x, y),
    )


def _zone(x: float, y: float) -> str:
    return f"zone-{int(x // 1000.0)}{int(y // 1000.0)}"


def _table(
    rng: np.random.Generator,
    crews: Sequence[AnyCrew],
    tasks: Sequence[OpenTask],
    reachable: float,
    no_way: float,
) -> NDArray[np.float64]:
    here = np.array([(crew.x, crew.y) for crew in crews]).reshape(-1, 1, 2)
    there = np.array([(task.x, task.y) for task in tasks]).reshape(1, -1, 2)
    times = np.hypot(*np.moveaxis(here - there, -1, 0)) / SPEED_M_S
    times += np.array([_wait_s(crew) for crew in crews]).reshape(-1, 1)
    able = [[not task.skill or task.skill in crew.skills for task in tasks] for crew in crews]
    ways = np.array(able, dtype=bool).reshape(times.shape) & (rng.random(times.shape) < reachable)
    return np.where(ways, times, no_way)


def _wait_s(crew: AnyCrew) -> float:
    return crew.free_in_s if isinstance(crew, BusyCrew) and crew.on_site else 0.0
