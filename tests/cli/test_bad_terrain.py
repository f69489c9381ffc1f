"""Terrain that is wrong, and steps that are: one clear line and status 2, or a rule that holds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from typer.testing import Result

from scenarios.runfolder import RunFolder
from tests.cli.test_bad_input import complaint
from tests.scenarios.small_runs import write_bundle, write_scenario
from tests.tiny_city import make_tiny_city

Invoke = Callable[..., Result]
SHORT = {"duration": "2min", "staffing": {"crews": {}}}


def spoilt(
    folder: Path, spoil: Callable[[NDArray[np.float64]], None], nodata: float | None = -9999.0
) -> Path:
    """Write the tiny city with a spoilt terrain of 64-bit numbers; return the scenario."""
    bundle = write_bundle(folder / "city")
    path = bundle / "terrain.tif"
    with rasterio.open(path) as raster:
        profile, elevation = raster.profile, raster.read(1).astype(np.float64)
    spoil(elevation)
    with rasterio.open(path, "w", **{**profile, "dtype": "float64", "nodata": nodata}) as raster:
        raster.write(elevation, 1)
    return write_scenario(folder / "spoilt.yaml", bundle, SHORT)


def put(value: float, rows: slice = slice(7, 8), cols: slice = slice(14, 15)) -> Callable[..., None]:
    def spoil(elevation: NDArray[np.float64]) -> None:
        elevation[rows, cols] = value

    return spoil


@pytest.mark.parametrize(
    ("value", "nodata", "words"),
    [
        (1e38, -9999.0, "1 cells below -450 m or above 9000 m, the first at row 7, col 14 with 1e+38 m"),
        (1e300, -9999.0, "row 7, col 14 with inf m"),
        (-np.inf, -9999.0, "row 7, col 14 with -inf m"),
        (-9999.0, None, "row 7, col 14 with -9999 m"),
        (5000.0, -9999.0, "relief below 4096 m"),
    ],
)
def test_a_cell_that_cannot_be(
    invoke: Invoke, tmp_path: Path, value: float, nodata: float | None, words: str
) -> None:
    assert words in complaint(invoke, tmp_path / "run", spoilt(tmp_path, put(value), nodata))


def test_a_terrain_without_ground(invoke: Invoke, tmp_path: Path) -> None:
    scenario = spoilt(tmp_path, put(np.nan, slice(None), slice(None)))
    assert "no cell has ground" in complaint(invoke, tmp_path / "run", scenario)


def test_holes_and_edges_without_ground_are_outside(invoke: Invoke, tmp_path: Path) -> None:
    """The file's nodata value and NaN both mean "no ground": no water goes there, no result is NaN."""

    def spoil(elevation: NDArray[np.float64]) -> None:
        elevation[:2] = elevation[:, -1] = -1.7e308
        elevation[20, 18:22] = np.nan
        elevation[30, 30] = -1.7e308

    scenario = spoilt(tmp_path, spoil, nodata=-1.7e308)
    result = invoke("run", scenario, "--out", tmp_path / "run", "--quiet", "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    run = RunFolder(tmp_path / "run")
    outside = np.isnan(run.city().terrain.elevation)
    assert outside.sum() == 2 * 40 + 38 + 4 + 1
    frames = run.frames()
    for field in frames.rasters:
        values = frames.raster(field.name)
        assert field.fill is not None or np.isfinite(values).all()
        assert not np.nan_to_num(values[outside]).any()
    assert frames.max_depth.max() > 5
    assert run.summary is not None
    assert abs(run.summary["water"]["surface_error_m3"]) < 1e-9


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("numerics.courant=0.9", ["key 'numerics'", "'courant': got 0.9", "0.5916"]),
        ("numerics.courant=0", ["key 'numerics'", "'courant': got 0.0"]),
        ("numerics.courant=nan", ["key 'numerics'", "'courant': got nan"]),
        ("numerics.max_step=0", ["key 'numerics'", "'max_step_s': got 0.0 s"]),
        ("numerics.max_step=2min", ["key 'numerics'", "'max_step_s': got 120.0 s", "at most 60.0 s"]),
        ("numerics.coupling=0", ["numerics.coupling"]),
        ("numerics.exchange=0", ["numerics.exchange"]),
        ("numerics.exchange=-1", ["numerics.exchange"]),
        ("numerics.manning_n=nan", ["numerics.manning_n"]),
        ("numerics.manning_n=0", ["numerics.manning_n"]),
        ("duration=1e999", ["duration"]),
        ("output.points_every=0", ["output.points_every"]),
        ("output.hazard=desert", ["key 'output.hazard'", "'desert'", "urban"]),
        ("output.points=no.csv", ["key 'output.points'", "no.csv"]),
    ],
)
def test_steps_and_outputs_that_cannot_be(
    invoke: Invoke, scenario: Path, tmp_path: Path, override: str, words: list[str]
) -> None:
    line = complaint(invoke, tmp_path / "run", scenario, "--set", override)
    for word in words:
        assert word in line, line


def test_a_point_in_the_middle_of_a_building(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    terrain = make_tiny_city().terrain
    points = tmp_path / "points.csv"
    points.write_text(f"id,x,y\nKERB-7,{terrain.x_min + 18},{terrain.bounds[1] + 58}\n", "utf-8")
    line = complaint(invoke, tmp_path / "run", scenario, "--set", f"output.points={points}")
    assert "'KERB-7'" in line
    assert "within 4 m" in line


def test_export_through_the_command_line(invoke: Invoke, run_folder: Path, tmp_path: Path) -> None:
    result = invoke("export", run_folder, "--what", "max_depth, hazard", "--out", tmp_path / "gis")
    assert result.exit_code == 0, result.output
    assert [Path(line).name for line in result.stdout.splitlines()] == ["max_depth.tif", "hazard_rating.tif"]
    wrong = invoke("export", run_folder, "--what", "salinity", "--out", tmp_path / "gis")
    assert wrong.exit_code == 2
    assert wrong.stderr.count("\n") == 1
    assert "'salinity'" in wrong.stderr


def test_export_names_the_rasters_that_a_run_has_and_how_to_get_others(
    invoke: Invoke, scenario: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    changes = ("--set", "output.hazard=false", "--set", "duration=4min")
    assert invoke("run", scenario, "--out", run, "--quiet", *changes).exit_code == 0
    result = invoke("export", run, "--what", "hazard", "--out", tmp_path / "gis")
    assert result.exit_code == 2
    assert result.stderr == (
        "--what: got 'hazard', which this run has not recorded; expected all, or some of time_of_max, "
        "max_depth, time_of_max_s. Run the scenario again without output.hazard=false.\n"
    )
    assert not (tmp_path / "gis").exists()
