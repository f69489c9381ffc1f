"""Scenario files: what is accepted, what is refused and in which words."""

from datetime import datetime
from pathlib import Path

import pytest

from cim_models.errors import ScenarioError
from scenarios.schema import library_names, load_scenario
from scenarios.schema.quantities import offset_s, parse_duration

MINIMAL = """
name: minimal
city: builtin:district
start: 2026-06-18T17:00:00+08:00
duration: 1h
"""


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    path = tmp_path / "minimal.yaml"
    path.write_text(MINIMAL)
    return path


def test_library_scenarios_are_valid() -> None:
    names = library_names()
    assert {"jiangbei_storm", "santboi_storm"} <= set(names)
    for name in names:
        assert load_scenario(name).scenario.name == name


def test_a_minimal_file_has_defaults_for_the_rest(minimal: Path) -> None:
    loaded = load_scenario(str(minimal))
    assert loaded.scenario.duration == 3600
    assert loaded.scenario.weather.rain is None
    assert loaded.scenario.dispatch.policy == "assignment"
    assert len(loaded.sha256) == 64


def test_a_resolved_scenario_can_be_read_again(minimal: Path) -> None:
    scenario = load_scenario("jiangbei_storm").scenario
    again = type(scenario).model_validate(scenario.model_dump(mode="json", by_alias=True))
    assert again == scenario


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("2min", 120), ("6h", 21600), ("1h 30min", 5400), ("0.5h", 1800), (15, 15), ("1d", 86400)],
)
def test_durations(text: str | int, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["six hours", "", "5", "5 m", "-5s", "1h and 3min", None, True])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("17:20", 1200),
        ("17:00:30", 30),
        ("16:59", 86340),
        ("+40min", 2400),
        ("2026-06-18T18:00:00", 3600),
        ("2026-06-18T10:00:00+00:00", 3600),
    ],
)
def test_moments_count_from_the_start(text: str, seconds: float) -> None:
    assert offset_s(text, datetime.fromisoformat("2026-06-18T17:00:00+08:00")) == seconds


def test_clock_times_in_yaml_are_not_sexagesimal_numbers(minimal: Path) -> None:
    minimal.write_text(MINIMAL + "measures: [{close_road: {road: R1, from: 17:20}}]\n")
    measure = load_scenario(str(minimal)).scenario.measures[0].close_road
    assert measure is not None
    assert measure.begin == "17:20"


def test_overrides_reach_into_mappings_and_lists() -> None:
    loaded = load_scenario(
        "jiangbei_storm",
        [
            "weather.rain.design.return_period=20",
            "failures.0.blockage.gullies.fraction=0.5",
            "staffing.crews={}",
            "dispatch.delay=30min",
            "reporting.video=false",
            "city=build/santboi",
        ],
        seed=11,
    )
    scenario = loaded.scenario
    assert scenario.weather.rain is not None
    assert scenario.weather.rain.design is not None
    assert scenario.weather.rain.design.return_period == 20
    assert scenario.failures[0].blockage is not None
    assert scenario.failures[0].blockage.gullies.fraction == 0.5
    assert scenario.staffing.crews == {}
    assert scenario.dispatch.delay == 1800
    assert scenario.reporting.video is False
    assert scenario.city == "build/santboi"
    assert scenario.seed == 11
    assert len(loaded.overrides) == 6


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("dispach.policy=x", ["--set dispach.policy", "unknown key", "'dispatch'"]),
        ("dispatch.polcy=x", ["--set dispatch.polcy", "mode, delay, manual_delay, policy", "'policy'"]),
        ("duration=six hours", ["--set duration", "'six hours'", "2min"]),
        ("staffing.crews.drainage=-1", ["--set staffing.crews.drainage", "-1", "greater than or equal to 0"]),
        ("failures.0.blockage.gullies.fraction=3", ["gullies.fraction", "got 3", "less than or equal to 1"]),
        ("failures.7.blockage=3", ["--set failures.7.blockage", "a place from 0 to 0"]),
        ("failures=[{burst: {pipe: P, at: 25:00, area_fraction: 0.2}}]", ["failures.0.burst.at", "'25:00'"]),
        (
            "weather.rain.constant={intensity_mm_h: 5, duration: 1h}",
            ["exactly one of design, constant, gauges"],
        ),
        ("start=2026-06-18T17:00:00", ["--set start", "with its zone"]),
        ("reporting.video={recal: 3}", ["reporting.video.recal", "'recall'"]),
        ("seed=-1", ["--set seed", "got -1", "greater than or equal to 0"]),
        ("seed=abc", ["--set seed", "'abc'", "a whole number"]),
        ("name=a/b", ["--set name", "'a/b'", "letters, digits"]),
        ("city=[1", ["--set city", "'[1'", "YAML"]),
        ("city", ["--set", "'city'", "key=value"]),
        (
            "weather.rain={gauges: {file: a.csv, method: kriging}}",
            ["weather.rain.gauges.method", "'kriging'", "'nearest' or 'inverse_distance'"],
        ),
        ("ground.model=philip", ["--set ground.model", "'philip'", "'none', 'green_ampt' or 'horton'"]),
        ("ground.interval=2h", ["--set ground.interval", "less than or equal to 3600"]),
        ("ground.initial_saturation=1", ["--set ground.initial_saturation", "got 1", "less than 1"]),
        ("ground={classes: {lawn: {porous: 1}}}", ["ground.classes.lawn.porous", "soil, pervious"]),
        ("ground={soils: {loam: {porosity: 3}}}", ["ground.soils.loam.porosity", "got 3"]),
        ("seed.x=1", ["--set seed.x", "no 'seed.x'"]),
    ],
)
def test_a_wrong_override_is_named_with_its_remedy(override: str, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("jiangbei_storm", [override])
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("colour: red", ["key 'colour'", "unknown key", "Remove it"]),
        ("duration: 2h", ["line 6", "'duration' given twice"]),
        ("weather: [rain", ["line", "YAML"]),
        ("weather: {rain: {desing: {}}}", ["key 'weather.rain.desing'", "'design'"]),
        ("weather: {rain: {}}", ["key 'weather.rain'", "exactly one of design, constant, gauges"]),
        (
            "measures: [{pump_truck: {at: [1, 2], capacity_m3_h: 5}}]",
            ["measures.0.pump_truck.from", "Add 'from'"],
        ),
    ],
)
def test_a_wrong_file_is_named_with_key_and_remedy(minimal: Path, line: str, words: list[str]) -> None:
    minimal.write_text(MINIMAL + line + "\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(str(minimal))
    for word in [*words, str(minimal)]:
        assert word in str(caught.value)


def test_a_missing_scenario_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="jiangbei_storm"):
        load_scenario("jiangbei_strom")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"- a\n- b\n", b""])
def test_what_is_no_scenario_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=r"x\.yaml"):
        load_scenario(str(path))


def test_paths_are_found_from_here_first_then_beside_the_scenario(
    minimal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_scenario(str(minimal))
    (minimal.parent / "rain.csv").write_text("")
    assert loaded.resolve("rain.csv") == minimal.parent / "rain.csv"
    here = minimal.parent / "here"
    here.mkdir()
    (here / "rain.csv").write_text("")
    monkeypatch.chdir(here)
    assert loaded.resolve("rain.csv") == Path("rain.csv")
