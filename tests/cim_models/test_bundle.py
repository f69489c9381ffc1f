import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from shapely import Point

from cim_models.bundle import digest_city, read_city, write_city
from cim_models.city import City, Landcover
from cim_models.errors import BundleError, NetworkError
from cim_models.layers import LAYERS


@pytest.fixture(scope="module")
def bundle(tiny_city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cities") / "tiny"
    write_city(tiny_city, folder)
    return folder


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "tiny"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_round_trip_keeps_everything(tiny_city: City, bundle: Path) -> None:
    city = read_city(bundle)
    for name in ("name", "title", "crs", "vertical_datum", "time_zone", "sources", "cim_levels"):
        assert getattr(city, name) == getattr(tiny_city, name)
    assert city.reference == str(bundle)
    assert city.terrain.bounds == tiny_city.terrain.bounds
    np.testing.assert_array_equal(city.terrain.elevation, tiny_city.terrain.elevation)
    assert set(city.layers) == set(tiny_city.layers)
    for name, frame in city.layers.items():
        expected = tiny_city.layers[name]
        assert list(frame.columns) == ["id", *(column.name for column in LAYERS[name].columns), "geometry"]
        pd.testing.assert_frame_equal(
            frame.drop(columns="geometry"), expected.drop(columns="geometry"), check_dtype=False
        )
        assert frame.geometry.geom_equals_exact(expected.geometry, 0).all()
    assert city.sewer is not None
    assert tiny_city.sewer is not None
    assert city.sewer.inp == tiny_city.sewer.inp
    assert city.supply is None
    assert digest_city(city) == digest_city(tiny_city)


def test_same_city_gives_same_bytes(tiny_city: City, bundle: Path, tmp_path: Path) -> None:
    write_city(tiny_city, tmp_path / "again")
    for file in sorted(bundle.iterdir()):
        first, second = file.read_bytes(), (tmp_path / "again" / file.name).read_bytes()
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest(), file.name


def test_terrain_opens_elsewhere_with_crs_and_nodata(tiny_city: City, tmp_path: Path) -> None:
    elevation = tiny_city.terrain.elevation.copy()
    elevation[3, 4] = np.nan
    holed = replace(tiny_city, terrain=replace(tiny_city.terrain, elevation=elevation))
    write_city(holed, tmp_path / "holed")
    with rasterio.open(tmp_path / "holed" / "terrain.tif") as raster:
        assert raster.crs.to_string() == tiny_city.crs
        assert raster.read_masks(1)[3, 4] == 0
    assert np.isnan(read_city(tmp_path / "holed").terrain.elevation[3, 4])


def test_roughness_becomes_land_cover_and_comes_back(tiny_city: City, tmp_path: Path) -> None:
    roughness = np.full(tiny_city.terrain.shape, 0.013, dtype=np.float32)
    roughness[:5] = 0.15
    write_city(replace(tiny_city, roughness=roughness), tmp_path / "rough")
    np.testing.assert_array_equal(read_city(tmp_path / "rough").roughness, roughness)
    edit(tmp_path / "rough" / "city.toml", "2 = ", "9 = ")
    with pytest.raises(BundleError, match=r"landcover\.tif: class 2 has no Manning's n.*manning_n"):
        read_city(tmp_path / "rough")


def test_digest_tells_a_changed_city(tiny_city: City) -> None:
    roads = tiny_city.layers["roads"].copy()
    roads.loc[0, "width_m"] += 0.5
    assert digest_city(tiny_city.with_layer("roads", roads)) != digest_city(tiny_city)


def test_conform_fills_defaults_and_drops_what_is_not_declared(tiny_city: City, tmp_path: Path) -> None:
    gullies = tiny_city.layers["gullies"][["id", "node", "geometry"]].assign(colour="grey")
    gullies["id"] = [1.0, 2.0, 3.0, 4.0]
    write_city(tiny_city.with_layer("gullies", gullies), tmp_path / "bare")
    read = read_city(tmp_path / "bare").layers["gullies"]
    assert read["id"].tolist() == ["1", "2", "3", "4"]
    assert read["open_ratio"].tolist() == [0.5] * 4
    assert "colour" not in read.columns


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('crs = "EPSG:4544"\n', "", r"city\.toml: key 'crs' is missing\. Add it, such as crs = 'EPSG:"),
        (
            "EPSG:4544",
            "EPSG:4326",
            r"key 'crs': got 'EPSG:4326'; expected one in metres; this is not projected",
        ),
        ("EPSG:4544", "EPSG:2263", r"key 'crs': got 'EPSG:2263'.*metres"),
        ("EPSG:4544", "nowhere", r"key 'crs': got 'nowhere'.*EPSG:25831"),
        ("EPSG:4544", "EPSG:25831", r"terrain\.tif: coordinate reference system differs from city\.toml"),
        ("Asia/Shanghai", "Mars/Base", r"key 'time_zone': got 'Mars/Base'"),
        ('name = "tiny"', 'name = "tiny"\ncolour = 1', r"unknown key 'colour': got 1; expected format, name"),
        ('name = "tiny"', "name = tiny", r"city\.toml is not TOML: .*line"),
        ('"gullies",', '"gullies", "canals",', r"key 'layers'.*unknown layer 'canals'; known: buildings"),
        ('"gullies",', '"gullies", "bridges",', r"city\.gpkg: layer 'bridges' is missing"),
        ("format = 1", "format = 99", r"key 'format': got 99; expected this version reads format 1"),
        ("terrain = 1", "terrain = 9", r"key 'cim_levels'.*1 to 7"),
    ],
)
def test_wrong_manifest_is_one_clear_line(copy: Path, old: str, new: str, message: str) -> None:
    edit(copy / "city.toml", old, new)
    with pytest.raises(BundleError, match=message) as caught:
        read_city(copy)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("city.toml", r"city\.toml is missing\. Name the folder of a city bundle"),
        ("terrain.tif", r"terrain\.tif is missing"),
        ("city.gpkg", r"city\.gpkg is missing but city\.toml lists layer 'buildings'"),
    ],
)
def test_missing_file_is_named(copy: Path, file: str, message: str) -> None:
    (copy / file).unlink()
    with pytest.raises(BundleError, match=message):
        read_city(copy)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nowhere does not exist"):
        read_city(tmp_path / "nowhere")


@pytest.mark.parametrize("file", ["terrain.tif", "city.gpkg"])
def test_unreadable_file_is_named(copy: Path, file: str) -> None:
    (copy / file).write_bytes(b"not what it says")
    with pytest.raises(BundleError, match=rf"{file} is not a readable"):
        read_city(copy)


def test_terrain_without_crs_is_refused(copy: Path) -> None:
    with rasterio.open(copy / "terrain.tif") as raster:
        profile, data = raster.profile, raster.read()
    profile.pop("crs")
    with rasterio.open(copy / "terrain.tif", "w", **profile) as raster:
        raster.write(data)
    with pytest.raises(BundleError, match=r"terrain\.tif has no coordinate reference system.*gdal_edit"):
        read_city(copy)


def test_terrain_with_oblong_cells_is_refused(copy: Path) -> None:
    with rasterio.open(copy / "terrain.tif", "r+") as raster:
        raster.transform = rasterio.Affine(2.0, 0, 0, 0, -2.5, 0)
    with pytest.raises(BundleError, match=r"cells are not square.*got 2\.0 x 2\.5 m"):
        read_city(copy)


def double_id(gullies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gullies.assign(id=["G1", "G2", "G2", "G3"])


def without_node(gullies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gullies.drop(columns="node")


def empty_node(gullies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gullies.assign(node=["J1", None, "J3", "J3"])


def wordy_length(gullies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gullies.assign(length_m=["1", "2", "long", "1"])


def without_geometry(gullies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gullies.set_geometry([Point(), *gullies.geometry[1:]])


def wrong_geometry(gullies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gullies.set_geometry(gullies.geometry.buffer(1))


def without_id(gullies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gullies.drop(columns="id")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (double_id, "id 'G2' occurs more than once"),
        (without_node, "has no column 'node'; expected id of the sewer node"),
        (empty_node, "id 'G2': node is empty"),
        (wordy_length, r"id 'G3': length_m: got 'long'; expected grate length .* \(float\)"),
        (without_geometry, "id 'G1' has no geometry"),
        (wrong_geometry, "id 'G1': geometry: got Polygon; expected Point"),
        (without_id, "has no column 'id'"),
    ],
)
def test_wrong_layer_is_refused_on_writing_and_leaves_nothing(
    tiny_city: City, tmp_path: Path, spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], message: str
) -> None:
    spoilt = tiny_city.with_layer("gullies", spoil(tiny_city.layers["gullies"]))
    with pytest.raises(BundleError, match=rf"layer 'gullies'.*(?:{message})"):
        write_city(spoilt, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"crs": "EPSG:4326"}, "City 'tiny': key 'crs': got 'EPSG:4326'"),
        ({"time_zone": "Mars/Base"}, "City 'tiny': key 'time_zone': got 'Mars/Base'"),
        ({"layers": {"canals": None}}, "City 'tiny': key 'layers'.*unknown layer 'canals'"),
    ],
)
def test_wrong_city_is_refused_on_writing(
    tiny_city: City, tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        write_city(replace(tiny_city, **values), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_wrong_layer_is_refused_on_reading(copy: Path) -> None:
    gullies = pyogrio.read_dataframe(copy / "city.gpkg", layer="gullies")
    pyogrio.write_dataframe(gullies.assign(id="G1"), copy / "city.gpkg", layer="gullies", driver="GPKG")
    with pytest.raises(BundleError, match=r"city\.gpkg: layer 'gullies': id 'G1' occurs more than once"):
        read_city(copy)


def test_broken_sewer_names_file_and_line(copy: Path) -> None:
    edit(copy / "sewer.inp", "C2 J2 J3", "C2 J2 J33")
    with pytest.raises(NetworkError, match=r"sewer\.inp line \d+, 'C2': node 'J33' does not exist"):
        read_city(copy)


def test_write_replaces_a_bundle_but_nothing_else(tiny_city: City, copy: Path, tmp_path: Path) -> None:
    write_city(replace(tiny_city, name="renamed"), copy)
    assert read_city(copy).name == "renamed"
    assert [entry.name for entry in tmp_path.iterdir()] == ["tiny"]
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("keep me")
    with pytest.raises(BundleError, match="home exists and is not a city bundle"):
        write_city(tiny_city, tmp_path / "home")
    assert (tmp_path / "home" / "letter.txt").read_text() == "keep me"


def test_land_cover_with_ground_classes_comes_back(tiny_city: City, tmp_path: Path) -> None:
    codes = np.full(tiny_city.terrain.shape, 30, dtype=np.uint8)
    codes[:5] = 60
    roughness = np.where(codes == 60, 0.0225, 0.033).astype(np.float32)
    landcover = Landcover(codes, {30: "lawn", 60: "field"})
    for name, city in (
        ("both", replace(tiny_city, landcover=landcover, roughness=roughness)),
        ("cover", replace(tiny_city, landcover=landcover)),
    ):
        write_city(city, tmp_path / name)
        read = read_city(tmp_path / name)
        assert read.landcover is not None
        np.testing.assert_array_equal(read.landcover.codes, codes)
        assert read.landcover.ground == {30: "lawn", 60: "field"}
        assert (read.roughness is None) == (city.roughness is None)
        assert digest_city(read) == digest_city(city) != digest_city(tiny_city)
    np.testing.assert_array_equal(read_city(tmp_path / "both").roughness, roughness)
    edit(tmp_path / "cover" / "city.toml", '60 = "field"', '61 = "field"')
    with pytest.raises(BundleError, match=r"class 60 has no ground class.*\[landcover\.ground\]"):
        read_city(tmp_path / "cover")


def test_land_cover_that_cannot_be_written_is_refused(tiny_city: City, tmp_path: Path) -> None:
    landcover = Landcover(np.full(tiny_city.terrain.shape, 30, dtype=np.uint8), {30: "lawn"})
    roughness = np.full(tiny_city.terrain.shape, 0.033, dtype=np.float32)
    roughness[0, 0] = 0.1
    with pytest.raises(BundleError, match="class 30: got 2 values of Manning's n"):
        write_city(replace(tiny_city, landcover=landcover, roughness=roughness), tmp_path / "rough")
