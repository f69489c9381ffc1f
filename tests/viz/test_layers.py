"""The map's layers: described once, the same for the notebook and for the screen."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cim_models.city import City
from scenarios.runfolder import RunFolder
from tests.viz.tiny_run import write_tiny_run
from viz.layers import LAYERS, Scene, describe, notebook_deck, tables
from viz.layers.binary import describe_for_browser, pack
from viz.layers.colours import (
    GRADES,
    LARGEST_DEPTH_M,
    SHALLOWEST_M,
    code_depth_m,
    depth_code,
    road_colours,
    water_ramp,
)
from viz.layers.images import block_maximum, extent, ground, reduction
from viz.layers.moment import moment_at
from viz.layers.projection import Projector
from viz.report.maps import depth_map


@pytest.fixture(scope="module")
def run(tiny_city: City, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return RunFolder(write_tiny_run(tiny_city, tmp_path_factory.mktemp("layers")))


@pytest.fixture(scope="module")
def scene(tiny_city: City) -> Scene:
    return Scene.of(tiny_city)


def test_the_screen_and_pydeck_show_the_same_layers_in_the_same_order(run: RunFolder) -> None:
    shown = [layer.id for layer in describe(Scene.of(run.city(), moment=moment_at(run, 1800.0)))]
    packed = [item.entry["id"] for layer in LAYERS if (item := pack(layer, Scene.of(run.city()))) is not None]
    assert shown == packed
    assert {
        "ground",
        "water",
        "roads",
        "buildings",
        "barriers",
        "failures",
        "crews",
        "cases",
        "labels",
    } <= set(shown)


@pytest.mark.parametrize(("time_s", "failed"), [(1500.0, []), (1800.0, ["M1"]), (3000.0, [])])
def test_a_failure_is_on_the_map_until_it_is_mended(run: RunFolder, time_s: float, failed: list[str]) -> None:
    assert [mark.id for mark in moment_at(run, time_s).failures] == failed


@pytest.mark.parametrize(("time_s", "grade"), [(0.0, "A"), (300.0, "C")])
def test_a_watched_structure_is_on_the_map_with_its_grade(run: RunFolder, time_s: float, grade: str) -> None:
    moment = moment_at(run, time_s)
    assert [(mark.id, mark.grade) for mark in moment.structures] == [("BR-1", grade)]
    table = tables.structures(Scene.of(run.city(), moment=moment))
    assert table is not None
    assert table["text"].tolist() == [grade]
    assert table["colour"].iloc[0].tolist() == list(GRADES[grade])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.id)
def test_style_and_type_of_the_screen_are_those_of_the_pydeck_layer(layer) -> None:
    deck = json.loads(layer.layer().to_json())
    entry = describe_for_browser(layer)
    assert entry["type"] == deck["@@type"]
    for key, value in entry["style"].items():
        assert deck[key] == value
    for accessor, column in entry["columns"].items():
        assert deck[accessor] == f"@@={column}"


@pytest.mark.parametrize("layer", [entry for entry in LAYERS if not entry.moving], ids=lambda layer: layer.id)
def test_binary_arrays_hold_what_the_table_holds(layer, scene: Scene) -> None:
    packed = pack(layer, scene)
    if packed is None or "attributes" not in packed.entry:
        return
    table = layer.table(scene)
    assert packed.ids == table["id"].tolist()
    for accessor, attribute in packed.entry["attributes"].items():
        column = packed.entry["columns"][accessor]
        values = np.frombuffer(packed.files[attribute["file"]], dtype=f"<{attribute['dtype']}")
        expected = np.concatenate([np.asarray(value, dtype=float).ravel() for value in table[column]])
        np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_building_rings_are_closed_and_clockwise(scene: Scene) -> None:
    layer = next(entry for entry in LAYERS if entry.id == "buildings")
    assert layer.table is not None
    table = layer.table(scene)
    assert table is not None
    for ring in table["polygon"]:
        assert np.array_equal(ring[0], ring[-1])
        assert not shapely.LinearRing(ring).is_ccw


def test_a_projected_rectangle_keeps_its_four_corners(tiny_city: City) -> None:
    corners = np.array(Projector.of(tiny_city).corners(tiny_city.terrain.bounds))
    left_bottom, left_top, right_top, right_bottom = corners
    assert left_top[1] > left_bottom[1]
    assert right_bottom[0] > left_bottom[0]
    assert right_top[1] > right_bottom[1]
    assert np.allclose(extent(Scene.of(tiny_city)), corners)


def test_ground_is_clear_where_there_is_no_terrain(tiny_city: City) -> None:
    from dataclasses import replace

    elevation = tiny_city.terrain.elevation.copy()
    elevation[:5] = np.nan
    city = replace(tiny_city, terrain=replace(tiny_city.terrain, elevation=elevation))
    picture = ground(Scene.of(city))
    assert (picture[:5, :, 3] == 0).all()
    assert (picture[5:, :, 3] == 255).all()


@given(st.floats(SHALLOWEST_M, LARGEST_DEPTH_M))
def test_a_depth_code_keeps_the_depth_within_two_centimetres_and_order(depth_m: float) -> None:
    code = depth_code(np.array([depth_m * 1000]))
    assert code[0] > 0
    assert abs(code_depth_m(code)[0] - depth_m) < 0.001 + 0.008 * np.sqrt(depth_m * LARGEST_DEPTH_M)


def test_shallow_water_is_not_drawn_and_deep_water_never_wraps() -> None:
    assert depth_code(np.array([0, 5, 19, 65535])).tolist() == [0, 0, 0, 255]
    assert water_ramp()[0, 3] == 0


@given(hnp.arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.integers(1, 4))
def test_reducing_a_grid_loses_no_maximum(values: np.ndarray, factor: int) -> None:
    reduced = block_maximum(values, factor)
    assert reduced.max() == values.max()
    assert reduced.shape == tuple(-(-side // factor) for side in values.shape)


def test_large_grids_are_reduced_to_what_a_screen_needs() -> None:
    assert reduction((750, 750)) == 1
    assert reduction((4000, 2000)) == 4


def test_roads_are_coloured_by_their_thresholds() -> None:
    depths = np.array([0.0, 0.149, 0.15, 0.30, 0.50, 0.9])
    colours = road_colours(depths, np.array([False] * 5 + [True]))
    assert len({tuple(colour) for colour in colours[[0, 2, 3, 4, 5]]}) == 5
    assert tuple(colours[0]) == tuple(colours[1])


def test_a_notebook_shows_the_moment_by_pydeck_alone(run: RunFolder) -> None:
    deck = json.loads(notebook_deck(run, 900.0).to_json())
    layers = {layer["id"]: layer for layer in deck["layers"]}
    assert layers["water"]["image"].startswith("data:image/png;base64,")
    assert len(layers["water"]["bounds"]) == 4
    assert [row["id"] for row in layers["cases"]["data"]] == ["C1"]
    assert layers["cases"]["data"][0]["text"] == "Ⅱ"
    assert "http" not in json.dumps(deck)


def test_a_closed_case_leaves_the_map(run: RunFolder) -> None:
    assert [case.id for case in moment_at(run, 2000.0).cases] == ["C1"]
    assert moment_at(run, 3000.0).cases == ()


def test_labels_speak_the_language(run: RunFolder) -> None:
    for language, name in (("zh", "河街低洼处"), ("en", "River Street dip")):
        layers = {layer.id: layer for layer in describe(Scene.of(run.city(), language=language))}
        assert name in [row["text"] for row in json.loads(layers["labels"].to_json())["data"]]


def test_a_name_that_two_spots_share_is_written_once(run: RunFolder) -> None:
    city = run.city()
    spots = city.layers["spots"]
    twice = pd.concat([spots, spots.assign(id=spots["id"] + "-2")], ignore_index=True)
    layers = {layer.id: layer for layer in describe(Scene.of(city.with_layer("spots", twice), language="en"))}
    texts = [row["text"] for row in json.loads(layers["labels"].to_json())["data"]]
    assert texts.count("River Street dip") == 1
    depth = np.full(city.terrain.shape, 0.2)
    picture = depth_map(city.with_layer("spots", twice), depth, "en")
    assert [label.text for label in picture.labels].count("River Street dip") == 1


def test_the_map_module_writes_no_file(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    notebook_deck(run, 60.0)
    assert list(tmp_path.iterdir()) == []
