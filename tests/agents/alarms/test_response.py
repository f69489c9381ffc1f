"""The level of response of a town: what raises it, what it asks for, and when it ends."""

from typing import Any

import numpy as np

from agents.alarms.response import NONE, ResponseBoard
from agents.alarms.settings import AlarmSettings
from cim_models.events import Event
from tests.agents.toy_town import ToyRun, toy_settings

DRY = {3600.0: 0.0, 43_200.0: 0.0}


def town() -> tuple[ToyRun, ResponseBoard]:
    settings = toy_settings(sensors=None, video=None, citizens=None, patrols=None, alarms=AlarmSettings())
    run = ToyRun({}, settings=settings)
    assert run.operations.response is not None
    return run, run.operations.response


def depths(run: ToyRun, deep: int, depth_m: float) -> Any:
    values = np.zeros(len(run.town.ids))
    values[:deep] = depth_m
    return values


def levels(run: ToyRun) -> list[tuple[float, int | None]]:
    return [
        (event.t_s, event.data["level"])
        for event in run.log.events
        if event.kind in ("response.raised", "response.lowered")
    ]


def only(run: ToyRun, kind: str) -> Event:
    (event,) = run.log.of(kind)
    return event


def test_rain_raises_the_level_step_by_step_and_never_back_at_once() -> None:
    run, board = town()
    for minute, hour_mm in ((1, 29.0), (2, 31.0), (3, 51.0), (4, 20.0)):
        run.run(60.0 * minute)
        board.look({3600.0: hour_mm, 43_200.0: hour_mm}, depths(run, 0, 0.0))
    assert levels(run) == [(120.0, 4), (180.0, 3)]
    assert board.level == 3
    assert run.log.of("response.raised")[1].data["was_level"] == 4


def test_a_level_ends_an_hour_after_nothing_asks_for_it_any_more() -> None:
    run, board = town()
    run.run(60.0)
    board.look({3600.0: 60.0, 43_200.0: 60.0}, depths(run, 0, 0.0))
    for t_s in (1860.0, 3600.0, 3660.0):
        run.run(t_s)
        board.look(DRY, depths(run, 0, 0.0))
    assert levels(run) == [(60.0, 3), (3660.0, None)]
    assert board.level == NONE
    assert only(run, "response.lowered").cause == only(run, "response.raised").id


def test_six_deep_roads_for_half_an_hour_are_level_three() -> None:
    run, board = town()
    for t_s in (60.0, 900.0, 1859.0, 1860.0):
        run.run(t_s)
        board.look(DRY, depths(run, 6, 0.35))
    assert levels(run) == [(1860.0, 3)]
    assert "6 roads above 0.30 m for 30 min" in only(run, "response.raised").data["reason"]


def test_a_road_that_falls_dry_begins_its_duration_anew() -> None:
    run, board = town()
    for t_s, deep in ((60.0, 6), (900.0, 5), (960.0, 6), (1860.0, 6), (2700.0, 6)):
        run.run(t_s)
        board.look(DRY, depths(run, deep, 0.35))
    assert levels(run) == []
    run.run(2760.0)
    board.look(DRY, depths(run, 6, 0.35))
    assert levels(run) == [(2760.0, 3)]


def test_tasks_are_done_by_orders_and_arrivals_in_time_or_late() -> None:
    run, board = town()
    run.run(60.0)
    board.look({3600.0: 60.0, 43_200.0: 60.0}, depths(run, 0, 0.0))
    run.run(660.0)
    crew = next(name for name, crew in run.operations.crews.items() if "traffic" in crew.card.skills)
    case = {"case": "C-1", "delay_s": 0.0}
    run.operations.world.log("crew.arrived", crew, **case)
    run.operations.world.log("crew.arrived", crew, **case)
    done = only(run, "response.task_done")
    assert (done.subject, done.data["in_time"]) == ("3/police", True)
    run.run(2400.0)
    assert only(run, "response.task_late").subject == "3/pumping"
    order = {"case": None, "crew": None, "x": 0.0, "y": 0.0, "target": "", "capacity_m3_h": 1.0}
    run.operations.world.log("order.issued", "O-1", order="StartPump", **order)
    late = run.log.of("response.task_done")[-1]
    assert (late.subject, late.data["in_time"]) == ("3/pumping", False)
