"""Curves of the screen: nothing that is drawn, and no scale, knows what comes later; what they are cut at."""

from typing import Any

import pytest

from tests.viz.node import run_node
from viz.server.vocabulary import vocabulary

_HOUR = 3600.0
_START = "2026-06-18T17:00:00+08:00"

_KNOWN = """
import {Series} from "./series.js"
import {Story} from "./story.js"
import {instrumentHtml, sensorCurves, gaugeFacts, detectorFacts, sensorFacts} from "./parts/instruments.js"
import {rainBars, rainOption} from "./cards/rain.js"
import {balanceOption} from "./cards/balance.js"
import {figures} from "./figures.js"
function drawn(readings, events, timeS) {
  const series = new Series(), story = new Story()
  series.merge(readings)
  story.append(events)
  const store = {
    series, story, timeS, state: story.at(timeS), language: "en", manifest: value.manifest,
    status: {start: value.start}, durationS: () => 4 * 3600, detail: () => null, roadName: (id) => id,
  }
  return JSON.stringify([
    instrumentHtml(store, "gauge:G"), instrumentHtml(store, "gas:H"), sensorCurves(store, "S"),
    gaugeFacts(store, "gauge:G"), detectorFacts(store, "gas:H"), sensorFacts(store, "S"),
    rainBars(store), rainOption(store, 1), balanceOption(store, 1), figures(store),
  ])
}
result = value.times.map((t) => {
  const until = value.events.filter((row) => row[1] <= t)
  return [drawn(value.full, value.events, t), drawn(value.cut[t], until, t)]
})
"""


def _line(unit: str, until_s: float, values: list[float]) -> dict[str, Any]:
    times = [900.0 * step for step in range(len(values))]
    kept = [t for t in times if t <= until_s]
    return {"unit": unit, "value_kind": "simulated", "t_s": kept, "values": values[: len(kept)]}


def _readings(until_s: float) -> dict[str, Any]:
    """Calm for two hours, then far more of everything than before."""
    calm, later = [1.0, 1.5, 0.5, 1.0, 2.0, 1.0, 1.5, 1.0], [40.0, 90.0, 400.0, 900.0, 300.0]
    up = [*calm, *later]
    return {
        "gauge:G": {
            "strain": _line("1e-6", until_s, up),
            "expected": _line("1e-6", until_s, [value / 2.0 for value in up]),
            "structure_deviation": _line("-", until_s, up),
        },
        "gas:H": {"methane": _line("%LEL", until_s, [min(value, 100.0) for value in up])},
        "S": {"water_depth": _line("m", until_s, [value / 100.0 for value in up])},
        "city": {
            name: _line(unit, until_s, up)
            for name, unit in (
                ("rain_intensity", "mm/h"),
                ("flooded_road_015", "m"),
                ("surface_volume", "m3"),
                ("rain_volume", "m3"),
                ("max_depth", "m"),
            )
        },
    }


def _row(number: int, t_s: float, event: str, subject: str, **data: Any) -> list[Any]:
    return [number, t_s, event, subject, None, "simulated", data]


def test_nothing_that_is_drawn_knows_what_comes_later() -> None:
    """At any moment of a replay the screen draws what it would draw if the run ended there."""
    times = [0.0, 1000.0, 1.9 * _HOUR, 2.3 * _HOUR]
    watched = {"kind": "bridge", "gauges": ["G"], "road": "R", "lon_lat": [1.0, 2.0]}
    events = [
        _row(1, 0.0, "structure.watched", "B", **watched),
        _row(2, 2.2 * _HOUR, "gas.alarm", "H", level=1),
        _row(3, 2.2 * _HOUR, "alarm.published", "AL-1", rule="methane_alarm", level=2, sensor="H"),
        _row(4, 3.0 * _HOUR, "structure.secured", "B", grade="D"),
        _row(5, 3.0 * _HOUR, "supply.customers_out", "N", persons_out=9),
    ]
    given = {
        "manifest": vocabulary() | {"legend": {"numerals": {"1": "I", "2": "II", "3": "III", "4": "IV"}}},
        "start": _START,
        "times": times,
        "events": events,
        "full": _readings(1e9),
        "cut": {f"{t:g}": _readings(t) for t in times},
    }
    for t_s, (replayed, ended) in zip(times, run_node(_KNOWN, given), strict=True):
        assert replayed == ended, t_s
        assert ("in alarm" in replayed) == (t_s > 2.2 * _HOUR)


_DRAWN = """
import {Series} from "./series.js"
import {curve, pieces} from "./parts/curve.js"
const series = new Series()
series.merge({S: {q: value.line}})
const store = {series, timeS: value.now, status: {start: value.start}}
const cut = pieces(series.line("S", "q"), value.now, value.cuts ?? [])
result = {html: curve(store, "S", "q", value.look), pieces: cut}
"""


def _drawn(values: list[float | None], now: float, **more: Any) -> Any:
    line = _line("m", 1e12, values)  # type: ignore[arg-type]
    return run_node(_DRAWN, {"line": line, "now": now, "start": _START, **more})


def test_a_curve_has_a_time_axis_a_scale_and_its_limits() -> None:
    look = {"range": [0, 0.18], "limits": [{"value": 0.15, "level": 3}, {"value": 0.5, "level": 1}]}
    html = _drawn([0.0, 0.05, 0.1, 0.1, 0.1], 3600.0, look=look)["html"]
    assert ["17:00" in html, "18:00" in html, "19:00" in html] == [True, True, False]
    assert html.count('class="limit level3"') == 1
    assert "level1" not in html  # beyond what is shown
    assert ">0.18<" in html


def test_a_thinned_curve_keeps_its_peaks() -> None:
    values = [0.0] * 5000
    values[1234], values[4321] = 7.0, -7.0
    (piece,) = _drawn(values, 1e9)["pieces"]
    assert len(piece) < 700
    assert [900.0 * 1234, 7.0] in piece
    assert [900.0 * 4321, -7.0] in piece
    assert piece[-1][0] == 900.0 * 4999
    assert [t for t, _ in piece] == sorted(t for t, _ in piece)


def test_a_curve_is_cut_where_a_reading_is_missing_and_a_lone_one_is_a_dot() -> None:
    found = _drawn([1.0, 1.0, None, 2.0, None, 3.0, 3.0], 1e9)
    assert [len(piece) for piece in found["pieces"]] == [2, 1, 2]
    assert found["html"].count("<polyline") == 3


@pytest.mark.parametrize(("from_s", "lengths"), [(1800.0, [2, 3]), (2000.0, [3, 2]), (1e12, [5])])
def test_what_is_expected_is_cut_where_it_begins_anew(from_s: float, lengths: list[int]) -> None:
    found = _drawn([1.0, 1.0, 5.0, 5.0, 5.0], 1e9, cuts=[from_s])
    assert [len(piece) for piece in found["pieces"]] == lengths


def test_a_moment_is_marked_once_it_has_come() -> None:
    look = {"marks": [{"t": 1800.0, "from": 1800.0, "text": "17:30 secured"}]}
    assert "secured" not in _drawn([1.0] * 5, 1799.0, look=look)["html"]
    assert _drawn([1.0] * 5, 1800.0, look=look)["html"].count("17:30 secured") == 1


def test_ticks_are_round_times_of_the_city_and_dates_of_a_long_run() -> None:
    script = """
    import {timeTicks} from "./clock.js"
    result = value.map(([start, until]) => timeTicks(start, until, 8).map((tick) => [tick.t, tick.text]))
    """
    day = 86_400.0
    short, long, bare = run_node(
        script, [["2026-06-18T17:30:00+08:00", 7200.0], [_START, 30 * day], [None, 7200.0]]
    )
    assert short[:2] == [[0, "17:30"], [900, "17:45"]]
    assert long[:2] == [[7 * _HOUR, "06-19"], [7 * _HOUR + 5 * day, "06-24"]]
    assert [text for _, text in bare][3:6] == ["45:00", "1:00:00", "1:15:00"]
    assert len(long) <= 9
