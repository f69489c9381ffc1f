"""A run's own sewer sensors find the conduit that the scenario blocks, and none where it blocks none."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from scenarios.runfolder import RunFolder
from scenarios.sewertwin import sewer_twin
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario
from twin.detection.blockages.shadow import SewerShadow, Span

QUIET: dict[str, Any] = {
    "duration": "70min",
    "weather": {"rain": {"constant": {"intensity_mm_h": 30, "duration": "65min"}}},
    "staffing": None,
    "reporting": None,
    "failures": None,
    "output": {"depth_every": "10min", "sensors_every": "1min"},
}
BLOCKED = {"failures": [{"blockage": {"conduit": "C3", "blocked": 0.95, "at": "17:20"}}]}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """The tiny city under steady rain, healthy and with a blocked conduit."""
    folder = tmp_path_factory.mktemp("runs")
    city = write_bundle(folder / "city")
    return {
        name: run_small(write_scenario(folder / f"{name}.yaml", city, QUIET | changes), folder / name)
        for name, changes in (("healthy", {}), ("blocked", BLOCKED))
    }


def test_the_twin_of_a_healthy_run_reads_what_its_sensors_read(runs: dict[str, RunFolder]) -> None:
    twin = sewer_twin(runs["healthy"], 10)
    shadow = SewerShadow(twin.network, twin.readings.columns, twin.settings)
    model = shadow.run(twin.forcing, Span(0, len(twin.forcing.inflow_m3))).sensors
    blocks = len(model) // 5
    means = model[: blocks * 5].reshape(blocks, 5, -1).mean(axis=1)
    read = twin.readings.averaged(300).values[:blocks]
    assert read.max() > 0.02
    np.testing.assert_allclose(means, read, atol=0.01)


def test_the_blocked_conduit_of_a_run_is_found(
    runs: dict[str, RunFolder], invoke: Callable[..., Result], tmp_path: Path
) -> None:
    out = tmp_path / "found.csv"
    for name in ("healthy", "blocked"):
        result = invoke("detect", "blockages", runs[name].path, "--out", out, "--jobs", "1", "--quiet")
        assert result.exit_code == 0, result.output
        with out.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
        if name == "healthy":
            assert found == []
    assert found[0]["news"] == "new"
    assert "2026-06-18 17:20:00" <= found[0]["time"] <= "2026-06-18 17:50:00"
    assert found[-1]["conduit"] == "C3"


def test_a_run_and_files_besides_are_refused(
    runs: dict[str, RunFolder], invoke: Callable[..., Result], tmp_path: Path
) -> None:
    result = invoke(
        "detect", "blockages", runs["healthy"].path, "--out", tmp_path / "x.csv", "--rain", "r.csv"
    )
    assert result.exit_code == 2
    assert "got a file besides; expected the run folder alone" in result.stderr
