"""The browser's reduction of the event log, run in node, against Python's and against the log itself."""

from pathlib import Path
from typing import Any

import pytest

from cim_models.city import City
from cim_models.events import Event
from scenarios.runfolder import RunFolder
from tests.viz.node import run_node
from tests.viz.tiny_run import write_tiny_run
from viz.layers.moment import moment_at, open_cases
from viz.server.feed import RunFeed

_STATES = """
import {Story, isOpen, crewPosition} from "./story.js"
const story = new Story()
story.append(value.events)
result = value.times.map((t) => {
  const s = story.at(t)
  return {
    open: [...s.cases.values()].filter(isOpen).map((c) => [c.id, c.level]),
    stages: Object.fromEntries([...s.cases.values()].map((c) => [c.id, c.stage])),
    crews: [...s.crews.values()].map((c) => [c.id, c.state, crewPosition(c, t)]),
    flooded: [...s.flooded["0.15"]], passed: {...s.passed}, surcharged: [...s.surcharged],
  }
})
"""


REPEATED = ("case.assigned", "case.dispatched", "crew.arrived", "case.handled", "case.checked", "case.closed")


@pytest.fixture(scope="module")
def run(tiny_city: City, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return RunFolder(write_tiny_run(tiny_city, tmp_path_factory.mktemp("story")))


@pytest.fixture(scope="module")
def events(run: RunFolder) -> list[Any]:
    return list(RunFeed(run.path).updates(0, 0, 0.0)["events"])


def test_the_browser_sees_the_stages_as_they_happened(events: list[Any]) -> None:
    times = [100, 700, 755, 900, 1900, 2800]
    states = run_node(_STATES, {"events": events, "times": times})
    stages = [state["stages"].get("C1") for state in states]
    assert stages == [None, "registered", "dispatched", "on_site", "handled", "closed"]
    assert [state["flooded"] for state in states] == [[], ["R2"], ["R2"], ["R2"], ["R2"], []]
    assert states[-1]["passed"]["closed"] == 1


def test_a_step_counts_each_case_once(events: list[Any]) -> None:
    """More crews, a second check and a second closing are no more cases."""
    again = [list(event) for event in events if event[2] in REPEATED]
    for number, event in enumerate(again):
        event[0], event[1] = 10_000 + number, 2900.0
    (once,) = run_node(_STATES, {"events": events, "times": [3000]})
    (twice,) = run_node(_STATES, {"events": events + again, "times": [3000]})
    assert len(again) >= 4
    assert twice["passed"] == once["passed"]
    cases = once["passed"]["registered"]
    assert all(once["passed"][step] <= cases for step in ("assigned", "dispatched", "on_site", "closed"))


def test_the_browser_and_python_agree(run: RunFolder, events: list[Any]) -> None:
    times = [0.0, 700.0, 800.0, 1000.0, 2000.0, 3000.0]
    for time_s, state in zip(times, run_node(_STATES, {"events": events, "times": times}), strict=True):
        moment = moment_at(run, time_s)
        assert state["open"] == [[case.id, case.level] for case in moment.cases]
        assert [crew[:2] for crew in state["crews"]] == [[crew.id, crew.state] for crew in moment.crews]


def test_scrubbing_back_and_forth_gives_what_going_straight_gives(events: list[Any]) -> None:
    there = run_node(_STATES, {"events": events, "times": [2800, 700, 2800, 0, 900]})
    straight = [run_node(_STATES, {"events": events, "times": [t]})[0] for t in (700, 900)]
    assert [there[1], there[4]] == straight


def test_a_case_leads_back_to_the_rain(events: list[Any]) -> None:
    script = """
    import {Story, KIND} from "./story.js"
    const story = new Story(); story.append(value); story.at(1e9)
    result = story.chain("C1").map((row) => row[KIND])
    """
    kinds = run_node(script, events)
    wanted = ["rain.started", "road.flooded", "report.made", "case.registered", "crew.arrived", "case.closed"]
    assert [kind for kind in kinds if kind in wanted] == wanted


def test_a_crew_is_where_its_leg_has_it() -> None:
    script = """
    import {crewPosition} from "./story.js"
    const crew = {path: [[0, 0, 10], [4, 0, 20], [4, 8, 40]], position: [4, 8]}
    result = [0, 15, 30, 99].map((t) => crewPosition(crew, t))
    """
    assert run_node(script) == [[0, 0], [2, 0], [4, 4], [4, 8]]


def test_a_refused_closure_closes_nothing() -> None:
    rows = [
        [1, 0, "order.issued", "O1", None, "simulated", {"order": "CloseRoad", "target": "R1"}],
        [2, 1, "order.issued", "O2", None, "simulated", {"order": "CloseRoad", "target": "R2"}],
        [3, 2, "order.refused", "O2", 2, "simulated", {"reason": "none"}],
    ]
    script = """
    import {Story} from "./story.js"
    const story = new Story(); story.append(value)
    result = [...story.at(5).closedRoads]
    """
    assert run_node(script, rows) == ["R1"]


_SIDE_ROADS = (
    (0, "case.registered", {"level": 3, "due_s": 900, "unit": "U1", "place_zh": "", "place_en": ""}),
    (60, "case.assigned", {"unit": "U2"}),
    (100, "case.returned", {"unit": "U2"}),
    (160, "case.assigned", {"unit": "U1"}),
    (200, "case.suspended", {"unit": "U1"}),
    (300, "case.resumed", {"unit": "U1", "due_s": 1000}),
    (310, "case.extended", {"unit": "U1", "due_s": 1400}),
    (320, "case.dispatched", {"crew": "A"}),
    (400, "case.handled", {}),
    (450, "case.closed", {}),
    (600, "case.reopened", {"unit": "U1", "level": 2, "due_s": 2000}),
)


def test_the_side_roads_of_a_case() -> None:
    rows = [[n, t, kind, "C1", None, "simulated", data] for n, (t, kind, data) in enumerate(_SIDE_ROADS, 1)]
    script = """
    import {Story, isOpen} from "./story.js"
    import {word} from "./words.js"
    const story = new Story(); story.append(value)
    result = [0, 60, 100, 160, 200, 300, 310, 320, 400, 450, 600].map((t) => {
      const item = story.at(t).cases.get("C1")
      return [item.stage, item.unit, item.due, isOpen(item), word("zh", `stage_${item.stage}`) !== undefined]
    })
    """
    assert [(stage, unit, due, is_open) for stage, unit, due, is_open, _ in run_node(script, rows)] == [
        ("registered", "U1", 900, True),
        ("assigned", "U2", 900, True),
        ("returned", "U2", 900, True),
        ("assigned", "U1", 900, True),
        ("suspended", "U1", 900, True),
        ("assigned", "U1", 1000, True),
        ("assigned", "U1", 1400, True),
        ("dispatched", "U1", 1400, True),
        ("handled", "U1", 1400, True),
        ("closed", "U1", 1400, False),
        ("registered", "U1", 2000, True),
    ]
    assert all(named for *_, named in run_node(script, rows))


def test_a_map_shows_a_case_that_was_opened_again() -> None:
    place = {"x": 1.0, "y": 2.0}
    events = [
        Event(n, float(t), kind, "C1", data={**data, **place})
        for n, (t, kind, data) in enumerate(_SIDE_ROADS, 1)
    ]
    assert open_cases(events[:-1]) == ()
    (mark,) = open_cases(events)
    assert (mark.id, mark.level, mark.x, mark.y) == ("C1", 2, 1.0, 2.0)


def test_readings_sent_twice_are_kept_once() -> None:
    script = """
    import {Series} from "./series.js"
    const s = new Series()
    const part = (t_s, values) => ({city: {depth: {unit: "m", value_kind: "simulated", t_s, values}}})
    s.merge(part([0, 60], [1, 2])); s.merge(part([60, 120], [2.5, 3]))
    const line = s.line("city", "depth")
    result = [line.t, line.v, s.value("city", "depth", 119), s.value("city", "depth", -1)]
    """
    assert run_node(script) == [[0, 60, 120], [1, 2.5, 3], 2.5, None]


def test_the_level_of_rain_follows_the_rules() -> None:
    script = """
    import {rainDepth, rainLevel} from "./levels.js"
    import {Series} from "./series.js"
    const s = new Series()
    const rain = {unit: "mm/h", value_kind: "simulated", t_s: [0, 1800, 3600], values: [80, 40, 0]}
    s.merge({city: {rain_intensity: rain}})
    const rules = [{level: 4, window_h: 1, depth_mm: 30}, {level: 3, window_h: 1, depth_mm: 50}]
    const level = (t) => rainLevel(s, rules, t)?.level ?? null
    result = [rainDepth(s.line("city", "rain_intensity"), 0, 3600), ...[600, 1500, 3600, 9000].map(level)]
    """
    assert run_node(script) == [60, None, 4, 3, None]


def test_clocks_read_as_in_the_city() -> None:
    script = """
    import {clockText, dateText, spanText} from "./clock.js"
    const start = "2026-06-18T23:30:00+08:00"
    const clocks = [clockText(start, 0), clockText(start, 3600, false)]
    result = [...clocks, dateText(start, 3600, "en"), spanText(3700), spanText(75)]
    """
    assert run_node(script) == ["23:30:00", "00:30", "2026-06-19 Fri", "1:01:40", "01:15"]


def test_both_languages_have_every_word() -> None:
    keys = run_node('import {KEYS} from "./words.js"; result = KEYS')
    assert sorted(keys["zh"]) == sorted(keys["en"])


def test_water_between_two_frames_lies_between_them() -> None:
    script = """
    import {waterPixels, roadClasses} from "./map/water.js"
    const ramp = Uint32Array.from({length: 256}, (_, i) => i)
    const a = {codes: Uint8Array.of(0, 10, 200)}, b = {codes: Uint8Array.of(0, 30, 100)}
    const mid = new Uint32Array(3), first = new Uint32Array(3)
    waterPixels(a, b, 0.5, ramp, mid); waterPixels(a, null, 0.5, ramp, first)
    const legend = {road_stops: [{depth_m: 0.15}, {depth_m: 0.3}]}
    const depths = Float32Array.of(0.1, 0.2, 0.4, 0.4)
    const classes = roadClasses(depths, legend, ["a", "b", "c", "d"], new Set(["d"]))
    result = [[...mid], [...first], [...classes]]
    """
    assert run_node(script) == [[0, 20, 150], [0, 10, 200], [0, 1, 2, 255]]


def test_the_sources_name_no_other_host() -> None:
    from tests.viz.node import SOURCES

    for path in sorted(Path(SOURCES).rglob("*")):
        if path.suffix in {".js", ".css"}:
            assert "//" not in path.read_text("utf-8").replace("://www.w3.org", "").replace("// ", ""), path


def test_alarms_stand_until_they_are_archived_or_shelved() -> None:
    def row(number: int, t_s: float, kind: str, subject: str, **data: Any) -> list[Any]:
        return [number, t_s, kind, subject, None, "simulated", data]

    rows = [
        row(1, 10.0, "alarm.published", "AL-1", rule="methane_raised", level=4, road="R-1"),
        row(2, 20.0, "alarm.escalated", "AL-1", rule="methane_alarm", level=2, was_level=4),
        row(3, 20.0, "alarm.published", "AL-2", rule="sensor_silent", level=4, road=""),
        row(4, 30.0, "alarm.shelved", "AL-2", rule="sensor_silent", level=4, reason="in repair"),
        row(5, 30.0, "supply.customers_out", "N-1", nodes=["N-1"], persons=12, persons_out=12),
        row(6, 40.0, "alarm.archived", "AL-1", hub="", after_s=30.0),
        row(7, 40.0, "supply.customers_back", "N-1", nodes=["N-1"], persons=12, persons_out=0),
    ]
    states = run_node(
        """
        import {Story} from "./story.js"
        const story = new Story()
        story.append(value.events)
        result = value.times.map((t) => {
          const s = story.at(t)
          return [[...s.alarms.values()].map((a) => [a.id, a.rule, a.level]), s.personsOut]
        })
        """,
        {"events": rows, "times": [5.0, 10.0, 20.0, 30.0, 40.0, 20.0]},
    )
    first, second = ["AL-1", "methane_alarm", 2], ["AL-2", "sensor_silent", 4]
    assert states == [
        [[], None],
        [[["AL-1", "methane_raised", 4]], None],
        [[first, second], None],
        [[first], 12],
        [[], 0],
        [[first, second], None],
    ]


def test_structures_have_their_latest_grade_and_the_gauges_that_deviate() -> None:
    watched = {"kind": "bridge", "lon_lat": [106.5, 29.6], "road": "R1", "gauges": ["GA-1", "GA-2"]}
    at = {"structure": "BR-1"}
    rows = [
        [1, 0.0, "structure.watched", "BR-1", None, "simulated", watched],
        [2, 10.0, "gauge.deviates", "GA-1", 1, "simulated", at],
        [3, 10.0, "structure.graded", "BR-1", 2, "simulated", {"grade": "C"}],
        [4, 20.0, "gauge.silent", "GA-2", 1, "simulated", at],
        [5, 30.0, "gauge.settled", "GA-1", 2, "simulated", at],
        [6, 30.0, "structure.graded", "BR-1", 5, "simulated", {"grade": "A"}],
        [7, 40.0, "gauge.heard", "GA-2", 4, "simulated", at],
    ]
    script = """
    import {Story} from "./story.js"
    const story = new Story(); story.append(value.events)
    result = value.times.map((t) => {
      const item = story.at(t).structures.get("BR-1")
      return [item.grade, [...item.out], [...item.silent]]
    })
    """
    assert run_node(script, {"events": rows, "times": [0.0, 10.0, 25.0, 30.0, 40.0, 10.0]}) == [
        ["A", [], []],
        ["C", ["GA-1"], []],
        ["C", ["GA-1"], ["GA-2"]],
        ["A", [], ["GA-2"]],
        ["A", [], []],
        ["C", ["GA-1"], []],
    ]


def test_failures_stand_until_they_are_mended_and_show_what_followed() -> None:
    ends = {"supply.burst": ["supply.restored"], "sewer.blocked": ["sewer.unblocked"]}
    place = {"lon_lat": [106.5, 29.6]}
    rows = [
        [1, 10.0, "supply.burst", "P-1", None, "simulated", place],
        [2, 12.0, "sewer.blocked", "C-1", None, "simulated", {}],
        [3, 15.0, "report.made", "R-1", 1, "simulated", {"channel": "citizens"}],
        [4, 20.0, "case.registered", "C-00001", 3, "simulated", {"level": 2}],
        [5, 30.0, "sewer.blocked", "C-2", None, "simulated", place],
        [6, 40.0, "supply.restored", "P-1", 4, "simulated", {}],
    ]
    seen = run_node(
        """
        import {Story} from "./story.js"
        const story = new Story()
        story.append(value.events)
        result = value.times.map((t) => {
          story.at(t)
          const failed = story.failures(value.ends).map((row) => row[3])
          return [failed, story.aftermath("P-1").map((row) => row[0])]
        })
        """,
        {"events": rows, "ends": ends, "times": [5.0, 15.0, 30.0, 40.0, 20.0]},
    )
    assert seen == [
        [[], []],
        [["P-1"], [1, 3]],
        [["P-1", "C-2"], [1, 3, 4]],
        [["C-2"], [1, 3, 4, 6]],
        [["P-1"], [1, 3, 4]],
    ]


def test_marks_at_one_place_stand_below_the_worst() -> None:
    program = (
        'import {stacked} from "./map/stacks.js"\nresult = stacked(value).map((row) => [row.id, row.above])'
    )
    rows = [{"id": name, "position": place} for name, place in (("A", [1, 2]), ("B", [3, 4]), ("D", [1, 2]))]
    assert run_node(program, rows) == [["A", 1], ["B", 0], ["D", 0]]


def test_reasons_come_in_chinese_too(events: list[Any], run: RunFolder) -> None:
    event = Event(1, 0.0, "case.voided", "C1", data={"reason": "the case is void"})
    assert RunFeed(run.path)._event(event)[6]["reason_zh"] == "案件已作废"


_WAYS = """
import {Ways} from "./ways.js"
const ways = new Ways()
for (const update of value.updates) ways.merge(update)
result = value.times.map((t) => ways.out(t))
"""


def test_the_screen_puts_patrollers_where_python_does(run: RunFolder) -> None:
    feed = RunFeed(run.path)
    ways = feed.updates(0, 0, 0.0)["ways"]
    assert feed.updates(0, 0, 1860.0)["ways"]["patrol-PG1-1"][0][2] == 960.0
    assert feed.updates(0, 0, 3600.0)["ways"] == {}
    assert "patrol-PG1-1" not in feed.updates(0, 0, 0.0)["readings"]
    times = [0.0, 90.0, 1799.0, 1800.0, 1801.0]
    again = {name: way[-8:] for name, way in ways.items()}  # what is sent twice is taken once
    found = run_node(_WAYS, {"updates": [ways, again], "times": times})
    for t_s, shown in zip(times, found, strict=True):
        marks = moment_at(run, t_s).patrols
        assert [row["id"] for row in shown] == [mark.id for mark in marks]
        for row, mark in zip(shown, marks, strict=True):
            lon_lat = feed.city.scene.project.lon_lat([mark.x], [mark.y])[0]
            assert row["position"] == pytest.approx(lon_lat, abs=2e-7)
    assert [len(shown) for shown in found] == [1, 1, 1, 1, 0]


def test_who_was_not_seen_for_long_was_not_out() -> None:
    way = {"P": [[8.0, 50.0, 0.0], [9.0, 50.0, 60.0], [9.0, 51.0, 3600.0], [9.0, 52.0, 3660.0]]}
    found = run_node(_WAYS, {"updates": [way], "times": [-1.0, 30.0, 60.0, 61.0, 3599.0, 3630.0]})
    assert [[row["position"] for row in shown] for shown in found] == [
        [], [[8.5, 50.0]], [[9.0, 50.0]], [], [], [[9.0, 51.5]]
    ]  # fmt: skip
