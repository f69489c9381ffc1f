"""The district does what it is built for: a storm fills the low places and the rest drains."""

from pathlib import Path

import numpy as np
import pytest

from cim_models.city import City
from cim_models.district import make_district
from twin.rain import design_storm
from twin.water import WaterSettings, WaterSystem


@pytest.fixture(scope="module")
def city() -> City:
    return make_district(1, 400.0, 4.0)


def test_storm_fills_the_underpass_and_the_low_crossing(city: City, tmp_path: Path) -> None:
    rain = design_storm("chongqing_jiangbei", 50.0, 7200.0, 0.4)
    spots = city.layers["spots"].set_index("id").geometry
    roads = city.layers["roads"]
    crossing = spots["low-crossing-1"]
    deepest = np.zeros(len(roads))
    at_crossing = 0.0
    with WaterSystem(city, rain, WaterSettings(), tmp_path, 1) as water:
        for minute in range(5, 76, 5):
            water.advance_to(60.0 * minute)
            deepest = np.maximum(deepest, water.road_depth())
            at_crossing = max(at_crossing, water.depth_near(crossing.x, crossing.y, 12.0))
        balance = water.balance()
    underpass = roads["underpass"].to_numpy()
    assert 0.4 < deepest[underpass][0] < 2.0
    assert 0.25 < at_crossing < 0.8
    length = roads.geometry.length.to_numpy()
    assert length[deepest > 0.30].sum() / length.sum() < 0.35
    assert length[deepest < 0.15].sum() / length.sum() > 0.5
    assert abs(balance.whole_error_m3) / balance.supplied_m3 < 1e-3
