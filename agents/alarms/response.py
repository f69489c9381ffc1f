"""The level of response of the whole city: what asks for it, and what each role has to do by when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agenda import Agenda
from agents.world import RAIN, World
from cim_models.response_levels import ResponsePlan, RoleTask

ARRIVED = "arrived"
"""What shows that a task is done which asks for somebody on the scene."""

NONE = 5
"""No response: less urgent than level IV."""

CITY = "city"


@dataclass(slots=True)
class _OpenTask:
    """A task of a level that waits to be done: due when, s, and because of which event."""

    task: RoleTask
    due_s: float
    event: int


@dataclass(frozen=True, slots=True)
class _Call:
    """Something that asks for a level, why, and the event behind it."""

    level: int
    reason: str
    cause: int | None


class ResponseBoard:
    """Raises and lowers the level of response, and follows the tasks of the roles.

    Parameters
    ----------
    world, plan
        Surroundings, and what makes and asks for which level.
    skills_of
        Bound method that says what a crew can do; a role is a skill where there are crews for it.
    """

    def __init__(self, world: World, plan: ResponsePlan, skills_of: Callable[[str], frozenset[str]]) -> None:
        self.world = world
        self.plan = plan
        self.skills_of = skills_of
        self.level = NONE
        self._event: int | None = None
        self._asked_s = 0.0
        self._open: dict[str, _OpenTask] = {}
        self._since_s = [np.full(len(world.places.roads), np.inf) for _ in plan.roads]
        self._of_class = [
            np.array([not rule.classes or road.road_class in rule.classes for road in world.places.roads])
            for rule in plan.roads
        ]
        self._agenda = Agenda(world.env, {"due": self._due})

    @property
    def rain_windows_s(self) -> Sequence[float]:
        """Lengths of time over which `look` wants the rain, s."""
        return sorted({rule.window_s for rule in self.plan.rain})

    def look(self, rain_mm: Mapping[float, float], road_depth_m: NDArray[np.float64]) -> None:
        """Judge the rain and the water on the roads, now.

        Parameters
        ----------
        rain_mm
            Depth of the rain within each window, mm.
        road_depth_m
            Depth on each road, shape (roads,), m.
        """
        calls = [*self._rain_calls(rain_mm), *self._road_calls(road_depth_m)]
        first = min(calls, key=lambda call: call.level, default=_Call(NONE, "", None))
        now_s = self.world.now_s
        if first.level <= self.level:
            self._asked_s = now_s
        if first.level < self.level:
            self._raise(first)
        elif self.level < NONE and now_s - self._asked_s >= self.plan.lowered_after_s:
            self._lower(first.level)

    def follow(self, kind: str, subject: str, event: int, data: Mapping[str, Any]) -> None:
        """Learn of an order or an arrival that may be what a task asks for."""
        if not self._open:
            return
        if kind == "order.issued":
            done = [name for name, entry in self._open.items() if entry.task.done_by == data.get("order")]
        elif kind == "crew.arrived":
            skills = self.skills_of(subject)
            done = [
                name
                for name, entry in self._open.items()
                if entry.task.done_by == ARRIVED and entry.task.role in skills
            ]
        else:
            return
        for name in done:
            entry = self._open.pop(name)
            self.world.log(
                "response.task_done",
                name,
                event,
                role=entry.task.role,
                due_s=entry.due_s,
                in_time=self.world.now_s <= entry.due_s,
            )

    # --- what asks for a level --------------------------------------------------------------------

    def _rain_calls(self, rain_mm: Mapping[float, float]) -> list[_Call]:
        return [
            _Call(
                rule.level,
                f"{rain_mm[rule.window_s]:.0f} mm in {rule.window_s / 3600.0:g} h",
                self.world.flood_events.get(RAIN),
            )
            for rule in self.plan.rain
            if rain_mm[rule.window_s] >= rule.depth_mm
        ]

    def _road_calls(self, depth_m: NDArray[np.float64]) -> list[_Call]:
        calls, now_s = [], self.world.now_s
        for rule, since_s, of_class in zip(self.plan.roads, self._since_s, self._of_class, strict=True):
            deep = of_class & (depth_m >= rule.depth_m)
            since_s[deep] = np.minimum(since_s[deep], now_s)
            since_s[~deep] = np.inf
            rows = np.flatnonzero(now_s - since_s >= rule.for_s)
            if len(rows) and len(rows) >= rule.number:
                cause = self.world.flood_events.get(self.world.places.roads[int(rows[0])].id)
                reason = f"{len(rows)} roads above {rule.depth_m:.2f} m for {rule.for_s / 60.0:.0f} min"
                calls.append(_Call(rule.level, reason, cause))
        return calls

    # --- raising and lowering ---------------------------------------------------------------------

    def _raise(self, call: _Call) -> None:
        level, was, now_s = self.plan.levels[call.level], self.level, self.world.now_s
        self.level = call.level
        self._event = self.world.log(
            "response.raised",
            CITY,
            call.cause,
            level=call.level,
            was_level=None if was == NONE else was,
            colour=level.colour,
            reason=call.reason,
        )
        self._open = {}
        for task in level.tasks:
            if task.done_by:
                name = f"{call.level}/{task.id}"
                self._open[name] = _OpenTask(task, now_s + task.within_s, self._event)
                self._agenda.enter(now_s + task.within_s, "due", name, now_s + task.within_s)

    def _lower(self, level: int) -> None:
        was, self.level = self.level, level
        self._asked_s = self.world.now_s
        self._open = {}
        self._event = self.world.log(
            "response.lowered", CITY, self._event, level=None if level == NONE else level, was_level=was
        )

    def _due(self, name: str, due_s: float) -> None:
        entry = self._open.get(name)
        if entry is not None and entry.due_s == due_s:
            self.world.log("response.task_late", name, entry.event, role=entry.task.role, due_s=due_s)
