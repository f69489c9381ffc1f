"""A main bursts under the street of the tiny city."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.events import EVENT_KINDS, Event
from cim_models.networks import read_supply
from scenarios.branching import branch_stored
from scenarios.composition import prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import Simulation
from tests.scenarios.branching.alike import assert_same_run
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario
from tests.tiny_city import X0, Y0, make_tiny_city
from tests.twin.supply.towns import needs_epanet

SUPPLY = f"""\
[JUNCTIONS]
 A 298.5 0.4
 B 298.5 0.4
 C 298.3 0.4
[RESERVOIRS]
 R 340
[PIPES]
 RA R A 50 200 120 0 Open
 AB A B 30 200 120 0 Open
 BC B C 34 100 120 0 Open
[OPTIONS]
 Units LPS
 Headloss H-W
[COORDINATES]
 R {X0 + 2} {Y0 + 44}
 A {X0 + 8} {Y0 + 40}
 B {X0 + 36} {Y0 + 40}
 C {X0 + 70} {Y0 + 40}
[END]
"""
DRY: dict[str, Any] = {
    "weather": None,
    "duration": "20min",
    "failures": [
        {"burst": {"pipe": "AB", "at": "17:02", "area_fraction": 0.4}},
        {"blockage": {"gullies": {"fraction": 1.0}}},
    ],
    "staffing": {"crews": {"drainage": 1}},
    "reporting": {"sensors": True, "video": False, "citizens": False, "patrols": False},
}
SHUT = {"shut_valve": {"valve": "RA@R", "from": "17:08"}}


def town() -> City:
    return replace(make_tiny_city(), supply=read_supply(SUPPLY))


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., RunFolder]:
    """Return a function that runs the burst with changes."""
    folder = tmp_path_factory.mktemp("supply")
    bundle = write_bundle(folder / "city", town())

    def run(name: str, **changes: Any) -> RunFolder:
        path = write_scenario(folder / f"{name}.yaml", bundle, {**DRY, **changes})
        return run_small(path, folder / name)

    return run


@pytest.fixture(scope="module")
def shut(play: Callable[..., RunFolder]) -> RunFolder:
    """The burst, the valve shut after ten minutes, the pipe repaired."""
    return play("shut", measures=[SHUT, {"repair_pipe": {"pipe": "AB", "at": "17:15"}}])


def only(run: RunFolder, kind: str) -> Event:
    found = [event for event in run.events() if event.kind == kind]
    assert len(found) == 1, kind
    return found[0]


@needs_epanet
def test_what_escapes_is_what_the_street_receives(shut: RunFolder) -> None:
    summary = shut.summary
    assert summary is not None
    supply, water = summary["supply"], summary["water"]
    assert supply["escaped_to_street_m3"] > 20.0
    assert water["from_supply_m3"] == pytest.approx(supply["escaped_to_street_m3"], rel=1e-3)
    assert abs(supply["relative_error"]["supply"]) < 1e-4
    assert water["surface_error_units"] == water["coupled_error_units"] == 0
    assert supply["refill_m3"] > 0.0  # no flow of the model: the pipes of EPANET stay full
    assert supply["lost_m3"] == supply["escaped_to_street_m3"] + supply["escaped_to_ground_m3"]
    assert supply["pipes"][0]["escaped_m3"] == pytest.approx(supply["escaped_to_street_m3"], abs=1e-3)


@needs_epanet
def test_the_street_floods_because_of_the_burst_and_not_of_rain(shut: RunFolder) -> None:
    burst = only(shut, "supply.burst")
    flooded = [event for event in shut.events() if event.kind == "road.flooded"]
    assert flooded
    assert flooded[0].cause == burst.id
    assert flooded[0].t_s > burst.t_s == 120.0


@needs_epanet
def test_every_stage_names_its_cause(shut: RunFolder) -> None:
    events = {event.id: event for event in shut.events()}
    for kind, chain in {
        "supply.isolated": ["valve.shut", "order.issued", "run.started"],
        "supply.customers_out": ["valve.shut", "order.issued", "run.started"],
        "supply.repaired": ["order.issued", "run.started"],
    }.items():
        event = next(event for event in events.values() if event.kind == kind)
        for cause in chain:
            assert event.cause is not None
            event = events[event.cause]
            assert event.kind == cause
    times = [event.t_s for event in shut.events()]
    assert times == sorted(times)


@needs_epanet
def test_events_say_what_their_kinds_declare(shut: RunFolder) -> None:
    for event in shut.events():
        if event.kind.startswith(("supply.", "valve.")):
            assert set(event.data) <= set(EVENT_KINDS[event.kind].data)


@needs_epanet
def test_customers_without_water_are_counted_by_node_and_hour(shut: RunFolder) -> None:
    assert shut.summary is not None
    supply = shut.summary["supply"]
    hours = sum(node["persons"] * node["hours_out"] for node in supply["nodes"])
    assert supply["customers_out_hours"] == pytest.approx(hours)
    assert 0.0 < supply["most_customers_out"] <= supply["customers"] == 260.0
    readings = shut.readings("city", "customers_out")
    assert readings["value"].max() == supply["most_customers_out"]


@needs_epanet
def test_the_same_burst_gives_the_same_bytes(play: Callable[..., RunFolder]) -> None:
    first, second = play("one", duration="10min"), play("two", duration="10min")
    assert first.meta["event_log_hash"] == second.meta["event_log_hash"]
    assert first.summary is not None
    assert second.summary is not None
    assert first.summary["supply"] == second.summary["supply"]
    assert first.summary["water"] == second.summary["water"]


@needs_epanet
def test_a_run_without_failures_of_the_supply_leaves_it_alone(play: Callable[..., RunFolder]) -> None:
    run = play("without", failures=[], duration="2min")
    assert run.summary is not None
    assert "supply" not in run.summary
    asked = play("asked", failures=[], duration="2min", supply={"simulate": True, "pressure_every": "1min"})
    assert asked.summary is not None
    assert asked.summary["supply"]["escaped_to_street_m3"] == 0.0
    pressures = asked.readings("supply:C", "supply_pressure")
    assert len(pressures) == 3
    assert pressures["value"].min() > 35.0


BAD = [
    (
        {"failures": [{"burst": {"pipe": "P9", "at": "17:02", "area_fraction": 0.5}}]},
        ["burst.pipe", "'P9'"],
    ),
    (
        {"failures": [{"burst": {"pipe": "AB", "at": "19:02", "area_fraction": 0.5}}]},
        ["burst.at", "122min after"],
    ),
    ({"failures": [{"pump_outage": {"pump": "AB", "at": "17:02"}}]}, ["pump_outage.pump", "'AB'"]),
    ({"failures": [{"valve_outage": {"valve": "V9", "at": "17:02"}}]}, ["valve_outage.valve", "RA@R"]),
    ({"measures": [{"shut_valve": {"valve": "V9", "from": "17:02"}}]}, ["shut_valve.valve", "RA@R"]),
    ({"measures": [{"repair_pipe": {"pipe": "X", "at": "17:02"}}]}, ["repair_pipe.pipe", "'X'"]),
    ({"supply": {"required_pressure_m": 1, "minimum_pressure_m": 2}}, ["key 'supply'", "above the minimum"]),
]


@needs_epanet
@pytest.mark.parametrize(("changes", "words"), BAD)
def test_what_the_supply_does_not_have_is_refused(
    play: Callable[..., RunFolder], changes: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ScenarioError) as caught:
        play("bad", **changes)
    for word in words:
        assert word in str(caught.value)


def test_without_epanet_a_burst_is_refused_and_other_runs_go_on(
    play: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.supply.is_installed", lambda: False)
    with pytest.raises(ScenarioError, match=r"owa-epanet, which has wheels for Python 3\.12"):
        play("engineless")
    assert play("other", failures=[], duration="1min").summary is not None


@needs_epanet
def test_branches_of_a_stored_and_of_a_running_burst_end_like_their_parent(
    play: Callable[..., RunFolder], tmp_path: Path
) -> None:
    output = {"depth_every": "4min", "sensors_every": "2min", "checkpoints_every": "5min"}
    changes = {"duration": "12min", "measures": [SHUT], "output": output}
    parent = play("branched", **changes)
    assert_same_run(parent, branch_stored(parent, 400.0, (), tmp_path / "stored"))
    scenario = load_scenario(str(parent.path.with_suffix(".yaml")))
    with Simulation(prepare(scenario), tmp_path / "run") as simulation:
        simulation.advance_to(430.0)  # before the valve is shut, so that each replays on its own
        branch = simulation.branch(tmp_path / "fork")
        simulation.run()
        assert branch.wait() == 0
    assert_same_run(parent, RunFolder(tmp_path / "run"))
    assert_same_run(parent, RunFolder(tmp_path / "fork"))
