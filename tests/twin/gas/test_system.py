"""Leaks, marsh gas, detectors and fans together."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from cim_models.changes import Change
from cim_models.events import EVENT_KINDS
from scenarios.summary.hazards import summarize_gas
from tests.twin.gas.scene import make_system
from twin.gas import GasLeak, GasSystem

LEAK = GasLeak(600.0, "GL-1", 0.006, main="G1", position=0.02)  # in front of T1


def _run(system: GasSystem, until_s: float, every_s: float = 300.0) -> list[Change]:
    found, t_s = [], system.time_s
    while t_s < until_s:
        t_s = min(t_s + every_s, until_s)
        system.advance_to(t_s)
        found += system.take_changes()
    return found


def _kinds(changes: list[Change], subject: str) -> list[str]:
    return [change.kind for change in changes if change.subject == subject]


def test_a_leak_raises_alarms_near_it_and_nowhere_else() -> None:
    changes = _run(make_system([LEAK]), 3 * 3600.0)
    assert changes[0].kind == "gas.leaking"
    alarms = [change for change in changes if change.kind == "gas.alarm"]
    assert alarms[0].subject == "T1"
    assert "T3" not in {alarm.subject for alarm in alarms}
    assert alarms[0].because == "gas.leaking GL-1"
    assert {alarm.data["level"] for alarm in alarms} <= {1, 2, 3}
    verdict = next(change for change in changes if change.kind == "gas.diagnosed")
    assert verdict.data["verdict"] == "leak"
    assert verdict.because == "gas.alarm T1"


def test_every_change_says_what_its_kind_declares() -> None:
    system = make_system([LEAK])
    changes = _run(system, 2 * 3600.0)
    system.seal("GL-1", "O1")
    system.ventilate("T2", "O2")
    changes += _run(system, 12 * 3600.0)
    assert {"gas.sealed", "gas.alarm_over", "gas.ventilation_stopped"} <= {c.kind for c in changes}
    for change in changes:
        assert set(change.data) == set(EVENT_KINDS[change.kind].data), change


def test_marsh_gas_is_told_from_a_leak() -> None:
    system = make_system(marsh=5.0)
    changes = _run(system, 24 * 3600.0)
    verdicts = [change.data["verdict"] for change in changes if change.kind == "gas.diagnosed"]
    assert verdicts + [diagnosis.verdict for diagnosis in system.diagnoses.values()]
    assert "leak" not in verdicts
    assert not [change for change in changes if change.because.startswith("gas.leaking")]


def test_a_fan_starts_and_stops_by_itself_with_hysteresis() -> None:
    system = make_system(marsh=16.0)
    lel, running = [], []
    for minute in range(1, 24 * 60):
        system.advance_to(60.0 * minute)
        lel.append(system.detectors.lel[:3].copy())
        running.append(system.detectors.fan[:3].copy())
    fan, before = np.array(running[1:]), np.array(running[:-1])
    reading = np.array(lel[1:])
    assert np.all(reading[fan & ~before] >= 0.20)
    assert np.all(reading[~fan & before] <= 0.08)
    assert (fan & ~before).sum() >= 3
    shares = system.share[:3, 0] / 0.05
    assert np.all(shares < 0.30)


def test_sealing_ends_the_alarm_and_the_account_closes() -> None:
    system = make_system([LEAK])
    changes = _run(system, 3 * 3600.0)
    assert system.seal("GL-1", "order-1").done
    assert not system.seal("GL-1", "order-2").done
    changes += _run(system, 24 * 3600.0)
    sealed = next(change for change in changes if change.kind == "gas.sealed")
    assert sealed.because == "order-1"
    assert _kinds(changes, "T1")[-1] in ("gas.alarm_over", "gas.ventilation_stopped")
    account = system.account
    assert account.released == pytest.approx(sealed.data["released_m3"], abs=1e-3)
    assert account.relative_error < 1e-12
    assert account.under_way < 1e-3 * account.released


def test_a_leak_in_a_cabinet_fills_the_cabinet() -> None:
    changes = _run(make_system([GasLeak(0.0, "GL-1", 0.002, site="R1")]), 1800.0)
    alarm = next(change for change in changes if change.kind == "gas.alarm")
    assert (alarm.subject, alarm.because) == ("R1", "gas.leaking GL-1")


def test_the_summary_says_whether_a_main_or_a_cabinet_leaks() -> None:
    leaks = [GasLeak(0.0, "GL-1", 0.002, site="R1"), GasLeak(0.0, "GL-2", 0.002, main="G1")]
    system = make_system(leaks)
    _run(system, 300.0)
    cabinet, main = summarize_gas(system, [])["leaks"]
    assert (cabinet["cabinet"], cabinet["main"]) == ("R1", None)
    assert (main["cabinet"], main["main"], main["fed_by"]) == (None, "G1", "G1")
    assert cabinet["fed_by"] in ("G1", "G2")


def test_a_torn_main_is_seen_by_its_pressure() -> None:
    changes = _run(make_system([GasLeak(0.0, "GL-1", 0.08, main="G2", position=0.43)]), 3 * 3600.0)
    evidence = [c.data["evidence"] for c in changes if c.kind == "gas.diagnosed" and c.subject == "T3"]
    assert evidence
    assert "pressure_drop" in evidence[0]


def test_nothing_depends_on_how_often_it_is_asked() -> None:
    often, seldom = make_system([LEAK], marsh=8.0), make_system([LEAK], marsh=8.0)
    first, second = _run(often, 6 * 3600.0, 10.0), _run(seldom, 6 * 3600.0, 1800.0)
    assert first == second
    assert np.array_equal(often.share, seldom.share)


def test_a_restored_system_goes_on_to_the_bit() -> None:
    one = make_system([LEAK, GasLeak(7000.0, "GL-2", 0.004, main="G1", position=0.12)], marsh=8.0)
    _run(one, 3600.0)
    kept = pickle.loads(pickle.dumps(one.state()))
    other = make_system(seed=3, marsh=8.0)
    other.restore(kept)
    assert _run(one, 6 * 3600.0) == _run(other, 6 * 3600.0)
    assert np.array_equal(one.share, other.share)


def test_another_seed_reads_otherwise() -> None:
    one, other = make_system(seed=1), make_system(seed=2)
    one.advance_to(600.0), other.advance_to(600.0)
    assert not np.array_equal(one.detectors.lel, other.detectors.lel)
