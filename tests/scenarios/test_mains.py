"""A main bursts in the toy town: passers-by report it, crews shut valves, repair, and open again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.clock import PHYSICS_FIRST, TwinEnv
from agents.operations import Operations
from agents.settings import CitizenSettings, StaffingSettings
from cim_models.events import Event
from cim_models.networks import read_supply
from cim_models.orders import Order, OrderOutcome, SupplyOrder
from scenarios.story import story_lines, tell
from scenarios.storylog import StoryLog
from scenarios.supplystory import SupplyStory
from tests.agents.toy_town import (
    START,
    EventList,
    ToyTown,
    junction_xy,
    make_toy_city,
    street_ends,
    toy_settings,
)
from tests.twin.supply.towns import needs_epanet
from twin.supply.failures import PipeBurst, ValveOutage
from twin.supply.settings import SupplySettings
from twin.supply.system import SupplySystem

pytestmark = needs_epanet
BURST = PipeBurst(600.0, "H11", 0.3)


def network_text() -> str:
    """Return mains below all streets, fed at the corner."""
    nodes = range(16)
    rows = [
        "[JUNCTIONS]",
        *(f"N{node} 0 0.5" for node in nodes),
        "[RESERVOIRS]",
        "R 50",
        "[PIPES]",
        "RN R N0 50 300 120 0 Open",
        *(f"{name} N{start} N{end} 200 150 120 0 Open" for name, (start, end) in street_ends().items()),
        "[OPTIONS]",
        "Units LPS",
        "Headloss H-W",
        "[COORDINATES]",
        *(f"N{node} {x} {y}" for node in nodes for x, y in (junction_xy(node),)),
        f"R {junction_xy(0)[0] - 50} {junction_xy(0)[1]}",
        "[END]",
    ]
    return "\n".join(rows)


class Basin:
    """Keeps what rises."""

    def __init__(self) -> None:
        self.risen_m3 = 0.0

    def let_rise(self, name: str, x: float, y: float, risen_m3: float, until_s: float) -> bool:
        self.risen_m3 = risen_m3
        return True

    def runs_from(self, x: float, y: float) -> NDArray[np.float64]:
        return np.zeros((0, 2))

    def settle_springs(self) -> None:
        """Keep it."""


class MainsRun:
    """The toy town, dry, with a real supply network and real operations on one clock."""

    def __init__(self, workdir: Path, *failures: Any, seed: int = 5, **staffing: Any) -> None:
        city = replace(make_toy_city(), supply=read_supply(network_text()))
        self.supply = SupplySystem(city, SupplySettings(), workdir, failures)
        self.env, self.events, self.town = TwinEnv(), EventList(), ToyTown({})
        log = StoryLog(self.events)
        self.story = SupplyStory(self.supply, Basin(), log)
        self.story.begin(log.append(0.0, "run.started", "run", data={"scenario": "mains", "seed": seed}))
        self.operations = Operations(
            city=city,
            water=self.town,
            roads=self.town,
            orders=self,
            events=log,
            settings=toy_settings(
                citizens=CitizenSettings(per_day=0.0),
                sensors=None,
                video=None,
                patrols=None,
                staffing=StaffingSettings(**{"crews": {"water": 2}, "shifts": "always", **staffing}),
            ),
            seed=seed,
            env=self.env,
            supply=self.story,
        )
        self.env.at(0.0, self._step, None, priority=PHYSICS_FIRST)

    def apply(self, order: Order) -> OrderOutcome:
        return self.story.apply(order) if isinstance(order, SupplyOrder) else self.town.apply(order)

    def _step(self, _: Any) -> None:
        self.town.advance(self.env.now)
        self.story.advance_to(self.env.now, self.env.now + 10.0)
        for kind, subject, event in self.story.take_news():
            self.operations.note_cause(kind, subject, event)
        self.env.after(10.0, self._step, priority=PHYSICS_FIRST)

    def run(self, hours: float) -> "MainsRun":
        self.env.run_to(3600.0 * hours)
        return self

    def only(self, kind: str) -> Event:
        found = self.events.of(kind)
        assert len(found) == 1, (kind, len(found))
        return found[0]

    def causes(self, event: Event) -> Iterator[str]:
        by_id = {entry.id: entry for entry in self.events.events}
        while event.cause is not None:
            event = by_id[event.cause]
            yield event.kind


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> MainsRun:
    return MainsRun(tmp_path_factory.mktemp("mains"), BURST).run(16.0)


def test_the_burst_becomes_one_case_that_is_closed(mended: MainsRun) -> None:
    case = mended.only("case.registered")
    assert case.data["class_code"] == "04-02"
    assert mended.events.of("case.closed")[0].subject == case.subject
    assert "supply.burst" in list(mended.causes(case))


def test_the_main_is_cut_off_mended_filled_and_opened_in_this_order(mended: MainsRun) -> None:
    kinds = ["supply.burst", "supply.isolated", "supply.repaired", "supply.refilled", "supply.restored"]
    times = [mended.only(kind).t_s for kind in kinds]
    assert times == sorted(times)
    shut, opened = mended.events.of("valve.shut"), mended.events.of("valve.opened")
    assert {event.subject for event in shut} == {event.subject for event in opened}
    assert len(shut) >= 2
    assert times[1] == shut[-1].t_s  # the escaping water stops when the last one is shut
    assert times[2] - times[1] >= mended.supply.repair_s("H11")


def test_the_chain_leads_from_recovery_back_to_the_burst(mended: MainsRun) -> None:
    chain = list(mended.causes(mended.only("supply.restored")))
    for kind in (
        "valve.opened",
        "order.issued",
        "case.registered",
        "report.made",
        "supply.burst",
        "run.started",
    ):
        assert kind in chain


def test_the_tree_of_the_burst_holds_the_whole_story(mended: MainsRun) -> None:
    story = tell(mended.events.events, mended.only("supply.burst").id)
    text = "\n".join(story_lines(story, START, most=500))
    for words in (
        "Main burst",
        "Case registered",
        "Valve shut",
        "Main cut off",
        "Main repaired",
        "Valve opened",
    ):
        assert words in text
    lines = text.splitlines()
    depth = {
        words: len(line) - len(line.lstrip("> 0123456789:")) for line in lines for words in [line.strip()]
    }
    assert len(set(depth.values())) > 5  # a tree, not a list


def test_all_customers_have_water_again(mended: MainsRun) -> None:
    assert not mended.supply.out.any()
    assert mended.supply.service.person_hours_out > 0.0
    assert mended.supply.engine.escape_m3_s["H11"] == 0.0


def test_a_stuck_valve_sends_the_crews_to_others(tmp_path: Path, mended: MainsRun) -> None:
    first = mended.events.of("valve.shut")[0].subject
    run = MainsRun(tmp_path, BURST, ValveOutage(0.0, first, "stuck")).run(16.0)
    assert run.only("valve.stuck").subject == first
    assert first not in {event.subject for event in run.events.of("valve.shut")}
    assert run.only("supply.isolated").t_s > mended.only("supply.isolated").t_s
    assert run.events.of("case.closed")


def test_the_road_at_a_gushing_main_is_closed_until_it_is_mended(tmp_path: Path) -> None:
    run = MainsRun(tmp_path, BURST, crews={"water": 2, "traffic": 1}).run(16.0)
    (closed,) = [e for e in run.events.of("order.issued") if e.data["order"] == "CloseRoad"]
    (opened,) = [e for e in run.events.of("order.issued") if e.data["order"] == "OpenRoad"]
    assert "supply.burst" in list(run.causes(closed))
    assert closed.t_s < run.only("supply.repaired").t_s < opened.t_s
    assert run.only("case.closed").t_s >= opened.t_s


def test_nobody_comes_where_no_crew_can(tmp_path: Path) -> None:
    run = MainsRun(tmp_path, BURST)
    run.operations.lose_crew("water-1", "illness")
    run.operations.lose_crew("water-2", "illness")
    run.run(3.0)
    assert run.events.of("report.made")
    assert not run.events.of("supply.isolated")
    assert run.supply.engine.escape_m3_s["H11"] > 0.0


def test_the_same_seed_gives_the_same_story(tmp_path: Path) -> None:
    one, two = (MainsRun(tmp_path / name, BURST).run(4.0) for name in "ab")
    assert one.events.text() == two.events.text()
