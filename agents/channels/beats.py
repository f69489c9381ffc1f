"""Beats: the streets of a patrol grid, and the rounds that cover all of them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

from agents.draws import Draws
from agents.places import RoadPlace

DETOUR = 1.3
"""Way along streets outside a grid over the straight distance, between two parts of it; own assumption."""

_MOST_ROUNDS = 256


@dataclass(frozen=True, slots=True)
class RoundLeg:
    """One street of a round, or a way outside the grid.

    Parameters
    ----------
    road
        The street; None on the way to another part of the grid.
    start, end
        Ids of the junctions.
    from_m, length_m
        Where on the round it begins, and its length, m.
    """

    road: RoadPlace | None
    start: str
    end: str
    from_m: float
    length_m: float

    def passes_m(self, along_m: float) -> float:
        """Distance on the round at which a point of the street is passed, m.

        Parameters
        ----------
        along_m
            The point's distance from the street's first vertex, m.
        """
        assert self.road is not None
        ahead = along_m if self.start == self.road.end_names[0] else self.length_m - along_m
        return self.from_m + ahead


Step = RoadPlace | tuple[str, float]
"""A street, or the end and the length, m, of a way between two parts of a grid."""


class Round:
    """A way over streets of a grid, leg by leg.

    Legs are laid out when somebody asks for them: a saved state holds hundreds of rounds, and most are not
    looked at for hours.

    Parameters
    ----------
    start
        Id of the junction where it begins.
    steps
        In order.
    """

    def __init__(self, start: str, steps: Sequence[Step]) -> None:
        self.start = start
        self.steps = tuple(steps)

    def __reduce__(self) -> tuple[Any, ...]:
        return Round, (self.start, self.steps)

    @cached_property
    def legs(self) -> tuple[RoundLeg, ...]:
        """Legs in order."""
        legs: list[RoundLeg] = []
        place, done_m = self.start, 0.0
        for step in self.steps:
            road, far, length_m = (
                (None, *step) if isinstance(step, tuple) else (step, _other_end(step, place), step.length_m)
            )
            legs.append(RoundLeg(road, place, far, done_m, length_m))
            place, done_m = far, done_m + length_m
        return tuple(legs)

    @property
    def length_m(self) -> float:
        """Length of the whole way, m."""
        return self.legs[-1].from_m + self.legs[-1].length_m if self.legs else 0.0

    @cached_property
    def passes(self) -> Mapping[str, Sequence[int]]:
        """Indices of the legs along each street, by its id."""
        passes: dict[str, list[int]] = {}
        for index, leg in enumerate(self.legs):
            if leg.road is not None:
                passes.setdefault(leg.road.id, []).append(index)
        return passes

    @cached_property
    def _from_m(self) -> Sequence[float]:
        return [leg.from_m for leg in self.legs]

    def leg_at(self, distance_m: float) -> int:
        """Index of the leg on which somebody is who has walked so far."""
        return max(bisect_right(self._from_m, distance_m) - 1, 0)

    def legs_between(self, after_m: float, until_m: float) -> range:
        """Return the indices of the legs walked, in part or whole, between two distances on the round, m."""
        return range(self.leg_at(after_m), self.leg_at(until_m) + 1)


class Beat:
    """The streets of one patrol grid and how they meet.

    Parameters
    ----------
    grid
        Id of the patrol grid.
    roads
        Its streets.
    """

    def __init__(self, grid: str, roads: Sequence[RoadPlace]) -> None:
        self.grid = grid
        self.roads = tuple(roads)
        self._rounds: dict[tuple[str, frozenset[str], int], Round] = {}
        self._rank: dict[int, dict[str, float]] = {}

    def __getstate__(self) -> tuple[Any, ...]:
        return self.grid, self.roads, self._rounds  # ranks are drawn again when they are needed

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        grid, roads, rounds = state
        Beat.__init__(self, grid, roads)
        self._rounds = rounds

    @cached_property
    def at(self) -> Mapping[str, Sequence[RoadPlace]]:
        """Streets at each junction."""
        at: dict[str, dict[str, RoadPlace]] = {}
        for road in self.roads:
            for name in road.end_names:
                at.setdefault(name, {})[road.id] = road
        return {name: [*roads.values()] for name, roads in at.items()}

    @cached_property
    def xy(self) -> Mapping[str, tuple[float, float]]:
        """Place of each junction, m."""
        return {name: xy for road in self.roads for name, xy in zip(road.end_names, road.ends, strict=True)}

    def round_from(self, junction: str, shut: frozenset[str], lane: int, draws: Draws) -> Round:
        """Return a round from a junction over every street that can be reached, and back.

        At each junction a street that has not been walked yet comes first, else the way to the nearest
        one. Which of several comes first is chance, another one for each patroller of a grid.

        Parameters
        ----------
        junction
            Where it begins and ends.
        shut
            Ids of streets to keep out of.
        lane
            Number of the patroller within the grid.
        draws
            Random numbers of the patrols.
        """
        key = (junction, shut, lane)
        if key not in self._rounds:
            if len(self._rounds) >= _MOST_ROUNDS:
                self._rounds.clear()
            if lane not in self._rank:
                luck = draws.of("beat", self.grid, lane).random(len(self.roads)).tolist()
                self._rank[lane] = dict(zip((road.id for road in self.roads), luck, strict=True))
            self._rounds[key] = Round(junction, self._walk(junction, shut, self._rank[lane]))
        return self._rounds[key]

    def _walk(self, first: str, shut: frozenset[str], rank: dict[str, float]) -> list[Step]:
        steps: list[Step] = []
        left = {road.id for road in self.roads} - shut
        place = first
        while left or place != first:
            way = self._way(place, left, first, shut, rank)
            if not way:  # in another part of the grid
                goals = {end for road in self.roads if road.id in left for end in road.end_names} or {first}
                place, distance_m = self._nearest(place, goals)
                steps.append((place, distance_m))
            for road in way:
                place = _other_end(road, place)
                left.discard(road.id)
            steps += way
        return steps

    def _way(
        self, start: str, wanted: set[str], home: str, shut: frozenset[str], rank: dict[str, float]
    ) -> tuple[RoadPlace, ...]:
        """Streets to walk to and through the nearest wanted one, or home when none is wanted any more.

        None where no way leads there.
        """
        queue: list[tuple[float, float, str, tuple[RoadPlace, ...]]] = [(0.0, 0.0, start, ())]
        seen: set[str] = set()
        while queue:
            distance_m, _, place, way = heappop(queue)
            if place in seen:
                continue
            seen.add(place)
            if not wanted and place == home:
                return way
            roads = sorted((road for road in self.at[place] if road.id not in shut), key=lambda r: rank[r.id])
            for road in roads:
                if road.id in wanted:
                    return (*way, road)
            for road in roads:
                reached_m = distance_m + road.length_m
                heappush(queue, (reached_m, rank[road.id], _other_end(road, place), (*way, road)))
        return ()

    def _nearest(self, place: str, goals: set[str]) -> tuple[str, float]:
        x, y = self.xy[place]
        reach = sorted((((self.xy[e][0] - x) ** 2 + (self.xy[e][1] - y) ** 2) ** 0.5, e) for e in goals)
        distance_m, far = reach[0]
        return far, max(DETOUR * distance_m, 1.0)


def beats(roads: Sequence[RoadPlace], grids: Sequence[str] | None) -> list[Beat]:
    """Make the beats of the named grids, or of all, sorted by grid."""
    by_grid: dict[str, list[RoadPlace]] = {}
    for road in roads:
        if road.patrol_grid and (grids is None or road.patrol_grid in grids):
            by_grid.setdefault(road.patrol_grid, []).append(road)
    return [Beat(grid, by_grid[grid]) for grid in sorted(by_grid)]


def _other_end(road: RoadPlace, junction: str) -> str:
    start, end = road.end_names
    return end if start == junction else start
