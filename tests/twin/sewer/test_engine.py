"""The sewer engine on the tiny city's sewer, and against plain SWMM on a real one."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validation.sewer_equality import SEWERS, compare
from cim_models.errors import EngineError, InputError, NetworkError
from cim_models.networks import read_sewer
from twin.sewer import SewerEngine, SewerSettings


@pytest.fixture
def sewer(tiny_city):
    return tiny_city.sewer


def test_water_put_in_comes_out_at_the_outfall(sewer, tmp_path):
    with SewerEngine(sewer, tmp_path, 1.0) as engine:
        for second in range(1, 3001):
            engine.inject(np.array([0.03 if second <= 600 else 0.0, 0.0, 0.0, 0.0]))
            engine.advance_to(float(second))
        account = engine.account
    assert account.injected == pytest.approx(18.0)
    assert account.outfalls == pytest.approx(18.0, rel=2e-3)
    assert account.stored == pytest.approx(0.0, abs=0.02)
    assert account.error == pytest.approx(
        18.0 - account.outfalls - account.stored + account.initial, abs=1e-9
    )
    assert account.losses == 0.0


def test_water_above_the_ground_waits_in_the_riser_and_can_be_taken_out(sewer, tmp_path):
    settings = SewerSettings(riser_area_m2=2.0)
    with SewerEngine(sewer, tmp_path, 1.0, settings) as engine:
        for second in range(1, 61):
            engine.inject(np.array([0.5, 0.0, 0.0, 0.0]))
            engine.advance_to(float(second))
        risen = engine.heads[0] - engine.ground_m[0]
        waiting = engine.ponded_volume()[0]
        assert risen > 0.5
        assert waiting == pytest.approx(2.0 * risen)
        assert engine.account.losses == 0.0
        engine.inject(np.array([-waiting, 0.0, 0.0, 0.0]))
        engine.advance_to(61.0)
        assert engine.account.withdrawn == pytest.approx(waiting)
        # SWMM books half of the withdrawal a step later; that half must not be offered again
        assert engine.ponded_volume()[0] < 0.2 * waiting
        engine.advance_to(63.0)
        assert engine.heads[0] - engine.ground_m[0] < 0.3 * risen


def test_volumes_too_small_for_swmm_wait_until_they_count(sewer, tmp_path):
    drop = 1e-7
    with SewerEngine(sewer, tmp_path, 1.0) as engine:
        for second in range(1, 2001):
            engine.inject(np.array([drop, 0.0, 0.0, 0.0]))
            engine.advance_to(float(second))
        account = engine.account
    assert account.injected == pytest.approx(2000 * drop)
    assert account.injected + account.initial == pytest.approx(
        account.outfalls + account.stored + account.error, abs=1e-12
    )
    assert account.other_inflow == pytest.approx(0.0, abs=1e-6)


def test_second_simulation_in_the_process_is_refused_and_closing_frees_it(sewer, tmp_path):
    first = SewerEngine(sewer, tmp_path / "a", 1.0)
    with pytest.raises(EngineError, match="one sewer simulation per process"):
        SewerEngine(sewer, tmp_path / "b", 1.0)
    first.close()
    first.close()
    SewerEngine(sewer, tmp_path / "b", 1.0).close()


def test_broken_file_is_told_with_its_line_and_frees_swmm(sewer, tmp_path):
    broken = replace(sewer, inp=sewer.inp.replace("C2 J2 J3", "C2 J2 J9"))
    line = 1 + next(k for k, text in enumerate(broken.inp.splitlines()) if text.startswith("C2 J2 J9"))
    with pytest.raises(NetworkError, match=rf"undefined object J9 at line {line} of \[CONDUIT\].*C2 J2 J9"):
        SewerEngine(broken, tmp_path, 1.0)
    SewerEngine(sewer, tmp_path, 1.0).close()


def test_network_that_is_wrong_as_a_whole_is_told_too(sewer, tmp_path):
    """Every line is right, but an outfall may have only one pipe."""
    broken = replace(sewer, inp=sewer.inp.replace("C2 J2 J3", "C2 J2 O1"))
    with pytest.raises(NetworkError, match="O1"):
        SewerEngine(broken, tmp_path, 1.0)
    SewerEngine(sewer, tmp_path, 1.0).close()


def test_nodes_that_the_file_does_not_know_are_named(sewer, tmp_path):
    nodes = sewer.nodes.assign(id=["J1", "J2", "ghost", "O1"])
    with pytest.raises(NetworkError, match="ghost"):
        SewerEngine(replace(sewer, nodes=nodes), tmp_path, 1.0)


@pytest.mark.parametrize("step_s", [0.0, -1.0, 0.0005])
def test_step_must_be_whole_milliseconds(sewer, tmp_path, step_s):
    with pytest.raises(InputError, match="milliseconds"):
        SewerEngine(sewer, tmp_path, step_s)


def test_time_between_two_steps_is_refused(sewer, tmp_path):
    with SewerEngine(sewer, tmp_path, 2.0) as engine, pytest.raises(EngineError, match="whole number"):
        engine.advance_to(3.0)


def test_heads_that_are_not_finite_stop_the_run_with_the_node_and_the_remedy(sewer, tmp_path):
    """SWMM goes on with NaN when a routing step was too long for a surcharged node."""
    with SewerEngine(sewer, tmp_path, 1.0) as engine:
        engine.advance_to(1.0)

        def read(nodes, _quantity, out):
            out[:] = 1.0
            out[1] = np.nan
            return 0

        engine._bulk = replace(engine._bulk, read_nodes=read)
        with pytest.raises(EngineError, match=r"node 'J2' at 2 s.*got nan m.*numerics\.sewer"):
            engine.advance_to(2.0)


def test_nodes_keep_the_order_of_the_table(sewer, tmp_path):
    turned = replace(sewer, nodes=sewer.nodes.iloc[::-1].reset_index(drop=True))
    heads = []
    for name, network in (("a", sewer), ("b", turned)):
        with SewerEngine(network, tmp_path / name, 1.0) as engine:
            volume = np.where(np.array(engine.node_ids) == "J1", 0.05, 0.0)
            for second in range(1, 121):
                engine.inject(volume)
                engine.advance_to(float(second))
            heads.append(engine.heads.copy())
    np.testing.assert_array_equal(heads[0], heads[1][::-1])


def test_files_in_feet_are_read_in_metres(sewer, tmp_path):
    foot = 0.3048
    text = """[OPTIONS]
FLOW_UNITS CFS
FLOW_ROUTING DYNWAVE
[JUNCTIONS]
A 100 6 1 0 0
[OUTFALLS]
B 99 FREE
[CONDUITS]
C A B 200 0.013 0 0
[XSECTIONS]
C CIRCULAR 2 0 0 0
[COORDINATES]
A 0 0
B 200 0
"""
    with SewerEngine(read_sewer(text), tmp_path, 1.0) as engine:
        assert engine.heads[0] == pytest.approx(101 * foot)
        assert engine.depths[0] == pytest.approx(1 * foot)
        for second in range(1, 1201):
            engine.inject(np.array([0.05, 0.0]))
            engine.advance_to(float(second))
        assert engine.inflow[0] == pytest.approx(0.05)
        assert engine.account.injected == pytest.approx(60.0)
        assert engine.account.outfalls == pytest.approx(60.0, rel=0.05)


@pytest.mark.shared_data
@pytest.mark.parametrize("sewer", SEWERS, ids=[sewer.data_set for sewer in SEWERS])
def test_without_exchange_the_engine_equals_plain_swmm(sewer, shared_data):
    """A real model with its own rain, from where that sets in: depths within 0.1 mm all the way."""
    shared_data(sewer.data_set)
    found = compare(sewer, duration_s=900.0)
    assert found.steps == 225
    assert found.deepest_m > 0.2
    assert found.worst_m < 1e-4
