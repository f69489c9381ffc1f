"""Street levels: every junction drains downhill, save the places that are built to flood."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from cim_models.district.plan import FloatArray, Plan
from cim_models.district.streets import Street, StreetPlan

LOW_CROSSING_SAG_M = 0.62
POCKET_SAG_M = 0.20
UNDERPASS_DEPTH_M = 4.75
UNDERPASS_FLOOR_M = 36.0
UNDERPASS_GRADE = 0.065
UNDERPASS_HUMP_M = 0.10
MIN_STREET_SLOPE = 0.004


@dataclass(frozen=True, slots=True)
class Levels:
    """Street level at each junction, m, by junction id."""

    junction: dict[str, float]

    def along(self, street: Street, chainage_m: FloatArray, *, dipped: bool = True) -> FloatArray:
        """Street level at distances from the street's first point, m.

        Parameters
        ----------
        street
            The street.
        chainage_m
            Distance along the centre line, m.
        dipped
            False for the level of the ground above the underpass.
        """
        share = np.clip(chainage_m / street.length_m, 0.0, 1.0)
        level = self.junction[street.from_node] * (1 - share) + self.junction[street.to_node] * share
        if street.underpass and dipped:
            level = level - underpass_dip(chainage_m, street.length_m)
        return np.asarray(level)


def underpass_dip(chainage_m: FloatArray, length_m: float) -> FloatArray:
    """Depth of the underpass below the ground above it, m; negative on the humps at its ends."""
    distance = np.abs(np.asarray(chainage_m) - 0.5 * length_m)
    ramp = np.clip((distance - 0.5 * UNDERPASS_FLOOR_M) * UNDERPASS_GRADE, 0.0, None)
    dip = np.clip(UNDERPASS_DEPTH_M - ramp, 0.0, None)
    top = 0.5 * UNDERPASS_FLOOR_M + UNDERPASS_DEPTH_M / UNDERPASS_GRADE
    hump = UNDERPASS_HUMP_M * np.clip(1.0 - np.abs(distance - top) / 12.0, 0.0, 1.0)
    return np.asarray(dip - hump)


def grade_streets(plan: Plan, streets: StreetPlan) -> Levels:
    """Choose the level of every junction.

    The hillside is raised where a junction would otherwise have no lower neighbour on a way to
    the river; then the low crossing and the pocket are set below all that surrounds them.

    Parameters
    ----------
    plan, streets
        Lie of the land and the street graph.

    Returns
    -------
    Level of each junction.
    """
    sunk = {streets.low_crossing, *streets.pocket}
    level = {key: float(plan.ground(j.f, j.s)) for key, j in streets.junctions.items()}
    level = _raise_sinks(streets, level, sunk)
    _sink(streets, level, {streets.low_crossing}, LOW_CROSSING_SAG_M)
    if streets.pocket:
        _sink(streets, level, set(streets.pocket), POCKET_SAG_M)
    return Levels(level)


def _raise_sinks(streets: StreetPlan, level: dict[str, float], leave_out: set[str]) -> dict[str, float]:
    graph = streets.graph
    raised: dict[str, float] = {}
    queue = [(level[key], key) for key, j in streets.junctions.items() if j.row == 0 and key in graph]
    heapq.heapify(queue)
    while queue:
        here, key = heapq.heappop(queue)
        if key in raised:
            continue
        raised[key] = here
        for other in sorted(graph.neighbors(key)):
            edge = graph.edges[key, other]
            if other in raised or other in leave_out or edge["underpass"]:
                continue
            length = streets.streets[edge["street"]].length_m
            heapq.heappush(queue, (max(level[other], here + MIN_STREET_SLOPE * length), other))
    return raised


def _sink(streets: StreetPlan, level: dict[str, float], members: set[str], sag_m: float) -> None:
    rim = min(
        level[other] for key in members for other in streets.graph.neighbors(key) if other not in members
    )
    for number, key in enumerate(sorted(members)):
        level[key] = rim - sag_m - 0.05 * number
