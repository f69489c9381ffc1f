"""Threads that share the work of a step without going back to the interpreter.

One thread leads: it runs the loop over steps. Where there is enough to do it posts a task of so many parts,
and whoever is free takes the next part, the leader too: a helper that comes late or is held up costs nothing
but its help. The leader goes on when all parts are done. Handing over takes about a microsecond while the
helpers look out for work; after a while without any they look less often.

Parts are numbered through all tasks, and the counters only grow: no thread can take a part twice, or one of
a task that is not posted yet. Which thread does a part changes no result.
"""

import os
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

TAKEN, POSTED, DONE, TASK, FIRST, DISMISSED = range(6)
"""Counters: parts taken, posted and done so far; kind and first part of the task; 1 when all is over."""
COUNTERS, LINE = 6, 8
"""Each counter has a cache line of its own, so that those who wait do not hold up those who work."""
NO_PART = -1
PATIENCE = 2000
"""How often a helper asks at once before it sleeps between its questions."""
NAP_US = 50


def new_counters() -> Any:
    """Return the counters of a team that has no work yet."""
    return np.zeros((COUNTERS, LINE), np.int64)


def _address(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return the address of a counter, the first of its row."""
    kind = signature.args[0]
    struct = context.make_array(kind)(context, builder, arguments[0])
    row = context.cast(builder, arguments[1], signature.args[1], types.intp)
    first = context.get_constant(types.intp, 0)
    return cgutils.get_item_pointer(context, builder, kind, struct, [row, first], wraparound=False)


@intrinsic
def _read(_typing_context: Any, counters: Any, row: Any) -> Any:
    """Return a counter; what others wrote before they changed it can be seen from now on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_address(context, builder, signature, arguments), "acquire", 8)

    return types.int64(counters, row), generate


@intrinsic
def _add(_typing_context: Any, counters: Any, row: Any, amount: Any) -> Any:
    """Add to a counter; what this thread wrote before can be seen by those who read it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        amount = context.cast(builder, arguments[2], signature.args[2], types.int64)
        builder.atomic_rmw("add", _address(context, builder, signature, arguments), amount, "acq_rel")
        return context.get_dummy_value()

    return types.void(counters, row, amount), generate


@intrinsic
def _exchange_if(_typing_context: Any, counters: Any, row: Any, old: Any, new: Any) -> Any:
    """Replace a counter by ``new`` if it is still ``old``; return whether it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        old, new = (context.cast(builder, arguments[k], signature.args[k], types.int64) for k in (2, 3))
        address = _address(context, builder, signature, arguments)
        return builder.extract_value(builder.cmpxchg(address, old, new, "acq_rel", "acquire"), 1)

    return types.boolean(counters, row, old, new), generate


def _system_call(builder: Any, name: str, *numbers: int) -> None:
    """Call a function of the system that takes 32-bit numbers, where the system is one that has it."""
    if os.name == "posix":
        word = ir.IntType(32)
        shape = ir.FunctionType(word, [word] * len(numbers))
        function = cgutils.get_or_insert_function(builder.module, shape, name)
        builder.call(function, [word(number) for number in numbers])


@intrinsic
def _give_way(_typing_context: Any) -> Any:
    """Let another thread run, if one waits for this processor."""

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        _system_call(builder, "sched_yield")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _nap(_typing_context: Any) -> Any:
    """Sleep for a little while."""

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        _system_call(builder, "usleep", NAP_US)
        return context.get_dummy_value()

    return types.void(), generate


read_counter: Any = _read
add_to_counter: Any = _add
exchange_if: Any = _exchange_if
give_way: Any = _give_way
nap: Any = _nap


@njit(inline="always")
def post(counters: Any, task: int, parts: int) -> None:
    """Post a task, when all parts of the one before are done."""
    counters[TASK, 0], counters[FIRST, 0] = task, counters[POSTED, 0]
    add_to_counter(counters, POSTED, parts)


@njit(inline="always")
def take_part(counters: Any) -> int:
    """Take the next part, numbered through all tasks, or `NO_PART`."""
    while True:
        part = read_counter(counters, TAKEN)
        if part >= read_counter(counters, POSTED):
            return NO_PART
        if exchange_if(counters, TAKEN, part, part + 1):
            return int(part)


@njit(inline="always")
def finish_part(counters: Any) -> None:
    """Say that a part is done."""
    add_to_counter(counters, DONE, 1)


@njit(inline="always")
def await_all(counters: Any) -> None:
    """Wait until all parts are done."""
    while read_counter(counters, DONE) < read_counter(counters, POSTED):
        give_way()


@njit(inline="always")
def await_part(counters: Any) -> int:
    """Wait for a part and take it; return `NO_PART` when the team is dismissed."""
    asked = 0
    while read_counter(counters, DISMISSED) == 0:
        part = take_part(counters)
        if part != NO_PART:
            return int(part)
        asked += 1
        if asked < PATIENCE:
            give_way()
        else:
            nap()
    return NO_PART
