"""What Numba lacks: the bits of a float, a fast inverse cube root, early fetches, disjoint arrays."""

import operator
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.core.compiler import Compiler
from numba.cpython.builtins import do_minmax
from numba.extending import intrinsic

from twin.compilation import BORROWING
from twin.surface.collecting import rest_while_compiling

rest_while_compiling()

FAST = {"contract", "arcp", "nsz", "afn"}
"""Fast-math without ``nnan`` and ``ninf``, so that a NaN can be found, and without ``reassoc``, so that
mirrored water flows in mirrored ways."""
EXACT = {"nsz", "arcp"}
"""For kernels whose result is computed on both sides of a face: no contraction, both round alike."""


class DisjointArrays(Compiler):
    """Numba's compiler, told that arrays which a kernel is given do not overlap where it writes.

    It then leaves out the comparisons of all their addresses, which take as long as some hundred cells.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.state.flags.noalias = True


LEAF: dict[str, Any] = {**BORROWING, "forceinline": True, "pipeline_class": DisjointArrays}
"""Options of a kernel on one row, which becomes part of those that call it: with all its arrays it has a
hundred arguments."""

THIRD = np.float32(1.0 / 3.0)
MAGIC = np.float32(0x54A00000)
"""Bits of x^(-1/3) plus a third of the bits of x: nearly a constant. Chosen for the least spread."""
MINIMAX = (
    np.float32(1.7483475964303163),
    np.float32(-1.3557067512193626),
    np.float32(0.7996297343782888),
    np.float32(-0.19227111121079793),
)
"""Polynomial for c^(-1/3) on [0.875, 1.068], relative error below 2e-6 (weighted least squares, iterated
until the error is level)."""


def _one_of_two(first: Any, second: Any, choose: Any, typing_context: Any) -> Any:
    """Return signature and code of the larger or the smaller of two numbers, as Numba's own has them."""
    kind = typing_context.unify_types(types.unliteral(first), types.unliteral(second))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return do_minmax(context, builder, signature.args, arguments, choose)

    return kind(types.unliteral(first), types.unliteral(second)), generate


@intrinsic
def _larger(typing_context: Any, first: Any, second: Any) -> Any:
    """Return ``max(first, second)``, for which Numba compiles a function a pair of types."""
    return _one_of_two(first, second, operator.gt, typing_context)


@intrinsic
def _smaller(typing_context: Any, first: Any, second: Any) -> Any:
    """Return ``min(first, second)``, see `larger`."""
    return _one_of_two(first, second, operator.lt, typing_context)


@intrinsic
def _float_bits(_typing_context: Any, _value: Any) -> Any:
    """Return the bits of a float32 as int32."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic
def _bits_float(_typing_context: Any, _value: Any) -> Any:
    """Return the float32 whose bits are an int32."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def _fetch_early(_typing_context: Any, array: Any, row: Any, col: Any) -> Any:
    """Ask for the cache line of an element of a two-dimensional array, to be read before long."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, *indices = signature.args
        struct = context.make_array(kind)(context, builder, arguments[0])
        index = [
            context.cast(builder, value, given, types.intp)
            for value, given in zip(arguments[1:], indices, strict=True)
        ]
        element = cgutils.get_item_pointer(context, builder, kind, struct, index, wraparound=False)
        address = builder.bitcast(element, ir.PointerType(ir.IntType(8)))
        word = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [address.type, word, word, word])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [address.type], shape)
        to_read, into_second_cache, data = word(0), word(2), word(1)
        builder.call(prefetch, [address, to_read, into_second_cache, data])
        return context.get_dummy_value()

    return types.void(array, row, col), generate


def _extreme(name: str) -> Any:
    """Return code for the larger or the smaller of two numbers of float32 of which none is a NaN."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        real = ir.FloatType()
        shape = ir.FunctionType(real, [real, real])
        function = builder.module.declare_intrinsic(f"llvm.{name}", [real], shape)
        return builder.call(function, arguments, fastmath=("nnan", "nsz"))

    return generate


@intrinsic
def _max_real(_typing_context: Any, _first: Any, _second: Any) -> Any:
    """Return the larger of two float32 of which none is a NaN, in one instruction.

    A maximum as Python has it, `larger`, is a comparison and a choice: LLVM moves arithmetic into the choice,
    and two instructions become four.
    """
    return types.float32(types.float32, types.float32), _extreme("maxnum")


@intrinsic
def _min_real(_typing_context: Any, _first: Any, _second: Any) -> Any:
    """Return the smaller of two float32 of which none is a NaN, see `max_real`."""
    return types.float32(types.float32, types.float32), _extreme("minnum")


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a value in which no array knows its owner."""
    if isinstance(kind, types.BaseTuple):
        kinds: Any = kind
        parts = [
            _without_owner(context, builder, part, builder.extract_value(value, k))
            for k, part in enumerate(kinds)
        ]
        return context.make_tuple(builder, kind, parts)
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        for owner in ("meminfo", "parent"):
            setattr(array, owner, cgutils.get_null_value(getattr(array, owner).type))
        return array._getvalue()
    return value


@intrinsic
def _borrow(_typing_context: Any, arrays: Any) -> Any:
    """Return an array, or a tuple of arrays and tuples, whose use is not counted any more.

    Numba counts who uses an array, at the entry of every function that gets one. The counters are shared by
    all threads, which then wait for each other more than they work. A kernel may borrow its own arguments:
    its caller holds them.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return arrays(arrays), generate


larger: Any = _larger
smaller: Any = _smaller
borrow: Any = _borrow
max_real: Any = _max_real
min_real: Any = _min_real
fetch_early: Any = _fetch_early
float_bits: Any = _float_bits
bits_float: Any = _bits_float


@njit(inline="always", fastmath=FAST)
def inverse_cbrt(x: Any) -> Any:
    """Return x^(-1/3) of a positive float32 to 2e-6, many times as fast as ``x ** (-1/3)``.

    The exponent field of a float is the integer part of its logarithm: the bits divided by -3 give a first
    guess y within 4 %. Then c = x y³ lies near 1, and y c^(-1/3) is the answer, the power being a short
    polynomial.

    Source: the guess is that of Moroz et al. (2021), Fast calculation of cube root and inverse cube root
    using a magic constant; the polynomial is this project's.
    """
    y = bits_float(np.int32(MAGIC - np.float32(float_bits(x)) * THIRD))
    c = (x * y) * (y * y)
    return y * (MINIMAX[0] + c * (MINIMAX[1] + c * (MINIMAX[2] + c * MINIMAX[3])))
