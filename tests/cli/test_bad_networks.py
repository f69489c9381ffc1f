"""Broken networks of pipes: one clear line and status 2, or a run that says what it cannot do."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import Result

from cim_models.networks import read_supply
from scenarios.runfolder import RunFolder
from tests.cli.test_bad_input import complaint
from tests.scenarios.small_runs import write_bundle, write_scenario
from tests.scenarios.test_supply import DRY, SUPPLY
from tests.tiny_city import make_tiny_city
from tests.twin.supply.towns import needs_epanet

Invoke = Callable[..., Result]


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Scenario of a burst, its city beside it."""
    city = replace(make_tiny_city(), supply=read_supply(SUPPLY))
    (tmp_path / "in").mkdir()
    changes = {**DRY, "duration": "5min"}
    return write_scenario(
        tmp_path / "in" / "burst.yaml", write_bundle(tmp_path / "in" / "city", city), changes
    )


def spoil(scenario: Path, name: str, before: str, after: str) -> int:
    """Change a file of the scenario's city and return the number of the line that is changed first."""
    path = scenario.parent / "city" / name
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")
    return text[: text.index(before)].count("\n") + 1


@needs_epanet
def test_a_pipe_that_does_not_exist_is_named_with_those_that_do(
    invoke: Invoke, scenario: Path, tmp_path: Path
) -> None:
    burst = "failures=[{burst: {pipe: ABC, at: 17:02, area_fraction: 0.4}}]"
    line = complaint(invoke, tmp_path / "out", scenario, "--set", burst)
    for word in ("failures.0.burst.pipe", "'ABC'", "such as BC, AB"):
        assert word in line


@needs_epanet
@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (" BC B C 34 100 120 0 Open", " BC B C 34 wide 120 0 Open", ["diameter", "'wide'"]),
        (" BC B C 34 100 120 0 Open", " BC B NOWHERE 34 100 120 0 Open", ["NOWHERE"]),
        (" BC B C 34 100 120 0 Open", " BC B C", ["'BC'"]),
        (" Headloss H-W", " Headloss H-W\n[CONTROLS]\n LINK NIX OPEN AT TIME 3", ["NIX"]),
        (" Headloss H-W", " Headloss FOO", ["FOO"]),
        ("[OPTIONS]", "[OPTIONZ]", ["[OPTIONZ]"]),
    ],
)
def test_an_epanet_file_with_errors_is_refused_with_line_and_reason(
    invoke: Invoke, scenario: Path, tmp_path: Path, before: str, after: str, words: list[str]
) -> None:
    number = spoil(scenario, "supply.inp", before, after) + (2 if "CONTROLS" in after else 0)
    line = complaint(invoke, tmp_path / "out", scenario)
    for word in (f"line {number}", "supply.inp", *words):
        assert word in line


@needs_epanet
def test_a_check_of_the_city_finds_what_the_engines_refuse(invoke: Invoke, scenario: Path) -> None:
    city = scenario.parent / "city"
    assert invoke("city", "check", city).exit_code == 0
    wrong = spoil(scenario, "supply.inp", " A 298.5 0.4\n", " A 298.5 0.4 night\n")
    checked = invoke("city", "check", city)
    assert checked.exit_code == 2
    assert f"error: supply: supply.inp line {wrong}: EPANET refuses it" in checked.stdout
    assert "night" in checked.stdout
    spoil(scenario, "sewer.inp", "INFILTRATION HORTON", "INFILTRATION HORTEN")
    answer = json.loads(invoke("city", "check", city, "--json").stdout)
    assert [row["layer"] for row in answer["defects"] if row["severity"] == "error"] == ["sewer", "supply"]


@needs_epanet
def test_a_supply_in_pieces_is_refused(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    spoil(scenario, "supply.inp", " BC B C 34 100 120 0 Open\n", "")
    line = complaint(invoke, tmp_path / "out", scenario)
    for word in ("layer 'supply'", "id 'C'", "1 nodes without a way to a reservoir or tank", "Connect them"):
        assert word in line


@needs_epanet
def test_where_valves_are_missing_a_main_is_cut_off_by_those_farther_away(
    invoke: Invoke, scenario: Path, tmp_path: Path
) -> None:
    """The model has no valves: only those at the reservoir are left, and everybody loses the water."""
    changes = (
        "failures=[{burst: {pipe: BC, at: 17:01, area_fraction: 0.4}}]",
        "measures=[{shut_valve: {valve: RA@R, from: 17:02}}]",
        "supply.valves=model",
    )
    settings = [word for change in changes for word in ("--set", change)]
    result = invoke("run", scenario, "--out", tmp_path / "out", "--quiet", *settings)
    assert result.exit_code == 0, result.output
    run = RunFolder(tmp_path / "out")
    events = list(run.events())
    isolated = next(event for event in events if event.kind == "supply.isolated")
    assert isolated.data["valves"] == ["RA@R"]
    notes = [event.data["text"] for event in events if event.kind == "run.noted"]
    assert "water supply: isolation valves are those of the model" in notes
    assert run.summary is not None
    assert run.summary["supply"]["most_customers_out"] == run.summary["supply"]["customers"]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("{blockage: {conduit: C9, at: 17:02}}", ["blockage.conduit", "'C9'", "such as C"]),
        ("{sewer_collapse: {conduit: G1, at: 17:02}}", ["sewer_collapse.conduit", "'G1'"]),
        ("{pump_station_failure: {pump: C1, at: 17:02}}", ["pump_station_failure.pump", "'C1'", "none"]),
    ],
)
def test_a_part_of_the_sewer_that_does_not_exist_is_refused(
    invoke: Invoke, scenario: Path, tmp_path: Path, failure: str, words: list[str]
) -> None:
    line = complaint(invoke, tmp_path / "out", scenario, "--set", f"failures=[{failure}]")
    for word in words:
        assert word in line


def test_a_sewer_file_with_errors_is_refused_with_its_line(
    invoke: Invoke, scenario: Path, tmp_path: Path
) -> None:
    number = spoil(scenario, "sewer.inp", "C2 J2 J3", "C2 J2 J9")
    line = complaint(invoke, tmp_path / "out", scenario)
    for word in (f"line {number}", "sewer.inp", "J9"):
        assert word in line
