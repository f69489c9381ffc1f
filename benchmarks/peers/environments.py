"""Environments of their own for peer models, in the user's cache folder."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cim_models.errors import RunError
from twin.compilation import user_cache_folder

INSTALL_LIMIT_S = 900.0
OWN_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "NUMBA_CACHE_DIR")
"""Variables of this process that would lead another Python astray."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A model to compare with, from the package index.

    Parameters
    ----------
    name
        Package and module name; `benchmarks.peers` holds a ``run_NAME.py`` that drives it.
    version
        Version that the driver was written for.
    title
        How its authors write it.
    """

    name: str
    version: str
    title: str


PEERS = (
    Peer("landlab", "2.11.0", "Landlab"),
    Peer("itzi", "26.6", "Itzï"),
    Peer("anuga", "4.1.0", "ANUGA"),
)


def is_installed(peer: Peer) -> bool:
    """Whether a peer's environment is there."""
    return _python(_folder(peer)).exists()


def python_of(peer: Peer) -> Path:
    """Return the Python of a peer's environment, which is made when it is not there.

    It is built aside and renamed when the peer can be imported, so that half an environment is never
    taken for a whole one; it is run by its path, which a rename does not break.

    Raises
    ------
    RunError
        If the peer cannot be installed or imported.
    """
    folder = _folder(peer)
    if not is_installed(peer):
        aside = folder.with_name(f"{folder.name}.{os.getpid()}")
        try:
            _build(peer, aside)
            if not folder.exists():
                aside.rename(folder)
        except OSError as exc:
            raise RunError(f"Installing {peer.title}", got=str(exc), remedy="Set XDG_CACHE_HOME") from exc
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return _python(folder)


def clean_environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what belongs to its own Python."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    return {**kept, **more}


def _folder(peer: Peer) -> Path:
    tag = f"{peer.name}-{peer.version}-py{sys.version_info.major}{sys.version_info.minor}"
    return user_cache_folder() / "peers" / tag


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _build(peer: Peer, folder: Path) -> None:
    """Make an environment, install the peer, import it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = str(_python(folder))
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [python, *install, f"{peer.name}=={peer.version}"],
        [python, "-c", f"import {peer.name}"],
    ):
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=clean_environment(), timeout=INSTALL_LIMIT_S
            )
        except subprocess.TimeoutExpired as exc:
            raise RunError(f"Installing {peer.title}", got=f"no end after {INSTALL_LIMIT_S:.0f} s") from exc
        if done.returncode != 0:
            raise RunError(f"Installing {peer.title} {peer.version}", got=last_line(done.stderr))


def last_line(text: str) -> str:
    """Return the last line that says something; an empty answer becomes "no message"."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["no message"])[-1]
