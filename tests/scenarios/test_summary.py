"""Figures of the summary, against logs that can be counted by hand."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from cim_models.city import City
from cim_models.events import Event
from scenarios.comparison import ComparedFigure, figures
from scenarios.summary.case_indicators import CHOICES, COUNTS
from scenarios.summary.cases import summarize_cases
from scenarios.summary.crews import collect_crews, summarize_crews
from scenarios.summary.flooding import building_depths, summarize_flooding
from scenarios.summary.indicators import Indicator, gini, spread
from scenarios.summary.matters import summarize_matters
from scenarios.summary.text import summary_lines


def log(*entries: tuple[float, str, str, dict[str, Any]]) -> list[Event]:
    numbers: Iterator[int] = count(1)
    return [Event(next(numbers), t_s, kind, subject, data=data) for t_s, kind, subject, data in entries]


def registered(
    t_s: float, case: str, due_s: float = 1e6, grid: str = "", **times: float
) -> tuple[float, str, str, dict[str, Any]]:
    data = {"due_s": due_s, "level": 2, "grid_cell": grid, "class_code": "04-06", **times}
    return t_s, "case.registered", case, data


def indicator(summary: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in summary["indicators"] if item["id"] == name)


def test_cases_are_followed_from_registration_to_the_end() -> None:
    events = log(
        (0, "report.made", "R1", {"channel": "sensor", "genuine": True}),
        registered(0, "C1", due_s=5000),
        (60, "report.made", "R2", {"channel": "citizen", "genuine": False}),
        (60, "report.merged", "R2", {"case": "C1"}),
        (90, "case.dispatched", "C1", {}),
        (600, "crew.arrived", "X", {"case": "C1", "delay_s": 3.0}),
        (900, "crew.arrived", "Y", {"case": "C1", "delay_s": 0.0}),
        registered(1000, "C2", due_s=2000),
        registered(1000, "C3"),
        (1500, "case.handled", "C1", {}),
        (1600, "case.checked", "C1", {"passed": True, "depth_m": 0.0}),
        (1700, "case.closed", "C1", {"overdue": False}),
        (1800, "case.voided", "C3", {"reason": "nothing there"}),
        (2500, "case.dispatched", "C2", {}),
    )
    summary = summarize_cases(events, end_s=3000)
    assert summary["reports"] == {"total": 2, "genuine": 1, "merged": 1, "sensor": 1, "citizen": 1}
    counts = summary["counts"]
    assert (counts["registered"], counts["dispatched"], counts["closed"], counts["voided"]) == (3, 2, 1, 1)
    assert (counts["open"], counts["overdue_open"]) == (1, 1)
    assert summary["response_time_s"] == {"count": 1, "mean": 600, "p50": 600, "p90": 600, "p95": 600}
    closing = indicator(summary, "closing_rate")
    assert (closing["numerator"], closing["denominator"], closing["value"]) == (1, 2, 0.5)
    assert indicator(summary, "coverage_15_min")["numerator"] == 1
    assert indicator(summary, "valid_report_rate")["value"] == 0.5


@pytest.fixture(scope="module")
def platform() -> dict[str, Any]:
    """Ten reports and six cases of which every figure can be counted by hand."""
    made = [(0, "report.made", f"R{n}", {"channel": "citizen", "genuine": n < 8}) for n in range(10)]
    events = log(
        *made,
        (0, "report.merged", "R1", {"case": "C1"}),
        # C0 is found false at verification, late
        (60, "case.accepted", "C0", {}),
        (90, "case.stage_overdue", "C0", {"stage": "verify"}),
        (100, "case.voided", "C0", {"reason": "found false at verification"}),
        # C1 goes the straight road for unit U, in time as a whole although handling takes too long
        registered(100, "C1", due_s=5000, reported_s=0.0, accepted_s=40.0, verified_s=70.0),
        (190, "case.assigned", "C1", {"unit": "U"}),
        (200, "case.dispatched", "C1", {}),
        (210, "crew.departed", "A", {"case": "C1"}),
        (510, "crew.arrived", "A", {"case": "C1"}),
        (1400, "case.stage_overdue", "C1", {"stage": "handle"}),
        (1500, "case.handled", "C1", {}),
        (1600, "case.checked", "C1", {"passed": True}),
        (1700, "case.closed", "C1", {}),
        # C2 goes point to point, is extended, and handled after it was due
        registered(200, "C2", due_s=1000, reported_s=200.0),
        (200, "case.assigned", "C2", {"unit": "U", "point_to_point": True}),
        (800, "case.extended", "C2", {"due_s": 1500.0}),
        (1500, "case.overdue", "C2", {}),
        (1900, "case.handled", "C2", {}),
        (2000, "case.stage_overdue", "C2", {"stage": "check"}),
        (2100, "case.checked", "C2", {"passed": False}),
        (2100, "case.reworked", "C2", {}),
        (2400, "case.handled", "C2", {}),
        (2500, "case.checked", "C2", {"passed": True}),
        # C3 is returned by unit V, assigned late, suspended, and open in the end
        registered(300, "C3", due_s=1000, reported_s=0.0, accepted_s=300.0, verified_s=300.0),
        (390, "case.assigned", "C3", {"unit": "V"}),
        (500, "case.returned", "C3", {"unit": "V"}),
        (600, "case.stage_overdue", "C3", {"stage": "dispatch"}),
        (700, "case.assigned", "C3", {"unit": "U"}),
        (900, "case.suspended", "C3", {}),
        # C4 is void on site, C5 handed over, C6 comes back after closing
        registered(400, "C4", reported_s=400.0, accepted_s=400.0, verified_s=400.0),
        (400, "case.assigned", "C4", {"unit": "V"}),
        (900, "case.voided", "C4", {}),
        registered(400, "C5", reported_s=400.0, accepted_s=400.0, verified_s=400.0),
        (400, "case.transferred", "C5", {}),
        registered(400, "C6", due_s=9000, reported_s=400.0, accepted_s=400.0, verified_s=400.0),
        (450, "case.assigned", "C6", {"unit": "V"}),
        (500, "case.handled", "C6", {}),
        (600, "case.closed", "C6", {}),
        (900, "case.reopened", "C6", {"level": 1, "due_s": 1500.0}),
        (950, "case.assigned", "C6", {"unit": "V"}),
    )
    return {"events": events, **summarize_cases(events, end_s=3000)}


@pytest.mark.parametrize(
    ("name", "numerator", "denominator"),
    [
        ("valid_report_rate", 8, 10),
        ("verification_rate", 6, 6),  # C2 has nothing to verify
        ("verification_on_time_rate", 5, 6),
        ("registration_rate", 6, 10),
        ("registration_on_time_rate", 6, 6),
        ("registration_right_rate", 5, 6),
        ("assignment_right_rate", 4, 5),
        ("assignment_on_time_rate", 4, 5),
        ("handling_rate", 2, 4),
        ("handling_on_time_rate", 1, 4),
        ("handling_stage_on_time_rate", 1, 4),  # C2; C1 is handled before it is due, and yet late as a stage
        ("handling_late_rate", 1, 4),
        ("pending_late_rate", 1, 4),  # C6; the clock of C3 stands still
        ("check_rate", 2, 2),
        ("check_on_time_rate", 1, 2),
        ("closing_rate", 1, 4),
        ("closing_on_time_rate", 1, 4),
        ("unclosed_rate", 3, 10),
        ("overdue_open_rate", 2, 4),  # C2 and C6
        ("rework_rate", 1, 2),
        ("return_rate", 1, 5),
        ("extension_rate", 1, 4),
        ("suspension_rate", 1, 4),
        ("void_rate", 1, 6),
        ("coverage_8_min", 1, 4),
    ],
)
def test_every_indicator_can_be_counted_by_hand(
    platform: dict[str, Any], name: str, numerator: int, denominator: int
) -> None:
    found = indicator(platform, name)
    assert (found["numerator"], found["denominator"]) == (numerator, denominator)
    assert found["value"] == numerator / denominator
    assert " / " in found["formula"]
    assert " / " in found["formula_zh"]


def test_the_composite_weighs_its_parts(platform: dict[str, Any]) -> None:
    score = platform["composite"]
    assert score["value"] == pytest.approx(30 * 0.5 + 20 * 0.25 + 20 * 0.5 + 20 * 0.75 + 10 * 0.75)
    assert score["formula"].startswith("30 x handling_rate + 20 x handling_on_time_rate + 20 x (1 - rework")
    assert score["formula_zh"].startswith("30 x 处置率 + 20 x 按期处置率 + 20 x (1 - 返工率)")
    assert summarize_cases([], 0.0)["composite"]["value"] is None


def test_the_backlog_is_what_waits(platform: dict[str, Any]) -> None:
    # C1 to C4 are open together from 400 s on
    assert platform["backlog"] == {"open": 3, "past_limit": 2, "most_open": 4}
    assert summarize_cases([], 0.0)["backlog"] == {"open": 0, "past_limit": 0, "most_open": 0}


def test_sites_choose_their_denominators(platform: dict[str, Any]) -> None:
    chosen = {"registration_rate": "accepted", "rework_rate": "owed"}
    assert {name for name in CHOICES if chosen[name] in CHOICES[name]} == set(chosen)
    other = summarize_cases(platform["events"], 3000, chosen)
    assert indicator(other, "registration_rate")["denominator"] == 7
    assert indicator(other, "registration_rate")["formula"] == "cases registered / cases accepted"
    assert indicator(other, "rework_rate")["denominator"] == 4
    default = {indicator(platform, name)["formula"].split(" / ")[1] for name in CHOICES}
    assert default == {COUNTS[names[0]][1] for names in CHOICES.values()}


def test_stages_units_and_travel_are_told_apart(platform: dict[str, Any]) -> None:
    stages = platform["stage_time_s"]
    assert (stages["accept"]["count"], stages["accept"]["p50"]) == (5, 0.0)
    assert stages["verify"]["count"] == 5
    assert stages["dispatch"]["count"] == 5
    assert platform["travel_time_s"]["mean"] == 300.0
    assert platform["by_unit"]["U"] == {
        "assigned": 3, "handled": 2, "closed": 1, "overdue": 1, "open": 2, "overdue_open": 1,
    }  # fmt: skip
    assert platform["stages_overdue"] == {"check": 1, "dispatch": 1, "handle": 1, "verify": 1}
    assert platform["counts"]["found_false"] == 1
    assert platform["counts"]["point_to_point"] == 1
    assert [entry["id"] for entry in platform["not_available"]] == ["satisfaction"]


def test_every_count_that_an_indicator_divides_has_names_in_both_languages() -> None:
    figures = summarize_cases([], 0.0)["platform_counts"]
    assert set(figures) == set(COUNTS)
    for zh, en in COUNTS.values():
        assert zh
        assert en.isascii()


def test_a_case_that_is_sent_back_is_not_handled_until_it_is_handled_again() -> None:
    events = log(
        registered(0, "C1"),
        (10, "case.handled", "C1", {}),
        (20, "case.checked", "C1", {"passed": False}),
        (30, "case.reworked", "C1", {"reason": "still wet"}),
    )
    summary = summarize_cases(events, end_s=100)
    assert summary["counts"]["handled"] == 0
    assert summary["counts"]["reworked"] == 1
    again = [*events, *log((50, "case.handled", "C1", {}))]
    assert indicator(summarize_cases(again, 100), "rework_rate")["value"] == 1.0


def test_crews_are_busy_from_leaving_for_a_case_until_done() -> None:
    path = [[0.0, 0.0, 100.0], [300.0, 400.0, 200.0]]
    events = log(
        (0, "crew.started_shift", "A", {"skill": "pump"}),
        (100, "crew.departed", "A", {"case": "C1"}),
        (200, "crew.moved", "A", {"path": path, "road": "R", "delay_s": 40.0}),
        (200, "crew.cut_off", "A", {"road": "R", "wait_s": 300.0}),
        (600, "crew.arrived", "A", {"case": "C1", "delay_s": 340.0}),
        (1100, "crew.finished", "A", {"case": "C1", "task": "T"}),
        (1200, "crew.departed", "A", {"case": None}),
        (1800, "crew.started_break", "A", {"length_s": 600.0}),
        (3000, "crew.relieved", "A", {"task": None}),
        (3600, "crew.ended_shift", "A", {"overtime_s": 600.0}),
        (0, "crew.started_shift", "B", {"skill": "drainage"}),
        (0, "crew.started_shift", "C", {"skill": "drainage"}),
        (100, "crew.relieved", "C", {"task": "T2"}),
        (400, "crew.lost", "C", {"case": "C2", "task": "T2"}),
    )
    crews = {crew.id: crew for crew in collect_crews(events, end_s=7200)}
    assert crews["A"].busy_s == 1000
    assert crews["A"].duty_s == 3600
    assert crews["A"].distance_m == 500
    assert crews["A"].lost_s == 340
    assert crews["B"].duty_s == 7200
    assert (crews["A"].overtime_s, crews["A"].break_s) == (600, 600)
    assert (crews["C"].duty_s, crews["C"].overtime_s, crews["C"].is_lost) == (400, 300, True)
    summary = summarize_crews(events, end_s=7200)
    assert summary["utilisation"]["value"] == pytest.approx(1000 / 11200)
    assert (summary["overtime_min"], summary["break_min"], summary["lost"]) == (15, 10, 1)
    assert summary["by_skill"]["pump"]["lost_to_water_min"] == pytest.approx(340 / 60)
    assert summary["delayed_journeys"] == 1


def test_road_hours_count_open_floods_until_the_end(tiny_city: City) -> None:
    def crossing(t_s: float, kind: str, road: str) -> tuple[float, str, str, dict[str, Any]]:
        return t_s, kind, road, {"threshold_m": 0.15, "depth_m": 0.2}

    events = log(
        crossing(0, "road.flooded", "R1"),
        (2100, "road.drained", "R1", {"threshold_m": 0.15, "depth_m": 0.0, "since_s": 1800.0}),
        crossing(1800, "road.flooded", "R2"),
        (2000, "rain.stopped", "run", {"depth_mm": 1.0}),
    )
    times = np.array([0.0, 1800.0, 3600.0, 5400.0])
    series = {"t_s": times, "flooded_area_015": np.array([0.0, 100.0, 50.0, 5.0])}
    largest_m = np.zeros(tiny_city.terrain.shape)
    largest_m.flat[:3] = 0.15, 0.149, 0.31
    summary = summarize_flooding(tiny_city, series, largest_m, events, end_s=5400)
    assert summary["road_hours"]["0.15"] == pytest.approx(0.5 + 1.0)
    assert summary["area_m2"]["015"] == {"max": 100.0, "at_s": 1800.0, "end": 5.0}
    cell_m2 = tiny_city.terrain.cell_size_m**2
    assert summary["area_ever_m2"] == {"0.15": 2.0 * cell_m2, "0.30": cell_m2, "0.50": 0.0}
    assert summary["drain_down_s"] == 3400.0
    assert summary["area_m2"]["030"]["max"] is None


def test_a_building_stands_in_the_deepest_water_beside_it(tiny_city: City) -> None:
    terrain = tiny_city.terrain
    depth = np.zeros(terrain.shape, dtype=np.float32)
    depth[10, 10], depth[30, 30] = 0.4, 0.9
    x, y = terrain.centre(10, 10)
    buildings = tiny_city.layers["buildings"].iloc[:1].copy()
    buildings.geometry = [box(float(x) + 1.0, float(y) - 3, float(x) + 7, float(y) + 3)]
    assert building_depths(buildings, terrain, depth).tolist() == pytest.approx([0.4])


def test_an_indicator_without_denominator_has_no_value() -> None:
    assert Indicator("x", "", "", 0, 0, "").to_json()["value"] is None
    assert spread([])["p50"] is None


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_gini_lies_between_equality_and_one(values: list[float]) -> None:
    result = gini(values)
    if result is None:
        assert sum(values) == 0
    else:
        assert -1e-9 <= result < 1


def test_gini_of_equal_and_of_single_winners() -> None:
    assert gini([3.0, 3.0, 3.0]) == pytest.approx(0.0)
    assert gini([0.0, 0.0, 0.0, 8.0]) == pytest.approx(0.75)


def test_figures_walk_a_summary() -> None:
    summary = {"a": 1, "b": {"c": 2.5, "d": None, "e": True}, "f": [{"id": "x", "value": 3}], "g": "text"}
    assert dict(figures(summary)) == {"a": 1, "b.c": 2.5, "f.x.value": 3}
    assert ComparedFigure("a", (1.0, 3.0)).change(1) == 2.0
    assert not ComparedFigure("a", (1.0, 1.0)).differs


@pytest.mark.parametrize(
    ("values", "differs"),
    [
        ((0.0, 1.7e-10), False),
        ((21443.0, 21443.0 + 1e-8), False),
        ((4.15e-4, 4.16e-4), True),
        ((21443.0, 21443.1), True),
        ((None, 0.0), True),
    ],
)
def test_rounding_is_no_difference(values: tuple[float | None, float], *, differs: bool) -> None:
    assert ComparedFigure("a", values).differs == differs


@pytest.mark.parametrize("name", ["performance.wall_s", "water.units.pumped", "failures.0.event"])
def test_figures_that_say_nothing_of_the_city_are_no_results(name: str) -> None:
    assert not ComparedFigure(name, (1.0, 3.0)).is_result
    assert ComparedFigure("water.pumped_m3", (1.0, 3.0)).is_result


def test_figures_that_differ_look_different() -> None:
    texts = ComparedFigure("a", (21443.0, 21443.1, None)).texts()
    assert texts == ["21,443", "21,443.1", "–"]
    assert ComparedFigure("a", (0.000415, 0.00042)).texts() == ["0.000415", "0.00042"]
    assert ComparedFigure("a", (2.0, 3.14159)).texts() == ["2", "3.142"]


def test_tasks_are_finished_dropped_or_open() -> None:
    events = log(
        *((0, "task.planned", f"C1/{name}", {"case": "C1", "task": name, "skill": "x"}) for name in "abcd"),
        (10, "crew.finished", "A", {"case": "C1", "task": "C1/a"}),
        (20, "task.dropped", "C1/b", {"case": "C1", "task": "b", "reason": "the case is void"}),
        (30, "task.recalled", "C1/c", {"case": "C1", "reason": "the crew was lost"}),
    )
    found = summarize_crews(events, end_s=100)
    assert (found["tasks_finished"], found["tasks_dropped"], found["tasks_open"]) == (1, 1, 2)
    (line,) = summary_lines({"crews": found})
    assert line == "Crews     1 crew, 1 task finished, 2 open, 1 dropped, 0 min lost to water"


def test_a_detour_counts_as_lost_and_a_journey_broken_off_keeps_what_it_cost() -> None:
    leg = [[0.0, 0.0, 0.0], [100.0, 0.0, 60.0]]
    events = log(
        (0, "crew.departed", "A", {"case": "C1"}),
        (0, "crew.moved", "A", {"path": leg, "road": "R", "delay_s": 5.0}),
        (60, "crew.arrived", "A", {"case": "C1", "delay_s": 50.0}),
        (0, "crew.departed", "B", {"case": "C2"}),
        (0, "crew.moved", "B", {"path": leg, "road": "R", "delay_s": 7.0}),
        (60, "crew.departed", "B", {"case": "C3"}),
    )
    crews = {crew.id: crew.lost_s for crew in collect_crews(events, end_s=100)}
    assert crews == {"A": 50.0, "B": 7.0}


def test_an_escalated_case_is_judged_by_its_shortened_limit() -> None:
    events = log(
        registered(0, "C1"),
        (10, "case.escalated", "C1", {"level": 1, "depth_m": 0.6, "due_s": 50.0}),
        (60, "case.handled", "C1", {}),
    )
    assert indicator(summarize_cases(events, end_s=100), "handling_on_time_rate")["numerator"] == 0


def test_discovery_counts_matters_that_appeared_and_who_reported_them_first() -> None:
    def report(t_s: float, channel: str, cause: int | None) -> Event:
        return Event(100 + int(t_s), t_s, "report.made", f"R{t_s}", cause, data={"channel": channel})

    appeared = log(*((float(t_s), "matter.appeared", f"M{t_s}", {"class_code": "01-02"}) for t_s in range(4)))
    gone = Event(300, 90.0, "matter.gone", "M0", appeared[0].id, data={"how": "handled", "reported": True})
    events = [
        *appeared,
        report(10.0, "citizen", appeared[0].id),
        report(20.0, "patrol", appeared[0].id),
        report(31.0, "patrol", appeared[1].id),
        report(40.0, "citizen", None),
        gone,
    ]
    summary = summarize_matters(events)
    rates = {entry["id"]: entry["value"] for entry in summary["indicators"]}
    assert rates == {"discovery_rate": 0.5, "patrol_discovery_rate": 0.5}
    assert (summary["appeared"], summary["handled"], summary["gone_by_itself"]) == (4, 1, 0)
    assert summary["found_first_by"] == {"citizen": 1, "patrol": 1}
    assert summary["time_to_discovery_s"]["mean"] == 20.0
    assert summary["by_class"] == {"01-02": {"appeared": 4, "found": 2}}
