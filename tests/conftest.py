"""Fixtures that every package's tests share."""

import os
import shutil
import subprocess

os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")
os.environ.setdefault("NUMBA_NUM_THREADS", "2")
os.environ.setdefault("MPLBACKEND", "agg")

from collections.abc import Callable
from pathlib import Path

import pytest

from cim_models.city import City
from tests.tiny_city import make_tiny_city

ROOT = Path(__file__).resolve().parent.parent


def shared_data_folder() -> Path:
    """Folder of the shared data sets, whether or not it is there."""
    named = os.environ.get("CITYTWIN_DATA")
    return Path(named) if named else ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a function from a data set's name to its folder; it skips the test where there is none."""

    def find(name: str) -> Path:
        folder = shared_data_folder() / name
        if not folder.exists():
            pytest.skip(
                f"data set '{name}' is not at {folder}; set CITYTWIN_DATA to the folder that holds it"
            )
        return folder

    return find


def find_chromium() -> str | None:
    """Path of a Chromium that runs, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    candidates = [os.environ.get("CITYTWIN_CHROMIUM"), *map(shutil.which, names)]
    downloaded = Path.home() / ".cache" / "ms-playwright"
    candidates += map(str, sorted(downloaded.glob("chromium-*/chrome-linux*/chrome"), reverse=True))
    for candidate in candidates:
        if (
            candidate
            and subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0
        ):
            return candidate
    return None


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of the browser; skips the test where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip(
            "no Chromium here; install it by apt-get install chromium or name one in CITYTWIN_CHROMIUM"
        )
    return path


@pytest.fixture(scope="session")
def tiny_city() -> City:
    """The tiny city of `tests.tiny_city`; treat its arrays and tables as read-only."""
    return make_tiny_city()
