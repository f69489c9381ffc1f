"""Pump trucks of the catalogue, and where their water can go."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.places import Places
from cim_models.catalogues import load_catalogue
from cim_models.orders import OUTSIDE


@dataclass(frozen=True, slots=True)
class PumpTruckModel:
    """A kind of pump truck.

    Parameters
    ----------
    name, zh, en
        Key and names of the catalogue.
    capacity_m3_h
        Largest flow, m3/h.
    hose_m
        Length of its delivery hose, m.
    """

    name: str
    zh: str
    en: str
    capacity_m3_h: float
    hose_m: float


def pump_truck_models() -> Mapping[str, PumpTruckModel]:
    """Read the kinds of pump trucks by name."""
    names = PumpTruckModel.__dataclass_fields__
    entries = load_catalogue("skills")["pump_trucks"]
    return {entry["name"]: PumpTruckModel(**{name: entry[name] for name in names}) for entry in entries}


def delivery(places: Places, x: float, y: float, hose_m: float) -> str | None:
    """Find where a pump at a place can be rid of its water.

    That is the nearest outfall of the sewer, or else the edge of the model, whichever the hose reaches;
    never a manhole, whose pipe is as full as the street in a storm.

    Returns
    -------
    Id of an outfall, `OUTSIDE`, or None when the hose reaches neither.
    """
    outfall = places.nearest_outfall(x, y, hose_m)
    if outfall is not None:
        return outfall
    return OUTSIDE if _edge_m(places, x, y) <= hose_m else None


def least_hose_m(places: Places, x: float, y: float) -> float:
    """Length of the shortest hose with which a pump at a place can be rid of its water, m."""
    ways = (float(np.hypot(ox - x, oy - y)) for _, ox, oy in places.outfalls)
    return min(min(ways, default=np.inf), _edge_m(places, x, y))


def _edge_m(places: Places, x: float, y: float) -> float:
    x_min, y_min, x_max, y_max = places.bounds
    return float(max(min(x - x_min, x_max - x, y - y_min, y_max - y), 0.0))
