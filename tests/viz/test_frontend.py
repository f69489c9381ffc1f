"""The bundle of the screen: made from the lock file, made once."""

import time

import pytest

from viz.frontend import build as frontend


def test_the_lock_file_names_no_registry() -> None:
    lock = (frontend.FRONTEND / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert "integrity" in lock


def test_a_second_build_returns_at_once() -> None:
    frontend.build()
    begun = time.perf_counter()
    folder = frontend.build()
    assert time.perf_counter() - begun < 1.0
    assert (folder / "screen.js").exists()
    assert (folder / "fonts" / "noto-sans-sc.LICENSE").exists()


def test_a_changed_source_asks_for_a_new_build(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = frontend._fingerprint()
    monkeypatch.setattr(frontend, "_LOCK", frontend.FRONTEND / "package.json")
    assert frontend._fingerprint() != before
