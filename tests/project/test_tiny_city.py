"""The tiny city is a real one: SWMM accepts its sewer, and its layers have the declared columns."""

import numpy as np
from swmm.toolkit import solver

from cim_models.layers import LAYERS


def test_swmm_runs_its_sewer(tiny_city, tmp_path):
    (tmp_path / "sewer.inp").write_text(tiny_city.sewer.inp, encoding="utf-8")
    solver.swmm_run(*(str(tmp_path / f"sewer.{suffix}") for suffix in ("inp", "rpt", "out")))
    report = (tmp_path / "sewer.rpt").read_text(encoding="latin-1")
    assert "ERROR" not in report
    assert "Flow Routing Continuity" in report


def test_layers_have_their_declared_columns(tiny_city):
    for name, frame in tiny_city.layers.items():
        assert list(frame.columns) == ["id", *(c.name for c in LAYERS[name].columns), "geometry"]
        assert frame["id"].is_unique


def test_inverts_lie_below_ground_and_fall_to_the_outfall(tiny_city):
    nodes = tiny_city.sewer.nodes
    assert (nodes["invert_elevation_m"] < nodes["ground_elevation_m"]).all()
    assert (np.diff(nodes["invert_elevation_m"]) < 0).all()


def test_street_dips_where_it_should_pond(tiny_city):
    terrain = tiny_city.terrain
    row, col = terrain.row_col(*[c[0] for c in tiny_city.layers["spots"].geometry.iloc[0].xy])
    street = terrain.elevation[row]
    assert street[col] < street[-1]
