"""Rain that varies from place to place, as it reaches the ground."""

from dataclasses import replace

import numpy as np
import pytest

from tests.tiny_city import CRS, X0, Y0
from tests.twin.rain.rasters import write_zarr
from twin.rain import (
    Motion,
    RasterFile,
    StormCell,
    constant_rain,
    moving_storm,
    raster_rain,
    travelling_storm,
)
from twin.surface.constants import RAIN_QUANTUM_M
from twin.water import WaterSettings, WaterSystem

CELL = StormCell(X0 - 100.0, Y0 + 40.0, 150.0, 120.0, 60.0, Motion(0.5, 90.0), mature_s=500.0)


def travelling(city, folder):
    return travelling_storm(city.terrain, constant_rain(60.0, 300.0), Motion(0.5, 45.0))


def radar(city, folder):
    return raster_rain(RasterFile(write_zarr(folder / "rain.zarr"), "intensity_mm_h"), city.terrain, CRS)


@pytest.mark.parametrize("make", [lambda city, folder: moving_storm(city.terrain, CELL), travelling, radar])
def test_what_falls_on_each_cell_is_what_the_series_says(tiny_city, tmp_path, make):
    """Without buildings and sewer: within one quantum a cell, and nothing of it lost or made."""
    bare = replace(tiny_city, layers={}, sewer=None)
    rain = make(bare, tmp_path)
    with WaterSystem(bare, rain, WaterSettings(edges="closed"), tmp_path, 1) as system:
        assert system.rain_intensity_mm_h == pytest.approx(
            np.mean(rain.intensity_mm_h(0.0)[rain.field.zones]), abs=1e-9
        )
        system.advance_to(np.ceil(rain.edges_s[-1]) + 1.0)
        balance = system.balance()
    cell_m2 = bare.terrain.cell_size_m**2
    fallen_m3 = rain.depth_mm[rain.field.zones].sum() / 1000.0 * cell_m2
    assert fallen_m3 > 5.0
    assert 0.0 <= fallen_m3 - balance.rain_m3 < RAIN_QUANTUM_M * cell_m2 * rain.field.zones.size
    assert balance.surface_error_m3 == 0.0
    assert balance.surface_stored_m3 == balance.rain_m3
