"""The closed loop in the toy town: from the first report to the closed case, orders and all."""

import hashlib
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from agents.channels.citizens import Citizens
from agents.channels.patrols import Patrol
from agents.crews import Crew
from agents.dispatch import Dispatcher
from agents.policies.nearest import NearestCrew
from agents.settings import (
    CitizenSettings,
    DispatchSettings,
    PatrolSettings,
    SensorSettings,
    StaffingSettings,
    VideoSettings,
)
from agents.snapshot import restore, save
from cim_models.errors import BundleError, ScenarioError
from tests.agents.test_driving import report_flood
from tests.agents.toy_town import EventList, ToyRun, make_toy_city, toy_settings

STORM = {"H11": 1.5, "V22": 1.2, "V30": 0.9}


def storm(**kwargs):
    return ToyRun(STORM, **kwargs)


def digest(log):
    return hashlib.sha256(log.text().encode()).hexdigest()


@pytest.fixture(scope="module")
def story():
    """Six hours of the toy town under a storm of one hour."""
    return storm().run(6 * 3600.0)


def test_every_case_is_closed_in_the_end_and_the_town_is_as_it_was(story):
    cases = story.operations.book.cases.values()
    assert len(cases) >= 3
    assert {str(case.state) for case in cases} <= {"closed", "void"}
    assert story.operations.case_counts()["closed"] >= 3
    assert story.town.closed == set()
    assert story.town.pumps == {}
    assert story.operations.book.closures == {}


def test_the_story_is_told_as_a_chain_of_causes(story):
    closed = story.log.of("case.closed")[0]
    chain = story.log.chain(closed)
    wanted = ["case.checked", "case.handled", "order.issued", "crew.arrived", "crew.departed"]
    wanted += ["case.dispatched", "report.made", "road.flooded"]
    positions = [chain.index(kind) for kind in wanted]
    assert positions == sorted(positions)
    first = story.log.chain(story.log.of("case.dispatched")[0])
    assert first == ["case.dispatched", "case.assigned", "case.registered", "report.made", "road.flooded"]


def test_orders_name_case_crew_and_place_and_change_the_water(story):
    kinds = {event.data["order"] for event in story.log.of("order.issued")}
    assert kinds == {"CloseRoad", "OpenRoad", "ClearGullies", "StartPump", "StopPump"}
    for event in story.log.of("order.issued"):
        assert event.data["case"] in story.operations.book.cases
        assert event.data["crew"] in story.operations.crews
        assert event.cause is not None
    assert not story.town.blocked[[story.town.index[name] for name in STORM]].any()
    pumped = [event.data["pumped_m3"] for event in story.log.of("order.ended")]
    assert max(pumped) > 0.0


def test_a_deep_street_is_closed_before_it_is_opened_again(story):
    for case in story.operations.book.cases.values():
        orders = [e.data["order"] for e in story.log.of("order.issued") if e.data["case"] == case.id]
        assert orders.count("CloseRoad") == orders.count("OpenRoad") <= 1
        if "CloseRoad" in orders:
            assert orders.index("CloseRoad") < orders.index("OpenRoad")


def test_events_carry_plain_values_only(story):
    def plain(value):
        if isinstance(value, list):
            return all(plain(item) for item in value)
        return type(value) in (str, int, float, bool, type(None))

    for event in story.log.events:
        assert all(plain(value) for value in event.data.values()), event


def test_mesa_knows_every_agent(story):
    operations = story.operations
    counts = {kind.__name__: len(group) for kind, group in operations.agents_by_type.items()}
    assert counts == {"Crew": 5, "Dispatcher": 1, "Citizens": 1, "Patrol": 1}
    assert set(operations.agents_by_type) == {Crew, Dispatcher, Citizens, Patrol}
    assert {crew.id for crew in operations.agents_by_type[Crew]} == set(operations.crews)


def test_water_goes_faster_with_crews_than_without(story):
    alone = storm(settings=toy_settings(staffing=StaffingSettings(crews={}))).run(6 * 3600.0)
    assert alone.log.of("order.issued") == []
    assert alone.log.of("case.dispatched") == []
    assert alone.operations.case_counts() == {"assigned": len(alone.operations.book.cases)}
    assert "No crews: cases are registered, and nobody goes." in alone.operations.notes
    assert alone.town.depth.sum() > 10 * story.town.depth.sum() + 0.5


def test_without_pump_trucks_nobody_plans_to_pump():
    settings = toy_settings(staffing=StaffingSettings(crews={"drainage": 2, "traffic": 2}, shifts="always"))
    run = storm(settings=settings).run(2 * 3600.0)
    assert {e.data["order"] for e in run.log.of("order.issued")} == {
        "CloseRoad", "ClearGullies", "OpenRoad",
    }  # fmt: skip
    assert any("'pump'" in note for note in run.operations.notes)


# --- the same again, and something else -------------------------------------------------------------


def test_the_same_seed_gives_the_same_log_and_another_seed_another():
    first, again, other = (storm(seed=seed).run(2 * 3600.0) for seed in (1, 1, 2))
    assert digest(first.log) == digest(again.log)
    assert digest(first.log) != digest(other.log)


def test_the_log_does_not_depend_on_the_process_or_its_hash_seed(story):
    code = "from tests.agents.test_operations import digest, storm;print(digest(storm().run(6 * 3600.0).log))"
    other = os.environ | {"PYTHONHASHSEED": "12345"}
    done = subprocess.run([sys.executable, "-c", code], env=other, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(story.log)


@pytest.mark.parametrize("cut_s", [0.0, 1234.5, 3600.0, 5000.0])
def test_a_restored_snapshot_goes_on_as_if_nothing_had_happened(story, cut_s):
    run = storm().run(cut_s)
    copy = pickle.loads(pickle.dumps(run))
    assert copy.run(6 * 3600.0).log.text() == story.log.text()


def test_a_snapshot_leaves_the_physical_city_behind():
    run = storm().run(3000.0)
    outside = {"town": run.town, "log": run.log, "run": run}
    data = save(run.operations, outside)
    assert len(data) < 60_000
    whole = run.log.text()
    other_log = EventList(list(run.log.events))
    again = restore(data, {"town": run.town, "log": other_log, "run": run})
    assert again.world.water is run.town
    assert again.env is not run.env
    assert again.case_counts() == run.operations.case_counts()
    assert run.log.text() == whole


def world_reports(log):
    return [
        (e.t_s, e.data["channel"], e.data["reporter"], e.data["x"], e.data["y"], e.data["depth_m"])
        for e in log.of("report.made")
    ]


class OneAtATime(NearestCrew):
    """Sends one crew a round."""

    def decide(self, situation):
        return super().decide(situation)[:1]


class AnyCrew:
    """Draws lots."""

    def __init__(self):
        self.rng = np.random.default_rng(1)

    def decide(self, situation):
        crews = list(situation.crews)
        self.rng.shuffle(crews)
        return NearestCrew().decide(replace(situation, crews=tuple(crews[:1])))


@pytest.mark.parametrize("other", [OneAtATime(), AnyCrew()])
def test_two_policies_meet_the_same_world_up_to_the_first_order(other):
    settings = toy_settings(
        citizens=CitizenSettings(per_day=400.0),
        staffing=StaffingSettings(crews={"drainage": 3, "traffic": 3, "pump": 2}, shifts="always"),
    )
    one = storm(settings=settings).run(2 * 3600.0)
    two = storm(settings=settings, policy=other).run(2 * 3600.0)
    orders = [[(e.t_s, dict(e.data)) for e in run.log.of("order.issued")] for run in (one, two)]
    differing = next(i for i, (a, b) in enumerate(zip(*orders, strict=False)) if a != b)
    until_s = min(orders[0][differing][0], orders[1][differing][0])
    reports = [[r for r in world_reports(run.log) if r[0] <= until_s] for run in (one, two)]
    assert reports[0] == reports[1]
    assert len(reports[0]) > 10


def test_other_matters_are_the_same_whatever_the_water_does():
    settings = toy_settings(citizens=CitizenSettings(per_day=2000.0), sensors=None, video=None, patrols=None)
    wet, dry = storm(settings=settings).run(7200.0), ToyRun({}, settings=settings).run(7200.0)

    def others(run):
        return [(e.t_s, e.data["class_code"], e.data["x"]) for e in run.log.of("report.made") if
                e.data["class_code"] != "04-06"]  # fmt: skip

    assert others(wet) == others(dry)
    assert len(others(dry)) > 100


# --- false alarms, checks and limits ----------------------------------------------------------------


def quiet_settings(**changes):
    return toy_settings(**({"citizens": None, "sensors": None, "video": None, "patrols": None} | changes))


def test_a_false_alarm_is_found_out_on_site_and_voided():
    settings = quiet_settings(sensors=SensorSettings(false_alarms_per_day=20.0))
    run = ToyRun({}, settings=settings).run(4 * 3600.0)
    voided = run.log.of("case.voided")
    assert voided
    assert voided[0].data["reason"] == "no water found on site (0.00 m)"
    assert "crew.arrived" in run.log.chain(voided[0])
    report = run.log.of("report.made")[0]
    assert (report.data["genuine"], report.cause) == (False, None)
    assert run.log.of("order.issued") == []
    assert all(str(crew.state) == "idle" for crew in run.operations.crews.values())


def test_two_crews_on_one_false_alarm_both_come_home():
    run = ToyRun({}, settings=quiet_settings())
    report_flood(run, "H11", 0.6, genuine=False)
    run.town.fixed["H11"] = 0.0
    run.run(2 * 3600.0)
    assert len(run.log.of("case.voided")) == 1
    assert len(run.log.of("task.dropped")) == 3
    assert all(str(crew.state) == "idle" for crew in run.operations.crews.values())


def test_water_that_left_by_itself_is_no_false_alarm():
    run = ToyRun({}, settings=quiet_settings())
    report_flood(run, "H11", 0.2)
    run.town.fixed["H11"] = 0.0
    run.run(2 * 3600.0)
    assert run.log.of("case.voided") == []
    assert [e.data["reason"] for e in run.log.of("task.dropped")] == ["0.00 m of water on arrival"]
    assert run.operations.case_counts() == {"closed": 1}


def test_water_that_does_not_go_sends_the_case_back_and_then_keeps_it_watched():
    run = ToyRun({}, settings=quiet_settings())
    report_flood(run, "H11", 0.25)  # held there whatever anybody does
    run.run(6 * 3600.0)
    reworked = run.log.of("case.reworked")
    assert [e.data["reason"] for e in reworked] == ["still 0.25 m after 3 checks"] * 2
    assert len(run.log.of("order.issued")) >= 2
    assert not run.log.of("case.closed")
    pumps = [e for e in run.log.of("case.dispatched") if e.data["skill"] == "pump"]
    assert pumps  # the second attempt brings a pump
    assert run.log.chain(pumps[0])[1] == "case.reworked"


def test_a_case_that_grows_is_escalated_and_gets_more_tasks():
    run = ToyRun({}, settings=quiet_settings())
    report_flood(run, "H11", 0.2)
    case = run.operations.book.cases["C-00001"]
    run.run(100.0)
    assert (case.level, case.tasks) == (3, ["C-00001/clear_gullies"])
    due_s = case.due_s
    report_flood(run, "H11", 0.55)
    assert case.level == 1
    assert case.tasks == ["C-00001/clear_gullies", "C-00001/close_road", "C-00001/pump"]
    assert case.due_s < due_s
    escalated = run.log.of("case.escalated")[0]
    assert escalated.data == {
        "level": 1,
        "urgency": "top_urgent",
        "depth_m": 0.55,
        "due_s": case.due_s,
        "regulator": "",
        "reason": "deeper water",
    }
    assert run.log.chain(escalated)[1:3] == ["report.merged", "report.made"]


def test_an_overdue_case_says_so_once():
    run = ToyRun({}, settings=quiet_settings(staffing=StaffingSettings(crews={})))
    report_flood(run, "H11", 0.4)
    run.run(10 * 3600.0)
    overdue = run.log.of("case.overdue")
    assert [e.t_s for e in overdue] == [4 * 3600.0]


def test_an_order_that_the_city_refuses_is_logged_and_the_case_goes_on():
    run = storm()
    run.town.refuse = {"StartPump", "CloseRoad"}
    run.run(6 * 3600.0)
    refused = run.log.of("order.refused")
    assert {e.data["reason"] for e in refused} == {"the toy town refuses it"}
    assert all(run.log.events[e.cause - 1].kind == "order.issued" for e in refused)
    assert run.operations.case_counts()["closed"] >= 3


def test_other_classes_are_attended_where_the_roster_can_and_handed_over_where_not():
    settings = quiet_settings(
        citizens=CitizenSettings(per_day=600.0, false_share=0.5),
        staffing=StaffingSettings(crews={"sanitation": 4, "traffic": 2}, shifts="always"),
    )
    run = ToyRun({}, settings=settings).run(8 * 3600.0)
    assert {e.data["to"] for e in run.log.of("case.transferred")} <= {
        "drainage", "road", "water", "gas", "power", "enforcement",
    }  # fmt: skip
    counts = run.operations.case_counts()
    assert counts["closed"] > 10
    assert counts["void"] > 20
    assert counts["transferred"] > 20


# --- what is missing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["gullies", "depots", "grid_cells", "patrol_grids", "sensors", "roads"])
def test_a_missing_layer_switches_off_what_needs_it_and_says_so(layer):
    run = storm(city=make_toy_city(without=[layer, "grid_cells"] if layer == "patrol_grids" else [layer]))
    run.run(2 * 3600.0)
    assert run.operations.notes
    assert {e.data["text"] for e in run.log.of("run.noted")} == set(run.operations.notes)
    if layer != "roads":
        assert run.log.of("crew.finished")


def test_without_layers_roads_crews_or_channels_the_run_goes_on():
    bare = make_toy_city(without=["roads", "gullies", "depots", "grid_cells", "patrol_grids", "sensors"])
    run = ToyRun(STORM, city=bare, roads=False).run(3600.0)
    assert run.log.of("report.made") == []
    run = ToyRun(STORM, settings=quiet_settings()).run(3600.0)
    assert run.log.of("report.made") == []
    run = ToyRun(STORM, roads=False).run(3600.0)
    assert run.operations.case_counts()["assigned"] > 0


def test_a_depot_off_the_road_graph_is_named():
    city = make_toy_city()
    depots = city.layers["depots"].copy()
    depots["geometry"] = depots.geometry.translate(5000.0)
    with pytest.raises(BundleError, match="depot 'D1' is off the road graph: got 4400 m"):
        ToyRun(city=city.with_layer("depots", depots))


def test_a_skill_that_does_not_exist_is_named():
    settings = toy_settings(staffing=StaffingSettings(crews={"wizard": 1}))
    with pytest.raises(ScenarioError, match="skill 'wizard'"):
        ToyRun(settings=settings)


@pytest.mark.parametrize(
    "make",
    [
        lambda: DispatchSettings(mode="magic"),
        lambda: StaffingSettings(shifts="never"),
        lambda: VideoSettings(recall=1.5),
        lambda: CitizenSettings(per_day=-1.0),
        lambda: PatrolSettings(speed_m_s=0.0),
    ],
)
def test_settings_check_themselves(make):
    with pytest.raises(ScenarioError, match="Setting '"):
        make()


def test_manual_dispatch_takes_longer_than_automatic():
    def delay_s(mode):
        settings = quiet_settings(
            citizens=CitizenSettings(per_day=600.0, false_share=0.0),
            staffing=StaffingSettings(crews={"sanitation": 2, "traffic": 1}, shifts="always"),
            dispatch=DispatchSettings(mode=mode),
        )
        run = ToyRun({}, settings=settings).run(3 * 3600.0)
        assigned = run.log.of("case.assigned")
        assert len(assigned) > 20
        return np.mean([e.t_s - run.log.events[e.cause - 1].t_s for e in assigned])

    assert delay_s("manual") > 3 * delay_s("automatic")


def test_replacing_the_roster_does_not_change_the_first_reports():
    few = toy_settings()
    many = replace(few, staffing=replace(few.staffing, crews={"drainage": 8}))
    one, two = (storm(settings=settings).run(1000.0) for settings in (few, many))
    assert world_reports(one.log) == world_reports(two.log)
