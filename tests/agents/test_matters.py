"""Matters in the streets: who finds them, and that what is found follows from where people walk."""

import pickle

import pytest

from agents.matters import matter_classes
from agents.policies.nearest import NearestCrew
from agents.settings import CitizenSettings, PatrolSettings, StaffingSettings, VideoSettings
from cim_models.catalogues import load_catalogue
from scenarios.worlds import compare_worlds
from tests.agents.toy_town import START, ToyRun, toy_settings

NOBODY = {"citizens": None, "sensors": None, "video": None, "patrols": None}
DAY_S = 86400.0


def town(per_day=300.0, crews=None, seed=1, policy=None, **channels):
    settings = toy_settings(
        **(NOBODY | channels),
        start=START.replace(hour=0),
        staffing=StaffingSettings(crews=crews or {}, shifts="always"),
        matters_per_day=per_day,
    )
    return ToyRun({}, settings=settings, seed=seed, policy=policy)


def patrols(per_grid, **changes):
    return PatrolSettings(per_grid=per_grid, false_alarms_per_day=0.0, from_h=0.0, to_h=24.0, **changes)


def appeared(run):
    return {event.id: event for event in run.log.of("matter.appeared")}


def found(run, channel=None):
    """Ids of the matters that somebody reported, from the log alone."""
    matters = appeared(run)
    made = run.log.of("report.made")
    return {
        matters[event.cause].subject
        for event in made
        if event.cause in matters and channel in (None, event.data["channel"])
    }


def test_the_classes_are_those_of_the_event_catalogue():
    known = {entry["code"] for entry in load_catalogue("event_classes")["classes"]}
    classes = matter_classes()
    assert {kind.code for kind in classes} <= known
    assert sum(kind.weight for kind in classes) == pytest.approx(1.0)


def test_matters_appear_at_their_rate_and_go_by_themselves_when_nobody_comes():
    run = town().run(3 * DAY_S)
    assert len(appeared(run)) == pytest.approx(900, rel=0.1)
    gone = run.log.of("matter.gone")
    assert {event.data["how"] for event in gone} == {"by itself"}
    lasting = {event.subject: event.t_s for event in run.log.of("matter.appeared")}
    vendors = [
        event.t_s - lasting[event.subject]
        for event in gone
        if run.log.events[event.cause - 1].data["class_code"] == "05-01"
    ]
    assert sum(vendors) / len(vendors) == pytest.approx(3 * 3600.0, rel=0.25)


def test_without_patrols_about_a_quarter_is_told_by_citizens():
    run = town().run(4 * DAY_S)
    vendors = {e.subject for e in run.log.of("matter.appeared") if e.data["class_code"] in ("05-01", "05-05")}
    assert len(found(run) & vendors) / len(vendors) == pytest.approx(0.25, abs=0.06)
    assert found(run) == found(run, "citizen")


def test_what_patrols_find_grows_with_their_number_and_the_streets_that_they_walk():
    shares = []
    for per_grid in (0, 1, 3):
        run = town(patrols=patrols(per_grid)).run(2 * DAY_S)
        shares.append(len(found(run)) / len(appeared(run)))
    assert shares[0] + 0.15 < shares[1]
    assert shares[1] + 0.02 < shares[2]
    elsewhere = town(patrols=patrols(3, grids=("another",))).run(2 * DAY_S)
    assert found(elsewhere, "patrol") == set()


def test_a_patroller_finds_a_matter_when_walking_past_it():
    run = town(patrols=patrols(1)).run(2 * 3600.0)
    matters = appeared(run)
    for report in run.log.of("report.made"):
        if report.data["channel"] != "patrol":
            continue
        matter = matters[report.cause]
        assert report.t_s >= matter.t_s + 60.0
        assert (report.data["x"], report.data["y"]) == (matter.data["x"], matter.data["y"])
    assert found(run, "patrol")


def test_nothing_is_reported_before_it_is_there_or_after_it_has_gone():
    run = town(patrols=patrols(2), video=VideoSettings(recall=0.9)).run(DAY_S)
    gone = {event.subject: event.t_s for event in run.log.of("matter.gone")}
    matters = appeared(run)
    assert run.log.of("report.made")
    for report in run.log.of("report.made"):
        if report.cause is None:
            assert not report.data["genuine"]
            continue
        matter = matters[report.cause]
        assert matter.t_s <= report.t_s <= gone.get(matter.subject, DAY_S) + 60.0


def test_patrols_and_cameras_report_a_matter_once_and_citizens_may_tell_of_it_as_well():
    run = town(patrols=patrols(3), video=VideoSettings(recall=0.9)).run(2 * DAY_S)
    matters = appeared(run)
    by_staff, by_both = [], 0
    told = found(run, "citizen")
    for report in run.log.of("report.made"):
        if report.cause in matters and report.data["channel"] != "citizen":
            by_staff.append(matters[report.cause].subject)
            by_both += by_staff[-1] in told
    assert len(by_staff) == len(set(by_staff))
    assert by_both > 0
    assert found(run, "video")


def test_a_crew_that_attends_the_case_takes_the_matter_away():
    run = town(crews={"sanitation": 6}, patrols=patrols(2)).run(DAY_S)
    handled = [event for event in run.log.of("matter.gone") if event.data["how"] == "handled"]
    assert handled
    litter = {"01-02", "01-04"}
    matters = {event.subject: event.data["class_code"] for event in run.log.of("matter.appeared")}
    assert {matters[event.subject] for event in handled} <= litter
    assert all(event.data["reported"] for event in handled)
    chain = run.log.chain(handled[0])
    assert chain[:2] == ["matter.gone", "crew.arrived"]
    assert chain[-2:] == ["report.made", "matter.appeared"]


def test_the_matters_are_the_same_whoever_looks_and_works():
    one = town().run(DAY_S)
    other = town(crews={"sanitation": 6}, patrols=patrols(3), citizens=CitizenSettings(per_day=100.0)).run(
        DAY_S
    )

    def world(run):
        return [(event.t_s, event.subject, dict(event.data)) for event in run.log.of("matter.appeared")]

    assert world(one) == world(other)
    assert world(one) != world(town(seed=2).run(DAY_S))


def test_a_restored_snapshot_meets_the_same_matters():
    settings = {"patrols": patrols(2), "video": VideoSettings(recall=0.5), "crews": {"sanitation": 3}}
    whole = town(**settings).run(12 * 3600.0)
    part = town(**settings).run(5 * 3600.0 + 17.0)
    again = pickle.loads(pickle.dumps(part)).run(12 * 3600.0)
    assert again.log.text() == whole.log.text()
    assert found(whole, "patrol")
    assert found(whole, "video")


class FirstOnly(NearestCrew):
    """Sends one crew a round."""

    def decide(self, situation):
        return super().decide(situation)[:1]


def test_two_policies_meet_the_same_matters_until_somebody_does_something_else():
    settings = {"patrols": patrols(2), "video": VideoSettings(), "crews": {"sanitation": 4, "traffic": 4}}
    one = town(**settings, policy=NearestCrew()).run(10 * 3600.0)
    other = town(**settings, policy=FirstOnly()).run(10 * 3600.0)
    compared = compare_worlds(one.log.events, other.log.events)
    assert compared.is_same
    assert compared.shared > 40
    assert one.log.text() != other.log.text()
