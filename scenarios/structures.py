"""Barriers and culverts of a scenario, checked against the ground that they stand on."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.structures import Barrier, Culvert, Structure
from scenarios.blame import blame
from scenarios.schema.model import Scenario
from scenarios.schema.structures import BarrierPlan, CulvertPlan
from twin.surface.grid import buildings_of
from twin.water.structures import put_on_grid

_BESIDE_M = 1.0
"""How far a roadblock reaches beyond the kerb, besides a cell, m."""


class StructurePlanner:
    """Turn what a scenario says into structures that fit the city.

    Parameters
    ----------
    scenario, city, source
        The scenario, its city and its file, for messages.
    """

    def __init__(self, scenario: Scenario, city: City, source: str) -> None:
        self._scenario, self.city, self.source = scenario, city, source

    @cached_property
    def _open_cells(self) -> NDArray[np.bool_]:
        buildings = buildings_of(self.city, self._scenario.numerics.buildings)
        return np.isfinite(self.city.terrain.elevation) & ~buildings

    def permanent(self) -> tuple[tuple[str, Structure], ...]:
        """Structures that stand from the start, with their ids.

        Raises
        ------
        ScenarioError
            If one does not fit the ground, or two have one id.
        """
        made: dict[str, Structure] = {}
        for index, entry in enumerate(self._scenario.structures):
            key = f"structures.{index}.{entry.chosen_name}"
            name = str(entry.chosen.id)
            if name in made:
                raise ScenarioError(
                    f"Scenario '{self.source}', key '{key}.id'",
                    got=f"'{name}' twice",
                    expected="an id for each structure",
                    remedy="Change one",
                )
            made[name] = self.structure(entry.chosen, key)
        return tuple(made.items())

    def structure(self, plan: BarrierPlan | CulvertPlan, key: str) -> Structure:
        """Make a barrier or a culvert and see that it fits the ground."""
        with blame(self.source, key):
            made: Structure
            if isinstance(plan, BarrierPlan):
                made = Barrier(plan.line, plan.height, plan.level)
            else:
                made = Culvert(
                    line=plan.line,
                    width_m=plan.width,
                    height_m=plan.height,
                    diameter_m=plan.diameter,
                    inverts_m=plan.inverts,
                    length_m=plan.length,
                    manning_n=plan.manning_n,
                    entrance=plan.entrance,
                )
            put_on_grid(made, self.city.terrain, self._open_cells)
        return made

    def roadblocks(self, road: str, height_m: float, key: str) -> list[Barrier]:
        """Return barriers across both ends of a road, at right angles to it and just beyond its kerbs."""
        frame = self.city.layer("roads")
        assert frame is not None
        row = frame[frame["id"].astype(str) == road].iloc[0]
        terrain = self.city.terrain
        half_m = 0.5 * float(row["width_m"]) + terrain.cell_size_m + _BESIDE_M
        # clear of the junction, but never past the middle of a short road
        inset_m = min(float(row["width_m"]), 0.25 * float(row.geometry.length))
        low, high = terrain.bounds[:2], terrain.bounds[2:]
        blocks = []
        with blame(self.source, key):
            for distance_m in (inset_m, float(row.geometry.length) - inset_m):
                at = np.array(row.geometry.interpolate(distance_m).coords[0][:2])
                ahead = np.array(row.geometry.interpolate(distance_m + 0.5 * inset_m).coords[0][:2])
                behind = np.array(row.geometry.interpolate(distance_m - 0.5 * inset_m).coords[0][:2])
                along = (ahead - behind) / np.hypot(*(ahead - behind))
                across = half_m * np.array([-along[1], along[0]])
                ends = np.clip([at - across, at + across], low, high).tolist()
                block = Barrier(tuple((x, y) for x, y in ends), height_m)
                put_on_grid(block, terrain, self._open_cells)
                blocks.append(block)
        return blocks
