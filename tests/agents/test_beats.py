"""Rounds on any street map: parallel streets, loops, dead ends, parts that do not meet."""

import pickle
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.channels.beats import Beat
from agents.draws import Draws
from agents.places import RoadPlace

JUNCTIONS = 7


def street(number: int, ends: tuple[int, int], length_m: float) -> RoadPlace:
    places = tuple((100.0 * end, 37.0 * (end % 3)) for end in ends)
    return RoadPlace(
        id=f"S{number}",
        index=number,
        name_zh="",
        name_en="",
        road_class="residential",
        underpass=False,
        x=places[0][0],
        y=places[0][1],
        low_m=0.25 * length_m,
        length_m=length_m,
        line=places,
        ends=(places[0], places[1]),
        end_names=(f"J{ends[0]}", f"J{ends[1]}"),
        grid_cell="",
        patrol_grid="P",
        persons=0.0,
    )


junction = st.integers(0, JUNCTIONS - 1)
maps = st.lists(st.tuples(st.tuples(junction, junction), st.floats(1.0, 500.0)), min_size=1, max_size=14).map(
    lambda entries: [street(number, ends, length) for number, (ends, length) in enumerate(entries)]
)


@given(roads=maps, data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_round_walks_every_street_that_is_not_shut_and_comes_back(roads, data):
    beat = Beat("P", roads)
    shut = frozenset(
        data.draw(st.sets(st.sampled_from([road.id for road in roads]), max_size=len(roads) - 1))
    )
    first = data.draw(st.sampled_from(sorted(beat.at)))
    way = beat.round_from(first, shut, data.draw(st.integers(1, 3)), Draws(1, "patrols"))
    assert set(way.passes) == {road.id for road in roads} - shut
    assert way.legs[0].start == way.legs[-1].end == first
    for before, after in pairwise(way.legs):
        assert before.end == after.start
        assert after.from_m == pytest.approx(before.from_m + before.length_m)
    for leg in way.legs:
        if leg.road is not None:
            assert {leg.start, leg.end} == set(leg.road.end_names)
            assert leg.from_m <= leg.passes_m(leg.road.low_m) <= leg.from_m + leg.length_m


@given(roads=maps)
@settings(max_examples=50, deadline=None)
def test_a_saved_beat_walks_the_same_rounds(roads):
    beat = Beat("P", roads)
    way = beat.round_from(roads[0].end_names[0], frozenset(), 2, Draws(1, "patrols"))
    again, walked = pickle.loads(pickle.dumps((beat, way)))
    assert (walked.legs, walked.passes, walked.length_m) == (way.legs, way.passes, way.length_m)
    assert again.round_from(roads[0].end_names[0], frozenset(), 2, Draws(1, "patrols")) is walked
    assert (again.roads, again.at, again.xy) == (beat.roads, beat.at, beat.xy)


@given(roads=maps)
@settings(max_examples=50, deadline=None)
def test_whoever_has_walked_so_far_is_on_the_leg_that_says_so(roads):
    way = Beat("P", roads).round_from(roads[0].end_names[0], frozenset(), 1, Draws(1, "patrols"))
    for share in (0.0, 0.3, 0.8, 1.0):
        walked_m = share * way.length_m
        leg = way.legs[way.leg_at(walked_m)]
        assert leg.from_m <= walked_m <= leg.from_m + leg.length_m + 1e-6
