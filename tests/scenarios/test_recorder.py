"""What the recorder counts is what the frames hold."""

from pathlib import Path

import numpy as np
import pytest

from cim_models.city import City
from scenarios.recorder import Recorder
from scenarios.runfolder import RunFolder, RunWriter


class StillWater:
    """Water that stands as it was given, and on no road."""

    def __init__(self, depth: np.ndarray, roads: int) -> None:
        self._depth, self._roads = depth.astype(np.float32), roads

    def publish_depth(self) -> np.ndarray:
        return self._depth

    def road_depth(self) -> np.ndarray:
        return np.zeros(self._roads)

    def flood_fields(self) -> dict[str, np.ndarray]:
        return {"max_depth": self._depth, "time_of_max_s": np.zeros(self._depth.shape, np.float32)}


def test_an_area_is_counted_by_the_whole_millimetres_of_the_frame(tiny_city: City, tmp_path: Path) -> None:
    depth = np.zeros(tiny_city.terrain.shape)
    depth[0, :5] = 0.1494, 0.1496, 0.1500, 0.2996, 0.4999
    meta = {"scenario": {"name": "still"}, "start": "2026-06-18T17:00:00+08:00", "duration_s": 60.0}
    roads = len(tiny_city.layers["roads"])
    with RunWriter(tmp_path / "run", meta, depth.shape, roads) as run:
        Recorder(tiny_city, StillWater(depth, roads), run).frame(0.0)
        run.finish(60.0, {})
    folder = RunFolder(tmp_path / "run")
    frame_mm = folder.frames().depth(0)
    readings = folder.readings("city").set_index("quantity")["value"]
    cell_m2 = tiny_city.terrain.cell_size_m**2
    for name, limit_mm, cells in (("015", 150, 4), ("030", 300, 2), ("050", 500, 1)):
        assert (frame_mm >= limit_mm).sum() == cells
        assert readings[f"flooded_area_{name}"] == pytest.approx(cells * cell_m2)
