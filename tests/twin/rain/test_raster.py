from dataclasses import replace

import numpy as np
import pytest
from rasterio.transform import from_bounds

from cim_models.errors import InputError
from cim_models.values import ValueKind
from tests.tiny_city import CRS, X0, Y0
from tests.twin.rain.rasters import (
    CELL_M,
    VALUES,
    X_MIN,
    Y_MAX,
    write_geotiff,
    write_netcdf,
    write_table,
    write_zarr,
)
from twin.rain import RasterFile, rain_field, raster_rain

START = "2026-06-18T17:00:00+08:00"

WRITERS = {
    "geotiff": lambda folder: write_geotiff(folder / "rain.tif"),
    "dated_bands": lambda folder: write_geotiff(
        folder / "rain.tif", names=("2026-06-18T17:00+08:00", "2026-06-18T17:05+08:00", "2026-06-18T09:10Z")
    ),
    "table": write_table,
    "netcdf": lambda folder: write_netcdf(folder / "rain.nc"),
    "relative_netcdf": lambda folder: write_netcdf(folder / "rain.nc", units="s"),
    "zarr": lambda folder: write_zarr(folder / "rain.zarr"),
}


def read(path, city, **changes):
    file = replace(RasterFile(path, "intensity_mm_h", crs=CRS), **changes)
    return raster_rain(file, city.terrain, city.crs, START)


@pytest.mark.parametrize("kind", WRITERS)
def test_each_cell_has_the_rain_of_the_raster_cell_it_lies_in(tiny_city, tmp_path, kind):
    rain = read(WRITERS[kind](tmp_path), tiny_city)
    np.testing.assert_array_equal(rain.edges_s, [0, 300, 600, 900])
    assert rain.kind is ValueKind.OBSERVED
    assert rain.notes == ()
    field = rain_field(tiny_city.terrain, rain)
    x, y = tiny_city.terrain.centre(*np.mgrid[0:40, 0:40])
    row, col = ((Y_MAX - y) // CELL_M).astype(int), ((x - X_MIN) // CELL_M).astype(int)
    for k, time_s in enumerate((0.0, 300.0, 600.0)):
        there = field.spread(rain.intensity_mm_h(time_s))[field.zones]
        np.testing.assert_allclose(there, VALUES[k][row, col], atol=1e-4)


def test_depths_become_intensities(tiny_city, tmp_path):
    path = write_geotiff(tmp_path / "rain.tif")
    rates, depths = read(path, tiny_city), read(path, tiny_city, quantity="depth_mm")
    np.testing.assert_allclose(depths.rates_mm_h, 12.0 * rates.rates_mm_h)


def test_bands_without_times_need_an_interval(tiny_city, tmp_path):
    path = write_geotiff(tmp_path / "rain.tif", names=())
    with pytest.raises(InputError, match=r"bands without times.*interval"):
        read(path, tiny_city)
    np.testing.assert_array_equal(read(path, tiny_city, interval_s=600.0).edges_s, [0, 600, 1200, 1800])


def test_another_crs_is_reprojected(tiny_city, tmp_path):
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    corners = to_degrees.transform_bounds(X0 - 1e4, Y0 - 1e4, X0 + 1e4, Y0 + 1e4)
    values = np.arange(3 * 40 * 40, dtype=np.float32).reshape(3, 40, 40)
    path = write_geotiff(
        tmp_path / "rain.tif", values, crs="EPSG:4326", transform=from_bounds(*corners, 40, 40)
    )
    rain = read(path, tiny_city, crs=None)
    field = rain_field(tiny_city.terrain, rain)
    x, y = to_degrees.transform(*tiny_city.terrain.centre(*np.mgrid[0:40, 0:40]))
    col = np.floor((x - corners[0]) / (corners[2] - corners[0]) * 40)
    row = np.floor((corners[3] - y) / (corners[3] - corners[1]) * 40)
    np.testing.assert_array_equal(field.spread(rain.rates_mm_h[0])[field.zones], row * 40 + col)


def with_values(path, change):
    values = VALUES.copy()
    change(values)
    return write_geotiff(path, values)


@pytest.mark.parametrize("missing", [np.nan, -9999.0])
def test_missing_values_are_refused_or_dry(tiny_city, tmp_path, missing):
    path = with_values(tmp_path / "rain.tif", lambda values: values.__setitem__((1, 4, 4), missing))
    with pytest.raises(InputError, match=r"time 2, cell at row 4, column 4: got no value.*gaps to 'dry'"):
        read(path, tiny_city)
    rain = read(path, tiny_city, gaps="dry")
    assert rain.rates_mm_h[1, rain.gauges.index("cell 4,4")] == 0.0
    assert "1 missing values" in rain.notes[0]


def test_missing_values_away_from_the_city_do_not_matter(tiny_city, tmp_path):
    path = with_values(tmp_path / "rain.tif", lambda values: values.__setitem__((1, 0, 0), np.nan))
    assert read(path, tiny_city).notes == ()


def test_negative_rain_is_refused_however_gaps_are_treated(tiny_city, tmp_path):
    path = with_values(tmp_path / "rain.tif", lambda values: values.__setitem__((2, 3, 5), -0.5))
    for gaps in ("refuse", "dry"):
        with pytest.raises(InputError, match=r"time 3, cell at row 3, column 5: got -0.5; expected >= 0"):
            read(path, tiny_city, gaps=gaps)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("0", "600", "300"), "time 3: got a time not after"),
        (("0", "300", "300"), "time 3: got a time not after"),
        (("0", "nan", "300"), "names of the bands"),
        (("2026-06-18T17:00", "2026-06-18T17:05", "2026-06-18T17:10"), "time zone"),
    ],
)
def test_times_that_make_no_sense(tiny_city, tmp_path, names, message):
    with pytest.raises(InputError, match=message):
        read(write_geotiff(tmp_path / "rain.tif", names=names), tiny_city)


def test_a_skipped_time_is_a_gap(tiny_city, tmp_path):
    values = np.concatenate([VALUES, VALUES])
    path = write_geotiff(tmp_path / "rain.tif", values, ("0", "300", "600", "900", "1800", "2100"))
    with pytest.raises(InputError, match="after time 4: got no row for 900 s"):
        read(path, tiny_city)
    rain = read(path, tiny_city, gaps="dry")
    assert not rain.intensity_mm_h(1300.0).any()
    assert rain.intensity_mm_h(1000.0).any()


def test_a_raster_elsewhere_or_over_a_part_of_the_city(tiny_city, tmp_path):
    away = write_geotiff(tmp_path / "away.tif", transform=from_bounds(0, 0, 160, 160, 8, 8))
    for gaps in ("refuse", "dry"):
        with pytest.raises(InputError, match=r"1600 of 1600 cells of the city outside it.*Check the CRS"):
            read(away, tiny_city, gaps=gaps)
    east = from_bounds(X0 + 20, Y0 - 40, X0 + 180, Y0 + 120, 8, 8)
    part = write_geotiff(tmp_path / "part.tif", transform=east)
    with pytest.raises(InputError, match="400 of 1600 cells"):
        read(part, tiny_city)
    rain = read(part, tiny_city, gaps="dry")
    assert "400 cells" in rain.notes[0]
    there = rain.field.spread(rain.rates_mm_h[0])[rain.field.zones]
    assert not there[:, :10].any()
    assert there[:, 10:].any()


def test_files_that_cannot_be_read(tiny_city, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent.nc", tiny_city)
    text = tmp_path / "rain.tif"
    text.write_text("no raster")
    with pytest.raises(InputError, match="cannot be read"):
        read(text, tiny_city)
    with pytest.raises(InputError, match="no CRS"):
        read(write_netcdf(tmp_path / "rain.nc"), tiny_city, crs=None)
    with pytest.raises(InputError, match="'EPSG:0'"):
        read(tmp_path / "rain.nc", tiny_city, crs="EPSG:0")
    with pytest.raises(InputError, match="'fortnights since 1900-01-01'"):
        read(write_netcdf(tmp_path / "odd.nc", units="fortnights since 1900-01-01"), tiny_city)
    empty = tmp_path / "empty.zarr"
    empty.mkdir()
    with pytest.raises(InputError, match="Zarr"):
        read(empty, tiny_city)
    with pytest.raises(InputError, match="variable 'snow'; expected one of rain"):
        read(write_zarr(tmp_path / "rain.zarr"), tiny_city, variable="snow")
