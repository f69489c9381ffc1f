import time
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from cim_models.city import Network
from cim_models.errors import NetworkError
from tests.twin.supply.towns import RING, benchmark, needs_epanet, ring
from twin.supply.isolation import IsolationPlanner, Leak
from twin.supply.segments import Segments, isolation_valves

VALVED = (
    RING.replace(" BC B C 400 200 120 0 Open", " BC X C 300 200 120 0 Open")
    .replace(" E 10 2 day", " E 10 2 day\n X 10 0")
    .replace("[PATTERNS]", "[VALVES]\n VB B X 200 TCV 0 0\n[PATTERNS]")
)


def segments_of(network: Network, source: Any = "junctions") -> Segments:
    demand = np.ones(len(network.nodes))
    return Segments(network, isolation_valves(network, source), demand, 100.0 * demand)


def test_all_pipes_but_one_of_a_junction_of_three_have_a_valve() -> None:
    valves = {valve.id for valve in isolation_valves(ring())}
    # A: AB, DA, RA; B: AB, BC, TB; C: BC, CD, CE; the first pipe by id goes without
    assert {"DA@A", "RA@A", "BC@B", "TB@B", "CD@C", "CE@C"} <= valves
    assert not {"AB@A", "AB@B", "BC@C"} & valves
    assert {"RA@R", "TB@T"} <= valves  # the sources' own
    assert not {valve for valve in valves if valve.endswith(("@D", "@E"))}


def test_the_model_s_own_valves_are_valves() -> None:
    assert {valve.id for valve in isolation_valves(ring(VALVED), "model")} == {"VB", "RA@R", "TB@T"}


def test_a_pipe_with_a_check_valve_gets_none() -> None:
    text = RING.replace(" CE C E 100 100 120 0 Open", " CE C E 100 100 120 0 CV")
    assert "CE@C" not in {valve.id for valve in isolation_valves(ring(text))}


def test_the_segment_of_a_pipe_is_cut_off_by_all_valves_around_it() -> None:
    choice = IsolationPlanner(segments_of(ring())).choose(Leak("CE", 0.01, 3600.0))
    assert choice.valves == ("CE@C",)
    assert choice.persons == 100.0  # E alone
    assert choice.unfed == frozenset()


def test_who_lives_beyond_the_segment_loses_water_too() -> None:
    choice = IsolationPlanner(segments_of(ring())).choose(Leak("BC", 0.01, 3600.0))
    # junction C has no valve towards BC: it goes with the pipe; E hangs on C and is dry in any case,
    # so that nobody need shut the valve between them
    assert set(choice.valves) == {"BC@B", "CD@C"}
    assert choice.persons == 200.0


def test_a_part_that_is_fed_through_the_pipe_alone_is_dry_with_it() -> None:
    segments = segments_of(ring())
    planner = IsolationPlanner(segments)
    choice = planner.choose(Leak("BC", 0.01, 3600.0), valve_time_s={"CE@C": 0.0, "BC@B": 9.0, "CD@C": 9.0})
    assert set(choice.valves) >= {"BC@B", "CD@C"}
    beyond = segments.of_node[4]
    assert beyond in choice.segments | choice.unfed
    assert choice.persons == 200.0


def test_a_stuck_valve_takes_the_segment_behind_it() -> None:
    planner = IsolationPlanner(segments_of(ring()))
    choice = planner.choose(Leak("CE", 0.01, 3600.0), stuck=frozenset({"CE@C"}))
    assert "CE@C" not in choice.valves
    assert set(choice.valves) == {"BC@B", "CD@C"}
    assert choice.persons == 200.0


def test_a_valve_that_is_shut_already_need_not_be_shut() -> None:
    planner = IsolationPlanner(segments_of(ring()))
    choice = planner.choose(Leak("BC", 0.01, 3600.0), shut=frozenset({"CD@C"}))
    assert set(choice.valves) == {"BC@B"}


def test_a_far_valve_is_left_when_the_next_segment_costs_less() -> None:
    planner = IsolationPlanner(segments_of(ring()))
    leak = Leak("CE", 0.5, 60.0)
    near = planner.choose(leak, valve_time_s={"CE@C": 60.0})
    far = planner.choose(leak, valve_time_s={"CE@C": 50_000.0, "BC@B": 60.0, "CD@C": 60.0})
    assert near.valves == ("CE@C",)
    assert set(far.valves) == {"BC@B", "CD@C"}
    assert far.cost_m3 < leak.escape_m3_s * 50_000.0


def test_without_a_valve_that_turns_it_says_so() -> None:
    segments = segments_of(ring(), "model")
    planner = IsolationPlanner(segments)
    assert set(planner.choose(Leak("CD", 0.01, 3600.0)).valves) == {"RA@R", "TB@T"}
    with pytest.raises(NetworkError, match="no valves cut it off"):
        planner.choose(Leak("CD", 0.01, 3600.0), stuck=frozenset({"RA@R"}))


def test_no_choice_leaves_a_way_from_a_source() -> None:
    """Any pipe, any one stuck valve: after the choice no source reaches the pipe in the graph."""
    network = ring()
    segments = segments_of(network)
    planner = IsolationPlanner(segments)
    for pipe in network.links["id"]:
        for stuck in (None, *(valve.id for valve in segments.valves)):
            try:
                choice = planner.choose(Leak(pipe, 0.1, 3600.0), stuck=frozenset({stuck} - {None}))
            except NetworkError:
                assert stuck is not None
                continue
            assert stuck not in choice.valves
            assert not _reaches(network, segments, set(choice.valves), pipe)


def _reaches(network: Network, segments: Segments, shut: set[str], pipe: str) -> bool:
    graph: nx.Graph[str] = nx.Graph()
    cut = {(valve.link, valve.node) for valve in segments.valves if valve.id in shut}
    columns = (network.links[name] for name in ("id", "from_node", "to_node"))
    for link, *ends in zip(*columns, strict=True):
        graph.add_edges_from((f"link {link}", node) for node in ends if (link, node) not in cut)
    return graph.has_node(f"link {pipe}") and any(
        graph.has_node(s) and nx.has_path(graph, s, f"link {pipe}") for s in ("R", "T")
    )


@pytest.mark.shared_data
@needs_epanet
@pytest.mark.slow
def test_segments_are_those_of_wntr(shared_data: Any) -> None:
    """WNTR takes five seconds to import, hence slow."""
    wntr = pytest.importorskip("wntr")
    path: Path = shared_data("epanet") / "Net3.inp"
    network = benchmark(path)
    valves = tuple(valve for valve in isolation_valves(network) if "@" in valve.id)
    segments = Segments(network, valves, np.ones(len(network.nodes)), np.ones(len(network.nodes)))
    import pandas as pd

    model = wntr.network.WaterNetworkModel(str(path))
    layer = pd.DataFrame({"link": [v.link for v in valves], "node": [v.node for v in valves]})
    node_segments, link_segments, _ = wntr.metrics.topographic.valve_segments(model.to_graph(), layer)
    theirs = [node_segments[str(name)] for name in network.nodes["id"]]
    theirs += [link_segments[str(name)] for name in network.links["id"]]
    ours = [*segments.of_node, *segments.of_link]
    pairs = set(zip(theirs, ours, strict=True))
    assert len(pairs) == len(set(theirs)) == len(set(ours))


@pytest.mark.shared_data
def test_the_choice_on_ky10_takes_less_than_a_second(shared_data: Any) -> None:
    network = benchmark(shared_data("epanet") / "ky10.inp")
    begun = time.process_time()
    segments = segments_of(network)
    planner = IsolationPlanner(segments)
    choice = planner.choose(Leak("P-997", 0.1, 6 * 3600.0))
    took_s = time.process_time() - begun
    assert len(segments.valves) > 900
    assert choice.valves
    assert took_s < 1.0
