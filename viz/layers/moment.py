"""A run at one simulated time, from its frames and its event log, for a still map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cim_models.events import Event
from cim_models.failures import FAILURE_ENDS
from cim_models.structures import Line
from scenarios.runfolder import RunFolder
from scenarios.runfolder.readings import POSITION
from viz.layers.scene import CaseMark, CrewMark, FailureMark, Moment, PatrolMark, StructureMark

MOST_BETWEEN_S = 900.0
"""Where nobody was seen for longer, s, they were not out."""

_CLOSED = {"case.closed", "case.voided"}
_STATE_AFTER = {
    "crew.started_shift": "idle",
    "crew.departed": "travelling",
    "crew.rerouted": "travelling",
    "crew.cut_off": "cut_off",
    "crew.ended_shift": "off_duty",
    "crew.lost": "off_duty",
    "crew.started_break": "on_break",
    "crew.ended_break": "idle",
    "crew.arrived": "working",
    "crew.finished": "idle",
    "crew.returned": "idle",
}


def moment_at(run: RunFolder, time_s: float) -> Moment:
    """Look at a run at a simulated time.

    Parameters
    ----------
    run
        The run folder.
    time_s
        Simulated time, s since the start; the last depth frame at or before it is taken.
    """
    frames = run.frames()
    if len(frames):
        index = frames.index_at(time_s)
        depth, road_depth = frames.depth(index), frames.road_depth(index)
    else:
        city = run.city()
        roads = city.layer("roads")
        depth = np.zeros(city.terrain.shape, dtype=np.uint16)
        road_depth = np.zeros(0 if roads is None else len(roads), dtype=np.uint16)
    events = [event for event in run.events() if event.t_s <= time_s]
    return Moment(
        time_s=time_s,
        water_depth=depth,
        road_depth=road_depth,
        closed_roads=closed_roads(events),
        barriers=barriers(events),
        cases=open_cases(events),
        crews=crews_on_duty(events, time_s),
        failures=failures(events),
        structures=structures(events),
        patrols=patrols_out(run, time_s),
    )


def open_cases(events: list[Event]) -> tuple[CaseMark, ...]:
    """Cases that are registered and neither closed nor void, in order of registration or reopening."""
    marks: dict[str, CaseMark] = {}
    closed: dict[str, CaseMark] = {}
    for event in events:
        if event.kind == "case.registered":
            marks[event.subject] = _case(event.subject, event.data, int(event.data["level"]))
        elif event.kind == "case.escalated" and event.subject in marks:
            mark = marks[event.subject]
            marks[event.subject] = CaseMark(mark.id, mark.x, mark.y, int(event.data["level"]), mark.place)
        elif event.kind in _CLOSED and event.subject in marks:
            closed[event.subject] = marks.pop(event.subject)
        elif event.kind == "case.reopened" and event.subject in closed:
            mark = closed.pop(event.subject)
            marks[mark.id] = CaseMark(mark.id, mark.x, mark.y, int(event.data["level"]), mark.place)
    return tuple(marks.values())


def crews_on_duty(events: list[Event], time_s: float) -> tuple[CrewMark, ...]:
    """Crews with their place on the last path they were on and their state."""
    marks: dict[str, CrewMark] = {}
    paths: dict[str, Any] = {}
    for event in events:
        if event.kind == "crew.started_shift":
            marks[event.subject] = CrewMark(event.subject, event.data["x"], event.data["y"], "idle")
        mark = marks.get(event.subject)
        if mark is None:
            continue
        state = _STATE_AFTER.get(event.kind, mark.state)
        if event.kind == "crew.moved":
            paths[event.subject] = np.asarray(event.data["path"], dtype=float)
            state = "travelling" if len(paths[event.subject]) > 1 else "idle"
        marks[event.subject] = CrewMark(mark.id, mark.x, mark.y, state)
    placed = [_place(mark, paths.get(mark.id), time_s) for mark in marks.values()]
    return tuple(mark for mark in placed if mark.state != "off_duty")


def patrols_out(run: RunFolder, time_s: float) -> tuple[PatrolMark, ...]:
    """Patrollers who are out at a time, each between the places they were at before and after it."""
    across, along = (run.readings(None, quantity) for quantity in POSITION)
    marks = []
    for (patrol, xs), (_, ys) in zip(across.groupby("subject"), along.groupby("subject"), strict=True):
        t_s = xs["t_s"].to_numpy()
        after = int(np.searchsorted(t_s, time_s))
        at = t_s[max(after - 1, 0)], t_s[min(after, len(t_s) - 1)]
        if at[0] <= time_s <= at[1] and at[1] - at[0] <= MOST_BETWEEN_S:
            x, y = (float(np.interp(time_s, t_s, rows["value"].to_numpy())) for rows in (xs, ys))
            marks.append(PatrolMark(str(patrol), x, y))
    return tuple(marks)


def closed_roads(events: list[Event]) -> frozenset[str]:
    """Ids of roads behind barriers."""
    closed: set[str] = set()
    refused = {event.subject for event in events if event.kind == "order.refused"}
    for event in events:
        if event.kind != "order.issued" or event.subject in refused:
            continue
        if event.data.get("order") == "CloseRoad":
            closed.add(event.data["target"])
        elif event.data.get("order") == "OpenRoad":
            closed.discard(event.data["target"])
    return frozenset(closed)


def barriers(events: list[Event]) -> dict[str, Line]:
    """Lines of the barriers that stand, by id."""
    standing: dict[str, Line] = {}
    for event in events:
        if event.kind == "structure.placed" and event.data["kind"] == "barrier":
            standing[event.subject] = tuple((float(x), float(y)) for x, y in event.data["line"])
        elif event.kind == "structure.removed":
            standing.pop(event.subject, None)
    return standing


def failures(events: list[Event]) -> tuple[FailureMark, ...]:
    """Failures at known places that are not mended, in the order in which they came."""
    ends = {kind for kinds in FAILURE_ENDS.values() for kind in kinds}
    marks: dict[str, FailureMark] = {}
    for event in events:
        data = event.data
        if event.kind in FAILURE_ENDS and data.get("x") is not None and data.get("y") is not None:
            marks[event.subject] = FailureMark(event.subject, float(data["x"]), float(data["y"]), event.kind)
        elif event.kind in ends:
            marks.pop(event.subject, None)
    return tuple(marks.values())


def structures(events: list[Event]) -> tuple[StructureMark, ...]:
    """Structures that are watched, each with its latest grade."""
    marks: dict[str, StructureMark] = {}
    for event in events:
        if event.kind == "structure.watched":
            marks[event.subject] = StructureMark(
                event.subject, float(event.data["x"]), float(event.data["y"]), "A"
            )
        elif event.kind == "structure.graded" and event.subject in marks:
            marks[event.subject] = replace(marks[event.subject], grade=str(event.data["grade"]))
    return tuple(marks.values())


def _case(case: str, data: Any, level: int) -> CaseMark:
    place = {"zh": str(data.get("place_zh", "")), "en": str(data.get("place_en", ""))}
    return CaseMark(case, float(data["x"]), float(data["y"]), level, place)


def _place(mark: CrewMark, path: Any, time_s: float) -> CrewMark:
    """Put a crew where its last path has it at a time; where it was without one."""
    if path is None or len(path) == 0:
        return mark
    x, y = (float(np.interp(time_s, path[:, 2], path[:, axis])) for axis in (0, 1))
    return CrewMark(mark.id, x, y, mark.state)
