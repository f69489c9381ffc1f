"""What lies around a hazard: the roads near it, and the pipes that a collapse takes with it."""

from __future__ import annotations

import shapely
from geopandas import GeoDataFrame

from agents.draws import Draws
from cim_models.hazards import WorkPlace
from scenarios.hazards import HazardPlan
from scenarios.supplystory import SupplyStory
from twin.cavities import cavity_settings
from twin.roads import RoadNetwork


class Pipes:
    """Pipes that a collapse may break: those of a layer of lines, found by place.

    Parameters
    ----------
    frame
        Lines with the column ``id``; None for none.
    """

    def __init__(self, frame: GeoDataFrame | None) -> None:
        self._ids = [] if frame is None else [str(name) for name in frame["id"]]
        self._lines = [] if frame is None else list(frame.geometry)
        self._tree = shapely.STRtree(self._lines)

    def near(self, x: float, y: float, radius_m: float) -> list[tuple[float, str, float]]:
        """Lines within a radius, the nearest first: distance, m, id, and position of the nearest point."""
        point = shapely.Point(x, y)
        rows = self._tree.query(point, predicate="dwithin", distance=radius_m).tolist()
        return sorted(
            (
                float(self._lines[row].distance(point)),
                self._ids[row],
                float(self._lines[row].project(point, normalized=True)),
            )
            for row in rows
        )


class Surroundings:
    """What a collapse takes with it, and the roads around a hazard.

    Parameters
    ----------
    plan
        Chances that pipes break.
    layer, roads
        The roads as lines, and the graph whose roads break up; None where the city has none.
    supply
        The supply whose pipes break; None where it is not simulated.
    chance
        Luck of the pipes, looked up by cavity.
    """

    def __init__(
        self,
        plan: HazardPlan,
        layer: GeoDataFrame | None,
        roads: RoadNetwork | None,
        supply: SupplyStory | None,
        chance: Draws,
    ) -> None:
        self.plan, self.roads, self.supply, self._chance = plan, roads, supply, chance
        self._streets = Pipes(layer)
        self.length_m = {} if layer is None else dict(zip(layer["id"].astype(str), layer.length, strict=True))
        links = None if supply is None else supply.supply.network.links
        self._mains = Pipes(None if links is None else links[links["kind"] == "pipe"])

    def streets_near(self, x: float, y: float, radius_m: float) -> list[str]:
        """Roads within a radius, the nearest first."""
        return [name for _, name, _ in self._streets.near(x, y, radius_m)]

    def breaks(self, what: str, cavity: str) -> bool:
        """Whether the collapse of a cavity breaks a pipe of the supply (``water``) or a main (``gas``)."""
        chance = self.plan.breaks_water if what == "water" else self.plan.breaks_gas
        return self._chance.uniform(what, cavity) < chance

    def break_water(self, place: WorkPlace, fed_by: str, radius_m: float, event: int) -> None:
        """Let the supply pipe burst that fed a cavity, or else the nearest to it."""
        if self.supply is None or not self.breaks("water", place.id):
            return
        near = self._mains.near(place.x, place.y, radius_m)
        chosen = next((pipe for pipe in near if pipe[1] == fed_by), near[0] if near else None)
        if chosen is not None:
            position = min(max(chosen[2], 0.01), 0.99)
            fraction = cavity_settings().collapse.burst_area_fraction
            self.supply.break_pipe(chosen[1], fraction, position, event)
