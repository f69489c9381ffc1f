"""Turn depths into events: a street floods or drains, a manhole overflows or recovers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from scenarios.storylog import StoryLog

THRESHOLDS_M = (0.15, 0.30, 0.50)
SEWER_REACH_M = 40.0
"""An overflowing manhole this near to a road counts as the cause of its flooding, m."""
SPRING_REACH_M = 100.0
"""A broken main this near to a road counts as the cause of its flooding even in rain, m; own assumption."""
PATH_REACH_M = 6.0
"""So does one whose water, on its way downhill, comes this near, m; own assumption."""
_POINT_EVERY_M = 5.0
GULLY_REACH_M = 15.0
"""A gully blocked in the course of the run counts as the cause of a road's flooding this near to it, m; own
assumption."""
ORDER_REACH_M = 80.0
"""An order carried out this near to a road counts as the cause of its draining, m."""


@dataclass(frozen=True, slots=True)
class WatchedRoads:
    """Road segments to watch: ids, and the vertices of each, shape (n, 2), m."""

    ids: Sequence[str]
    vertices: Sequence[NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class WatchedNodes:
    """Sewer nodes to watch: ids, places, shape (nodes, 2), m, and ground elevation, m."""

    ids: Sequence[str]
    xy: NDArray[np.float64]
    ground_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spring:
    """A broken main whose water comes up: its event, its place, m, and where its water runs, (n, 2), m."""

    event: int
    x: float
    y: float
    path: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FloodBands:
    """When water counts as gone, so that what swings about a limit is one event; own assumptions.

    Parameters
    ----------
    drained_share
        A road must fall below this share of the threshold that it was flooded above, 0 to 1.
    settle_s
        So long a road must stay there, and a manhole must not overflow, s, >= 0. Heads in a full sewer swing
        about the cover with periods of half a minute to two minutes, as water goes up and down.
    """

    drained_share: float = 0.8
    settle_s: float = 300.0


class _Settling:
    """Since when each of some things has been quiet, s; inf for those that are not."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.since_s = np.full(shape, np.inf)

    def look(self, t_s: float, quiet: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Take down what is quiet now, and return what was not so before."""
        fresh: NDArray[np.bool_] = quiet & np.isinf(self.since_s)
        self.since_s = np.where(quiet, np.minimum(self.since_s, t_s), np.inf)
        return fresh

    def settled(self, t_s: float, settle_s: float) -> NDArray[np.bool_]:
        """Return what has been quiet for so long, s."""
        settled: NDArray[np.bool_] = t_s - self.since_s >= settle_s
        return settled


class FloodWatch:
    """Watch roads and sewer nodes and write an event at each crossing, with hysteresis.

    Parameters
    ----------
    roads, nodes
        What to watch.
    log
        Where events go.
    bands
        When water counts as gone.

    Attributes
    ----------
    springs
        Broken mains whose water comes up, or did not long ago.
    dammed
        Event of what dams the water at each node, by row, where something does.
    ended
        Event that ended a failure, by the event with which that began.
    blocked
        Event and place, m, of the gullies that were blocked in the course of the run.
    """

    def __init__(
        self, roads: WatchedRoads, nodes: WatchedNodes, log: StoryLog, bands: FloodBands | None = None
    ) -> None:
        self._roads, self._nodes, self._log = roads, nodes, log
        self._bands = bands or FloodBands()
        self._flooded = np.zeros((len(THRESHOLDS_M), len(roads.ids)), dtype=bool)
        self.surcharged = np.zeros(len(nodes.ids), dtype=bool)
        self._draining = _Settling(self._flooded.shape)
        self._receding = _Settling(self.surcharged.shape)
        self._flood_event: dict[tuple[int, int], tuple[int, float]] = {}
        self._surcharge_event: dict[int, int] = {}
        self._dammed_by: dict[int, int | None] = {}
        self._mended: dict[int, int | None] = {}
        self._flooded_by: dict[int, int | None] = {}
        self._news: list[tuple[str, str, int]] = []
        self.springs: Sequence[Spring] = ()
        self._points: dict[int, NDArray[np.float64]] = {}
        self.dammed: Mapping[int, int] = {}
        self.ended: Mapping[int, int] = {}
        self.blocked: Sequence[tuple[int, float, float]] = ()
        self._relief: dict[int, int] = {}
        self._near_nodes = _nodes_near(roads, nodes)

    def watch_sewer(
        self,
        t_s: float,
        surcharged: NDArray[np.bool_],
        head_m: NDArray[np.float64],
        rain_event: int | None,
    ) -> None:
        """Compare which manholes overflow with which did before.

        Parameters
        ----------
        t_s
            Simulated time, s.
        surcharged
            Whether each node overflows now.
        head_m
            Head at each node, m.
        rain_event
            Event of the rain that is falling or fell last, the cause of an overflow.
        """
        for node in _where(surcharged & ~self.surcharged):
            ground_m = float(self._nodes.ground_m[node])
            data = {"head_m": round(float(head_m[node]), 3), "ground_m": round(ground_m, 3)}
            spring = self._spring_near(self._nodes.xy[node : node + 1], in_rain=False)
            cause = self.dammed.get(node) or rain_event or spring
            event = self._note(t_s, "sewer.surcharged", self._nodes.ids[node], cause, data)
            self._surcharge_event[node], self._dammed_by[event] = event, cause
        for node in _where(self._receding.look(t_s, self.surcharged & ~surcharged)):
            # what was mended only after the water had fallen is not why it fell
            self._mended[node] = self.ended.get(self._dammed_by[self._surcharge_event[node]] or 0)
        over = self._receding.settled(t_s, self._bands.settle_s)
        for node in _where(over):
            self._recover(t_s, node, float(head_m[node]))
        self.surcharged = (self.surcharged | surcharged) & ~over

    def watch_roads(self, t_s: float, depth_m: NDArray[np.float64], rain_event: int | None) -> None:
        """Compare road depths with the thresholds; see `watch_sewer`."""
        for level, threshold_m in enumerate(THRESHOLDS_M):
            above = depth_m >= threshold_m
            for road in _where(above & ~self._flooded[level]):
                self._flood(t_s, road, level, float(depth_m[road]), rain_event)
        low_m = self._bands.drained_share * np.array(THRESHOLDS_M)[:, np.newaxis]
        self._draining.look(t_s, self._flooded & (depth_m < low_m))
        over = self._draining.settled(t_s, self._bands.settle_s)
        for level in reversed(range(len(THRESHOLDS_M))):
            for road in _where(over[level]):
                self._drain(t_s, road, level, float(depth_m[road]))

    def take_news(self) -> list[tuple[str, str, int]]:
        """Hand out kind, subject and id of the events since the last call."""
        news, self._news = self._news, []
        return news

    def state(self) -> dict[str, Any]:
        """Return all that a watch over the same roads and nodes needs to go on."""
        return {
            "flooded": self._flooded.copy(),
            "surcharged": self.surcharged.copy(),
            "draining": self._draining.since_s.copy(),
            "receding": self._receding.since_s.copy(),
            "flood_event": dict(self._flood_event),
            "surcharge_event": dict(self._surcharge_event),
            "dammed_by": dict(self._dammed_by),
            "flooded_by": dict(self._flooded_by),
            "mended": dict(self._mended),
            "relief": dict(self._relief),
            "news": list(self._news),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._flooded, self.surcharged = state["flooded"].copy(), state["surcharged"].copy()
        self._draining.since_s = state["draining"].copy()
        self._receding.since_s = state["receding"].copy()
        self._flood_event = dict(state["flood_event"])
        self._surcharge_event = dict(state["surcharge_event"])
        self._dammed_by, self._flooded_by = dict(state["dammed_by"]), dict(state["flooded_by"])
        self._mended, self._relief = dict(state["mended"]), dict(state["relief"])
        self._news = list(state["news"])

    def _recover(self, t_s: float, node: int, head_m: float) -> None:
        begun, mended = self._surcharge_event.pop(node), self._mended.pop(node)
        del self._dammed_by[begun]
        data = {"head_m": round(head_m, 3), "since_s": float(self._receding.since_s[node])}
        event = self._note(t_s, "sewer.relieved", self._nodes.ids[node], mended or begun, data)
        if mended is not None:
            self._relief[begun] = event

    def _flood(self, t_s: float, road: int, level: int, depth_m: float, rain_event: int | None) -> None:
        below = self._flood_event.get((road, level - 1))
        cause = below[0] if below else self._cause_near(road, rain_event)
        event = self._note(t_s, "road.flooded", self._roads.ids[road], cause, _road_data(depth_m, level))
        self._flood_event[road, level] = (event, t_s)
        self._flooded_by[event] = cause
        self._flooded[level, road] = True

    def _drain(self, t_s: float, road: int, level: int, depth_m: float) -> None:
        event, since_s = self._flood_event.pop((road, level))
        vertices = self._roads.vertices[road]
        x, y = vertices.mean(axis=0)
        reach_m = ORDER_REACH_M + float(np.hypot(*(vertices - (x, y)).T).max())
        cause = self._relief.get(self._flooded_by.pop(event) or 0)
        fallen_s = float(self._draining.since_s[level, road])
        cause = cause or self._log.order_near(float(x), float(y), reach_m, (since_s, fallen_s))
        data = _road_data(depth_m, level) | {"since_s": fallen_s}
        self._note(t_s, "road.drained", self._roads.ids[road], cause or event, data)
        self._flooded[level, road] = False

    def _cause_near(self, road: int, rain_event: int | None) -> int | None:
        """Event of what floods a road: a broken main, a manhole, a gully that was blocked, or the rain."""
        vertices = self._roads.vertices[road]
        spring = self._spring_near(self._points_of(road), in_rain=rain_event is not None)
        return spring or self._overflow_near(road) or self._blocked_near(vertices) or rain_event

    def _blocked_near(self, vertices: NDArray[np.float64]) -> int | None:
        """Event of the nearest gully that was blocked in the course of the run, within reach of a road."""
        found = [
            (float(np.hypot(vertices[:, 0] - x, vertices[:, 1] - y).min()), event)
            for event, x, y in self.blocked
        ]
        near = min(found, default=(np.inf, 0))
        return near[1] if near[0] <= GULLY_REACH_M else None

    def _spring_near(self, xy: NDArray[np.float64], *, in_rain: bool) -> int | None:
        """Event of the nearest broken main, in rain only of those within reach of any of the points."""
        found = []
        for spring in self.springs:
            away_m = float(np.hypot(xy[:, 0] - spring.x, xy[:, 1] - spring.y).min())
            path_m = float(np.min(cKDTree(spring.path).query(xy)[0])) if spring.path.size else np.inf
            if not in_rain or away_m <= SPRING_REACH_M or path_m <= PATH_REACH_M:
                found.append((min(away_m, path_m), spring.event))
        return min(found)[1] if found else None

    def _points_of(self, road: int) -> NDArray[np.float64]:
        """Points along a road, no farther apart than a few metres, shape (n, 2), m."""
        if road not in self._points:
            line = shapely.segmentize(shapely.LineString(self._roads.vertices[road]), _POINT_EVERY_M)
            self._points[road] = shapely.get_coordinates(line)
        return self._points[road]

    def _overflow_near(self, road: int) -> int | None:
        events = [
            self._surcharge_event[node] for node in self._near_nodes[road] if node in self._surcharge_event
        ]
        return min(events, default=None)

    def _note(self, t_s: float, kind: str, subject: str, cause: int | None, data: dict[str, float]) -> int:
        event = self._log.append(t_s, kind, subject, cause=cause, data=data)
        self._news.append((kind, subject, event))
        return event


def _where(mask: NDArray[np.bool_]) -> list[int]:
    return [int(index) for index in np.flatnonzero(mask)]


def _road_data(depth_m: float, level: int) -> dict[str, float]:
    return {"depth_m": round(depth_m, 3), "threshold_m": THRESHOLDS_M[level]}


def _nodes_near(roads: WatchedRoads, nodes: WatchedNodes) -> list[list[int]]:
    if not len(nodes.ids):
        return [[] for _ in roads.ids]
    tree = cKDTree(nodes.xy)
    near = [np.atleast_1d(tree.query_ball_point(vertices, SEWER_REACH_M)) for vertices in roads.vertices]
    return [sorted({node for group in groups.tolist() for node in group}) for groups in near]
