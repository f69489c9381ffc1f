"""Discovery counted by hand."""

import pytest

from cim_models.events import Event
from cim_models.values import ValueKind
from scenarios.summary.discovery import summarize_discovery


def event(number: int, t_s: float, kind: str, cause: int | None = None, **data: object) -> Event:
    """An event of a log."""
    return Event(number, t_s, kind, f"S-{number}", cause, ValueKind.SIMULATED, data)


def test_only_reports_caused_by_a_matter_find_it() -> None:
    found = summarize_discovery(
        [
            event(1, 0.0, "matter.appeared"),
            event(2, 10.0, "matter.appeared"),
            event(3, 20.0, "matter.appeared"),
            event(4, 60.0, "report.made", 1, channel="patrol"),
            event(5, 70.0, "report.made", 1, channel="citizen"),
            event(6, 110.0, "report.made", 2, channel="citizen"),
            event(7, 120.0, "report.made", None, channel="patrol"),
            event(8, 200.0, "matter.gone", 1, how="handled"),
            event(9, 300.0, "matter.gone", 3, how="by itself"),
        ]
    )
    assert found is not None
    shares = {entry["id"]: entry["value"] for entry in found["indicators"]}
    assert shares["discovery_rate"] == pytest.approx(2 / 3)
    assert shares["discovery_rate_patrol"] == pytest.approx(1 / 3)
    assert shares["discovery_rate_citizen"] == pytest.approx(1 / 3)
    assert found["time_to_discovery_s"]["mean"] == pytest.approx(80.0)
    assert (found["handled"], found["gone_by_itself"]) == (1, 1)


def test_a_run_without_matters_says_nothing() -> None:
    assert summarize_discovery([event(1, 0.0, "report.made", None, channel="patrol")]) is None
