"""From the boundaries of a scenario to those of the water system."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cim_models.errors import InputError
from cim_models.timeseries import TimeSeries, constant_series, read_series
from scenarios.blame import blame
from scenarios.schema.boundaries import EdgePlace, Series
from scenarios.schema.loading import LoadedScenario
from twin.surface import Edges
from twin.water import Boundary, InflowBoundary, LevelBoundary, OutflowBoundary
from twin.water.boundaries import Place


def surface_sides(loaded: LoadedScenario) -> Edges | Literal["open", "closed"]:
    """Return which sides of the terrain are open: what the last entry on ``edges`` says, else all."""
    chosen = [boundary.edges for boundary in loaded.scenario.boundaries if boundary.edges is not None]
    if not chosen:
        return "open"
    last = chosen[-1]
    if isinstance(last, tuple):
        return Edges(
            north="north" in last,
            east="east" in last,
            south="south" in last,
            west="west" in last,
            outside="outside" in last,
        )
    return last


def water_boundaries(loaded: LoadedScenario) -> tuple[Boundary, ...]:
    """Return given levels, outflows and inflows, with their series read and checked.

    Raises
    ------
    ScenarioError
        If a file cannot be read, a value is missing or negative, or a series does not cover the run.
    """
    made: list[Boundary] = []
    for number, entry in enumerate(loaded.scenario.boundaries):
        key = f"boundaries.{number}.{entry.chosen_name}"
        if entry.level is not None:
            made.append(LevelBoundary(_place(entry.level), series_of(loaded, entry.level.level_m, key)))
        elif entry.outflow is not None:
            made.append(OutflowBoundary(_place(entry.outflow), entry.outflow.slope))
        elif entry.inflow is not None:
            series = series_of(loaded, entry.inflow.inflow_m3_s, key)
            with blame(str(loaded.path), key):
                _check_not_negative(series)
            made.append(InflowBoundary(entry.inflow.line, series))
    return tuple(made)


def _place(entry: EdgePlace) -> Place:
    place = entry.side or entry.line
    assert place is not None
    return place


def series_of(loaded: LoadedScenario, series: Series, key: str) -> TimeSeries:
    """Read a series and check that it covers the run; blame the key where it does not."""
    scenario = loaded.scenario
    after = series.after or "refuse"
    with blame(str(loaded.path), key):
        if series.constant is not None:
            made = constant_series(series.constant)
        elif series.points is not None:
            points = np.array(series.points, dtype=np.float64).reshape(-1, 2)
            made = TimeSeries(points[:, 0], points[:, 1], after)
        else:
            assert series.file is not None
            path = loaded.resolve(series.file)
            start = scenario.start.isoformat()
            made = read_series(path, column=series.column, start=start, after=after)
        made.check_covers(0.0, scenario.duration)
    return made


def _check_not_negative(series: TimeSeries) -> None:
    lowest = float(series.values.min())
    if lowest < 0.0:
        raise InputError(f"{series.name}, inflow", got=f"{lowest:g} m3/s", expected=">= 0 m3/s")
