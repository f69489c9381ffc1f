"""Who works and who reports in a scenario: its keys, and a run in which much goes wrong."""

import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from agents.settings import OperationsSettings
from cim_models.city import City
from cim_models.errors import ScenarioError
from scenarios.composition import prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from tests.agents.accounting import account
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario
from tests.tiny_city import X0, Y0, make_tiny_city


def underpass_city(**columns: list[bool]) -> City:
    """The tiny city with an underpass: the eastern half of its main street."""
    city = make_tiny_city()
    roads = city.layers["roads"].copy()
    roads["underpass"] = [name == "R2" for name in roads["id"]]
    for name, values in columns.items():
        roads[name] = values
    return city.with_layer("roads", roads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("forces")
    write_bundle(place / "city", underpass_city())
    return place


def settings(folder: Path, *overrides: str) -> OperationsSettings:
    scenario = write_scenario(folder / "plain.yaml", folder / "city")
    return prepare(load_scenario(str(scenario), overrides)).operations


# --- keys --------------------------------------------------------------------------------------------


def test_crews_can_be_given_by_depot_and_with_several_skills(folder: Path) -> None:
    staffing = settings(
        folder,
        "staffing.crews={drainage: 2, pump: {DP1: 3}}",
        "staffing.groups=[{id: flood, skills: [drainage, traffic], crews: 4, vehicle: van, shifts: always}]",
    ).staffing
    groups = {group.id: group for group in staffing.all_groups}
    assert set(groups) == {"drainage", "pump-DP1", "flood"}
    assert (groups["pump-DP1"].number, groups["pump-DP1"].depot) == (3, "DP1")
    assert groups["flood"].skills == ("drainage", "traffic")
    assert staffing.skills == {"drainage", "traffic", "pump"}


def test_breaks_overtime_patrols_matters_and_delays_come_from_the_scenario(folder: Path) -> None:
    given = settings(
        folder,
        "staffing.breaks={every: 3h, length: 20min, turns: 3}",
        "staffing.overtime=90min",
        "reporting.patrols={per_grid: 2, speed_m_s: 1.5, hours: [6, 23], grids: [PG1]}",
        "reporting.citizens={per_day: 10, placeless_share: 0.2}",
        "matters.per_day=40",
        "dispatch.delay=[30s, 60s]",
        "dispatch.manual_delay=20min",
    )
    staffing, patrols, citizens = given.staffing, given.patrols, given.citizens
    assert (staffing.break_every_s, staffing.break_length_s, staffing.break_turns) == (10800, 1200, 3)
    assert staffing.overtime_limit_s == 5400
    assert patrols is not None
    assert (patrols.per_grid, patrols.speed_m_s, patrols.from_h, patrols.to_h) == (2, 1.5, 6, 23)
    assert citizens is not None
    assert citizens.placeless_share == 0.2
    assert given.matters_per_day == 40
    assert (given.dispatch.delay_range_s, given.dispatch.manual_delay_s) == ((30, 60), 1200)
    assert settings(folder, "staffing.breaks=false").staffing.break_length_s == 0


def test_video_sees_by_day_and_by_night_or_by_the_hour(folder: Path) -> None:
    video = settings(folder, "reporting.video={recall: {day: 0.6, night: 0.1, from: 6, to: 20}}").video
    assert video is not None
    assert [video.recall_at(hour) for hour in (5.9, 6.0, 19.9, 20.0)] == [0.1, 0.6, 0.6, 0.1]
    hourly = [hour / 24 for hour in range(24)]
    video = settings(folder, f"reporting.video={{recall: {hourly}}}").video
    assert video is not None
    assert video.recall_at(13.5) == 13 / 24


def test_both_mouths_of_an_underpass_get_a_barrier(folder: Path) -> None:
    sites = settings(folder, "staffing.barriers.underpasses=0.6").staffing.barriers
    assert [site.id for site in sites] == ["R2-mouth-1", "R2-mouth-2"]
    assert {site.road for site in sites} == {"R2"}
    west, east = (site.middle for site in sites)
    assert X0 + 36 < west[0] < east[0] < X0 + 70
    for site in sites:
        (_, y0), (_, y1) = site.barrier.line
        assert site.barrier.height_m == 0.6
        assert abs(y1 - y0) > 8.0  # across the street from kerb to kerb


def test_where_two_stretches_of_an_underpass_meet_no_barrier_stands(folder: Path) -> None:
    city = underpass_city(underpass=[True, True, False, False, False])
    scenario = write_scenario(folder / "two.yaml", write_bundle(folder / "two", city))
    given = prepare(load_scenario(str(scenario), ["staffing.barriers.underpasses=0.6"])).operations
    assert [site.id for site in given.staffing.barriers] == ["R1-mouth-1", "R2-mouth-2"]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("staffing.crews={drainage: {DP9: 1}}", ["'DP9'", "layer depots", "DP1"]),
        ("staffing.groups=[{id: g, skills: [magic], crews: 1}]", ["'magic'", "drainage"]),
        ("staffing.groups=[{id: g, skills: [], crews: 1}]", ["staffing.groups.0.skills"]),
        ("staffing.groups=[{id: g, skills: [pump], crews: 1, pump: huge}]", ["'huge'", "large, medium"]),
        ("staffing.groups=[{id: g, skills: [gas], crews: 1, vehicle: tank}]", ["'tank'", "truck"]),
        ("staffing.groups=[{id: pump, skills: [gas], crews: 1}]", ["two groups alike", "pump"]),
        ("staffing.breaks={every: 5min, length: 10min}", ["break_length_s", "600"]),
        ("staffing.barriers.sites=[{id: b, road: R9, line: [[0, 0], [1, 1]], height: 1}]", ["'R9'"]),
        ("reporting.video={recall: [0.5, 0.5]}", ["reporting.video.recall"]),
        ("reporting.video={recall: 1.5}", ["reporting.video.recall"]),
        ("reporting.patrols={grids: [PG7]}", ["'PG7'", "PG1"]),
        ("reporting.patrols={speed_m_s: 0}", ["reporting.patrols.speed_m_s"]),
        ("matters.per_day=-1", ["matters.per_day"]),
        ("dispatch.delay=[2min, 1min]", ["dispatch.delay_s", "60"]),
        ("failures=[{crew_lost: {crew: pump-9, at: 17:20}}]", ["failures.0.crew_lost.crew", "'pump-9'"]),
        ("failures=[{crew_lost: {crew: pump-1, at: 23:20}}]", ["failures.0.crew_lost.at", "within the run"]),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(folder: Path, override: str, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        settings(folder, override)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


# --- a run -------------------------------------------------------------------------------------------

POLICY = '''
"""A policy that fails now and then and talks nonsense in between."""

from agents.policies import Assignment
from agents.policies.nearest import NearestCrew


class Unreliable:
    def __init__(self):
        self.rounds = 0

    def decide(self, situation):
        self.rounds += 1
        if self.rounds % 3 == 0:
            raise RuntimeError("no idea")
        return [Assignment("nobody", "nothing"), *NearestCrew().decide(situation), 42]
'''


def island(city: City) -> City:
    """Add a street of its own, with a depot on it."""
    roads, depots = city.layers["roads"], city.layers["depots"]
    line = LineString([(X0 + 4.0, Y0 + 4.0), (X0 + 20.0, Y0 + 4.0)])
    street = roads.iloc[:1].assign(
        id="ISLE", from_node="I1", to_node="I2", geometry=gpd.GeoSeries([line], crs=roads.crs).to_numpy()
    )
    depot = depots.iloc[:1].assign(
        id="DP-ISLE", geometry=gpd.GeoSeries.from_xy([X0 + 4.0], [Y0 + 4.0], crs=roads.crs).to_numpy()
    )
    more_roads = gpd.GeoDataFrame(pd.concat([roads, street], ignore_index=True), crs=roads.crs)
    more_depots = gpd.GeoDataFrame(pd.concat([depots, depot], ignore_index=True), crs=roads.crs)
    return city.with_layer("roads", more_roads).with_layer("depots", more_depots)


@pytest.fixture(scope="module")
def unlucky(folder: Path) -> RunFolder:
    """A cloudburst in which crews are lost, a depot is cut off, and the policy is unreliable."""
    write_bundle(folder / "island", island(underpass_city()))
    (folder / "unreliable.py").write_text(POLICY)
    changes = {
        "duration": "100min",
        "staffing": {
            "crews": {"drainage": {"DP1": 4, "DP-ISLE": 2}, "traffic": 2},
            "groups": [{"id": "tanker", "skills": ["pump", "drainage"], "crews": 2, "depot": "DP1"}],
            "shifts": "always",
            "barriers": {"underpasses": 0.5},
        },
        "failures": [
            {"blockage": {"gullies": {"fraction": 1.0}}},
            {"crew_lost": {"crew": "drainage-DP1-1", "at": "17:25"}},
            {"crew_lost": {"crew": "traffic-1", "at": "17:45", "reason": "engine failure"}},
            {"crew_lost": {"crew": "tanker-1", "at": "18:10"}},
        ],
        "reporting": {"citizens": {"per_day": 200, "placeless_share": 0.5}},
        "matters": {"per_day": 300},
        "dispatch": {"policy": "unreliable.py:Unreliable", "delay": "0s", "interval": "30s"},
    }
    scenario = write_scenario(folder / "unlucky.yaml", folder / "island", changes)
    return run_small(scenario, folder / "unlucky")


def test_the_run_ends_and_everything_in_its_log_is_accounted_for(unlucky: RunFolder) -> None:
    assert unlucky.meta["status"] == "finished"
    events = unlucky.events()
    held = [event for event in events if event.kind == "report.held"]
    told = [event for event in events if event.kind in ("report.located", "report.settled")]
    books = account(events, at_desk=len(held) - len(told))
    lost = {crew for crew, stands in books.crews.items() if stands == "lost"}
    assert lost == {"drainage-DP1-1", "traffic-1", "tanker-1"}
    assert books.reports
    assert books.tasks


def test_the_log_says_what_happened(unlucky: RunFolder) -> None:
    events = unlucky.events()
    by_kind: dict[str, list[str]] = {}
    for event in events:
        by_kind.setdefault(event.kind, []).append(str(event.data.get("reason", event.data.get("text", ""))))
    assert "engine failure" in by_kind["crew.lost"]
    assert any("no idea" in reason for reason in by_kind["dispatch.refused"])
    assert any("DP-ISLE" in text for text in by_kind["run.noted"])
    assert by_kind["report.held"]
    assert by_kind["matter.appeared"]


def test_nobody_leaves_the_island_and_the_others_do_the_work(unlucky: RunFolder) -> None:
    sent = {event.data["crew"] for event in unlucky.events() if event.kind == "case.dispatched"}
    assert sent
    assert not any("ISLE" in crew for crew in sent)
    finished = {event.subject for event in unlucky.events() if event.kind == "crew.finished"}
    assert finished


def test_the_barriers_that_crews_laid_stand_in_the_water(unlucky: RunFolder) -> None:
    placed = [event for event in unlucky.events() if event.kind == "structure.placed"]
    orders = {event.id: event for event in unlucky.events() if event.kind == "order.issued"}
    assert placed
    for event in placed:
        order = orders[event.cause or 0]
        assert (order.data["order"], order.subject) == ("LayBarrier", event.subject)
        assert math.isclose(event.data["height_m"], 0.5)
    assert unlucky.summary["water"]["coupled_error_units"] == 0


def test_the_summary_counts_lost_crews_and_overtime(unlucky: RunFolder) -> None:
    crews = unlucky.summary["crews"]
    assert crews["lost"] == 3
    assert crews["overtime_min"] == 0.0
