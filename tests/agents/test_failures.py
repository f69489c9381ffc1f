"""What goes wrong among those who act: the run goes on, the log says so, and nothing is lost."""

import math
import pickle

import numpy as np
import pytest
from shapely.geometry import Point

from agents.crew_states import CrewState
from agents.policies import Assignment
from agents.policies.nearest import NearestCrew
from agents.reports import Report
from agents.settings import CitizenSettings, DispatchSettings, StaffingSettings
from cim_models.errors import ScenarioError
from tests.agents.accounting import account
from tests.agents.test_driving import report_flood
from tests.agents.toy_town import ToyRun, frame, junction_xy, make_toy_city, toy_settings

QUIET = {"citizens": None, "sensors": None, "video": None, "patrols": None}
LOSS = "a collision"


def manned(city=None, policy=None, **crews):
    """The toy town with a roster and nothing that reports by itself."""
    settings = toy_settings(
        **QUIET,
        staffing=StaffingSettings(crews=crews, shifts="always", turnout_s=60.0),
        dispatch=DispatchSettings(delay_s=0.0, interval_s=10.0),
    )
    return ToyRun({}, settings=settings, city=city, policy=policy)


def run_until(run, kind, crew):
    """Let the run go on until an event of a kind is about a crew."""
    while not any(kind == e.kind and crew in (e.subject, e.data.get("crew")) for e in run.log.events):
        assert run.env.now < 4 * 3600.0, f"{crew} never came to {kind}"
        run.run(run.env.now + 10.0)


def tasks_done(run):
    return {event.data["task"]: event.subject for event in run.log.of("crew.finished")}


# --- a crew is lost ----------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["case.dispatched", "crew.departed", "crew.moved", "crew.arrived"])
def test_a_crew_lost_on_its_way_or_at_work_leaves_its_task_to_another(moment):
    run = manned(drainage=2)
    report_flood(run, "V21")
    run_until(run, moment, "drainage-2")
    run.operations.lose_crew("drainage-2", LOSS)
    lost = run.log.of("crew.lost")[0]
    assert (lost.data["task"], lost.data["reason"]) == ("C-00001/clear_gullies", LOSS)
    recalled = run.log.of("task.recalled")[0]
    assert (recalled.cause, recalled.data["reason"]) == (lost.id, "its crew is lost")
    run.run(3 * 3600.0)
    assert tasks_done(run)["C-00001/clear_gullies"] == "drainage-1"
    assert run.operations.crews["drainage-2"].state is CrewState.LOST
    books = account(run.log.events)
    assert books.crews == {"drainage-1": "on duty", "drainage-2": "lost"}
    assert books.tasks_in("in hand") == []


def test_the_pump_of_a_lost_crew_stops_and_the_next_crew_pumps_on():
    run = manned(pump=2)
    report_flood(run, "H23", 0.5)
    run_until(run, "order.issued", "pump-2")
    assert run.town.pumps
    run.operations.lose_crew("pump-2", LOSS)
    assert run.town.pumps == {}
    stopped = run.log.of("order.ended")[0]
    assert run.log.chain(stopped)[:3] == ["order.ended", "order.issued", "crew.lost"]
    run.run(4 * 3600.0)
    assert list(run.town.pumps) == list(account(run.log.events).pumps)
    assert set(account(run.log.events).pumps.values()) == {"pump-1"}
    run.town.fixed["H23"] = 0.0
    run.run(8 * 3600.0)
    assert run.town.pumps == {}
    assert run.operations.case_counts() == {"closed": 1}
    account(run.log.events)


def test_a_crew_lost_while_it_packs_has_done_its_task():
    run = manned(pump=1)
    report_flood(run, "H00", 0.5)
    run_until(run, "order.issued", "pump-1")
    run.town.fixed["H00"] = 0.0
    while not run.log.of("order.ended"):
        run.run(run.env.now + 10.0)
    run.operations.lose_crew("pump-1", LOSS)
    assert account(run.log.events).tasks["C-00001/pump"] == "done"
    assert len(run.log.of("order.ended")) == 1
    run.run(4 * 3600.0)
    account(run.log.events)


def test_the_road_that_a_lost_crew_closed_stays_closed_until_another_opens_it():
    run = manned(traffic=2)
    report_flood(run, "H00", 0.35)
    run_until(run, "order.issued", "traffic-1")
    run.operations.lose_crew("traffic-1", LOSS)
    assert run.town.closed == {"H00"}
    assert set(account(run.log.events).closed_roads) == {"H00"}
    run.run(2 * 3600.0)
    assert run.town.closed == {"H00"}
    run.town.fixed["H00"] = 0.0
    run.run(6 * 3600.0)
    assert run.town.closed == set()
    opened = [event for event in run.log.of("order.issued") if event.data["order"] == "OpenRoad"]
    assert [event.data["crew"] for event in opened] == ["traffic-2"]
    assert account(run.log.events).closed_roads == {}


def test_the_gullies_that_a_lost_crew_cleared_stay_clear_and_the_next_does_the_rest():
    city = make_toy_city()
    x, y = 400.0, 100.0
    gullies = frame("gullies", [f"G-{n}" for n in ("H10", *"abcdefg")], [Point(x, y)] * 8, node=["N"] * 8)
    run = manned(city=city.with_layer("gullies", gullies), drainage=2)
    run.town.index |= dict.fromkeys("abcdefg", run.town.index["H10"])
    report_flood(run, "H10")
    run_until(run, "order.issued", "drainage-1")
    run.operations.lose_crew("drainage-1", LOSS)
    run.run(3 * 3600.0)
    cleared = [order.gullies for order in run.town.orders if type(order).__name__ == "ClearGullies"]
    assert set(cleared[0]) | set(cleared[1]) == set(gullies["id"])
    assert not set(cleared[0]) & set(cleared[1])
    assert tasks_done(run)["C-00001/clear_gullies"] == "drainage-2"
    account(run.log.events)


def test_when_the_last_crew_of_a_skill_is_lost_its_task_waits_and_is_not_forgotten():
    run = manned(drainage=1)
    report_flood(run, "H23")
    run_until(run, "crew.departed", "drainage-1")
    run.operations.lose_crew("drainage-1", LOSS)
    run.run(8 * 3600.0)
    books = account(run.log.events)
    assert books.tasks == {"C-00001/clear_gullies": "waiting"}
    assert list(run.operations.book.waiting) == ["C-00001/clear_gullies"]
    assert run.operations.book.cases["C-00001"].is_open
    assert [e.subject for e in run.log.of("case.overdue")] == ["C-00001"]


def test_a_crew_is_lost_once_and_nobody_else_is():
    run = manned(drainage=2)
    run.run(60.0)
    run.operations.lose_crew("drainage-1", LOSS)
    run.operations.lose_crew("drainage-1", "again")
    assert [event.data["reason"] for event in run.log.of("crew.lost")] == [LOSS]
    with pytest.raises(ScenarioError, match="no such crew; expected one of drainage-1, drainage-2"):
        run.operations.lose_crew("nobody", LOSS)
    again = pickle.loads(pickle.dumps(run))
    assert again.run(3600.0).log.text() == run.run(3600.0).log.text()


@pytest.mark.parametrize("seed", range(4))
def test_whoever_is_lost_in_a_storm_everything_is_accounted_for(seed):
    rng = np.random.default_rng(seed)
    crews = {"drainage": 4, "traffic": 4, "pump": 3, "sanitation": 2}
    settings = toy_settings(staffing=StaffingSettings(crews=crews, shifts="always"))
    run = ToyRun({"H11": 1.5, "V22": 1.2, "V30": 0.9, "H02": 1.0}, settings=settings, seed=seed)
    names = sorted(run.operations.crews)
    for quarter in range(1, 25):
        run.run(quarter * 900.0)
        if quarter % 3 == 0:
            run.operations.lose_crew(str(rng.choice(names)), LOSS)
    run.town.blocked[:] = False
    run.run(14 * 3600.0)
    books = account(run.log.events)
    assert len(run.log.of("crew.lost")) >= 4
    assert set(books.closed_roads) == run.town.closed == set(run.operations.book.closures)
    assert set(books.pumps) == set(run.town.pumps)
    assert set(books.tasks_in("waiting")) == set(run.operations.book.waiting)


# --- policies ----------------------------------------------------------------------------------------


class Nonsense:
    """Names crews and tasks that do not exist, twice, and without the skill."""

    def decide(self, situation):
        wrong = [
            Assignment(crew.id, task.id)
            for task in situation.tasks
            for crew in situation.crews
            if task.skill not in ("", *crew.skills)
        ]
        return [Assignment("nobody", "nothing"), "what?", *NearestCrew().decide(situation), *wrong]


class Raises:
    """Fails every other time."""

    calls = 0

    def decide(self, situation):
        self.calls += 1
        if self.calls % 2:
            return 1 / 0
        return NearestCrew().decide(situation)


class NoList:
    """Returns what is no list at all."""

    def decide(self, situation):
        return 42


@pytest.mark.parametrize("policy", [Nonsense(), Raises(), NoList()])
def test_a_policy_that_fails_ends_no_run_and_loses_nothing(policy):
    run = manned(policy=policy, drainage=2, traffic=2, pump=1)
    for road, depth in (("H11", 0.4), ("V22", 0.2), ("V30", 0.6)):
        report_flood(run, road, depth)
    run.run(2 * 3600.0)
    run.town.fixed = dict.fromkeys(run.town.fixed, 0.0)
    run.run(10 * 3600.0)
    assert run.log.of("dispatch.refused")
    assert set(run.operations.case_counts()) <= {"closed", "void"}
    books = account(run.log.events)
    assert books.tasks_in("waiting") == books.tasks_in("in hand") == []


# --- reports without a place -------------------------------------------------------------------------


def report_litter(run, **changes):
    values = {"channel": "citizen", "class_code": "01-02", "x": math.nan, "y": math.nan} | changes
    run.operations.desk.receive(Report(**values))


def test_a_report_without_a_place_is_kept_until_the_caller_has_told_it():
    run = manned(sanitation=1)
    report_litter(run, answer=junction_xy(5))
    made, held = run.log.of("report.made")[0], run.log.of("report.held")[0]
    assert (made.data["x"], made.data["y"]) == (None, None)
    assert held.cause == made.id
    assert run.operations.book.cases == {}
    account(run.log.events, at_desk=1)
    run.run(3 * 3600.0)
    located = run.log.of("report.located")[0]
    assert located.t_s == pytest.approx(held.data["until_s"], abs=1e-3)
    assert 300.0 <= located.t_s <= 1200.0
    assert (located.data["x"], located.data["y"]) == junction_xy(5)
    assert "report.located" in run.log.chain(run.log.of("case.registered")[0])
    assert run.operations.case_counts() == {"closed": 1}
    account(run.log.events)


def test_a_report_whose_place_nobody_knows_is_settled_at_the_desk_and_nobody_goes():
    run = manned(sanitation=1)
    report_litter(run)
    run.run(3600.0)
    assert [event.data["reason"] for event in run.log.of("report.settled")] == ["nobody could say where"]
    assert run.operations.book.cases == {}
    assert run.log.of("case.dispatched") == []
    account(run.log.events)


def test_a_later_report_tells_where_the_earlier_one_of_its_reporter_belongs():
    run = manned(drainage=1)
    code = run.operations.catalogue.events.waterlogging
    report_litter(run, class_code=code, channel="sensor", reporter="S-9", depth_m=0.3)
    report_litter(run, class_code=code, channel="sensor", reporter="S-8", depth_m=0.3)
    run.run(60.0)
    x, y = junction_xy(5)
    report_litter(run, class_code=code, channel="sensor", reporter="S-9", x=x, y=y, depth_m=0.3)
    located = run.log.of("report.located")
    assert [(event.subject, event.data["how"]) for event in located] == [("R-00001", "a later report")]
    assert [event.subject for event in run.log.of("report.merged")] == ["R-00001"]
    run.run(2 * 3600.0)
    assert account(run.log.events).reports == {
        "R-00001": "C-00001", "R-00002": "settled", "R-00003": "C-00001",
    }  # fmt: skip


def test_a_report_that_names_its_road_has_a_place():
    run = manned(sanitation=1)
    report_litter(run, road="H11")
    assert run.log.of("report.held") == []
    assert run.operations.book.cases["C-00001"].road == "H11"


def test_callers_who_forget_to_say_where_are_called_back():
    settings = toy_settings(
        **(QUIET | {"citizens": CitizenSettings(per_day=400.0, placeless_share=0.3)}),
        staffing=StaffingSettings(crews={"sanitation": 4}, shifts="always"),
    )
    run = ToyRun({}, settings=settings).run(86400.0)
    made, held = run.log.of("report.made"), run.log.of("report.held")
    assert len(held) / len(made) == pytest.approx(0.3, abs=0.07)
    assert len(run.log.of("report.located")) / len(held) == pytest.approx(0.8, abs=0.1)
    account(run.log.events, at_desk=len(run.operations.desk.locator.held))


# --- no crew with the skill --------------------------------------------------------------------------


def test_what_no_crew_can_do_is_said_once_for_a_case_and_the_rest_is_done():
    run = manned(drainage=1)
    report_flood(run, "H11", 0.5)
    report_flood(run, "H11", 0.55)
    run.run(3 * 3600.0)
    refused = {event.data["task"]: event.data["reason"] for event in run.log.of("task.refused")}
    assert refused == {
        "close_road": "no crew has the skill 'traffic'",
        "pump": "no crew has the skill 'pump'",
    }
    assert len(run.log.of("task.refused")) == 2
    assert all("report.made" in run.log.chain(event) for event in run.log.of("task.refused"))
    assert tasks_done(run)
    account(run.log.events)


def test_a_matter_for_no_crew_of_the_roster_is_handed_over():
    run = manned(drainage=1)
    run.operations.desk.receive(Report("patrol", "01-02", *junction_xy(5), road="H11"))
    run.run(3600.0)
    assert [event.data["to"] for event in run.log.of("case.transferred")] == ["sanitation"]
    account(run.log.events)


def test_without_any_crew_cases_are_kept_open():
    run = manned()
    report_flood(run, "H11", 0.5)
    run.run(3600.0)
    assert run.log.of("task.refused")
    assert len(run.operations.book.cases) == 1
    account(run.log.events)
