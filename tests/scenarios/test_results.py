"""What a run leaves behind per cell and at points: declared once, complete, and without a NaN."""

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import zarr

from cim_models.errors import InputError, RunFolderError, ScenarioError
from scenarios.export import export_rasters
from scenarios.points import OutputPoint, place_points, read_points
from scenarios.runfolder import RunFolder
from scenarios.runfolder.fields import BY_NAME, FIELDS, raster_field
from scenarios.runfolder.points import SERIES_COLUMNS, TABLE_COLUMNS
from tests.scenarios.folders import write_tiny_run
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario
from tests.tiny_city import X0, Y0, make_tiny_city
from twin.surface.hazard import flood_limits

ROOT = Path(__file__).parents[2]
DIP, IN_HOUSE, HILL = (60.5, 40.5), (10.6, 57.4), (6.5, 78.5)
POINTS = "id,name,x,y\n" + "".join(
    f"{name},some place,{X0 + x},{Y0 + y}\n"
    for name, (x, y) in {"DIP": DIP, "01": IN_HOUSE, "HILL": HILL}.items()
)
CHANGES = {
    "duration": "20min",
    "staffing": {"crews": {}},
    "reporting": {"citizens": False, "patrols": False, "video": False},
    "output": {
        "depth_every": "2min",
        "velocity_every": "5min",
        "points": "points.csv",
        "points_every": "1min",
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a scenario, its city and its points; the city has a hole and no ground at its edges."""
    folder = tmp_path_factory.mktemp("holed")
    city = make_tiny_city()
    elevation = city.terrain.elevation.copy()
    elevation[:, :2] = elevation[-1] = np.nan
    elevation[20, 10:14] = np.nan
    (folder / "points.csv").write_text(POINTS, "utf-8")
    bundle = write_bundle(folder / "city", replace(city, terrain=replace(city.terrain, elevation=elevation)))
    write_scenario(folder / "holed.yaml", bundle, CHANGES)
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> RunFolder:
    """A finished run of it; treat it as read-only."""
    return run_small(folder / "holed.yaml", folder / "run")


@pytest.fixture(scope="module", params=["2m", "4m", "8m"])
def run_on_cells(request: pytest.FixtureRequest, folder: Path) -> RunFolder:
    """A finished run with the surface water on cells of some size; treat it as read-only."""
    return run_small(folder / "holed.yaml", folder / request.param, f"numerics.cell={request.param}")


def test_no_moment_of_a_run_exceeds_its_largest_depth(run_on_cells: RunFolder) -> None:
    frames = run_on_cells.frames()
    largest_mm = frames.max_depth
    assert run_on_cells.summary is not None
    flooding = run_on_cells.summary["flooding"]
    depth_mm = np.stack([frames.depth(index) for index in range(len(frames))])
    assert (depth_mm <= largest_mm).all()
    assert depth_mm.max() > 150
    assert 1000.0 * flooding["max_depth_m"] == pytest.approx(largest_mm.max())
    series = run_on_cells.readings("city").pivot_table(index="t_s", columns="quantity", values="value")
    assert series["max_depth"].max() <= flooding["max_depth_m"] + 5e-4
    for limit in ("0.15", "0.30", "0.50"):
        area_m2 = series[f"flooded_area_{limit.replace('.', '')}"].max()
        assert (
            area_m2 == flooding["area_m2"][limit.replace(".", "")]["max"] <= flooding["area_ever_m2"][limit]
        )
        counted = (depth_mm >= round(1000.0 * float(limit))).sum(axis=(1, 2))
        written = series[f"flooded_area_{limit.replace('.', '')}"].reindex(frames.times_s).to_numpy()
        assert written == pytest.approx(counted * run_on_cells.city().terrain.cell_size_m ** 2)


def test_no_moment_at_a_point_exceeds_the_largest_depth_there(run_on_cells: RunFolder) -> None:
    series = pd.read_parquet(run_on_cells.path / "points.parquet")
    table = pd.read_csv(run_on_cells.path / "points.csv", dtype={"id": str}).set_index("id")
    deepest_m = series.groupby("id")["depth_m"].max()
    assert (deepest_m <= table["max_depth_m"].loc[deepest_m.index] + 6e-5).all()  # four decimals
    assert deepest_m["DIP"] > 0.15
    frames = run_on_cells.frames()
    wet = frames.max_depth > 0
    assert (np.isfinite(frames.time_of_max_s) == wet).all()


def test_every_field_is_declared_in_full() -> None:
    assert len(BY_NAME) == len(FIELDS)
    assert len({field.standard_name for field in FIELDS}) == len(FIELDS)
    for field in FIELDS:
        assert field.unit in {"m", "s", "m/s", "1"}
        assert field.zh
        assert field.en
        assert field.location == "cell"
        assert np.dtype(field.dtype).name in {"uint8", "uint16", "int16", "float32"}
        assert field.fill is None or np.isnan(field.fill)
    durations = [f"duration_{round(100 * depth_m):03d}_s" for depth_m in flood_limits().duration_depths_m]
    assert [field.name for field in FIELDS if field.name.startswith("duration")] == durations


def test_every_array_of_a_run_carries_its_declaration(run: RunFolder) -> None:
    group = zarr.open_group(run.path / "depth.zarr", mode="r")
    others = {"road_depth", "time_s", "velocity_time_s"}
    assert set(group.array_keys()) == set(BY_NAME) | others
    for field in FIELDS:
        array: Any = group[field.name]
        assert array.dtype == np.dtype(field.dtype)
        assert array.attrs["standard_name"] == field.standard_name
        assert array.attrs["units"] == field.unit
        assert array.attrs["location"] == "cell"
        assert array.attrs.get("scale_factor", 1.0) == field.scale
        assert array.shape[-2:] == (40, 40)
        assert array.metadata.dimension_names[-2:] == ("row", "col")


def test_numbers_survive_storage_and_what_does_not_fit_is_cut() -> None:
    depth, speed = raster_field("water_depth"), raster_field("velocity_east")
    assert depth.decode(depth.encode(np.array([0.1234, 70.0, -1.0, np.nan]))).tolist() == pytest.approx(
        [0.123, 65.535, 0.0, 0.0]
    )
    assert speed.decode(speed.encode(np.array([-0.5, 99.0, -99.0]))).tolist() == pytest.approx(
        [-0.5, 32.767, -32.768]
    )
    arrival = raster_field("arrival_time_s")
    assert np.isnan(arrival.decode(arrival.encode(np.array([np.nan, 5.0])))).tolist() == [True, False]
    with pytest.raises(RunFolderError, match="'salinity'"):
        raster_field("salinity")


def test_rasters_agree_with_one_another(run: RunFolder) -> None:
    frames, fields = run.frames(), {}
    for field in frames.rasters:
        fields[field.name] = frames.raster(field.name)
    deep = fields["max_depth"] >= 0.031
    assert deep.sum() > 50
    assert (~np.isnan(fields["arrival_time_s"]))[deep].all()
    assert np.isnan(fields["arrival_time_s"])[fields["max_depth"] < 0.029].all()
    assert (fields["arrival_time_s"] <= fields["time_of_max_s"])[deep].all()
    assert (fields["duration_015_s"] > 0).sum() == (fields["max_depth"] >= 0.15).sum() > 20
    assert (fields["duration_015_s"] <= 1200.0).all()
    assert (fields["aidr_class"] > 0)[deep].all()
    assert (fields["hazard_class"] > 0)[deep].all()
    assert fields["max_speed"].max() > 0.1


def test_no_raster_has_a_nan_but_where_it_means_no_value(run: RunFolder) -> None:
    frames = run.frames()
    for field in frames.rasters:
        values = frames.raster(field.name)
        if field.fill is None:
            assert np.isfinite(values).all(), field.name
            assert (values >= 0).all()
    for index in range(len(frames.velocity_times_s)):
        assert all(np.isfinite(part).all() for part in frames.velocity(index))
    outside = np.isnan(run.city().terrain.elevation)
    assert outside.sum() > 100
    assert not frames.max_depth[outside].any()
    assert np.isnan(frames.time_of_max_s[outside]).all()
    assert run.readings()["value"].notna().all()
    json.loads((run.path / "summary.json").read_text("utf-8"), parse_constant=pytest.fail)


def test_velocity_frames_are_written_at_their_interval(run: RunFolder) -> None:
    frames = run.frames()
    assert frames.velocity_times_s.tolist() == [0.0, 300.0, 600.0, 900.0, 1200.0]
    east, north = frames.velocity(2)
    assert east.shape == north.shape == (40, 40)
    assert np.hypot(east, north).max() == pytest.approx(frames.raster("max_speed").max(), rel=0.6)
    with pytest.raises(IndexError):
        frames.velocity(5)


def test_hazard_areas_of_the_summary_are_those_of_the_rasters(run: RunFolder) -> None:
    assert run.summary is not None
    hazard, frames = run.summary["hazard"], run.frames()
    assert list(hazard["rating_area_m2"]) == ["low", "moderate", "significant", "extreme"]
    assert sum(hazard["rating_area_m2"].values()) == 4.0 * (frames.raster("hazard_class") > 0).sum() > 0
    assert hazard["aidr_area_m2"]["H2"] == 4.0 * (frames.raster("aidr_class") == 2).sum()
    assert hazard["max_rating"] == pytest.approx(frames.raster("hazard_rating").max())
    assert 0.0 < hazard["first_arrival_s"] < 1200.0


def test_hazard_can_be_left_out(folder: Path) -> None:
    short = run_small(folder / "holed.yaml", folder / "plain", "duration=2min", "output.hazard=false")
    assert [field.name for field in short.frames().rasters] == ["max_depth", "time_of_max_s"]
    assert short.summary is not None
    assert short.summary["hazard"] is None
    with pytest.raises(RunFolderError, match="raster 'hazard_rating': got not recorded"):
        short.frames().raster("hazard_rating")
    table = short.point_table()
    assert table is not None
    assert table["max_speed_m_s"].isna().all()


# -- points ------------------------------------------------------------------------------------------


def test_series_of_points(run: RunFolder) -> None:
    series = run.point_series()
    assert list(series.columns) == [name for name, _ in SERIES_COLUMNS]
    assert series["t_s"].unique().tolist() == [60.0 * minute for minute in range(21)]
    assert series.groupby("id").size().to_dict() == {"01": 21, "DIP": 21, "HILL": 21}
    assert np.isfinite(series.drop(columns="id").to_numpy(float)).all()
    dip = series[series["id"] == "DIP"]
    ground = run.city().terrain.elevation[run.city().terrain.row_col(X0 + DIP[0], Y0 + DIP[1])]
    np.testing.assert_allclose(dip["level_m"] - dip["depth_m"], ground, atol=1e-3)
    assert dip["depth_m"].max() > 0.3
    assert not (run.path / "points").exists()


def test_table_of_points(run: RunFolder) -> None:
    table = run.point_table()
    assert table is not None
    assert tuple(table.columns) == TABLE_COLUMNS
    assert table["id"].tolist() == ["DIP", "01", "HILL"]
    dip = table.set_index("id").loc["DIP"]
    frames, (row, col) = run.frames(), run.city().terrain.row_col(X0 + DIP[0], Y0 + DIP[1])
    assert dip["max_depth_m"] == pytest.approx(frames.max_depth[row, col] / 1000, abs=1e-3)
    assert dip["max_level_m"] == pytest.approx(dip["ground_m"] + dip["max_depth_m"], abs=2e-4)
    assert dip["arrival_time_s"] == frames.raster("arrival_time_s")[row, col]
    assert dip["max_speed_m_s"] == pytest.approx(frames.raster("max_speed")[row, col], abs=1e-4)
    series = run.point_series()
    assert dip["max_depth_m"] >= series.loc[series["id"] == "DIP", "depth_m"].max() - 1e-4
    assert "nan" not in (run.path / "points.csv").read_text("utf-8").lower()


def test_a_point_in_a_building_stands_on_the_open_cell_beside_it(run: RunFolder) -> None:
    with (run.path / "points.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert (float(rows["01"]["cell_x"]) - X0, float(rows["01"]["cell_y"]) - Y0) == (9.0, 57.0)
    assert (float(rows["DIP"]["cell_x"]) - X0, float(rows["DIP"]["cell_y"]) - Y0) == (61.0, 41.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column 'id'"),
        ("id,x\nA,1\n", "no column 'y'"),
        ("id,x,y\n", "no point"),
        ("id,x,y\nA,1,2\nB,one,2\n", "line 3, column 'x': got 'one'"),
        ("id,x,y\nA,1,nan\n", "line 2, column 'y': got 'nan'"),
        ("id,x,y\nA,1\n", "line 2, column 'y': got ''"),
        ("id,x,y\n ,1,2\n", "line 2: got an empty id"),
        ("id,x,y\nA,1,2\nA,3,4\n", "id 'A' twice"),
    ],
)
def test_a_points_file_that_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "p.csv").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read_points(tmp_path / "p.csv")
    assert words in str(caught.value)


def test_points_without_a_cell_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    for x, y, words in ((18.0, 58.0, "inside a building"), (-5.0, 40.0, "off the terrain")):
        path = tmp_path / "p.csv"
        path.write_text(f"id,x,y\nDIP,{X0 + 60},{Y0 + 40}\nP-9,{X0 + x},{Y0 + y}\n", "utf-8")
        with pytest.raises(ScenarioError, match=rf"key 'output.points': Output point 'P-9': .*{words}"):
            run_small(folder / "holed.yaml", tmp_path / "run", f"output.points={path}")
        assert not (tmp_path / "run").exists()


def test_placing_prefers_the_cell_that_the_point_lies_in() -> None:
    terrain = make_tiny_city().terrain
    point = OutputPoint("P", X0 + 11.99, Y0 + 20.01)
    (cell,) = place_points([point], terrain, np.ones(terrain.shape, bool))
    assert divmod(int(cell), 40) == (29, 5)


def test_a_killed_run_keeps_its_points(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from tests.scenarios.folders import open_tiny_run
        run = open_tiny_run(Path(sys.argv[1])).__enter__()
        for t_s in range(5):
            run.points.add(float(t_s), "A", (0.1 * t_s, 300.0, 0.0, -0.5))
            run.points.flush()
        print("ready", flush=True)
        time.sleep(60)
    """)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        os.kill(process.pid, signal.SIGKILL)
    run = RunFolder(tmp_path / "run")
    assert run.status == "interrupted"
    assert run.point_series()["t_s"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert run.point_series()["velocity_north_m_s"].tolist() == [-0.5] * 5


def test_a_run_without_points_has_none(tmp_path: Path) -> None:
    run = RunFolder(write_tiny_run(tmp_path / "run"))
    assert run.point_series().empty
    assert run.point_table() is None
    assert not (run.path / "points.parquet").exists()


# -- GeoTIFF -----------------------------------------------------------------------------------------


def test_exported_rasters_lie_where_the_city_lies(run: RunFolder, tmp_path: Path) -> None:
    files = export_rasters(run, ["max_depth", "hazard", "arrival", "aidr_class"], tmp_path / "gis")
    names = ["max_depth", "hazard_rating", "arrival_time_s", "aidr_class"]
    assert [path.name for path in files] == [f"{name}.tif" for name in names]
    outside = np.isnan(run.city().terrain.elevation)
    for path, name in zip(files, names, strict=True):
        with rasterio.open(path) as raster:
            assert raster.crs.to_epsg() == 4544
            assert (raster.transform.c, raster.transform.f) == (X0, Y0 + 80.0)
            assert raster.res == (2.0, 2.0)
            data = raster.read(1, masked=True)
            values = run.frames().raster(name)
            assert not np.isnan(data.data).any()
            np.testing.assert_array_equal(data.mask, outside | np.isnan(values))
            np.testing.assert_array_equal(data.compressed(), values[~data.mask])
            assert raster.tags(1)["standard_name"] == BY_NAME[name].standard_name
            (x, y) = raster.xy(*run.city().terrain.row_col(X0 + DIP[0], Y0 + DIP[1]))
            assert (float(x) - X0, float(y) - Y0) == (61.0, 41.0)


def test_export_of_all_and_of_what_is_not_there(run: RunFolder, tmp_path: Path) -> None:
    files = export_rasters(run, ["all"], tmp_path / "all")
    assert {path.stem for path in files} == {field.name for field in FIELDS if not field.moving}
    with pytest.raises(InputError, match="got 'salinity'; expected all, or some of time_of_max, arrival"):
        export_rasters(run, ["max_depth", "salinity"], tmp_path / "none")
    assert not (tmp_path / "none").exists()
