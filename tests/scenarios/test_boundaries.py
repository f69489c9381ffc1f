"""Entries of ``boundaries``: what they come to, and in which words they are refused."""

import numpy as np
import pytest

from cim_models.errors import ScenarioError
from scenarios.boundaries import surface_sides, water_boundaries
from scenarios.schema import load_scenario
from twin.surface import Edges
from twin.water import InflowBoundary, LevelBoundary, OutflowBoundary

HEAD = """
name: minimal
city: builtin:district
start: 2026-06-18T17:00:00+08:00
duration: 1h
boundaries:
"""


@pytest.fixture
def loaded(tmp_path):
    def load(entries):
        path = tmp_path / "minimal.yaml"
        path.write_text(HEAD + entries)
        return load_scenario(str(path))

    return load


@pytest.mark.parametrize(
    ("entries", "sides"),
    [
        ("  - {edges: closed}\n", "closed"),
        ("  - {edges: closed}\n  - {edges: open}\n", "open"),
        ("  - {edges: [south, outside]}\n", Edges(south=True, outside=True)),
        ("  - {inflow: {line: [[0, 0], [1, 1]], inflow_m3_s: {constant: 2}}}\n", "open"),
    ],
)
def test_sides(loaded, entries, sides):
    assert surface_sides(loaded(entries)) == sides


def test_series_come_from_constants_points_and_files(loaded, tmp_path):
    (tmp_path / "tide.csv").write_text("time,level\n2026-06-18T17:00+08:00,1.0\n2026-06-18T19:00+08:00,2.0\n")
    tide, river, inflow, free = water_boundaries(
        loaded(
            "  - {level: {side: east, level_m: {file: tide.csv}}}\n"
            "  - {level: {line: [[0, 0], [1, 1]], level_m: {points: [[0, 3], [30min, 4]], after: hold}}}\n"
            "  - {inflow: {line: [[0, 0], [1, 1]], inflow_m3_s: {constant: 19.7}}}\n"
            "  - {outflow: {side: west, slope: 0.001}}\n"
        )
    )
    assert isinstance(tide, LevelBoundary)
    assert isinstance(river, LevelBoundary)
    assert isinstance(inflow, InflowBoundary)
    assert isinstance(free, OutflowBoundary)
    np.testing.assert_array_equal(tide.level_m.times_s, [0.0, 7200.0])
    np.testing.assert_array_equal(river.level_m.times_s, [0.0, 1800.0])
    np.testing.assert_array_equal(inflow.inflow_m3_s.values, [19.7])
    assert (tide.place, river.place, free.slope) == ("east", ((0.0, 0.0), (1.0, 1.0)), 0.001)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{level: {side: east, level_m: {points: [[0, 3], [30min, 4]]}}}", "boundaries.0.level.*ends early"),
        ("{level: {side: east, level_m: {points: [[10, 3]], after: hold}}}", "begins late: got 10 s"),
        ("{level: {side: east, level_m: {points: [[0, 3], [0, 4]]}}}", "entry 2: got 0 s after 0 s"),
        ("{level: {side: east, level_m: {points: [[0, .nan]]}}}", "nan"),
        ("{level: {side: east, level_m: {file: nowhere.csv}}}", "nowhere.csv cannot be read"),
        (
            "{level: {side: east, level_m: {constant: 1, file: a.csv}}}",
            "exactly one of constant, points, file",
        ),
        ("{level: {side: up, level_m: {constant: 1}}}", "boundaries.0.level.side"),
        ("{level: {level_m: {constant: 1}}}", "exactly one of side, line"),
        ("{inflow: {line: [[0, 0]], inflow_m3_s: {constant: 1}}}", "boundaries.0.inflow.line"),
        ("{inflow: {line: [[0, 0], [1, 1]], inflow_m3_s: {constant: -1}}}", "got -1 m3/s"),
        ("{outflow: {side: west, slope: 0}}", "boundaries.0.outflow.slope"),
        (
            "{inflow: {line: [[0, 0], [1, 1]], inflow_m3_s: {constant: 1, column: a}}}",
            "column only with file",
        ),
    ],
)
def test_bad_entries_are_refused_in_one_line(loaded, entry, message):
    with pytest.raises(ScenarioError, match=message) as caught:
        water_boundaries(loaded(f"  - {entry}\n"))
    assert "\n" not in str(caught.value)
