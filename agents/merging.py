"""Merging: which open case a report belongs to."""

from agents.cases import Case
from agents.reports import Report


class OpenCases:
    """Open cases, found by class and place.

    Parameters
    ----------
    distance_m
        Reports within this distance of a case, or on the same road, belong to it.
    time_s
        Unless its last report is older than this.
    """

    def __init__(self, distance_m: float, time_s: float) -> None:
        self._distance_m = distance_m
        self._time_s = time_s
        self._by_cell: dict[tuple[str, int, int], dict[str, Case]] = {}
        self._by_road: dict[tuple[str, str], dict[str, Case]] = {}

    def add(self, case: Case) -> None:
        """Make a case findable."""
        self._by_cell.setdefault(self._cell(case.class_code, case.x, case.y), {})[case.id] = case
        if case.road:
            self._by_road.setdefault((case.class_code, case.road), {})[case.id] = case

    def remove(self, case: Case) -> None:
        """Forget a case; one that is not there is ignored."""
        self._by_cell.get(self._cell(case.class_code, case.x, case.y), {}).pop(case.id, None)
        self._by_road.get((case.class_code, case.road), {}).pop(case.id, None)

    def find(self, report: Report, road: str, now_s: float) -> Case | None:
        """Return the case that a report belongs to, the nearest first, or None.

        Parameters
        ----------
        report
            What was reported.
        road
            Id of the road it is about; empty for none.
        now_s
            Time of the report, s.
        """
        best: tuple[float, str] | None = None
        found = None
        for case in self._candidates(report, road):
            distance = ((case.x - report.x) ** 2 + (case.y - report.y) ** 2) ** 0.5
            same_road = bool(road) and case.road == road
            if now_s - case.last_report_s > self._time_s or not (same_road or distance <= self._distance_m):
                continue
            if best is None or (distance, case.id) < best:
                best, found = (distance, case.id), case
        return found

    def _candidates(self, report: Report, road: str) -> list[Case]:
        code, col, row = self._cell(report.class_code, report.x, report.y)
        near = list(self._by_road.get((code, road), {}).values()) if road else []
        for d_col in (-1, 0, 1):
            for d_row in (-1, 0, 1):
                near.extend(self._by_cell.get((code, col + d_col, row + d_row), {}).values())
        return near

    def _cell(self, code: str, x: float, y: float) -> tuple[str, int, int]:
        return code, int(x // self._distance_m), int(y // self._distance_m)
