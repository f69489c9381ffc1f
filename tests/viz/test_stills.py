"""Stills show what they should: water where it is, the sewer below, the same picture each time."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cim_models.errors import RunError
from viz.stills import make_scene, render_stills
from viz.stills.drawing import SURCHARGED
from viz.stills.palette import DEPTH_CLASSES
from viz.stills.scene import MOST_CELLS, ground_at

SIZE = (480, 270)


@pytest.fixture(scope="module")
def ponded(tiny_city):
    """Water standing in the dip of the street, m."""
    return np.maximum(0.0, 299.15 - tiny_city.terrain.elevation)


@pytest.fixture(scope="module")
def pictures(tiny_city, ponded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stills")
    try:
        return render_stills(make_scene(tiny_city, ponded, {"J3"}), folder, size=SIZE)
    except RunError as exc:
        pytest.skip(str(exc))


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def count_of(picture, colour, tolerance=30):
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(picture - wanted).max(axis=-1) < tolerance).sum())


def test_pictures_have_the_asked_size_and_are_not_empty(pictures):
    for path in pictures.values():
        picture = pixels(path)
        assert picture.shape == (SIZE[1], SIZE[0], 3)
        assert (picture.min(axis=-1) < 245).mean() > 0.1


def test_flood_is_drawn_in_the_colours_of_its_classes(pictures, ponded):
    picture = pixels(pictures["flood"])
    for level in DEPTH_CLASSES:
        there = ((ponded >= level.from_m) & (ponded < level.to_m)).sum()
        if there >= 8:
            assert count_of(picture, level.colour) > 10, level.en


def test_dry_city_shows_no_water(tiny_city, tmp_path, pictures):
    dry = make_scene(tiny_city, np.zeros(tiny_city.terrain.shape))
    picture = pixels(render_stills(dry, tmp_path, views=("flood",), size=SIZE)["flood"])
    assert all(count_of(picture, level.colour) == 0 for level in DEPTH_CLASSES[1:])


def test_surcharged_manhole_turns_its_pipes_red(tiny_city, tmp_path, pictures):
    calm = make_scene(tiny_city, np.zeros(tiny_city.terrain.shape))
    picture = pixels(render_stills(calm, tmp_path, views=("sewer",), size=SIZE)["sewer"])
    assert count_of(picture, SURCHARGED, 60) == 0
    assert count_of(pixels(pictures["sewer"]), SURCHARGED, 60) > 20


def test_same_scene_gives_the_same_picture(tiny_city, ponded, pictures, tmp_path):
    again = render_stills(make_scene(tiny_city, ponded, {"J3"}), tmp_path, size=SIZE)
    for view, path in pictures.items():
        assert (pixels(path) == pixels(again[view])).all()


def test_city_without_sewer_has_no_sewer_picture(tiny_city, tmp_path, pictures):
    bare = make_scene(replace(tiny_city, sewer=None), np.zeros(tiny_city.terrain.shape))
    assert list(render_stills(bare, tmp_path, size=SIZE)) == ["flood"]


def test_failure_says_what_to_install(tiny_city, tmp_path):
    scene = make_scene(tiny_city, np.zeros(tiny_city.terrain.shape))
    with pytest.raises(RunError, match=r"libegl1"):
        render_stills(scene, tmp_path, time_limit_s=0.01)


def test_large_grid_is_thinned_without_losing_the_deepest_water(tiny_city):
    side = 1500
    terrain = replace(tiny_city.terrain, elevation=np.zeros((side, side), np.float32))
    depth = np.zeros((side, side))
    depth[701, 901] = 1.25
    scene = make_scene(replace(tiny_city, terrain=terrain), depth)
    assert scene.elevation.size <= MOST_CELLS
    assert scene.water_depth.max() == 1.25
    assert scene.elevation.shape == (len(scene.y), len(scene.x))


def test_ground_outside_the_grid_is_the_nearest_cell(tiny_city):
    terrain = tiny_city.terrain
    assert ground_at(terrain, terrain.x_min - 50, terrain.y_max + 50) == terrain.elevation[0, 0]
