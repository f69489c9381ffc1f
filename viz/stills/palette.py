"""Depth classes of still pictures and maps: their limits, colours and names.

The limits are the product's waterlogging grades: 0.15 m stops pedestrians and slows cars, 0.30 m
stops cars, 0.50 m stops heavy vehicles.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DepthClass:
    """One class of water depth.

    Parameters
    ----------
    from_m, to_m
        Limits, m; the lower one belongs to the class.
    colour
        As ``#rrggbb``; darker is deeper, told apart also in grey print.
    zh, en
        Name for people.
    """

    from_m: float
    to_m: float
    colour: str
    zh: str
    en: str


DEPTH_CLASSES = (
    DepthClass(0.03, 0.15, "#b9dcf2", "湿滑", "wet"),
    DepthClass(0.15, 0.30, "#62aee0", "轻度积水", "light"),
    DepthClass(0.30, 0.50, "#2072b8", "较重积水", "serious"),
    DepthClass(0.50, 100.0, "#0b2f6b", "严重积水", "severe"),
)

HAZARD_COLOURS = ("#f7e08b", "#f2a24a", "#d9503f", "#7d1d4e")
"""Colours of the four hazard classes of catalogue ``flood_hazard``, mildest first; darker is worse."""
