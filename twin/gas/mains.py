"""Gas mains: which there are, how a leak lowers their pressure, and which spaces lie beside them."""

from __future__ import annotations

import math

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.gas.flow import Main
from twin.gas.settings import GasSettings
from twin.gas.sites import GasSites

REGULATOR = "regulator"
_COLUMNS = ("pressure_kpa", "diameter_m")


class GasMains:
    """The mains of a city.

    Parameters
    ----------
    layer
        Layer ``gas_mains``; None for a city without.
    sites
        The watched spaces; regulators among them feed the mains.
    settings
        Coefficients.

    Raises
    ------
    InputError
        If a main has no pressure or bore.
    """

    def __init__(self, layer: GeoDataFrame | None, sites: GasSites, settings: GasSettings) -> None:
        self._settings = settings
        self.ids = () if layer is None else tuple(str(name) for name in layer["id"])
        self._row = {name: row for row, name in enumerate(self.ids)}
        self._lines = np.array([] if layer is None else list(layer.geometry), dtype=object)
        empty = np.zeros(0)
        self._pressure_kpa, self._diameter_m = (
            empty if layer is None else layer[name].to_numpy(np.float64) for name in _COLUMNS
        )
        for name, values in zip(_COLUMNS, (self._pressure_kpa, self._diameter_m), strict=True):
            for row in np.flatnonzero(~(values > 0.0)).tolist():
                raise InputError(
                    f"Gas main '{self.ids[row]}', {name}",
                    got=f"{values[row]:g}",
                    expected="above 0",
                    remedy="Correct layer gas_mains",
                )
        self._tree = shapely.STRtree(self._lines)
        self._points = shapely.points(sites.x, sites.y)
        cabinets = [row for row, kind in enumerate(sites.kinds) if kind == REGULATOR]
        self._cabinets = np.column_stack([sites.x[cabinets], sites.y[cabinets]])

    def place(self, main: str, position: float) -> tuple[float, float]:
        """Place on a main, at a share of its length, m."""
        point = self._lines[self._row[main]].interpolate(position, normalized=True)
        return float(point.x), float(point.y)

    def near(self, x: float, y: float, radius_m: float) -> list[tuple[str, float]]:
        """Mains within a radius, the nearest first, each with its nearest point, at a share of its length."""
        point = shapely.Point(x, y)
        rows = self._tree.query(point, predicate="dwithin", distance=radius_m).tolist()
        found = sorted((float(self._lines[row].distance(point)), self.ids[row], row) for row in rows)
        return [(name, float(self._lines[row].project(point, normalized=True))) for _, name, row in found]

    def main(self, name: str, x: float, y: float) -> Main:
        """Describe the main of a leak at a place; its way from the regulator is taken as straight."""
        row = self._row[name]
        return self._main(float(self._pressure_kpa[row]), float(self._diameter_m[row]), x, y)

    def inlet(self, x: float, y: float) -> tuple[Main, str] | None:
        """Describe the main that feeds a cabinet, and its id; None where no main comes near."""
        near = self.near(x, y, self._settings.migration.reach_m)
        return (self.main(near[0][0], x, y), near[0][0]) if near else None

    def beside(self, name: str) -> NDArray[np.int64]:
        """Rows of the spaces beside a main, which its gauge speaks for."""
        line = self._lines[self._row[name]]
        reach_m = self._settings.migration.reach_m
        return np.flatnonzero(shapely.dwithin(self._points, line, reach_m)).astype(np.int64)

    def _main(self, pressure_kpa: float, diameter_m: float, x: float, y: float) -> Main:
        feed_m = self._settings.leak.feed_m
        if len(self._cabinets):
            feed_m = max(min(math.hypot(x - cx, y - cy) for cx, cy in self._cabinets.tolist()), 1.0)
        return Main(pressure_kpa, diameter_m, feed_m, self._settings.natural.density_kg_m3)
