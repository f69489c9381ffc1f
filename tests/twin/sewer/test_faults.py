"""A small sewer with a pump station that is blocked, collapses, stands still, drowns, and is mended."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from cim_models.errors import InputError
from cim_models.networks import read_sewer
from cim_models.orders import RebuildConduit, RestartPump, UnblockConduit
from cim_models.timeseries import TimeSeries, constant_series
from twin.sewer import SewerEngine, SewerSettings
from twin.sewer.failures import Collapse, Growth, PipeBlockage, PumpFailure, SewerFailure
from twin.sewer.faults import SewerFaults
from twin.sewer.outfalls import OutfallLevel
from twin.sewer.throttle import loss_coefficient

TEXT = """[OPTIONS]
FLOW_UNITS CMS
FLOW_ROUTING DYNWAVE
[JUNCTIONS]
A 10.4 3.0 0 0 0
B 10.2 3.0 0 0 0
C 10.0 3.0 0 0 0
SIDE 10.6 3.0 0 0 0
[STORAGE]
WELL 7.0 6.0 0.5 FUNCTIONAL 0 0 4
[OUTFALLS]
O 9.8 FREE NO
[CONDUITS]
AB A B 100 0.013 0 0 0
BC B C 100 0.013 0 0 0
SC SIDE C 100 0.013 0 0 0
CO C O 100 0.013 0 0 0
[PUMPS]
P WELL SIDE PC ON 1.0 0.4
[CURVES]
PC PUMP2 0.5 0.06
PC 9 0.06
[XSECTIONS]
AB CIRCULAR 0.5 0 0 0
BC CIRCULAR 0.5 0 0 0
SC CIRCULAR 0.5 0 0 0
CO CIRCULAR 0.7 0 0 0
[LOSSES]
AB 0 0 0.2 NO
[CONTROLS]
RULE start
IF NODE WELL DEPTH > 1.5
THEN PUMP P STATUS = ON
[COORDINATES]
A 0 0
B 100 0
C 200 0
SIDE 200 100
WELL 200 200
O 300 0
"""
INFLOW = {"A": 0.05, "WELL": 0.03}


class Rig:
    """The sewer with its faults, fed steadily."""

    def __init__(
        self,
        workdir: Path,
        failures: Sequence[SewerFailure] = (),
        levels: Sequence[OutfallLevel] = (),
        surcharge_method: Literal["SLOT", "EXTRAN"] = "SLOT",
    ) -> None:
        network = read_sewer(TEXT)
        throttled = tuple({f.conduit: None for f in failures if not isinstance(f, PumpFailure)})
        self.engine = SewerEngine(
            network, workdir, 1.0, SewerSettings(throttled=throttled, surcharge_method=surcharge_method)
        )
        self.faults = SewerFaults(network, self.engine, failures, levels)
        self.feed(INFLOW)

    def feed(self, inflow_m3_s: Mapping[str, float]) -> "Rig":
        self.inflow_m3 = np.array([inflow_m3_s.get(name, 0.0) for name in self.engine.node_ids])
        return self

    def run(self, until_s: int, rain_mm_h: float = 0.0) -> "Rig":
        for second in range(round(self.engine.time_s), until_s):
            self.faults.advance_to(float(second), rain_mm_h * second / 3600.0)
            self.engine.inject(self.inflow_m3)
            self.engine.advance_to(float(second + 1))
        return self

    def head(self, node: str) -> float:
        return float(self.engine.heads[self.row(node)])

    def depth(self, node: str) -> float:
        return float(self.engine.depths[self.row(node)])

    def row(self, node: str) -> int:
        return self.engine.node_ids.index(node)

    def kinds(self) -> list[str]:
        return [change.key for change in self.faults.take_changes()]


@pytest.fixture
def rig(tmp_path: Path):
    opened: list[Rig] = []

    def open_one(*failures: SewerFailure, **options: Any) -> Rig:
        opened.append(Rig(tmp_path / str(len(opened)), failures, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.engine.close()


Opener = Callable[..., Rig]


def test_a_blocked_conduit_costs_the_head_of_a_sudden_contraction(rig: Opener) -> None:
    """Full on both sides, without the slot on the pipe that widens it; the pipe's friction is taken off."""
    steady, high = {"A": 0.05}, OutfallLevel(constant_series(10.75))
    clear = rig(levels=[high], surcharge_method="EXTRAN").feed(steady).run(2400)
    friction_m = clear.head("B") - clear.head("C")
    clear.engine.close()
    blocked = (
        rig(PipeBlockage(0.0, "BC", 0.8), levels=[high], surcharge_method="EXTRAN").feed(steady).run(2400)
    )
    velocity = blocked.faults._engine.controls.flow_m3_s("BC") / (np.pi / 4.0 * 0.5**2)
    expected_m = loss_coefficient(0.8) * velocity**2 / (2.0 * 9.80665)
    assert velocity == pytest.approx(0.05 / 0.19635, rel=0.01)
    assert expected_m > 0.1
    assert blocked.head("B") - blocked.head("C") - friction_m == pytest.approx(expected_m, rel=0.02)


@pytest.mark.parametrize(("blocked", "coefficient"), [(0.0, 0.0), (0.5, 3.83), (0.8, 47.6), (0.9, 220.9)])
def test_the_loss_coefficient_is_that_of_borda_and_carnot(blocked: float, coefficient: float) -> None:
    assert loss_coefficient(blocked) == pytest.approx(coefficient, abs=0.05)


def test_a_blockage_dams_the_water_and_freeing_it_restores_the_sewer(rig: Opener) -> None:
    one = rig(PipeBlockage(600.5, "BC", 1.0)).run(600)
    before = one.depth("B")
    one.run(1500)
    assert one.depth("B") > 2.5
    assert one.depth("C") < 0.2
    assert one.faults.apply(UnblockConduit("O-1", "BC")).done
    one.run(4200)
    assert one.depth("B") == pytest.approx(before, abs=0.005)
    changes = one.faults.take_changes()
    assert [(change.key, change.because) for change in changes] == [
        ("sewer.blocked BC", ""),
        ("sewer.unblocked BC", "O-1"),
    ]
    assert changes[0].t_s == 601.0  # the first step that does not begin before its time
    assert changes[1].data["since_s"] == 601.0
    assert not one.faults.apply(UnblockConduit("O-2", "BC")).done


def test_what_is_dammed_names_the_obstacle_and_what_lies_elsewhere_does_not(rig: Opener) -> None:
    one = rig(PipeBlockage(0.0, "BC", 1.0)).run(900)
    causes = {node: one.faults.cause(one.row(node)) for node in ("A", "B", "C", "SIDE", "O")}
    assert causes == {"A": "sewer.blocked BC", "B": "sewer.blocked BC", "C": "", "SIDE": "", "O": ""}
    fault = one.faults.behind(one.row("A"))
    assert fault is not None
    assert one.faults.place(fault).middle == (150.0, 0.0)


def test_a_blockage_that_costs_no_head_is_no_cause(rig: Opener) -> None:
    one = rig(PipeBlockage(0.0, "BC", 0.05)).run(900)
    assert one.faults.cause(one.row("B")) == ""


def test_a_collapsed_conduit_cannot_be_freed_and_must_be_rebuilt(rig: Opener) -> None:
    one = rig(PipeBlockage(0.0, "BC", 0.3), Collapse(60.0, "BC")).run(120)
    refused = one.faults.apply(UnblockConduit("O-1", "BC"))
    assert (refused.done, refused.reason) == (False, "conduit 'BC' has collapsed and must be rebuilt")
    assert one.faults.apply(RebuildConduit("O-2", "BC")).done
    assert one.kinds() == ["sewer.blocked BC", "sewer.collapsed BC", "sewer.rebuilt BC"]


def test_a_pump_stands_still_against_its_levels_and_rules_until_it_is_restarted(rig: Opener) -> None:
    one = rig(PumpFailure(300.0, "P")).run(300)
    assert one.depth("WELL") < 1.6
    one.run(600)
    assert one.depth("WELL") > 2.5  # above the level at which its own switch and the rule start it
    assert one.faults._engine.controls.flow_m3_s("P") == pytest.approx(0.0, abs=1e-6)
    assert one.faults.cause(one.row("WELL")) == "sewer.pump_stopped P"
    assert one.faults.apply(RestartPump("O-1", "P")).done
    one.run(1500)
    assert one.depth("WELL") < 1.6
    assert one.kinds() == ["sewer.pump_stopped P", "sewer.pump_started P"]


def test_a_pump_comes_back_by_itself(rig: Opener) -> None:
    one = rig(PumpFailure(300.0, "P", until_s=400.0)).run(1500)
    assert one.depth("WELL") < 1.6
    assert not one.faults.faults


def test_a_river_drowns_the_outfall_and_falls_again(rig: Opener) -> None:
    river = TimeSeries(np.array([0.0, 600.0, 1200.0, 1800.0]), np.array([9.0, 12.0, 12.0, 9.0]), "hold")
    one = rig(levels=[OutfallLevel(river, ("O",))]).run(1200)
    assert one.head("B") > 11.95
    assert one.faults.cause(one.row("B")) == "sewer.outfall_drowned O"
    assert one.engine.account.other_inflow > 0.1  # without a flap gate the river flows in
    assert one.faults.behind(one.row("B")) is None  # no crew can mend a river
    one.run(4200)
    assert one.depth("B") < 0.3
    assert one.kinds() == ["sewer.outfall_drowned O", "sewer.outfall_freed O"]


def test_a_blockage_grows_with_time_or_with_rain(rig: Opener) -> None:
    slow = PipeBlockage(60.0, "AB", 0.8, Growth(duration_s=600.0))
    leaves = PipeBlockage(60.0, "BC", 0.9, Growth(rain_mm=20.0))
    one = rig(slow, leaves)
    shares = []
    for until_s in (61, 361, 721):
        one.run(until_s, rain_mm_h=60.0)
        shares.append((one.faults.faults["AB"].share, one.faults.faults["BC"].share))
    assert shares[0] == (0.0, 0.0)
    assert shares[1] == pytest.approx((0.4, 0.25), abs=0.01)
    assert shares[2] == pytest.approx((0.8, 0.55), abs=0.01)


@pytest.mark.parametrize("at_s", [350, 700])
def test_faults_go_on_from_a_saved_state_as_they_did(rig: Opener, tmp_path: Path, at_s: int) -> None:
    failures = (
        PipeBlockage(60.0, "BC", 0.9, Growth(duration_s=600.0)),
        PumpFailure(300.0, "P"),
        Collapse(500.0, "SC"),
    )
    levels = [OutfallLevel(constant_series(10.6))]
    one = rig(*failures, levels=levels).run(at_s)
    state, faults = one.engine.state(), one.faults.state()
    one.faults.restore(faults)
    one.engine.restore(state)
    one.run(1200)
    heads, told = one.engine.heads.copy(), one.kinds()
    one.engine.close()
    other = rig(*failures, levels=levels)
    other.faults.restore(faults)
    other.engine.restore(state)
    other.run(1200)
    assert np.array_equal(other.engine.heads, heads)
    assert other.kinds() == told
    assert other.faults._engine.controls.flow_m3_s("P") == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (PipeBlockage(0.0, "BX"), "no conduit 'BX'.*such as AB, BC, SC"),
        (PipeBlockage(0.0, "P"), "no conduit 'P': got a pump of that id"),
        (PumpFailure(0.0, "AB"), "no pump 'AB'.*such as P"),
    ],
)
def test_a_failure_of_what_is_not_there_is_refused(
    tmp_path: Path, failure: SewerFailure, message: str
) -> None:
    network = read_sewer(TEXT)
    with SewerEngine(network, tmp_path, 1.0) as engine, pytest.raises(InputError, match=message):
        SewerFaults(network, engine, [failure])


@pytest.mark.parametrize("blocked", [0.0, 1.2, -0.1])
def test_a_share_outside_its_range_is_refused(blocked: float) -> None:
    with pytest.raises(InputError, match="above 0 to 1"):
        PipeBlockage(0.0, "BC", blocked)
