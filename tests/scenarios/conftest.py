"""One run of the small cloudburst, shared by the tests that only read it."""

from pathlib import Path

import pytest

from scenarios.runfolder import RunFolder
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario


@pytest.fixture(scope="session")
def cloudburst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenario file of the cloudburst, its city beside it."""
    folder = tmp_path_factory.mktemp("cloudburst")
    return write_scenario(folder / "cloudburst.yaml", write_bundle(folder / "city"))


@pytest.fixture(scope="session")
def small_run(cloudburst: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run of the cloudburst; treat it as read-only."""
    return run_small(cloudburst, tmp_path_factory.mktemp("runs") / "small")
