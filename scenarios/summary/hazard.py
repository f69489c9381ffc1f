"""Hazard: how much ground was dangerous to whom, how fast the water ran, when it came."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.runfolder import FrameReader
from twin.surface.hazard import aidr_ids, rating_classes


def summarize_hazard(frames: FrameReader, cell_area_m2: float) -> dict[str, Any] | None:
    """Say how much ground fell into each class of danger; None where the run does not record it.

    Returns
    -------
    ``rating_area_m2`` and ``aidr_area_m2`` by class, m2: ground whose worst moment was of that class;
    ``max_rating``, ``max_speed_m_s``, and ``first_arrival_s``, None where no water came.
    """
    if "hazard_rating" not in {field.name for field in frames.rasters}:
        return None
    classes = np.bincount(frames.raster("hazard_class").ravel(), minlength=len(rating_classes()) + 1)
    aidr = np.bincount(frames.raster("aidr_class").ravel(), minlength=len(aidr_ids()) + 1)
    arrival_s = frames.raster("arrival_time_s")
    came = arrival_s[~np.isnan(arrival_s)]
    return {
        "rating_area_m2": {
            entry["id"]: float(classes[number]) * cell_area_m2
            for number, entry in enumerate(rating_classes(), start=1)
        },
        "aidr_area_m2": {
            name: float(aidr[number]) * cell_area_m2 for number, name in enumerate(aidr_ids(), start=1)
        },
        "max_rating": float(frames.raster("hazard_rating").max(initial=0.0)),
        "max_speed_m_s": float(frames.raster("max_speed").max(initial=0.0)),
        "first_arrival_s": float(came.min()) if came.size else None,
    }
