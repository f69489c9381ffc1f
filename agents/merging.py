"""Merging: which open case a report belongs to, and which closed one it opens again."""

from collections import deque
from collections.abc import Collection
from typing import Any

import numpy as np

from agents.cases import Case
from agents.columns import Mass
from agents.reports import Report


class OpenCases:
    """Open cases, found by class and place.

    Parameters
    ----------
    distance_m
        Reports within this distance of a case, or on the same road, belong to it.
    time_s
        Unless its last report is older than this; that of a closed case no longer matters.

    Where both say about which watched structure they are, that alone decides: neither place nor time do.
    """

    def __init__(self, distance_m: float, time_s: float) -> None:
        self.distance_m = distance_m
        self._width_m = 2.0 * distance_m
        self._time_s = time_s
        self._by_cell: dict[tuple[str, int, int], dict[str, Case]] = {}
        self._by_road: dict[tuple[str, str], dict[str, Case]] = {}

    def __getstate__(self) -> tuple[float, float, list[Case]]:
        cases = Mass(case for here in self._by_cell.values() for case in here.values())
        return self.distance_m, self._time_s, cases

    def __setstate__(self, state: tuple[float, float, list[Case]]) -> None:
        distance_m, time_s, cases = state
        OpenCases.__init__(self, distance_m, time_s)
        for case in cases:
            self.add(case)

    def add(self, case: Case) -> None:
        """Make a case findable."""
        self._by_cell.setdefault(self._cell(case.class_code, case.x, case.y), {})[case.id] = case
        if case.road:
            self._by_road.setdefault((case.class_code, case.road), {})[case.id] = case

    def remove(self, case: Case) -> None:
        """Forget a case; one that is not there is ignored."""
        _take_out(self._by_cell, self._cell(case.class_code, case.x, case.y), case.id)
        _take_out(self._by_road, (case.class_code, case.road), case.id)

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
            if not self._is_same(case, report, road, distance, now_s):
                continue
            if best is None or (distance, case.id) < best:
                best, found = (distance, case.id), case
        return found

    def _is_same(self, case: Case, report: Report, road: str, distance_m: float, now_s: float) -> bool:
        if report.structure and case.structure:
            return report.structure == case.structure
        is_here = (bool(road) and case.road == road) or distance_m <= self.distance_m
        return is_here and (case.last_report_s is None or now_s - case.last_report_s <= self._time_s)

    def _candidates(self, report: Report, road: str) -> list[Case]:
        code, x, y, reach, width = report.class_code, report.x, report.y, self.distance_m, self._width_m
        near = list(self._by_road.get((code, road), {}).values()) if road else []
        # cells are as wide as the circle around the report, which so touches two by two at most
        rows = range(int((y - reach) // width), int((y + reach) // width) + 1)
        for col in range(int((x - reach) // width), int((x + reach) // width) + 1):
            for row in rows:
                here = self._by_cell.get((code, col, row))
                if here:
                    near.extend(here.values())
        return near

    def _cell(self, code: str, x: float, y: float) -> tuple[str, int, int]:
        return code, int(x // self._width_m), int(y // self._width_m)


def _take_out[K](index: dict[K, dict[str, Case]], key: K, name: str) -> None:
    """Take a case out of an index, and its place with it when it was the last there."""
    here = index.get(key)
    if here is not None:
        here.pop(name, None)
        if not here:
            del index[key]


class ClosedCases:
    """Cases closed not long ago, found by class and place.

    Parameters
    ----------
    water_code
        Class whose matters come back to the same street; others come back to the same spot.
    distance_m
        What counts as the same spot, m.
    within_s
        For how long a closed case is kept, s.
    """

    def __init__(self, water_code: str, distance_m: float, within_s: float) -> None:
        self._water_code = water_code
        self._within_s = within_s
        self._cases = OpenCases(max(distance_m, 1.0), float("inf"))
        self._closed_s: dict[str, float] = {}
        self._closed: deque[tuple[float, Case]] = deque()

    def __getstate__(self) -> tuple[Any, ...]:
        kept = [(t_s, case) for t_s, case in self._closed if self._closed_s.get(case.id) == t_s]
        times, cases = np.array([t_s for t_s, _ in kept]), Mass(case for _, case in kept)
        return self._water_code, self._cases.distance_m, self._within_s, times, cases

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        water_code, distance_m, within_s, times, cases = state
        ClosedCases.__init__(self, water_code, distance_m, within_s)
        for t_s, case in zip(times.tolist(), cases, strict=True):
            self._keep(case, t_s)

    def add(self, case: Case, now_s: float) -> None:
        """Keep a case that has just been closed."""
        self._forget(now_s)
        self._keep(case, now_s)

    def remove(self, case: Case) -> None:
        """Forget a case."""
        self._closed_s.pop(case.id, None)
        self._cases.remove(case)

    def kept(self, now_s: float) -> Collection[str]:
        """Return the ids of the cases that may be opened again."""
        self._forget(now_s)
        return self._closed_s.keys()

    def find(self, report: Report, road: str, now_s: float) -> Case | None:
        """Return the closed case whose matter a report says has come back, or None."""
        self._forget(now_s)
        return self._cases.find(report, road if report.class_code == self._water_code else "", now_s)

    def _keep(self, case: Case, closed_s: float) -> None:
        self._closed.append((closed_s, case))
        self._closed_s[case.id] = closed_s
        self._cases.add(case)

    def _forget(self, now_s: float) -> None:
        while self._closed and now_s - self._closed[0][0] > self._within_s:
            closed_s, case = self._closed.popleft()
            if self._closed_s.get(case.id) == closed_s:  # not opened again since
                self.remove(case)
