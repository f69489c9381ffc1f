"""The benchmark of dispatch rounds at a small size."""

import pytest

from agents.policies import BUILT_IN
from benchmarks.dispatch import STEPS, DispatchPlan, measure_dispatch, report_lines
from benchmarks.dispatch_city import DEEPEST_M, STREETS_PER_JUNCTION, WET_SHARE, make_flooded_city
from cim_models.errors import InputError
from twin.roads import RoadNetwork


def test_every_policy_is_timed_on_one_situation():
    plan = DispatchPlan(nodes=900, crews=60, cases=25, busy_cases=15, depots=12, repeats=1)
    figures = measure_dispatch(plan, lambda line: None)
    assert set(figures["rounds"]) == set(BUILT_IN)
    assert figures["nodes"] == 900
    assert figures["free_crews"] + figures["busy_crews"] == 60
    assert figures["busy_crews"] > 0
    assert figures["open_tasks"] >= figures["open_cases"] >= 20
    for figure in figures["rounds"].values():
        assert set(figure["steps_cpu_s"]) == set(STEPS)
        assert 0.0 < figure["wall_s"] < 60.0
    lines = report_lines(figures)
    assert [line.split()[0] for line in lines[2:]] == sorted(BUILT_IN)


def test_the_city_is_in_one_piece_and_a_tenth_of_it_is_wet():
    made = make_flooded_city(2500, depots=5, seed=1)
    roads = made.city.layers["roads"]
    network = RoadNetwork(roads)
    assert len(network.node_ids) == 2500
    assert len(roads) == pytest.approx(STREETS_PER_JUNCTION * 2500, rel=0.01)
    assert all(network.way(0, [node], "car", 0.0) is not None for node in range(1, 2500))
    assert (made.road_depth > 0.0).mean() == pytest.approx(WET_SHARE, abs=0.01)
    assert made.road_depth.max() == DEEPEST_M
    network.update(made.road_depth)
    assert any(network.way(0, [node], "car", 0.0) is None for node in range(1, 2500))


def test_a_plan_without_crews_is_refused():
    with pytest.raises(InputError, match="crews: got 0; expected >= 1"):
        DispatchPlan(crews=0)
