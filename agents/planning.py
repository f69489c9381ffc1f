"""Planning: which tasks a case calls for."""

from dataclasses import dataclass
from typing import Any

from agents.casebook import CaseBook
from agents.cases import Case
from agents.catalogue import Catalogue, TaskKind, TaskSpec
from agents.equipment import least_hose_m
from agents.limits import Urgency
from agents.settings import CaseSettings, DispatchSettings
from agents.staffing import BarrierSite
from agents.tasks import OVER, Task, TaskState
from agents.world import World
from cim_models.hazards import Matter, WorkPlace
from cim_models.mains import ValvePlace
from cim_models.sewer_faults import SewerFaultPlace

Site = ValvePlace | WorkPlace | SewerFaultPlace
"""A place of its own that a task is about."""

_ON_ROADS = (TaskKind.CLOSE_ROAD, TaskKind.REOPEN_ROAD)
_FLOOD_TASKS = (TaskKind.CLOSE_ROAD, TaskKind.PUMP, TaskKind.CLEAR_GULLIES)


@dataclass(frozen=True, slots=True)
class Roster:
    """What the crews of a run can do in all; nobody plans what nobody can do.

    Parameters
    ----------
    skills
        Skills that some crew has.
    hose_m
        Length of the longest delivery hose of a pump truck, m.
    barriers
        Places where crews lay barriers.
    """

    skills: frozenset[str] = frozenset()
    hose_m: float = 0.0
    barriers: tuple[BarrierSite, ...] = ()


class Planner:
    """Turns what is known of a case into tasks.

    Parameters
    ----------
    world, book, catalogue
        Surroundings, cases and rules.
    cases, dispatch
        Settings.
    roster
        What the crews can do.
    """

    def __init__(
        self,
        world: World,
        book: CaseBook,
        catalogue: Catalogue,
        cases: CaseSettings,
        dispatch: DispatchSettings,
        roster: Roster,
    ) -> None:
        self.world = world
        self.book = book
        self.catalogue = catalogue
        self.settings = cases
        self.dispatch = dispatch
        self.roster = roster
        self._nodes: dict[str, tuple[int, ...]] = {}
        self._refused: set[tuple[str, TaskKind]] = set()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_nodes": {}}  # junctions are looked up again when they are needed

    def plan(self, case: Case, cause: int, *, at_once: bool = False) -> list[Task]:
        """Plan the tasks that a case needs at its present depth and does not have yet.

        Parameters
        ----------
        case
            An open case that its unit has.
        cause
            Id of the event that tells of the need.
        at_once
            Whether the dispatcher's time has been spent already, when the case was assigned.
        """
        if case.class_code != self.catalogue.events.waterlogging:
            if len(case.tasks) > case.past_tasks:
                return []
            planned = self._add_all(case, [TaskKind.ATTEND], cause, at_once=at_once)
            return planned + self._add_cordon(case, cause, at_once=at_once)
        kinds = [
            kind
            for kind in _FLOOD_TASKS
            if self._spec(kind).is_needed(case.depth_m, case.underpass) and not self._has(case, kind)
        ]
        planned = self._add_all(case, kinds, cause, at_once=at_once)
        planned += self._add_barriers(case, cause, at_once=at_once)
        if not planned and len(case.tasks) == case.past_tasks:
            planned = self._add_all(case, [TaskKind.INSPECT], cause, at_once=at_once)
        return planned

    def plan_again(self, case: Case, cause: int) -> list[Task]:
        """Plan for a case whose water did not go: clear again, and pump where that is possible."""
        kinds = [kind for kind in (TaskKind.PUMP, TaskKind.CLEAR_GULLIES) if not self._is_pending(case, kind)]
        return self._add_all(case, kinds, cause)

    def plan_reopening(self, case: Case, cause: int) -> list[Task]:
        """Plan to take away the barriers of a case and to open its road, where this case had it closed."""
        planned = [
            task
            for site in self.roster.barriers
            if self._stands_for(case, site) and not self._is_pending(case, TaskKind.REMOVE_BARRIER, site.id)
            if (task := self._add(case, TaskKind.REMOVE_BARRIER, cause, site)) is not None
        ]
        roads = sorted(road for road, closure in self.book.closures.items() if closure.case == case.id)
        pending = [
            task.items[0] if task.items else case.road
            for task in self.book.tasks_of(case)
            if task.kind is TaskKind.REOPEN_ROAD and task.state not in OVER
        ]
        for road in roads:
            if road not in pending:
                task = self._add(case, TaskKind.REOPEN_ROAD, cause, self._road_site(case, road))
                planned += [] if task is None else [task]
        return planned

    def plan_closure(self, case: Case, cause: int) -> list[Task]:
        """Plan to close the road of a case once, whatever the depth of its water."""
        closed = self._has(case, TaskKind.CLOSE_ROAD) or not case.road
        return [] if closed else self._add_all(case, [TaskKind.CLOSE_ROAD], cause)

    def plan_at(self, case: Case, kind: TaskKind, site: Site, cause: int) -> Task | None:
        """Plan a task at a place of its own, unless it is pending; None also where nobody can do it."""
        return None if self._is_pending(case, kind, site.id) else self._add(case, kind, cause, site)

    def matter_of(self, case: Case) -> Matter | None:
        """Return what hazard a case is about; None for none, and where hazards are not simulated."""
        events = self.catalogue.events
        if self.world.hazards is None:
            return None
        if case.class_code in (events.gas_leak, events.marsh_gas):
            return "gas"
        if case.class_code == events.subsidence:
            return "ground"
        return "structure" if case.class_code == events.structure else None

    def dispatch_delay_s(self, key: str) -> float:
        """How long a dispatcher takes to decide what ``key`` names, s."""
        draws = self.world.draws("dispatch")
        if self.dispatch.mode == "manual":
            return draws.exponential(self.dispatch.manual_delay_s, key)
        least_s, most_s = self.dispatch.delay_range_s
        return least_s if least_s == most_s else least_s + draws.uniform(key) * (most_s - least_s)

    def can_handle(self, skill: str) -> bool:
        """Whether the roster has a crew with a skill; an empty skill is anybody's."""
        return skill in self.roster.skills if skill else bool(self.roster.skills)

    def _spec(self, kind: TaskKind) -> TaskSpec:
        return self.catalogue.tasks[kind]

    def _skill(self, case: Case, kind: TaskKind) -> str:
        skill = self._spec(kind).skill
        return self.catalogue.events.classes[case.class_code].skill if kind is TaskKind.ATTEND else skill

    def _has(self, case: Case, kind: TaskKind) -> bool:
        return any(
            task.kind is kind and task.state is not TaskState.DROPPED for task in self.book.tasks_of(case)
        )

    def _is_pending(self, case: Case, kind: TaskKind, item: str = "") -> bool:
        return any(
            task.kind is kind and task.state not in OVER and (not item or item in task.items)
            for task in self.book.tasks_of(case)
        )

    def _stands_for(self, case: Case, site: BarrierSite) -> bool:
        standing = self.book.barriers.get(site.id)
        return standing is not None and standing.case == case.id

    def _add_barriers(self, case: Case, cause: int, *, at_once: bool) -> list[Task]:
        """Plan a barrier at each place that guards the road of a case, where none stands or is planned."""
        kind = TaskKind.LAY_BARRIER
        if not self._spec(kind).is_needed(case.depth_m, case.underpass):
            return []
        return [
            task
            for site in self.roster.barriers
            if site.road == case.road and site.id not in self.book.barriers
            if not self._is_pending(case, kind, site.id)
            if (task := self._add(case, kind, cause, site, at_once=at_once)) is not None
        ]

    def _add_cordon(self, case: Case, cause: int, *, at_once: bool) -> list[Task]:
        """Plan to close the roads that a hazard calls for and that are open."""
        matter, hazards = self.matter_of(case), self.world.hazards
        if matter is None or hazards is None:
            return []
        planned = []
        for place in hazards.cordon(matter, case.x, case.y, case.structure):
            site = self._road_site(case, place.id)
            task = self._add(case, TaskKind.CLOSE_ROAD, cause, site, at_once=at_once)
            planned += [] if task is None else [task]
        return planned

    def _road_site(self, case: Case, road: str) -> WorkPlace | None:
        """Return a road as a place of work; None for the case's own, which needs no name."""
        if road == case.road:
            return None
        place = self.world.places.road_by_id[road]
        return WorkPlace(road, place.x, place.y)

    def _add_all(self, case: Case, kinds: list[TaskKind], cause: int, *, at_once: bool = False) -> list[Task]:
        added = (self._add(case, kind, cause, at_once=at_once) for kind in kinds)
        return [task for task in added if task is not None]

    def _add(
        self,
        case: Case,
        kind: TaskKind,
        cause: int,
        site: BarrierSite | Site | None = None,
        *,
        at_once: bool = False,
    ) -> Task | None:
        skill = self._skill(case, kind)
        if not self.can_handle(skill):
            self._refuse(case, kind, f"no crew has the skill '{skill}'" if skill else "no crews", cause)
            return None
        road = site.id if site is not None and kind in _ON_ROADS else case.road
        beside = site is not None and kind not in _ON_ROADS
        if kind is TaskKind.CLOSE_ROAD and (not road or road in self.book.closures):
            return None
        items: list[str] = [] if site is None else [site.id]
        if kind is TaskKind.CLEAR_GULLIES:
            near = self.world.places.gullies_near(case.x, case.y, self.settings.gully_radius_m)
            items = near[: self.settings.most_gullies]
            if not items:
                return None
        x, y = self._site(case, kind) if site is None else site.middle
        hose_m = least_hose_m(self.world.places, x, y) if kind is TaskKind.PUMP else 0.0
        if hose_m > self.roster.hose_m:
            reason = f"{hose_m:.0f} m to the nearest outfall or edge and hoses of {self.roster.hose_m:.0f} m"
            self._refuse(case, kind, reason, cause)
            return None
        task_id = self._task_id(case, kind)
        return self._enter(
            Task(
                id=task_id,
                case=case.id,
                kind=kind,
                skill=skill,
                nodes=self._node_near(x, y) if beside else self._access(case, road),
                x=x,
                y=y,
                ready_s=self.world.now_s + (0.0 if at_once else self._delay_s(case, task_id)),
                cause=cause,
                items=items,
                hose_m=hose_m,
            )
        )

    @staticmethod
    def _task_id(case: Case, kind: TaskKind) -> str:
        """Return an id that says the case, the kind and, from the second of its kind on, which one it is."""
        first = f"{case.id}/{kind}"
        if not case.tasks:
            return first
        number = sum([name == first or name.startswith(f"{first}-") for name in case.tasks]) + 1
        return first if number == 1 else f"{first}-{number}"

    def _enter(self, task: Task) -> Task:
        self.world.log(
            "task.planned", task.id, task.cause, case=task.case, task=str(task.kind), skill=task.skill
        )
        self.book.add_task(task)
        return task

    def _refuse(self, case: Case, kind: TaskKind, reason: str, cause: int) -> None:
        """Say once for a case that a task which it calls for cannot be done by anybody."""
        if (case.id, kind) not in self._refused:
            self._refused.add((case.id, kind))
            task = f"{case.id}/{kind}"
            self.world.log("task.refused", task, cause, case=case.id, task=str(kind), reason=reason)

    def _delay_s(self, case: Case, task_id: str) -> float:
        """How long a further task waits for the dispatcher, s; a top-urgent case waits for nobody."""
        return 0.0 if case.urgency is Urgency.TOP_URGENT else self.dispatch_delay_s(task_id)

    def _site(self, case: Case, kind: TaskKind) -> tuple[float, float]:
        road = self.world.places.road_by_id.get(case.road)
        if kind is TaskKind.PUMP and road is not None:
            return road.x, road.y
        return case.x, case.y

    def _access(self, case: Case, name: str) -> tuple[int, ...]:
        """Junctions at both ends of a road, so that a crew can come from either side."""
        road = self.world.places.road_by_id.get(name)
        if road is None:
            return self._node_near(case.x, case.y)
        if name not in self._nodes:
            ends = (node for x, y in road.ends for node in self._node_near(x, y))
            self._nodes[name] = tuple(dict.fromkeys(ends))
        return self._nodes[name]

    def _node_near(self, x: float, y: float) -> tuple[int, ...]:
        return (self.world.roads.nearest_node(x, y),) if self.world.roads else ()
