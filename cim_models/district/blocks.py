"""Blocks: what the streets leave over, each with a use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon, box

from cim_models.district.plan import RIVERFRONT_SETBACK_M, FloatArray, Plan
from cim_models.district.streets import StreetPlan

FOOTWAY_M = 3.0


@dataclass(frozen=True, slots=True)
class Block:
    """Land between streets.

    Parameters
    ----------
    id
        Running number.
    polygon
        Outline at the kerb, m.
    use
        centre, residential, old_quarter, public, industrial, park, plaza or promenade.
    """

    id: int
    polygon: Polygon
    use: str

    @property
    def centre(self) -> FloatArray:
        """A point inside, m."""
        point = self.polygon.representative_point()
        return np.array([point.x, point.y])


def make_river(plan: Plan) -> Polygon:
    """Outline of the river within the domain."""
    u = np.linspace(0.0, plan.size_m, 80)
    bank = np.column_stack([plan.x_min + u, plan.y_min + plan.bank_v(u)])
    south = [(plan.x_min + plan.size_m, plan.y_min), (plan.x_min, plan.y_min)]
    return Polygon([*bank.tolist(), *south])


def make_blocks(plan: Plan, streets: StreetPlan, river: Polygon) -> list[Block]:
    """Cut the land by the streets and give every piece a use.

    Parameters
    ----------
    plan, streets, river
        Extent, street plan and river outline.

    Returns
    -------
    Blocks from west to east and south to north, slivers left out.
    """
    domain = box(plan.x_min, plan.y_min, plan.x_min + plan.size_m, plan.y_min + plan.size_m)
    paved = shapely.union_all([s.line.buffer(s.width_m / 2) for s in streets.streets.values()])
    pieces = [p for p in shapely.get_parts(domain.difference(river).difference(paved)) if p.area > 150.0]
    pieces.sort(key=lambda p: (round(p.centroid.y, 3), round(p.centroid.x, 3)))
    rng = plan.stream("land use")
    deck = streets.streets[streets.underpass].line.interpolate(0.5, normalized=True)
    pocket = [shapely.Point(streets.junctions[key].x, streets.junctions[key].y) for key in streets.pocket]
    return [
        Block(number, piece, _use(plan, piece, deck, pocket, rng.random()))
        for number, piece in enumerate(pieces, start=1)
    ]


def _use(plan: Plan, piece: Polygon, deck: shapely.Point, pocket: list[shapely.Point], draw: float) -> str:
    u, v = piece.centroid.x - plan.x_min, piece.centroid.y - plan.y_min
    if v < plan.bank_v(u) + RIVERFRONT_SETBACK_M and piece.distance(make_river(plan)) < 1.0:
        return "promenade"
    if piece.distance(deck) < 40.0:
        return "plaza"
    if any(piece.distance(point) < 30.0 for point in pocket):
        return "old_quarter"
    if draw < 0.09:
        return "park"
    if piece.centroid.distance(deck) < 0.24 * plan.size_m:
        return "centre"
    share = v / plan.size_m
    if draw < 0.17:
        return "public"
    if draw < 0.24 and share > 0.6:
        return "industrial"
    return "old_quarter" if draw > 0.82 else "residential"
