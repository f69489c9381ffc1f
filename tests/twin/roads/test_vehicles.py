"""Speed over depth."""

import numpy as np
import pytest

from twin.roads import vehicle_classes

FREE = np.full(7, 100.0)
DEPTH = np.array([0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30])
SPEED = np.array([86.9, 61.5, 40.7, 24.3, 12.4, 5.0, 2.1])


def test_car_follows_the_table_of_pregnolato():
    np.testing.assert_allclose(vehicle_classes()["car"].speed_km_h(DEPTH, FREE), SPEED, atol=0.06)


def test_road_sets_the_speed_where_water_allows_more():
    speed = vehicle_classes()["car"].speed_km_h(DEPTH, np.full(7, 50.0))
    np.testing.assert_allclose(speed, np.minimum(SPEED, 50.0), atol=0.06)


@pytest.mark.parametrize(
    ("name", "limit_m"),
    [("car", 0.30), ("bus", 0.30), ("truck", 0.50), ("emergency", 0.60), ("pump_truck", 0.60)],
)
def test_every_class_stops_just_above_its_limit(name, limit_m):
    vehicle = vehicle_classes()[name]
    speed = vehicle.speed_km_h(np.array([limit_m, limit_m + 1e-6]), np.full(2, 50.0))
    assert speed[0] == pytest.approx(2.1, abs=0.06)
    assert speed[1] == 0.0


def test_speed_never_rises_with_depth():
    depth = np.linspace(0.0, 0.8, 801)
    for vehicle in vehicle_classes().values():
        assert (np.diff(vehicle.speed_km_h(depth, np.full(801, 60.0))) <= 0.0).all()
