"""A bundle folder from a city."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError

from cim_models.bundle.manifest import MANIFEST, LandcoverEntry, describe, write_manifest
from cim_models.bundle.rasters import write_landcover, write_roughness, write_terrain
from cim_models.bundle.reading import LANDCOVER, LAYERS_FILE, SEWER, SUPPLY, TERRAIN
from cim_models.bundle.tables import write_layers
from cim_models.city import City
from cim_models.errors import BundleError, RunError
from cim_models.placing import file_error, has_no_room, replace_folder


def write_city(city: City, path: Path, *, documents: Mapping[str, str] | None = None) -> None:
    """Write a bundle folder in one stroke: it is there whole, or not at all.

    An existing bundle of that name is replaced; any other folder with content is left alone.

    Parameters
    ----------
    city
        Equal cities give equal bytes.
    path
        The folder; its parents are made.
    documents
        Text files to put beside the bundle's own, by name.

    Raises
    ------
    BundleError
        If the folder holds something else, or a layer does not conform.
    RunError
        If the disk has no room.
    """
    folder = Path(path)
    check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        _write_files(city, partial)
        for name, text in (documents or {}).items():
            (partial / name).write_text(text, encoding="utf-8")
        replace_folder(folder, partial)
    except (DataSourceError, DataLayerError) as exc:  # what pyogrio says of a table that it cannot write
        reason = str(exc).rpartition("failed: ")[2]  # what comes before is SQL
        raise RunError(
            f"'{folder}' cannot be written", got=reason, remedy="See that the disk has room"
        ) from exc
    except OSError as exc:
        if not has_no_room(exc):
            raise
        raise file_error(exc, folder) from exc
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_replaceable(folder: Path) -> None:
    """Raise `BundleError` when a folder holds something other than a bundle."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file()):
        raise BundleError(
            f"{folder} exists and is not a city bundle",
            expected=f"a new folder, or one with {MANIFEST}",
            remedy="Choose another folder or empty it",
        )


def _write_files(city: City, folder: Path) -> None:
    manifest = describe(city)
    layers = {name: city.layers[name] for name in manifest.layers}
    write_terrain(folder / TERRAIN, city.terrain, city.crs)
    if city.landcover is not None:
        n_by_code = write_landcover(
            folder / LANDCOVER, city.landcover, city.roughness, city.terrain, city.crs
        )
        ground = {str(code): name for code, name in sorted(city.landcover.ground.items())}
        entry = LandcoverEntry(manning_n=n_by_code, ground=ground)
        manifest = manifest.model_copy(update={"landcover": entry})
    elif city.roughness is not None:
        manning_n = write_roughness(folder / LANDCOVER, city.roughness, city.terrain, city.crs)
        manifest = manifest.model_copy(update={"landcover": LandcoverEntry(manning_n=manning_n)})
    write_layers(folder / LAYERS_FILE, layers, city.crs)
    for network, name in ((city.sewer, SEWER), (city.supply, SUPPLY)):
        if network is not None:
            (folder / name).write_bytes(network.inp.encode())
    write_manifest(manifest, folder)
