"""The district's sewer and supply: sound by themselves and accepted by their engines."""

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from swmm.toolkit import solver

from cim_models.city import City, Network
from cim_models.district import make_district
from cim_models.networks import read_sewer, read_supply


@pytest.fixture(scope="module", params=[(1, 400.0, 4.0), (1, 1500.0, 4.0)], ids=["small", "full"])
def city(request: pytest.FixtureRequest) -> City:
    return make_district(*request.param)


def _sewer(city: City) -> Network:
    assert city.sewer is not None
    return city.sewer


def _supply(city: City) -> Network:
    assert city.supply is not None
    return city.supply


def test_pipes_fall_towards_the_outfalls(city: City) -> None:
    sewer = _sewer(city)
    invert = sewer.nodes.set_index("id")["invert_elevation_m"]
    fall = sewer.links["from_node"].map(invert) - sewer.links["to_node"].map(invert)
    assert (fall / sewer.links["length_m"] > 0.0025).all()
    tree: nx.DiGraph[str] = nx.DiGraph(
        list(zip(sewer.links["from_node"], sewer.links["to_node"], strict=True))
    )
    assert nx.is_directed_acyclic_graph(tree)
    outfalls = set(sewer.nodes.loc[sewer.nodes["kind"] == "outfall", "id"])
    assert {node for node in tree if tree.out_degree(node) == 0} == outfalls
    assert max(out for _, out in tree.out_degree()) == 1


def test_manholes_reach_below_their_pipes_and_up_to_the_ground(city: City) -> None:
    sewer = _sewer(city)
    junctions = sewer.nodes[sewer.nodes["kind"] == "junction"].set_index("id")
    depth = junctions["ground_elevation_m"] - junctions["invert_elevation_m"]
    assert depth.between(1.5, 6.5).all()
    crown = sewer.links.groupby("from_node")["diameter_m"].max()
    assert (depth[crown.index] - crown > 0.3).all()
    row, col = city.terrain.row_col(junctions.geometry.x, junctions.geometry.y)
    assert junctions["ground_elevation_m"].to_numpy() == pytest.approx(city.terrain.elevation[row, col])


def test_diameters_do_not_shrink_downstream_save_in_the_old_quarter(city: City) -> None:
    sewer, spots = _sewer(city), city.layers["spots"].set_index("id")
    leaving = sewer.links.set_index("from_node")
    shrinking = [
        link
        for link in sewer.links.itertuples()
        if link.to_node in leaving.index and leaving.loc[link.to_node, "diameter_m"] < link.diameter_m - 1e-9
    ]
    if "undersized-1" not in spots.index:
        assert shrinking == []
        return
    assert len(shrinking) >= 1
    quarter = spots.geometry["undersized-1"].buffer(350.0)
    assert all(link.geometry.intersects(quarter) for link in shrinking)


@pytest.mark.parametrize("which", ["sewer", "supply"])
def test_tables_agree_with_the_text(city: City, which: str) -> None:
    network, read = (_sewer(city), read_sewer) if which == "sewer" else (_supply(city), read_supply)
    again = read(network.inp)
    for ours, theirs in ((network.nodes, again.nodes), (network.links, again.links)):
        left, right = ours.set_index("id").sort_index(), theirs.set_index("id").sort_index()
        assert list(left.index) == list(right.index)
        assert (left["kind"] == right["kind"]).all()
        number = [name for name in ("invert_elevation_m", "diameter_m") if name in left]
        pd.testing.assert_frame_equal(left[number], right[number], atol=2e-3, check_dtype=False)


def _run_swmm(path: Path, inflow_m3_s: float) -> float:
    """Feed every junction for half an hour, drain for another; return the routing error in percent."""
    solver.swmm_open(str(path), str(path.with_suffix(".rpt")), str(path.with_suffix(".out")))
    try:
        solver.swmm_start(False)
        count = solver.project_get_count(2)
        days = 0.0
        while (days := solver.swmm_step() or days) and days < 1.0 / 24.0:
            for node in range(count):
                solver.node_set_total_inflow(node, inflow_m3_s if days < 0.5 / 24.0 else 0.0)
        solver.swmm_end()
        return float(solver.swmm_get_mass_balance()[1])
    finally:
        solver.swmm_close()


def test_swmm_runs_it_with_little_error(city: City, tmp_path: Path) -> None:
    path = tmp_path / "sewer.inp"
    path.write_text(_sewer(city).inp, encoding="utf-8")
    assert abs(_run_swmm(path, 0.04)) < 1.0


def test_epanet_keeps_every_tap_under_pressure(city: City, tmp_path: Path) -> None:
    path = tmp_path / "supply.inp"
    path.write_text(_supply(city).inp, encoding="utf-8")
    en = pytest.importorskip("epanet.toolkit")
    project = en.createproject()
    en.open(project, str(path), str(tmp_path / "supply.rpt"), "")
    en.openH(project)
    en.initH(project, 0)
    taps = [
        index
        for index in range(1, en.getcount(project, en.NODECOUNT) + 1)
        if en.getnodetype(project, index) == en.JUNCTION
    ]
    lowest, highest, left = np.inf, -np.inf, 1
    while left > 0:
        en.runH(project)
        pressure = [en.getnodevalue(project, index, en.PRESSURE) for index in taps]
        lowest, highest = min(lowest, *pressure), max(highest, *pressure)
        left = en.nextH(project)
    en.closeH(project)
    en.close(project)
    en.deleteproject(project)
    assert lowest > 14.0
    assert highest < 100.0


def test_supply_is_looped_and_has_valves(city: City) -> None:
    supply = _supply(city)
    graph: nx.MultiGraph[str] = nx.MultiGraph(
        list(zip(supply.links["from_node"], supply.links["to_node"], strict=True))
    )
    assert nx.is_connected(graph)
    assert graph.number_of_edges() > graph.number_of_nodes()
    assert (supply.links["kind"] == "valve").sum() >= 3
