"""Work on site: what a crew does for each kind of task, and the orders with which it changes the city."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from agents.casebook import CaseBook, Closure
from agents.catalogue import Catalogue, TaskKind, Triangle
from agents.checking import Checker
from agents.desk import Desk
from agents.settings import OperationsSettings
from agents.tasks import Task, TaskAction, TaskState
from agents.world import World
from cim_models.orders import ClearGullies, CloseRoad, OpenRoad, Order, OrderOutcome, StartPump, StopPump

LOOK_S = 300.0
"""How often a crew that waits for the water looks at it, s; own assumption."""

OUTSIDE = "outside"


class Worker(Protocol):
    """A crew at work."""

    id: str
    task: Task | None

    def leaves(self, cause: int) -> None:
        """Learn that there is nothing more to do here."""
        ...


class SiteWork:
    """Carries out tasks: set up, act, see the effect, pack up.

    Parameters
    ----------
    world, book, desk, checker, catalogue, settings
        Surroundings, cases, who is told what was found, who is told what is done, durations, settings.
    """

    def __init__(
        self,
        world: World,
        book: CaseBook,
        desk: Desk,
        checker: Checker,
        catalogue: Catalogue,
        settings: OperationsSettings,
    ) -> None:
        self.world = world
        self.book = book
        self.desk = desk
        self.checker = checker
        self.catalogue = catalogue
        self.settings = settings
        self._acts: Mapping[TaskKind, Callable[[Worker, Task, int], None]] = {
            TaskKind.CLOSE_ROAD: self._close_road,
            TaskKind.REOPEN_ROAD: self._reopen_road,
            TaskKind.CLEAR_GULLIES: self._clear_gullies,
            TaskKind.PUMP: self._pump,
            TaskKind.INSPECT: self._finish,
            TaskKind.ATTEND: self._finish,
        }

    def expected_s(self, task: Task) -> float:
        """Mean time that a task takes on site, s; ``inf`` where it ends when the water does."""
        if task.kind is TaskKind.PUMP:
            return float("inf")
        return self.catalogue.tasks[task.kind].expected_s(len(task.items))

    def begin(self, crew: Worker, arrival: int) -> None:
        """Start the task of a crew that has just arrived; ``arrival`` is the event's id."""
        task = self._task(crew)
        case = self.book.cases[task.case]
        depth = self.desk.inspect(case, arrival)
        self.checker.watch(case)
        spec = self.catalogue.tasks[task.kind]
        if task.state is not TaskState.ON_SITE:  # the case was void
            crew.leaves(arrival)
        elif depth < spec.useless_below_m:
            self.checker.drop_task(task, f"{depth:.2f} m of water on arrival", arrival)
            crew.leaves(arrival)
        else:
            self._after(task, "set up", spec.setup_min, (crew, arrival))

    def _after(self, task: Task, what: str, minutes: Triangle, arg: tuple[Worker, int]) -> None:
        duration_s = 60.0 * self._draw(task, what, minutes)
        self.world.env.after(duration_s, self._act, arg)

    def _draw(self, task: Task, what: str, minutes: Triangle) -> float:
        least, likely, most = minutes
        if least >= most:
            return float(least)
        value: float = self.world.draws("work").of(task.id, what).triangular(least, likely, most)
        return value

    def _act(self, arg: tuple[Worker, int]) -> None:
        crew, cause = arg
        task = self._task(crew)
        if task.state is TaskState.DROPPED:
            crew.leaves(cause)
        else:
            self._acts[task.kind](crew, task, cause)

    def _finish(self, crew: Worker, task: Task, cause: int) -> None:
        event = self.world.log("crew.finished", crew.id, cause, case=task.case, task=task.id)
        self.checker.finish_task(task, event)
        crew.leaves(event)

    def _close_road(self, crew: Worker, task: Task, cause: int) -> None:
        road = self.book.cases[task.case].road
        outcome, order, event = self._give(task, CloseRoad(self.book.next_order_id(), road), road, cause)
        if outcome.done:
            self.book.closures[road] = Closure(order, event, task.case)
        self._finish(crew, task, event)

    def _reopen_road(self, crew: Worker, task: Task, cause: int) -> None:
        case = self.book.cases[task.case]
        depth = self.world.depth_at(case.x, case.y, case.road, self.settings.cases.site_radius_m)
        if depth >= self.catalogue.events.waterlogged_from_m:
            self.world.env.after(LOOK_S, self._act, (crew, cause))
            return
        outcome, _, event = self._give(task, OpenRoad(self.book.next_order_id(), case.road), case.road, cause)
        closure = self.book.closures.pop(case.road, None)
        if closure is not None and outcome.done:
            self.world.log("order.ended", closure.order, event, pumped_m3=0.0)
        self._finish(crew, task, event)

    def _clear_gullies(self, crew: Worker, task: Task, cause: int) -> None:
        """Clear the next few gullies; the first call comes after the set-up, before any is clear."""
        batch = task.items[: self.settings.cases.gullies_per_order]
        spec = self.catalogue.tasks[task.kind]
        minutes = sum(self._draw(task, gully, spec.each_min) for gully in batch)
        self.world.env.after(60.0 * minutes, self._gullies_clear, (crew, cause))

    def _gullies_clear(self, arg: tuple[Worker, int]) -> None:
        crew, cause = arg
        task = self._task(crew)
        count = self.settings.cases.gullies_per_order
        batch, task.items = task.items[:count], task.items[count:]
        order = ClearGullies(self.book.next_order_id(), tuple(batch))
        _, _, event = self._give(task, order, " ".join(batch), cause)
        if task.items and task.state is not TaskState.DROPPED:
            self._clear_gullies(crew, task, event)
        elif task.state is TaskState.DROPPED:
            crew.leaves(event)
        else:
            self._finish(crew, task, event)

    def _pump(self, crew: Worker, task: Task, cause: int) -> None:
        spec = self.catalogue.tasks[task.kind]
        order = StartPump(
            id=self.book.next_order_id(),
            x=task.x,
            y=task.y,
            target=self.world.places.nearest_outfall(task.x, task.y, spec.delivery_m) or OUTSIDE,
            capacity_m3_h=self.settings.staffing.pump_capacity_m3_h or spec.capacity_m3_h,
        )
        outcome, _, event = self._give(task, order, order.target, cause, order.capacity_m3_h)
        if not outcome.done:
            self.checker.drop_task(task, outcome.reason, event)
            crew.leaves(event)
            return
        self.book.step_task(task, TaskAction.TAKE_EFFECT)
        self.checker.settle(self.book.cases[task.case], event)
        self.world.env.after(LOOK_S, self._watch_pump, (crew, event))

    def _watch_pump(self, arg: tuple[Worker, int]) -> None:
        crew, cause = arg
        task = self._task(crew)
        if not self._may_stop(task):
            self.world.env.after(LOOK_S, self._watch_pump, arg)
            return
        pump = task.orders[-1]
        outcome, _, event = self._give(task, StopPump(self.book.next_order_id(), pump), pump, cause)
        ended = self.world.log("order.ended", pump, event, pumped_m3=round(outcome.pumped_m3, 3))
        pack_s = 60.0 * self._draw(task, "pack", self.catalogue.tasks[task.kind].pack_min)
        self.world.env.after(pack_s, self._pump_packed, (crew, ended))

    def _pump_packed(self, arg: tuple[Worker, int]) -> None:
        crew, cause = arg
        self._finish(crew, self._task(crew), cause)

    def _may_stop(self, task: Task) -> bool:
        """Whether the water is gone, or the street passed its check long enough ago."""
        case = self.book.cases[task.case]
        if not case.is_open:
            return True
        if case.passed_s is not None and self.world.now_s - case.passed_s >= self.settings.cases.pump_stays_s:
            return True
        depth = self.world.water.depth_near(task.x, task.y, self.settings.cases.site_radius_m)
        return depth < self.catalogue.tasks[task.kind].stop_below_m

    def _give(
        self, task: Task, order: Order, target: str, cause: int, capacity_m3_h: float | None = None
    ) -> tuple[OrderOutcome, str, int]:
        """Issue an order, have it carried out, and log both; return outcome, order and event id."""
        data: dict[str, Any] = {"x": task.x, "y": task.y, "target": target, "capacity_m3_h": capacity_m3_h}
        event = self.world.log(
            "order.issued",
            order.id,
            cause,
            order=type(order).__name__,
            case=task.case,
            crew=task.crew,
            **data,
        )
        task.orders.append(order.id)
        outcome = self.world.orders.apply(order)
        if not outcome.done:
            self.world.log("order.refused", order.id, event, reason=outcome.reason)
        return outcome, order.id, event

    @staticmethod
    def _task(crew: Worker) -> Task:
        assert crew.task is not None
        return crew.task
