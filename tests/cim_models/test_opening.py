import sys
from pathlib import Path
from types import ModuleType

import pytest

from cim_models.bundle import write_city
from cim_models.city import City
from cim_models.errors import BundleError
from cim_models.opening import city_hash, open_city


@pytest.fixture
def calls(tiny_city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, float]]:
    """Let the tiny city stand for the district and record with which parameters it was made."""
    made: list[dict[str, float]] = []
    maker = ModuleType("cim_models.district")

    def make_district(**parameters: float) -> City:
        made.append(parameters)
        return tiny_city

    maker.make_district = make_district  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cim_models.district", maker)
    monkeypatch.setattr("cim_models.opening._maker_digest", lambda: "0" * 12)
    monkeypatch.setenv("CITYTWIN_CACHE", str(tmp_path / "cache"))
    return made


def test_builtin_city_is_made_once_and_then_read(calls: list[dict[str, float]]) -> None:
    first = open_city("builtin:district?seed=3&size_m=600")
    second = open_city("builtin:district?size_m=600&seed=3")
    assert calls == [{"seed": 3, "size_m": 600.0}]
    assert first.reference == "builtin:district?seed=3&size_m=600"
    assert city_hash(first) == city_hash(second)
    open_city("builtin:district?seed=4")
    assert len(calls) == 2


def test_spoilt_cache_is_made_anew(calls: list[dict[str, float]], tmp_path: Path) -> None:
    open_city("builtin:district")
    (folder,) = (tmp_path / "cache").iterdir()
    (folder / "terrain.tif").write_bytes(b"")
    assert open_city("builtin:district").name == "tiny"
    assert len(calls) == 2


def test_bundle_folder_opens_relative_to_a_base(tiny_city: City, tmp_path: Path) -> None:
    write_city(tiny_city, tmp_path / "tiny")
    city = open_city("tiny", base=tmp_path)
    assert city.reference == "tiny"
    assert city_hash(tmp_path / "tiny") == city_hash(tiny_city)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "builtin:atlantis",
            "got 'atlantis'; expected builtin:district, builtin:lifelines or a bundle folder",
        ),
        ("builtin:district?sead=3", "unknown parameter 'sead'; expected seed, size_m, cell_size_m"),
        ("builtin:district?seed=three", "seed: got 'three'; expected a number"),
        ("no/such/folder", "does not exist"),
    ],
)
def test_wrong_reference_is_one_clear_line(reference: str, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        open_city(reference)
