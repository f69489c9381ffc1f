"""Dispatch rounds in the toy town: plans, diversions, and policies that fail."""

import itertools
import pickle

import pytest

from agents.crew_states import CrewState
from agents.policies import BUILT_IN, Assignment, Diversion, Reservation
from agents.policies.horizon import RollingHorizon
from agents.policies.nearest import NearestCrew
from agents.settings import DispatchSettings, StaffingSettings
from agents.tasks import TaskState
from agents.zones import Zones
from cim_models.errors import ScenarioError
from cim_models.events import PLAN_REASONS
from tests.agents.accounting import account
from tests.agents.test_driving import report_flood
from tests.agents.test_random_storms import check_books
from tests.agents.toy_town import ToyRun, junction_xy, make_toy_city, toy_settings

STORM = {"H11": 1.5, "V22": 1.2, "V30": 0.9, "H23": 0.8}


def quiet(crews, *, policy=None, interval_s=10.0, **dispatch):
    """Crews in the south-west corner; only what a test reports is reported."""
    settings = toy_settings(
        sensors=None,
        citizens=None,
        video=None,
        patrols=None,
        staffing=StaffingSettings(
            crews=crews, shifts="always", depots=(junction_xy(0),), turnout_s=60.0, cut_off_wait_s=100.0
        ),
        dispatch=DispatchSettings(delay_s=0.0, interval_s=interval_s, **dispatch),
    )
    return ToyRun({}, settings=settings, policy=policy)


class Scripted:
    """Says what it was told to say, round by round."""

    def __init__(self, *rounds):
        self.rounds = list(rounds)

    def decide(self, situation):
        return self.rounds.pop(0) if self.rounds else []


def tasks_of(run, kind="clear_gullies"):
    return [task for task in run.operations.book.tasks.values() if task.kind == kind]


# --- diversions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("divert_at_s", "state"), [(30.0, CrewState.PREPARING), (75.0, CrewState.TRAVELLING)]
)
def test_a_diverted_crew_goes_to_its_new_task_and_the_old_one_waits_again(divert_at_s, state):
    run = quiet({"drainage": 1}, policy=Scripted(), interval_s=divert_at_s)
    report_flood(run, "H23")
    report_flood(run, "V00")
    far, near = tasks_of(run)
    crew = run.operations.crews["drainage-1"]
    run.operations.dispatcher.policy.rounds = [
        [Assignment(crew.id, far.id)],
        [Diversion(crew.id, near.id, 123.0)],
    ]
    run.run(2.0 * divert_at_s - 1e-3)
    assert crew.state is state if divert_at_s < 60.0 else crew.state in (state, CrewState.PREPARING)
    run.run(2.0 * divert_at_s + 1e-3)
    assert (crew.task, crew.state) == (near, CrewState.PREPARING)
    assert (far.state, near.state) == (TaskState.OPEN, TaskState.ASSIGNED)
    check_books(run)
    (changed,) = run.log.of("dispatch.changed")
    assert changed.subject == near.id
    assert changed.data == {
        "crew": crew.id, "before": "", "leaves": far.id, "gain_s": 123.0, "why": "gain",
    }  # fmt: skip
    (recalled,) = run.log.of("task.recalled")
    assert (recalled.subject, recalled.cause) == (far.id, changed.id)
    assert run.log.of("case.dispatched")[1].cause == recalled.id
    run.run(2.0 * divert_at_s + 600.0)
    arrived = run.log.of("crew.arrived")
    assert [event.data["case"] for event in arrived] == [near.case]
    assert far.state is TaskState.OPEN


def test_a_crew_that_is_cut_off_can_be_diverted_from_where_it_waits():
    run = quiet({"drainage": 1}, policy=Scripted(), interval_s=200.0)
    report_flood(run, "H23")
    report_flood(run, "V00")
    far, near = tasks_of(run)
    crew = run.operations.crews["drainage-1"]
    run.operations.dispatcher.policy.rounds = [
        [Assignment(crew.id, far.id)],
        [Diversion(crew.id, near.id, 0.0)],
    ]
    run.run(201.0)
    for road in run.town.ids:
        if road not in ("V00", "H00"):
            run.town.fixed[road] = 2.0
    run.run(399.0)
    assert crew.state is CrewState.CUT_OFF
    run.run(401.0)
    assert (crew.task, crew.state) == (near, CrewState.TRAVELLING) or near.state is TaskState.ON_SITE
    run.run(700.0)
    assert near.crew == crew.id
    assert near.state in (TaskState.ON_SITE, TaskState.DONE)
    check_books(run)


def test_two_crews_exchange_their_tasks():
    run = quiet({"drainage": 2}, policy=Scripted(), interval_s=50.0)
    report_flood(run, "H23")
    report_flood(run, "V00")
    one, other = tasks_of(run)
    report_flood(run, "V30")  # keeps the round going
    a, b = run.operations.crews.values()
    run.operations.dispatcher.policy.rounds = [
        [Assignment(a.id, one.id), Assignment(b.id, other.id)],
        [Diversion(a.id, other.id, 1.0), Diversion(b.id, one.id, 1.0)],
    ]
    run.run(101.0)
    assert (a.task, b.task) == (other, one)
    assert (one.crew, other.crew) == (b.id, a.id)
    check_books(run)
    run.run(3600.0)
    assert {one.state, other.state} <= {TaskState.DONE, TaskState.DROPPED, TaskState.ON_SITE}
    check_books(run)
    account(run.log.events)


# --- plans -----------------------------------------------------------------------------------------


def test_a_plan_is_logged_once_and_every_change_says_why():
    run = quiet({"drainage": 3}, policy=Scripted(), interval_s=100.0)
    for road in ("H23", "V00"):
        report_flood(run, road)
    first, waits = tasks_of(run)
    a, b, c = run.operations.crews
    run.operations.dispatcher.policy.rounds = [
        [Assignment(a, first.id)],
        [Reservation(a, waits.id, 900.0)],
        [Reservation(a, waits.id, 800.0)],
        [],
        [Reservation(a, waits.id, 800.0)],
        [Assignment(b, waits.id)],
    ]
    run.run(650.0)
    told = [(e.t_s, e.kind, e.subject) for e in run.log.events if e.kind.startswith("dispatch.")]
    assert told == [
        (200.0, "dispatch.planned", waits.id),
        (400.0, "dispatch.changed", waits.id),
        (500.0, "dispatch.planned", waits.id),
        (600.0, "dispatch.changed", waits.id),
    ]
    assert run.log.of("dispatch.planned")[0].data == {"crew": a, "eta_s": 1100.0, "why": "busy_crew_sooner"}
    dropped, sooner = run.log.of("dispatch.changed")
    assert (dropped.data["crew"], dropped.data["before"], dropped.data["why"]) == ("", a, "not_planned")
    assert (sooner.data["crew"], sooner.data["before"], sooner.data["why"]) == (b, a, "sooner")
    assert run.operations.dispatcher.reserved == {}
    assert c


def test_the_rolling_horizon_plans_in_a_storm_and_the_run_stays_sound():
    settings = toy_settings(dispatch=DispatchSettings(policy="horizon", interval_s=60.0))
    run = ToyRun(STORM, settings=settings)
    for half_hour in range(1, 13):
        run.run(half_hour * 1800.0)
        check_books(run)
    planned = run.log.of("dispatch.planned")
    tasks = {event.subject for event in run.log.of("task.planned")}
    assert planned
    for event in [*planned, *run.log.of("dispatch.changed")]:
        assert event.data["why"] in PLAN_REASONS
        assert event.subject in tasks
    assert run.log.of("dispatch.refused") == []
    assert run.operations.case_counts()["closed"] >= 3
    account(run.log.events)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_with_every_policy_a_saved_run_goes_on_as_if_nothing_had_happened(name):
    settings = toy_settings(dispatch=DispatchSettings(policy=name, interval_s=60.0))
    run = ToyRun(STORM, settings=settings).run(2000.0)
    copy = pickle.loads(pickle.dumps(run))
    assert copy.operations.dispatcher.policy is not run.operations.dispatcher.policy
    assert copy.run(7200.0).log.text() == run.run(7200.0).log.text()


# --- policies that fail ----------------------------------------------------------------------------


class OddError(Exception):
    """An error of nobody's tree."""


class Fails:
    """Raises whatever it is made with, in the rounds it is told to."""

    def __init__(self, error, rounds):
        self.error, self.rounds, self.count = error, rounds, 0

    def decide(self, situation):
        self.count += 1
        if self.count in self.rounds:
            raise self.error
        return NearestCrew().decide(situation)


class Endless:
    def decide(self, situation):
        return itertools.repeat(Assignment("nobody", "nothing"))


class Wordless:
    def decide(self, situation):
        return None


@pytest.mark.parametrize(
    "error",
    [OddError("no"), AssertionError(), OSError(5, "gone"), KeyError("k"), MemoryError(), SystemExit(3)],
)
def test_a_policy_may_fail_twice_and_decide_again(error):
    run = ToyRun(STORM, policy=Fails(error, {1, 2, 4, 5})).run(3 * 3600.0)
    refused = run.log.of("dispatch.refused")
    assert len(refused) == 4
    assert {event.data["policy"] for event in refused} == {"Fails"}
    assert all(
        event.data["reason"].startswith(f"the policy failed: {type(error).__name__}") for event in refused
    )
    assert run.log.of("dispatch.replaced") == []
    assert run.log.of("case.closed")


def test_the_keyboard_stops_a_run_from_within_a_policy_too():
    run = ToyRun(STORM, policy=Fails(KeyboardInterrupt(), {1}))
    with pytest.raises(KeyboardInterrupt):
        run.run(3 * 3600.0)


@pytest.mark.parametrize("policy", [Fails(OddError("at <x object at 0x7f12ab>"), range(10**6)), Wordless()])
def test_a_policy_that_keeps_failing_is_replaced_by_the_nearest_crew(policy):
    run = ToyRun(STORM, policy=policy).run(3 * 3600.0)
    assert len(run.log.of("dispatch.refused")) == 3
    (replaced,) = run.log.of("dispatch.replaced")
    assert replaced.data == {"policy": type(policy).__name__, "by": "nearest", "failures": 3}
    assert "0x7f12ab" not in run.log.text()
    assert run.log.of("case.closed")


class Says:
    """Decides one thing, in the rounds it is told to, and nothing in the others."""

    def __init__(self, decision, rounds=range(10**6)):
        self.decision, self.rounds, self.count = decision, rounds, 0

    def decide(self, situation):
        self.count += 1
        return [self.decision] if self.count in self.rounds else []


@pytest.mark.parametrize("decision", [42, Assignment("nobody", "nothing"), Assignment(7, None)])
def test_a_policy_that_keeps_deciding_nonsense_is_replaced_like_one_that_raises(decision):
    run = ToyRun(STORM, policy=Says(decision)).run(3 * 3600.0)
    refused = run.log.of("dispatch.refused")
    assert [event.data["reason"].startswith("the policy failed") for event in refused] == 3 * [False, True]
    assert {event.data["policy"] for event in refused} == {"Says"}
    (replaced,) = run.log.of("dispatch.replaced")
    assert replaced.id == refused[-1].id + 1
    assert replaced.data == {"policy": "Says", "by": "nearest", "failures": 3}
    assert run.log.of("case.closed")


class RaisesOrSays(Says):
    """Raises in its second round."""

    def decide(self, situation):
        decisions = super().decide(situation)
        if self.count == 2:
            raise OddError("no")
        return decisions


def test_failures_of_both_kinds_count_together():
    run = ToyRun(STORM, policy=RaisesOrSays(42, {1, 3})).run(3 * 3600.0)
    (replaced,) = run.log.of("dispatch.replaced")
    assert replaced.data == {"policy": "RaisesOrSays", "by": "nearest", "failures": 3}


def test_a_round_without_a_decision_is_no_failure():
    run = ToyRun(STORM, policy=Says(42, {1, 2, 4, 5})).run(3 * 3600.0)
    assert len(run.log.of("dispatch.refused")) == 8
    assert run.log.of("dispatch.replaced") == []


def test_decisions_without_end_are_cut_short():
    run = ToyRun(STORM, policy=Endless()).run(1800.0)
    refused = run.log.of("dispatch.refused")
    assert refused[0].data["reason"].startswith("no such crew is free")
    (replaced,) = run.log.of("dispatch.replaced")
    assert replaced.data["policy"] == "Endless"
    assert run.log.of("case.dispatched")[0].id > replaced.id


# --- zones -----------------------------------------------------------------------------------------


def test_zones_are_the_surroundings_of_depots_or_the_polygons_of_a_layer():
    run = ToyRun(STORM)
    zones = run.operations.dispatcher.situations.zones
    assert (zones.of(*junction_xy(0)), zones.of(*junction_xy(15))) == ("D1", "D2")
    situation = run.run(1800.0).operations.dispatcher.situation()
    assert {crew.zone for crew in (*situation.crews, *situation.busy)} == {"D1", "D2"}
    city = make_toy_city()
    by_grid = ToyRun(city=city, settings=toy_settings(dispatch=DispatchSettings(zones="patrol_grids")))
    assert by_grid.operations.dispatcher.situations.zones.of(0.0, 0.0) == "P1"
    assert Zones([], city.layers["patrol_grids"]).of(-500.0, 0.0) == "P1"


@pytest.mark.parametrize("layer", ["districts", "roads"])
def test_zones_that_do_not_exist_are_named(layer):
    with pytest.raises(ScenarioError, match=f"'dispatch.zones' names no division of the city: got {layer}"):
        ToyRun(settings=toy_settings(dispatch=DispatchSettings(zones=layer)))


def test_options_reach_the_policy():
    settings = toy_settings(dispatch=DispatchSettings(policy="horizon", options={"horizon_s": 60.0}))
    policy = ToyRun(settings=settings).operations.dispatcher.policy
    assert isinstance(policy, RollingHorizon)
    assert policy.horizon_s == 60.0
