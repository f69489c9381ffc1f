"""Gauges: baselines, charts, damage, alarms and health."""

from __future__ import annotations

import pickle
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from agents.draws import Draws
from cim_models.errors import InputError
from cim_models.events import EVENT_KINDS
from twin.monitoring import (
    EwmaChart,
    Gauge,
    GaugeFault,
    Structure,
    StructureDamage,
    StructureWatch,
    Troubles,
    monitoring_settings,
    structures_of,
)
from twin.monitoring.baseline import learn_baseline
from twin.monitoring.damage import RAIN

DAY_S = 86_400.0
SETTINGS = monitoring_settings()


def _layer(quantity: str = "crack") -> gpd.GeoDataFrame:
    columns = {
        "id": ["GA-1", "GA-2", "GA-3"],
        "structure": ["BR-1", "SLOPE-1", "BR-1"],
        "structure_kind": ["bridge", "slope", "bridge"],
        "quantity": [quantity, "displacement", "strain"],
    }
    return gpd.GeoDataFrame(columns, geometry=[Point(0, 0), Point(9, 9), Point(0, 1)])


def _watch(
    *troubles: StructureDamage | GaugeFault,
    seed: int = 1,
    structures: tuple[Structure, ...] | None = None,
) -> StructureWatch:
    found = Troubles(
        tuple(each for each in troubles if isinstance(each, StructureDamage)),
        tuple(each for each in troubles if isinstance(each, GaugeFault)),
    )
    structures = structures or structures_of(_layer(), SETTINGS)
    return StructureWatch(structures, SETTINGS, Draws(seed, "gauges"), 150.0, 9.0, found)


def _kinds(watch: StructureWatch, *kinds: str) -> list[tuple[str, str]]:
    return [(change.kind, change.subject) for change in watch.take_changes() if change.kind in kinds]


@pytest.mark.parametrize(
    ("weight", "limit", "shift", "published"),
    [(0.1, 2.814, 0.0, 500.0), (0.1, 2.814, 1.0, 10.3), (0.25, 2.998, 0.0, 500.0)],
)
def test_run_lengths_are_the_published_ones(
    weight: float, limit: float, shift: float, published: float
) -> None:
    """Lucas and Saccucci (1990), as textbooks quote them; recalled."""
    assert EwmaChart(weight, limit).run_length(shift) == pytest.approx(published, rel=0.02)


def test_a_baseline_finds_the_line_and_the_memory_in_spite_of_gaps() -> None:
    rng = np.random.default_rng(4)
    temperature = 15.0 + 8.0 * np.sin(np.arange(20_000) / 11.0)
    load = 1.0 + np.cos(np.arange(20_000) / 3.0)
    rest = np.zeros(20_000)
    for k in range(1, 20_000):
        rest[k] = 0.6 * rest[k - 1] + 0.5 * rng.standard_normal()
    readings = 3.0 + 0.2 * temperature + 1.5 * load + rest
    readings[rng.random(20_000) < 0.1] = np.nan
    found = learn_baseline(readings[:, None], temperature, load)
    assert found.level[0] == pytest.approx(3.0, abs=0.1)
    assert found.per_degree[0] == pytest.approx(0.2, abs=0.01)
    assert found.per_load[0] == pytest.approx(1.5, abs=0.03)
    assert found.correlation[0] == pytest.approx(0.6, abs=0.07)
    assert found.innovation[0] == pytest.approx(0.5, abs=0.03)


def test_too_little_is_not_learnt_from() -> None:
    with pytest.raises(InputError, match="Baseline of gauges"):
        learn_baseline(np.zeros((10, 1)), np.arange(10.0))
    with pytest.raises(InputError, match=r"got 10 readings.*at least 48"):
        learn_baseline(np.ones((10, 1)), np.full(10, 20.0))
    with pytest.raises(InputError, match="never scatter"):
        learn_baseline(np.zeros((100, 1)), np.arange(100.0))


def test_a_damage_shows_where_it_is_and_nowhere_else() -> None:
    watch = _watch(StructureDamage(10 * DAY_S, "SD-1", "BR-1", jump=0.5))
    watch.advance_to(14 * DAY_S)
    changes = watch.take_changes()
    assert {change.subject for change in changes} == {"BR-1", "GA-1", "GA-3"}
    damaged, deviates = changes[0], next(each for each in changes if each.kind == "gauge.deviates")
    assert (damaged.kind, damaged.t_s) == ("structure.damaged", 10 * DAY_S)
    assert deviates.because == damaged.key
    assert 10 * DAY_S <= deviates.t_s < 11 * DAY_S
    for change in changes:
        assert set(change.data) == set(EVENT_KINDS[change.kind].data), change.kind


def test_health_tells_the_damaged_structure_from_the_sound_one() -> None:
    watch = _watch(StructureDamage(2 * DAY_S, "SD-1", "BR-1", per_day=2.0))
    watch.advance_to(4 * DAY_S)
    bridge, slope = watch.health()
    assert (bridge.structure, slope.structure) == ("BR-1", "SLOPE-1")
    assert bridge.worst_score > 1.0 > slope.worst_score
    assert bridge.grade == "D"
    assert watch.is_grave(watch.structures[0])
    assert bridge.outside_share is not None
    assert 0.1 < bridge.outside_share < 0.5
    assert (slope.grade, slope.outside_share) == ("A", 0.0)
    assert (slope.readings, slope.missing) == (96, 0)


def test_securing_stops_the_growth_and_makes_the_present_state_the_normal_one() -> None:
    watch = _watch(StructureDamage(DAY_S, "SD-1", "BR-1", per_day=2.0))
    watch.advance_to(2.5 * DAY_S)
    assert watch.deviates(watch.structures[0])
    watch.take_changes()
    assert watch.secure("BR-1", "O1").done
    first, *rest = watch.take_changes()
    assert (first.kind, first.because) == ("structure.secured", "O1")
    assert {each.kind for each in rest} == {"gauge.settled", "structure.graded"}
    assert all(each.because == first.key for each in rest if each.kind == "gauge.settled")
    watch.advance_to(9 * DAY_S)
    assert watch.take_changes() == []
    assert watch.health()[0].grade == "A"
    assert not watch.secure("BR-9", "O2").done


def test_only_deep_rain_moves_a_slope_and_securing_holds_it() -> None:
    dry, wet, held = _watch(), _watch(), _watch()
    for watch, rain_mm_h in ((dry, 2.0), (wet, 30.0), (held, 30.0)):
        watch.set_rain(rain_mm_h)
        watch.advance_to(4 * 3600.0)
        watch.set_rain(0.0)
    held.secure("SLOPE-1", "O1")
    for watch in (dry, wet, held):
        watch.advance_to(3 * DAY_S)
    assert dry.take_changes() == []
    changes = wet.take_changes()
    assert (changes[0].kind, changes[0].because) == ("structure.creeping", RAIN)
    deviates = next(each for each in changes if each.kind == "gauge.deviates")
    assert (deviates.subject, deviates.because) == ("GA-2", "structure.creeping SLOPE-1")
    assert held.book.crept["SLOPE-1"] < 0.25 * wet.book.crept["SLOPE-1"]


def test_wetness_is_what_fell_and_has_not_drained() -> None:
    watch = _watch()
    watch.set_rain(12.0)
    watch.advance_to(5 * 3600.0)
    tau_h, start = 24.0 * SETTINGS.slope.drains_days, SETTINGS.slope.initial_mm
    steady = 12.0 * tau_h
    expected = steady + (start - steady) * np.exp(-5.0 / tau_h)
    assert watch.book.wetness_mm == pytest.approx(expected, rel=1e-3)


def test_a_closed_road_is_no_deviation_because_traffic_is_counted() -> None:
    watch = _watch()
    watch.advance_to(12 * 3600.0)
    loaded = next(each for each in watch.take_readings() if each.gauge.id == "GA-3")
    watch.set_open_share("BR-1", 0.0)
    watch.advance_to(10 * DAY_S)
    assert _kinds(watch, "gauge.deviates") == []
    per_load = SETTINGS.quantities["strain"].per_load
    noons = [each for each in watch.take_readings() if each.gauge.id == "GA-3" and each.t_s % DAY_S == 3600.0]
    assert loaded.expected - np.mean([each.expected for each in noons]) > 0.5 * per_load


def test_a_fault_of_a_gauge_is_told_from_damage_by_its_cause() -> None:
    watch = _watch(GaugeFault(DAY_S, "GA-1", step=0.1))
    watch.advance_to(2 * DAY_S)
    assert watch.reason("GA-1") == "gauge.failed GA-1"
    assert _kinds(watch, "gauge.failed", "gauge.deviates")[:2] == [
        ("gauge.failed", "GA-1"),
        ("gauge.deviates", "GA-1"),
    ]
    assert watch.reason("GA-3") == ""


def test_silent_gauges_are_named_and_not_rated() -> None:
    until_s = 2 * DAY_S
    faults = [GaugeFault(DAY_S, name, silent=True, until_s=until_s) for name in ("GA-1", "GA-3")]
    watch = _watch(*faults)
    watch.advance_to(1.5 * DAY_S)
    (bridge, slope) = watch.health()
    assert bridge.grade == "U"
    assert bridge.silent == ("GA-1", "GA-3")
    assert bridge.missing == 2 * 13
    assert slope.grade == "A"
    watch.advance_to(3 * DAY_S)
    assert watch.health()[0].grade == "A"
    kinds = _kinds(watch, "gauge.silent", "gauge.heard", "gauge.deviates")
    assert [kind for kind, _ in kinds] == ["gauge.silent"] * 2 + ["gauge.heard"] * 2


def test_a_gauge_that_was_silent_when_its_structure_was_secured_begins_anew_with_its_next_reading() -> None:
    damage = StructureDamage(DAY_S, "SD-1", "BR-1", jump=0.6)
    silence = GaugeFault(1.2 * DAY_S, "GA-1", silent=True, until_s=2.5 * DAY_S)
    watch = _watch(damage, silence)
    watch.advance_to(2 * DAY_S)
    watch.secure("BR-1", "O1")
    watch.take_changes()
    watch.advance_to(5 * DAY_S)
    assert _kinds(watch, "gauge.heard", "gauge.deviates") == [("gauge.heard", "GA-1")]


def test_noise_belongs_to_the_gauge_whatever_else_there_is() -> None:
    both, alone = _watch(), _watch(structures=structures_of(_layer(), SETTINGS)[:1])
    for watch in (both, alone):
        watch.advance_to(DAY_S)
    of_bridge = [each for each in both.take_readings() if each.structure.id == "BR-1"]
    assert [each.value for each in of_bridge] == [each.value for each in alone.take_readings()]


def test_gauges_read_at_their_own_intervals() -> None:
    gauge = Gauge("GA-9", "crack", SETTINGS.quantities["crack"], interval_s=900.0)
    bridge, slope = structures_of(_layer(), SETTINGS)
    damage = StructureDamage(DAY_S, "SD-1", "BR-1", jump=0.5)
    watch = _watch(damage, structures=(replace(bridge, gauges=(*bridge.gauges, gauge)), slope))
    watch.advance_to(1.5 * DAY_S)
    counts = {name: sum(each.gauge.id == name for each in watch.take_readings()) for name in ("GA-9",)}
    assert counts == {"GA-9": 144}
    assert ("gauge.deviates", "GA-9") in _kinds(watch, "gauge.deviates")


@pytest.mark.parametrize("interval_s", [90.0, 7.0 * 3600.0, 30.0, 8.0 * 3600.0])
def test_odd_intervals_are_refused(interval_s: float) -> None:
    with pytest.raises(InputError, match="whole minutes"):
        Gauge("GA-9", "crack", SETTINGS.quantities["crack"], interval_s=interval_s)


def test_a_restored_watch_goes_on_to_the_bit() -> None:
    troubles = StructureDamage(DAY_S, "SD-1", "BR-1", per_day=1.0), GaugeFault(DAY_S, "GA-2", per_day=1.0)
    one, other = (_watch(*troubles) for _ in range(2))
    one.set_rain(20.0)
    one.advance_to(1.2 * DAY_S)
    one.secure("BR-1", "O1")
    other.restore(pickle.loads(pickle.dumps(one.state())))
    for watch in (one, other):
        watch.advance_to(3 * DAY_S)
    assert one.take_changes() == other.take_changes()
    assert one.take_readings() == other.take_readings()
    assert one.health() == other.health()


def test_the_steps_of_the_caller_change_nothing() -> None:
    one, other = (_watch(StructureDamage(DAY_S, "SD-1", "BR-1", per_day=1.0)) for _ in range(2))
    for watch, step_s in ((one, 60.0), (other, 3 * 3600.0 + 7.0)):
        watch.set_rain(10.0)
        t_s = 0.0
        while t_s < 2 * DAY_S:
            t_s = min(t_s + step_s, 2 * DAY_S)
            watch.advance_to(t_s)
    assert one.take_changes() == other.take_changes()
    assert one.take_readings() == other.take_readings()


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match="quantity 'smell'"):
        structures_of(_layer("smell"), SETTINGS)
    with pytest.raises(InputError, match="kind 'dam'"):
        structures_of(_layer().assign(structure_kind="dam"), SETTINGS)
    with pytest.raises(InputError, match="GA-9"):
        _watch(GaugeFault(0.0, "GA-9"))
    with pytest.raises(InputError, match="BR-9"):
        _watch(StructureDamage(0.0, "SD-1", "BR-9"))
    with pytest.raises(InputError, match="a gauge of 'BR-1'"):
        _watch(StructureDamage(0.0, "SD-1", "BR-1", gauges=("GA-2",)))
