"""Checkpoints of a run: its whole state at a moment, from which the run or a branch of it goes on.

A checkpoint is a folder under ``checkpoints/`` of the run folder::

    checkpoint.json   schema, time, scenario with all changes so far, what the run folder held then
    rasters.zarr      state of the water cell by cell, lossless
    state.bin         everything else: agents, clock, sewer, pumps, structures, accounts

``state.bin`` is a Python pickle: open only checkpoints of your own runs.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.snapshot import SCHEMA as AGENTS_SCHEMA
from cim_models.errors import RunFolderError
from cim_models.placing import file_error, replace_folder
from scenarios.composition import Setup, versions
from scenarios.runfolder.extent import Extent
from scenarios.runfolder.metadata import write_json

CHECKPOINTS_FOLDER = "checkpoints"
FORMAT = "citytwin-checkpoint"
SCHEMA = 3
"""Version of what a checkpoint holds; one of another version is refused."""

_META_FILE, _RASTERS, _STATE_FILE = "checkpoint.json", "rasters.zarr", "state.bin"
_CHUNK = 512
_UNREADABLE = (
    *(OSError, KeyError, ValueError, TypeError, AttributeError, ImportError, EOFError),
    pickle.UnpicklingError,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint on disk.

    Parameters
    ----------
    path
        Its folder.
    extent
        What the run folder held at that moment.
    scenario
        What the scenario said then, all changes included, as ``run.json`` holds it.
    measure_ids
        Ids of the scenario's measures.
    city_sha256
        Hash of the city.
    """

    path: Path
    extent: Extent
    scenario: Mapping[str, Any]
    measure_ids: tuple[str, ...]
    city_sha256: str

    @property
    def t_s(self) -> float:
        """Simulated time, s."""
        return self.extent.t_s


@dataclass(frozen=True, slots=True)
class KeptState:
    """State of a run: water as `WaterSystem.state` returns it, the rest as `Coupling.state` does."""

    water: Mapping[str, Any]
    coupling: bytes


def write_checkpoint(run: Path, setup: Setup, extent: Extent, state: KeptState) -> Checkpoint:
    """Write a checkpoint into a run folder, built aside and then renamed.

    Parameters
    ----------
    run
        The run folder.
    setup
        What the run is made from, with all changes so far.
    extent
        What the folder holds now.
    state
        The state at that moment.

    Raises
    ------
    RunError
        If the disk has no room for it; there is no checkpoint then.
    """
    folder = run / CHECKPOINTS_FOLDER / _name(extent.t_s)
    new = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    try:
        _write_into(new, setup, extent, state)
        replace_folder(folder, new)
    except OSError as exc:
        raise file_error(exc, folder) from exc
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return read_checkpoint(folder)


def _write_into(new: Path, setup: Setup, extent: Extent, state: KeptState) -> None:
    """Write the files of a checkpoint into a new folder."""
    new.mkdir(parents=True)
    rasters: dict[str, np.ndarray[Any, Any]] = {}
    small = _without_rasters(dict(state.water), "", rasters)
    _write_rasters(new / _RASTERS, rasters)
    (new / _STATE_FILE).write_bytes(pickle.dumps((small, state.coupling), protocol=5))
    meta = {
        "format": FORMAT,
        "schema": SCHEMA,
        "agents_schema": AGENTS_SCHEMA,
        "extent": asdict(extent),
        "scenario": setup.scenario.model_dump(mode="json", by_alias=True),
        "measure_ids": list(setup.measure_ids),
        "city_sha256": setup.city_sha256,
        "versions": dict(versions()),
    }
    write_json(new / _META_FILE, meta)


def checkpoints(run: Path) -> list[Checkpoint]:
    """Return the checkpoints of a run folder in order of time.

    Raises
    ------
    RunFolderError
        If one of them cannot be read or was written by another version.
    """
    folders = sorted((run / CHECKPOINTS_FOLDER).glob("t*"))
    return sorted(map(read_checkpoint, folders), key=lambda checkpoint: checkpoint.t_s)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read what a checkpoint says about itself.

    Raises
    ------
    RunFolderError
        If it cannot be read or was written by another version.
    """
    what = f"Checkpoint '{folder}'"
    try:
        meta = json.loads((folder / _META_FILE).read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise RunFolderError(
            what, got=str(exc), remedy="Delete the folder, or run the scenario again"
        ) from exc
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise RunFolderError(what, got="another kind of file", expected=f'"format": "{FORMAT}"')
    written, known = (meta.get("schema"), meta.get("agents_schema")), (SCHEMA, AGENTS_SCHEMA)
    if written != known:
        raise RunFolderError(
            f"Checkpoint '{folder / _META_FILE}', keys 'schema' and 'agents_schema'",
            got="{} and {}, of another version of citytwin".format(*written),
            expected="{} and {}".format(*known),
            remedy="Run the scenario again with this version, then branch the new run; "
            "older checkpoints are not converted",
        )
    return Checkpoint(
        path=folder,
        extent=Extent(**meta["extent"]),
        scenario=meta["scenario"],
        measure_ids=tuple(meta["measure_ids"]),
        city_sha256=meta["city_sha256"],
    )


def read_state(checkpoint: Checkpoint) -> KeptState:
    """Read the state that a checkpoint keeps.

    Raises
    ------
    RunFolderError
        If a file is missing or damaged.
    """
    try:
        data = (checkpoint.path / _STATE_FILE).read_bytes()
        small, coupling = pickle.load(io.BytesIO(data))
        return KeptState(_with_rasters(small, checkpoint.path / _RASTERS), coupling)
    except _UNREADABLE as exc:
        raise RunFolderError(
            f"Checkpoint '{checkpoint.path}'",
            got=str(exc),
            remedy="Choose another one, or run the scenario again",
        ) from exc


def _name(t_s: float) -> str:
    """Name of a folder, whose order is that of time to a millisecond."""
    return f"t{t_s:013.3f}s"


@dataclass(frozen=True, slots=True)
class _Raster:
    """Place of an array that lies in ``rasters.zarr``."""

    name: str


def _without_rasters(
    part: Mapping[str, Any], prefix: str, rasters: dict[str, np.ndarray[Any, Any]]
) -> dict[str, Any]:
    """Return a state with its large plain arrays replaced by their names, and collect those."""
    small: dict[str, Any] = {}
    for key, value in part.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            small[key] = _without_rasters(value, f"{name}.", rasters)
        elif isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "biuf":
            rasters[name] = value
            small[key] = _Raster(name)
        else:
            small[key] = value
    return small


def _with_rasters(small: Mapping[str, Any], path: Path) -> dict[str, Any]:
    import zarr

    group = zarr.open_group(path, mode="r")

    def fill(part: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _filled(value) for key, value in part.items()}

    def _filled(value: Any) -> Any:
        if isinstance(value, _Raster):
            return np.asarray(group[value.name][:])  # type: ignore[index]
        return fill(value) if isinstance(value, Mapping) else value

    return fill(small)


def _write_rasters(path: Path, rasters: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Write arrays without loss: their own types, squeezed."""
    import zarr
    from zarr.codecs import BloscCodec

    group = zarr.create_group(path)
    squeeze = BloscCodec(cname="zstd", clevel=1, shuffle="shuffle")
    for name, values in rasters.items():
        chunks = tuple(min(_CHUNK, size) for size in values.shape)
        array = group.create_array(
            name,
            shape=values.shape,
            chunks=chunks,
            dtype=values.dtype,
            compressors=squeeze,
            config={
                "write_empty_chunks": True
            },  # a chunk of -0.0 counts as empty, and would come back as 0.0
        )
        array[:] = values
