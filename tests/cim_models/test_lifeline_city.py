"""The generated city of lifelines: how much there is, and that nothing is wrong with it."""

from collections import Counter

import pytest

from cim_models.checks import Severity, check_city
from cim_models.errors import InputError
from cim_models.lifeline_city import make_lifeline_city
from twin.failures.kinds import read_failure_catalogue


def test_it_has_the_size_that_was_asked_for() -> None:
    city = make_lifeline_city(area_km2=40.0)
    x_min, y_min, x_max, y_max = city.layers["roads"].total_bounds
    area_km2 = (x_max - x_min + 250.0) * (y_max - y_min + 250.0) / 1e6
    assert abs(area_km2 - 40.0) < 1.0
    assert city.terrain.inside([x_min, x_max], [y_min, y_max]).all()
    pipes = city.layers["lifelines"]
    streets = city.layers["roads"].geometry.length.sum()
    for network, share in (("supply", 1.0), ("sewer", 1.0), ("gas", 0.7)):
        length = pipes.geometry[pipes["network"] == network].length.sum()
        assert abs(length / streets - share) < 0.05
    kinds = Counter(city.layers["hazard_sites"]["kind"])
    assert kinds == {"septic_tank": round(area_km2 * 1581 / 230), "regulator": round(area_km2 * 2.5)}


def test_nothing_is_wrong_with_it() -> None:
    defects = check_city(make_lifeline_city(area_km2=6.0))
    assert [str(defect) for defect in defects if defect.severity is not Severity.NOTE] == []


def test_every_pipe_has_a_material_with_a_rate() -> None:
    pipes = make_lifeline_city(area_km2=10.0).layers["lifelines"]
    kinds = {kind.network: kind for kind in read_failure_catalogue().kinds.values() if kind.network}
    for network, material in zip(pipes["network"], pipes["material"], strict=True):
        assert material in kinds[network].per_km_year


def test_the_middle_is_older_than_the_edge() -> None:
    pipes = make_lifeline_city(area_km2=40.0).layers["lifelines"]
    x = pipes.geometry.centroid.x
    middle = (x - x.mean()).abs() < 500.0
    assert pipes.loc[middle, "year"].mean() + 10 < pipes.loc[x < 600.0, "year"].mean()


def test_the_seed_decides_and_the_size_is_checked() -> None:
    first, again, other = (make_lifeline_city(seed, 6.0).layers["lifelines"] for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
    with pytest.raises(InputError, match="4 to 1,000 km2"):
        make_lifeline_city(area_km2=3.0)
