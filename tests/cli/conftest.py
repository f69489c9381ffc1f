"""A small bundle and scenario for the command line tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from citytwin import app
from tests.scenarios.small_runs import write_bundle, write_scenario


@pytest.fixture(scope="session")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenario file of twelve minutes without crews, its city beside it."""
    folder = tmp_path_factory.mktemp("cli")
    changes = {"duration": "12min", "staffing": {"crews": {}}}
    return write_scenario(folder / "small.yaml", write_bundle(folder / "city"), changes)


@pytest.fixture(scope="session")
def invoke() -> Callable[..., Result]:
    """Return a function that runs the command line in this process."""

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


@pytest.fixture(scope="session")
def run_folder(
    scenario: Path, invoke: Callable[..., Result], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Run folder that the command line wrote; treat it as read-only."""
    out = tmp_path_factory.mktemp("run") / "small"
    result = invoke("run", scenario, "--out", out, "--quiet")
    assert result.exit_code == 0, result.output
    return out
