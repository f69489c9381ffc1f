"""Sources without a CRS, polygons as lists of corners, roughness by area."""

import numpy as np
import pytest

from cim_models.bundle import read_city
from cim_models.errors import MappingError
from cim_models.importers import import_city

RECIPE = """
name = "plain"
crs = "EPSG:28356"
time_zone = "Australia/Sydney"
origin = "made up for the tests"
licence = "Apache-2.0"
[extent]
box = [382000, 6354000, 382020, 6354010]
[terrain]
file = "ground.asc"
crs = "EPSG:28356"
cell_size_m = 1.0
[roughness]
manning_n = 0.04
[[roughness.areas]]
file = "road.csv"
outlines = true
manning_n = 0.02
[[layers]]
layer = "buildings"
file = "houses/*.csv"
outlines = true
id = "name"
assume = { height_m = 3.0, use = "residential" }
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "houses").mkdir(parents=True)
    rows = "\n".join(" ".join(f"{20 + 0.1 * col:.2f}" for col in range(24)) for _ in range(14))
    header = "ncols 24\nnrows 14\nxllcorner 381998\nyllcorner 6353998\ncellsize 0.9999\nNODATA_value -9999\n"
    (folder / "ground.asc").write_text(header + rows + "\n")
    (folder / "road.csv").write_text("382000,6354000\n382020,6354000\n382020,6354003\n382000,6354003\n")
    corners = "382004,6354005\n382008,6354005\n382008,6354008\n382004,6354008\n"
    (folder / "houses" / "house_b.csv").write_text(corners)
    (folder / "houses" / "house_a.csv").write_text("382012,6354005\n382016,6354005\n382016,6354008\n")
    return folder


@pytest.fixture
def imported(source, tmp_path):
    def run(recipe=RECIPE):
        path = tmp_path / "recipe.toml"
        path.write_text(recipe)
        return import_city(source, path, tmp_path / "bundle")

    return run


def test_a_plain_source_becomes_a_city(imported, tmp_path):
    imported()
    city = read_city(tmp_path / "bundle")
    assert city.terrain.shape == (10, 20)
    assert city.terrain.bounds == (382000.0, 6354000.0, 382020.0, 6354010.0)
    assert list(city.layers["buildings"]["id"]) == ["house_a", "house_b"]
    np.testing.assert_allclose(city.layers["buildings"].geometry.area, [6.0, 12.0])
    np.testing.assert_array_equal(city.roughness[-3:], np.float32(0.02))
    np.testing.assert_array_equal(city.roughness[:-3], np.float32(0.04))
    np.testing.assert_allclose(city.terrain.elevation[5], 20.2 + 0.1 * np.arange(20), atol=0.01)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('crs = "EPSG:28356"\ncell', "cell", "no coordinate reference system.*'crs' in the recipe"),
        ("box = [382000,", "box = [382030,", "a box of x_min"),
        ("[terrain]", 'around = ["buildings"]\n[terrain]', "exactly one of box and around"),
        ("houses/*.csv", "homes/*.csv", "No source file matches"),
        ("manning_n = 0.02", "manning_n = 2.0", "roughness.areas.0.manning_n"),
    ],
)
def test_recipes_that_do_not_fit_are_refused(imported, old, new, message):
    assert old in RECIPE
    with pytest.raises(MappingError, match=message):
        imported(RECIPE.replace(old, new))


@pytest.mark.parametrize("text", ["382004,6354005\n382008,6354005\n", "x,y\n1,2\n3,4\n5,6\n", "1\n2\n3\n"])
def test_a_file_that_is_no_polygon_is_refused(imported, source, text):
    (source / "houses" / "house_a.csv").write_text(text)
    with pytest.raises(MappingError, match=r"house_a\.csv is no"):
        imported()


def test_an_area_off_the_terrain_is_refused(imported, source):
    (source / "road.csv").write_text("0,0\n1,0\n1,1\n")
    with pytest.raises(MappingError, match=r"road\.csv covers no cell"):
        imported()
