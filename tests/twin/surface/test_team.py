"""Helpers take each part once, and none is left over."""

import _thread
import time

import numpy as np
import pytest
from numba import njit

from twin.surface import SurfaceSettings, SurfaceSolver
from twin.surface.kernel_team import (
    DISMISSED,
    NO_PART,
    await_all,
    await_part,
    finish_part,
    new_counters,
    post,
    take_part,
)
from twin.surface.state import aligned, padded
from twin.surface.team import lead_helpers

PARTS, TASKS = 100, 50


@njit(nogil=True)
def count_parts(rank, counters, done):
    """Post tasks as the leader, help as another; count how often each part is done."""
    if rank != 0:
        part = await_part(counters)
        while part != NO_PART:
            done[part] += 1
            finish_part(counters)
            part = await_part(counters)
        return 0
    for task in range(TASKS):
        post(counters, task, PARTS)
        part = take_part(counters)
        while part != NO_PART:
            done[part] += 1
            finish_part(counters)
            part = take_part(counters)
        await_all(counters)
        if done[: (task + 1) * PARTS].min() == 0:
            return task
    return TASKS


@pytest.mark.parametrize("helpers", [0, 1, 3])
def test_each_part_is_done_once_and_before_the_next_task(helpers):
    counters, done = new_counters(), np.zeros(TASKS * PARTS, np.int64)
    assert lead_helpers(count_parts, helpers, (counters, done), counters) == TASKS
    assert (done == 1).all()


def test_helpers_go_when_the_leader_fails():
    left = []

    def kernel(rank, counters):
        if rank == 0:
            raise ArithmeticError
        while counters[DISMISSED, 0] == 0:
            time.sleep(0.001)
        left.append(rank)

    counters = new_counters()
    with pytest.raises(ArithmeticError):
        lead_helpers(kernel, 2, (counters,), counters)
    assert sorted(left) == [1, 2]


def test_a_solver_keeps_no_thread():
    before = _thread._count()
    solver = SurfaceSolver(np.zeros((256, 256)), 2.0, settings=SurfaceSettings(threads=2))
    solver.set_rain(1e-4)
    solver.advance_to(20.0)
    assert _thread._count() == before
    assert solver.account.error_units == 0


def test_arrays_lie_on_cache_lines_and_large_ones_beside_each_other():
    for shape in ((3, 5), (40, 700), (900, 900)):
        assert padded(shape, np.float32).ctypes.data % 64 == 0
    places = [padded((900, 900), np.int32, place=place).ctypes.data % 4096 for place in range(4)]
    assert places == [0, 1024, 2048, 3072]
    assert aligned((2, 3, 7), np.float32).ctypes.data % 64 == 0
