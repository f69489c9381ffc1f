"""``city.toml``: what a bundle says about itself."""

import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pyproj import CRS
from pyproj.exceptions import CRSError

from cim_models.city import City
from cim_models.errors import BundleError
from cim_models.layers import LAYERS

MANIFEST = "city.toml"
FORMAT = 1


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SourceEntry(_Strict):
    """Origin and licence of one layer."""

    layer: str
    origin: str
    licence: str


class LandcoverEntry(_Strict):
    """Manning's n, s/m^(1/3), and ground class by code of ``landcover.tif``; one of them may lack."""

    manning_n: dict[str, float] | None = None
    ground: dict[str, str] | None = None


class Manifest(_Strict):
    """The content of ``city.toml``; keys mean what the fields of `cim_models.city.City` mean."""

    format: int = FORMAT
    name: str = Field(min_length=1)
    crs: str
    vertical_datum: str = "unknown"
    time_zone: str = "UTC"
    layers: list[str] = []
    title: dict[str, str] = {}
    cim_levels: dict[str, int] = {}
    sources: list[SourceEntry] = []
    landcover: LandcoverEntry | None = None

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: int) -> int:
        if value != FORMAT:
            raise ValueError(f"this version reads format {FORMAT}")
        return value

    @field_validator("crs")
    @classmethod
    def _projected_in_metres(cls, value: str) -> str:
        if problem := crs_problem(value):
            raise ValueError(f"one in metres; this is {problem}")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError("not an IANA time zone such as 'Asia/Shanghai'") from exc
        return value

    @field_validator("layers")
    @classmethod
    def _known_layers(cls, value: list[str]) -> list[str]:
        unknown = [name for name in value if name not in LAYERS]
        if unknown:
            raise ValueError(f"unknown layer {unknown[0]!r}; known: {', '.join(LAYERS)}")
        return value

    @field_validator("cim_levels")
    @classmethod
    def _level_range(cls, value: dict[str, int]) -> dict[str, int]:
        if any(not 1 <= level <= 7 for level in value.values()):
            raise ValueError("CIM levels run from 1 to 7")
        return value


def crs_problem(crs: str) -> str:
    """Say what is wrong with a city's coordinate reference system; empty when nothing is."""
    try:
        parsed = CRS.from_user_input(crs)
    except CRSError:
        return "not a coordinate reference system; write one such as 'EPSG:25831'"
    if not parsed.is_projected or parsed.axis_info[0].unit_name not in {"metre", "meter"}:
        return "not projected in metres; reproject the data, e.g. to its UTM zone"
    return ""


def read_manifest(folder: Path) -> Manifest:
    """Read and validate a bundle's ``city.toml``.

    Raises
    ------
    BundleError
        If the folder or the file is missing, is not TOML, or a key is wrong.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise BundleError(f"City folder {folder} does not exist", remedy="Check the path")
    if not path.is_file():
        raise BundleError(
            f"{folder}: {MANIFEST} is missing", remedy="Name the folder of a city bundle, or import one"
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Manifest.model_validate(data)
    except UnicodeDecodeError as exc:
        raise BundleError(f"{path} is not UTF-8 text: {exc}", remedy="Save it as UTF-8") from exc
    except tomllib.TOMLDecodeError as exc:
        raise BundleError(f"{path} is not TOML: {exc}", remedy="Correct the file") from exc
    except ValidationError as exc:
        raise _bundle_error(path, exc) from exc


def describe(city: City) -> Manifest:
    """Return what a city's ``city.toml`` will say, land cover left out.

    Raises
    ------
    BundleError
        If the city's CRS, time zone, layers or levels are wrong.
    """
    try:
        return Manifest(
            name=city.name,
            crs=city.crs,
            vertical_datum=city.vertical_datum,
            time_zone=city.time_zone,
            layers=[
                *(name for name in LAYERS if name in city.layers),
                *sorted(set(city.layers) - set(LAYERS)),
            ],
            title=dict(city.title),
            cim_levels=dict(city.cim_levels),
            sources=[
                SourceEntry(layer=item.layer, origin=item.origin, licence=item.licence)
                for item in city.sources
            ],
        )
    except ValidationError as exc:
        raise _bundle_error(f"City '{city.name}'", exc) from exc


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write ``city.toml``."""
    data = manifest.model_dump(exclude_none=True)
    (folder / MANIFEST).write_bytes(tomli_w.dumps(data).encode())


def _bundle_error(path: Path | str, exc: ValidationError) -> BundleError:
    first = exc.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        remedy = "Add it, such as crs = 'EPSG:25831'" if key == "crs" else "Add it"
        return BundleError(f"{path}: key '{key}' is missing", remedy=remedy)
    if first["type"] == "extra_forbidden":
        allowed = ", ".join(Manifest.model_fields)
        return BundleError(
            f"{path}: unknown key '{key}'", got=repr(first["input"]), expected=allowed, remedy="Remove it"
        )
    message = first["msg"].removeprefix("Value error, ")
    return BundleError(f"{path}: key '{key}'", got=repr(first["input"]), expected=message)
