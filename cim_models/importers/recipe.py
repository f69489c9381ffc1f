"""Import recipes: which source file becomes which part of a city, as a TOML file.

A recipe maps; it holds no data. What it declares under ``assume`` and ``generate`` is not in the
source and is reported as assumed.
"""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cim_models.errors import MappingError

Value = str | float | bool
Positive = Annotated[float, Field(gt=0)]
Manning = Annotated[float, Field(gt=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Extent(_Strict):
    """Which part of the source becomes the city: a given box, or one around some of its parts.

    ``box`` is x_min, y_min, x_max, y_max, m. ``around`` names layers of the recipe, or ``sewer`` or
    ``supply``. Everything outside the box, ``margin_m`` wider on all sides, is left out.
    """

    box: tuple[float, float, float, float] | None = None
    around: list[str] = []
    margin_m: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.box is None) == (not self.around):
            msg = "exactly one of box and around"
            raise ValueError(msg)
        if self.box is not None and not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            msg = "a box of x_min, y_min, x_max, y_max"
            raise ValueError(msg)
        return self


class SourceFile(_Strict):
    """A file of the source: path in the source folder, layer in it, text encoding of it.

    With ``outlines`` the path is a pattern, and each file that matches holds the corners of one polygon,
    see `cim_models.importers.outlines`.
    """

    file: str
    source_layer: str | None = None
    encoding: str = "utf-8"
    licence: str | None = None
    outlines: bool = False


class TerrainRecipe(SourceFile):
    """Ground elevation.

    ``crs`` is for a file that names none. ``nodata`` lists values that mean "none" besides the file's own.
    ``fill_holes_m`` is how far from known ground a hole may be filled by interpolation; 0 leaves holes.
    """

    crs: str | None = None
    cell_size_m: Positive
    nodata: list[float] = []
    resampling: Literal["nearest", "bilinear", "cubic", "average"] = "bilinear"
    fill_holes_m: float = Field(default=0.0, ge=0)


class RoughnessArea(SourceFile):
    """Polygons with a roughness of their own, s/m^(1/3)."""

    manning_n: Manning


class RoughnessRecipe(_Strict):
    """Manning's n, s/m^(1/3): one value for the ground, and others in areas, the later before the earlier."""

    manning_n: Manning
    areas: list[RoughnessArea] = []


class Join(SourceFile):
    """Columns of another table, looked up where column ``on`` equals its column ``key``."""

    on: str
    key: str


class Rule(_Strict):
    """Assumed values for the features whose source ``column`` has one of ``values``."""

    column: str
    values: list[str] = Field(min_length=1)
    assume: dict[str, Value]


class Count(_Strict):
    """A column that is the number of points of another source in a polygon, times a factor."""

    file: str
    source_layer: str | None = None
    column: str
    factor: Positive
    because: str


class LayerRecipe(SourceFile):
    """A vector layer.

    ``columns`` gives for a city column the source column, or a template such as
    ``"{kind} {name}"``; ``where`` keeps the features whose source column has one of the values;
    ``translate`` replaces source values before anything else. Polygons larger than
    ``max_area_m2`` are left out.
    """

    layer: str
    id: str
    id_prefix: str = ""
    where: dict[str, list[str]] = {}
    translate: dict[str, dict[str, str]] = {}
    joins: list[Join] = []
    columns: dict[str, str] = {}
    assume: dict[str, Value] = {}
    rules: list[Rule] = []
    counts: list[Count] = []
    note: str = ""


class RoadGraph(_Strict):
    """How street axes become a graph.

    Axes are cut where they cross or touch; loose ends are drawn to an axis within ``snap_m``. What
    is longer than ``max_length_m`` is cut into equal parts, so that a flooded dip does not close a
    whole street.
    """

    snap_m: float = Field(default=0.5, ge=0)
    max_length_m: Positive | None = None
    keep: Literal["all", "largest"] = "all"


class GullyLinks(_Strict):
    """Gullies whose node the sewer model lacks go to its nearest node within ``nearest_m``."""

    nearest_m: float = Field(ge=0)


class SensorRule(_Strict):
    """Sensors that the source lacks: how many of each kind, and how far apart at least."""

    road_level: int = Field(default=0, ge=0)
    sewer_level: int = Field(default=0, ge=0)
    camera: int = Field(default=0, ge=0)
    spacing_m: Positive = 100.0
    camera_range_m: Positive = 40.0


class DepotRule(_Strict):
    """A depot at the road junction nearest to a point."""

    id: str
    x: float
    y: float
    name_zh: str = ""
    name_en: str = ""
    skills: str = ""


class Generate(_Strict):
    """What the source lacks and the recipe declares instead; all of it counts as assumed.

    ``organisations``: where a city has crews, and no organisations of its own, it gets the least that can
    answer for its cases.
    """

    grid_cell_size_m: Positive | None = None
    patrol_grid_cells: int | None = Field(default=None, gt=0)
    components: dict[Literal["gullies", "manholes"], str] = {}
    sensors: SensorRule | None = None
    depots: list[DepotRule] = []
    spots: int = Field(default=0, ge=0)
    organisations: bool = True


class Recipe(_Strict):
    """A whole import."""

    name: str
    title: dict[str, str] = {}
    crs: str
    vertical_datum: str = "unknown"
    time_zone: str
    origin: str
    licence: str
    extent: Extent
    terrain: TerrainRecipe
    roughness: RoughnessRecipe | None = None
    sewer: SourceFile | None = None
    supply: SourceFile | None = None
    layers: list[LayerRecipe] = []
    roads: RoadGraph = RoadGraph()
    gullies: GullyLinks = GullyLinks(nearest_m=0)
    generate: Generate = Generate()
    lacks: list[str] = []


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with citytwin."""
    folder = resources.files("cim_models.recipes")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def read_recipe(recipe: str | Path) -> Recipe:
    """Read a recipe by name, or from a TOML file.

    Raises
    ------
    MappingError
        If there is none of that name, or a key is wrong.
    """
    text, where = _find(recipe)
    try:
        return Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        raise MappingError(f"Recipe {where} is not TOML: {exc}", remedy="Correct the file") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        got = None if first["type"] == "missing" else repr(first["input"])
        raise MappingError(
            f"Recipe {where}: key '{key}'", got=got, expected=first["msg"], remedy="Correct the recipe"
        ) from exc


def _find(recipe: str | Path) -> tuple[str, str]:
    path = Path(recipe)
    if path.suffix == ".toml":
        if not path.is_file():
            raise MappingError(f"Recipe {path} does not exist", remedy="Check the path")
        return path.read_text(encoding="utf-8"), str(path)
    if str(recipe) not in recipe_names():
        raise MappingError(
            f"There is no recipe '{recipe}'",
            expected=f"{', '.join(recipe_names())} or the path of a .toml file",
        )
    return resources.files("cim_models.recipes").joinpath(f"{recipe}.toml").read_text("utf-8"), str(recipe)
