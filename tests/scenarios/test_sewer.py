"""Sewers that fail in a run: one chain of cause from a blocked pipe to the closed case."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.events import Event
from cim_models.networks import read_sewer
from scenarios.runfolder import RunFolder
from scenarios.summary.failures import summarize_failures
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario
from tests.tiny_city import make_tiny_city

RAIN = {"rain": {"constant": {"intensity_mm_h": 25, "duration": "90min"}}}
LEVEL = {"constant": 298.0}
NUMERICS = {"exchange": "2s", "coupling": "20s"}
OUTPUT = {"depth_every": "10min", "sensors_every": "10min"}
BLOCKED: dict[str, Any] = {
    "duration": "150min",
    "weather": RAIN,
    "failures": [{"blockage": {"conduit": "C3", "at": "17:20"}}],
    "reporting": {"citizens": {"per_day": 0}},
}


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory, cloudburst: Path) -> Callable[..., RunFolder]:
    """Run a variant of the cloudburst."""

    def run(name: str, **changes: Any) -> RunFolder:
        folder = tmp_path_factory.mktemp(name)
        changes = {"numerics": NUMERICS, "output": OUTPUT, **changes}
        scenario = write_scenario(folder / f"{name}.yaml", cloudburst.parent / "city", changes)
        return run_small(scenario, folder / "run")

    return run


@pytest.fixture(scope="module")
def blocked(play: Callable[..., RunFolder]) -> RunFolder:
    return play("blocked", **BLOCKED)


def causes(events: list[Event], event: Event) -> list[str]:
    by_id = {entry.id: entry for entry in events}
    found = []
    while event.cause is not None:
        event = by_id[event.cause]
        found.append(f"{event.kind} {event.subject}")
    return found


def first(events: list[Event], kind: str, subject: str = "") -> Event:
    return next(event for event in events if event.kind == kind and subject in ("", event.subject))


def test_a_blocked_pipe_is_the_cause_of_manhole_street_case_and_recovery(blocked: RunFolder) -> None:
    events = list(blocked.events())
    for kind in ("sewer.surcharged", "road.flooded", "case.registered", "sewer.unblocked", "sewer.relieved"):
        assert "sewer.blocked C3" in causes(events, first(events, kind)), kind
    order = next(e for e in events if e.kind == "order.issued" and e.data["order"] == "UnblockConduit")
    freed, relieved = first(events, "sewer.unblocked"), first(events, "sewer.relieved")
    assert (freed.cause, relieved.cause) == (order.id, freed.id)
    assert first(events, "case.handled").t_s >= freed.t_s
    drained = [event for event in events if event.kind == "road.drained" and event.t_s >= freed.t_s]
    assert any("order.issued " + order.subject in causes(events, event) for event in drained)


def test_the_summary_counts_what_the_blockage_led_to(blocked: RunFolder) -> None:
    (record,) = blocked.summary["failures"]
    events = list(blocked.events())
    assert (record["kind"], record["subject"]) == ("sewer.blocked", "C3")
    assert record["ended_s"] == first(events, "sewer.unblocked").t_s
    assert "J3" in record["manholes_surcharged"]
    assert "R2" in record["roads_flooded"]
    assert [closed["road"] for closed in record["roads_closed"]] == ["R2"]
    assert record["cases"]
    assert {"UnblockConduit", "CloseRoad", "StartPump"} <= set(record["orders"])


def test_without_the_blockage_nothing_of_this_happens(play: Callable[..., RunFolder]) -> None:
    clear = play("clear", **{**BLOCKED, "duration": "40min", "failures": []})
    kinds = {event.kind for event in clear.events()}
    assert not kinds & {"sewer.surcharged", "road.flooded", "order.issued"}
    assert clear.summary["failures"] == []


def test_no_water_is_lost_where_the_sewer_fails(blocked: RunFolder) -> None:
    water = blocked.summary["water"]
    assert water["surface_error_units"] == water["coupled_error_units"] == 0
    assert abs(water["relative_error"]["sewer"]) < 5e-3


def test_planned_measures_mend_what_failed(play: Callable[..., RunFolder]) -> None:
    run = play(
        "planned",
        duration="40min",
        weather=RAIN,
        staffing=None,
        failures=[
            {"blockage": {"conduit": "C2", "at": "17:05", "blocked": 0.9}},
            {"sewer_collapse": {"conduit": "C3", "at": "17:10"}},
        ],
        measures=[
            {"unblock_sewer": {"conduit": "C2", "at": "17:20"}},
            {"unblock_sewer": {"conduit": "C3", "at": "17:21"}},
            {"rebuild_sewer": {"conduit": "C3", "at": "17:30"}},
        ],
    )
    told = [(event.kind, event.subject) for event in run.events() if event.kind.startswith("sewer.")]
    assert [(kind, subject) for kind, subject in told if subject in ("C2", "C3")] == [
        ("sewer.blocked", "C2"),
        ("sewer.collapsed", "C3"),
        ("sewer.unblocked", "C2"),
        ("sewer.rebuilt", "C3"),
    ]
    refused = first(list(run.events()), "order.refused")
    assert "must be rebuilt" in refused.data["reason"]


def test_leaves_block_gullies_in_the_rain_and_the_street_names_them(play: Callable[..., RunFolder]) -> None:
    run = play(
        "leaves",
        duration="40min",
        weather={"rain": {"constant": {"intensity_mm_h": 60, "duration": "40min"}}},
        failures=[{"blockage": {"gullies": {"fraction": 1.0}, "leaves": "heavy"}}],
        reporting={"citizens": {"per_day": 0}},
    )
    events = list(run.events())
    told = [event for event in events if event.kind == "gully.blocked"]
    shares: dict[str, list[float]] = {}
    for event in told:
        shares.setdefault(event.subject, []).append(event.data["blockage"])
    assert set(shares) == {"G1", "G2", "G3", "G4"}
    assert all(0.5 <= row[0] < 1.0 for row in shares.values())
    assert any(row[-1] == 1.0 for row in shares.values())
    assert all(causes(events, event)[0] == "rain.started run" for event in told)
    flooded = first(events, "road.flooded")
    assert causes(events, flooded)[0].startswith("gully.blocked")


def test_a_river_drowns_the_outfall_and_is_named(play: Callable[..., RunFolder]) -> None:
    run = play(
        "river",
        duration="30min",
        weather={"rain": {"constant": {"intensity_mm_h": 10, "duration": "30min"}}},
        failures=[],
        boundaries=[
            {"edges": "closed"},
            {"outfall": {"level_m": {"points": [["0s", 297.0], ["10min", 299.6]], "after": "hold"}}},
        ],
        reporting={"citizens": {"per_day": 0}},
    )
    events = list(run.events())
    assert first(events, "sewer.outfall_drowned").subject == "O1"
    surcharged = first(events, "sewer.surcharged")
    assert "sewer.outfall_drowned O1" in causes(events, surcharged)
    assert run.summary["water"]["relative_error"]["surface"] == 0.0


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"failures": [{"blockage": {"conduit": "C9"}}]}, ["failures.0.blockage.conduit", "'C9'", "C1"]),
        ({"failures": [{"sewer_collapse": {"conduit": "J1", "at": "17:05"}}]}, ["conduit", "'J1'"]),
        ({"failures": [{"pump_station_failure": {"pump": "P", "at": "17:05"}}]}, ["none", "'P'"]),
        ({"failures": [{"blockage": {"conduit": "C1", "at": "23:00"}}]}, ["blockage.at", "within the run"]),
        ({"failures": [{"blockage": {"gullies": {"ids": ["G1"]}, "conduit": "C1"}}]}, ["exactly one"]),
        ({"failures": [{"blockage": {"conduit": "C1", "leaves": "green"}}]}, ["leaves", "autumn"]),
        ({"failures": [{"blockage": {"conduit": "C1", "grows": "1h", "leaves": "heavy"}}]}, ["at most one"]),
        (
            {"measures": [{"unblock_sewer": {"conduit": "C9", "at": "17:05"}}]},
            ["unblock_sewer.conduit", "'C9'"],
        ),
        (
            {"boundaries": [{"outfall": {"outfalls": ["J1"], "level_m": LEVEL}}]},
            ["outfall", "'J1'"],
        ),
        ({"boundaries": [{"outfall": {"level_m": {"points": [["5min", 1]]}}}]}, ["outfall", "begins late"]),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(
    cloudburst: Path, tmp_path: Path, changes: dict[str, Any], parts: list[str]
) -> None:
    scenario = write_scenario(tmp_path / "bad.yaml", cloudburst.parent / "city", changes)
    with pytest.raises(ScenarioError) as caught:
        run_small(scenario, tmp_path / "run")
    text = str(caught.value)
    assert "\n" not in text
    for part in parts:
        assert part in text
    assert not (tmp_path / "run").exists()


def test_a_chain_ends_at_the_failure_that_caused_a_failure() -> None:
    """A failure that another one caused is no record of its own."""
    events = [
        Event(1, 0.0, "run.started", "run"),
        Event(2, 1.0, "supply.burst", "P", cause=1),
        Event(3, 2.0, "sewer.collapsed", "C", cause=2),
        Event(4, 3.0, "road.flooded", "R", cause=3),
        Event(5, 4.0, "road.flooded", "R9", cause=1),
    ]
    (record,) = summarize_failures(events)
    assert (record["event"], record["roads_flooded"], record["ended_s"]) == (2, ["R"], None)


def test_the_same_seed_gives_the_same_log(play: Callable[..., RunFolder]) -> None:
    def log(run: RunFolder) -> list[tuple[Any, ...]]:
        return [(e.t_s, e.kind, e.subject, e.cause, dict(e.data)) for e in run.events()]

    one, two = (play(name, **{**BLOCKED, "duration": "35min"}) for name in ("one", "two"))
    assert log(one) == log(two)
    assert np.array_equal(one.frames().max_depth, two.frames().max_depth)


def pumped_city() -> City:
    """The tiny city with a pump in place of its first conduit."""
    city = make_tiny_city()
    assert city.sewer is not None
    lines = [line for line in city.sewer.inp.splitlines() if not line.startswith("C1 ")]
    text = "\n".join(lines).replace(
        "[COORDINATES]",
        "[PUMPS]\nP1 J1 J2 PC ON 0 0\n\n[CURVES]\nPC PUMP2 0.2 0.05\nPC 9 0.05\n\n[COORDINATES]",
    )
    return replace(city, sewer=read_sewer(text, crs=city.crs))


@pytest.mark.parametrize("alarms", [None, {}])
def test_the_telemetry_of_a_pumping_station_calls_the_crew_that_restarts_it(
    tmp_path: Path, alarms: dict[str, Any] | None
) -> None:
    changes = {
        "duration": "90min",
        "weather": None,
        "alarms": alarms,
        "failures": [{"pump_station_failure": {"pump": "P1", "at": "17:05"}}],
        "reporting": {"citizens": {"per_day": 0}},
        "numerics": NUMERICS,
        "output": OUTPUT,
    }
    path = write_scenario(tmp_path / "pump.yaml", write_bundle(tmp_path / "city", pumped_city()), changes)
    events = list(run_small(path, tmp_path / "run").events())
    stopped, report = first(events, "sewer.pump_stopped"), first(events, "report.made")
    assert report.data["channel"] == "sensor"
    assert f"sewer.pump_stopped {stopped.subject}" in causes(events, report)
    if alarms is not None:
        assert first(events, "alarm.published").data["rule"] == "pump_stopped"
        assert first(events, "alarm.cleared").t_s > first(events, "sewer.pump_started").t_s
    order = next(event for event in events if event.kind == "order.issued")
    assert (order.data["order"], order.data["target"]) == ("RestartPump", "P1")
    assert first(events, "sewer.pump_started").cause == order.id
    assert any(event.kind == "case.closed" for event in events)
    assert not [event for event in events if event.kind in ("road.flooded", "sewer.surcharged")]


def test_a_street_that_drains_does_not_hide_the_blockage_that_a_sewer_sensor_told_of(
    play: Callable[..., RunFolder],
) -> None:
    """Blocked gullies flood the street; a report of the sewer joins its case, which outlives the water."""
    run = play(
        "joined",
        duration="2h",
        weather={"rain": {"constant": {"intensity_mm_h": 90, "duration": "8min"}}},
        failures=[
            {"blockage": {"gullies": {"ids": ["G3", "G4"]}}},
            {"blockage": {"conduit": "C3", "at": "17:01", "blocked": 0.8, "grows": "1min"}},
        ],
        staffing={"crews": {"drainage": 2}},
        reporting={"citizens": {"per_day": 0}},
    )
    events = list(run.events())
    joined = next(
        event
        for event in events
        if event.kind == "report.merged" and "sewer.blocked C3" in causes(events, event)
    )
    case = joined.data["case"]
    assert "sewer.blocked C3" not in causes(events, first(events, "case.registered", case))
    freed, closed = first(events, "sewer.unblocked"), first(events, "case.closed", case)
    assert f"report.merged {joined.subject}" in causes(events, freed)
    assert closed.t_s > freed.t_s > first(events, "sewer.relieved").t_s
    (record,) = run.summary["failures"]
    assert (record["cases"], record["cases_closed"]) == ([case], [case])
    assert record["crews"] == [freed_by(events, freed)]
    assert record["orders"] == {"UnblockConduit": 1}


def freed_by(events: list[Event], freed: Event) -> str:
    """Crew whose order freed a conduit."""
    return str(next(event.data["crew"] for event in events if event.id == freed.cause))
