"""What the documents name exists, and what exists is named."""

import re
from pathlib import Path

import pytest
import typer

import citytwin

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "architecture.md"]
TOP = (
    "agents",
    "benchmarks",
    "cim_models",
    "docs",
    "notebooks",
    "scenarios",
    "scripts",
    "tests",
    "twin",
    "viz",
)
BUILT = ("viz/static",)


def commands(group, prefix="citytwin"):
    """Every command of the command line, in words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def paths_in(document):
    """Paths of the project that a document names."""
    text = document.read_text("utf-8")
    words = re.findall(r"`([\w./-]+)`", text)
    return sorted({word for word in words if word.split("/")[0] in TOP and "/" in word} - set(BUILT))


def make_targets(text):
    return set(re.findall(r"`?make (\w+)`?", text)) - {"sure"}


def test_readme_names_every_command():
    readme = (ROOT / "README.md").read_text("utf-8")
    listed = list(commands(typer.main.get_command(citytwin.app)))
    assert len(listed) >= 10
    assert [command for command in listed if f"`{command}" not in readme] == []


def test_readme_names_no_command_that_is_not_there():
    readme = (ROOT / "README.md").read_text("utf-8")
    there = set(commands(typer.main.get_command(citytwin.app)))
    named = set(
        re.findall(
            r"citytwin (?:city|bench|policy|detect) \w+|citytwin (?!city|bench|policy|detect)[a-z]+", readme
        )
    )
    assert named <= there


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_paths_exist(document):
    assert [path for path in paths_in(document) if not (ROOT / path.replace("*", "")).exists()] == []


def test_named_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert {"demo", "test"} <= make_targets((ROOT / "README.md").read_text("utf-8")) <= targets


def test_first_thing_in_the_readme_is_the_two_commands():
    first = (ROOT / "README.md").read_text("utf-8").split("```")[1]
    assert [line.split("#")[0].strip() for line in first.strip().splitlines()] == ["make demo", "make test"]


def test_architecture_fits_two_pages():
    assert len((ROOT / "docs" / "architecture.md").read_text("utf-8").splitlines()) <= 120


def test_every_test_folder_is_a_package():
    """Two test modules may then share a name."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
