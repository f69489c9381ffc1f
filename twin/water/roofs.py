"""Roof water that runs straight into the sewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from cim_models.city import City, Network, Terrain
from cim_models.errors import InputError
from cim_models.networks.sections import Sections
from twin.surface.constants import UNITS_PER_M, WEIGHT_ONE

_SURCHARGE_DEPTH = 4


@dataclass(frozen=True, slots=True)
class RoofSettings:
    """Where the water of roofs runs.

    Parameters
    ----------
    to_sewer
        Share that downpipes lead into the sewer, 0 to 1, in 64ths; the rest runs to the street.
    reach_m
        How far from the roof the gully or manhole may be, m; what is farther from both runs to the street.
    """

    to_sewer: float = 0.0
    reach_m: float = 50.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.to_sewer <= 1.0:
            raise InputError("Share of roof water to the sewer", got=self.to_sewer, expected="0 to 1")
        if not self.reach_m >= 0.0:
            raise InputError("Reach of roof drains", got=f"{self.reach_m} m", expected=">= 0 m")


class RoofDrains:
    """Downpipes from roofs to the nearest sewer node, or the node of the nearest gully.

    Each roof cell counts by itself. Outfalls and nodes that hold pressure take nothing. What the sewer
    cannot carry surcharges there by its own physics. Water is handed over in whole units of the surface;
    less than one a node may be on its way.

    Parameters
    ----------
    city
        The city.
    roofs
        Roof cells, shape (rows, cols).
    zones
        Rain zone of each cell, shape (rows, cols); None where rain is uniform.
    settings
        Share and reach.

    Attributes
    ----------
    to_street
        Share of each roof cell's rain that runs to the street, shape (rows, cols); 1 elsewhere.
    to_sewer_units
        Handed over since the start, units of the surface.
    """

    def __init__(
        self,
        city: City,
        roofs: NDArray[np.bool_],
        zones: NDArray[np.uint16] | None,
        settings: RoofSettings,
    ) -> None:
        terrain = city.terrain
        cells = np.flatnonzero(roofs & np.isfinite(terrain.elevation))
        parts = round(settings.to_sewer * WEIGHT_ONE)
        node, count = _nodes_of_roofs(city, terrain, cells, settings.reach_m)
        drained = cells[node >= 0]
        zone = np.zeros(drained.size, np.int64) if zones is None else zones.ravel()[drained].astype(np.int64)
        shares = np.full(drained.size, parts / WEIGHT_ONE)
        size = (count, int(zone.max(initial=0)) + 1)
        self._cells = csr_array((shares, (node[node >= 0], zone)), shape=size)
        self.to_street = np.ones(terrain.shape, np.float32)
        self.to_street.ravel()[drained] = 1.0 - parts / WEIGHT_ONE
        self._pending = np.zeros(count)
        self.to_sewer_units = 0

    def collect(self, rates_m_s: NDArray[np.float64], dt_s: float) -> None:
        """Let rain of some intensities, shape (zones,), m/s, fall on the roofs for a while."""
        self._pending += self._cells @ rates_m_s[: self._cells.shape[1]] * (dt_s * UNITS_PER_M)

    def hand_over(self) -> NDArray[np.int64]:
        """Return what has arrived at each sewer node, shape (nodes,), whole units of the surface."""
        units = np.floor(self._pending).astype(np.int64)
        self._pending -= units
        self.to_sewer_units += int(units.sum())
        return units

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all that drains of the same city need to go on."""
        return {"pending": self._pending.copy(), "count": np.array(self.to_sewer_units, np.int64)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over such a state."""
        self._pending[:] = state["pending"]
        self.to_sewer_units = int(state["count"])


def _nodes_of_roofs(
    city: City, terrain: Terrain, cells: NDArray[np.int64], reach_m: float
) -> tuple[NDArray[np.int64], int]:
    """Return the sewer node of each roof cell, -1 where none is within reach, and the number of nodes."""
    network = city.sewer
    if network is None:
        return np.full(cells.size, -1), 0
    takes = _can_take(network)
    places = np.column_stack([network.nodes.geometry.x, network.nodes.geometry.y])
    node = np.arange(takes.size)
    gullies = city.layer("gullies")
    if gullies is not None:
        position = {str(name): index for index, name in enumerate(network.nodes["id"])}
        names = gullies["node"].astype(str).map(position)
        known = names.notna().to_numpy()
        inlets = np.column_stack([gullies.geometry.x, gullies.geometry.y])[known]
        places, node = np.vstack([places, inlets]), np.append(node, names[known].to_numpy(np.int64))
    usable = takes[node] & np.isfinite(places).all(axis=1)
    if not usable.any() or cells.size == 0:
        return np.full(cells.size, -1), takes.size
    x, y = terrain.centre(*np.divmod(cells, terrain.shape[1]))
    _, nearest = cKDTree(places[usable]).query(np.column_stack([x, y]), distance_upper_bound=reach_m)
    return np.append(node[usable], -1)[nearest].astype(np.int64), takes.size


def _can_take(network: Network) -> NDArray[np.bool_]:
    """Return which nodes are no outfalls and have no surcharge depth, as the ends of rising mains have."""
    junctions = Sections(network.inp, "sewer.inp")["JUNCTIONS"]
    pressed = {row.id for row in junctions if row.number(_SURCHARGE_DEPTH, "surcharge depth", 0.0) > 0.0}
    nodes = network.nodes
    return np.asarray((nodes["kind"] != "outfall") & ~nodes["id"].astype(str).isin(pressed))
