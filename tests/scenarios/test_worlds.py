"""Two policies under one seed meet the same world, as the event logs alone tell."""

from dataclasses import replace

import pytest

from agents.policies import BUILT_IN
from agents.settings import CitizenSettings, DispatchSettings, PatrolSettings, StaffingSettings, VideoSettings
from scenarios.relations import relate_runs
from scenarios.worlds import compare_worlds
from tests.agents.toy_town import ToyRun, make_toy_city, toy_settings
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario

STORM = {"H11": 1.5, "V22": 1.2, "V30": 0.9, "H23": 0.8, "H20": 0.7, "V01": 0.7, "V33": 0.6}
CHANNELS = {"sensor", "citizen", "patrol", "video"}


def toy_log(policy, seed=1):
    """Two hours of a storm in which every channel has much to say, true and false."""
    settings = toy_settings(
        citizens=CitizenSettings(per_day=1000.0, reports_per_person_h=0.2),
        video=VideoSettings(false_alarms_per_day=20.0, interval_s=60.0, repeat_s=60.0),
        patrols=PatrolSettings(per_grid=2, false_alarms_per_day=50.0, repeat_s=60.0),
        staffing=StaffingSettings(
            crews={"drainage": 3, "traffic": 2, "pump": 2, "sanitation": 2}, shifts="always"
        ),
        dispatch=DispatchSettings(policy=policy, interval_s=300.0),
        matters_per_day=600.0,
    )
    return ToyRun(STORM, settings=settings, city=make_toy_city(), seed=seed).run(7200.0).log.events


@pytest.fixture(scope="module")
def logs():
    return {name: toy_log(name) for name in sorted(BUILT_IN)}


@pytest.mark.parametrize("name", sorted(set(BUILT_IN) - {"nearest"}))
def test_every_policy_meets_the_world_of_the_others_until_somebody_acts_differently(logs, name):
    found = compare_worlds(logs["nearest"], logs[name])
    assert found.is_same
    assert found.shared > 50


def test_the_policies_do_differ_and_every_channel_has_spoken_before_they_do(logs):
    found = {name: compare_worlds(logs["nearest"], log) for name, log in logs.items()}
    assert found["nearest"].act is None
    assert found["nearest"].world is None
    differing = [name for name, compared in found.items() if compared.act is not None]
    assert len(differing) >= 4
    for name in differing:
        until_s = found[name].act.t_s
        spoke = {e.data["channel"] for e in logs[name] if e.kind == "report.made" and e.t_s < until_s}
        assert spoke == CHANNELS
        assert any(e.kind == "matter.appeared" and e.t_s < until_s for e in logs[name])


def test_another_seed_is_another_world(logs):
    found = compare_worlds(logs["nearest"], toy_log("nearest", seed=2))
    assert not found.is_same


@pytest.mark.parametrize(
    "change",
    [
        {"t_s": 1.0},
        {"subject": "R-99999"},
        {"data": {"depth_m": 9.9}},
        {"cause": None},
    ],
)
def test_one_report_that_depends_on_the_policy_is_found(logs, change):
    log = list(logs["nearest"])
    first_act = next(event for event in log if event.kind.startswith("order."))
    index = next(
        i for i, event in enumerate(log)
        if event.kind == "report.made" and event.cause is not None and event.id < first_act.id
    )  # fmt: skip
    told = log[index]
    log[index] = replace(told, **{**change, "data": {**told.data, **change.get("data", {})}})
    found = compare_worlds(logs["nearest"], log)
    assert not found.is_same
    assert found.world.second.id == told.id


def test_what_comes_after_the_first_different_act_is_no_difference_of_worlds(logs):
    log = [event for event in logs["nearest"] if not event.kind.startswith("order.")]
    last = max(index for index, event in enumerate(log) if event.kind == "report.made")
    changed = [*log[:last], replace(log[last], subject="R-99999"), *log[last + 1 :]]
    found = compare_worlds(logs["nearest"], changed)
    assert found.is_same
    assert found.act.t_s <= found.world.t_s


def test_acts_may_differ_where_the_world_never_does(logs):
    log = list(logs["nearest"])
    last = max(index for index, event in enumerate(log) if event.kind == "order.issued")
    changed = [*log[:last], replace(log[last], data={**log[last].data, "target": "G-9"}), *log[last + 1 :]]
    assert compare_worlds(log, log).log is None
    found = compare_worlds(log, changed)
    assert found.world is None
    assert found.act is not None
    assert found.act.t_s == log[last].t_s


def test_who_is_sent_is_no_act_but_a_difference_of_the_logs(logs):
    log = list(logs["nearest"])
    index = next(index for index, event in enumerate(log) if event.kind == "case.dispatched")
    sent = log[index]
    log[index] = replace(sent, data={**sent.data, "crew": "drainage-99"})
    found = compare_worlds(logs["nearest"], log)
    assert (found.world, found.act) == (None, None)
    assert found.log is not None
    assert found.log.first.id == sent.id


def test_what_comes_after_the_shorter_run_ended_is_no_difference(logs):
    log = logs["nearest"]
    until_s = log[len(log) // 2].t_s
    short = [event for event in log if event.t_s <= until_s]
    assert compare_worlds(short, log).log is not None
    assert compare_worlds(short, log, until_s).log is None


@pytest.mark.slow
def test_two_policies_meet_the_same_world_in_a_run_with_real_water(tmp_path):
    city = write_bundle(tmp_path / "city")
    quick = {"duration": "40min", "numerics": {"coupling": "30s"}, "output": {"depth_every": "10min"}}
    scenario = write_scenario(tmp_path / "storm.yaml", city, quick)
    runs = [
        run_small(scenario, tmp_path / name, f"dispatch.policy={name}", "dispatch.interval=1min")
        for name in ("nearest", "horizon")
    ]
    found = relate_runs(*runs).worlds
    assert found.is_same
    assert found.rain_s is None
    assert found.shared > 20
    kinds = {event.kind for event in runs[0].events()}
    assert {"rain.started", "road.flooded", "gully.blocked", "report.made", "order.issued"} <= kinds
