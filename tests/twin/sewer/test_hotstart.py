"""A sewer that goes on from SWMM's hotstart file: what is exact, and how far it drifts."""

import numpy as np
import pytest

from cim_models.errors import InputError
from twin.sewer import SewerEngine

FLOW_M3_S = np.array([0.06, 0.0, 0.02, 0.0])
DRIFT_M = 0.04
"""Published tolerance of a head after a restore, m; see `docs/branching.md`."""


@pytest.fixture
def sewer(tiny_city):
    return tiny_city.sewer


def pour(engine: SewerEngine, until_s: int) -> None:
    """Let a wave run in that fills the pipes and falls again."""
    for second in range(round(engine.time_s) + 1, until_s + 1):
        engine.inject(FLOW_M3_S * np.sin(np.pi * min(second / 1200.0, 1.0)))
        engine.advance_to(float(second))


def test_a_reopened_engine_and_its_copy_go_on_alike(sewer, tmp_path):
    with SewerEngine(sewer, tmp_path / "first", 1.0, unit_m3=2.0**-20) as first:
        pour(first, 500)
        state = first.state()
        first.restore(state)
        pour(first, 900)
        heads, account = first.heads.copy(), first.account
    with SewerEngine(sewer, tmp_path / "second", 1.0, unit_m3=2.0**-20) as second:
        second.restore(state)
        pour(second, 900)
        assert np.array_equal(second.heads, heads)
        assert second.account == account


def test_a_reopened_sewer_stays_within_the_published_drift_and_loses_no_account(sewer, tmp_path):
    straight, cut = [], []
    with SewerEngine(sewer, tmp_path / "straight", 1.0) as engine:
        for until_s in range(100, 1801, 100):
            pour(engine, until_s)
            straight.append(engine.heads.copy())
        whole = engine.account
    with SewerEngine(sewer, tmp_path / "cut", 1.0) as engine:
        for until_s in range(100, 1801, 100):
            pour(engine, until_s)
            cut.append(engine.heads.copy())
            engine.restore(engine.state())
        account = engine.account
    drift = np.abs(np.array(straight) - np.array(cut)).max()
    assert 0.0 < drift < DRIFT_M
    assert account.injected == pytest.approx(whole.injected, rel=1e-12)
    assert account.outfalls == pytest.approx(whole.outfalls, rel=2e-3)
    assert abs(account.error) < abs(whole.error) + 1e-3 * whole.injected
    assert account.received_units == whole.received_units


def test_a_state_of_another_sewer_is_refused(sewer, tmp_path):
    with SewerEngine(sewer, tmp_path, 1.0) as engine:
        state = engine.state() | {"waiting_units": np.zeros(3, np.int64)}
        with pytest.raises(InputError, match=r"3 nodes; expected 4"):
            engine.restore(state)
