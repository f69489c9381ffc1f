"""Colours of the map, said once: the notebook's pydeck and the screen's component both read them here.

Depth breaks 0.15, 0.30 and 0.50 m are those of the event log; water is drawn in cyan to teal so that it
is not taken for the blue of level Ⅳ. Levels carry the usual red, orange, yellow and blue, and always
their Roman numeral as well.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rgba = tuple[int, int, int, int]

CODES = 256
"""Depth codes of a frame on its way to the browser: one byte a cell."""

LARGEST_DEPTH_M = 4.0
"""Depth of the highest code, m; deeper water is drawn like it."""

SHALLOWEST_M = 0.02
"""Water below this depth, m, is a wet surface and is not drawn."""

WATER_STOPS: tuple[tuple[float, Rgba], ...] = (
    (0.02, (120, 245, 240, 70)),
    (0.05, (90, 245, 250, 175)),
    (0.15, (40, 232, 255, 228)),
    (0.30, (0, 190, 250, 235)),
    (0.50, (30, 140, 245, 245)),
    (1.00, (90, 90, 235, 250)),
    (4.00, (110, 40, 190, 245)),
)

STREET: Rgba = (46, 66, 92, 255)
ROAD_DRY: Rgba = (*STREET[:3], 0)  # a dry road shows its surface only
ROAD_STOPS: tuple[tuple[float, Rgba], ...] = (
    (0.15, (255, 196, 60, 255)),
    (0.30, (255, 122, 40, 255)),
    (0.50, (255, 59, 72, 255)),
)
ROAD_CLOSED: Rgba = (214, 92, 255, 255)

LEVELS: dict[int, Rgba] = {
    1: (255, 59, 48, 255),
    2: (255, 149, 0, 255),
    3: (255, 204, 0, 255),
    4: (61, 142, 255, 255),
}
LEVEL_NUMERALS = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}
GRADES: dict[str, Rgba] = {
    "U": (150, 164, 182, 255),
    "A": (64, 224, 160, 255),
    "B": (255, 204, 0, 255),
    "C": (255, 149, 0, 255),
    "D": (255, 59, 48, 255),
}
"""By grade of health, the worst last, as they are drawn."""

FAILURE: Rgba = (176, 32, 60, 255)
FAILURE_SIGN = "×"

CREW_STATES: dict[str, Rgba] = {
    "idle": (120, 164, 204, 255),
    "travelling": (255, 196, 60, 255),
    "cut_off": (255, 59, 72, 255),
    "working": (64, 224, 160, 255),
    "on_break": (170, 150, 190, 255),
    "off_duty": (90, 104, 122, 255),
}

PATROL: Rgba = (255, 150, 220, 255)
PATROL_SIGN = "◆"

BUILDING_STOPS: tuple[tuple[float, Rgba], ...] = (
    (0.0, (24, 58, 108, 205)),
    (15.0, (30, 76, 140, 205)),
    (30.0, (42, 108, 178, 200)),
    (60.0, (72, 160, 214, 195)),
    (100.0, (130, 214, 240, 190)),
)


def depth_code(depth_mm: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn depth into codes whose square root spacing resolves shallow water best.

    Parameters
    ----------
    depth_mm
        Depth, mm, >= 0, any shape.

    Returns
    -------
    Codes 0 to 255; 0 below `SHALLOWEST_M`, and `code_depth_m` turns them back.
    """
    depth_m = np.asarray(depth_mm, dtype=np.float32) * np.float32(1e-3)
    code = np.rint(np.sqrt(np.minimum(depth_m, LARGEST_DEPTH_M) / LARGEST_DEPTH_M) * (CODES - 1))
    return np.where(depth_m < SHALLOWEST_M, 0, code).astype(np.uint8)


def code_depth_m(code: NDArray[Any]) -> NDArray[np.float64]:
    """Depth that a code stands for, m."""
    return (np.asarray(code, dtype=np.float64) / (CODES - 1)) ** 2 * LARGEST_DEPTH_M


def water_ramp() -> NDArray[np.uint8]:
    """Colour of each depth code, shape (256, 4), red, green, blue, opacity; code 0 is clear."""
    ramp = ramp_colours(code_depth_m(np.arange(CODES)), WATER_STOPS)
    ramp[0] = 0
    return ramp


def ramp_colours(values: NDArray[Any], stops: tuple[tuple[float, Rgba], ...]) -> NDArray[np.uint8]:
    """Colour values by linear interpolation between stops, shape (n, 4)."""
    at = [stop for stop, _ in stops]
    channels = [np.interp(values, at, [rgba[i] for _, rgba in stops]) for i in range(4)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def road_colours(depth_m: NDArray[Any], closed: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
    """Colour road segments by passability, shape (n, 4).

    Parameters
    ----------
    depth_m
        Largest depth on each segment, m.
    closed
        Segments behind barriers; none when omitted.
    """
    colours = np.tile(np.array(ROAD_DRY, dtype=np.uint8), (len(depth_m), 1))
    for threshold, rgba in ROAD_STOPS:
        colours[np.asarray(depth_m) >= threshold] = rgba
    if closed is not None:
        colours[closed] = ROAD_CLOSED
    return colours


def as_legend() -> dict[str, Any]:
    """Everything the browser needs to colour as Python does, as plain JSON values."""
    return {
        "water_ramp": water_ramp().reshape(-1).tolist(),
        "water_stops": [{"depth_m": stop, "colour": list(rgba)} for stop, rgba in WATER_STOPS],
        "largest_depth_m": LARGEST_DEPTH_M,
        "road_dry": list(ROAD_DRY),
        "road_stops": [{"depth_m": stop, "colour": list(rgba)} for stop, rgba in ROAD_STOPS],
        "road_closed": list(ROAD_CLOSED),
        "levels": {str(level): list(rgba) for level, rgba in LEVELS.items()},
        "failure_sign": FAILURE_SIGN,
        "patrol_sign": PATROL_SIGN,
        "grades": {grade: list(rgba) for grade, rgba in GRADES.items()},
        "numerals": {str(level): numeral for level, numeral in LEVEL_NUMERALS.items()},
        "crew_states": {state: list(rgba) for state, rgba in CREW_STATES.items()},
    }
