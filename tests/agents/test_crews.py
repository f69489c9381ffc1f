"""Crews: what they can do, where they wait, when they rest and how long they stay."""

from dataclasses import replace

import numpy as np
import pytest

from agents.crew_states import AVAILABLE
from agents.reports import Report
from agents.settings import DispatchSettings, StaffingSettings
from agents.staffing import BarrierSite, CrewGroup
from cim_models.errors import ScenarioError
from cim_models.structures import Barrier
from tests.agents.accounting import account
from tests.agents.test_driving import report_flood
from tests.agents.toy_town import START, ToyRun, junction_xy, make_toy_city, toy_settings

QUIET = {"citizens": None, "sensors": None, "video": None, "patrols": None}
AT_ONCE = DispatchSettings(delay_s=0.0, interval_s=10.0)


def staffed(*, start_h=9, city=None, seed=1, **staffing):
    """The toy town with a roster and nothing that reports by itself."""
    values = {"crews": {}, "shifts": "always", "turnout_s": 0.0, **staffing}
    settings = toy_settings(
        **QUIET,
        start=START.replace(hour=start_h),
        staffing=StaffingSettings(**values),
        dispatch=AT_ONCE,
    )
    return ToyRun({}, settings=settings, city=city, seed=seed)


def of_crew(run, crew):
    return [event.kind for event in run.log.events if event.subject == crew]


def skills_of_tasks(run, crew):
    sent = [event for event in run.log.of("case.dispatched") if event.data["crew"] == crew]
    return [event.data["skill"] for event in sent]


# --- what they can do --------------------------------------------------------------------------------


def test_a_crew_with_two_skills_does_the_tasks_of_both():
    both = CrewGroup("flood", ("drainage", "traffic"), 1, vehicle="van")
    run = staffed(groups=(both,))
    report_flood(run, "H11", 0.35)
    run.run(3 * 3600.0)
    assert set(skills_of_tasks(run, "flood-1")) == {"drainage", "traffic"}
    assert {event.data["order"] for event in run.log.of("order.issued")} == {"CloseRoad", "ClearGullies"}
    assert run.operations.crews["flood-1"].vehicle == "van"


def test_a_crew_is_never_sent_to_what_it_cannot_do():
    run = staffed(groups=(CrewGroup("flood", ("drainage", "inspection"), 1),), crews={"traffic": 1})
    report_flood(run, "H11", 0.35)
    run.run(3 * 3600.0)
    assert set(skills_of_tasks(run, "flood-1")) == {"drainage"}
    assert set(skills_of_tasks(run, "traffic-1")) == {"traffic"}


def test_a_group_waits_at_its_depot_in_its_own_shifts():
    night = CrewGroup("night", ("drainage",), 2, depot="D2", shifts="two_by_twelve")
    run = staffed(groups=(night,), crews={"drainage": 2}).run(60.0)
    cards = {name: crew.card for name, crew in run.operations.crews.items()}
    assert [cards[name].depot for name in ("drainage-1", "drainage-2")] == ["D1", "D2"]
    assert {cards[name].depot for name in ("night-1", "night-2")} == {"D2"}
    assert cards["night-2"].shift.start_h == 20.0
    assert "night-2" not in {event.subject for event in run.log.of("crew.started_shift")}


@pytest.mark.parametrize(
    ("staffing", "words"),
    [
        ({"groups": (CrewGroup("g", ("wizardry",), 1),)}, "skill 'wizardry'"),
        ({"groups": (CrewGroup("g", ("pump",), 1, pump="huge"),)}, "pump truck 'huge'"),
        ({"groups": (CrewGroup("g", ("drainage",), 1, depot="D9"),)}, "got D9; expected one of D1, D2"),
    ],
)
def test_a_group_that_makes_no_sense_is_refused(staffing, words):
    with pytest.raises(ScenarioError, match=words):
        staffed(**staffing)


def test_two_groups_of_one_name_are_refused():
    with pytest.raises(ScenarioError, match="two groups alike: got drainage"):
        StaffingSettings(crews={"drainage": 1}, groups=(CrewGroup("drainage", ("traffic",), 1),))
    with pytest.raises(ScenarioError, match="no skills or one twice"):
        CrewGroup("g", ("drainage", "drainage"), 1)


# --- pump trucks -------------------------------------------------------------------------------------


def pumping(depth_m, road, seed=1, **group):
    run = staffed(groups=(CrewGroup("tanker", ("pump",), 1, **group),), seed=seed)
    report_flood(run, road, depth_m)
    return run.run(3 * 3600.0)


def test_a_pump_truck_brings_its_own_capacity_and_hose():
    run = pumping(0.5, "H00", pump="medium")
    pump = next(order for order in run.town.orders if type(order).__name__ == "StartPump")
    assert (pump.capacity_m3_h, pump.hose_m, pump.target) == (1500.0, 500.0, "outside")


def test_a_hose_that_is_too_short_is_said_and_nobody_is_sent():
    run = pumping(0.5, "H11", pump="small")  # 300 m to the edge, hoses of 100 m
    refused = [event for event in run.log.of("task.refused") if event.data["task"] == "pump"]
    assert [event.data["reason"] for event in refused] == [
        "300 m to the nearest outfall or edge and hoses of 100 m"
    ]
    assert run.log.of("case.dispatched") == [] or "pump" not in skills_of_tasks(run, "tanker-1")


def test_the_truck_whose_hose_reaches_is_sent():
    run = staffed(
        groups=(
            CrewGroup("small", ("pump",), 1, depot="D1", pump="small"),
            CrewGroup("large", ("pump",), 1, depot="D2", pump="large"),
        )
    )
    report_flood(run, "H11", 0.5)  # nearer to D1
    run.run(3600.0)
    assert "pump" in skills_of_tasks(run, "large-1")
    assert "pump" not in skills_of_tasks(run, "small-1")


def test_a_pump_truck_takes_between_twenty_and_fifty_minutes_to_start():
    waits = []
    for seed in range(6):
        run = pumping(0.5, "H00", seed)
        arrived = run.log.of("crew.arrived")[0].t_s
        started = next(e.t_s for e in run.log.of("order.issued") if e.data["order"] == "StartPump")
        waits.append((started - arrived) / 60.0)
    assert min(waits) >= 20.0
    assert max(waits) <= 50.0
    assert max(waits) - min(waits) > 3.0


# --- shifts, breaks and overtime ---------------------------------------------------------------------


def test_crews_take_their_breaks_in_turns_and_are_not_sent_meanwhile():
    run = staffed(start_h=8, crews={"drainage": 4}, shifts="two_by_twelve", break_turns=2)
    run.run(4 * 3600.0 + 60.0)
    begun = {event.subject: event.t_s for event in run.log.of("crew.started_break")}
    assert begun == {"drainage-1": 4 * 3600.0}  # the others are of the night shift or the second turn
    assert run.operations.crews["drainage-1"].state not in AVAILABLE
    report_flood(run, "H11")
    run.run(4 * 3600.0 + 1700.0)
    assert skills_of_tasks(run, "drainage-1") == []
    assert skills_of_tasks(run, "drainage-3")
    run.run(12 * 3600.0)
    by_crew = [e.subject for e in run.log.of("crew.started_break")]
    assert by_crew.count("drainage-1") == by_crew.count("drainage-3") == 2
    ended = run.log.of("crew.ended_break")
    assert next(event.t_s for event in ended if event.subject == "drainage-1") == 4.5 * 3600.0


def test_a_crew_with_a_task_rests_once_it_is_done():
    run = staffed(start_h=8, crews={"drainage": 1}, shifts="two_by_twelve", break_turns=1)
    run.run(4 * 3600.0 - 300.0)
    report_flood(run, "H11")
    run.run(6 * 3600.0)
    kinds = of_crew(run, "drainage-1")
    assert kinds.index("crew.finished") < kinds.index("crew.started_break")
    finished, begun = run.log.of("crew.finished")[0], run.log.of("crew.started_break")[0]
    assert begun.t_s == finished.t_s > 4 * 3600.0
    assert begun.cause == finished.id


def test_without_breaks_nobody_rests():
    run = staffed(start_h=8, crews={"drainage": 2}, shifts="two_by_twelve", break_length_s=0.0)
    assert run.run(12 * 3600.0).log.of("crew.started_break") == []


def test_overtime_is_counted_from_the_end_of_the_shift():
    run = staffed(start_h=19, crews={"drainage": 1}, shifts="two_by_twelve")
    run.run(3600.0 - 400.0)
    report_flood(run, "H23")
    run.run(4 * 3600.0)
    relieved, ended = run.log.of("crew.relieved")[0], run.log.of("crew.ended_shift")[0]
    assert (relieved.t_s, relieved.data["task"]) == (3600.0, "C-00001/clear_gullies")
    assert ended.data["overtime_s"] == pytest.approx(ended.t_s - 3600.0, abs=1e-3)
    assert ended.data["overtime_s"] > 300.0


def overdone(depth_m, limit_s, **staffing):
    """A case just before the shift ends, with a limit to overtime that its task exceeds."""
    run = staffed(start_h=19, shifts="two_by_twelve", overtime_limit_s=limit_s, **staffing)
    run.run(3600.0 - 400.0)
    report_flood(run, "H23", depth_m)
    return run


def test_a_crew_whose_overtime_is_used_up_leaves_its_task_to_the_next_shift():
    run = overdone(0.2, 60.0, crews={"drainage": 2}).run(3 * 3600.0)
    recalled = run.log.of("task.recalled")[0]
    assert recalled.t_s == 3660.0
    assert recalled.data["crew"] == "drainage-1"
    assert recalled.data["reason"] == "0.0167 h of overtime are used up"
    assert skills_of_tasks(run, "drainage-2")  # of the night shift
    assert run.log.of("crew.finished")[0].subject == "drainage-2"
    assert "crew.ended_shift" in of_crew(run, "drainage-1")
    account(run.log.events)


def test_a_pump_is_stopped_before_its_crew_leaves_and_started_by_the_next():
    run = overdone(0.5, 3600.0, crews={"pump": 2}).run(6 * 3600.0)
    orders = [(event.data["order"], event.data["crew"]) for event in run.log.of("order.issued")]
    assert orders[:3] == [("StartPump", "pump-1"), ("StopPump", "pump-1"), ("StartPump", "pump-2")]
    stopped = run.log.of("order.issued")[1]
    assert stopped.t_s == 2 * 3600.0
    assert run.log.chain(run.log.of("task.recalled")[0])[:3] == [
        "task.recalled", "order.ended", "order.issued",
    ]  # fmt: skip
    account(run.log.events)


# --- barriers ----------------------------------------------------------------------------------------

MOUTH = BarrierSite("mouth-1", "H11", Barrier(((290.0, 290.0), (290.0, 310.0)), 0.6))


def test_a_crew_lays_a_barrier_and_takes_it_away_when_the_water_has_gone():
    city = make_toy_city(underpasses=["H11"])
    run = staffed(city=city, crews={"drainage": 2, "traffic": 1}, barriers=(MOUTH,))
    report_flood(run, "H11", 0.2)
    run.run(2 * 3600.0)
    placed = run.log.of("structure.placed")
    assert [event.data["line"] for event in placed] == [[[290.0, 290.0], [290.0, 310.0]]]
    assert run.log.chain(placed[0])[:3] == ["structure.placed", "order.issued", "crew.arrived"]
    assert list(run.town.barriers) == [placed[0].subject]
    assert run.log.of("structure.removed") == []
    run.town.fixed["H11"] = 0.0
    run.run(6 * 3600.0)
    assert [event.subject for event in run.log.of("structure.removed")] == [placed[0].subject]
    assert run.town.barriers == {}
    assert run.operations.book.barriers == {}
    assert run.operations.case_counts() == {"closed": 1}
    account(run.log.events)


def test_nobody_lays_a_barrier_in_deep_water():
    run = staffed(crews={"drainage": 1}, barriers=(MOUTH,))
    report_flood(run, "H11", 0.3)
    run.run(60.0)
    run.town.fixed["H11"] = 0.49  # still passable for a truck
    run.run(1200.0)
    run.town.fixed["H11"] = 0.7
    run.run(2 * 3600.0)
    reasons = [event.data["reason"] for event in run.log.of("order.refused")]
    assert reasons[0] == "0.70 m of water at the place; nobody does this in more than 0.50 m"
    assert run.town.barriers == {}
    assert run.log.of("structure.placed") == []


def test_a_barrier_guards_its_own_road_only():
    run = staffed(crews={"drainage": 1}, barriers=(replace(MOUTH, road="V22"),))
    report_flood(run, "H11", 0.3)
    run.run(2 * 3600.0)
    assert not any(event.data["task"] == "lay_barrier" for event in run.log.of("task.planned"))


# --- turning back ------------------------------------------------------------------------------------


def test_a_crew_that_turns_back_says_which_task_it_leaves_and_why():
    run = staffed(crews={"drainage": 1}, cut_off_wait_s=60.0, cut_off_tries=2, depots=(junction_xy(0),))
    report_flood(run, "H23")
    run.run(40.0)
    for road in ("V22", "V32", "H13", "H03", "H22", "V12", "V02"):
        run.town.fixed[road] = 0.9
    run.run(1000.0)
    recalled = run.log.of("task.recalled")[0]
    assert (recalled.data["crew"], recalled.data["reason"]) == ("drainage-1", "no way there")
    assert run.log.chain(recalled)[1] == "crew.cut_off"
    home = run.log.of("crew.departed")[1]
    assert home.data["case"] is None
    assert home.cause == recalled.id


def test_a_report_of_a_burst_main_is_attended_by_the_water_crew():
    run = staffed(crews={"water": 1})
    run.operations.desk.receive(Report("citizen", "04-02", *junction_xy(5), road="H11"))
    run.run(3 * 3600.0)
    assert skills_of_tasks(run, "water-1") == ["water"]


# --- dispatch by hand and by machine -----------------------------------------------------------------


def delays_min(**dispatch):
    settings = toy_settings(**QUIET, dispatch=DispatchSettings(**dispatch))
    planner = ToyRun({}, settings=settings).operations.planner
    return np.array([planner.dispatch_delay_s(f"C-{number}") for number in range(4000)]) / 60.0


def test_automatic_dispatch_takes_between_one_and_two_minutes():
    delays = delays_min()
    assert delays.min() >= 1.0
    assert delays.max() <= 2.0
    assert delays.mean() == pytest.approx(1.5, abs=0.03)
    assert delays.std() == pytest.approx(1.0 / 12.0**0.5, rel=0.05)
    assert set(delays_min(delay_s=30.0)) == {0.5}


def test_dispatch_by_hand_takes_half_an_hour_on_average():
    delays = delays_min(mode="manual")
    assert delays.mean() == pytest.approx(30.0, rel=0.05)
    assert delays.std() == pytest.approx(30.0, rel=0.08)
