"""A city from a bundle folder."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.bundle.manifest import Manifest, read_manifest
from cim_models.bundle.rasters import check_named, read_landcover, read_roughness, read_terrain
from cim_models.bundle.tables import read_layer
from cim_models.city import City, Landcover, Source, Terrain
from cim_models.errors import BundleError
from cim_models.networks import read_sewer, read_supply

TERRAIN = "terrain.tif"
LANDCOVER = "landcover.tif"
LAYERS_FILE = "city.gpkg"
SEWER = "sewer.inp"
SUPPLY = "supply.inp"


def read_city(path: Path) -> City:
    """Read a bundle folder.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    BundleError
        If a file is missing or wrong; one line naming file, key or id, value and remedy.
    NetworkError
        If a sewer or supply file cannot be read.
    """
    folder = Path(path)
    manifest = read_manifest(folder)
    terrain = read_terrain(folder / TERRAIN, manifest.crs)
    sewer = _text(folder / SEWER)
    supply = _text(folder / SUPPLY)
    roughness, landcover = _landcover(folder, manifest, terrain)
    return City(
        name=manifest.name,
        title=dict(manifest.title),
        crs=manifest.crs,
        vertical_datum=manifest.vertical_datum,
        time_zone=manifest.time_zone,
        terrain=terrain,
        layers={name: read_layer(folder / LAYERS_FILE, name, manifest.crs) for name in manifest.layers},
        sewer=read_sewer(sewer, crs=manifest.crs, source=str(folder / SEWER)) if sewer else None,
        supply=read_supply(supply, crs=manifest.crs, source=str(folder / SUPPLY)) if supply else None,
        roughness=roughness,
        sources=tuple(Source(entry.layer, entry.origin, entry.licence) for entry in manifest.sources),
        cim_levels=dict(manifest.cim_levels),
        reference=str(folder),
        landcover=landcover,
    )


def _landcover(
    folder: Path, manifest: Manifest, terrain: Terrain
) -> tuple[NDArray[np.float32] | None, Landcover | None]:
    """Roughness and ground classes, as far as the manifest gives the codes a meaning."""
    path, entry = folder / LANDCOVER, manifest.landcover
    if entry is None:
        if path.is_file():
            raise BundleError(
                f"{path} is there but city.toml has no [landcover.manning_n]",
                remedy="State Manning's n for each class, or remove the file",
            )
        return None, None
    codes = read_landcover(path, terrain, manifest.crs)
    roughness = None if entry.manning_n is None else read_roughness(path, codes, entry.manning_n)
    if entry.ground is None:
        return roughness, None
    check_named(path, codes, entry.ground, "no ground class", "ground")
    return roughness, Landcover(codes, {int(code): name for code, name in entry.ground.items()})


def _text(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as exc:
        raise BundleError(f"{path} is not UTF-8 text: {exc}", remedy="Save it as UTF-8") from exc
