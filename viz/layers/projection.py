"""From the city's projected metres to longitude and latitude, which the map draws in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from cim_models.city import City

GEOGRAPHIC = "EPSG:4326"


class Projector:
    """Transform coordinates of one city to WGS 84.

    Parameters
    ----------
    crs
        The city's projected coordinate reference system.
    """

    def __init__(self, crs: str) -> None:
        self._transformer = Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)

    @classmethod
    def of(cls, city: City) -> Projector:
        """Projector of a city."""
        return cls(city.crs)

    def lon_lat(self, x: Any, y: Any) -> NDArray[np.float64]:
        """Transform points.

        Parameters
        ----------
        x, y
            Coordinates, m; scalars or arrays of one shape (n,).

        Returns
        -------
        Longitude and latitude, degrees, shape (n, 2), or (2,) for scalars.
        """
        lon, lat = self._transformer.transform(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
        return np.stack([lon, lat], axis=-1)

    def corners(self, bounds: tuple[float, float, float, float]) -> list[list[float]]:
        """Corners of a projected rectangle as a bitmap layer wants them.

        A rectangle of the projection is slightly rotated on the map, so two corners would not do.

        Parameters
        ----------
        bounds
            x_min, y_min, x_max, y_max, m.

        Returns
        -------
        [longitude, latitude] of the corners left bottom, left top, right top, right bottom.
        """
        x_min, y_min, x_max, y_max = bounds
        points = self.lon_lat([x_min, x_min, x_max, x_max], [y_min, y_max, y_max, y_min])
        return [[float(lon), float(lat)] for lon, lat in points]
