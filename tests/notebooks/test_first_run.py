"""The notebook runs as it stands, is kept without outputs, and shows what it promises."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "first_run.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {}})
    client.resources["metadata"]["path"] = str(NOTEBOOK.parent)
    client.execute()
    return notebook


def outputs_of(notebook, word):
    """Outputs of the first code cell that holds a word."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and word in cell.source)
    return cell.outputs


def test_notebook_is_kept_without_outputs():
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_streets_are_flooded_and_water_is_conserved(executed):
    (lengths,) = outputs_of(executed, 'summary["flooding"]')
    assert "'015'" in lengths["data"]["text/plain"]
    (errors,) = outputs_of(executed, "relative_error")
    whole = float(errors["data"]["text/plain"].split("'whole':")[1].strip(" }"))
    assert abs(whole) < 1e-3
    (table,) = outputs_of(executed, "flooded[[")
    assert "<tr>" in table["data"]["text/html"]


@pytest.mark.slow
def test_map_and_pictures_are_shown(executed):
    (deck,) = outputs_of(executed, "notebook_deck")
    assert "water" in deck["data"]["text/html"]
    pictures = outputs_of(executed, "display(Image")
    assert [bool(picture["data"]["image/png"]) for picture in pictures] == [True, True]
