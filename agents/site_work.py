"""Work on site: what a crew does for each kind of task, and the orders with which it changes the city."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from agents.casebook import CaseBook, Closure
from agents.catalogue import Catalogue, TaskKind, Triangle
from agents.checking import Checker
from agents.clock import Timer
from agents.desk import Desk
from agents.equipment import PumpTruckModel, delivery
from agents.mains import SITE_REACH_M
from agents.matters import Matters
from agents.settings import OperationsSettings
from agents.tasks import Task, TaskAction, TaskState
from agents.world import World
from cim_models.orders import (
    ClearGullies,
    CloseRoad,
    FillCavity,
    LayBarrier,
    OpenRoad,
    OpenValve,
    Order,
    OrderOutcome,
    RebuildConduit,
    RemoveBarrier,
    RepairPipe,
    RestartPump,
    SealGasLeak,
    SecureStructure,
    ShutValve,
    StartPump,
    StopPump,
    UnblockConduit,
    VentilateSite,
)
from cim_models.standing import log_structure

LOOK_S = 300.0
"""How often a crew that waits for the water looks at it, s; own assumption."""


REPAIR_SPELL_S = 1800.0
"""A crew that is relieved during a repair loses the work of less than this time, s; own assumption."""


_ORDERS: Mapping[TaskKind, Callable[[str, str], Order]] = {
    TaskKind.SHUT_VALVE: ShutValve,
    TaskKind.OPEN_VALVE: OpenValve,
    TaskKind.REPAIR_PIPE: RepairPipe,
    TaskKind.SEAL_LEAK: SealGasLeak,
    TaskKind.VENTILATE: VentilateSite,
    TaskKind.FILL_CAVITY: FillCavity,
    TaskKind.SECURE_STRUCTURE: SecureStructure,
    TaskKind.UNBLOCK_SEWER: UnblockConduit,
    TaskKind.REBUILD_SEWER: RebuildConduit,
    TaskKind.RESTART_PUMP: RestartPump,
}
"""Orders that take nothing but an id and the id of what they are about."""


class Worker(Protocol):
    """A crew at work.

    ``occupation`` is the timer of what it is busy with; who takes it away from its work cancels that.
    """

    id: str
    task: Task | None
    occupation: Timer | None

    @property
    def pump(self) -> PumpTruckModel | None:
        """The pump truck that it drives."""
        ...

    def leaves(self, cause: int) -> None:
        """Learn that there is nothing more to do here."""
        ...


class SiteWork:
    """Carries out tasks: set up, act, see the effect, pack up.

    Parameters
    ----------
    world, checker, catalogue, settings
        Surroundings, who is told what is done, durations, settings.
    matters
        What crews find in the streets besides water; None for nothing.
    """

    def __init__(
        self,
        world: World,
        checker: Checker,
        catalogue: Catalogue,
        settings: OperationsSettings,
        matters: Matters | None,
    ) -> None:
        self.world = world
        self.checker = checker
        self.book: CaseBook = checker.book
        self.desk: Desk = checker.desk
        self.catalogue = catalogue
        self.settings = settings
        self.matters = matters
        self.barrier_sites = {site.id: site for site in settings.staffing.barriers}
        self._expected_s: dict[tuple[TaskKind, int], float] = {}
        self._pumps: dict[str, str] = {}
        self._repaired_s: dict[str, float] = {}
        self._acts: Mapping[TaskKind, Callable[[Worker, Task, int], None]] = {
            TaskKind.CLOSE_ROAD: self._close_road,
            TaskKind.REOPEN_ROAD: self._reopen_road,
            TaskKind.CLEAR_GULLIES: self._clear_gullies,
            TaskKind.PUMP: self._pump,
            TaskKind.LAY_BARRIER: self._lay_barrier,
            TaskKind.REMOVE_BARRIER: self._remove_barrier,
            TaskKind.SHUT_VALVE: self._secure,
            TaskKind.OPEN_VALVE: self._secure,
            TaskKind.REPAIR_PIPE: self._repair,
            TaskKind.FILL_CAVITY: self._repair,
            TaskKind.SEAL_LEAK: self._secure,
            TaskKind.VENTILATE: self._secure,
            TaskKind.SECURE_STRUCTURE: self._secure,
            TaskKind.REBUILD_SEWER: self._repair,
            TaskKind.UNBLOCK_SEWER: self._secure,
            TaskKind.RESTART_PUMP: self._secure,
            TaskKind.INSPECT: self._finish,
            TaskKind.ATTEND: self._attend,
        }

    def expected_s(self, task: Task) -> float:
        """Mean time that a task takes on site, s; ``inf`` where it ends when the water does."""
        if task.kind is TaskKind.PUMP:
            return float("inf")
        if task.kind in (TaskKind.REPAIR_PIPE, TaskKind.FILL_CAVITY, TaskKind.REBUILD_SEWER):
            return self._repair_left_s(task)
        mending_s = self._repair_left_s(task) if self._may_mend(task) else 0.0
        key = task.kind, len(task.items)
        known = self._expected_s.get(key)
        if known is None:
            known = self._expected_s[key] = self.catalogue.tasks[task.kind].expected_s(len(task.items))
        return known + mending_s

    def begin(self, crew: Worker, arrival: int) -> None:
        """Start the task of a crew that has just arrived; ``arrival`` is the event's id."""
        task = self._task(crew)
        case = self.book.cases[task.case]
        depth = self.desk.inspect(case, arrival)
        self.checker.watch(case)
        spec = self.catalogue.tasks[task.kind]
        if task.state is not TaskState.ON_SITE:  # the case was void
            crew.leaves(arrival)
        elif case.class_code == self.catalogue.events.waterlogging and depth < spec.useless_below_m:
            self.checker.drop_task(task, f"{depth:.2f} m of water on arrival", arrival)
            crew.leaves(arrival)
        else:
            self._after(crew, task, "set up", spec.setup_min, arrival)

    def abandon(self, task: Task, reason: str, cause: int, *, cut_off: bool = False) -> int:
        """Leave a task to another crew; a pump stops, and all else that has been done stays done.

        Parameters
        ----------
        task
            A task that a crew has in hand.
        reason
            Why it leaves, for people.
        cause
            Id of the event behind it.
        cut_off
            Whether the crew found no way there.

        Returns
        -------
        Id of the event that says so; ``cause`` where there was nothing to leave any more.
        """
        if task.state is TaskState.DROPPED:
            return cause
        if task.state is TaskState.IN_EFFECT:
            if task.id not in self._pumps:  # stopped already, and only packing was left
                event = self.world.log("crew.finished", task.crew, cause, case=task.case, task=task.id)
                self.checker.finish_task(task, event)
                return event
            cause = self._stop_pump(task, cause)
        event = self.world.log("task.recalled", task.id, cause, case=task.case, crew=task.crew, reason=reason)
        self.checker.recall_task(task, event, cut_off=cut_off)
        return event

    # --- time and orders --------------------------------------------------------------------------

    def _after(self, crew: Worker, task: Task, what: str, minutes: Triangle, cause: int) -> None:
        self._later(crew, 60.0 * self._draw(task, what, minutes), self._act, cause)

    def _later(
        self, crew: Worker, delay_s: float, step: Callable[[tuple[Worker, int]], None], cause: int
    ) -> None:
        crew.occupation = self.world.env.after(delay_s, step, (crew, cause))

    def _draw(self, task: Task, what: str, minutes: Triangle) -> float:
        return self.world.draws("work").triangular(*minutes, task.id, what)

    def _act(self, arg: tuple[Worker, int]) -> None:
        crew, cause = arg
        task = self._task(crew)
        if task.state is TaskState.DROPPED:
            crew.leaves(cause)
        else:
            self._acts[task.kind](crew, task, cause)

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
        obstacle = self._obstacle(task)
        outcome = OrderOutcome(False, obstacle) if obstacle else self.world.orders.apply(order)
        if not outcome.done:
            self.world.log("order.refused", order.id, event, reason=outcome.reason)
        return outcome, order.id, event

    def _obstacle(self, task: Task) -> str:
        """Say what keeps a crew from the place of its task; empty for nothing."""
        limit_m = self.catalogue.tasks[task.kind].works_up_to_m
        depth = self.world.water.depth_near(task.x, task.y, self.settings.cases.site_radius_m)
        if depth <= limit_m:
            return ""
        return f"{depth:.2f} m of water at the place; nobody does this in more than {limit_m:.2f} m"

    def _finish(self, crew: Worker, task: Task, cause: int) -> None:
        event = self.world.log("crew.finished", crew.id, cause, case=task.case, task=task.id)
        self.checker.finish_task(task, event)
        crew.leaves(event)

    def _attend(self, crew: Worker, task: Task, cause: int) -> None:
        case = self.book.cases[task.case]
        failure = self._failure(task)
        if failure is not None and self.world.lifelines is not None:
            left_s = self._repair_left_s(task)
            if left_s > 0.0:
                self._later(crew, min(left_s, REPAIR_SPELL_S), self._repair_spell, cause)
                return
            self.world.lifelines.mend(failure, cause)
        self._finish(crew, task, cause)
        if self.matters is not None:
            self.matters.handled(case.class_code, case.x, case.y, cause)

    def _give_up(self, crew: Worker, task: Task, reason: str, cause: int) -> None:
        self.checker.drop_task(task, reason, cause)
        crew.leaves(cause)

    def _close_road(self, crew: Worker, task: Task, cause: int) -> None:
        road = self._road(task)
        outcome, order, event = self._give(task, CloseRoad(self.book.next_order_id(), road), road, cause)
        if outcome.done:
            self.book.closures[road] = Closure(order, event, task.case)
        self._finish(crew, task, event)

    def _reopen_road(self, crew: Worker, task: Task, cause: int) -> None:
        road = self._road(task)
        depth = self.world.depth_at(task.x, task.y, road, self.settings.cases.site_radius_m)
        if depth >= self.catalogue.events.waterlogged_from_m:
            self._later(crew, LOOK_S, self._act, cause)
            return
        outcome, _, event = self._give(task, OpenRoad(self.book.next_order_id(), road), road, cause)
        closure = self.book.closures.pop(road, None)
        if closure is not None and outcome.done:
            self.world.log("order.ended", closure.order, event, pumped_m3=0.0)
        self._finish(crew, task, event)

    def _road(self, task: Task) -> str:
        """Road that a task closes or opens: the one it names, else that of its case."""
        return task.items[0] if task.items else self.book.cases[task.case].road

    def _clear_gullies(self, crew: Worker, task: Task, cause: int) -> None:
        """Clear the next few gullies; the first call comes after the set-up, before any is clear."""
        batch = task.items[: self.settings.cases.gullies_per_order]
        spec = self.catalogue.tasks[task.kind]
        minutes = sum(self._draw(task, gully, spec.each_min) for gully in batch)
        self._later(crew, 60.0 * minutes, self._gullies_clear, cause)

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

    # --- pump trucks ------------------------------------------------------------------------------

    def _pump(self, crew: Worker, task: Task, cause: int) -> None:
        model, places = crew.pump, self.world.places
        target = delivery(places, task.x, task.y, model.hose_m) if model is not None else None
        if model is None or target is None:
            self._give_up(crew, task, "the hose reaches neither an outfall nor the edge", cause)
            return
        order = StartPump(
            id=self.book.next_order_id(),
            x=task.x,
            y=task.y,
            target=target,
            capacity_m3_h=model.capacity_m3_h,
            hose_m=model.hose_m,
        )
        outcome, pump, event = self._give(task, order, target, cause, order.capacity_m3_h)
        if not outcome.done:
            self._give_up(crew, task, outcome.reason, event)
            return
        self._pumps[task.id] = pump
        self.book.step_task(task, TaskAction.TAKE_EFFECT)
        self.checker.settle(self.book.cases[task.case], event)
        self._later(crew, LOOK_S, self._watch_pump, event)

    def _watch_pump(self, arg: tuple[Worker, int]) -> None:
        crew, cause = arg
        task = self._task(crew)
        if not self._may_stop(task):
            self._later(crew, LOOK_S, self._watch_pump, cause)
            return
        ended = self._stop_pump(task, cause)
        pack_s = 60.0 * self._draw(task, "pack", self.catalogue.tasks[task.kind].pack_min)
        self._later(crew, pack_s, self._pump_packed, ended)

    def _stop_pump(self, task: Task, cause: int) -> int:
        pump = self._pumps.pop(task.id)
        outcome, _, event = self._give(task, StopPump(self.book.next_order_id(), pump), pump, cause)
        return self.world.log("order.ended", pump, event, pumped_m3=round(outcome.pumped_m3, 3))

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

    # --- barriers and valves ----------------------------------------------------------------------

    def _lay_barrier(self, crew: Worker, task: Task, cause: int) -> None:
        site = self.barrier_sites[task.items[0]]
        order = LayBarrier(self.book.next_order_id(), site.barrier)
        outcome, name, event = self._give(task, order, site.id, cause)
        if not outcome.done:
            self._give_up(crew, task, outcome.reason, event)
            return
        log_structure(self.world.events, order, self.world.now_s, event)
        self.book.barriers[site.id] = Closure(name, event, task.case)
        self._finish(crew, task, event)

    def _remove_barrier(self, crew: Worker, task: Task, cause: int) -> None:
        standing = self.book.barriers[task.items[0]]
        order = RemoveBarrier(self.book.next_order_id(), standing.order)
        outcome, _, event = self._give(task, order, standing.order, cause)
        if not outcome.done:
            self._later(crew, LOOK_S, self._act, event)
            return
        log_structure(self.world.events, order, self.world.now_s, event)
        self.world.log("order.ended", standing.order, event, pumped_m3=0.0)
        del self.book.barriers[task.items[0]]
        self._finish(crew, task, event)

    def _repair(self, crew: Worker, task: Task, cause: int) -> None:
        """Work in spells, so that a crew that takes over goes on where the last one stopped."""
        left_s = self._repair_left_s(task)
        if left_s > 0.0:
            self._later(crew, min(left_s, REPAIR_SPELL_S), self._repair_spell, cause)
            return
        self._secure(crew, task, cause)

    def _secure(self, crew: Worker, task: Task, cause: int) -> None:
        """Give the order that the task is all about, and be done with it."""
        order = _ORDERS[task.kind](self.book.next_order_id(), task.items[0])
        outcome, _, event = self._give(task, order, task.items[0], cause)
        if outcome.done:
            self._finish(crew, task, event)
        else:
            self._give_up(crew, task, outcome.reason, event)

    def _repair_spell(self, arg: tuple[Worker, int]) -> None:
        task = self._task(arg[0])
        done_s = min(self._repair_left_s(task), REPAIR_SPELL_S)
        self._repaired_s[task.id] = self._repaired_s.get(task.id, 0.0) + done_s
        self._act(arg)

    def _repair_left_s(self, task: Task) -> float:
        """Time that is left of a repair, of a main, of a cavity or of a failure that a case is about, s."""
        done_s = self._repaired_s.get(task.id, 0.0)
        if task.kind is TaskKind.REPAIR_PIPE:
            assert self.world.supply is not None
            return self.world.supply.repair_s(task.items[0]) - done_s
        if task.kind is TaskKind.FILL_CAVITY:
            return 60.0 * self._draw(task, "fill", self.catalogue.tasks[task.kind].each_min) - done_s
        if task.kind is TaskKind.REBUILD_SEWER:
            assert self.world.sewer is not None
            return self.world.sewer.rebuild_s(task.items[0]) - done_s
        failure = self._failure(task)
        if failure is None or self.world.lifelines is None:
            return 0.0
        return self.world.lifelines.mend_s(failure) - done_s

    def _may_mend(self, task: Task) -> bool:
        return task.kind is TaskKind.ATTEND and self.world.lifelines is not None

    def _failure(self, task: Task) -> str | None:
        """Id of the failure of a lifeline that a case is about; None for none."""
        if self.world.lifelines is None:
            return None
        case = self.book.cases[task.case]
        return self.world.lifelines.failure_near(case.class_code, task.x, task.y, SITE_REACH_M)

    @staticmethod
    def _task(crew: Worker) -> Task:
        assert crew.task is not None
        return crew.task
