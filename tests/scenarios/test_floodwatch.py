"""Crossings of a threshold become events, once each way, with their causes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from cim_models.events import EVENT_KINDS, Event
from scenarios.floodwatch import FloodWatch, WatchedNodes, WatchedRoads
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
        *,
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


@pytest.fixture
def watch(log: StoryLog) -> FloodWatch:
    roads = WatchedRoads(
        ["R1", "R2"], [np.array([[0.0, 0.0], [100.0, 0.0]]), np.array([[0.0, 500.0], [100.0, 500.0]])]
    )
    nodes = WatchedNodes(["J1"], np.array([[100.0, 20.0]]), np.array([5.0]))
    return FloodWatch(roads, nodes, log)


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
