"""Where patrollers walk, for those who record a run: nothing here changes what they do."""

from __future__ import annotations

from dataclasses import dataclass

from agents.channels.beats import Beat, RoundLeg
from agents.channels.patrols import Patrol


@dataclass(frozen=True, slots=True)
class Stand:
    """Where somebody is at a time: s since the start, and coordinates, m."""

    t_s: float
    x: float
    y: float


def way_since(patrol: Patrol, after_s: float, now_s: float) -> list[Stand]:
    """Junctions that a patroller has come to on the present round since a time, and where they are now.

    Parameters
    ----------
    patrol
        The patroller.
    after_s
        Time from which on, itself excluded, s.
    now_s
        Present time, s.

    Returns
    -------
    Places in order of time, the last one now; none for somebody who does not walk. Of a round that has
    ended since, the rest is missing.
    """
    way = patrol.round
    if way is None:
        return []
    done_m = patrol.walked_m(now_s)
    stands = []
    for index in way.legs_between(patrol.walked_m(after_s), done_m):
        leg = way.legs[index]
        reached_s = patrol.reached_s(leg.from_m)
        if after_s < reached_s < now_s:
            stands.append(Stand(reached_s, *patrol.beat.xy[leg.start]))
    return [*stands, Stand(now_s, *_place_on(way.legs[way.leg_at(done_m)], done_m, patrol.beat))]


def _place_on(leg: RoundLeg, done_m: float, beat: Beat) -> tuple[float, float]:
    """Coordinates of somebody on a leg: on its street, or straight on between two parts of a grid."""
    ahead_m = min(max(done_m - leg.from_m, 0.0), leg.length_m)
    if leg.road is not None:
        backwards = leg.start != leg.road.end_names[0]
        return leg.road.point(leg.length_m - ahead_m if backwards else ahead_m)
    (x0, y0), (x1, y1) = beat.xy[leg.start], beat.xy[leg.end]
    share = ahead_m / leg.length_m if leg.length_m > 0.0 else 0.0
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)
