"""Locating: reports that do not say where are kept until somebody does, or settled by telephone."""

from collections.abc import Callable
from dataclasses import replace

from agents.reports import Report
from agents.world import World

CALL_BACK_MIN = (5.0, 10.0, 20.0)
"""Least, most likely and longest time until the desk has called back, min; own assumption."""

SAME_REPORTER_S = 3600.0
"""A report without a place belongs to the next one with a place of its reporter and class within this
time, s; own assumption."""

Filer = Callable[[Report, str, int], None]
"""Who takes a report with a place on: the report, its id, and the id of the event that told the place."""


class Locator:
    """Keeps the reports without a place.

    The place is that of the road which the report names; else that of the next report of the same class
    from the same reporter; else what the caller says when the desk calls back. A report whose place cannot
    be found out is settled at the desk, and no crew goes.

    Parameters
    ----------
    world
        Surroundings.
    file
        Who takes a report on once its place is known.
    """

    def __init__(self, world: World, file: Filer) -> None:
        self.world = world
        self.file = file
        self.held: dict[str, tuple[Report, int, float]] = {}

    def complete(self, report: Report) -> Report:
        """Give a report the place of the road that it names, where it has none of its own."""
        road = self.world.places.road_by_id.get(report.road)
        if report.is_located or road is None:
            return report
        return replace(report, x=road.x, y=road.y)

    def hold(self, report: Report, report_id: str, cause: int) -> None:
        """Keep a report without a place, and call back."""
        wait_s = 60.0 * self.world.draws("call back").triangular(*CALL_BACK_MIN, report_id)
        event = self.world.log("report.held", report_id, cause, until_s=round(self.world.now_s + wait_s, 3))
        self.held[report_id] = report, event, self.world.now_s
        self.world.env.after(wait_s, self._call_back, report_id)

    def claim(self, report: Report, cause: int) -> None:
        """Let a report with a place tell where earlier ones of its reporter and class belong."""
        if not report.reporter or not self.held:
            return
        for report_id, (held, _, since_s) in list(self.held.items()):
            is_same = (held.reporter, held.class_code) == (report.reporter, report.class_code)
            if is_same and self.world.now_s - since_s <= SAME_REPORTER_S:
                self._locate(report_id, (report.x, report.y), "a later report", cause)

    def _call_back(self, report_id: str) -> None:
        if report_id not in self.held:
            return
        report, event, _ = self.held[report_id]
        if report.answer is not None:
            self._locate(report_id, report.answer, "a call back", event)
            return
        del self.held[report_id]
        self.world.log("report.settled", report_id, event, reason="nobody could say where")

    def _locate(self, report_id: str, place: tuple[float, float], how: str, cause: int) -> None:
        report, _, _ = self.held.pop(report_id)
        x, y = place
        event = self.world.log("report.located", report_id, cause, x=x, y=y, how=how)
        self.file(replace(report, x=x, y=y), report_id, event)
