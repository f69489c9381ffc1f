"""Failure rates and their draws, against the laws they follow."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cim_models.errors import ScenarioError
from twin.failures.draw import Assets, draw_failures, yearly_rates
from twin.failures.exposure import YEAR_DAYS, Exposure, day_edges, exposure, months, wet_by_climate
from twin.failures.kinds import read_failure_catalogue
from twin.failures.rates import AgeFactor, DiameterFactor, PressureFactor

CATALOGUE = read_failure_catalogue()
BREAK = CATALOGUE.kinds["water_break"]
YEAR_S = YEAR_DAYS * 86_400.0
START = datetime(2026, 1, 1, tzinfo=UTC)


def pipes(count: int, *, material: str = "cast_iron", length_km: float = 1.0) -> Assets:
    return Assets(
        ids=[f"P{number}" for number in range(count)],
        length_km=np.full(count, length_km),
        material=[material] * count,
        diameter_m=np.full(count, 0.2),
        age_years=np.full(count, 30.0),
        pressure_m=np.full(count, np.nan),
    )


def seeded(seed: int) -> object:
    rng = np.random.default_rng(seed)
    return lambda *_: float(rng.exponential())


def test_the_base_rate_holds_at_every_reference() -> None:
    assert_allclose(yearly_rates(BREAK, pipes(1), {}), [0.216])
    assert_allclose(yearly_rates(BREAK, pipes(1, material="ductile_iron", length_km=2.0), {}), [0.068])


def test_exponential_growth_doubles_in_its_doubling_time() -> None:
    grows = AgeFactor("exponential", 30.0, 0.0, 1e9, a_year=0.05)
    assert_allclose(grows(30.0 + math.log(2.0) / 0.05) / grows(30.0), 2.0)


def test_the_power_law_is_the_derivative_of_its_expected_number() -> None:
    grows = AgeFactor("power", 20.0, 0.0, 1e9, exponent=1.7)
    t, h = 35.0, 1e-4
    slope = ((t + h) ** 1.7 - (t - h) ** 1.7) / (2 * h) / (1.7 * 20.0**0.7)
    assert_allclose(grows(t), slope, rtol=1e-6)


def test_factors_stay_within_their_limits() -> None:
    assert_allclose(DiameterFactor(0.2, -0.5, 0.3, 1.5)([0.001, 0.2, 0.8, 100.0]), [1.5, 1.0, 0.5, 0.3])
    assert_allclose(PressureFactor(30.0, 1.4, 0.2)([30.0, 60.0, 0.0, np.nan]), [1.0, 2.4, 0.2, 1.0])


def test_seasons_have_a_mean_of_one() -> None:
    for factors in CATALOGUE.seasons.values():
        assert_allclose(np.mean(factors), 1.0)


def test_rain_moves_failures_to_wet_days_and_adds_none() -> None:
    edges = day_edges(START, YEAR_S)
    wet = np.arange(edges.size - 1) % 4 == 0
    plain = exposure(edges, months(START, edges), [1.0] * 12, wet.tolist(), 1.0)
    rainy = exposure(edges, months(START, edges), [1.0] * 12, wet.tolist(), 3.0)
    assert_allclose(rainy.total_years, plain.total_years)
    daily = np.diff(rainy.years)[:-1]
    assert_allclose(daily[wet[:-1]].mean() / daily[~wet[:-1]].mean(), 3.0)


def test_a_moment_is_where_its_exposure_has_passed() -> None:
    passing = Exposure(np.array([0.0, 10.0, 20.0, 30.0]), np.array([0.0, 1.0, 1.0, 3.0]))
    assert [passing.moment_s(value) for value in (0.0, 0.5, 1.0, 2.0)] == [0.0, 5.0, 20.0, 25.0]
    assert passing.moment_s(3.0) == math.inf


def test_a_run_that_begins_in_the_middle_of_a_day_has_its_midnights() -> None:
    edges = day_edges(datetime(2026, 1, 31, 18, tzinfo=UTC), 86_400.0 * 2)
    assert edges.tolist() == [0.0, 21_600.0, 108_000.0, 172_800.0]
    assert months(datetime(2026, 1, 31, 18, tzinfo=UTC), edges) == [0, 1, 1]


def test_wet_days_come_as_often_as_the_climate_says() -> None:
    edges = day_edges(START, 200 * YEAR_S)
    month = months(START, edges)
    rng = np.random.default_rng(1)
    wet = wet_by_climate(month, CATALOGUE.climate, rng.random(len(month)).tolist())
    assert_allclose(sum(wet) / 200, sum(CATALOGUE.climate.wet_days), rtol=0.02)


def test_the_number_of_failures_is_that_of_a_poisson_process() -> None:
    edges = day_edges(START, YEAR_S)
    season = CATALOGUE.seasons["brittle"]
    passing = exposure(edges, months(START, edges), season, [False] * (edges.size - 1), 1.0)
    assets = pipes(20_000)
    rates = yearly_rates(BREAK, assets, {})
    found = draw_failures(BREAK, assets, rates, {True: passing}, CATALOGUE, seeded(3))  # type: ignore[arg-type]
    expected = 20_000 * 0.216 * passing.total_years
    assert abs(len(found) - expected) < 4.0 * math.sqrt(expected)
    counts = np.bincount([int(failure.asset[1:]) for failure in found], minlength=20_000)
    assert_allclose(counts.var() / counts.mean(), 1.0, atol=0.05)
    in_january = sum(failure.t_s < 31 * 86_400.0 for failure in found)
    assert abs(in_january / len(found) - season[0] * 31 / YEAR_DAYS) < 0.02
    assert [failure.t_s for failure in found] == sorted(failure.t_s for failure in found)


def test_a_pipe_that_is_renewed_changes_nothing_elsewhere() -> None:
    edges = day_edges(START, YEAR_S)
    passing = exposure(edges, months(START, edges), [1.0] * 12, [False] * (edges.size - 1), 1.0)

    def chance(kind: str, asset: str, number: int) -> float:
        return float(np.random.default_rng([ord(c) for c in f"{kind}{asset}{number}"]).exponential())

    def drawn(assets: Assets) -> set[tuple[str, float]]:
        rates = yearly_rates(BREAK, assets, {})
        found = draw_failures(BREAK, assets, rates, {True: passing, False: passing}, CATALOGUE, chance)
        return {(failure.asset, failure.t_s) for failure in found}

    before = pipes(200)
    after = replace(before, material=["pe", *before.material[1:]])
    changed = drawn(before) ^ drawn(after)
    assert {asset for asset, _ in changed} <= {"P0"}
    assert len(drawn(before)) > 20


@pytest.mark.parametrize(
    ("material", "rates", "words"),
    [
        ("granite", {}, ["'P0'", "material 'granite'", "cast_iron"]),
        ("cast_iron", {"cast_iron": -0.1}, ["'cast_iron'", "-0.1", "0 or more"]),
        ("cast_iron", {"cast_iron": math.nan}, ["nan"]),
    ],
)
def test_wrong_rates_and_materials_are_refused(
    material: str, rates: dict[str, float], words: list[str]
) -> None:
    with pytest.raises(ScenarioError) as caught:
        yearly_rates(BREAK, pipes(1, material=material), rates)
    for word in words:
        assert word in str(caught.value)


def test_a_rate_beyond_reason_is_refused() -> None:
    edges = day_edges(START, YEAR_S)
    passing = exposure(edges, months(START, edges), [1.0] * 12, [False] * (edges.size - 1), 1.0)
    with pytest.raises(ScenarioError, match="no more than 1000 in a run"):
        draw_failures(BREAK, pipes(1), np.array([1e6]), {True: passing}, CATALOGUE, seeded(1))  # type: ignore[arg-type]
