import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import LineString, Point, box

from cim_models.bundle import read_city
from cim_models.catalogues import load_catalogue
from cim_models.checks import Severity, check_city
from cim_models.city import City, Terrain
from cim_models.errors import BundleError, MappingError
from cim_models.importers import ImportReport, import_city, read_report
from cim_models.importers.hollows import drainage
from cim_models.importers.recipe import RoadGraph, read_recipe, recipe_names
from cim_models.importers.report import LayerReport
from cim_models.importers.roads import build_graph
from cim_models.organisations import read_organisations

CRS = "EPSG:25831"
X, Y = 400_000.0, 4_500_000.0

RECIPE = """
name = "village"
crs = "EPSG:25831"
time_zone = "Europe/Madrid"
origin = "made for the test"
licence = "none"
[extent]
around = ["roads"]
margin_m = 10
[terrain]
file = "ground.tif"
nodata = [0.0]
cell_size_m = 2.0
fill_holes_m = {fill}
[sewer]
file = "sewer.inp"
encoding = "latin-1"
[gullies]
nearest_m = 15
[[layers]]
layer = "roads"
file = "map.gpkg"
source_layer = "streets"
id = "code"
where = {{ part = ["1"] }}
translate = {{ kind = {{ C = "Calle", A = "Avenida" }} }}
columns = {{ name_en = "{{kind}} {{name}}" }}
rules = [{{ column = "kind", values = ["A"], assume = {{ speed_km_h = 50.0 }} }}]
[[layers]]
layer = "gullies"
file = "map.gpkg"
source_layer = "inlets"
id = "code"
joins = [{{ file = "grates.csv", on = "type", key = "grate" }}]
columns = {{ node = "well", width_m = "broad" }}
[[layers]]
layer = "buildings"
file = "map.gpkg"
source_layer = "plots"
id = "code"
assume = {{ height_m = 6.0 }}
[[layers.counts]]
column = "persons"
file = "map.gpkg"
source_layer = "doors"
factor = 2.5
because = "guess"
[generate]
grid_cell_size_m = 50
patrol_grid_cells = 2
spots = 1
components = {{ gullies = "01-04", manholes = "01-03" }}
[generate.sensors]
road_level = 2
sewer_level = 1
camera = 1
spacing_m = 30
[[generate.depots]]
id = "D1"
x = 400010
y = 4500045
"""

SEWER = f"""
;; crée
[OPTIONS]
FLOW_UNITS CMS
FLOW_ROUTING DYNWAVE
[JUNCTIONS]
W1 8 2
W2 7 2
[OUTFALLS]
O1 5 FREE
[CONDUITS]
P1 W1 W2 40 0.013 0 0
P2 W2 O1 40 0.013 0 0
[XSECTIONS]
P1 CIRCULAR 0.4 0 0 0
P2 CIRCULAR 0.4 0 0 0
[COORDINATES]
W1 {X + 10} {Y + 50}
W2 {X + 50} {Y + 50}
O1 {X + 90} {Y + 50}
"""


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of source files: two crossing streets, three inlets, two plots, a pit."""
    folder = tmp_path_factory.mktemp("village")
    ground = np.full((30, 30), 10.0, dtype=np.float32) - np.arange(30, dtype=np.float32) * 0.02
    ground[14:17, 14:17] -= 0.5
    ground[0, :] = 0.0
    ground[15, 3] = 0.0
    with rasterio.open(
        folder / "ground.tif",
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        width=30,
        height=30,
        crs=CRS,
        transform=from_origin(X - 25, Y + 125, 4.99, 4.99),
    ) as raster:
        raster.write(ground, 1)
    streets = gpd.GeoDataFrame(
        {"code": ["a", "b", "c"], "kind": ["C", "A", "C"], "name": ["Uno", "Dos", None], "part": [1, 1, 2]},
        geometry=[
            LineString([(X, Y + 50), (X + 100, Y + 50)]),
            LineString([(X + 50, Y), (X + 50, Y + 100)]),
            LineString([(X + 5000, Y), (X + 5050, Y)]),
        ],
        crs=CRS,
    )
    inlets = gpd.GeoDataFrame(
        {"code": ["i1", "i2", "i3"], "type": ["big", "big", "odd"], "well": ["W1", "lost", "lost"]},
        geometry=[Point(X + 12, Y + 52), Point(X + 52, Y + 60), Point(X + 52, Y + 95)],
        crs=CRS,
    )
    plots = gpd.GeoDataFrame(
        {"code": ["p1", "p2"]},
        geometry=[box(X + 10, Y + 70, X + 30, Y + 90), box(X + 900, Y, X + 920, Y + 20)],
        crs=CRS,
    )
    doors = gpd.GeoDataFrame(geometry=[Point(X + 12, Y + 72), Point(X + 20, Y + 80)], crs=CRS)
    for name, frame in {"streets": streets, "inlets": inlets, "plots": plots, "doors": doors}.items():
        frame.to_file(folder / "map.gpkg", layer=name, driver="GPKG")
    (folder / "grates.csv").write_text("grate,broad\nbig,0.6\n")
    (folder / "sewer.inp").write_text(SEWER, encoding="latin-1")
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "village.toml"
    path.write_text(RECIPE.format(fill=0))
    return path


def entry(report: ImportReport, layer: str) -> LayerReport:
    return next(item for item in report.layers if item.layer == layer)


@pytest.fixture(scope="module")
def imported(
    village: Path, recipe: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[City, ImportReport]:
    out = tmp_path_factory.mktemp("cities") / "village"
    report = import_city(village, recipe, out)
    return read_city(out), report


def test_roads_become_a_graph_in_one_piece(imported: tuple[City, ImportReport]) -> None:
    city, report = imported
    roads = city.layers["roads"]
    assert roads["id"].tolist() == ["a-1", "a-2", "b-1", "b-2"]
    assert roads["name_en"].tolist() == ["Calle Uno"] * 2 + ["Avenida Dos"] * 2
    assert roads["speed_km_h"].tolist() == [30.0, 30.0, 50.0, 50.0]
    assert roads.length.tolist() == pytest.approx([50.0] * 4)
    assert len({*roads["from_node"], *roads["to_node"]}) == 5
    assert any("1 piece" in note for note in entry(report, "roads").notes)
    assert entry(report, "roads").dropped == ["1 whose part is not 1 (recipe)"]
    assert "speed_km_h = 50.0 where kind is A" in entry(report, "roads").assumed


def test_terrain_is_square_and_keeps_its_holes(imported: tuple[City, ImportReport]) -> None:
    city, report = imported
    assert city.terrain.cell_size_m == 2.0
    assert city.terrain.bounds == (X - 10, Y - 10, X + 110, Y + 110)
    x, y = X - 25 + 3.5 * 4.99, Y + 125 - 15.5 * 4.99
    row, col = city.terrain.row_col(x, y)
    assert np.isnan(city.terrain.elevation[row, col])
    assert any("31 source cells are 0" in note for note in entry(report, "terrain").notes)
    assert any("stay outside the domain" in text for text in entry(report, "terrain").lacks)
    ground = city.terrain.elevation[np.isfinite(city.terrain.elevation)]
    assert ground.min() > 8.8, "no cell is blended with the nodata value"
    assert entry(report, "terrain").count == ground.size


def test_holes_are_filled_only_when_the_recipe_says_so(village: Path, tmp_path: Path) -> None:
    path = tmp_path / "filling.toml"
    path.write_text(RECIPE.format(fill=20))
    report = import_city(village, path, tmp_path / "out")
    assert not np.isnan(read_city(tmp_path / "out").terrain.elevation).any()
    assert any("filled from the nearest known cell" in text for text in entry(report, "terrain").assumed)


def test_gullies_are_tied_or_dropped_and_both_is_said(imported: tuple[City, ImportReport]) -> None:
    city, report = imported
    gullies = city.layers["gullies"]
    assert gullies["id"].tolist() == ["i1", "i2"]
    assert gullies["node"].tolist() == ["W1", "W2"]
    assert gullies["width_m"].tolist() == [0.6, 0.6]
    said = entry(report, "gullies")
    assert any("i2 to W2" in text for text in said.assumed)
    assert said.dropped == ["1 without a node of the sewer model (i3)"]
    assert said.lacks == ["1 have no row in grates.csv"]
    assert "length_m = 0.75 (default of the layer)" in said.assumed


def test_buildings_are_cropped_and_counted(imported: tuple[City, ImportReport]) -> None:
    city, report = imported
    assert city.layers["buildings"][["id", "height_m", "persons"]].to_numpy().tolist() == [["p1", 6.0, 5.0]]
    assert entry(report, "buildings").dropped == ["1 outside the city's extent"]
    assert city.layers["grid_cells"]["persons"].sum() == 5.0


def test_declared_layers_are_there_and_marked_assumed(imported: tuple[City, ImportReport]) -> None:
    city, _ = imported
    sensors = city.layers["sensors"]
    assert sensors["kind"].tolist() == ["road_level", "road_level", "sewer_level", "camera"]
    pit = Point(X - 25 + 15.5 * 4.99, Y + 125 - 15.5 * 4.99)
    assert sensors.geometry[0].distance(pit) < 5, "the first road sensor stands in the hollow"
    assert city.layers["spots"].geometry[0] == sensors.geometry[0]
    assert city.layers["depots"].geometry[0].equals(Point(X, Y + 50))
    origins = {source.layer: source.origin for source in city.sources}
    for layer in ("grid_cells", "patrol_grids", "depots", "spots", "sensors"):
        assert origins[layer].startswith("assumed by recipe village")
    assert city.layers["grid_cells"].area.sum() == pytest.approx(120 * 120)
    assert set(city.layers["components"]["class_code"]) == {"01-03", "01-04"}


def test_an_imported_city_has_somebody_who_answers_for_every_class(
    imported: tuple[City, ImportReport], village: Path, recipe: Path, tmp_path: Path
) -> None:
    city, report = imported
    tree = read_organisations(city.layers["organisations"], "village")
    for skill in sorted({entry["skill"] for entry in load_catalogue("event_classes")["classes"]}):
        unit = tree.unit_for(skill, "G001")
        assert unit is not None, skill
        assert tree.regulator_of(unit.id, skill).kind == "department"
    assert entry(report, "organisations").assumed
    assert not [item for item in check_city(city) if item.layer == "organisations"]
    text = recipe.read_text("utf-8").replace("[generate]", "[generate]\norganisations = false")
    recipe_without = tmp_path / "without.toml"
    recipe_without.write_text(text, "utf-8")
    import_city(village, recipe_without, tmp_path / "without")
    assert read_city(tmp_path / "without").layer("organisations") is None


def test_import_is_repeatable_and_kept_in_the_bundle(village: Path, recipe: Path, tmp_path: Path) -> None:
    report = import_city(village, recipe, tmp_path / "one")
    import_city(village, recipe, tmp_path / "two")
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    assert read_report(tmp_path / "one") == report
    assert json.loads((tmp_path / "one" / "import_report.json").read_text())["city"] == "village"
    assert not [item for item in check_city(tmp_path / "one") if item.severity == Severity.ERROR]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "village"', 'name = "village"\nnmae = 1', "key 'nmae': got 1"),
        ('file = "ground.tif"', 'file = "soil.tif"', r"Source file .*soil\.tif is missing"),
        ('source_layer = "streets"', 'source_layer = "roads"', r"layer 'roads' cannot be read.*streets"),
        ('id = "code"', 'id = "number"', "source column 'number' does not exist; expected code, kind"),
        ("name_en =", "name_ca =", "layer 'roads' has no column 'name_ca'; expected from_node"),
        ('around = ["roads"]', 'around = ["rivers"]', "extent.around names 'rivers'; expected buildings"),
        ('encoding = "latin-1"', 'encoding = "utf-8"', r"sewer\.inp is not utf-8 text.*'encoding'"),
        (
            "cell_size_m = 2.0",
            "cell_size_m = 0",
            r"key 'terrain.cell_size_m': got 0; expected .*greater than 0",
        ),
        ('layer = "roads"', 'layer = "streets"', "layer 'streets' is unknown; expected buildings"),
    ],
)
def test_recipe_that_does_not_fit_is_one_line_and_writes_nothing(
    village: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "wrong.toml"
    text = RECIPE.format(fill=0)
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(MappingError, match=message) as caught:
        import_city(village, path, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["wrong.toml"]


def test_missing_source_and_unknown_recipe_are_named(village: Path, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="nowhere does not exist"):
        import_city(tmp_path / "nowhere", "santboi", tmp_path / "out")
    with pytest.raises(MappingError, match="no recipe 'atlantis'; expected merewether, santboi"):
        import_city(village, "atlantis", tmp_path / "out")
    with pytest.raises(BundleError, match="is not a city bundle"):
        import_city(village, "santboi", village)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_valid(name: str) -> None:
    assert read_recipe(name).name == name


def axes(*lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    names = [f"s{number}" for number in range(len(lines))]
    return gpd.GeoDataFrame({"id": names}, geometry=[LineString(line) for line in lines], crs=CRS)


def test_loose_ends_are_drawn_to_the_axis_they_nearly_touch() -> None:
    report = LayerReport("roads", "test")
    nearly = axes([(0, 0), (100, 0)], [(50, 0.3), (50, 80)], [(0, 50), (20, 50)])
    roads = build_graph(nearly, RoadGraph(snap_m=0.5, keep="largest"), report)
    assert roads["id"].tolist() == ["s0-1", "s0-2", "s1-1"]
    assert roads.geometry[2].coords[0] == (50.0, 0.0)
    assert report.notes[0] == "1 loose ends drawn to an axis within 0.5 m"
    assert report.dropped == ["1 segments not connected to the largest piece"]


def test_long_segments_are_cut_into_equal_parts_that_meet() -> None:
    bent = axes([(0, 0), (70, 0), (70, 60)])
    roads = build_graph(bent, RoadGraph(max_length_m=50), LayerReport("roads", "test"))
    assert roads["id"].tolist() == ["s0-1", "s0-2", "s0-3"]
    assert roads.length.tolist() == pytest.approx([130 / 3] * 3)
    assert roads["from_node"].tolist()[1:] == roads["to_node"].tolist()[:-1]
    assert roads.geometry[1].coords[1] == (70.0, 0.0)


def test_water_gathers_in_hollows_and_runs_past_walls() -> None:
    ground = np.tile(np.linspace(5, 1, 9, dtype=np.float32), (5, 1))
    ground[2, 4] = 0.0
    terrain = Terrain(ground, 0.0, 5.0, 1.0)
    wall = gpd.GeoDataFrame(geometry=[box(8, 0, 9, 2)], crs=CRS)
    depth, area = drainage(terrain, wall)
    assert depth[2, 4] == pytest.approx(2.5), "spills at the lower neighbour"
    assert depth[3:, 8].tolist() == [0.0, 0.0]
    assert area[3:, 8].tolist() == [0.0, 0.0]
    outlets = area.copy()
    outlets[1:-1, 1:-1] = 0
    assert area[2, 5] >= area[2, 4] > 1.0


@pytest.fixture(scope="module")
def santboi(
    shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, ImportReport]:
    folder = shared_data("santboi")
    out = tmp_path_factory.mktemp("cities") / "santboi"
    return out, import_city(folder, "santboi", out)


@pytest.mark.shared_data
def test_santboi_has_no_error_and_is_whole(santboi: tuple[Path, ImportReport]) -> None:
    city = read_city(santboi[0])
    assert [str(item) for item in check_city(city) if item.severity == Severity.ERROR] == []
    assert city.crs == CRS
    assert city.terrain.cell_size_m == 2.0
    assert np.nanmin(city.terrain.elevation) > 5, "no trace of the nodata value 0"
    assert city.layers["roads"].length.sum() == pytest.approx(4904, abs=2)
    assert len(city.layers["gullies"]) == 128
    assert city.sewer is not None
    assert set(city.layers["gullies"]["node"]) <= set(city.sewer.nodes["id"])
    for layer in ("depots", "sensors", "grid_cells", "patrol_grids", "spots"):
        assert city.layer(layer) is not None


@pytest.mark.shared_data
def test_santboi_report_says_what_is_lacking(santboi: tuple[Path, ImportReport]) -> None:
    report = santboi[1]
    assert any("building footprints" in text for text in report.lacks)
    assert "103 whose expl_id is not 1 (recipe)" in entry(report, "gullies").dropped
    assert any(
        text.startswith("6 whose node is not in the sewer model") for text in entry(report, "gullies").assumed
    )
    assert any("610 source cells are 0" in text for text in entry(report, "terrain").notes)
    assert "height_m = 9.0" in entry(report, "buildings").assumed
    assert any("against the terrain" in text for text in entry(report, "sewer").notes)


@pytest.mark.shared_data
def test_swmm_accepts_santboi(santboi: tuple[Path, ImportReport], tmp_path: Path) -> None:
    from swmm.toolkit import shared_enum, solver

    city = read_city(santboi[0])
    assert city.sewer is not None
    solver.swmm_open(str(santboi[0] / "sewer.inp"), str(tmp_path / "a.rpt"), str(tmp_path / "a.out"))
    try:
        solver.swmm_start(0)
        count = solver.project_get_count(shared_enum.ObjectType.NODE)
        inverts = {
            solver.project_get_id(shared_enum.ObjectType.NODE, index): solver.node_get_parameter(
                index, shared_enum.NodeProperty.INVERT_ELEVATION
            )
            for index in range(count)
        }
        solver.swmm_end()
    finally:
        solver.swmm_close()
    ours = city.sewer.nodes.set_index("id")["invert_elevation_m"].to_dict()
    assert inverts == pytest.approx(ours)


@pytest.mark.shared_data
def test_epanet_accepts_santboi(santboi: tuple[Path, ImportReport], tmp_path: Path) -> None:
    toolkit = pytest.importorskip("epanet.toolkit")
    city = read_city(santboi[0])
    assert city.supply is not None
    project = toolkit.createproject()
    inp = str(santboi[0] / "supply.inp")
    toolkit.open(project, inp, str(tmp_path / "a.rpt"), str(tmp_path / "a.bin"))
    try:
        toolkit.solveH(project)
        assert toolkit.getcount(project, toolkit.NODECOUNT) == len(city.supply.nodes)
        lengths = [
            toolkit.getlinkvalue(project, index, toolkit.LENGTH)
            for index in range(1, toolkit.getcount(project, toolkit.LINKCOUNT) + 1)
            if toolkit.getlinktype(project, index) == toolkit.PIPE
        ]
        assert sum(lengths) == pytest.approx(city.supply.links["length_m"].sum(), rel=1e-4)
    finally:
        toolkit.close(project)
        toolkit.deleteproject(project)
