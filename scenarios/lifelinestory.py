"""Lifelines on the run's clock: they fail, show at sensors, are told of and mended, and recover.

No hydraulics are computed. What a sensor says follows from the failures near it by their signatures, and it
is asked only while something changes there: a city whose pipes are whole costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.clock import TwinEnv
from agents.operations import Operations
from agents.reports import Report
from cim_models.alarm_readings import Reading
from scenarios.lifelines import LifelinePlan, PlannedFailure
from scenarios.storylog import StoryLog

FORGOTTEN_SHARE = 0.02
"""A failure that is over leaves a sensor once it changes the reading by less than this share."""

SETTLED_CONSTANTS, SETTLED_S = 5.0, 3600.0
"""A reading counts as settled so many time constants after the last change, and so long besides, s."""

_LIMITS = {"water_pressure": (0.0, 2.0), "methane": (0.0, 100.0), "sewer_level_ratio": (0.0, 1.0)}
"""Range of the sensors, in the unit of the quantity."""


@dataclass(slots=True)
class _Course:
    """How a failure goes: events of beginning and mending, its time, s, its road, and who knows of it."""

    event: int
    mended_s: float = math.inf
    mended_event: int = 0
    road: str = ""
    is_told: bool = False
    showing: int = 0

    @property
    def is_mended(self) -> bool:
        return math.isfinite(self.mended_s)


class LifelineStory:
    """The lifelines as a part of a run; `agents.views.LifelineView` for the crews.

    Parameters
    ----------
    plan
        What will fail.
    log
        The event log.
    """

    def __init__(self, plan: LifelinePlan, log: StoryLog) -> None:
        self._plan, self._log = plan, log
        self._courses: dict[int, _Course] = {}
        self._at_sensor: dict[int, list[int]] = {}
        self._asked: set[int] = set()
        self._by_id = {failure.id: index for index, failure in enumerate(plan.failures)}
        self._env: TwinEnv
        self._operations: Operations
        self._started: int | None = None

    def join(self, env: TwinEnv, operations: Operations, started: int) -> None:
        """Say on which clock it runs, who acts, and to which event everything goes back."""
        self._env, self._operations, self._started = env, operations, started

    def schedule(self) -> None:
        """Put the failures on the clock."""
        for index, failure in enumerate(self._plan.failures):
            self._env.at(failure.t_s, self._fail, index)

    # --- as crews see it --------------------------------------------------------------------------

    def failure_near(self, class_code: str, x: float, y: float, radius_m: float) -> str | None:
        """Id of the nearest failure within a radius that a case of a class is about and nobody has mended."""
        near = []
        for index, course in self._courses.items():
            failure = self._plan.failures[index]
            if not course.is_mended and failure.kind.class_code == class_code:
                near.append((math.hypot(failure.x - x, failure.y - y), failure.id))
        distance, name = min(near, default=(math.inf, ""))
        return name if distance <= radius_m else None

    def mend_s(self, failure: str) -> float:
        """Time on site until it is mended, s: where nobody has told the place, that of finding it besides."""
        index = self._by_id[failure]
        planned = self._plan.failures[index]
        return planned.mend_s + (0.0 if self._courses[index].is_told else planned.locate_s)

    def mend(self, failure: str, cause: int) -> None:
        """Let a crew have mended it."""
        self._end(self._by_id[failure], "crew", cause)

    # --- what happens -----------------------------------------------------------------------------

    def _fail(self, index: int) -> None:
        failure = self._plan.failures[index]
        event = self._log.append(
            self._env.now,
            "lifeline.failed",
            failure.id,
            cause=self._started,
            data={
                "kind": failure.kind.kind,
                "asset": failure.asset,
                "network": failure.network,
                "material": failure.material,
                "diameter_m": failure.diameter_m,
                "class_code": failure.kind.class_code,
                "x": failure.x,
                "y": failure.y,
                "sensors": [self._plan.sensors[sensor].id for sensor, _ in failure.shows],
            },
        )
        self._courses[index] = _Course(event, road=self._road(failure), showing=len(failure.shows))
        for sensor, _ in failure.shows:
            self._at_sensor.setdefault(sensor, []).append(index)
            self._ask(sensor)
        if math.isfinite(failure.told_after_s):
            self._env.after(failure.told_after_s, self._tell, index)
        if math.isfinite(failure.lasts_s):
            self._env.after(failure.lasts_s, self._pass, index)

    def _tell(self, index: int) -> None:
        """Let somebody in the street tell of a failure."""
        failure, course = self._plan.failures[index], self._courses.get(index)
        if course is None or course.is_mended:
            return
        course.is_told = True
        self._operations.desk.receive(
            Report(
                channel="citizen",
                class_code=failure.kind.class_code,
                x=failure.x,
                y=failure.y,
                source=failure.asset,
                cause=course.event,
            )
        )

    def _pass(self, index: int) -> None:
        course = self._courses.get(index)
        if course is not None and not course.is_mended:
            self._end(index, "by itself", course.event)

    def _end(self, index: int, how: str, cause: int) -> None:
        failure, course = self._plan.failures[index], self._courses[index]
        course.mended_s = self._env.now
        course.mended_event = self._log.append(
            self._env.now,
            "lifeline.repaired",
            failure.id,
            cause=cause,
            data={
                "kind": failure.kind.kind,
                "after_s": round(self._env.now - failure.t_s, 3),
                "how": how,
            },
        )
        for sensor, _ in failure.shows:
            self._ask(sensor)
        self._recover(index)

    def _recover(self, index: int) -> None:
        """Note that no sensor shows a mended failure any more."""
        failure, course = self._plan.failures[index], self._courses[index]
        if not course.is_mended or course.showing:
            return
        data = {"kind": failure.kind.kind, "after_s": round(self._env.now - failure.t_s, 3)}
        self._log.append(
            self._env.now, "lifeline.recovered", failure.id, cause=course.mended_event, data=data
        )
        del self._courses[index]

    # --- readings ---------------------------------------------------------------------------------

    def _ask(self, sensor: int) -> None:
        """Ask a sensor at its intervals from now on, while something changes there."""
        if sensor not in self._asked:
            self._asked.add(sensor)
            self._env.after(0.0, self._read, sensor)

    def _read(self, sensor: int) -> None:
        now_s, post = self._env.now, self._plan.sensors[sensor]
        failures = self._at_sensor.get(sensor, [])
        changes = {index: self._change(index, sensor, now_s) for index in failures}
        self._observe(sensor, changes)
        for index in failures[:]:
            if self._is_forgotten(index, sensor, changes[index]):
                failures.remove(index)
                self._courses[index].showing -= 1
                self._recover(index)
        if not failures:
            self._at_sensor.pop(sensor, None)
        if failures and not all(self._is_settled(index, now_s) for index in failures):
            self._env.after(post.interval_s, self._read, sensor)
        else:
            self._asked.discard(sensor)

    def _observe(self, sensor: int, changes: Mapping[int, float]) -> None:
        """Give the alarm desk what a sensor says."""
        alarms, post = self._operations.alarms, self._plan.sensors[sensor]
        if alarms is None or not changes:
            return
        index = max(changes, key=lambda entry: (abs(changes[entry]), -entry))
        failure, course = self._plan.failures[index], self._courses[index]
        stuck = failure.kind.signature is None
        counted = {index: changes[index]} if stuck else changes
        least, most = _LIMITS.get(post.quantity, (-math.inf, math.inf))
        values = {post.quantity: min(max(post.base + sum(counted.values()), least), most)}
        for other in post.others:
            values[other] = sum(self._share(entry, other) * value for entry, value in counted.items())
        alarms.observe(
            Reading(
                sensor=post.id,
                values=values,
                x=failure.x,
                y=failure.y,
                source=failure.asset,
                road=course.road,
                origin=None if stuck else course.event,
                genuine=not stuck,
            )
        )

    def _road(self, failure: PlannedFailure) -> str:
        roads = self._operations.world.roads
        return "" if roads is None else roads.nearest_road(failure.x, failure.y)

    def _share(self, index: int, other: str) -> float:
        signature = self._plan.failures[index].kind.signature
        return 0.0 if signature is None else signature.others.get(other, 0.0)

    def _change(self, index: int, sensor: int, t_s: float) -> float:
        """How much a failure changes what a sensor says, in the quantity's unit."""
        failure, course = self._plan.failures[index], self._courses[index]
        amplitude = next(value for entry, value in failure.shows if entry == sensor)
        rise_s, fall_s = self._constants(failure)
        risen_s = min(t_s, course.mended_s) - failure.t_s
        change = amplitude * (1.0 if rise_s == 0.0 else -math.expm1(-risen_s / rise_s))
        if t_s <= course.mended_s:
            return change
        return 0.0 if fall_s == 0.0 else change * math.exp(-(t_s - course.mended_s) / fall_s)

    def _is_forgotten(self, index: int, sensor: int, change: float) -> bool:
        failure, course = self._plan.failures[index], self._courses[index]
        amplitude = next(value for entry, value in failure.shows if entry == sensor)
        return course.is_mended and abs(change) <= FORGOTTEN_SHARE * abs(amplitude)

    def _is_settled(self, index: int, t_s: float) -> bool:
        failure, course = self._plan.failures[index], self._courses[index]
        rise_s, _ = self._constants(failure)
        return not course.is_mended and t_s - failure.t_s > SETTLED_CONSTANTS * rise_s + SETTLED_S

    @staticmethod
    def _constants(failure: PlannedFailure) -> tuple[float, float]:
        signature = failure.kind.signature
        return (0.0, 0.0) if signature is None else (signature.rise_s, signature.fall_s)

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what a story of the same plan needs to go on."""
        return {
            "courses": dict(self._courses),
            "at_sensor": {sensor: list(entries) for sensor, entries in self._at_sensor.items()},
            "asked": sorted(self._asked),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._courses = dict(state["courses"])
        self._at_sensor = {sensor: list(entries) for sensor, entries in state["at_sensor"].items()}
        self._asked = set(state["asked"])
