"""Where patrollers are said to walk is where they can be: on streets, at their pace, without a jump."""

from itertools import pairwise
from math import dist, hypot

import pytest

from agents.channels.beats import Round
from agents.channels.whereabouts import way_since
from agents.settings import PatrolSettings
from tests.agents.toy_town import ToyRun, toy_settings

SPEED_M_S = 1.2
EVERY_S = 60.0


def out_in(depths, **changes):
    patrols = PatrolSettings(recall=1.0, false_alarms_per_day=0.0, speed_m_s=SPEED_M_S, **changes)
    run = ToyRun({}, settings=toy_settings(citizens=None, sensors=None, video=None, patrols=patrols))
    run.town.fixed = dict(depths)
    return run


def followed(run, until_s):
    """All that successive looks at a patroller tell, with the junctions of each round at hand."""
    patrol = run.operations.patrols["patrol-P1-1"]
    stands = []
    while run.env.now < until_s:
        run.run(run.env.now + EVERY_S)
        stands += way_since(patrol, run.env.now - EVERY_S, run.env.now)
    return patrol, stands


def off_street_m(stand, roads):
    """Distance to the nearest of straight streets, m."""
    found = []
    for road in roads:
        (x0, y0), (x1, y1) = road.ends
        length_m = hypot(x1 - x0, y1 - y0)
        share = min(max(((stand.x - x0) * (x1 - x0) + (stand.y - y0) * (y1 - y0)) / length_m**2, 0.0), 1.0)
        found.append(hypot(stand.x - x0 - share * (x1 - x0), stand.y - y0 - share * (y1 - y0)))
    return min(found)


def test_successive_looks_follow_a_round_along_its_streets_at_walking_pace():
    patrol, stands = followed(out_in({}), 3000.0)
    assert patrol.rounds == 1
    assert [stand.t_s for stand in stands] == sorted({stand.t_s for stand in stands})
    assert max(off_street_m(stand, patrol.beat.roads) for stand in stands) < 1e-6
    for before, after in pairwise(stands):
        walked_m = SPEED_M_S * (after.t_s - before.t_s)
        # straight streets, each corner named: the way between two places is the straight one
        assert dist((before.x, before.y), (after.x, after.y)) == pytest.approx(walked_m, abs=1e-6)


def test_somebody_who_turns_back_never_walks_faster():
    patrol, stands = followed(out_in({"V12": 0.5}), 4 * 3600.0)
    assert patrol.rounds > 1
    for before, after in pairwise(stands):
        assert after.t_s > before.t_s
    assert max(off_street_m(stand, patrol.beat.roads) for stand in stands) < 1e-6


def test_nobody_is_anywhere_outside_the_hours():
    run = out_in({}, from_h=7.0, to_h=10.0)  # the town's clock begins at nine
    patrol, stands = followed(run, 2 * 3600.0)
    assert max(stand.t_s for stand in stands) <= 3600.0 + EVERY_S
    assert way_since(patrol, run.env.now - EVERY_S, run.env.now) == []


def test_between_two_parts_of_a_grid_the_way_is_straight():
    run = out_in({})
    patrol = run.operations.patrols["patrol-P1-1"]
    run.run(1.0)
    (first, (x0, y0)), *_, (last, (x1, y1)) = sorted(patrol.beat.xy.items())
    patrol.round = Round(first, [(last, 120.0)])
    (stand,) = way_since(patrol, 1.0, 50.0)
    assert (stand.x, stand.y) == pytest.approx((x0 + 0.5 * (x1 - x0), y0 + 0.5 * (y1 - y0)), abs=1e-6)
