"""The life of a case beside the straight road: desk, units, returns, pauses, more time, and coming back."""

import pickle
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from agents.agenda import Agenda
from agents.catalogue import read_catalogue
from agents.clock import TwinEnv
from agents.organisation import Offices
from agents.reports import Report
from agents.settings import CaseSettings, DeskSettings, DispatchSettings, StaffingSettings
from cim_models.errors import ScenarioError
from tests.agents.test_driving import report_flood
from tests.agents.toy_town import ToyRun, frame, junction_xy, make_toy_city, toy_settings

GARBAGE, GAS = "01-02", "04-03"
CREWS = StaffingSettings(crews={"drainage": 2, "traffic": 1, "sanitation": 2}, shifts="always")
ROWS = (
    ("C", "centre", "", ""),
    ("D-water", "department", "C", "drainage,pump"),
    ("D-clean", "department", "C", "sanitation"),
    ("S1", "station", "C", ""),
    ("U-drain", "unit", "D-water", "drainage"),
    ("U-clean", "unit", "S1", "sanitation"),
)


def organised_city():
    ids, kinds, parents, skills = zip(*ROWS, strict=True)
    seats = [Point(*junction_xy(0))] * len(ROWS)
    rows = frame("organisations", ids, seats, kind=kinds, parent=parents, skills=skills)
    return make_toy_city().with_layer("organisations", rows)


def town(*, desk=None, mode="automatic", staffing=CREWS, **cases):
    """A dry town where nobody reports but the test."""
    settings = toy_settings(
        citizens=None,
        sensors=None,
        video=None,
        patrols=None,
        staffing=staffing,
        dispatch=DispatchSettings(mode=mode, delay_s=90.0),
        cases=CaseSettings(desk=desk or DeskSettings(), **cases),
    )
    return ToyRun({}, settings=settings, city=organised_city())


def tell(run, code=GARBAGE, x=200.0, y=100.0, *, genuine=True, channel="citizen"):
    run.operations.desk.receive(Report(channel, code, x, y, genuine=genuine))


def kinds_of(run, case="C-00001"):
    return [e.kind for e in run.log.events if e.subject == case]


def only(run, kind):
    (event,) = run.log.of(kind)
    return event


BY_HAND = DeskSettings(mode="manual", misassigned=(0.0, 0.0))


def test_the_desk_by_hand_takes_its_time_and_the_platform_none():
    by_hand, platform = town(desk=BY_HAND), town()
    for run in (by_hand, platform):
        tell(run)
        run.run(6 * 3600.0)
    steps = ("reported", "accepted", "verified", "registered", "assigned")
    assert kinds_of(by_hand)[:5] == [f"case.{step}" for step in steps]
    assert kinds_of(platform)[:2] == ["case.registered", "case.assigned"]
    slow, quick = only(by_hand, "case.registered"), only(platform, "case.registered")
    assert (
        quick.data["reported_s"] == quick.data["accepted_s"] == quick.data["verified_s"] == quick.t_s == 0.0
    )
    assert 60.0 <= slow.data["accepted_s"] <= 600.0
    assert 600.0 <= slow.data["verified_s"] - slow.data["accepted_s"] <= 3600.0
    assert 120.0 <= slow.t_s - slow.data["verified_s"] <= 900.0
    assert by_hand.operations.case_counts() == platform.operations.case_counts() == {"closed": 1}


@pytest.mark.parametrize("channel", ["sensor", "patrol", "video"])
def test_who_is_trusted_is_not_verified(channel):
    run = town(desk=BY_HAND)
    tell(run, channel=channel)
    run.run(3600.0)
    data = only(run, "case.registered").data
    assert data["verified_s"] == data["accepted_s"] > 0.0


def test_a_second_report_spares_the_verification():
    run = town(desk=BY_HAND)
    tell(run, genuine=False)
    tell(run, genuine=False)
    run.run(3600.0)
    data = only(run, "case.registered").data
    assert data["verified_s"] == data["accepted_s"]


def test_reports_about_structures_at_one_place_are_cases_by_structure():
    """Somebody tells of no structure by name; who names one first says what the case is about."""
    run = town(merge_time_s=60.0)
    told = Report("citizen", GARBAGE, 200.0, 100.0)
    for until_s, structure in ((30.0, ""), (60.0, "BR-1"), (200.0, "TU-1"), (300.0, "BR-1"), (400.0, "TU-1")):
        run.operations.desk.receive(replace(told, structure=structure))
        run.run(until_s)
    found = [(case.structure, case.reports) for case in run.operations.book.cases.values()]
    assert found == [("BR-1", 3), ("TU-1", 2)]
    unnamed, named = (e.data for e in run.log.of("case.registered"))
    assert unnamed["place_zh"]
    for language in ("zh", "en"):
        assert named[f"place_{language}"] == f"TU-1 {unnamed[f'place_{language}']}"


def test_a_report_that_names_its_case_belongs_to_it_until_that_is_over():
    run = town(merge_time_s=60.0)
    tell(run)
    run.run(600.0)
    (case,) = run.operations.book.cases.values()
    assert case.is_open
    run.operations.desk.receive(Report("sensor", GARBAGE, 900.0, 900.0, case=case.id))
    assert (run.operations.book.begun, case.reports) == (1, 2)
    run.operations.desk.receive(Report("sensor", GAS, 900.0, 900.0, case=case.id))  # another matter
    assert run.operations.book.begun == 2
    run.run(86_400.0)
    assert not case.is_open
    run.operations.desk.receive(Report("sensor", GARBAGE, 900.0, 900.0, case=case.id))
    assert run.operations.book.begun == 3


def test_a_top_urgent_case_goes_point_to_point_with_a_copy_to_the_regulator():
    run = town(desk=BY_HAND, mode="manual")
    report_flood(run, "H11", 0.6)
    registered, assigned = only(run, "case.registered"), only(run, "case.assigned")
    assert (registered.t_s, assigned.t_s) == (0.0, 0.0)
    assert registered.data["urgency"] == "top_urgent"
    assert registered.data["accepted_s"] is registered.data["verified_s"] is None
    assert assigned.data == {"unit": "U-drain", "regulator": "D-water", "point_to_point": True}
    run.run(150.0)
    assert run.log.of("case.dispatched")[0].t_s == 120.0  # the first round


def test_a_gas_leak_is_top_urgent_by_its_class():
    run = town(desk=BY_HAND, staffing=StaffingSettings(crews={"gas": 1}, shifts="always"))
    tell(run, GAS)
    assert only(run, "case.assigned").data["point_to_point"]


def test_a_case_that_becomes_top_urgent_leaves_the_queue():
    run = town(desk=BY_HAND, mode="manual")
    report_flood(run, "H11", 0.2)
    run.run(30.0)
    assert kinds_of(run) == ["case.reported"]
    report_flood(run, "H11", 0.6)
    assert kinds_of(run)[1:] == ["case.escalated", "case.registered", "case.assigned"]
    assert run.log.events[-1].t_s == 30.0
    run.run(3600.0)
    assert Counter(kinds_of(run))["case.registered"] == 1
    assert Counter(kinds_of(run))["case.assigned"] == 1


@pytest.mark.parametrize("mode", ["automatic", "manual"])
def test_false_reports_are_found_out_at_verification_or_on_site(mode):
    strict = DeskSettings(mode=mode, found_false=(1.0, 1.0), misassigned=(0.0, 0.0))
    at_desk, on_site = town(desk=strict), town(desk=replace(strict, found_false=(0.0, 0.0)))
    for run in (at_desk, on_site):
        for number in range(3):
            tell(run, x=150.0 + 200.0 * number, genuine=False)
        tell(run, y=700.0)
        run.run(6 * 3600.0)
        assert run.operations.case_counts() == {"closed": 1, "void": 3}
    assert {e.data["reason"] for e in at_desk.log.of("case.voided")} == {"found false at verification"}
    assert len(at_desk.log.of("case.registered")) == 1
    assert len(at_desk.log.of("case.accepted")) == (4 if mode == "manual" else 3)
    assert {e.data["reason"] for e in on_site.log.of("case.voided")} == {"nothing found on site"}


def test_one_officer_takes_one_report_at_a_time():
    run = town(desk=replace(BY_HAND, acceptors=1, accept_min=(10.0, 10.0, 10.0)))
    for number in range(12):
        tell(run, x=200.0 + 200.0 * (number % 3), y=100.0 + 200.0 * (number // 3))  # twelve streets
    run.run(7300.0)
    times = [e.t_s for e in run.log.of("case.accepted")]
    assert len(times) == 12
    assert [b - a for a, b in pairwise(times)] == [600.0] * (len(times) - 1)
    late = run.log.of("case.stage_overdue")
    assert {e.data["stage"] for e in late} == {"accept"}  # the limit is one working hour
    assert {e.t_s for e in late} == {3600.0}
    assert len(late) == sum(t > 3600.0 for t in times)


def test_a_unit_that_is_not_responsible_returns_the_case():
    run = town(desk=DeskSettings(misassigned=(1.0, 1.0), return_min=(10.0, 10.0, 10.0)))
    report_flood(run, "H11", 0.2)
    run.run(3600.0)
    wrong, right = run.log.of("case.assigned")
    returned = only(run, "case.returned")
    assert (wrong.data["unit"], right.data["unit"]) == ("U-clean", "U-drain")
    assert returned.data["unit"] == "U-clean"
    assert [wrong.t_s, returned.t_s, right.t_s] == [90.0, 690.0, 780.0]
    assert run.log.of("case.dispatched")[0].t_s >= right.t_s  # nobody goes before
    assert run.log.chain(right)[:4] == ["case.assigned", "case.returned", "case.assigned", "case.registered"]


def test_urgent_news_takes_a_case_from_the_wrong_unit():
    run = town(desk=DeskSettings(misassigned=(1.0, 1.0)))
    report_flood(run, "H11", 0.2)
    run.run(100.0)
    report_flood(run, "H11", 0.6)
    assert kinds_of(run)[-3:] == ["case.escalated", "case.returned", "case.assigned"]
    assert run.log.of("case.assigned")[-1].data["unit"] == "U-drain"
    run.run(4 * 3600.0)
    assert len(run.log.of("case.assigned")) == 2


def test_without_organisations_cases_have_no_unit_and_go_on():
    settings = town(desk=DeskSettings(misassigned=(1.0, 1.0))).operations.settings
    run = ToyRun({}, settings=settings)
    report_flood(run, "H11", 0.2)
    run.run(1000.0)
    assert only(run, "case.assigned").data["unit"] == ""
    assert run.log.of("case.returned") == []
    assert "The city has no organisations: cases name no unit." in run.operations.notes


def test_an_inbox_holds_what_a_unit_and_those_below_it_have():
    run = town()
    tell(run)
    report_flood(run, "H11", 0.2)
    assert run.operations.inbox("C") == []  # nobody has them before they are assigned
    run.run(100.0)
    assert [case.id for case in run.operations.inbox("U-clean")] == ["C-00001"]
    assert [case.id for case in run.operations.inbox("S1")] == ["C-00001"]
    assert [case.id for case in run.operations.inbox("D-water")] == ["C-00002"]
    assert [case.id for case in run.operations.inbox("C")] == ["C-00002", "C-00001"]  # by level
    run.town.fixed["H11"] = 0.0
    run.run(4 * 3600.0)
    assert run.operations.inbox("C") == []


# --- limits -----------------------------------------------------------------------------------------


def test_a_unit_at_work_is_given_more_time_and_one_that_has_not_begun_is_not():
    at_work, nobody = town(), town(staffing=StaffingSettings(crews={}))
    for run in (at_work, nobody):
        report_flood(run, "H11", 0.35)  # urgent: four hours by the clock; held there whatever anybody does
        run.run(7 * 3600.0)
    extended = only(at_work, "case.extended")
    assert extended.t_s == pytest.approx(0.8 * 4 * 3600.0)
    assert extended.data["due_s"] == 6 * 3600.0
    assert extended.data["unit"] == "U-drain"
    assert only(at_work, "case.overdue").t_s == 6 * 3600.0
    refused = only(nobody, "case.extension_refused")
    assert refused.data["reason"] == "nobody has begun"
    assert only(nobody, "case.overdue").t_s == 4 * 3600.0


def test_an_overdue_case_comes_under_supervision():
    run = town(staffing=StaffingSettings(crews={}))
    report_flood(run, "H11", 0.35)
    run.run(5 * 3600.0)
    escalated = only(run, "case.escalated")
    assert run.log.chain(escalated)[1] == "case.overdue"
    assert (escalated.data["level"], escalated.data["regulator"]) == (1, "D-water")
    assert escalated.data["reason"] == "overdue"
    assert len(run.log.of("case.overdue")) == 1


def test_each_stage_has_its_limit():
    run = town(staffing=StaffingSettings(crews={}))
    report_flood(run, "H11", 0.35)
    run.run(5 * 3600.0)
    late = only(run, "case.stage_overdue")
    assert late.data["stage"] == "handle"
    assert late.t_s == late.data["due_s"] == 90.0 + 3 * 3600.0


# --- pauses and returns of the matter ---------------------------------------------------------------


def test_a_case_that_water_cuts_off_rests_and_its_clock_stands_still():
    run = town(staffing=StaffingSettings(crews={"sanitation": 1}, shifts="always", cut_off_tries=1))
    tell(run, x=600.0, y=300.0)
    due_s = only(run, "case.registered").data["due_s"]
    run.run(215.0)  # a crew has been sent and is about to leave
    around = ("H21", "H11", "V20", "V21", "V30", "V31")
    run.town.fixed = dict.fromkeys(around, 0.8)
    run.run(3600.0)
    suspended = only(run, "case.suspended")
    assert suspended.data == {"unit": "U-clean", "reason": "its crew was cut off by water"}
    assert run.log.chain(suspended)[1:3] == ["task.recalled", "crew.cut_off"]
    assert run.operations.case_counts() == {"suspended": 1}
    run.town.fixed = dict.fromkeys(around, 0.0)
    run.run(4 * 3600.0)
    resumed = only(run, "case.resumed")
    assert resumed.data["suspended_s"] == resumed.t_s - suspended.t_s
    assert resumed.data["due_s"] > due_s
    assert run.operations.case_counts() == {"closed": 1}
    assert run.log.of("case.overdue") == []


def test_water_that_comes_back_opens_the_case_again():
    run = town()
    report_flood(run, "H11", 0.2)
    run.town.fixed["H11"] = 0.0
    run.run(2 * 3600.0)
    assert run.operations.case_counts() == {"closed": 1}
    assert run.operations.book.tasks == {}
    report_flood(run, "H11", 0.35)
    reopened = only(run, "case.reopened")
    assert run.log.chain(reopened)[1:3] == ["report.merged", "report.made"]
    assert (reopened.data["was_level"], reopened.data["level"]) == (3, 2)
    assert reopened.data["due_s"] == 6 * 3600.0
    run.run(2 * 3600.0 + 600.0)
    case = run.operations.book.cases["C-00001"]
    assert case.tasks == ["C-00001/clear_gullies", "C-00001/close_road", "C-00001/clear_gullies-2"]
    assert [*run.operations.book.tasks] == case.tasks[1:]
    run.town.fixed["H11"] = 0.0
    run.run(7 * 3600.0)
    assert run.operations.case_counts() == {"closed": 1}
    assert len(run.log.of("case.closed")) == 2
    assert len(run.log.of("case.registered")) == 1


@pytest.mark.parametrize(
    ("x", "hours", "again"), [(200.0, 3.0, True), (230.0, 3.0, False), (200.0, 12.0, False)]
)
def test_other_matters_come_back_to_the_same_spot_within_a_time(x, hours, again):
    run = town()
    tell(run)
    run.run(hours * 3600.0)
    assert run.operations.case_counts() == {"closed": 1}
    tell(run, x=x)
    run.run((hours + 3.0) * 3600.0)
    assert len(run.log.of("case.reopened")) == again
    assert run.operations.case_counts() == {"closed": 1 if again else 2}


def test_a_closed_case_that_was_opened_and_closed_again_is_kept_from_its_last_closing():
    run = town(reopen_within_s=3 * 3600.0)
    for hours in (0.0, 2.0, 4.0):
        run.run(hours * 3600.0)
        tell(run)
    run.run(7 * 3600.0)
    assert len(run.log.of("case.reopened")) == 2


# --- the same again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cut_s", [0.0, 700.0, 5000.0, 9000.0])
def test_a_desk_saved_in_the_middle_goes_on_as_if_nothing_had_happened(cut_s):
    def begun():
        run = town(desk=DeskSettings(mode="manual", misassigned=(0.0, 0.6)), mode="manual")
        for number in range(12):
            tell(run, x=120.0 + 60.0 * number, genuine=number % 3 > 0)
        report_flood(run, "V22", 0.35)
        return run

    whole, cut = begun().run(6 * 3600.0), begun().run(cut_s)
    again = pickle.loads(pickle.dumps(cut)).run(6 * 3600.0)
    assert again.log.text() == whole.log.text()
    assert whole.log.of("case.returned")


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "magic"},
        {"acceptors": 0},
        {"accept_min": (5.0, 3.0, 10.0)},
        {"found_false": (0.5, 1.5)},
        {"misassigned": (-0.1, 0.0)},
    ],
)
def test_desk_settings_check_themselves(wrong):
    with pytest.raises(ScenarioError, match=r"Setting 'cases\.desk\."):
        DeskSettings(**wrong)


class Diary:
    """Notes what an agenda rings for."""

    def __init__(self, env):
        self.env = env
        self.rung = []
        self.needless = ""
        self.agenda = Agenda(env, {"note": self.note, "again": self.again}, self.is_needed)

    def is_needed(self, entry):
        return entry[3] != self.needless

    def note(self, subject, number):
        self.rung.append((self.env.now, subject, number))

    def again(self, subject, number):
        self.note(subject, number)
        self.agenda.enter(self.env.now, "note", "at once", 0.0)
        self.agenda.enter(self.env.now + 5.0, "note", "later", 0.0)


def test_an_agenda_rings_in_order_of_time_and_of_entry():
    env = TwinEnv()
    diary = Diary(env)
    for t_s, subject in ((30.0, "c"), (10.0, "a"), (30.0, "d"), (20.0, "b")):
        diary.agenda.enter(t_s, "note", subject, t_s)
    diary.agenda.enter(12.0, "again", "twice")
    env.run_to(25.0)
    assert [(t_s, subject) for t_s, subject, _ in diary.rung] == [
        (10.0, "a"), (12.0, "twice"), (12.0, "at once"), (17.0, "later"), (20.0, "b"),
    ]  # fmt: skip
    diary.needless = "c"
    diary.agenda.tidy()
    assert len(diary.agenda) == 1
    again = pickle.loads(pickle.dumps(diary))
    again.env.run_to(100.0)
    assert again.rung[-1] == (30.0, "d", 30.0)


def test_a_needless_date_gets_no_timer():
    env = TwinEnv()
    diary = Diary(env)
    for t_s, subject in ((10.0, "a"), (20.0, "b"), (30.0, "c")):
        diary.agenda.enter(t_s, "note", subject)
    diary.needless = "b"
    env.run_to(15.0)
    assert env.peek() == 30.0
    env.run_to(40.0)
    assert [subject for _, subject, _ in diary.rung] == ["a", "c"]


@given(
    st.lists(st.tuples(st.floats(0.0, 30_000.0), st.floats(0.0, 30_000.0)), max_size=30), st.floats(0.0, 3e4)
)
def test_dates_of_all_hours_ring_in_order_and_survive_saving(dates, saved_s):
    diary = Diary(TwinEnv())
    expected = []
    for number, (now_s, due_s) in enumerate(sorted(dates)):
        if now_s >= saved_s:
            diary = pickle.loads(pickle.dumps(diary))
        diary.env.run_to(now_s)
        diary.agenda.enter(due_s, "note", f"{number}")
        expected.append((max(now_s, due_s), f"{number}"))
    diary.env.run_to(60_000.0)
    assert [(t_s, subject) for t_s, subject, _ in diary.rung] == sorted(expected, key=lambda date: date[0])
    assert not len(diary.agenda)
    assert diary.env.peek() == float("inf")


def test_dates_that_became_needless_in_their_drawer_never_ring():
    diary = Diary(TwinEnv())
    for number in range(600):
        diary.agenda.enter(4000.0 + number, "note", "kept" if number == 7 else "dropped")
    diary.needless = "dropped"
    assert len(pickle.dumps(diary)) < 1500
    diary.agenda.enter(90_000.0, "note", "dropped")
    diary.env.run_to(3700.0)
    assert len(diary.agenda) == 1  # more than a few hundred, so all drawers were looked through
    diary.env.run_to(100_000.0)
    assert diary.rung == [(4007.0, "kept", 0.0)]


def test_a_component_without_an_owner_leaves_the_case_to_its_category():
    city = organised_city()
    places = [Point(200.0, 100.0), Point(500.0, 500.0)]
    names = {"owner_unit": ["", "U-clean"], "maint_unit": ["", ""], "supervising_dept": ["", ""]}
    grates = frame("components", ["nobody's", "theirs"], places, class_code=["01-04"] * 2, **names)
    offices = Offices(city.with_layer("components", grates), read_catalogue().events)
    near_nobodys, near_theirs = (offices.roles("04-04", point.x, point.y, "") for point in places)
    assert (near_nobodys.unit, near_nobodys.owner_unit) == ("U-drain", "U-drain")
    assert near_theirs.unit == "U-clean"
