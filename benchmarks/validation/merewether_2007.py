"""The flood of 2007 in Merewether, New South Wales: levels between houses against surveyed marks."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.surface_cases import data_folder
from benchmarks.validation.outcome import Measure, Outcome, unaccounted
from cim_models.importers import import_city
from scenarios.composition import prepare
from scenarios.schema import load_scenario
from twin.water import WaterSystem

DATA_SETS = ("merewether",)

MARKS = np.array(
    [
        (382373.51, 6354387.84, 23.01, 22.77),
        (382354.61, 6354365.21, 23.14, 23.11),
        (382424.40, 6354478.33, 19.98, 20.08),
        (382509.71, 6354548.22, 18.38, 18.36),
        (382339.42, 6354297.84, 23.36, 23.56),
    ]
)
"""x, y, m; surveyed level and level of TUFLOW in the final report, m AHD."""
REACH_M = 3.0
"""A mark on a house or dry ground is compared with the nearest wet cell within this distance."""
LAST_S = 100.0

ABOUT = """Library scenario ``merewether_2007``: 19.7 m³/s enter a suburb of 58 houses (walls) on cells of 1 m
until nothing changes any more, and leave freely in the north and east; Manning's n = 0.02 on the road, 0.04
elsewhere. Compared are the levels at five places with the marks surveyed after the flood of 8 June 2007 and
with a TUFLOW model of the same set-up. Sources: Smith & Wasko (2012), Australian Rainfall & Runoff, Project
15, Representation of buildings in 2D numerical flood models; the five places as listed in the validation
tests of ANUGA (case merewether)."""


def validate() -> Outcome:
    """Import the suburb, run the scenario, look at the marks."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "merewether"
        import_city(data_folder() / "merewether", "merewether", bundle)
        setup = prepare(load_scenario("merewether_2007", [f"city={bundle}"]))
        with WaterSystem(setup.city, setup.rain, setup.water, Path(folder), setup.scenario.seed) as water:
            end_s = setup.scenario.duration
            water.advance_to(end_s - LAST_S)
            before = water.balance()
            water.advance_to(end_s)
            balance, depth = water.balance(), water.water_depth
    levels = levels_near(setup.city.terrain, depth)
    outflow = (balance.edge_outflow_m3 - before.edge_outflow_m3) / LAST_S
    inflow = (balance.inflow_m3 - before.inflow_m3) / LAST_S
    surveyed, tuflow = levels - MARKS[:, 2], levels - MARKS[:, 3]
    return Outcome(
        title="Houses in a flood: Merewether 2007",
        about=ABOUT,
        measures=(
            unaccounted(balance.units.surface_error),
            Measure("inflow", inflow, "m³/s"),
            Measure("outflow short of the inflow", 100.0 * abs(1.0 - outflow / inflow), "%", at_most=1.0),
            *(
                Measure(f"level at ({x:.0f}, {y:.0f}), surveyed {mark:g}", float(level), "m AHD")
                for (x, y, mark, _), level in zip(MARKS, levels, strict=True)
            ),
            Measure("RMSE against the surveyed marks", rms(surveyed), "m", at_most=0.2),
            Measure("RMSE against TUFLOW", rms(tuflow), "m", at_most=0.1),
            Measure("TUFLOW's own RMSE against the marks", rms(MARKS[:, 3] - MARKS[:, 2]), "m"),
        ),
        draw=lambda figure: _draw(figure, depth, setup.city.terrain.bounds),
    )


def levels_near(terrain: Any, depth: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the water level in the wet cell nearest to each mark, m AHD; NaN where none is near."""
    row, col = np.nonzero(depth > 0.01)
    x, y = terrain.centre(row, col)
    distance = np.hypot(x[:, None] - MARKS[:, 0], y[:, None] - MARKS[:, 1])
    nearest = distance.argmin(axis=0)
    level = (terrain.elevation + depth)[row[nearest], col[nearest]].astype(np.float64)
    return np.where(distance.min(axis=0) <= REACH_M, level, np.nan)


def rms(difference: NDArray[np.float64]) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(difference**2)))


def _draw(figure: Any, depth: NDArray[np.float32], bounds: tuple[float, float, float, float]) -> None:
    axes = figure.subplots()
    shown = np.ma.masked_less(depth, 0.02)
    extent = (bounds[0], bounds[2], bounds[1], bounds[3])
    image = axes.imshow(shown, extent=extent, cmap="Blues", vmin=0.0, vmax=1.5, interpolation="none")
    axes.plot(MARKS[:, 0], MARKS[:, 1], "r+", label="surveyed marks")
    figure.colorbar(image, label="depth, m")
    axes.legend()
    axes.set(xlabel="x, m", ylabel="y, m")
