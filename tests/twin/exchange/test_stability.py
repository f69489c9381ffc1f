"""Street and sewer settle at equal heads, at any exchange step, without growing oscillation."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from cim_models.city import Terrain
from cim_models.networks.sewer import read_sewer
from twin.exchange import SewerExchange
from twin.exchange.coefficients import inlet_coefficients
from twin.exchange.inlets import SewerState, StreetState, gully_part, join
from twin.exchange.kernels import exchange_units
from twin.sewer import SewerEngine
from twin.surface import SurfaceSolver
from twin.surface.constants import UNIT_M, UNITS_PER_M

CELL_M2, SHAFT_M2 = 4.0, 2.0
UNIT_M3 = UNIT_M * CELL_M2
STEPS_S = st.sampled_from([0.5, 1.0, 2.0, 5.0, 10.0, 30.0])


@dataclass(frozen=True)
class _Shafts:
    """Sewer nodes that are nothing but shafts."""

    node_ids: tuple[str, ...]


def _make_boxes(pairs):
    """Gullies between cells and shafts, given as pairs (cell, node)."""
    nodes = _Shafts(tuple(str(node) for node in range(1 + max(node for _, node in pairs))))
    gullies = gpd.GeoDataFrame(
        {
            "id": [f"G{k}" for k in range(len(pairs))],
            "node": [str(node) for _, node in pairs],
            "length_m": 0.75,
            "width_m": 0.45,
            "open_ratio": 0.5,
        },
        geometry=[Point(0, 0)] * len(pairs),
    )
    cells = np.array([cell for cell, _ in pairs])
    bed = np.zeros((1, 1 + cells.max()))
    return join([gully_part(gullies, cells, nodes)], bed, CELL_M2, SHAFT_M2)


def _step_boxes(inlets, depth_units, shaft_units, dt_s):
    """Exchange once between cells and shafts; both lists of units change in place."""
    level = shaft_units * UNIT_M3 / SHAFT_M2
    state = SewerState(level, np.maximum(level, 0.0) * SHAFT_M2)
    units = np.empty(inlets.cell.size, np.int64)
    street = StreetState(depth_units * UNIT_M, depth_units)
    exchange_units(inlets, street, state, inlet_coefficients(), dt_s, UNIT_M3, units)
    np.subtract.at(depth_units, inlets.slot, units)
    np.add.at(shaft_units, inlets.node, units)
    return depth_units[inlets.slot] * UNIT_M - shaft_units[inlets.node] * UNIT_M3 / SHAFT_M2


@settings(max_examples=50)
@given(depth=st.floats(0.0, 2.0), rise=st.floats(0.0, 2.0), dt_s=STEPS_S)
@example(depth=2.0**-14, rise=0.0, dt_s=0.5)
def test_one_gully_settles_without_a_change_of_sign(depth, rise, dt_s):
    inlets, _ = _make_boxes([(0, 0)])
    cell = np.array([round(depth * UNITS_PER_M)])
    shaft = np.array([round(rise * SHAFT_M2 / UNIT_M3)])
    total, difference = int(cell[0] + shaft[0]), depth - rise
    for _ in range(400):  # a film drains by a few units a step
        after = _step_boxes(inlets, cell, shaft, dt_s)[0]
        assert after * difference >= -1e-6
        assert abs(after) <= abs(difference) + 1e-6
        difference = after
    assert abs(difference) < 5e-5  # a film of hundredths of a millimetre moves by single units a step
    assert cell[0] >= 0
    assert int(cell[0] + shaft[0]) == total


@settings(max_examples=40)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=12),
    depths=st.lists(st.floats(0.0, 1.5), min_size=3, max_size=3),
    rises=st.lists(st.floats(0.0, 1.5), min_size=3, max_size=3),
    dt_s=STEPS_S,
)
def test_many_gullies_on_shared_cells_and_nodes_never_drive_the_heads_apart(pairs, depths, rises, dt_s):
    inlets, cells = _make_boxes(pairs)
    cell = np.rint(np.array(depths)[cells] * UNITS_PER_M).astype(np.int64)
    shaft = np.rint(np.array(rises)[: 1 + max(node for _, node in pairs)] * SHAFT_M2 / UNIT_M3).astype(
        np.int64
    )
    total = int(cell.sum() + shaft.sum())
    spread = np.ptp(np.concatenate([cell * UNIT_M, shaft * UNIT_M3 / SHAFT_M2]))
    for _ in range(50):
        _step_boxes(inlets, cell, shaft, dt_s)
        assert cell.min() >= 0
        now = np.ptp(np.concatenate([cell * UNIT_M, shaft * UNIT_M3 / SHAFT_M2]))
        assert now <= spread + 1e-6
        spread = now
    assert int(cell.sum() + shaft.sum()) == total
    for _ in range(500):
        difference = _step_boxes(inlets, cell, shaft, dt_s)
    assert np.abs(difference).max() < 1e-4


_DEAD_END = """
[OPTIONS]
FLOW_UNITS CMS
FLOW_ROUTING DYNWAVE
LINK_OFFSETS DEPTH
START_DATE 01/01/2020
END_DATE 01/02/2020

[JUNCTIONS]
J1 8.0 2.0 0 0 0

[OUTFALLS]
O1 7.9 FIXED 10.25 NO

[CONDUITS]
C1 J1 O1 40 0.013 0 0 0

[XSECTIONS]
C1 CIRCULAR 0.5 0 0 0

[COORDINATES]
J1 5 5
O1 45 5
"""


@pytest.mark.parametrize(
    ("steps_s", "until_s", "within_m"),
    [
        ((0.5, 0.5), 900.0, 0.01),
        ((1.0, 1.0), 1800.0, 0.01),
        ((1.0, 5.0), 1800.0, 0.02),
        ((5.0, 5.0), 3600.0, 0.02),
        ((30.0, 2.0), 7200.0, 0.03),
    ],
)
@pytest.mark.parametrize("initial_m", [0.0, 0.4])
def test_pond_and_sewer_settle_at_one_level(steps_s, until_s, within_m, initial_m, tmp_path):
    """A basin joined by one gully to a sewer whose outfall stands 0.25 m above the street.

    Long exchange steps are stable but slow: no step moves more than makes the heads of one cell and one
    shaft equal.
    """
    exchange_s, routing_s = steps_s
    terrain = Terrain(np.full((5, 5), 10.0, np.float32), x_min=0.0, y_max=10.0, cell_size_m=2.0)
    surface = SurfaceSolver(terrain.elevation, 2.0)
    surface.set_water_depth(np.full((5, 5), initial_m))
    network = read_sewer(_DEAD_END)
    gullies = gpd.GeoDataFrame(
        {"id": ["G1"], "node": ["J1"], "length_m": 0.75, "width_m": 0.45, "open_ratio": 0.5},
        geometry=[Point(5, 5)],
    )
    nodes = np.column_stack([network.nodes.geometry.x, network.nodes.geometry.y])
    pond = []
    with SewerEngine(network, tmp_path, routing_s, unit_m3=surface.unit_m3) as sewer:
        exchange = SewerExchange(terrain, np.ones((5, 5), bool), gullies, sewer, nodes)
        for step in range(1, round(until_s / exchange_s) + 1):
            end_s = step * exchange_s
            sewer.inject_units(exchange.step(surface, sewer, exchange_s, end_s - sewer.time_s))
            if end_s >= sewer.time_s + routing_s - 1e-9:
                sewer.advance_to(end_s)
            surface.advance_to(end_s)
            pond.append(surface.volume_m3() / 100.0)
        account = sewer.account
    early, late = np.split(np.abs(np.array(pond) - 0.25), [3 * len(pond) // 4])
    assert late.max() < within_m
    assert early.max() < 0.26
    moved = exchange.to_sewer_units - exchange.to_surface_units
    assert account.received_units == moved
    assert surface.account.error_units == 0
