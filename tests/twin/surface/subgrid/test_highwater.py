import numpy as np
import pytest

from twin.surface.subgrid.highwater import INTERVAL_S, LOOKS, HighWater, Look


def look(number: int) -> Look:
    """Return what was seen at a number of intervals, told apart by what was given."""
    volume = np.full(3, 10 * number)
    flow = np.full(3, 0.5 * number, np.float32)
    return Look(number * INTERVAL_S, volume, volume.astype(np.int32), flow, -flow, 7 * volume)


def watched(standing: list[int]) -> HighWater:
    """Look at water that stands in so many nodes."""
    high = HighWater()
    for number, nodes in enumerate(standing, start=1):
        high.look(look(number), nodes)
    return high


def test_the_rise_ends_when_most_nodes_stand_in_water() -> None:
    rise = watched([0, 1, 4, 9, 12, 12, 8, 3]).rise
    assert rise is not None
    assert rise.end_s == 5 * INTERVAL_S
    assert rise.start.time_s == (5 - LOOKS) * INTERVAL_S
    assert rise.given.tolist() == [350] * 3


def test_the_rise_begins_no_earlier_than_the_first_look() -> None:
    rise = watched([0, 3]).rise
    assert rise is not None
    assert (rise.start.time_s, rise.end_s) == (INTERVAL_S, 2 * INTERVAL_S)


@pytest.mark.parametrize("standing", [[], [0, 0, 0], [5, 4]])
def test_without_rising_water_there_is_no_rise(standing: list[int]) -> None:
    assert watched(standing).rise is None


def test_no_rise_spans_a_moment_at_which_the_water_was_set() -> None:
    high = watched([1, 2, 3])
    high.forget_looks()
    high.look(look(4), 50)
    high.look(look(5), 60)
    assert high.rise is not None
    assert (high.rise.start.time_s, high.rise.end_s) == (4 * INTERVAL_S, 5 * INTERVAL_S)


def test_a_restored_watch_goes_on_alike() -> None:
    first, second = watched([1, 2, 5, 4]), HighWater()
    second.restore(first.state())
    for high in (first, second):
        high.look(look(5), 6)
    assert first.state().keys() == second.state().keys()
    for name, value in first.state().items():
        np.testing.assert_array_equal(value, second.state()[name], err_msg=name)


def test_looks_come_at_whole_intervals() -> None:
    high = HighWater()
    assert high.next_s(0.0) == INTERVAL_S
    assert high.next_s(INTERVAL_S) == 2 * INTERVAL_S
    assert high.next_s(0.999 * INTERVAL_S) == INTERVAL_S
