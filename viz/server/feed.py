"""What the browser asks of a run: status, frames, events, readings; finished or still growing."""

from __future__ import annotations

import threading
import uuid
import zlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cim_models.errors import RunFolderError
from cim_models.events import Event
from scenarios.phrasebook import in_language
from scenarios.runfolder import FrameReader, RunFolder
from viz.layers import colours, images
from viz.layers.projection import Projector
from viz.server.citypack import CityPack, pack_city
from viz.server.readings import GrowingReadings

EVENTS_A_TIME = 4000
FRAMES_KEPT = 256
WAYS_BACK_S = 900.0
"""Ways are sent again from so long before the last reading, s: they are written a reading at a time."""


class RunFeed:
    """Serve one run folder to any number of browsers.

    Parameters
    ----------
    path
        The run folder.

    Raises
    ------
    RunFolderError
        If it is no run folder.
    """

    def __init__(self, path: Path | str) -> None:
        self._run = RunFolder(path)
        self._lock = threading.Lock()
        self._frames: FrameReader | None = None
        self._complete = False
        self._readings = GrowingReadings(self._run.path)
        self._boot = uuid.uuid4().hex[:12]
        self.frame = lru_cache(maxsize=FRAMES_KEPT)(self._frame)

    @cached_property
    def _pack(self) -> CityPack:
        return pack_city(self._run.city())

    @property
    def city(self) -> CityPack:
        """The packed city, made at the first call; later calls wait for it."""
        with self._lock:
            return self._pack

    @cached_property
    def _project(self) -> Projector:
        return self.city.scene.project

    def warm_up(self) -> None:
        """Pack the city in the background, so that the first browser need not wait for it."""
        threading.Thread(target=lambda: self.city, name="city-pack", daemon=True).start()

    def status(self) -> dict[str, Any]:
        """How far the run is: what it is called, its start, length and state, whether its rules are own."""
        meta = self._run.meta
        scenario = meta.get("scenario") or {}
        return {
            "boot": self._boot,
            "run": str(meta.get("created", "")),
            "name": self._run.path.resolve().name,
            "scenario": {key: scenario.get(key) for key in ("name", "title")},
            "own_rules": bool((scenario.get("alarms") or {}).get("rules")),
            "seed": meta.get("seed"),
            "status": meta["status"],
            "start": meta.get("start"),
            "duration_s": meta.get("duration_s"),
            "error": meta.get("error"),
            "versions": meta.get("versions", {}),
        }

    def updates(self, frames: int, event: int, readings_s: float) -> dict[str, Any]:
        """Everything that is new since the browser last asked.

        Parameters
        ----------
        frames
            How many frames the browser knows of.
        event
            Id of the last event it has.
        readings_s
            Simulated time of the last reading it has, s; that time is sent again, because some of its
            readings may have been missing.
        """
        status = self.status()
        times = self._times(status["status"] != "running")
        events = self._events(event)
        return {
            "status": status,
            "times_s": times[frames:],
            "events": [self._event(item) for item in events],
            "more": len(events) == EVENTS_A_TIME,
            "readings": self._readings.after(readings_s),
            "ways": self._ways(readings_s - WAYS_BACK_S),
        }

    def _ways(self, after_s: float) -> dict[str, list[list[float]]]:
        """Where patrollers were: longitude, latitude, time and row of the road that they came by, by id."""
        found = {}
        for name, way in self._readings.ways_after(after_s).items():
            points = np.asarray(way)
            lon_lat = np.round(self._project.lon_lat(points[:, 1], points[:, 2]), 7)
            found[name] = [
                [*place, t_s, road]
                for place, t_s, road in zip(
                    lon_lat.tolist(), points[:, 0].tolist(), self._roads_between(points[:, 1:]), strict=True
                )
            ]
        return found

    @cached_property
    def _road_tree(self) -> shapely.STRtree | None:
        roads = self.city.scene.city.layer("roads")
        return None if roads is None or roads.empty else shapely.STRtree(roads.geometry.to_numpy())

    def _roads_between(self, points: NDArray[np.float64]) -> list[int]:
        """Row of the road nearest to the middle between each place and the one before; -1 for the first."""
        if self._road_tree is None or len(points) < 2:
            return [-1] * len(points)
        middle = 0.5 * (points[1:] + points[:-1])
        return [-1, *map(int, np.atleast_1d(self._road_tree.nearest(shapely.points(middle))))]

    def _times(self, ended: bool) -> list[float]:
        try:
            if self._frames is None:
                self._frames = self._run.frames()
            elif not ended or len(self._frames) == 0:
                self._frames.refresh()
            else:
                self._refresh_once()
        except RunFolderError:  # a run that has only just begun has no frames yet
            return []
        return [float(time) for time in self._frames.times_s]

    def _refresh_once(self) -> None:
        """Look for the last frames of a run that has ended since; then never again."""
        if not self._complete and self._frames is not None:
            self._frames.refresh()
            self._complete = True

    def _events(self, after: int) -> list[Event]:
        try:
            return self._run.events(after_id=after, limit=EVENTS_A_TIME)
        except RunFolderError:  # a run that has only just begun has no log yet
            return []

    def _event(self, event: Event) -> list[Any]:
        """One event as a row: id, time, kind, subject, cause, value kind, data in lon and lat."""
        data = self._geographic(event.data)
        return [event.id, event.t_s, event.kind, event.subject, event.cause, event.value_kind.value, data]

    def _geographic(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Replace x, y and paths by longitude and latitude; a reason is said in Chinese, too."""
        plain = {key: value for key, value in data.items() if key not in {"x", "y", "path", "line"}}
        if data.get("reason"):
            plain["reason_zh"] = in_language(str(data["reason"]), "zh")
        if data.get("x") is not None and data.get("y") is not None:
            plain["lon_lat"] = np.round(self._project.lon_lat(data["x"], data["y"]), 7).tolist()
        line = data.get("line")
        if line:
            points = np.asarray(line, dtype=float)
            plain["line"] = np.round(self._project.lon_lat(points[:, 0], points[:, 1]), 7).tolist()
        path = data.get("path")
        if path:
            points = np.asarray(path, dtype=float)
            lon_lat = self._project.lon_lat(points[:, 0], points[:, 1])
            plain["path"] = [
                [round(lon, 7), round(lat, 7), t]
                for (lon, lat), t in zip(lon_lat.tolist(), points[:, 2].tolist(), strict=True)
            ]
        return plain

    def _frame(self, index: int) -> bytes:
        """One depth frame for the browser: deflated depth codes, then road depths as uint16 mm.

        Raises
        ------
        IndexError
            If there is no such frame (yet).
        """
        if self._frames is None:
            raise IndexError(index)
        depth = self._frames.depth(index)
        codes = colours.depth_code(images.block_maximum(depth, images.reduction(depth.shape)))
        roads = self._frames.road_depth(index).astype("<u2")
        return zlib.compress(codes.tobytes() + roads.tobytes(), 1)
