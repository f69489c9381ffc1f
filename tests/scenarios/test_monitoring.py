"""Structures on watch in a run: damage, deviation, alarm, case, crew, secured; and bad input in one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from agents.draws import Draws
from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.events import EVENT_KINDS, Event
from cim_models.orders import SecureStructure
from scenarios.composition import prepare
from scenarios.hazards import HazardPlan
from scenarios.hazardstory import HazardStory
from scenarios.hazardviews import join_hazards
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import Origin, Simulation
from scenarios.storylog import StoryLog
from scenarios.structurestory import StructureStory
from scenarios.summary.structures import summarize_structures
from scenarios.surroundings import Surroundings
from tests.agents.toy_town import EventList
from tests.scenarios.branching.alike import assert_same_run
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario
from tests.tiny_city import X0, Y0, make_tiny_city
from twin.monitoring import Gauge, Structure, StructureWatch, monitoring_settings

HOUR_S = 3600.0
BRIDGE = {"id": "BR-1", "kind": "bridge", "at": "R1"}
SLOPE = {"id": "SL-1", "kind": "slope", "at": [X0 + 70.0, Y0 + 70.0]}
WATCH: dict[str, Any] = {
    "start": "2026-06-18T00:00:00+08:00",
    "duration": "30h",
    "weather": {"rain": {"constant": {"intensity_mm_h": 4, "duration": "3h", "begin": "1h"}}},
    "monitoring": {"structures": [BRIDGE, SLOPE], "wetness_mm": 58},
    "failures": [
        {"structure_damage": {"structure": "BR-1", "at": "02:00", "growth_per_day": 2.0}},
        {"gauge_damage": {"gauge": "SL-1-tilt", "at": "02:00", "silent": True, "until": "10:00"}},
    ],
    "staffing": {"crews": {"road": 2, "traffic": 2}, "shifts": "always"},
    "reporting": {"sensors": True, "video": False, "citizens": False, "patrols": False},
    "output": {"depth_every": "10h", "sensors_every": "2h", "hazard": False},
    "numerics": {"coupling": "2min", "exchange": "1min", "max_step": "60s"},
}


def dry_city() -> City:
    """Return the tiny city without a sewer, whose checkpoints are exact."""
    city = make_tiny_city()
    layers = {name: layer for name, layer in city.layers.items() if name not in ("gullies", "sensors")}
    return replace(city, sewer=None, layers=layers)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monitoring")
    return write_scenario(folder / "watch.yaml", write_bundle(folder / "city", dry_city()), WATCH)


@pytest.fixture(scope="module")
def run(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run_small(scenario, tmp_path_factory.mktemp("runs") / "watch")


def causes(run: RunFolder, event: Event) -> Iterator[str]:
    """Yield the kinds of the events behind one, the nearest first."""
    by_id = {entry.id: entry for entry in run.events()}
    while event.cause is not None:
        event = by_id[event.cause]
        yield event.kind


def first(run: RunFolder, kind: str, **data: Any) -> Event:
    """Return the first event of a kind that says so."""
    return next(
        event
        for event in run.events(kinds=[kind])
        if all(event.data[key] == value for key, value in data.items())
    )


def first_orders(run: RunFolder, name: str) -> list[Event]:
    """Return all orders of a name."""
    return [event for event in run.events(kinds=["order.issued"]) if event.data["order"] == name]


def test_damage_is_found_secured_and_checked_on_one_chain_of_cause(run: RunFolder) -> None:
    damaged = first(run, "structure.damaged")
    deviates = first(run, "gauge.deviates", structure="BR-1")
    assert deviates.cause == damaged.id
    assert damaged.t_s < deviates.t_s < damaged.t_s + 12 * HOUR_S
    alarm = first(run, "alarm.published", source="BR-1")
    assert alarm.data["rule"] == "structure_deviates"
    assert alarm.data["genuine"]
    assert alarm.cause == deviates.id
    (secured,) = (e for e in run.events(kinds=["structure.secured"]) if e.subject == "BR-1")
    behind = list(causes(run, secured))
    wanted = ["crew.arrived", "case.dispatched", "case.registered", "alarm.published", "gauge.deviates"]
    assert [kind for kind in dict.fromkeys(behind) if kind in wanted] == wanted
    assert behind[-2:] == ["structure.damaged", "run.started"]
    case = first(run, "case.registered", class_code="21-01").subject
    done = {e.kind: e.t_s for e in run.events() if e.subject == case}
    assert secured.t_s <= done["case.handled"] < done["case.checked"] <= done["case.closed"]


def test_the_road_is_closed_while_the_bridge_is_in_a_grave_state(run: RunFolder) -> None:
    orders = [event for event in run.events(kinds=["order.issued"]) if event.data["target"] == "R1"]
    closed, opened = (
        next(e for e in orders if e.data["order"] == name) for name in ("CloseRoad", "OpenRoad")
    )
    graded = next(e for e in run.events(kinds=["structure.graded"]) if e.data["grade"] in ("C", "D"))
    (secured,) = (e for e in run.events(kinds=["structure.secured"]) if e.subject == "BR-1")
    assert graded.t_s < closed.t_s
    assert secured.t_s < opened.t_s


def test_rain_on_a_wet_slope_is_the_cause_of_what_it_does(run: RunFolder) -> None:
    rain, creeping = first(run, "rain.started"), first(run, "structure.creeping")
    assert creeping.subject == "SL-1"
    assert creeping.cause == rain.id
    deviates = first(run, "gauge.deviates", structure="SL-1")
    assert deviates.cause == creeping.id


def test_the_summary_reports_the_health_of_each_structure(run: RunFolder) -> None:
    assert run.summary is not None
    found = run.summary["structures"]
    bridge, slope = found["structures"]
    assert (bridge["id"], slope["id"]) == ("BR-1", "SL-1")
    assert bridge["worst_grade"] in ("C", "D")
    assert bridge["damaged_s"] < bridge["first_deviation_s"] < bridge["secured_s"]
    assert 0.0 < bridge["outside_share"] < 0.5
    assert bridge["worst_gauge"] in bridge["gauges"]
    assert (bridge["readings"], bridge["missing"]) == (3 * 30, 0)
    assert slope["missing"] == 8
    assert found["reports"] == 4
    assert found["readings"] == bridge["readings"] + slope["readings"]
    silent = first(run, "gauge.silent")
    assert (silent.subject, silent.t_s) == ("SL-1-tilt", 4 * HOUR_S)
    failures = {(each["kind"], each["subject"]): each for each in run.summary["failures"]}
    assert failures["structure.damaged", "BR-1"]["ended_s"] == bridge["secured_s"]
    assert len(failures["structure.damaged", "BR-1"]["cases"]) == 1
    assert summarize_structures([]) is None


def test_events_say_what_their_kinds_declare(run: RunFolder) -> None:
    about = [event for event in run.events() if event.kind.startswith(("structure.", "gauge."))]
    for event in about:
        assert set(event.data) == set(EVENT_KINDS[event.kind].data), event.kind


def test_the_run_folder_holds_what_gauges_have_read(run: RunFolder) -> None:
    table = run.readings("gauge:BR-1-strain")
    by_quantity = {str(name): rows.reset_index() for name, rows in table.groupby("quantity")}
    strain, expected = by_quantity["strain"], by_quantity["expected"]
    assert len(strain) == len(expected) == 31  # one more when the structure has been secured
    before = strain["t_s"] <= 2 * HOUR_S
    assert np.abs(strain["value"][before].to_numpy() - expected["value"][before].to_numpy()).max() < 30.0
    assert by_quantity["structure_deviation"]["value"].max() > 5.0


def test_the_same_seed_gives_the_same_bytes_in_pieces_and_at_once(
    scenario: Path, run: RunFolder, tmp_path: Path
) -> None:
    setup = prepare(load_scenario(str(scenario)))
    origin = None
    for number, moment_s in enumerate((7.3 * HOUR_S, 9 * HOUR_S + 60.0)):
        out = tmp_path / f"piece-{number}"
        with Simulation(setup, out, origin=origin) as simulation:
            simulation.advance_to(moment_s)
            origin = Origin(out, simulation.checkpoint())
    with Simulation(setup, tmp_path / "last", origin=origin) as simulation:
        simulation.run()
    assert_same_run(run, RunFolder(tmp_path / "last"))


def test_a_faulty_gauge_is_a_false_alarm(scenario: Path, tmp_path: Path) -> None:
    fault = "failures=[{gauge_damage: {gauge: BR-1-crack, at: '02:00', drift_per_day: 0.5}}]"
    found = run_small(scenario, tmp_path / "run", fault, "weather={}", "duration=14h")
    deviates = first(found, "gauge.deviates")
    assert [deviates.subject, *causes(found, deviates)] == ["BR-1-crack", "gauge.failed", "run.started"]
    assert not first(found, "alarm.published").data["genuine"]
    assert not list(found.events(kinds=["structure.damaged"]))


def test_a_faulty_gauge_beside_a_damaged_bridge_is_a_case_of_its_own(scenario: Path, tmp_path: Path) -> None:
    """Bridge and tunnel stand at the same place of one road; the gauge of the sound tunnel is at fault."""
    tunnel = "{id: TU-1, kind: tunnel, at: R1}"
    keys = f"monitoring={{structures: [{{id: BR-1, kind: bridge, at: R1}}, {tunnel}]}}"
    damage = "{structure_damage: {structure: BR-1, at: '02:00', growth_per_day: 2.0}}"
    fault = "{gauge_damage: {gauge: TU-1-crack, at: '03:00', drift_per_day: 0.5}}"
    failures = f"failures=[{damage}, {fault}]"
    dry = ("weather={}", "duration=24h", "cases.merge_time=12h")  # all reports within the window of merging
    found = run_small(scenario, tmp_path / "run", keys, failures, *dry)
    alarms = {event.data["source"]: event for event in found.events(kinds=["alarm.published"])}
    cases = list(found.events(kinds=["case.registered"]))
    assert len(cases) == 2
    assert [event.subject for event in found.events(kinds=["structure.secured"])] == ["BR-1"]
    (fed_back,) = (e for e in found.events(kinds=["alarm.fed_back"]) if e.subject == alarms["TU-1"].subject)
    assert fed_back.data["finding"] == "false"
    (voided,) = found.events(kinds=["case.voided"])
    assert voided.subject == cases[1].subject
    opened = [event.data["target"] for event in first_orders(found, "OpenRoad")]
    assert opened == ["R1"]
    assert found.summary is not None
    assert found.summary["alarms"]["false"] == 1
    tables = {each["id"]: each["doubtful_gauges"] for each in found.summary["structures"]["structures"]}
    assert tables == {"BR-1": [], "TU-1": ["TU-1-crack"]}


def test_an_alarm_that_gets_worse_stays_with_its_open_case(scenario: Path, tmp_path: Path) -> None:
    """The only road crew is slow to come: hours lie between the alarm and its escalation."""
    found = run_small(
        scenario,
        tmp_path / "run",
        "failures=[{structure_damage: {structure: BR-1, at: '02:00', growth_per_day: 0.8}}]",
        "weather={}",
        "cases.merge_time=20min",
        "dispatch={mode: automatic, delay: 8h}",
    )
    alarm = first(found, "alarm.published", source="BR-1")
    escalated = next(e for e in found.events(kinds=["alarm.escalated"]) if e.subject == alarm.subject)
    assert escalated.t_s > alarm.t_s + 1200.0
    (case,) = found.events(kinds=["case.registered"])
    merged = [event.data["case"] for event in found.events(kinds=["report.merged"])]
    assert merged == [case.subject]


def test_a_gauge_reads_a_file_with_gaps(scenario: Path, tmp_path: Path) -> None:
    """A record of twenty days before the start; a jump on the first day that the record itself holds."""
    times_s = HOUR_S * np.arange(-480, 15)
    air = 20.0 + 5.0 * np.cos(2.0 * np.pi * times_s / 86_400.0)
    values = 3.0 + 0.1 * air + 0.02 * np.random.default_rng(5).standard_normal(len(times_s))
    values += 0.4 * (times_s >= 5 * HOUR_S)
    values[(times_s > 0.0) & (times_s < 3 * HOUR_S)] = np.nan
    path = tmp_path / "crack.csv"
    pd.DataFrame({"time": times_s, "width": values, "air": air}).to_csv(path, index=False)
    gauge = f"{{id: CR-9, quantity: crack, file: '{path}', column: width, temperature: air}}"
    keys = f"monitoring={{structures: [{{id: BR-9, kind: bridge, at: R1, gauges: [{gauge}]}}]}}"
    found = run_small(scenario, tmp_path / "run", keys, "failures=[]", "weather={}", "duration=14h")
    deviates = first(found, "gauge.deviates")
    assert (deviates.subject, deviates.t_s) == ("CR-9", 5 * HOUR_S)
    assert found.summary is not None
    (bridge,) = found.summary["structures"]["structures"]
    assert (bridge["readings"], bridge["missing"]) == (12, 2)
    kinds = found.readings("gauge:CR-9").groupby("quantity")["value_kind"].unique()
    assert {name: list(kind) for name, kind in kinds.items()} == {
        "crack": ["observed"],
        "expected": ["simulated"],
        "structure_deviation": ["simulated"],
    }


def test_a_closed_road_carries_no_load(scenario: Path, tmp_path: Path) -> None:
    """Strain is expected to be less while the bridge is closed, and nothing deviates."""
    quiet = ("failures=[]", "weather={}", "duration=9h")
    closure = "measures=[{close_road: {road: R1, from: '07:30'}}]"
    expected = []
    for number, more in enumerate(((), (closure,))):
        found = run_small(scenario, tmp_path / f"run-{number}", *quiet, *more)
        assert not list(found.events(kinds=["gauge.deviates"]))
        rows = found.readings("gauge:BR-1-strain", "expected").set_index("t_s")["value"]
        expected.append(rows[8 * HOUR_S] - rows[7 * HOUR_S])
    assert expected[0] - expected[1] > 10.0


def test_gauges_of_the_city_can_be_changed_and_structures_stand_at_components(tmp_path: Path) -> None:
    gauges = {"GA-01": {"noise": 3.0, "step": "30min"}}
    extra = {"id": "SL-9", "kind": "slope", "at": "CP-1"}
    path = write_scenario(tmp_path / "watch.yaml", "builtin:district?size_m=400", WATCH)
    city = prepare(load_scenario(str(path), ["failures=[]", "monitoring={simulate: true}"])).city
    component = city.layers["components"].iloc[0]
    extra["at"] = str(component["id"])
    keys = f"monitoring={yaml.safe_dump({'gauges': gauges, 'structures': [extra]}, default_flow_style=True)}"
    plan = prepare(load_scenario(str(path), ["failures=[]", keys.replace("\n", " ")])).monitoring
    assert plan is not None
    by_id = {each.id: each for each in plan.structures}
    first_gauge = by_id["BR-1"].gauges[0]
    assert (first_gauge.id, first_gauge.response.noise, first_gauge.interval_s) == ("GA-01", 3.0, 1800.0)
    assert by_id["BR-1"].gauges[1].interval_s == HOUR_S
    assert by_id["SL-9"].x == pytest.approx(component.geometry.centroid.x)
    assert [gauge.quantity for gauge in by_id["SL-9"].gauges] == ["displacement", "tilt"]


def test_gas_and_structures_are_watched_side_by_side_and_can_be_kept(tmp_path: Path) -> None:
    both = {
        **WATCH,
        "duration": "1h",
        "gas": {"simulate": True},
        "monitoring": {"simulate": True, "step": "15min"},
        "failures": [{"structure_damage": {"structure": "BR-1", "at": "00:10", "jump": 3.0}}],
        "output": {"depth_every": "1h", "sensors_every": "10min", "hazard": False},
    }
    path = write_scenario(tmp_path / "both.yaml", "builtin:district?size_m=400&cell_size_m=4", both)
    setup = prepare(load_scenario(str(path)))
    with Simulation(setup, tmp_path / "first") as simulation:
        simulation.advance_to(1500.0)
        origin = Origin(tmp_path / "first", simulation.checkpoint())
    with Simulation(setup, tmp_path / "last", origin=origin) as simulation:
        simulation.run()
    found = RunFolder(tmp_path / "last")
    assert found.summary is not None
    assert found.summary["gas"]["sites"] > 0
    assert [each["readings"] for each in found.summary["structures"]["structures"]] == [12, 12, 8]
    assert first(found, "gauge.deviates").t_s <= 1800.0


def test_hazards_are_joined_where_there_are_several() -> None:
    assert join_hazards(None, None) is None
    one = StructureStory(_idle_watch(), None, StoryLog(EventList()), 86_400.0)
    assert join_hazards(None, one) is one
    gas = HazardStory(None, None, StoryLog(EventList()))
    plan = HazardPlan(None, (), None, 0.0, 0.0)
    gas.surroundings = Surroundings(plan, None, None, None, Draws(1, "pipes below collapses"))
    joined = join_hazards(gas, one)
    assert joined is not None
    assert joined is not one
    one.watch.advance_to(HOUR_S)
    one.advance_to(HOUR_S, 0.0, None)
    assert [reading.sensor for reading in joined.readings()] == ["GA-1"]
    assert joined.readings() == []
    for matter in ("gas", "ground", "structure"):
        assert not joined.is_dangerous(matter, 0.0, 0.0)
        assert list(joined.missing(matter, 0.0, 0.0)) == list(joined.cordon(matter, 0.0, 0.0)) == []


def test_an_order_about_a_structure_that_there_is_not_is_refused() -> None:
    story = StructureStory(_idle_watch(), None, StoryLog(EventList()), 86_400.0)
    assert story.apply(SecureStructure("O1", "SL-1")).done
    refused = story.apply(SecureStructure("O2", "BR-9"))
    assert (refused.done, refused.reason) == (False, "no structure 'BR-9'")


def _idle_watch() -> StructureWatch:
    settings = monitoring_settings()
    gauge = Gauge("GA-1", "tilt", settings.quantities["tilt"])
    slope = Structure("SL-1", "slope", 0.0, 0.0, (gauge,))
    return StructureWatch((slope,), settings, Draws(1, "gauges"), 150.0, 0.0)


def test_a_silent_gauge_that_is_read_often_is_an_alarm(scenario: Path, tmp_path: Path) -> None:
    silence = "failures=[{gauge_damage: {gauge: BR-1-crack, at: '01:00', silent: true}}]"
    keys = ("monitoring.step=15min", "weather={}", "duration=4h")
    found = run_small(scenario, tmp_path / "run", silence, *keys)
    (alarm,) = found.events(kinds=["alarm.published"])
    assert (alarm.data["rule"], alarm.data["sensor"]) == ("sensor_silent", "BR-1-crack")
    assert HOUR_S * 1.5 < alarm.t_s < HOUR_S * 2.5


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "failures=[{structure_damage: {structure: BR-7, at: '02:00', jump: 1}}]",
            ["failures.0.structure_damage.structure", "'BR-7'", "BR-1"],
        ),
        (
            "failures=[{structure_damage: {structure: BR-1, at: '02:00', jump: 1, gauges: [SL-1-tilt]}}]",
            ["failures.0.structure_damage.gauges", "'SL-1-tilt'", "a gauge of 'BR-1'"],
        ),
        (
            "failures=[{structure_damage: {structure: BR-1, at: '+40h', jump: 1}}]",
            ["failures.0.structure_damage.at", "within the run"],
        ),
        (
            "failures=[{structure_damage: {structure: BR-1, at: '02:00'}}]",
            ["failures.0.structure_damage", "jump or growth_per_day"],
        ),
        (
            "failures=[{gauge_damage: {gauge: GA-7, at: '02:00', jump: 1}}]",
            ["failures.0.gauge_damage.gauge", "'GA-7'", "BR-1"],
        ),
        (
            "failures=[{gauge_damage: {gauge: BR-1-crack, at: '02:00'}}]",
            ["failures.0.gauge_damage", "either silent, or"],
        ),
        (
            "failures=[{gauge_damage: {gauge: BR-1-crack, at: '02:00', jump: 1, until: '01:00'}}]",
            ["failures.0.gauge_damage.until"],
        ),
        ("monitoring.structures.0.kind=dam", ["monitoring.structures.0.kind", "'dam'", "bridge"]),
        ("monitoring.structures.0.at=R9", ["monitoring.structures.0.at", "'R9'", "R1"]),
        ("monitoring.structures.0.road=R9", ["monitoring.structures.0.road", "'R9'"]),
        ("monitoring.structures.1.id=BR-1", ["monitoring.structures.1.id", "'BR-1'"]),
        (
            "monitoring.structures.0.gauges=[{quantity: smell}]",
            ["monitoring.structures.0.gauges.0.quantity", "'smell'", "strain"],
        ),
        (
            "monitoring.structures.0.gauges=[{quantity: crack, step: 7min}]",
            ["monitoring.structures.0.gauges.0.step", "420 s", "fit into a day"],
        ),
        (
            "monitoring.structures.0.gauges=[{quantity: crack}, {quantity: crack}]",
            ["monitoring.structures", "'BR-1-crack'", "ids of their own"],
        ),
        (
            "monitoring.structures.0.gauges=[{quantity: crack, file: no.csv}]",
            ["monitoring.structures.0.gauges.0.file", "no.csv", "cannot be read"],
        ),
        (
            "monitoring.structures.0.gauges=[{quantity: crack, column: a}]",
            ["monitoring.structures.0.gauges.0", "expected file"],
        ),
        ("monitoring.gauges={GA-1: {noise: 1}}", ["monitoring.gauges.GA-1", "layer gauges"]),
        ("monitoring={simulate: true}", ["'monitoring'", "no gauges"]),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(scenario: Path, override: str, words: list[str]) -> None:
    overrides = [override] if override.startswith("failures") else ["failures=[]", override]
    with pytest.raises(ScenarioError) as refused:
        prepare(load_scenario(str(scenario), overrides))
    message = str(refused.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_a_record_too_short_to_learn_from_is_refused_by_gauge(scenario: Path, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("time,crack\n" + "".join(f"{-3600 * k},{k}\n" for k in range(9, 0, -1)))
    gauges = f"monitoring.structures.0.gauges=[{{quantity: crack, file: '{path}', column: crack}}]"
    with pytest.raises(ScenarioError, match=r"gauge 'BR-1-crack'.*got 9 readings.*at least 48"):
        prepare(load_scenario(str(scenario), ["failures=[]", gauges]))


def test_a_record_at_one_temperature_is_taken_and_noted(scenario: Path, tmp_path: Path) -> None:
    path, crack = tmp_path / "flat.csv", np.random.default_rng(1).normal(3.0, 0.1, 72)
    pd.DataFrame({"time": 3600.0 * np.arange(-71, 1), "crack": crack, "air": 20.0}).to_csv(path, index=False)
    gauge = f"{{quantity: crack, file: '{path}', column: crack, temperature: air}}"
    keys = ["failures=[]", f"monitoring.structures.0.gauges=[{gauge}]"]
    plan = prepare(load_scenario(str(scenario), keys)).monitoring
    assert plan is not None
    assert [note for note in plan.notes if "BR-1-crack never changes" in note] == [plan.notes[-1]]


def test_a_record_without_a_time_zone_is_refused_in_one_line(scenario: Path, tmp_path: Path) -> None:
    path = tmp_path / "naive.csv"
    path.write_text("time,crack\n2026-06-17T23:00:00,1\n2026-06-18T00:00:00,2\n")
    gauges = f"monitoring.structures.0.gauges=[{{quantity: crack, file: '{path}', column: crack}}]"
    with pytest.raises(
        ScenarioError, match=r"gauges\.0\.file.*no time zone.*as the start 2026-06-18T00"
    ) as found:
        prepare(load_scenario(str(scenario), ["failures=[]", gauges]))
    assert "\n" not in str(found.value)


def test_structures_are_not_watched_unless_a_scenario_asks_for_it(cloudburst: Path) -> None:
    assert prepare(load_scenario(str(cloudburst))).monitoring is None
