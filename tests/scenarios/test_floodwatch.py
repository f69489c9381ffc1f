"""Crossings of a threshold become events, once each way, with their causes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from cim_models.events import EVENT_KINDS, Event
from scenarios.floodwatch import FloodBands, FloodWatch, WatchedNodes, WatchedRoads
from scenarios.storylog import StoryLog


class ListSink:
    """An event sink that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(
        self,
        t_s: float,
        kind: str,
        subject: str,
        cause: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> int:
        assert kind in EVENT_KINDS
        assert set(data or {}) == set(EVENT_KINDS[kind].data)
        self.events.append(Event(len(self.events) + 1, t_s, kind, subject, cause, data=dict(data or {})))
        return len(self.events)


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


@pytest.fixture
def log(sink: ListSink) -> StoryLog:
    return StoryLog(sink)


def make_watch(log: StoryLog, settle_s: float) -> FloodWatch:
    roads = WatchedRoads(
        ["R1", "R2"], [np.array([[0.0, 0.0], [100.0, 0.0]]), np.array([[0.0, 500.0], [100.0, 500.0]])]
    )
    nodes = WatchedNodes(["J1"], np.array([[100.0, 20.0]]), np.array([5.0]))
    return FloodWatch(roads, nodes, log, FloodBands(settle_s=settle_s))


@pytest.fixture
def watch(log: StoryLog) -> FloodWatch:
    return make_watch(log, settle_s=0.0)


def test_a_road_floods_and_drains_once_per_threshold_with_hysteresis(
    watch: FloodWatch, sink: ListSink
) -> None:
    for t_s, depth in enumerate([0.1, 0.16, 0.14, 0.16, 0.35, 0.29, 0.25, 0.11, 0.0]):
        watch.watch_roads(t_s, np.array([depth, 0.0]), None)
    seen = [(event.t_s, event.kind, event.data["threshold_m"]) for event in sink.events]
    assert seen == [
        (1, "road.flooded", 0.15),
        (4, "road.flooded", 0.30),
        (7, "road.drained", 0.30),
        (7, "road.drained", 0.15),
    ]
    assert {event.subject for event in sink.events} == {"R1"}


def test_a_flood_follows_from_the_overflowing_manhole_beside_it_else_from_the_rain(
    watch: FloodWatch, sink: ListSink, log: StoryLog
) -> None:
    rain = log.append(0, "rain.started", "run", data={"intensity_mm_h": 9.0})
    watch.watch_sewer(1, np.array([True]), np.array([5.2]), rain)
    watch.watch_roads(2, np.array([0.2, 0.2]), rain)
    overflow, beside, far = sink.events[1:4]
    assert (overflow.kind, overflow.cause) == ("sewer.surcharged", rain)
    assert (beside.subject, beside.cause) == ("R1", overflow.id)
    assert (far.subject, far.cause) == ("R2", rain)
    watch.watch_sewer(3, np.array([False]), np.array([4.0]), rain)
    assert (sink.events[-1].kind, sink.events[-1].cause) == ("sewer.relieved", overflow.id)
    assert watch.take_news() == [
        ("sewer.surcharged", "J1", 2),
        ("road.flooded", "R1", 3),
        ("road.flooded", "R2", 4),
        ("sewer.relieved", "J1", 5),
    ]
    assert watch.take_news() == []


def test_a_road_drains_because_of_an_order_nearby_that_came_after_the_flood(
    watch: FloodWatch, sink: ListSink, log: StoryLog
) -> None:
    def issue(t_s: float, x: float, y: float) -> int:
        data = {
            "order": "ClearGullies",
            "case": None,
            "crew": None,
            "x": x,
            "y": y,
            "target": "G",
            "capacity_m3_h": None,
        }
        return log.append(t_s, "order.issued", "O", data=data)

    issue(0, 50.0, 0.0)  # before the flood
    watch.watch_roads(1, np.array([0.2, 0.2]), None)
    near = issue(2, 60.0, 10.0)
    issue(3, 900.0, 900.0)
    watch.watch_roads(4, np.array([0.0, 0.0]), None)
    drained = {event.subject: event.cause for event in sink.events if event.kind == "road.drained"}
    flooded = {event.subject: event.id for event in sink.events if event.kind == "road.flooded"}
    assert drained == {"R1": near, "R2": flooded["R2"]}


def test_water_that_swings_about_a_limit_is_one_event_until_it_has_stayed_low(
    sink: ListSink, log: StoryLog
) -> None:
    watch = make_watch(log, settle_s=300.0)
    # as at a manhole of Sant Boi: half a minute up, half a minute down, for half an hour
    for t_s in range(0, 3600, 30):
        swings = t_s < 1800 and t_s % 60 == 0
        watch.watch_sewer(t_s, np.array([swings]), np.array([5.1 if swings else 4.5]), None)
        watch.watch_roads(t_s, np.array([0.2 if swings else 0.05, 0.0]), None)
    seen = [(event.t_s, event.kind, event.data.get("since_s")) for event in sink.events]
    assert seen == [
        (0, "sewer.surcharged", None),
        (0, "road.flooded", None),
        (2070, "sewer.relieved", 1770.0),
        (2070, "road.drained", 1770.0),
    ]


def test_what_is_done_after_the_water_has_fallen_is_not_why_it_fell(sink: ListSink, log: StoryLog) -> None:
    watch = make_watch(log, settle_s=300.0)
    dam = log.append(0, "sewer.outfall_drowned", "O", data={"level_m": 5.0, "crown_m": 4.0})
    watch.dammed = {0: dam}
    watch.watch_sewer(0, np.array([True]), np.array([5.2]), None)
    watch.watch_roads(0, np.array([0.0, 0.2]), None)
    watch.watch_sewer(60, np.array([False]), np.array([4.0]), None)
    watch.watch_roads(60, np.array([0.0, 0.0]), None)
    late = {"order": "ClearGullies", "case": None, "crew": None, "x": 50.0, "y": 500.0, "target": "G"}
    log.append(200, "order.issued", "O1", data=late | {"capacity_m3_h": None})
    freed = log.append(200, "sewer.outfall_freed", "O", cause=dam, data={"level_m": 3.0, "crown_m": 4.0})
    watch.ended = {dam: freed}
    watch.watch_sewer(400, np.array([False]), np.array([4.0]), None)
    watch.watch_roads(400, np.array([0.0, 0.0]), None)
    begun = {event.kind: event.id for event in sink.events}
    over = {event.kind: event.cause for event in sink.events}
    assert over["sewer.relieved"] == begun["sewer.surcharged"]
    assert over["road.drained"] == begun["road.flooded"]


def test_a_watch_that_is_taken_up_again_remembers_since_when_water_is_low(
    sink: ListSink, log: StoryLog
) -> None:
    watch = make_watch(log, settle_s=300.0)
    for t_s, wet in ((0, True), (60, False)):
        watch.watch_sewer(t_s, np.array([wet]), np.array([5.0]), None)
        watch.watch_roads(t_s, np.array([0.2 if wet else 0.0, 0.0]), None)
    later = make_watch(log, settle_s=300.0)
    later.restore(watch.state())
    later.watch_sewer(360, np.array([False]), np.array([4.0]), None)
    later.watch_roads(360, np.array([0.0, 0.0]), None)
    assert [(event.kind, event.data["since_s"]) for event in sink.events[2:]] == [
        ("sewer.relieved", 60.0),
        ("road.drained", 60.0),
    ]
