"""Crews on the toy road graph with rising water."""

from itertools import pairwise

import pytest

from agents.reports import Report
from agents.settings import CitizenSettings, DispatchSettings, StaffingSettings
from tests.agents.toy_town import ToyRun, toy_settings


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


def roads_driven(run):
    return [event.data["road"] for event in run.log.of("crew.moved")]


def test_a_crew_drives_leg_by_leg_and_its_path_is_continuous_in_space_and_time():
    run = far_run()
    report_flood(run, "H23")
    run.run(1000.0)
    moves = run.log.of("crew.moved")
    assert len(moves) == 5
    paths = [event.data["path"] for event in moves]
    for event, path in zip(moves, paths, strict=True):
        assert path[0][2] == pytest.approx(event.t_s)
    for before, after in pairwise(paths):
        assert before[-1] == pytest.approx(after[0])
    assert paths[0][0][:2] == [100.0, 100.0]
    arrival = run.log.of("crew.arrived")[0]
    assert arrival.t_s == pytest.approx(paths[-1][-1][2])
    departure = run.log.of("crew.departed")[0]
    assert arrival.t_s == pytest.approx(departure.data["eta_s"])
    assert departure.data["dry_s"] == pytest.approx(100.0)
    assert arrival.data["delay_s"] == 0.0


def test_water_slows_a_leg_by_the_depth_at_which_it_is_entered():
    run = far_run()
    for road in run.town.ids:
        run.town.fixed[road] = 0.25  # half of a truck's limit
    report_flood(run, "H23", 0.25)
    run.run(1000.0)
    move = run.log.of("crew.moved")[0]
    assert move.data["delay_s"] == pytest.approx(20.0)
    arrived = run.log.of("crew.arrived")[0]
    assert arrived.data["delay_s"] == pytest.approx(100.0)
    legs = [event for event in run.log.of("crew.moved") if event.t_s < arrived.t_s]
    assert arrived.data["delay_s"] == pytest.approx(sum(leg.data["delay_s"] for leg in legs))


def test_a_crew_takes_another_way_when_the_way_ahead_floods():
    run = far_run()
    report_flood(run, "H23")
    run.run(125.0)  # the first leg is under way
    planned = next(iter(run.operations.crews.values())).journey.way
    cut = planned[-1]
    run.town.fixed[cut] = 0.9
    run.run(1000.0)
    rerouted = run.log.of("crew.rerouted")
    assert [event.data["road"] for event in rerouted] == [cut]
    assert cut not in roads_driven(run)
    arrived = run.log.of("crew.arrived")[0]
    assert arrived.t_s == pytest.approx(rerouted[0].data["eta_s"])
    flood = run.log.events[rerouted[0].cause - 1]
    assert (flood.kind, flood.subject) == ("road.flooded", cut)


def test_a_detour_counts_as_time_lost_to_water():
    run = far_run()
    report_flood(run, "H23")
    run.run(125.0)
    crew = next(iter(run.operations.crews.values()))
    ahead = crew.journey.way[0]
    run.town.fixed[ahead] = 0.9
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
    assert run.log.of("crew.arrived")[-1].data["case"] is None
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
    legs = [event for event in run.log.of("crew.moved") if event.t_s >= home.t_s]
    for before, after in pairwise(legs):
        assert before.data["path"][-1][:2] == after.data["path"][0][:2]
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
    assert ended[0].t_s == run.log.of("crew.arrived")[1].t_s
