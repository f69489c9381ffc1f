"""The garbage collector rests while kernels are compiled."""

import gc

import pytest
from numba import njit
from numba.core.errors import TypingError
from numba.extending import overload

from twin.surface import intrinsics  # noqa: F401  (lets the collector rest)


def noted(seen):
    """Return a kernel, and note whether the collector is on while it is compiled."""

    def helper(number):
        return number

    @overload(helper)
    def typed(number):
        seen.append(gc.isenabled())
        return lambda number: number + 1

    return njit(lambda number: helper(number))


@pytest.mark.parametrize("was_on", [True, False])
def test_it_is_off_while_numba_compiles_and_then_as_before(was_on):
    seen = []
    (gc.enable if was_on else gc.disable)()
    try:
        assert noted(seen)(3) == 4
        assert seen
        assert not any(seen)
        assert gc.isenabled() == was_on
    finally:
        gc.enable()


def test_it_is_on_again_after_a_compilation_that_failed():
    with pytest.raises(TypingError):
        njit(lambda number: number + "m")(1)
    assert gc.isenabled()
