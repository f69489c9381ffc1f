"""``citytwin bench surface``: what it prints, and how it takes bad input and failing peers."""

import json
import os

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.bandwidth import BandwidthMeter
from benchmarks.peers.environments import PEERS, Peer, last_line, python_of
from benchmarks.peers.runner import run_peer, write_case
from benchmarks.surface import SurfacePlan, measure_surface
from benchmarks.surface_cases import make_case, storm
from cim_models.errors import RunError
from citytwin import app
from twin.compilation import user_cache_folder

SMALL = ("--cells", "64", "--seconds", "300", "--repeats", "2")


def invoke(*arguments):
    return CliRunner().invoke(app, ["bench", "surface", *arguments])


def test_json_holds_the_figures_with_their_spread():
    result = invoke(*SMALL, "--threads", "1", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["mass_error"] == 0.0
    assert figures["threads"] == 1
    assert figures["repeats"] == 2
    assert figures["steps"] > 5
    for name in ("mcs_per_s", "bound_fraction", "numpy_ratio", "wall_s"):
        low, high = figures["spread"][name]
        assert 0.0 < low <= figures[name] <= high
    assert 10.0 < figures["peak_mb"] < 4000.0
    assert figures["mcs_per_s"] == pytest.approx(
        64 * 64 * figures["steps"] / figures["wall_s"] / 1e6, rel=0.5
    )
    assert figures["peers"] == []


def test_people_get_a_table():
    result = invoke(*SMALL, "--case", "c", "--no-tiles")
    assert result.exit_code == 0, result.output
    for word in ("case c", "mcs_per_s", "bound_fraction", "numpy_ratio", "mass_error", "peak_mb"):
        assert word in result.stdout


def test_what_skipping_dry_tiles_gains_is_measured_in_the_same_run():
    result = invoke(
        "--case", "c", "--cells", "512", "--seconds", "20", "--threads", "1", "--tiles-gain", "--json"
    )
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert 0.05 < figures["active_share"] < 0.3
    assert figures["tiles_ratio"] > 1.5
    assert (
        figures["spread"]["tiles_ratio"][0] <= figures["tiles_ratio"] <= figures["spread"]["tiles_ratio"][1]
    )
    assert figures["tiles_ratio"] * figures["cost_per_active"] * figures["active_share"] == pytest.approx(
        1.0, rel=0.2
    )


def test_a_case_in_which_nothing_is_swept_has_no_rate():
    result = invoke("--cells", "64", "--seconds", "60", "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    line = result.stderr.strip().split("\n")[-1]
    assert all(word in line for word in ("'a' up to 60 s", "0 %", "at rest", "at least 1 %", "--seconds"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--case", "z"], ["'z'", "newcastle"]),
        (["--repeats", "0"], ["Repeats", "0"]),
        (["--seconds", "-1"], ["Simulated time", "-1"]),
        (["--cells", "3"], ["3 cells", "16"]),
        (["--threads", "0"], ["threads", "0"]),
        (["--no-tiles", "--tiles-gain"], ["--tiles-gain", "--no-tiles"]),
    ],
)
def test_bad_input_is_one_line(arguments, words):
    result = invoke(*arguments, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert all(word in result.stderr for word in words)


def test_newcastle_without_its_data_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("CITYTWIN_DATA", str(tmp_path))
    result = invoke("--case", "newcastle")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "newcastle_centre_2m" in result.stderr
    assert "CITYTWIN_DATA" in result.stderr


def test_newcastle_is_an_hour_of_net_rain(shared_data, monkeypatch):
    monkeypatch.setenv("CITYTWIN_DATA", str(shared_data("newcastle_centre_2m").parent))
    case = make_case("newcastle")
    assert case.bed.shape == (195, 342)
    assert np.isfinite(case.bed).all()
    assert case.rain.depth_mm == pytest.approx(58.0)
    assert case.end_s == 3600.0


def test_the_storm_brings_its_depth():
    assert storm(100.0).depth_mm == pytest.approx(100.0)


def test_bandwidth_does_not_depend_on_how_often_it_is_measured():
    """Values that shrank at every pass would end as denormal numbers, which are slow to work with."""
    meter = BandwidthMeter(1, rows=500)
    for _ in range(40):
        meter.measure()
    assert all(np.abs(array).min() > 1e-3 for array in meter.arrays)
    assert 1e8 < meter.measure() < 1e13


def test_a_peer_that_cannot_be_installed_is_named_and_the_rest_goes_on(tmp_path, monkeypatch):
    # its folder cannot be made, as on a foreign disk
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "citytwin").mkdir()
    (tmp_path / "citytwin" / "peers").write_text("in the way")
    broken = Peer("landlab", "2.11.0", "Landlab")
    said = []
    plan = SurfacePlan("a", threads=1, end_s=200.0, cells=32, repeats=2, peers=(broken,))
    figures = measure_surface(plan, said.append)
    (peer,) = figures["peers"]
    assert peer["status"] == "failed"
    assert "Landlab" in peer["reason"]
    assert figures["mcs_per_s"] > 0
    assert sum("Installing Landlab" in line for line in said) == 1


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_solves_the_same_case(peer, tmp_path):
    """Only where an earlier ``--peers`` has installed it."""
    if not any((user_cache_folder() / "peers").glob(f"{peer.name}-{peer.version}-py*")):
        pytest.skip(f"{peer.title} is not installed; `citytwin bench surface --peers` does that")
    case = make_case("a", end_s=120.0, cells=48)
    write_case(case, tmp_path / "case.npz", 1, 20.0)
    figures = run_peer(peer, tmp_path / "case.npz", 1, 20.0)
    assert figures["version"] == peer.version
    assert figures["time_s"] == pytest.approx(120.0)
    assert abs(figures["volume_error"]) < 0.005
    assert 0.003 < figures["deepest_m"] < 0.1
    assert figures["mcs_per_s"] > 0


def test_a_peer_that_fails_says_why(tmp_path):
    peer = PEERS[0]
    if not any((user_cache_folder() / "peers").glob(f"{peer.name}-{peer.version}-py*")):
        pytest.skip(f"{peer.title} is not installed; `citytwin bench surface --peers` does that")
    assert os.access(python_of(peer), os.X_OK)
    (tmp_path / "case.npz").write_bytes(b"no archive")
    with pytest.raises(RunError, match=f"Running {peer.title}: got "):
        run_peer(peer, tmp_path / "case.npz", 1, 1.0)


def test_the_reason_is_the_last_error_in_the_output():
    assert last_line("a\nERROR: no such thing\nnotice: new pip") == "ERROR: no such thing"
    assert last_line("") == "no message"
