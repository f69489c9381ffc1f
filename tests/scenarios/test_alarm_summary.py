"""What the summary says of alarms and lifelines, from a log that is written by hand."""

from typing import Any

from cim_models.events import Event
from scenarios.summary.alarms import summarize_alarms
from scenarios.summary.lifelines import summarize_lifelines
from scenarios.summary.text import summary_lines


class Log(list[Event]):
    """A log in the making."""

    def add(self, t_s: float, kind: str, subject: str, cause: int | None = None, /, **data: Any) -> int:
        self.append(Event(len(self) + 1, t_s, kind, subject, cause, data=data))
        return len(self)


def alarm(level: int, code: str = "04-03", rule: str = "methane_alarm") -> dict[str, Any]:
    return {"rule": rule, "about": "gas", "level": level, "class_code": code}


def log() -> Log:
    events = Log()
    failed = events.add(0, "lifeline.failed", "LF-1", kind="gas_leak", material="steel", network="gas")
    first = events.add(600, "alarm.published", "AL-1", failed, **alarm(2))
    events.add(600, "report.made", "R-1", first, channel="sensor")
    events.add(660, "alarm.suppressed", "AL-2", failed, **alarm(2))
    events.add(900, "alarm.responded", "AL-1", first, after_s=300.0, in_time=True)
    events.add(3000, "alarm.fed_back", "AL-1", first, finding="confirmed", after_s=2400.0, in_time=False)
    events.add(4000, "lifeline.repaired", "LF-1", first, kind="gas_leak", after_s=4000.0, how="crew")
    events.add(5000, "alarm.archived", "AL-1", first, after_s=4400.0)
    events.add(5000, "lifeline.recovered", "LF-1", first, kind="gas_leak", after_s=5000.0)
    third = events.add(6000, "alarm.published", "AL-3", **alarm(4, "", "methane_raised"))
    events.add(6100, "alarm.escalated", "AL-3", third, level=1, rule="methane_cut_off", class_code="04-03")
    events.add(6200, "alarm.fed_back", "AL-3", third, finding="false", after_s=200.0, in_time=True)
    second = events.add(7000, "lifeline.failed", "LF-2", kind="water_break", material="pe", network="supply")
    events.add(9000, "report.made", "R-2", second, channel="citizen")
    return events


def test_alarms_are_counted_by_what_became_of_them() -> None:
    found = summarize_alarms(log())
    assert found is not None
    assert (found["alarms"], found["published"], found["with_report"], found["suppressed"]) == (3, 2, 2, 1)
    assert found["by_level"] == {"1": 1, "2": 1, "3": 0, "4": 0}
    assert found["by_rule"] == {"methane_alarm": 1, "methane_cut_off": 1}
    assert (found["archived"], found["open"], found["false"]) == (1, 2, 1)
    shares = {entry["id"]: (entry["numerator"], entry["denominator"]) for entry in found["indicators"]}
    assert shares == {
        "alarm_response_in_time": (1, 2),
        "alarm_feedback_in_time": (1, 2),
        "alarm_false_share": (1, 2),
        "alarm_suppressed_share": (1, 3),
    }
    assert found["response_time_s"]["p50"] == 300.0


def test_every_alarm_counts_once() -> None:
    events = log()
    events.add(6300, "alarm.suppressed", "AL-3", **alarm(1))  # published before
    events.add(6400, "alarm.shelved", "AL-4", **alarm(4))
    events.add(6500, "alarm.published", "AL-4", **alarm(4))
    events.add(6600, "alarm.shelved", "AL-5", **alarm(4))
    found = summarize_alarms(events)
    assert found is not None
    fates = ("published", "suppressed", "shelved")
    assert [found[fate] for fate in fates] == [3, 1, 1]
    assert sum(found[fate] for fate in fates) == found["alarms"]
    assert found["held_back_first"] == 2
    (share,) = (entry for entry in found["indicators"] if entry["id"] == "alarm_suppressed_share")
    assert (share["numerator"], share["denominator"]) == (found["suppressed"], found["alarms"])


def test_failures_are_counted_by_who_called_first() -> None:
    found = summarize_lifelines(log())
    assert found is not None
    assert found["first_called_by"] == {"alarm": 1, "citizen": 1}
    assert found["by_kind"]["gas_leak"] == {"failed": 1, "by_alarm": 1, "mended": 1}
    assert (found["mended_by_crews"], found["not_mended"]) == (1, 1)
    assert found["time_to_call_s"]["count"] == 2


def test_a_run_without_any_says_nothing_of_them() -> None:
    assert summarize_alarms([]) is None
    assert summarize_lifelines([]) is None
    assert summary_lines({}) == []


def test_the_terminal_says_what_failed_in_the_sewer_and_nothing_of_water_where_there_was_none() -> None:
    water = {
        "rain_m3": 0.0,
        "relative_error": {"whole": 0.0},
        "surface_error_units": 0,
        "handover_error_units": 0,
    }
    summary: dict[str, Any] = {
        "water": water,
        "flooding": {
            "area_m2": {"015": {"max": 0.0}},
            "road_m": {"015": {"max": 0.0}},
            "max_depth_m": 0.0,
        },
        "failures": [
            {"kind": "sewer.blocked", "ended_s": 60.0, "manholes_surcharged": ["M1", "M2"]},
            {"kind": "sewer.pump_stopped", "ended_s": None, "manholes_surcharged": ["M2"]},
            {"kind": "gas.leaking", "ended_s": None, "manholes_surcharged": []},
        ],
    }
    told = (
        "Sewer     1 conduit blocked, 1 pump stopped; 2 manholes surcharged to the ground, 1 in order again"
    )
    assert summary_lines(summary) == [told]
    wet = {**summary, "water": {**water, "rain_m3": 5.0}}
    assert [line.split()[0] for line in summary_lines(wet)] == ["Water", "Flooding", "Sewer"]
    exact = "5 m³ of rain, mass error 0 units on the surface, 0 in the handover to the sewer"
    assert summary_lines(wet)[0] == f"Water     {exact}"
    routed = {**wet, "water": {**wet["water"], "relative_error": {"whole": 8.25e-4}}}
    assert summary_lines(routed)[0] == f"Water     {exact}; 0.083 % of all water by SWMM's own routing"


def test_people_without_water_are_people_in_the_terminal_too() -> None:
    supply = {"escaped_to_street_m3": 1.0, "most_customers_out": 3429.0, "customers_out_hours": 7838.0}
    (line,) = summary_lines({"supply": supply})
    assert "3,429 people without water, 7,838 person hours" in line


def test_the_terminal_says_both() -> None:
    summary = {"alarms": summarize_alarms(log()), "lifelines": summarize_lifelines(log())}
    lines = summary_lines(summary)
    assert lines[0].startswith("Lifelines 2 failures, 1 mended by crews, 0 passed by themselves, 1 open, 1 ")
    assert lines[1].startswith("Alarms    2 published (1 of level 1, 1 of level 2")
