"""Files that are there whole or not at all."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from cim_models.bundle import write_city
from cim_models.errors import RunError
from cim_models.placing import geotiff, placed_whole, write_whole
from tests.filling import files_up_to
from tests.tiny_city import make_tiny_city


def test_a_file_takes_its_place_when_all_of_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "page.html"
    write_whole(path, "水")
    assert path.read_bytes() == "水".encode()
    with placed_whole(path) as place:
        place.write_text("new")
        assert path.read_text("utf-8") == "水"
    assert path.read_text("utf-8") == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), placed_whole(path) as place:
        place.write_text(str(1 / 0))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("most_bytes", [1000, 20_000, 60_000])
def test_a_bundle_without_room_is_not_there(tmp_path: Path, most_bytes: int) -> None:
    folder = tmp_path / "city"
    with files_up_to(most_bytes), pytest.raises(RunError, match=f"'{folder}' cannot be written: got .* room"):
        write_city(make_tiny_city(), folder)
    assert not list(tmp_path.iterdir())


def test_a_raster_made_in_memory_reads_back(tmp_path: Path) -> None:
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    path = tmp_path / "a.tif"
    profile = {"crs": "EPSG:32650", "transform": rasterio.Affine(2, 0, 5, 0, -2, 9), "nodata": -1.0}
    write_whole(path, geotiff(data, profile, "depth, m", {"units": "m"}))
    with rasterio.open(path) as raster:
        assert (raster.read(1) == data).all()
        assert raster.descriptions == ("depth, m",)
        assert raster.tags(1)["units"] == "m"
        assert (raster.crs, raster.nodata) == ("EPSG:32650", -1.0)
