"""Lifelines that fail in a small generated city: one chain of cause from the failure to the recovery."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cim_models.bundle import write_city
from cim_models.errors import ScenarioError
from cim_models.events import EVENT_KINDS, Event
from cim_models.lifeline_city import make_lifeline_city
from scenarios.branching import branch_stored
from scenarios.composition import prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import run_scenario
from scenarios.story import story_lines, tell
from scenarios.worlds import compare_worlds
from tests.scenarios.branching.alike import assert_same_run

GIVEN: dict[str, Any] = {
    "name": "lifelines",
    "start": "2026-01-10T00:00:00+08:00",
    "duration": "2d",
    "seed": 3,
    "failures": [
        {"lifeline": {"kind": "regulator_leak", "severity": 0.9, "asset": "RG-00001", "at": "+1h"}},
        {"lifeline": {"kind": "water_break", "severity": 0.9, "asset": "W-H000000", "at": "+2h"}},
        {"lifeline": {"kind": "marsh_gas", "severity": 0.9, "asset": "ST-00002", "at": "+3h"}},
        {"lifeline": {"kind": "sensor_fault", "asset": "SE-RG-00002", "at": "+4h"}},
    ],
    "reporting": {"sensors": False, "video": False, "citizens": False, "patrols": False},
    "staffing": {"crews": {"water": 2, "drainage": 2, "gas": 2}, "shifts": "always"},
    "dispatch": {"policy": "nearest", "interval": "5min"},
    "cases": {"merge_time": "7d"},
    "output": {"depth_every": "2d", "sensors_every": "2d", "hazard": False},
    "numerics": {"coupling": "1h", "exchange": "1h", "max_step": "60s"},
}
DRAWN = {"failures": [{"draw": {"factor": 600}}], "duration": "3d"}

Play = Callable[..., RunFolder]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lifelines") / "city"
    write_city(make_lifeline_city(area_km2=4.0), folder)
    return folder


def write(path: Path, bundle: Path, changes: dict[str, Any]) -> Path:
    values = {**GIVEN, "city": str(bundle), **changes}
    path.write_text(yaml.safe_dump(values, allow_unicode=True), "utf-8")
    return path


@pytest.fixture(scope="module")
def play(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Return a function that runs the failures with changes."""
    folder = tmp_path_factory.mktemp("runs")

    def run(name: str, **changes: Any) -> RunFolder:
        return run_scenario(
            load_scenario(str(write(folder / f"{name}.yaml", bundle, changes))), folder / name
        )

    return run


@pytest.fixture(scope="module")
def given(play: Play) -> RunFolder:
    return play("given")


@pytest.fixture(scope="module")
def drawn(play: Play) -> RunFolder:
    return play("drawn", **DRAWN)


def chain(events: list[Event], event: Event) -> list[str]:
    by_id = {entry.id: entry for entry in events}
    kinds = [event.kind]
    while event.cause is not None:
        event = by_id[event.cause]
        kinds.append(event.kind)
    return kinds


def test_failure_alarm_case_crew_and_recovery_are_one_chain(given: RunFolder) -> None:
    events = given.events()
    failed = next(e for e in events if e.kind == "lifeline.failed" and e.data["kind"] == "regulator_leak")
    assert failed.t_s == 3600.0
    recovered = next(e for e in events if e.kind == "lifeline.recovered" and e.subject == failed.subject)
    kinds = chain(events, recovered)
    order = [
        "lifeline.recovered",
        "lifeline.repaired",
        "crew.arrived",
        "case.registered",
        "report.made",
        "alarm.published",
        "lifeline.failed",
        "run.started",
    ]
    assert [kind for kind in kinds if kind in order] == order
    archived = next(e for e in events if e.kind == "alarm.archived")
    assert "lifeline.failed" in chain(events, archived)


def test_a_story_of_a_failure_shows_all_that_came_of_it(given: RunFolder) -> None:
    events = given.events()
    failed = next(e for e in events if e.kind == "lifeline.failed" and e.data["kind"] == "regulator_leak")
    start = load_scenario("lifeline_year").scenario.start
    text = "\n".join(story_lines(tell(events, failed.id), start))
    for word in (
        "Lifeline failed",
        "Alarm published",
        "Case registered",
        "Crew on site",
        "Lifeline repaired",
    ):
        assert word in text


def test_a_faulty_sensor_is_a_false_alarm_and_nothing_else(given: RunFolder) -> None:
    assert given.summary is not None
    assert given.summary["alarms"]["false"] == 1
    events = given.events()
    false = next(e for e in events if e.kind == "alarm.published" and not e.data["genuine"])
    assert false.data["sensor"] == "SE-RG-00002"
    assert false.cause is None


def test_events_say_what_their_kinds_declare(given: RunFolder, drawn: RunFolder) -> None:
    for event in (*given.events(), *drawn.events()):
        if event.kind.startswith(("lifeline.", "alarm.")):
            assert set(event.data) == set(EVENT_KINDS[event.kind].data)


def test_every_drawn_failure_ends_or_is_still_there(drawn: RunFolder) -> None:
    assert drawn.summary is not None
    counts = drawn.summary["lifelines"]
    assert counts["failures"] > 30
    assert counts["failures"] == counts["mended_by_crews"] + counts["over_by_itself"] + counts["not_mended"]
    kinds = Counter(event.kind for event in drawn.events())
    assert kinds["lifeline.failed"] == counts["failures"]
    assert kinds["lifeline.repaired"] == counts["mended_by_crews"] + counts["over_by_itself"]
    assert kinds["lifeline.recovered"] <= kinds["lifeline.repaired"]
    alarms = drawn.summary["alarms"]
    assert alarms["alarms"] == alarms["archived"] + alarms["open"]
    assert sum(alarms["by_level"].values()) == alarms["published"]


def test_the_same_seed_gives_the_same_bytes_and_another_another_year(play: Play, drawn: RunFolder) -> None:
    assert play("again", **DRAWN).event_log_hash() == drawn.event_log_hash()
    other = play("other", **DRAWN, seed=4)
    assert other.event_log_hash() != drawn.event_log_hash()


def test_the_world_is_the_same_whoever_is_there_to_mend_it(play: Play, drawn: RunFolder) -> None:
    crews = {"crews": {"water": 1}, "shifts": "always"}
    other = play("few", **DRAWN, staffing=crews)

    def failures(run: RunFolder) -> list[tuple[float, str, str]]:
        return [(e.t_s, e.subject, e.data["asset"]) for e in run.events() if e.kind == "lifeline.failed"]

    assert failures(drawn) == failures(other)
    assert compare_worlds(drawn.events(), other.events()).is_same


def test_a_run_goes_on_from_a_checkpoint_to_the_same_end(play: Play, tmp_path: Path) -> None:
    output = {**GIVEN["output"], "checkpoints_every": "20h"}
    whole = play("kept", output=output)
    again = branch_stored(whole, 20 * 3600.0, [], tmp_path / "branch")
    assert_same_run(whole, again)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"failures": [{"draw": {"kinds": ["earthquake"]}}]}, ["kinds", "'earthquake'", "water_break"]),
        ({"failures": [{"draw": {"kinds": ["heat_break"]}}]}, ["'heat_break'", "network heat"]),
        ({"failures": [{"draw": {"factor": -1}}]}, ["failures.0.draw.factor", "-1"]),
        (
            {"failures": [{"draw": {"rates": {"water_break": {"pe": -0.1}}}}]},
            ["failures.0.draw.rates.water_break.pe", "-0.1", "greater than or equal to 0"],
        ),
        (
            {"failures": [{"draw": {"rates": {"water_break": {"wood": 0.1}}}}]},
            ["failures.0.draw.rates.water_break", "'wood'", "cast_iron"],
        ),
        (
            {"failures": [{"lifeline": {"kind": "water_break", "asset": "W-1", "at": "+1h"}}]},
            ["failures.0.lifeline.asset", "'W-1'", "W-H000000"],
        ),
        (
            {"failures": [{"lifeline": {"kind": "water_break", "asset": "W-H000000", "at": "+9d"}}]},
            ["failures.0.lifeline.at", "within the run"],
        ),
        ({"alarms": {"rules": "no.yaml"}}, ["alarms.rules", "no.yaml"]),
        ({"alarms": {"shelve": [{"rule": "methan"}]}}, ["alarms.shelve.0.rule", "'methan'", "methane_alarm"]),
        ({"alarms": {"shelve": [{"sensor": "SE-1"}]}}, ["alarms.shelve.0.sensor", "'SE-1'"]),
        (
            {"alarms": {"shelve": [{"from": "+2h", "until": "+1h"}]}},
            ["shelve.0.until", "after 'from'"],
        ),
    ],
)
def test_wrong_keys_are_refused_in_one_line(
    bundle: Path, tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ScenarioError) as caught:
        prepare(load_scenario(str(write(tmp_path / "wrong.yaml", bundle, changes))))
    text = str(caught.value)
    assert "\n" not in text
    assert text.count("Scenario '") == 1  # the key is blamed once, not by each who passes it on
    assert caught.value.exit_status == 2
    for word in words:
        assert word in text


def test_a_pipe_of_a_material_without_a_rate_is_refused(tmp_path: Path) -> None:
    city = make_lifeline_city(area_km2=4.0)
    pipes = city.layers["lifelines"].copy()
    pipes.loc[0, "material"] = "wood"
    write_city(city.with_layer("lifelines", pipes), tmp_path / "city")
    path = write(tmp_path / "wood.yaml", tmp_path / "city", DRAWN)
    with pytest.raises(ScenarioError, match=r"'W-H000000': got material 'wood'; expected one of cast_iron"):
        prepare(load_scenario(str(path)))


def test_a_rule_file_of_the_scenario_takes_effect(bundle: Path, tmp_path: Path) -> None:
    rules = "rules:\n- {id: any_gas, zh: 任, en: any, kind: gas, level: 2, class: '04-03', when: "
    (tmp_path / "rules.yaml").write_text(rules + "{quantity: methane, at_least: 0.5}}\n", "utf-8")
    path = write(tmp_path / "own.yaml", bundle, {"alarms": {"rules": "rules.yaml"}, "duration": "5h"})
    run = run_scenario(load_scenario(str(path)), tmp_path / "run")
    assert run.summary is not None
    assert set(run.summary["alarms"]["by_rule"]) == {"any_gas"}
