"""Straight through, or saved and restored at ten random moments: the same run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cim_models.city import City
from scenarios.composition import Setup, prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import Origin, Simulation
from tests.scenarios.branching.alike import assert_same_run
from tests.scenarios.small_runs import write_bundle, write_scenario
from tests.tiny_city import make_tiny_city

CHANGES = {
    "duration": "40min",
    "weather": {"rain": {"constant": {"intensity_mm_h": 90, "duration": "25min"}}},
    "ground": {"model": "green_ampt"},
    "failures": [],
    "output": {"depth_every": "4min", "sensors_every": "4min"},
}
MOMENTS_S = sorted(np.random.default_rng(4).uniform(20.0, 2380.0, 10).round(3).tolist())
DROWNED = [{"edges": "closed"}, {"outfall": {"level_m": {"constant": 298.9}}}]
"""A river above the low street, so that the full sewer gives water to it and the street feels its heads."""
DRIFT_M = 0.04
"""Published tolerance of depths on the ground and of levels in the sewer after checkpoints, m."""


def without_sewer(city: City) -> City:
    sensors = city.layer("sensors")
    assert sensors is not None
    layers = {name: layer for name, layer in city.layers.items() if name != "gullies"}
    return replace(city, sewer=None, layers={**layers, "sensors": sensors[sensors["kind"] != "sewer_level"]})


def setup_of(folder: Path, city: City, **more: Any) -> Setup:
    changes = {**CHANGES, **more}
    scenario = write_scenario(folder / "scenario.yaml", write_bundle(folder / "city", city), changes)
    return prepare(load_scenario(str(scenario)))


def straight(setup: Setup, out: Path, moments_s: list[float]) -> RunFolder:
    """Run from start to end; checkpoints are kept at some moments, but nothing is restored."""
    with Simulation(setup, out) as simulation:
        for moment_s in moments_s:
            simulation.advance_to(moment_s)
            simulation.checkpoint()
        simulation.run()
    return RunFolder(out)


def restored(setup: Setup, folder: Path, moments_s: list[float]) -> RunFolder:
    """Run from moment to moment, each time with everything made anew and restored."""
    origin = None
    for number, moment_s in enumerate(moments_s):
        out = folder / f"piece-{number}"
        with Simulation(setup, out, origin=origin) as simulation:
            simulation.advance_to(moment_s)
            origin = Origin(out, simulation.checkpoint())
    with Simulation(setup, folder / "last", origin=origin) as simulation:
        simulation.run()
    return RunFolder(folder / "last")


def largest_difference_m(one: RunFolder, other: RunFolder) -> float:
    """Largest difference of any depth in any frame, m."""
    frames, others = one.frames(), other.frames()
    pairs = [(frames.depth(index), others.depth(index)) for index in range(len(frames))]
    return max(int(np.abs(first.astype(np.int32) - second).max()) for first, second in pairs) / 1000.0


def test_without_a_sewer_ten_restores_leave_no_trace(tmp_path: Path) -> None:
    setup = setup_of(tmp_path, without_sewer(make_tiny_city()))
    once = straight(setup, tmp_path / "straight", [])
    assert {"report.made", "case.registered", "crew.departed"} <= {event.kind for event in once.events()}
    assert_same_run(once, restored(setup, tmp_path, MOMENTS_S))


@pytest.mark.slow
def test_with_a_sewer_restored_and_kept_are_the_same_and_near_the_run_without_checkpoints(
    tmp_path: Path,
) -> None:
    setup = setup_of(tmp_path, make_tiny_city(), boundaries=DROWNED)
    kept = straight(setup, tmp_path / "kept", MOMENTS_S)
    assert_same_run(kept, restored(setup, tmp_path, MOMENTS_S))
    once = straight(setup, tmp_path / "straight", [])
    assert largest_difference_m(once, kept) < DRIFT_M
    levels, others = (run.readings("S-sewer", "water_level")["value"].to_numpy() for run in (once, kept))
    assert levels.max() > 2.0  # above the manhole's rim
    assert np.abs(levels - others).max() < DRIFT_M
    first, second = once.summary, kept.summary
    assert first is not None
    assert second is not None
    assert second["water"]["units"]["to_surface"] > 1_000_000
    for name in ("rain_m3", "infiltrated_m3", "to_sewer_m3"):
        assert second["water"][name] == pytest.approx(first["water"][name], rel=5e-3), name
    assert second["water"]["coupled_error_units"] == 0
