"""Zones: which part of the city a place belongs to, for policies that divide it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from agents.places import DepotPlace
from cim_models.city import City
from cim_models.errors import ScenarioError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

BY_DEPOT = "depots"
"""Zones around depots: every place belongs to the depot nearest as the crow flies."""


class Zones:
    """A division of the city.

    Parameters
    ----------
    depots
        Depots, at least one; of equally near ones the first counts.
    areas
        A polygon layer with ids in place of the depots; a place outside all of them belongs to the
        nearest, one inside several to the first id.
    """

    def __init__(self, depots: Sequence[DepotPlace], areas: "GeoDataFrame | None" = None) -> None:
        self._ids = [depot.id for depot in depots]
        self._xy = np.array([(depot.x, depot.y) for depot in depots])
        self._tree: shapely.STRtree | None = None
        self._known: dict[tuple[float, float], str] = {}
        if areas is not None:
            by_id = areas.sort_values("id", kind="stable")
            self._ids = [str(name) for name in by_id["id"]]
            self._tree = shapely.STRtree(by_id.geometry.to_numpy())

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_known": {}}  # what is looked up again when it is needed

    def of(self, x: float, y: float) -> str:
        """Id of the zone that a place belongs to; places that are asked for are few and come again."""
        place = x, y
        if place not in self._known:
            self._known[place] = self._look_up(x, y)
        return self._known[place]

    def _look_up(self, x: float, y: float) -> str:
        if self._tree is None:
            return self._ids[int(np.argmin(np.hypot(*(self._xy - (x, y)).T)))]
        point = shapely.Point(x, y)
        within = self._tree.query(point, predicate="intersects")
        return self._ids[int(within.min() if within.size else self._tree.nearest(point))]


def read_zones(city: City, depots: Sequence[DepotPlace], by: str) -> Zones:
    """Divide a city by its depots or by a polygon layer; see `zone_areas`."""
    return Zones(depots, zone_areas(city, by))


def zone_areas(city: City, by: str) -> "GeoDataFrame | None":
    """Return the layer that divides a city, or None where its depots do.

    Raises
    ------
    ScenarioError
        If the city has no such layer of polygons.
    """
    if by == BY_DEPOT:
        return None
    areas = city.layer(by)
    if areas is None or areas.empty or not areas.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        raise ScenarioError(
            "Setting 'dispatch.zones' names no division of the city",
            got=by,
            expected=f"'{BY_DEPOT}', or a layer of polygons that the city has, such as patrol_grids",
        )
    return areas
