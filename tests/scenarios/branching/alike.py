"""Whether two runs are the same, byte for byte where it matters."""

from typing import Any

import numpy as np

from scenarios.runfolder import RunFolder


def plain(summary: dict[str, Any] | None) -> dict[str, Any]:
    """Return a summary without what the wall clock says."""
    assert summary is not None
    timeless = {key: value for key, value in summary["performance"].items() if key not in ("wall_s", "speed")}
    return {**summary, "performance": timeless}


def assert_same_run(one: RunFolder, other: RunFolder) -> None:
    """Compare event log, every frame, rasters, readings and summary."""
    assert one.event_log_hash() == other.event_log_hash()
    assert one.meta["event_log_hash"] == other.meta["event_log_hash"] == one.event_log_hash()
    frames, others = one.frames(), other.frames()
    assert np.array_equal(frames.times_s, others.times_s)
    for index in range(len(frames)):
        assert np.array_equal(frames.depth(index), others.depth(index)), index
        assert np.array_equal(frames.road_depth(index), others.road_depth(index)), index
    for field in frames.rasters:
        assert np.array_equal(
            frames.raster(field.name), others.raster(field.name), equal_nan=field.dtype.startswith("f")
        ), field.name
    assert one.readings().equals(other.readings())
    assert plain(one.summary) == plain(other.summary)
