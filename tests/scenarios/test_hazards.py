"""Gas leaks and a road falls in, in the toy town: alarms, cordon, crews, repair, and the roads open again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point

from agents.clock import PHYSICS_FIRST, TwinEnv
from agents.draws import Draws
from agents.operations import Operations
from agents.settings import CitizenSettings, StaffingSettings
from agents.snapshot import restore, save
from cim_models.events import Event
from cim_models.orders import FillCavity, HazardOrder, Order, OrderOutcome, SealGasLeak
from scenarios.hazards import HazardPlan
from scenarios.hazardstory import HazardStory
from scenarios.runfolder.readings import ReadingsWriter, read_readings
from scenarios.storylog import StoryLog
from scenarios.summary.hazards import summarize_cavities, summarize_gas
from scenarios.surroundings import Surroundings
from tests.agents.toy_town import EventList, ToyTown, junction_xy, make_toy_city, street_ends, toy_settings
from twin.cavities import Cavity, CavitySystem, cavity_settings
from twin.gas import GasLeak, GasSystem, gas_settings, gas_sites
from twin.gas.mains import GasMains
from twin.roads import RoadNetwork

LEAK = GasLeak(900.0, "GL-1", 0.006, main="G-H11", position=0.48)
CAVITY = Cavity("CV-1", "V21", *junction_xy(6), 1.5, "sand", "residential", 2.0, leak_m3_h=6.0)
CREWS = {"gas": 1, "traffic": 2, "drainage": 1, "road": 1}


def _gas(seed: int) -> GasSystem:
    settings = gas_settings()
    lines = {f"G-{n}": LineString([junction_xy(a), junction_xy(b)]) for n, (a, b) in street_ends().items()}
    mains = gpd.GeoDataFrame(
        {"id": list(lines), "pressure_kpa": 200.0, "diameter_m": 0.11}, geometry=list(lines.values())
    )
    middle = lines["G-H11"].interpolate(0.5, normalized=True)
    frame = gpd.GeoDataFrame(
        {"id": ["HZ-1", "HZ-2"], "kind": ["manhole", "septic_tank"]},
        geometry=[Point(middle.x, middle.y), Point(690.0, 690.0)],
    )
    sites = gas_sites(frame, settings, Draws(seed, "gas sites"))
    chance = Draws(seed, "gas detectors")
    return GasSystem(sites, GasMains(mains, sites, settings), settings, chance, [LEAK], 9.0 * 3600.0)


class HazardRun:
    """The toy town with gas, a cavity and real operations on one clock; the physics every minute."""

    def __init__(self, seed: int = 5) -> None:
        city = make_toy_city()
        self.env, self.events, self.town = TwinEnv(), EventList(), ToyTown({})
        self.roads = RoadNetwork(city.layers["roads"])
        log = StoryLog(self.events)
        cavities = CavitySystem([CAVITY], cavity_settings(), Draws(seed, "radar"))
        self.story = HazardStory(_gas(seed), cavities, log)
        plan = HazardPlan(20.0, (LEAK,), (CAVITY,), breaks_water=0.0, breaks_gas=0.0)
        chance = Draws(seed, "pipes below collapses")
        self.story.surroundings = Surroundings(plan, city.layers["roads"], self.roads, None, chance)
        self.story.begin(log.append(0.0, "run.started", "run", data={"scenario": "hazards", "seed": seed}))
        self.operations = Operations(
            city=city,
            water=self.town,
            roads=self.roads,
            orders=self,
            events=log,
            settings=toy_settings(
                citizens=CitizenSettings(per_day=0.0),
                video=None,
                patrols=None,
                staffing=StaffingSettings(crews=CREWS, shifts="always"),
            ),
            seed=seed,
            env=self.env,
            hazards=self.story,
        )
        self.env.at(0.0, self._step, None, priority=PHYSICS_FIRST)

    def apply(self, order: Order) -> OrderOutcome:
        return self.story.apply(order) if isinstance(order, HazardOrder) else self.roads.apply(order)

    def _step(self, _: Any) -> None:
        self.town.advance(self.env.now)
        self.story.advance_to(self.env.now, 0.0)
        for news in self.story.take_news():
            self.operations.tell(news)
        self.env.after(60.0, self._step, priority=PHYSICS_FIRST)

    def run(self, hours: float) -> HazardRun:
        self.env.run_to(3600.0 * hours)
        return self

    def causes(self, event: Event) -> Iterator[str]:
        by_id = {entry.id: entry for entry in self.events.events}
        while event.cause is not None:
            event = by_id[event.cause]
            yield event.kind

    def case_of(self, class_code: str) -> Event:
        return next(e for e in self.events.of("case.registered") if e.data["class_code"] == class_code)


@pytest.fixture(scope="module")
def over() -> HazardRun:
    return HazardRun().run(30.0)


def test_a_leak_becomes_a_case_that_is_sealed_and_closed(over: HazardRun) -> None:
    case = over.case_of("04-03")
    assert list(over.causes(case))[-2:] == ["gas.leaking", "run.started"]
    (sealed,) = over.events.of("gas.sealed")
    assert "case.registered" in list(over.causes(sealed))
    assert list(over.causes(sealed))[-2:] == ["gas.leaking", "run.started"]
    closed = [e for e in over.events.of("case.closed") if e.subject == case.subject]
    assert closed
    assert closed[0].t_s > sealed.t_s


def test_the_cordon_closes_roads_and_opens_them_when_it_is_safe(over: HazardRun) -> None:
    case = over.case_of("04-03").subject
    orders = [e for e in over.events.of("order.issued") if e.data["case"] == case]
    shut = [e.data["target"] for e in orders if e.data["order"] == "CloseRoad"]
    opened = [e.data["target"] for e in orders if e.data["order"] == "OpenRoad"]
    assert "H11" in shut
    assert sorted(shut) == sorted(opened)
    assert not over.roads.closed.any()
    (sealed,) = over.events.of("gas.sealed")
    assert min(e.t_s for e in orders if e.data["order"] == "OpenRoad") > sealed.t_s


def test_a_collapse_cuts_the_road_until_it_is_filled() -> None:
    run = HazardRun()
    row = run.roads.road_ids.index("V21")
    while not run.events.of("cavity.collapsed"):
        run.run(run.env.now / 3600.0 + 0.5)
    assert run.roads.broken[row]
    assert run.roads.road_times("truck")[row] == float("inf")
    run.run(run.env.now / 3600.0 + 20.0)
    (filled,) = run.events.of("cavity.filled")
    assert "cavity.collapsed" in list(run.causes(filled))
    assert not run.roads.broken[row]
    assert run.roads.road_times("truck")[row] < float("inf")


def test_detectors_write_what_they_read_though_it_is_next_to_nothing(tmp_path: Path) -> None:
    story = HazardStory(_gas(5), None, StoryLog(EventList()))
    story.surroundings = HazardRun().story.surroundings
    assert story.gas is not None
    written = ReadingsWriter(tmp_path)
    for t_s in (0.0, 600.0, 3600.0):
        story.advance_to(t_s, 0.0)
        story.read(t_s, written, "city")
    written.flush()
    found = [read_readings(tmp_path, f"gas:{site}", "methane") for site in ("HZ-1", "HZ-2")]
    assert [table["t_s"].tolist() for table in found] == [[0.0, 600.0, 3600.0]] * 2
    calm, _, leaking = found[0]["value"].tolist()
    assert calm < 3.0
    assert leaking == float(int(100.0 * story.gas.detectors.lel[0] + 1e-9))
    assert leaking > 20.0


def test_the_summary_says_what_the_log_says(over: HazardRun) -> None:
    assert over.story.gas is not None
    assert over.story.cavities is not None
    gas = summarize_gas(over.story.gas, over.events.events)
    (leak,) = gas["leaks"]
    assert leak["sealed_s"] == over.events.of("gas.sealed")[0].t_s
    assert 900.0 < leak["first_alarm_s"] < leak["sealed_s"]
    assert gas["diagnoses"]["leak_taken_for_leak"] >= 1
    assert gas["relative_error"] < 1e-12
    ground = summarize_cavities(over.story.cavities, over.events.events)
    assert ground["cavities"][0]["state"] == "filled"
    assert ground["relative_error"] < 1e-12


def test_the_same_seed_gives_the_same_story() -> None:
    one, two = (HazardRun().run(4.0) for _ in range(2))
    assert one.events.text() == two.events.text()


def test_agents_and_story_can_be_kept_and_go_on() -> None:
    run = HazardRun().run(1.5)
    outside = {"town": run.town, "roads": run.roads, "story": run.story, "log": run.operations.world.events}
    outside["run"] = run
    kept = restore(save({"operations": run.operations, "state": run.story.state()}, outside), outside)
    cavities = CavitySystem([CAVITY], cavity_settings(), Draws(5, "radar"))
    other = HazardStory(_gas(5), cavities, StoryLog(EventList()))
    other.restore(kept["state"])
    assert kept["operations"].case_counts() == run.operations.case_counts()
    assert other.gas is not None
    assert run.story.gas is not None
    assert (other.gas.share == run.story.gas.share).all()


def test_orders_without_systems_are_refused() -> None:
    story = HazardStory(None, None, StoryLog(EventList()))
    plan = HazardPlan(None, (), None, 0.0, 0.0)
    story.surroundings = Surroundings(plan, None, None, None, Draws(1, "pipes below collapses"))
    assert not story.apply(SealGasLeak("O1", "GL-1")).done
    assert not story.apply(FillCavity("O2", "CV-1")).done
