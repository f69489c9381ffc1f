import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cim_models.city import City
from cim_models.errors import InputError, NetworkError
from cim_models.orders import OpenValve, RepairPipe, ShutValve
from tests.twin.supply.towns import RING, needs_epanet, ring
from twin.supply.failures import PipeBurst, PipeLeak, PumpOutage, SupplyFailure, ValveOutage
from twin.supply.interventions import HoldOpen, HoldShut, LetGo
from twin.supply.service import HOLD_S
from twin.supply.settings import SupplySettings
from twin.supply.system import SupplySystem

pytestmark = needs_epanet
BURST = PipeBurst(600.0, "CE", 0.3)
PUMPED = RING.replace("[OPTIONS]", "[PUMPS]\n PU R B HEAD 1\n[CURVES]\n 1 20 40\n[OPTIONS]")


@pytest.fixture
def town(tiny_city: City) -> City:
    return replace(tiny_city, supply=ring(), layers={})


def system(town: City, tmp_path: Path, *failures: SupplyFailure, name: str = "work") -> SupplySystem:
    return SupplySystem(town, SupplySettings(), tmp_path / name, failures)


def kinds(supply: SupplySystem) -> list[tuple[str, str]]:
    return [(change.kind, change.subject) for change in supply.take_changes()]


def test_a_burst_runs_its_course(town: City, tmp_path: Path) -> None:
    supply = system(town, tmp_path, BURST)
    supply.advance_to(1_000.0)
    assert kinds(supply) == [("supply.burst", "CE")]
    flow = supply.engine.escape_m3_s["CE"]
    assert flow > 0.01
    assert supply.choose_valves("CE").valves == ("CE@C",)
    assert supply.apply(ShutValve("O1", "CE@C")).done
    changes = supply.take_changes()
    assert [change.kind for change in changes] == [
        "valve.shut",
        "supply.isolated",
        "supply.customers_out",
    ]
    assert [change.because for change in changes] == ["O1", "valve.shut CE@C", "valve.shut CE@C"]
    assert changes[2].data["nodes"] == ["E"]
    assert changes[2].data["persons"] == pytest.approx(2 * 11.5 / 12 * 86.4 / 0.24, abs=0.1)
    escaped = supply.account.to_street_m3
    supply.advance_to(1_000.0 + supply.repair_s("CE"))
    assert supply.account.to_street_m3 == escaped  # nothing more since the last valve was shut
    assert supply.apply(RepairPipe("O2", "CE")).done
    assert supply.apply(OpenValve("O3", "CE@C")).done
    assert kinds(supply) == [("supply.repaired", "CE")]  # the valve is opened fully when the pipe is full
    supply.advance_to(supply.time_s + 3_600.0)
    assert kinds(supply) == [
        ("supply.refilled", "CE"),
        ("valve.opened", "CE@C"),
        ("supply.restored", "CE"),
        ("supply.customers_back", "supply"),
    ]
    volume = np.pi / 4 * 0.1**2 * 100
    assert supply.account.refill_m3 == pytest.approx(volume)
    hours_out = (supply.repair_s("CE") + np.ceil(volume / (0.3 * np.pi / 4 * 0.1**2))) / 3600
    persons = changes[2].data["persons"]
    assert supply.service.person_hours_out == pytest.approx(persons * hours_out, rel=1e-3)


def test_the_water_of_a_burst_is_in_the_supply_s_balance(town: City, tmp_path: Path) -> None:
    supply = system(town, tmp_path, PipeBurst(600.0, "AB", 1.0))
    supply.advance_to(5_000.0)
    account = supply.account
    assert account.to_street_m3 == pytest.approx(supply.engine.escaped_m3["AB"], rel=1e-12)
    assert supply.street_m3["AB"] == account.to_street_m3 > 50.0
    assert abs(account.relative_error) < 1e-4
    assert account.delivered_m3 < account.required_m3


def test_a_leak_grows_and_stays_underground(town: City, tmp_path: Path) -> None:
    supply = system(town, tmp_path, PipeLeak(100.0, "AB", 0.02, grows_s=7_200.0))
    flows = []
    for moment in (0, 1_000, 3_000, 5_000, 7_400, 9_000):
        supply.advance_to(moment)
        flows.append(supply.engine.escape_m3_s["AB"])
    assert flows[0] == 0.0
    assert (np.diff(flows) > -1e-9).all()
    full = 0.75 * np.pi / 4 * 0.02**2 * np.sqrt(2 * 9.80665 * supply.engine.opening_pressure_m("AB"))
    assert flows[-1] == pytest.approx(full, rel=1e-6)
    assert supply.account.to_street_m3 == 0.0
    assert supply.account.to_ground_m3 > 1.0
    assert supply.apply(RepairPipe("O1", "AB")).done  # small leaks are repaired under pressure
    assert supply.engine.escape_m3_s["AB"] == 0.0


@pytest.mark.parametrize(("grows_s", "lets_out"), [(0.0, True), (7_200.0, False)])
def test_a_leak_says_what_it_lets_out_at_once(
    town: City, tmp_path: Path, grows_s: float, lets_out: bool
) -> None:
    supply = system(town, tmp_path, PipeLeak(100.0, "AB", 0.02, grows_s=grows_s))
    supply.advance_to(100.0)
    (begun,) = (change for change in supply.take_changes() if change.kind == "supply.leaking")
    assert begun.data["grows_s"] == grows_s
    assert (begun.data["flow_m3_h"] > 1.0) is lets_out


def test_a_stuck_valve_is_found_out_and_goes_around(town: City, tmp_path: Path) -> None:
    supply = system(town, tmp_path, BURST, ValveOutage(0.0, "CE@C", "stuck"))
    supply.advance_to(900.0)
    assert supply.choose_valves("CE").valves == ("CE@C",)  # nobody knows yet
    outcome = supply.apply(ShutValve("O1", "CE@C"))
    assert not outcome.done
    assert "stuck" in outcome.reason
    assert ("valve.stuck", "CE@C") in kinds(supply)
    other = supply.choose_valves("CE").valves
    assert set(other) == {"BC@B", "CD@C"}
    for number, valve in enumerate(other):
        assert supply.apply(ShutValve(f"P{number}", valve)).done
    assert supply.engine.escape_m3_s["CE"] == 0.0


def test_a_valve_that_was_shut_after_the_last_needed_one_is_opened_again_too(
    town: City, tmp_path: Path
) -> None:
    supply = system(town, tmp_path, BURST)
    supply.advance_to(900.0)
    for number, valve in enumerate(("CE@C", "BC@B")):
        supply.apply(ShutValve(f"O{number}", valve))
    supply.advance_to(30_000.0)
    supply.apply(RepairPipe("O3", "CE"))
    assert supply.valves_to_open("CE") == ("CE@C", "BC@B")
    for valve in supply.valves_to_open("CE"):
        assert supply.apply(OpenValve(f"open {valve}", valve)).done
    assert supply.valves_to_open("CE") == ()
    supply.advance_to(40_000.0)
    assert not supply.yard.shut
    assert not supply.out.any()


def test_a_valve_that_another_broken_pipe_needs_stays_shut(town: City, tmp_path: Path) -> None:
    supply = system(town, tmp_path, BURST, PipeBurst(700.0, "BC", 0.3))
    supply.advance_to(900.0)
    for valve in ("BC@B", "CD@C", "CE@C"):
        supply.apply(ShutValve(f"shut {valve}", valve))
    supply.apply(RepairPipe("O1", "CE"))
    assert supply.valves_to_open("CE") == ()
    supply.apply(RepairPipe("O2", "BC"))
    assert set(supply.valves_to_open("BC")) == {"BC@B", "CD@C", "CE@C"}


def test_opening_a_valve_before_the_repair_lets_the_water_out_again(town: City, tmp_path: Path) -> None:
    supply = system(town, tmp_path, BURST)
    supply.advance_to(900.0)
    supply.apply(ShutValve("O1", "CE@C"))
    assert supply.engine.escape_m3_s["CE"] == 0.0
    supply.apply(OpenValve("O2", "CE@C"))
    assert supply.engine.escape_m3_s["CE"] > 0.01
    assert not supply.apply(RepairPipe("O3", "CE")).done


@pytest.mark.parametrize("order", [ShutValve("O1", "V9"), OpenValve("O1", "CE@C"), RepairPipe("O1", "AB")])
def test_an_order_that_cannot_be_carried_out_says_why(town: City, tmp_path: Path, order: object) -> None:
    supply = system(town, tmp_path, BURST)
    outcome = supply.apply(order)  # type: ignore[arg-type]
    assert not outcome.done
    assert outcome.reason


def test_a_pump_out_of_order_comes_back(town: City, tmp_path: Path) -> None:
    pumped = replace(town, supply=ring(PUMPED))
    supply = system(pumped, tmp_path, PumpOutage(1_000.0, "PU", 5_000.0))
    row = supply.engine.link_ids.index("PU")
    flows = []
    for moment in (900, 1_100, 4_900, 5_100):
        supply.advance_to(moment)
        flows.append(supply.engine.flow_m3_s[row])
    assert flows[0] > 1e-3
    assert max(np.abs(flows[1:3])) < 1e-7
    assert flows[3] > 1e-3
    assert kinds(supply) == [("supply.pump_stopped", "PU"), ("supply.pump_started", "PU")]


def test_a_valve_that_falls_shut_leaves_customers_dry(town: City, tmp_path: Path) -> None:
    supply = system(town, tmp_path, ValveOutage(1_000.0, "CE@C", "shut", 2_000.0))
    supply.advance_to(3_000.0)
    assert kinds(supply) == [
        ("supply.valve_failed", "CE@C"),
        ("supply.customers_out", "supply"),
        ("supply.valve_restored", "CE@C"),
        ("supply.customers_back", "supply"),
    ]
    assert supply.service.out_s[supply.engine.node_ids.index("E")] == 1_000.0


def test_a_valve_shut_at_an_empty_tank_opens_again(town: City, tmp_path: Path) -> None:
    """EPANET closes the pipe of an empty tank by itself: that is nothing to go back to."""
    alone = replace(
        town, supply=ring(RING.replace(" RA R A 200 300 120 0 Open", " RA R A 200 300 120 0 Closed"))
    )
    supply = system(alone, tmp_path)
    supply.advance_to(36 * 3_600)
    flow = supply.engine.flow_m3_s[supply.engine.link_ids.index("TB")]
    assert abs(flow) < 1e-6  # the tank is empty
    supply.engine.apply(HoldShut(supply.time_s, "TB", "crew"))
    supply.engine.apply(LetGo(supply.time_s, "TB", "crew"))
    supply.engine.apply(HoldOpen(supply.time_s, "RA", "crew"))
    supply.advance_to(supply.time_s + 3_600)
    assert abs(supply.engine.flow_m3_s[supply.engine.link_ids.index("TB")]) > 1e-4


def test_a_tap_that_flickers_is_one_interruption(town: City, tmp_path: Path) -> None:
    """Dry for 200 s, running for 100 s, and so on: customers are out from the first to the last of it."""
    shut = [ValveOutage(1_000.0 + 300.0 * k, "CE@C", "shut", 1_200.0 + 300.0 * k) for k in range(5)]
    supply = system(town, tmp_path, *shut)
    supply.advance_to(4_000.0)
    changes = [change for change in supply.take_changes() if change.kind.startswith("supply.customers")]
    assert [(change.t_s, change.kind) for change in changes] == [
        (1_000, "supply.customers_out"),
        (2_400 + HOLD_S, "supply.customers_back"),
    ]
    assert changes[1].data["since_s"] == 2_400
    assert changes[1].because == "supply.valve_restored CE@C"
    assert supply.service.out_s[supply.engine.node_ids.index("E")] == 1_400.0


def test_a_saved_and_restored_system_goes_on_to_the_same_bits(town: City, tmp_path: Path) -> None:
    def play(supply: SupplySystem, begin: int, end: int) -> None:
        for moment in range(begin, end, 250):
            supply.advance_to(moment)
            if moment == 1_250:
                supply.apply(ShutValve("O1", "CE@C"))
            if moment == 9_000:
                supply.apply(RepairPipe("O2", "CE"))
                supply.apply(OpenValve("O3", "CE@C"))

    failures = (BURST, PipeLeak(300.0, "DA", 0.01, 4_000.0))
    straight, first = (system(town, tmp_path, *failures, name=name) for name in ("a", "b"))
    play(straight, 0, 12_000)
    for stop in (1_250, 9_000):
        first = system(town, tmp_path, *failures, name="c")
        play(first, 0, stop)
        again = system(town, tmp_path, *failures, name="d")
        again.restore(pickle.loads(pickle.dumps(first.state())))
        play(again, stop, 12_000)
        np.testing.assert_array_equal(again.engine.head_m, straight.engine.head_m)
        assert again.account == straight.account
        assert again.state()["changes"] == straight.state()["changes"]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (PipeBurst(0.0, "XY", 0.1), "no pipe 'XY'"),
        (PumpOutage(0.0, "AB"), "no pump 'AB': got a pipe"),
        (ValveOutage(0.0, "V9", "stuck"), "no isolation valve 'V9'"),
        (ValveOutage(0.0, "CE@C", "open"), "no valve 'CE@C'"),
    ],
)
def test_a_failure_of_something_that_is_not_there_is_refused(
    town: City, tmp_path: Path, failure: SupplyFailure, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        system(town, tmp_path, failure)


def test_a_city_without_a_supply_has_none_to_simulate(tiny_city: City, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no water supply"):
        system(replace(tiny_city, supply=None), tmp_path)


def test_customers_are_the_persons_of_the_nearest_buildings(tiny_city: City, tmp_path: Path) -> None:
    supply = system(replace(tiny_city, supply=ring()), tmp_path)
    buildings = tiny_city.layer("buildings")
    assert buildings is not None
    assert supply.persons.sum() == buildings["persons"].sum()
    assert (supply.persons[:5] > 0).sum() >= 1
    assert supply.persons[5:].sum() == 0.0  # neither reservoir nor tank
