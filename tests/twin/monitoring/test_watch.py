"""Gauges: baselines, charts, alarms and health."""

from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from agents.draws import Draws
from cim_models.errors import InputError
from cim_models.events import EVENT_KINDS
from twin.monitoring import EwmaChart, GaugeFault, StructureWatch, monitoring_settings
from twin.monitoring.baseline import learn_baseline

DAY_S = 86_400.0


def _watch(*faults: GaugeFault, seed: int = 1, quantity: str = "crack") -> StructureWatch:
    gauges = gpd.GeoDataFrame(
        {
            "id": ["GA-1", "GA-2"],
            "structure": ["BR-1", "SLOPE-1"],
            "structure_kind": ["bridge", "slope"],
            "quantity": [quantity, "tilt"],
        },
        geometry=[Point(0, 0), Point(9, 9)],
    )
    return StructureWatch(gauges, monitoring_settings(), Draws(seed, "gauges"), 150.0, 9.0, faults)


@pytest.mark.parametrize(
    ("weight", "limit", "shift", "published"),
    [(0.1, 2.814, 0.0, 500.0), (0.1, 2.814, 1.0, 10.3), (0.25, 2.998, 0.0, 500.0)],
)
def test_run_lengths_are_the_published_ones(
    weight: float, limit: float, shift: float, published: float
) -> None:
    """Lucas and Saccucci (1990), as textbooks quote them; recalled."""
    assert EwmaChart(weight, limit).run_length(shift) == pytest.approx(published, rel=0.02)


def test_a_baseline_finds_the_line_and_the_memory() -> None:
    rng = np.random.default_rng(4)
    temperature = 15.0 + 8.0 * np.sin(np.arange(20_000) / 11.0)
    rest = np.zeros(20_000)
    for k in range(1, 20_000):
        rest[k] = 0.6 * rest[k - 1] + 0.5 * rng.standard_normal()
    found = learn_baseline((3.0 + 0.2 * temperature + rest)[:, None], temperature)
    assert found.level[0] == pytest.approx(3.0, abs=0.1)
    assert found.per_degree[0] == pytest.approx(0.2, abs=0.01)
    assert found.correlation[0] == pytest.approx(0.6, abs=0.03)
    assert found.innovation[0] == pytest.approx(0.5, abs=0.02)


def test_too_little_is_not_learnt_from() -> None:
    with pytest.raises(InputError, match="Baseline of gauges"):
        learn_baseline(np.zeros((10, 1)), np.arange(10.0))
    with pytest.raises(InputError, match="temperatures that vary"):
        learn_baseline(np.zeros((100, 1)), np.full(100, 20.0))


def test_a_step_is_found_where_it_is_and_nowhere_else() -> None:
    watch = _watch(GaugeFault(10 * DAY_S, "GA-1", step=0.05))
    watch.advance_to(14 * DAY_S)
    changes = watch.take_changes()
    assert {change.subject for change in changes} == {"GA-1"}
    first = changes[0]
    assert 10 * DAY_S <= first.t_s < 11 * DAY_S
    assert first.kind == "gauge.deviates"
    assert set(first.data) == set(EVENT_KINDS[first.kind].data)


def test_health_tells_the_damaged_structure_from_the_sound_one() -> None:
    watch = _watch(GaugeFault(2 * DAY_S, "GA-1", per_day=0.4))
    watch.advance_to(4 * DAY_S)
    bridge, slope = watch.health()
    assert (bridge.structure, slope.structure) == ("BR-1", "SLOPE-1")
    assert bridge.worst_score > 1.0 > slope.worst_score
    assert bridge.alarms >= 1
    assert slope.grade == "A"
    assert slope.readings == 96


def test_a_restored_watch_goes_on_to_the_bit() -> None:
    one, other = (_watch(GaugeFault(DAY_S, "GA-1", step=0.05)) for _ in range(2))
    one.advance_to(0.5 * DAY_S)
    other.restore(pickle.loads(pickle.dumps(one.state())))
    one.advance_to(3 * DAY_S)
    other.advance_to(3 * DAY_S)
    assert np.array_equal(one.reading, other.reading)
    assert one.take_changes() == other.take_changes()


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match="quantity 'smell'"):
        _watch(quantity="smell")
    with pytest.raises(InputError, match="GA-9"):
        _watch(GaugeFault(0.0, "GA-9"))
