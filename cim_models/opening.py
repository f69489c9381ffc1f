"""Cities by reference: a built-in one, or a bundle folder.

A reference is one of

``builtin:district``
    the built-in district; ``builtin:district?seed=3&size_m=600&cell_size_m=2`` varies it.
``builtin:lifelines``
    a generated city of pipes, `cim_models.lifeline_city`; ``builtin:lifelines?seed=3&area_km2=40`` varies it.

    A built-in city is made once and kept under the user's cache folder (``CITYTWIN_CACHE`` or the
    platform's own), by version, maker's source and parameters.
``PATH``
    a bundle folder.
"""

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata, resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cim_models.bundle import digest_city, read_city, write_city
from cim_models.city import City
from cim_models.errors import BundleError

BUILTIN = "builtin:"
_PARAMETERS: Mapping[str, Mapping[str, type[int] | type[float]]] = {
    "district": {"seed": int, "size_m": float, "cell_size_m": float},
    "lifelines": {"seed": int, "area_km2": float},
}
"""Parameters of each built-in city."""


def open_city(reference: str | Path, *, base: Path | None = None) -> City:
    """Open a city by reference.

    Parameters
    ----------
    reference
        As the module describes.
    base
        Folder that a relative path starts from; None for the working folder.

    Raises
    ------
    BundleError
        If there is no such city, a parameter is unknown, or the bundle is wrong.
    """
    text = str(reference)
    if text.startswith(BUILTIN):
        return _open_builtin(text)
    folder = Path(text).expanduser()
    if base is not None and not folder.is_absolute():
        folder = base / folder
    return replace(read_city(folder), reference=text)


def city_hash(city: City | str | Path) -> str:
    """Return the SHA-256 of a city's content, given the city or its reference."""
    return digest_city(city if isinstance(city, City) else open_city(city))


def cache_folder() -> Path:
    """Return where made cities are kept."""
    if chosen := os.environ.get("CITYTWIN_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "citytwin"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "citytwin"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "citytwin"


def _open_builtin(reference: str) -> City:
    name, parameters = _parameters(reference)
    label = "_".join(f"{key}-{value}" for key, value in sorted(parameters.items())) or "default"
    folder = cache_folder() / f"{name}_{label}_{_maker_digest()}"
    if not folder.is_dir():
        _make(name, parameters, folder)
    try:
        city = read_city(folder)
    except BundleError:  # a cache that another version or a full disk spoilt
        _make(name, parameters, folder)
        city = read_city(folder)
    return replace(city, reference=reference)


def _make(name: str, parameters: Mapping[str, Any], folder: Path) -> None:
    try:
        write_city(_made(name, parameters), folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster
            raise


def _made(name: str, parameters: Mapping[str, Any]) -> City:
    # a maker is not needed once its city is cached
    if name == "district":
        from cim_models.district import make_district

        return make_district(**parameters)
    from cim_models.lifeline_city import make_lifeline_city

    return make_lifeline_city(**parameters)


def _parameters(reference: str) -> tuple[str, dict[str, Any]]:
    name, _, query = reference.removeprefix(BUILTIN).partition("?")
    if name not in _PARAMETERS:
        raise BundleError(
            f"City reference '{reference}'",
            got=repr(name),
            expected=f"{', '.join(BUILTIN + known for known in _PARAMETERS)} or a bundle folder",
        )
    parameters: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in _PARAMETERS[name]:
            raise BundleError(
                f"City reference '{reference}': unknown parameter '{key}'",
                expected=", ".join(_PARAMETERS[name]),
            )
        try:
            parameters[key] = _PARAMETERS[name][key](value)
        except ValueError as exc:
            raise BundleError(
                f"City reference '{reference}': {key}", got=repr(value), expected="a number"
            ) from exc
    return name, parameters


def _maker_digest() -> str:
    """Return a short digest of the version and source of what makes and writes the district."""
    digest = hashlib.sha256(metadata.version("citytwin").encode())
    for package in ("cim_models.district", "cim_models.bundle", "cim_models"):
        for item in sorted(resources.files(package).iterdir(), key=lambda entry: entry.name):
            if item.is_file() and not item.name.endswith(".pyc"):
                digest.update(item.read_bytes())
    return digest.hexdigest()[:12]
