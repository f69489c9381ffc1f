"""A run folder tells where patrollers walked, and nothing else in the run depends on that."""

from pathlib import Path

from scenarios.runfolder.readings import POSITION
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario

CHANGES = {"duration": "20min", "staffing": {"crews": {}}, "reporting": {"citizens": False, "patrols": {}}}


def test_ways_of_patrollers_are_recorded_and_change_no_event(tmp_path: Path) -> None:
    path = write_scenario(tmp_path / "patrols.yaml", write_bundle(tmp_path / "city"), CHANGES)
    told = run_small(path, tmp_path / "told")
    untold = run_small(path, tmp_path / "untold", "output.sensors_every=16min")
    across, along = (told.readings(None, quantity) for quantity in POSITION)
    walkers = set(across["subject"])
    assert walkers
    assert all(name.startswith("patrol-") for name in walkers)
    assert across["t_s"].tolist() == along["t_s"].tolist()
    x_min, y_min, x_max, y_max = told.city().layer("roads").total_bounds
    assert across["value"].between(x_min - 0.01, x_max + 0.01).all()
    assert along["value"].between(y_min - 0.01, y_max + 0.01).all()
    assert across["value"].nunique() > 3
    assert untold.readings(None, POSITION[0]).empty
    assert told.event_log_hash() == untold.event_log_hash()
