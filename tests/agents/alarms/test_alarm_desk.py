"""The alarm desk in the toy town: from readings to the archive, and what holds alarms back."""

from dataclasses import replace
from typing import Any

from agents.alarms.settings import AlarmSettings, Shelf
from agents.settings import StaffingSettings
from agents.snapshot import restore, save
from cim_models.alarm_readings import Reading
from cim_models.events import Event
from cim_models.response_levels import FloodRule, read_response_plan
from tests.agents.toy_town import ToyRun, junction_xy, toy_settings

GAS = StaffingSettings(crews={"gas": 1, "water": 1}, shifts="always")
NO_CREW = StaffingSettings(crews={"drainage": 1}, shifts="always")


def quiet_run(settings: AlarmSettings | None = None, staffing: StaffingSettings = GAS) -> ToyRun:
    """Return a dry toy town with an alarm desk and no other channel."""
    return ToyRun(
        {},
        settings=toy_settings(
            sensors=None,
            video=None,
            citizens=None,
            patrols=None,
            staffing=staffing,
            alarms=settings or AlarmSettings(),
        ),
    )


def methane(run: ToyRun, sensor: str, value: float, node: int = 5, **more: Any) -> None:
    x, y = junction_xy(node)
    assert run.operations.alarms is not None
    run.operations.alarms.observe(Reading(sensor, {"methane": value}, x, y, **more))


def burst(run: ToyRun, pipe: str = "P1") -> int:
    data = {"x": 0.0, "y": 0.0, "area_fraction": 0.1, "diameter_m": 0.3, "depth_m": 1.0, "flow_m3_h": 9.0}
    return run.log.append(run.env.now, "supply.burst", pipe, data=data)


def kinds(run: ToyRun, alarm: str) -> list[str]:
    return [e.kind for e in run.log.events if e.subject == alarm]


def only(run: ToyRun, kind: str) -> Event:
    (event,) = run.log.of(kind)
    return event


def test_an_alarm_is_published_responded_to_fed_back_on_and_archived() -> None:
    run = quiet_run()
    cause = burst(run)
    methane(run, "S1", 40.0, origin=cause)
    run.run(1500.0)
    methane(run, "S1", 2.0)
    run.run(6 * 3600.0)
    assert kinds(run, "AL-00001") == [
        "alarm.published",
        "alarm.responded",
        "alarm.fed_back",
        "alarm.cleared",
        "alarm.archived",
    ]
    assert only(run, "alarm.fed_back").data["finding"] == "confirmed"
    assert only(run, "alarm.responded").data["in_time"] is True
    archived = only(run, "alarm.archived")
    chain = run.log.chain(run.log.of("crew.arrived")[0])
    assert [kind for kind in chain if kind in ("alarm.published", "supply.burst", "report.made")] == [
        "report.made",
        "alarm.published",
        "supply.burst",
    ]
    assert "supply.burst" in run.log.chain(archived)
    assert run.operations.alarms is not None
    assert not run.operations.alarms.alarms


def test_an_alarm_waits_for_its_case_when_the_condition_ends_first() -> None:
    run = quiet_run()
    methane(run, "S1", 40.0)
    run.run(10.0)
    methane(run, "S1", 0.0)
    run.run(60.0)
    assert "alarm.archived" not in kinds(run, "AL-00001")
    run.run(6 * 3600.0)
    assert kinds(run, "AL-00001")[-1] == "alarm.archived"
    assert only(run, "case.closed").t_s == only(run, "alarm.archived").t_s


def test_a_false_alarm_is_found_out_on_site() -> None:
    run = quiet_run()
    methane(run, "S1", 40.0, genuine=False)
    run.run(30.0)
    methane(run, "S1", 0.0)
    run.run(4 * 3600.0)
    assert only(run, "alarm.fed_back").data["finding"] == "false"
    assert kinds(run, "AL-00001")[-1] == "alarm.archived"


def test_a_sensor_that_insists_on_a_false_alarm_is_shelved_until_it_stops() -> None:
    run = quiet_run()
    methane(run, "S1", 40.0, genuine=False)
    run.run(24 * 3600.0)
    assert kinds(run, "AL-00001")[-1] == "alarm.shelved"
    assert len(run.log.of("case.registered")) == 1
    methane(run, "S1", 0.0)
    assert kinds(run, "AL-00001")[-1] == "alarm.archived"


def test_what_stands_after_its_case_is_reported_anew() -> None:
    run = quiet_run()
    methane(run, "S1", 40.0)
    run.run(12 * 3600.0)
    assert len(run.log.of("alarm.renewed")) >= 1
    assert len(run.log.of("report.made")) == 1 + len(run.log.of("alarm.renewed"))
    closed, renewed = run.log.of("case.closed")[0], run.log.of("alarm.renewed")[0]
    assert renewed.t_s == closed.t_s + read_response_plan().renew_after_s


def test_the_same_condition_at_the_same_sensor_is_the_same_alarm() -> None:
    run = quiet_run()
    for value in (40.0, 0.0, 40.0, 0.0, 40.0):
        methane(run, "S1", value)
        run.run(run.env.now + 60.0)
    assert len(run.log.of("alarm.published")) == 1
    assert [event.data["repeats"] for event in run.log.of("alarm.repeated")] == [1, 2]
    assert len(run.log.of("report.made")) == 1


def test_a_more_urgent_rule_escalates_the_alarm_and_shortens_its_deadlines() -> None:
    run = quiet_run(staffing=NO_CREW)
    methane(run, "S1", 6.0)
    run.run(60.0)
    methane(run, "S1", 6.0)
    assert not run.log.of("report.made")  # raised methane alone makes no case
    run.run(120.0)
    methane(run, "S1", 50.0)
    escalated = only(run, "alarm.escalated")
    assert (escalated.data["was_level"], escalated.data["level"]) == (4, 1)
    assert len(run.log.of("report.made")) == 1


def test_alarms_of_one_cause_are_one_alarm_and_its_followers() -> None:
    run = quiet_run()
    cause = burst(run)
    for number in range(4):
        methane(run, f"S{number}", 40.0, node=number, origin=cause)
    other = burst(run, "P2")
    methane(run, "S9", 40.0, node=15, origin=other)
    assert [event.subject for event in run.log.of("alarm.published")] == ["AL-00001", "AL-00005"]
    assert [event.data["leader"] for event in run.log.of("alarm.suppressed")] == ["AL-00001"] * 3
    assert len(run.log.of("report.made")) == 2


def test_a_follower_that_outlives_its_leader_is_published() -> None:
    run = quiet_run()
    cause = burst(run)
    methane(run, "S1", 40.0, origin=cause)
    methane(run, "S2", 40.0, node=14, origin=cause)
    methane(run, "S3", 40.0, node=13, origin=cause)
    run.run(60.0)
    methane(run, "S1", 0.0)
    run.run(6 * 3600.0)
    assert kinds(run, "AL-00002")[:2] == ["alarm.suppressed", "alarm.published"]
    assert run.log.of("alarm.archived")[0].t_s == run.log.of("alarm.published")[1].t_s
    assert [
        event.data["leader"] for event in run.log.of("alarm.suppressed") if event.subject == "AL-00003"
    ] == [
        "AL-00001",
        "AL-00002",
    ]


def test_a_flood_of_alarms_is_noted_and_holds_back_the_less_urgent_of_its_root() -> None:
    plan = replace(read_response_plan(), flood=FloodRule(600.0, 4, 2))
    run = quiet_run(AlarmSettings(plan=plan))
    rain = run.log.append(0.0, "rain.started", "run", data={"intensity_mm_h": 60.0})
    for number in range(4):
        methane(run, f"S{number}", 40.0, node=number, root=rain)
    assert only(run, "alarm.flood_began").data["alarms"] == 4
    x, y = junction_xy(12)
    alarms = run.operations.alarms
    assert alarms is not None
    for sensor, root in (("W1", rain), ("W2", None)):
        alarms.observe(Reading(sensor, {"sewer_freeboard": -0.1}, x, y, root=root))
    run.run(300.0)
    for sensor, root in (("W1", rain), ("W2", None)):
        alarms.observe(Reading(sensor, {"sewer_freeboard": -0.1}, x, y, root=root))
    held = only(run, "alarm.suppressed")
    assert (held.data["sensor"], held.data["leader"]) == ("W1", "")
    assert "report.made" in [e.kind for e in run.log.events if e.cause == held.id]  # nothing is lost
    run.run(3600.0)
    assert only(run, "alarm.flood_ended").cause == only(run, "alarm.flood_began").id


def test_a_shelved_alarm_waits_and_is_published_if_it_still_stands() -> None:
    shelf = Shelf(sensor="S1", until_s=3600.0, reason="under repair")
    run = quiet_run(AlarmSettings(shelves=(shelf,)))
    methane(run, "S1", 40.0)
    methane(run, "S2", 40.0, node=14)
    assert only(run, "alarm.shelved").data["reason"] == "under repair"
    assert [event.data["sensor"] for event in run.log.of("alarm.published")] == ["S2"]
    run.run(3601.0)
    assert [event.data["sensor"] for event in run.log.of("alarm.published")] == ["S2", "S1"]


def test_a_unit_without_crews_is_late_and_the_regulator_hears_of_it() -> None:
    run = quiet_run(staffing=replace(GAS, turnout_s=7200.0))
    methane(run, "S1", 40.0)
    run.run(8 * 3600.0)
    assert [(event.data["stage"], event.t_s) for event in run.log.of("alarm.overdue")] == [
        ("feed_back", 1500.0)
    ]
    assert only(run, "alarm.fed_back").data["in_time"] is False


def test_a_case_that_nobody_can_handle_ends_the_alarm_with_its_condition() -> None:
    run = quiet_run(staffing=NO_CREW)
    methane(run, "S1", 40.0)
    assert only(run, "alarm.fed_back").data["finding"] == "handed over"
    methane(run, "S1", 0.0)
    assert kinds(run, "AL-00001")[-1] == "alarm.archived"


def test_a_silent_sensor_is_an_alarm_until_it_speaks_again() -> None:
    run = quiet_run()
    methane(run, "S1", 0.0, periodic=True)
    methane(run, "S2", 0.0)  # speaks when it has something to say
    run.run(1800.0)
    methane(run, "S1", 0.0, periodic=True)
    run.run(5399.0)
    assert not run.log.of("alarm.published")
    run.run(5401.0)
    assert only(run, "alarm.published").data["rule"] == "sensor_silent"
    assert not run.log.of("report.made")
    run.run(6000.0)
    methane(run, "S1", 0.0, periodic=True)
    assert kinds(run, "AL-00001") == ["alarm.published", "alarm.cleared", "alarm.archived"]


def test_water_on_a_street_is_an_alarm_that_rises_with_the_depth() -> None:
    settings = toy_settings(video=None, citizens=None, patrols=None, alarms=AlarmSettings())
    run = ToyRun({"H11": 0.8}, settings=settings).run(4 * 3600.0)
    assert [event.data["rule"] for event in run.log.of("alarm.published")] == ["street_waterlogged"]
    assert [event.data["rule"] for event in run.log.of("alarm.escalated")][:1] == ["street_deep"]
    published = only(run, "alarm.published")
    assert run.log.chain(published) == ["alarm.published", "road.flooded"]
    assert only(run, "alarm.archived").t_s > run.log.of("case.closed")[0].t_s - 1.0


def test_alarms_go_on_from_a_saved_state() -> None:
    def story(saved_s: float | None) -> str:
        run = quiet_run()
        methane(run, "S1", 40.0, origin=burst(run))
        methane(run, "S2", 22.0, node=14, periodic=True)
        run.run(45.0)
        if saved_s is not None:
            run.run(saved_s)
            outside = {"town": run.town, "log": run.log, "run": run}
            run.env, run.operations = restore(save((run.env, run.operations), outside), outside)
        run.run(60.0)
        methane(run, "S2", 22.0, node=14, periodic=True)
        run.run(5 * 3600.0)
        methane(run, "S1", 0.0)
        run.run(9 * 3600.0)
        return run.log.text()

    assert story(50.0) == story(None)
