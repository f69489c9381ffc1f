"""The links of a supply network as somebody meets them who looks for a broken one."""

from __future__ import annotations

from typing import Any

import numpy as np

from cim_models.city import City, Network
from cim_models.networks.links import check_link
from twin.supply.damage import Damage
from twin.supply.repair import repair_times

_LEAST_COVER_M, _MOST_COVER_M = 0.3, 10.0


class PipeBook:
    """Where pipes lie, how wide and how deep.

    Parameters
    ----------
    city
        Its terrain says how deep a pipe lies.
    network
        The supply.
    """

    def __init__(self, city: City, network: Network) -> None:
        self._terrain = city.terrain
        links = network.links
        ids = links["id"].astype(str)
        self._rows = {name: row for row, name in enumerate(ids)}
        self._kinds = dict(zip(ids, links["kind"], strict=True))
        self._lines = list(links.geometry)
        self._diameter_m = links["diameter_m"].to_numpy(float)
        is_pipe = (links["kind"] == "pipe").to_numpy()
        area_m2 = np.pi / 4.0 * self._diameter_m**2
        self._volume_m3 = np.where(is_pipe, links["length_m"].to_numpy(float) * area_m2, 0.0)
        levels = dict(
            zip(
                network.nodes["id"].astype(str),
                network.nodes["invert_elevation_m"].to_numpy(float),
                strict=True,
            )
        )
        kinds = dict(zip(network.nodes["id"].astype(str), network.nodes["kind"], strict=True))
        self._ends = [
            tuple(levels[node] if kinds[node] == "junction" else np.nan for node in pair)
            for pair in zip(links["from_node"].astype(str), links["to_node"].astype(str), strict=True)
        ]

    def check(self, name: str, kind: str) -> None:
        """Raise `InputError` unless there is a link of this id and kind."""
        check_link(name, kind, self._kinds, "Water supply")

    def damage(self, pipe: str, position: float, *, to_street: bool) -> Damage:
        """Describe a pipe that breaks at a place."""
        row = self._rows[pipe]
        line = self._lines[row]
        x = y = np.nan
        if line is not None and not line.is_empty:
            point = line.interpolate(position, normalized=True)
            x, y = float(point.x), float(point.y)
        diameter = float(self._diameter_m[row])
        return Damage(pipe, position, x, y, diameter, self._depth(row, position, x, y), to_street)

    def volume(self, rows: Any) -> float:
        """Water in links, given by their rows, m3."""
        return float(np.sum(self._volume_m3[rows]))

    def largest_bore(self, rows: Any) -> float:
        """Largest diameter among links, m."""
        return float(np.max(self._diameter_m[rows]))

    def _depth(self, row: int, position: float, x: float, y: float) -> float:
        """Depth of a pipe below the terrain, m; an assumed one where the two do not fit together."""
        known = [level for level in self._ends[row] if np.isfinite(level)]
        if known and np.isfinite(x) and bool(self._terrain.inside(x, y)):
            level = known[0] + position * (known[-1] - known[0])
            r, c = self._terrain.row_col(x, y)
            cover = float(self._terrain.elevation[r, c]) - float(level)
            if _LEAST_COVER_M <= cover <= _MOST_COVER_M:
                return cover
        return repair_times().assumed_depth_m
