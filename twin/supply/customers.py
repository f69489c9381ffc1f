"""Customers of a water supply: how many draw water where, and who gets none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cim_models.city import City, Network
from twin.supply.settings import SupplySettings

_DAY_S = 86_400.0
_LITRE_M3 = 1e-3
_TRICKLE_M = 0.05


def customers(
    city: City, network: Network, demand_m3_s: NDArray[np.float64], settings: SupplySettings
) -> NDArray[np.float64]:
    """Persons at each node: those of the buildings nearest to it, else its demand over that of one person.

    Only junctions with a demand have customers.

    Parameters
    ----------
    city
        Its layer ``buildings`` counts persons, where it has any.
    network
        The supply.
    demand_m3_s
        Mean demand of each node, m3/s.
    settings
        Says what a person consumes.
    """
    demand_m3_s = np.maximum(demand_m3_s, 0.0)
    buildings = city.layer("buildings")
    taps = np.flatnonzero((demand_m3_s > 0.0) & ~network.nodes.geometry.is_empty.to_numpy())
    if buildings is None or "persons" not in buildings or not taps.size or not buildings["persons"].sum() > 0:
        return demand_m3_s * _DAY_S / (settings.litres_person_day * _LITRE_M3)
    xy = shapely.get_coordinates(network.nodes.geometry.to_numpy()[taps])
    homes = shapely.get_coordinates(shapely.centroid(buildings.geometry.to_numpy()))
    nearest = cKDTree(xy).query(homes)[1]
    persons = np.zeros(len(network.nodes))
    persons[taps] = np.bincount(nearest, weights=buildings["persons"].to_numpy(float), minlength=taps.size)
    return persons


@dataclass(slots=True)
class ServiceAccount:
    """What customers went without since the start, by node.

    Parameters
    ----------
    persons
        Customers of each node.
    out_s, low_s
        Time without water, and at low or no pressure, s.
    required_m3, delivered_m3
        What they would have drawn, and what they got, m3.
    """

    persons: NDArray[np.float64]
    out_s: NDArray[np.float64]
    low_s: NDArray[np.float64]
    required_m3: NDArray[np.float64]
    delivered_m3: NDArray[np.float64]

    @classmethod
    def empty(cls, persons: NDArray[np.float64]) -> ServiceAccount:
        """Begin an account."""
        return cls(persons, *(np.zeros(persons.size) for _ in range(4)))

    @property
    def person_hours_out(self) -> float:
        """Customers without water x hours."""
        return float(self.persons @ self.out_s) / 3600.0

    @property
    def node_hours_low(self) -> float:
        """Nodes with customers at low or no pressure x hours."""
        return float(self.low_s.sum()) / 3600.0

    @property
    def undelivered_m3(self) -> float:
        """Demand that was not met, m3."""
        return float(np.maximum(self.required_m3 - self.delivered_m3, 0.0).sum())


def without_water(
    pressure_m: NDArray[np.float64], persons: NDArray[np.float64], settings: SupplySettings
) -> NDArray[np.bool_]:
    """Nodes whose customers get nothing to speak of: the pressure is less than 5 cm above the minimum."""
    return (persons > 0.0) & (pressure_m <= settings.minimum_pressure_m + _TRICKLE_M)


def low_pressure(
    pressure_m: NDArray[np.float64], persons: NDArray[np.float64], settings: SupplySettings
) -> NDArray[np.bool_]:
    """Nodes whose customers have less than the pressure limit, or nothing."""
    return (persons > 0.0) & (pressure_m < settings.low_pressure_m)
