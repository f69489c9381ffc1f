"""Crews on the toy road graph with rising water."""

from itertools import pairwise

import numpy as np
import pytest

from agents.reports import Report
from agents.settings import CitizenSettings, DispatchSettings, StaffingSettings
from tests.agents.toy_town import BLOCK_M, ToyRun, junction_xy, toy_settings


def far_run(dispatch=None, **changes):
    """One drainage crew at the south-west corner, a flood in the north-east; only sensors report."""
    staffing = StaffingSettings(
        crews={"drainage": 1}, shifts="always", depots=((100.0, 100.0),), turnout_s=0.0, **changes
    )
    settings = toy_settings(
        staffing=staffing,
        dispatch=dispatch or DispatchSettings(),
        citizens=None,
        video=None,
        patrols=None,
    )
    return ToyRun({}, settings=settings)


def report_flood(run, road, depth_m=0.2, *, genuine=True):
    """Flood a road for good and report it as a sensor would."""
    run.town.fixed[road] = depth_m
    run.town.advance(run.env.now)
    place = run.operations.world.places.road_by_id[road]
    code = run.operations.catalogue.events.waterlogging
    report = Report("sensor", code, place.x, place.y, depth_m=depth_m, road=road, genuine=genuine)
    run.operations.desk.receive(report)


def track(run, crew="drainage-1"):
    """Where a crew really was: each path up to the time at which the next one takes its place."""
    moves = [event for event in run.log.of("crew.moved") if event.subject == crew]
    places = []
    for event, after in zip(moves, [*moves[1:], None], strict=True):
        until_s = np.inf if after is None else after.t_s
        places += [place for place in event.data["path"] if place[2] <= until_s + 1e-6]
    return places


def on_road(run, road):
    """Whether the track has a stretch from one end of a road to the other."""
    ends = {tuple(map(float, junction_xy(node))) for node in run.town.streets[road]}
    return any({tuple(a[:2]), tuple(b[:2])} == ends for a, b in pairwise(track(run)))


def driver(run):
    return next(iter(run.operations.crews.values()))


def test_a_whole_journey_is_told_at_once_and_is_continuous_in_space_and_time():
    run = far_run()
    report_flood(run, "H23")
    run.run(1000.0)
    (move,) = run.log.of("crew.moved")
    path = move.data["path"]
    assert [place[2] for place in path] == pytest.approx([move.t_s + 20.0 * leg for leg in range(6)])
    assert all(np.hypot(a[0] - b[0], a[1] - b[1]) == BLOCK_M for a, b in pairwise(path))
    assert path[0][:2] == [100.0, 100.0]
    arrival = run.log.of("crew.arrived")[0]
    assert arrival.t_s == pytest.approx(path[-1][2])
    departure = run.log.of("crew.departed")[0]
    assert arrival.t_s == pytest.approx(departure.data["eta_s"])
    assert departure.data["dry_s"] == pytest.approx(100.0)
    assert arrival.data["delay_s"] == move.data["delay_s"] == 0.0


def test_a_crew_on_its_way_is_where_it_was_told_to_be():
    run = far_run()
    report_flood(run, "H23")
    run.run(129.0)  # in the middle of the first road
    crew, path = driver(run), run.log.of("crew.moved")[0].data["path"]
    assert [*junction_xy(crew.node)] == path[1][:2]
    assert crew.ready_in_s == pytest.approx(11.0)
    run.run(141.0)
    assert [*junction_xy(crew.node)] == path[2][:2]
    run.run(219.0)
    assert [*junction_xy(crew.node)] == path[-1][:2]


def test_water_slows_a_road_by_the_depth_at_which_it_is_entered():
    run = far_run()
    report_flood(run, "H23")
    run.run(125.0)  # on the first road, dry when it was entered
    for road in run.town.ids:
        run.town.fixed[road] = 0.25  # half of a truck's limit
    run.run(1000.0)
    arrived = run.log.of("crew.arrived")[0]
    assert arrived.t_s == pytest.approx(120.0 + 20.0 + 4 * 40.0)
    assert arrived.data["delay_s"] == pytest.approx(80.0)
    first, second = (event for event in run.log.of("crew.moved") if event.t_s < arrived.t_s)
    assert (first.t_s, second.t_s) == (120.0, 140.0)
    assert second.data["path"][0][:2] == first.data["path"][1][:2]
    assert first.data["delay_s"] + second.data["delay_s"] == pytest.approx(80.0)


def test_a_change_elsewhere_or_behind_leaves_a_journey_as_it_is():
    run = far_run()
    report_flood(run, "H23")
    run.run(145.0)  # on the second road
    way = [run.town.ids[road] for road in driver(run).journey.ahead]
    assert len(way) == 3
    for road in run.town.ids:
        if road not in way:
            run.town.fixed[road] = 0.9
    run.run(1000.0)
    assert run.log.of("crew.arrived")[0].t_s == pytest.approx(220.0)
    assert len([event for event in run.log.of("crew.moved") if event.t_s < 220.0]) == 1


def test_what_a_crew_loses_adds_up_when_the_water_comes_and_goes():
    run = far_run()
    for road in run.town.ids:
        run.town.fixed[road] = 0.25
    report_flood(run, "H23", 0.25)
    run.run(170.0)  # on the second road, entered at 160 s
    assert run.log.of("crew.moved")[0].data["delay_s"] == pytest.approx(100.0)
    for road in run.town.ids:
        run.town.fixed[road] = 0.0
    run.run(1000.0)
    arrived = run.log.of("crew.arrived")[0]
    assert arrived.t_s == pytest.approx(200.0 + 3 * 20.0)
    moves = [event for event in run.log.of("crew.moved") if event.t_s < arrived.t_s]
    assert [event.data["delay_s"] for event in moves] == pytest.approx([100.0, -60.0])
    assert arrived.data["delay_s"] == pytest.approx(40.0)


def test_a_crew_takes_another_way_when_the_way_ahead_floods():
    run = far_run()
    report_flood(run, "H23")
    run.run(125.0)  # the first road is under way
    cut = run.town.ids[driver(run).journey.ahead[-1]]
    run.town.fixed[cut] = 0.9
    run.run(1000.0)
    rerouted = run.log.of("crew.rerouted")
    assert [event.data["road"] for event in rerouted] == [cut]
    assert not on_road(run, cut)
    arrived = run.log.of("crew.arrived")[0]
    assert arrived.t_s == pytest.approx(rerouted[0].data["eta_s"])
    flood = run.log.events[rerouted[0].cause - 1]
    assert (flood.kind, flood.subject) == ("road.flooded", cut)


def test_a_crew_whose_task_is_dropped_on_the_way_stands_at_the_next_junction():
    run = far_run()
    report_flood(run, "H23")
    run.run(125.0)
    case = run.operations.book.cases["C-00001"]
    run.operations.desk.drop_tasks(case, "not needed", case.cause)
    run.run(139.0)
    assert str(driver(run).state) == "travelling"
    run.run(150.0)
    assert str(driver(run).state) == "idle"
    told, stands = run.log.of("crew.moved")
    assert stands.t_s == 140.0
    assert stands.data["path"] == [[*told.data["path"][1][:2], 140.0]]
    assert run.operations.book.under_way == {}


def test_a_journey_that_is_stopped_ends_where_the_driver_is():
    run = far_run()
    report_flood(run, "H23")
    run.run(125.0)
    crew = driver(run)
    crew.journey.stop()
    run.run(300.0)
    (_, stands) = run.log.of("crew.moved")
    (place,) = stands.data["path"]
    assert stands.t_s == place[2] == 125.0
    assert {place[0], place[1]} == {100.0, 150.0}
    assert run.log.of("crew.arrived") == []


def test_a_detour_counts_as_time_lost_to_water():
    run = far_run()
    report_flood(run, "H23")
    run.run(125.0)
    run.town.fixed[run.town.ids[driver(run).journey.ahead[0]]] = 0.9
    run.run(1500.0)
    arrived = run.log.of("crew.arrived")[0]
    driven_s = arrived.t_s - run.log.of("crew.departed")[0].t_s
    assert arrived.data["delay_s"] == pytest.approx(driven_s - 100.0)


def surround(run, col, row, depth_m):
    for name, ends in run.town.streets.items():
        if row * 4 + col in ends:
            run.town.fixed[name] = depth_m


def test_a_crew_that_is_cut_off_waits_and_goes_on_when_the_water_falls():
    run = far_run(cut_off_wait_s=100.0, cut_off_tries=50)
    report_flood(run, "H23")
    run.run(125.0)
    crew = next(iter(run.operations.crews.values()))
    node = crew.node
    surround(run, node % 4, node // 4, 0.9)
    run.run(800.0)
    waits = run.log.of("crew.cut_off")
    assert len(waits) >= 4
    assert {event.data["wait_s"] for event in waits} == {100.0}
    assert str(crew.state) == "cut off"
    surround(run, node % 4, node // 4, 0.0)
    run.run(1500.0)
    arrived = run.log.of("crew.arrived")[0]
    assert arrived.data["case"] == "C-00001"
    assert arrived.data["delay_s"] >= 100.0 * (len(waits) - 1)


def test_a_crew_that_is_cut_off_for_too_long_gives_the_task_back_and_turns_back():
    run = far_run(cut_off_wait_s=100.0, cut_off_tries=2)
    report_flood(run, "H23")
    run.run(125.0)
    for road in ("V22", "V32", "H13", "H03", "H22", "V12", "V02"):  # the north is cut
        run.town.fixed[road] = 0.9
    run.run(3000.0)
    assert len(run.log.of("crew.cut_off")) == 2
    home = run.log.of("crew.departed")[1]
    assert (home.data["case"], home.data["task"]) == (None, None)
    assert run.log.chain(home)[1:3] == ["task.recalled", "crew.cut_off"]
    assert run.log.of("crew.returned")  # which is no arrival at a case
    assert all(event.data["case"] for event in run.log.of("crew.arrived"))
    assert str(run.operations.book.cases["C-00001"].state) == "assigned"
    assert "C-00001/clear_gullies" in run.operations.book.waiting
    for road in ("V22", "V32", "H13", "H03", "H22", "V12", "V02"):
        run.town.fixed[road] = 0.0
    run.run(4000.0)
    assert run.log.of("crew.arrived")[-1].data["case"] == "C-00001"  # sent again when the way is open


def test_nobody_is_sent_where_there_is_no_way():
    run = far_run()
    surround(run, 0, 0, 0.9)  # the depot is an island
    report_flood(run, "H23")
    run.run(2000.0)
    assert run.log.of("case.dispatched") == []
    surround(run, 0, 0, 0.0)
    run.run(3000.0)
    assert len(run.log.of("case.dispatched")) == 1


def test_a_crew_on_its_way_home_is_diverted_at_the_next_junction():
    run = far_run(dispatch=DispatchSettings(delay_s=0.0, interval_s=10.0), linger_s=10.0)
    report_flood(run, "H23")
    while len(run.log.of("crew.departed")) < 2:
        run.run(run.env.now + 5.0)
    home = run.log.of("crew.departed")[1]
    assert home.data["case"] is None
    report_flood(run, "H00")
    run.run(home.t_s + 1500.0)
    for before, after in pairwise(track(run)):
        assert np.hypot(before[0] - after[0], before[1] - after[1]) in (0.0, BLOCK_M)
    assert run.log.of("crew.arrived")[1].data["case"] == "C-00002"


def test_a_crew_returns_home_and_ends_its_shift_there_in_overtime():
    staffing = StaffingSettings(crews={"drainage": 2}, depots=((100.0, 100.0),), turnout_s=0.0)
    start = toy_settings().start.replace(hour=19, minute=55)
    settings = toy_settings(
        start=start, staffing=staffing, citizens=CitizenSettings(per_day=0.0), video=None, patrols=None
    )
    run = ToyRun({}, settings=settings)
    report_flood(run, "H23")
    run.run(2 * 3600.0)
    started = [(event.subject, event.t_s) for event in run.log.of("crew.started_shift")]
    assert started == [("drainage-1", 0.0), ("drainage-2", 300.0)]
    ended = run.log.of("crew.ended_shift")
    assert [event.subject for event in ended] == ["drainage-1"]
    finished = run.log.of("crew.finished")[0]
    assert finished.subject == "drainage-1"
    assert ended[0].t_s > finished.t_s > 300.0
    assert run.log.of("crew.departed")[1].t_s == finished.t_s  # relieved: no lingering
    assert ended[0].t_s == run.log.of("crew.returned")[0].t_s
