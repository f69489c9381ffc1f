"""Bad input: one clear line with file, key or id, value and remedy; status 2; nothing left behind."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rasterio.transform import from_origin
from shapely.geometry import Point
from typer.testing import Result

from scenarios.runfolder import RunFolder
from tests.scenarios.small_runs import write_bundle, write_scenario
from tests.tiny_city import X0, Y0, make_tiny_city
from tests.twin.rain.rasters import write_geotiff

Invoke = Callable[..., Result]


def complaint(invoke: Invoke, out: Path, *arguments: str | Path) -> str:
    """Run and return the one line on stderr, after checking the manners."""
    result = invoke("run", *arguments, "--out", out, "--quiet", "--json")
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].endswith(".")
    assert not out.exists()
    assert not [path for path in out.parent.iterdir() if path.name.startswith(".")]
    return lines[0]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["dispach.delay=90s"], ["--set dispach.delay", "unknown key", "dispatch"]),
        (["duration=soon"], ["--set duration", "'soon'", "6h"]),
        (["city=no/such/bundle"], ["key 'city'", "no/such/bundle", "city import"]),
        (["city=builtin:atlantis"], ["key 'city'", "atlantis", "builtin:district"]),
        (["dispatch.policy=best"], ["key 'dispatch.policy'", "best", "assignment"]),
        (["staffing.shifts=never"], ["key 'staffing.shifts'", "'never'", "two_by_twelve"]),
        (["staffing.crews.divers=2"], ["key 'staffing.crews.divers'", "'divers'", "drainage"]),
        (
            ["failures=[{burst: {pipe: P-118, at: 17:05, area_fraction: 0.2}}]"],
            ["key 'failures.0.burst'", "no water supply", "supply.inp"],
        ),
        (
            ["failures=[{structure_damage: {structure: BR-9, at: 17:05, jump: 1}}]"],
            ["key 'monitoring'", "no gauges", "monitoring.structures"],
        ),
        (
            ["failures=[{blockage: {gullies: {ids: [G9]}}}]"],
            ["key 'failures.0.blockage.gullies.ids'", "'G9'", "G1"],
        ),
        (
            ["measures=[{pump_truck: {at: SP9, capacity_m3_h: 9, from: 17:05}}]"],
            ["key 'measures.0.pump_truck.at'", "'SP9'", "SP1"],
        ),
        (
            ["measures=[{pump_truck: {at: [1, 2], capacity_m3_h: 9, from: 17:05}}]"],
            ["key 'measures.0.pump_truck.at'", "[1, 2]", "x 500000"],
        ),
        (
            ["measures=[{pump_truck: {at: SP1, to: J9, capacity_m3_h: 9, from: 17:05}}]"],
            ["key 'measures.0.pump_truck.to'", "'J9'", "outside"],
        ),
        (
            ["measures=[{close_road: {road: R1, from: 23:00}}]"],
            ["key 'measures.0.close_road.from'", "'23:00'", "run of 12min"],
        ),
        (
            ["weather.rain={design: {formula: atlantis, return_period: 5}}"],
            ["key 'weather.rain.design'", "atlantis", "chongqing_jiangbei"],
        ),
        (
            ["weather.rain={design: {formula: guangzhou_central, return_period: 900}}"],
            ["key 'weather.rain.design'", "900", "1 to 100"],
        ),
        (["weather.rain={gauges: {file: no.csv}}"], ["key 'weather.rain.gauges'", "no.csv"]),
        (
            ["weather.rain={raster: {file: no.nc, quantity: depth_mm}}"],
            ["key 'weather.rain.raster'", "no.nc", "no such file"],
        ),
        (["weather.rain={raster: {file: no.nc}}"], ["quantity"]),
        (
            [
                "weather.rain={moving: {at: [0, 0], peak_mm_h: 9, length_m: 0, width_m: 9, speed_m_s: 1,"
                " towards_deg: 0, mature: 9min}}"
            ],
            ["weather.rain.moving.length_m", "0"],
        ),
        (
            [
                "weather.rain={moving: {at: [0, 0], peak_mm_h: 9, length_m: 9, width_m: 9, speed_m_s: 1,"
                " towards_deg: 0}}"
            ],
            ["weather.rain.moving", "growth, mature, decay"],
        ),
        (["seed"], ["--set", "'seed'", "key=value"]),
    ],
)
def test_a_wrong_value(
    invoke: Invoke, scenario: Path, tmp_path: Path, overrides: list[str], words: list[str]
) -> None:
    options = [part for override in overrides for part in ("--set", override)]
    line = complaint(invoke, tmp_path / "run", scenario, *options)
    for word in words:
        assert word in line, line


def test_a_missing_scenario(invoke: Invoke, tmp_path: Path) -> None:
    line = complaint(invoke, tmp_path / "run", "no/such.yaml")
    assert "no/such.yaml" in line
    assert "jiangbei_storm" in line


def test_a_bundle_without_crs(invoke: Invoke, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "city")
    manifest = bundle / "city.toml"
    manifest.write_text(re.sub(r"(?m)^crs\s*=.*\n", "", manifest.read_text("utf-8")), "utf-8")
    line = complaint(invoke, tmp_path / "run", write_scenario(tmp_path / "s.yaml", bundle))
    assert "crs" in line
    assert "city.toml" in line


@pytest.mark.parametrize(("right", "wrong"), [("C2 J2 J3", "C2 J2 J99"), ("C2 CIRCULAR", "C2 SPHERICAL")])
def test_a_sewer_that_swmm_rejects(invoke: Invoke, tmp_path: Path, right: str, wrong: str) -> None:
    city = make_tiny_city()
    assert city.sewer is not None
    broken = city.sewer.inp.replace(right, wrong)
    assert broken != city.sewer.inp
    bundle = write_bundle(tmp_path / "city")
    (bundle / "sewer.inp").write_text(broken, "utf-8")
    line = complaint(invoke, tmp_path / "run", write_scenario(tmp_path / "s.yaml", bundle))
    assert "sewer" in line.lower()
    assert wrong.split()[-1] in line


def test_a_depot_off_the_road_graph(invoke: Invoke, tmp_path: Path) -> None:
    city = make_tiny_city()
    depots = city.layers["depots"].copy()
    depots.geometry = [Point(X0 + 5000, Y0 + 5000)]
    bundle = write_bundle(tmp_path / "city", city.with_layer("depots", depots))
    line = complaint(invoke, tmp_path / "run", write_scenario(tmp_path / "s.yaml", bundle))
    assert "DP1" in line
    assert "depots" in line


def test_an_epanet_file_with_an_error_is_refused_with_its_line(invoke: Invoke, tmp_path: Path) -> None:
    supply = "[JUNCTIONS]\nA 301 1\nB 300 1\n[RESERVOIRS]\nR 330\n[PIPES]\nP1 R A 30 100 130 0 Open\n"
    supply += "P2 A B 30 100 130 0 Ajar\n[OPTIONS]\nUnits LPS\nHeadloss H-W\n[COORDINATES]\n"
    supply += f"A {X0 + 20} {Y0 + 40}\nB {X0 + 40} {Y0 + 40}\nR {X0 + 6} {Y0 + 40}\n[END]\n"
    from cim_models.networks import read_supply

    bundle = write_bundle(tmp_path / "city", replace(make_tiny_city(), supply=read_supply(supply)))
    changes = {"failures": [{"burst": {"pipe": "P2", "at": "17:40", "area_fraction": 0.2}}]}
    line = complaint(invoke, tmp_path / "run", write_scenario(tmp_path / "s.yaml", bundle, changes))
    assert "supply.inp line 8" in line
    assert "Ajar" in line


def test_a_supply_in_two_pieces_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    supply = (
        "[JUNCTIONS]\nA 301 1\nB 300 1\nC 300 1\n[RESERVOIRS]\nR 330\n[PIPES]\nP1 R A 30 100 130 0 Open\n"
    )
    supply += "P2 B C 30 100 130 0 Open\n[OPTIONS]\nUnits LPS\nHeadloss H-W\n[COORDINATES]\nC 0 0\n"
    supply += f"A {X0 + 20} {Y0 + 40}\nB {X0 + 40} {Y0 + 40}\nR {X0 + 6} {Y0 + 40}\n[END]\n"
    from cim_models.networks import read_supply

    bundle = write_bundle(tmp_path / "city", replace(make_tiny_city(), supply=read_supply(supply)))
    line = complaint(invoke, tmp_path / "run", write_scenario(tmp_path / "s.yaml", bundle))
    assert "2 nodes without a way to a reservoir or tank" in line


def test_an_output_folder_with_other_content_is_left_alone(
    invoke: Invoke, scenario: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    result = invoke("run", scenario, "--out", tmp_path, "--quiet")
    assert result.exit_code == 2
    assert "Choose another --out" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("command", ["replay", "report", "explain", "compare"])
def test_commands_on_what_is_no_run_folder(invoke: Invoke, tmp_path: Path, command: str) -> None:
    more = {"explain": "1", "compare": str(tmp_path)}
    extra = [more[command]] if command in more else []
    result = invoke(command, tmp_path, *extra)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "no run.json" in result.stderr


def test_an_unknown_event(invoke: Invoke, run_folder: Path) -> None:
    result = invoke("explain", run_folder, "999999")
    assert result.exit_code == 2
    assert "999999" in result.stderr


def test_a_place_where_nothing_can_be_written(invoke: Invoke) -> None:
    result = invoke("city", "make", "--out", "/proc/none/city", "--size-m", "400", "--cell-size-m", "4")
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "/proc/none" in result.stderr


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("0,5\n300,nan\n600,5", ["row 3", "gauge 'a'", "no value", "gaps to 'dry'"]),
        ("0,5\n300,-2\n600,5", ["row 3", "got -2", ">= 0"]),
        ("0,5\n300,inf\n600,5", ["row 3", "got inf", ">= 0"]),
        ("0,5\n300,5\n600,5\n1800,5", ["after row 4", "no row for 1200 s", "every 300 s"]),
        ("0,5\n300,5\n200,5", ["row 4", "ascending times"]),
        ("9000,5\n9300,5", ["times from 9000 to 9600 s", "between 0 and 720 s", "time zone"]),
        ("2026-06-18T17:00,5\n2026-06-18T17:05,5", ["time zone"]),
    ],
)
def test_broken_rain(invoke: Invoke, scenario: Path, tmp_path: Path, rows: str, words: list[str]) -> None:
    (tmp_path / "rain.csv").write_text(f"t,a\n{rows}\n", "utf-8")
    rain = f"weather.rain={{gauges: {{file: {tmp_path / 'rain.csv'}}}}}"
    line = complaint(invoke, tmp_path / "run", scenario, "--set", rain)
    for word in ["key 'weather.rain.gauges'", *words]:
        assert word in line, line


def test_rain_rasters_that_do_not_fit(invoke: Invoke, scenario: Path, tmp_path: Path) -> None:
    away = write_geotiff(tmp_path / "away.tif", transform=from_origin(0.0, 100.0, 10.0, 10.0))
    rain = f"weather.rain={{raster: {{file: {away}, quantity: depth_mm}}}}"
    line = complaint(invoke, tmp_path / "run", scenario, "--set", rain)
    for word in ("key 'weather.rain.raster'", "1600 of 1600 cells of the city outside", "CRS"):
        assert word in line, line


def test_rain_that_ends_early_is_dry_afterwards_and_noted(
    invoke: Invoke, scenario: Path, tmp_path: Path
) -> None:
    (tmp_path / "rain.csv").write_text("t,a\n60,40\n180,40\n", "utf-8")
    rain = f"weather.rain={{gauges: {{file: {tmp_path / 'rain.csv'}}}}}"
    result = invoke("run", scenario, "--out", tmp_path / "run", "--quiet", "--set", rain)
    assert result.exit_code == 0, result.output
    notes = [
        event.data["text"] for event in RunFolder(tmp_path / "run").events() if event.kind == "run.noted"
    ]
    assert any("begins 60 s after the simulation" in note for note in notes)
    assert any("ends 420 s before the simulation" in note for note in notes)
