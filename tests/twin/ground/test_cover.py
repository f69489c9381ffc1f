"""Ground classes from the land cover, or from the layers; settings from the catalogue."""

from dataclasses import replace

import numpy as np
import pytest

from cim_models.catalogues import load_catalogue
from cim_models.city import Landcover
from cim_models.errors import InputError
from tests.tiny_city import X0, Y0
from twin.ground import ground_map, ground_names, ground_settings
from twin.surface.grid import building_cells


def test_without_land_cover_the_layers_say_what_the_ground_is(tiny_city):
    open_cells = ~building_cells(tiny_city)
    classes, names = ground_map(tiny_city, open_cells)
    assert names[0] == "sealed"
    assert set(names) == ground_names(tiny_city)

    def at(x, y):
        row, col = tiny_city.terrain.row_col(X0 + x, Y0 + y)
        return names[classes[row, col]]

    assert at(20, 41) == "street"
    assert at(20, 43) == "street"
    assert at(20, 45) == at(5, 5) == "open_ground"
    assert at(20, 55) == "sealed"
    assert (classes == 0).sum() == (~open_cells).sum()


def test_the_land_cover_goes_before_the_layers(tiny_city):
    codes = np.full(tiny_city.terrain.shape, 30, np.uint8)
    codes[:, 20:] = 60
    covered = replace(tiny_city, landcover=Landcover(codes, {30: "lawn", 60: "field"}))
    classes, names = ground_map(covered, np.ones(codes.shape, bool))
    assert names == ("sealed", "field", "lawn")
    assert {names[k] for k in classes[:, 0]} == {"lawn"}
    assert {names[k] for k in classes[:, 39]} == {"field"}


@pytest.mark.parametrize(
    ("codes", "words"),
    [(np.zeros((2, 2), np.uint8), "shape"), (np.full((40, 40), 7, np.uint8), "code 7")],
)
def test_a_land_cover_that_does_not_fit_is_refused(tiny_city, codes, words):
    covered = replace(tiny_city, landcover=Landcover(codes, {30: "lawn"}))
    with pytest.raises(InputError, match=words):
        ground_map(covered, np.ones((40, 40), bool))


def test_the_catalogue_is_whole_and_says_where_it_is_from():
    book = load_catalogue("soils")
    assert "Rawls" in book["source"]
    for entry in book["classes"].values():
        assert entry["title"].keys() == {"zh", "en"}
    settings = ground_settings("green_ampt")
    assert set(settings.classes) == set(book["classes"]) >= {"sealed", "open_water", "street", "open_ground"}
    assert settings.classes["sealed"].pervious == settings.classes["sealed"].depression_mm == 0.0
    assert settings.classes["lawn"].soil.conductivity_mm_h == 3.4
    assert ground_settings("horton").classes["lawn"].soil.decay_1_h == 4.0


def test_a_scenario_changes_and_adds_classes_and_soils():
    fill = {"conductivity_mm_h": 9.0, "suction_mm": 60.0, "porosity": 0.4}
    settings = ground_settings(
        "green_ampt",
        interval_s=30.0,
        initial_saturation=0.2,
        soils={"loam": {"conductivity_mm_h": 5.0}, "fill": fill},
        classes={"lawn": {"pervious": 1.0}, "yard": {"soil": "fill"}},
    )
    lawn, yard = settings.classes["lawn"], settings.classes["yard"]
    assert (lawn.soil.conductivity_mm_h, lawn.soil.suction_mm, lawn.pervious) == (5.0, 88.9, 1.0)
    assert (yard.soil.suction_mm, yard.pervious, yard.depression_mm) == (60.0, 0.4, 5.08)
    assert (settings.interval_s, settings.initial_saturation) == (30.0, 0.2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"interval_s": 0.0}, "'interval': got 0.0 s"),
        ({"initial_saturation": 1.0}, "'initial_saturation': got 1.0"),
        ({"classes": {"lawn": {"soil": "peat"}}}, "'lawn', soil: got 'peat'; expected one of sand"),
        ({"classes": {"lawn": {"pervious": 1.5}}}, "'lawn'.*'pervious': got 1.5"),
        ({"classes": {"lawn": {"depression_mm": -1.0}}}, "'lawn'.*'depression_mm': got -1.0"),
        ({"classes": {"lawn": {"soil": "silt_loam"}}}, "'lawn': got no initial_mm_h.*another soil"),
        ({"soils": {"loam": {"final_mm_h": 90.0}}}, "'loam'.*'initial_mm_h': got 75.0"),
        ({"soils": {"loam": {"porosity": 2.0}}}, "'loam'.*'porosity': got 2.0"),
        ({"soils": {"loam": {"decay_1_h": 0.0}}}, "'loam'.*'decay_1_h': got 0.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        ground_settings("horton", **changes)
