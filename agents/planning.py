"""Planning: which tasks a case calls for."""

from agents.casebook import CaseBook
from agents.cases import Case
from agents.catalogue import Catalogue, TaskKind, TaskSpec
from agents.limits import Urgency
from agents.settings import CaseSettings, DispatchSettings
from agents.tasks import OVER, Task, TaskState
from agents.world import World

_FLOOD_TASKS = (TaskKind.CLOSE_ROAD, TaskKind.PUMP, TaskKind.CLEAR_GULLIES)


class Planner:
    """Turns what is known of a case into tasks.

    Parameters
    ----------
    world, book, catalogue
        Surroundings, cases and rules.
    cases, dispatch
        Settings.
    roster
        Skills of the crews on the roster; nobody plans what nobody can do.
    """

    def __init__(
        self,
        world: World,
        book: CaseBook,
        catalogue: Catalogue,
        cases: CaseSettings,
        dispatch: DispatchSettings,
        roster: frozenset[str],
    ) -> None:
        self.world = world
        self.book = book
        self.catalogue = catalogue
        self.settings = cases
        self.dispatch = dispatch
        self.roster = roster
        self._nodes: dict[str, tuple[int, ...]] = {}

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
            return self._add_all(case, [TaskKind.ATTEND], cause, at_once=at_once)
        kinds = [
            kind
            for kind in _FLOOD_TASKS
            if self._spec(kind).is_needed(case.depth_m, case.underpass) and not self._has(case, kind)
        ]
        planned = self._add_all(case, kinds, cause, at_once=at_once)
        if not planned and len(case.tasks) == case.past_tasks:
            planned = self._add_all(case, [TaskKind.INSPECT], cause, at_once=at_once)
        return planned

    def plan_again(self, case: Case, cause: int) -> list[Task]:
        """Plan for a case whose water did not go: clear again, and pump where that is possible."""
        kinds = [kind for kind in (TaskKind.PUMP, TaskKind.CLEAR_GULLIES) if not self._is_pending(case, kind)]
        return self._add_all(case, kinds, cause)

    def plan_reopening(self, case: Case, cause: int) -> list[Task]:
        """Plan to open the road of a case again, if this case had it closed."""
        closure = self.book.closures.get(case.road)
        if closure is None or closure.case != case.id or self._is_pending(case, TaskKind.REOPEN_ROAD):
            return []
        return self._add_all(case, [TaskKind.REOPEN_ROAD], cause)

    def dispatch_delay_s(self, key: str) -> float:
        """How long a dispatcher takes to decide what ``key`` names, s."""
        if self.dispatch.mode == "automatic":
            return self.dispatch.delay_s
        draw: float = self.world.draws("dispatch").of(key).exponential(self.dispatch.manual_delay_s)
        return draw

    def can_handle(self, skill: str) -> bool:
        """Whether the roster has a crew with a skill; an empty skill is anybody's."""
        return skill in self.roster if skill else bool(self.roster)

    def _spec(self, kind: TaskKind) -> TaskSpec:
        return self.catalogue.tasks[kind]

    def _skill(self, case: Case, kind: TaskKind) -> str:
        skill = self._spec(kind).skill
        return self.catalogue.events.classes[case.class_code].skill if kind is TaskKind.ATTEND else skill

    def _has(self, case: Case, kind: TaskKind) -> bool:
        tasks = self.book.tasks_of(case)[case.past_tasks :]
        return any(task.kind is kind and task.state is not TaskState.DROPPED for task in tasks)

    def _is_pending(self, case: Case, kind: TaskKind) -> bool:
        return any(task.kind is kind and task.state not in OVER for task in self.book.tasks_of(case))

    def _add_all(self, case: Case, kinds: list[TaskKind], cause: int, *, at_once: bool = False) -> list[Task]:
        added = (self._add(case, kind, cause, at_once=at_once) for kind in kinds)
        return [task for task in added if task is not None]

    def _add(self, case: Case, kind: TaskKind, cause: int, *, at_once: bool) -> Task | None:
        skill = self._skill(case, kind)
        if not self.can_handle(skill):
            return None
        if kind is TaskKind.CLOSE_ROAD and (not case.road or case.road in self.book.closures):
            return None
        gullies: list[str] = []
        if kind is TaskKind.CLEAR_GULLIES:
            near = self.world.places.gullies_near(case.x, case.y, self.settings.gully_radius_m)
            gullies = near[: self.settings.most_gullies]
            if not gullies:
                return None
        x, y = self._site(case, kind)
        number = sum(self.book.tasks[task].kind is kind for task in case.tasks) + 1
        task_id = f"{case.id}/{kind}" + (f"-{number}" if number > 1 else "")
        task = Task(
            id=task_id,
            case=case.id,
            kind=kind,
            skill=skill,
            nodes=self._access(case),
            x=x,
            y=y,
            ready_s=self.world.now_s + (0.0 if at_once else self._delay_s(case, task_id)),
            cause=cause,
            items=gullies,
        )
        self.book.add_task(task)
        return task

    def _delay_s(self, case: Case, task_id: str) -> float:
        """How long a further task waits for the dispatcher, s; a top-urgent case waits for nobody."""
        return 0.0 if case.urgency is Urgency.TOP_URGENT else self.dispatch_delay_s(task_id)

    def _site(self, case: Case, kind: TaskKind) -> tuple[float, float]:
        road = self.world.places.road_by_id.get(case.road)
        if kind is TaskKind.PUMP and road is not None:
            return road.x, road.y
        return case.x, case.y

    def _access(self, case: Case) -> tuple[int, ...]:
        """Junctions at both ends of the road, so that a crew can come from either side."""
        key = case.road or f"{case.x},{case.y}"
        if key not in self._nodes:
            road = self.world.places.road_by_id.get(case.road)
            points = road.ends if road is not None else ((case.x, case.y),)
            nodes = (self.world.roads.nearest_node(x, y) for x, y in points) if self.world.roads else ()
            self._nodes[key] = tuple(dict.fromkeys(nodes))
        return self._nodes[key]
