"""The flood record against a plain NumPy version that looks at the solver from outside."""

from dataclasses import replace

import numpy as np
import pytest

from cim_models.errors import InputError
from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.hazard import aidr_ids, flood_limits, hazard_class, land_uses, rating_classes
from twin.surface.record import FloodRecord

INTERVAL_S = 5.0
SHAPE = (150, 200)


def flood(threads: int = 1, tiled: bool = True, land_use: str = "urban") -> SurfaceSolver:
    """Return a solver of a steep valley that a column of water is about to run down."""
    rng = np.random.default_rng(8)
    row, col = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    bed = 30.0 - 0.04 * col + 0.001 * (row - 70.0) ** 2 + 0.05 * rng.random(SHAPE)
    settings = SurfaceSettings(
        threads=threads, tiled=tiled, record_interval_s=INTERVAL_S, flood_limits=flood_limits(land_use)
    )
    solver = SurfaceSolver(bed, 2.0, edges="open", settings=settings)
    solver.set_water_depth(np.where(np.hypot(row - 70, col - 20) < 14.0, 2.5, 0.0))
    return solver


def debris_factor(depth, speed, factors):
    return np.where(
        (depth > 0.75) | (speed > 2.0), factors[2], np.where(depth > 0.25, factors[1], factors[0])
    )


def aidr_class(depth, speed):
    """Return the class, written out as the guideline's table."""
    product = depth * speed
    classes = np.full(depth.shape, 6)
    table = [(4.0, 4.0, 4.0), (2.0, 2.0, 1.0), (1.2, 2.0, 0.6), (0.5, 2.0, 0.6), (0.3, 2.0, 0.3)]
    for number, (d, v, dv) in zip((5, 4, 3, 2, 1), table, strict=True):
        classes[(depth <= d) & (speed <= v) & (product <= dv)] = number
    return classes


def watched(solver: SurfaceSolver, until_s: float, factors=(0.0, 1.0, 1.0)) -> dict[str, np.ndarray]:
    """Let the water run, and record it by looking at depth and velocity from outside."""
    fields = {name: np.zeros(SHAPE) for name in ("max_speed", "hazard_rating", "aidr_class")}
    fields |= {f"duration_{limit}_s": np.zeros(SHAPE) for limit in ("015", "030", "050")}
    fields["arrival_time_s"] = np.full(SHAPE, np.nan)
    while solver.time_s < until_s:
        solver.advance_to(solver.time_s + INTERVAL_S)
        depth = solver.water_depth.astype(np.float64)
        speed = np.hypot(*solver.velocity()).astype(np.float64)
        rated = depth >= 0.03
        rating = depth * (speed + 0.5) + debris_factor(depth, speed, factors)
        for name, value in (("max_speed", speed), ("hazard_rating", rating)):
            fields[name] = np.maximum(fields[name], np.where(rated, value, 0.0))
        classes = np.where(rated, aidr_class(depth, speed), 0)
        fields["aidr_class"] = np.maximum(fields["aidr_class"], classes)
        new = rated & np.isnan(fields["arrival_time_s"])
        fields["arrival_time_s"][new] = solver.time_s
        for limit in ("015", "030", "050"):
            fields[f"duration_{limit}_s"] += INTERVAL_S * (depth >= int(limit) / 100.0)
    return fields


@pytest.fixture(scope="module")
def outcome():
    solver = flood()
    return watched(solver, 90.0), solver.record.fields()


@pytest.mark.parametrize("name", ["max_speed", "hazard_rating"])
def test_largest_values(outcome, name):
    expected, recorded = outcome[0][name], outcome[1][name]
    np.testing.assert_allclose(recorded, expected, rtol=2e-6, atol=1e-7)
    assert recorded.max() > 1.5


@pytest.mark.parametrize(
    "name", ["arrival_time_s", "duration_015_s", "duration_030_s", "duration_050_s", "aidr_class"]
)
def test_times_and_classes(outcome, name):
    np.testing.assert_array_equal(outcome[1][name], outcome[0][name])
    assert len(np.unique(outcome[1][name][~np.isnan(outcome[1][name])])) >= 4


def test_the_water_ran_dry_behind_the_wave_and_its_time_stands(outcome):
    """A dry cell of an inactive tile adds nothing to what stood there before."""
    recorded = outcome[1]
    solver = flood()
    solver.advance_to(90.0)
    left = (recorded["duration_050_s"] > 0.0) & (solver.water_depth < 0.15)
    assert left.sum() > 100
    assert recorded["duration_015_s"][left].max() < 85.0
    assert (recorded["duration_015_s"] >= recorded["duration_030_s"]).all()
    assert (recorded["duration_030_s"] >= recorded["duration_050_s"]).all()


@pytest.mark.parametrize(("threads", "tiled"), [(1, False), (2, True), (2, False)])
def test_threads_and_tiles_change_no_bit(outcome, threads, tiled):
    solver = flood(threads, tiled)
    solver.advance_to(90.0)
    stepwise = flood()
    for time_s in np.arange(INTERVAL_S, 91.0, INTERVAL_S):
        stepwise.advance_to(float(time_s))
    solver_again = flood(threads, tiled)
    for time_s in np.arange(INTERVAL_S, 91.0, INTERVAL_S):
        solver_again.advance_to(float(time_s))
    for name, field in solver_again.record.fields().items():
        np.testing.assert_array_equal(field, stepwise.record.fields()[name], err_msg=name)
        assert field.dtype == solver.record.fields()[name].dtype


def test_a_restart_goes_on_with_the_record():
    whole, half = flood(), flood()
    whole.advance_to(30.0)
    half.advance_to(30.0)
    fresh = flood()
    fresh.restore({name: array.copy() for name, array in half.state().items()})
    whole.advance_to(60.0)
    fresh.advance_to(60.0)
    for name, field in whole.record.fields().items():
        np.testing.assert_array_equal(field, fresh.record.fields()[name], err_msg=name)


def test_debris_factors_follow_the_land_use():
    conservative, urban = flood(land_use="conservative"), flood(land_use="urban")
    expected = watched(conservative, 20.0, factors=(0.5, 1.0, 1.0))
    urban.advance_to(20.0)
    np.testing.assert_allclose(
        conservative.record.fields()["hazard_rating"], expected["hazard_rating"], rtol=2e-6, atol=1e-7
    )
    assert (urban.record.fields()["hazard_rating"] < conservative.record.fields()["hazard_rating"]).any()


def test_a_long_step_counts_for_all_the_looks_that_it_passes():
    settings = SurfaceSettings(record_interval_s=1.0, max_step_s=4.0, flood_limits=flood_limits())
    solver = SurfaceSolver(np.zeros((8, 8)), 50.0, settings=settings)
    solver.set_water_depth(np.full((8, 8), 0.2))
    solver.advance_to(12.0)
    assert solver.steps == 3
    fields = solver.record.fields()
    assert (fields["duration_015_s"] == 12.0).all()
    assert (fields["duration_030_s"] == 0.0).all()
    assert (fields["arrival_time_s"] == 4.0).all()
    assert (fields["aidr_class"] == 1).all()
    np.testing.assert_allclose(fields["hazard_rating"], 0.2 * 0.5)
    assert (fields["hazard_class"] == 1).all()


def test_without_limits_only_the_depth_is_recorded():
    solver = SurfaceSolver(np.zeros((8, 8)), 2.0)
    solver.advance_to(10.0)
    assert list(solver.record.fields()) == ["max_depth", "time_of_max_s"]
    plain, full = FloodRecord((500, 500), 10.0, None), FloodRecord((500, 500), 10.0, flood_limits())
    assert sum(array.nbytes for array in plain.state().values()) == 8 * 500 * 500
    assert sum(array.nbytes for array in full.state().values()) == 33 * 500 * 500


def test_some_cells_alone():
    solver = flood()
    solver.advance_to(30.0)
    cells = np.array([70 * SHAPE[1] + 22, 3])
    for name, field in solver.record.fields().items():
        np.testing.assert_array_equal(solver.record.fields(cells)[name], field.ravel()[cells])
    assert solver.velocity_of(cells)[0].tolist() == solver.velocity()[0].ravel()[cells].tolist()
    assert solver.velocity_of(cells)[1].tolist() == solver.velocity()[1].ravel()[cells].tolist()


def test_hazard_classes_begin_at_their_limits():
    rating = np.array([0.0, 0.01, 0.7499, 0.75, 1.2499, 1.25, 1.99, 2.0, 30.0])
    assert hazard_class(rating).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [entry["id"] for entry in rating_classes()] == ["low", "moderate", "significant", "extreme"]
    assert aidr_ids() == ("H1", "H2", "H3", "H4", "H5", "H6")


def test_wrong_limits_are_refused():
    with pytest.raises(InputError, match="got 'desert'; expected one of pasture, woodland, urban"):
        flood_limits("desert")
    assert land_uses() == ("pasture", "woodland", "urban", "conservative")
    with pytest.raises(InputError, match="duration_depths_m"):
        replace(flood_limits(), duration_depths_m=(0.3, 0.15, 0.5))
    with pytest.raises(InputError, match="above 0 m"):
        replace(flood_limits(), rated_depth_m=0.0)
