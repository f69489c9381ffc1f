import itertools
from pathlib import Path

import numpy as np
import pytest

from benchmarks.plain_epanet import heads
from cim_models.errors import InputError, NetworkError
from tests.twin.supply.towns import RING, benchmark, needs_epanet, ring
from twin.supply.engine import SupplyEngine
from twin.supply.interventions import HoldOpen, HoldShut, Intervention, LetGo, SetOpening
from twin.supply.settings import SupplySettings

pytestmark = needs_epanet
CONTROLLED = RING.replace(
    "[OPTIONS]",
    "[PUMPS]\n PU R B HEAD 1\n[CURVES]\n 1 20 40\n[CONTROLS]\n LINK PU OPEN IF NODE T BELOW 4.5\n"
    " LINK PU CLOSED IF NODE T ABOVE 4.8\n[OPTIONS]",
)
CLOCKED = CONTROLLED.replace("OPEN IF NODE T BELOW 4.5", "OPEN AT CLOCKTIME 6 AM").replace(
    "CLOSED IF NODE T ABOVE 4.8", "CLOSED AT CLOCKTIME 9 AM"
)
RULED = CONTROLLED.replace(
    "[CONTROLS]\n LINK PU OPEN IF NODE T BELOW 4.5\n LINK PU CLOSED IF NODE T ABOVE 4.8\n",
    "[RULES]\nRULE 1\nIF TANK T LEVEL < 4.5\nTHEN PUMP PU STATUS IS OPEN\nELSE PUMP PU STATUS IS CLOSED\n",
)


def engine(tmp_path: Path, text: str = RING, **settings: object) -> SupplyEngine:
    return SupplyEngine(ring(text), tmp_path / "work", SupplySettings(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [RING, CONTROLLED, RULED])
@pytest.mark.parametrize("required_m", [None, 15.0])
def test_without_interventions_it_is_epanet(tmp_path: Path, text: str, required_m: float | None) -> None:
    plain = heads(ring(text), tmp_path, required_pressure_m=required_m, hours=24)
    ours = engine(tmp_path, text, demand_model="file" if required_m is None else "pressure_driven")
    moments = sorted(plain)
    assert len(moments) >= 24
    for moment in moments:
        ours.advance_to(moment)
        np.testing.assert_allclose(ours.head_m, plain[moment], atol=1e-9)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["Net3.inp", "ky4.inp", "ky10.inp", "modena.inp", "L-TOWN.inp"])
@pytest.mark.parametrize("required_m", [None, 15.0])
def test_published_networks_are_epanet_s_over_a_day(
    tmp_path: Path, shared_data: object, name: str, required_m: float | None
) -> None:
    network = benchmark(shared_data("epanet") / name)  # type: ignore[operator]
    plain = heads(network, tmp_path, required_pressure_m=required_m, hours=24)
    model = "file" if required_m is None else "pressure_driven"
    with SupplyEngine(network, tmp_path / "work", SupplySettings(demand_model=model)) as ours:  # type: ignore[arg-type]
        worst = 0.0
        for moment in sorted(plain):
            ours.advance_to(moment)
            worst = max(worst, float(np.abs(ours.head_m - plain[moment]).max()))
    assert len(plain) >= 24
    assert worst <= 1e-3


def test_looking_in_between_changes_nothing(tmp_path: Path) -> None:
    straight, watched = engine(tmp_path / "a", RULED), engine(tmp_path / "b", RULED)
    straight.advance_to(80_000)
    for moment in range(0, 80_001, 617):
        watched.advance_to(min(moment, 80_000))
    watched.advance_to(80_000)
    np.testing.assert_array_equal(straight.head_m, watched.head_m)


def test_a_hole_lets_out_what_the_orifice_equation_says(tmp_path: Path) -> None:
    supply = engine(tmp_path)
    supply.advance_to(1234)
    supply.apply(SetOpening(1234, "BC", 0.25, 0.004))
    pressure = supply.opening_pressure_m("BC")
    assert pressure > 10.0
    expected = 0.75 * 0.004 * np.sqrt(2 * 9.80665 * pressure)
    assert supply.escape_m3_s["BC"] == pytest.approx(expected, rel=1e-6)


def test_a_hole_in_american_units_lets_out_the_same(tmp_path: Path) -> None:
    foot, inch, gpm, lps = 0.3048, 0.0254, 3.785411784e-3 / 60, 1e-3
    text = RING.replace("Units LPS", "Units GPM")
    rows = {"A", "B", "C", "D"}
    lines = []
    for line in text.splitlines():
        words = line.split()
        if len(words) == 4 and words[0] in {*rows, "E"} and words[3] == "day":
            level, demand = float(words[1]) / foot, float(words[2]) * lps / gpm
            words[1:3] = [f"{level:.9f}", f"{demand:.9f}"]
        elif len(words) == 8:
            words[3:5] = [f"{float(words[3]) / foot:.9f}", f"{float(words[4]) / 1000 / inch:.9f}"]
        elif words[:1] == ["R"] and len(words) == 2:
            words[1] = f"{float(words[1]) / foot:.9f}"
        elif words[:1] == ["T"] and len(words) == 7:
            words[1:6] = [f"{float(word) / foot:.9f}" for word in words[1:6]]
        lines.append(" ".join(words))
    flows = []
    for number, inp in enumerate((RING, "\n".join(lines))):
        supply = engine(tmp_path / str(number), inp)
        supply.apply(SetOpening(0, "BC", 0.25, 0.004))
        flows.append(supply.escape_m3_s["BC"])
        np.testing.assert_allclose(supply.delivered_m3_s.sum(), 0.011, rtol=1e-3)
    assert flows[1] == pytest.approx(flows[0], rel=1e-3)


def test_the_volume_that_escapes_is_the_sum_over_exact_times(tmp_path: Path) -> None:
    supply = engine(tmp_path)
    supply.advance_to(1_001)
    supply.apply(SetOpening(1_001, "BC", 0.5, 0.002))
    flow = supply.escape_m3_s["BC"]
    supply.advance_to(1_018)
    supply.apply(SetOpening(1_018, "BC", 0.5, 0.0))
    supply.advance_to(9_000)
    assert supply.escaped_m3["BC"] == pytest.approx(17 * flow, rel=1e-12)


def test_a_shut_pipe_carries_nothing_and_opens_again(tmp_path: Path) -> None:
    supply = engine(tmp_path)
    row = supply.link_ids.index("AB")
    before = supply.flow_m3_s[row]
    supply.apply(HoldShut(0, "AB", "valve"))
    assert abs(supply.flow_m3_s[row]) < 1e-7
    supply.apply(HoldShut(0, "AB", "other"))
    supply.apply(LetGo(0, "AB", "valve"))
    assert abs(supply.flow_m3_s[row]) < 1e-7
    supply.apply(LetGo(0, "AB", "other"))
    assert supply.flow_m3_s[row] == pytest.approx(before, rel=1e-3)


@pytest.mark.parametrize("text", [CLOCKED, RULED])
def test_a_pump_out_of_order_is_not_started_by_controls_or_rules(tmp_path: Path, text: str) -> None:
    supply = engine(tmp_path, text)
    row = supply.link_ids.index("PU")
    supply.apply(HoldShut(0, "PU", "outage"))
    levels = []
    for moment in range(0, 40_000, 1800):
        supply.advance_to(moment)
        assert abs(supply.flow_m3_s[row]) < 1e-7
        levels.append(supply.head_m[supply.node_ids.index("T")] - 50.0)
    supply.apply(LetGo(supply.time_s, "PU", "outage"))
    after = []
    for moment in range(supply.time_s, supply.time_s + 80_000, 1800):
        supply.advance_to(moment)
        after.append(supply.flow_m3_s[row])
    assert max(after) > 1e-3  # its controls are back
    assert min(after) < 1e-7


def test_a_regulator_that_fails_open_lets_the_pressure_through(tmp_path: Path) -> None:
    text = RING.replace(" CE C E 100 100 120 0 Open", "").replace(
        "[PATTERNS]", "[VALVES]\n PRV C E 100 PRV 20 0\n[PATTERNS]"
    )
    supply = engine(tmp_path, text)
    node = supply.node_ids.index("E")
    assert supply.pressure_m[node] == pytest.approx(20.0, abs=1e-3)
    supply.apply(HoldOpen(0, "PRV", "outage"))
    assert supply.pressure_m[node] > 30.0
    supply.apply(LetGo(0, "PRV", "outage"))
    assert supply.pressure_m[node] == pytest.approx(20.0, abs=1e-3)


@pytest.mark.parametrize("text", [RING, CONTROLLED, RULED])
@pytest.mark.parametrize("time_of_day_s", [None, 40_000])
def test_a_replay_of_the_interventions_gives_the_same_bits(
    tmp_path: Path, text: str, time_of_day_s: int | None
) -> None:
    def play(supply: SupplyEngine) -> None:
        supply.advance_to(3_333)
        supply.apply(SetOpening(3_333, "CD", 0.3, 0.003))
        supply.advance_to(5_000)
        supply.apply(HoldShut(5_000, "CD", "one"), HoldShut(5_000, "CD", "two", True))
        supply.advance_to(9_001)
        supply.apply(SetOpening(9_001, "AB", 0.9, 0.001), LetGo(9_001, "CD", "one"))
        supply.advance_to(30_000)

    first, second = (SupplyEngine(ring(text), tmp_path / name, time_of_day_s=time_of_day_s) for name in "ab")
    play(first)
    second.restore(first.interventions, first.time_s)
    np.testing.assert_array_equal(first.head_m, second.head_m)
    assert first.escaped_m3 == second.escaped_m3
    assert first.escaped_m3["CD"] > 1.0
    for supply in (first, second):
        supply.advance_to(50_000)
    np.testing.assert_array_equal(first.head_m, second.head_m)


def test_it_begins_at_the_time_of_day_of_the_model_s_patterns(tmp_path: Path) -> None:
    noon = SupplyEngine(ring(), tmp_path / "noon", time_of_day_s=12 * 3600)
    night = SupplyEngine(ring(), tmp_path / "night")
    night.advance_to(12 * 3600)
    assert noon.time_s == 0
    np.testing.assert_array_equal(noon.head_m, night.head_m)
    assert noon.required_m3_s.sum() == pytest.approx(0.022)


def test_what_escapes_and_is_delivered_is_what_the_sources_give(tmp_path: Path) -> None:
    supply = engine(tmp_path)
    supply.apply(SetOpening(0, "BC", 0.5, 0.003))
    reservoirs, tanks, other = supply.sources_m3_s()
    out = supply.delivered_m3_s.sum() + sum(supply.escape_m3_s.values())
    assert reservoirs + tanks == pytest.approx(out, rel=1e-4)
    assert other == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("intervention", "words"),
    [
        (SetOpening(0, "XY", 0.5, 0.1), "no pipe 'XY'"),
        (SetOpening(0, "AB", 1.0, 0.1), "between 0 and 1"),
        (SetOpening(0, "AB", 0.5, -0.1), ">= 0 m2"),
        (SetOpening(5, "AB", 0.5, 0.1), "the present time"),
        (HoldShut(0, "XY", "v"), "no link 'XY'"),
    ],
)
def test_an_intervention_that_cannot_be_is_refused(
    tmp_path: Path, intervention: Intervention, words: str
) -> None:
    supply = engine(tmp_path)
    with pytest.raises(InputError, match=words):
        supply.apply(intervention)
    assert supply.interventions == []


BROKEN = [
    (" CE C E 100 100 120 0 Open", " CE C NOWHERE 100 100 120 0 Open", "NOWHERE"),
    ("Units LPS", "Units LPS\n FOO 3", "FOO"),
    (" day 0.5", " day x 0.5", "illegal numeric value x"),
    ("[OPTIONS]", "[CONTROLS]\n LINK NIX OPEN AT TIME 3\n[OPTIONS]", "NIX"),
]


@pytest.mark.parametrize(("before", "after", "words"), BROKEN)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, before: str, after: str, words: str) -> None:
    text = RING.replace(before, after, 1)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if words.split()[-1] in row.split())
    network = ring()
    network = type(network)(network.nodes, network.links, text)
    with pytest.raises(NetworkError) as caught:
        SupplyEngine(network, tmp_path)
    message = str(caught.value)
    assert f"line {line}" in message
    assert words.split()[-1] in message
    assert "\n" not in message


def test_a_model_with_emitters_of_another_exponent_cannot_break(tmp_path: Path) -> None:
    text = RING.replace("[OPTIONS]", "[EMITTERS]\n E 0.1\n[OPTIONS]\n Emitter Exponent 1.2")
    supply = engine(tmp_path, text)
    with pytest.raises(NetworkError, match=r"emitter exponent 1\.2"):
        supply.apply(SetOpening(0, "AB", 0.5, 0.001))


def test_settings_that_make_no_sense_are_refused() -> None:
    for name, value in itertools.product(
        ("required_pressure_m", "pressure_exponent", "discharge_coefficient", "active_step_s"), (0, -1)
    ):
        with pytest.raises(InputError, match=name):
            SupplySettings(**{name: value})
