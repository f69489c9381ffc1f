"""Entries of compiled kernels, found once for the arrays they are called with.

Numba looks at every argument of every call to choose the compiled version. For tuples of arrays it does so in
Python and takes some 15 µs an array: with a hundred of them as long as a step of the water on 20,000 cells.
"""

from collections.abc import Callable
from operator import is_
from typing import Any

import numpy as np
from numba import typeof

type Bundle = tuple[Any, ...]
"""Arguments of a kernel: arrays, numbers, functions, and tuples of them."""

NUMBERS = (int, float, np.generic)


class Remembered[T]:
    """What was made for a bundle, made again only for one of other arrays or other kinds of numbers.

    Parameters
    ----------
    make
        Its result may depend on the types and the shapes in the bundle, and on what never changes in its
        arrays, on nothing else.
    """

    def __init__(self, make: Callable[[Bundle], T]) -> None:
        self._make = make
        self._leaves: list[Any] = []
        self._made: list[T] = []

    def of(self, bundle: Bundle) -> T:
        """Return what belongs to the types of a bundle."""
        leaves: list[Any] = []
        _gather(bundle, leaves)
        known = self._leaves
        if len(leaves) != len(known) or not all(map(is_, leaves, known)):
            self._made = [self._make(bundle)]
            self._leaves = leaves
        return self._made[0]


def _gather(bundle: Bundle, leaves: list[Any]) -> None:
    """Append each array or function of a bundle, and of each number its class."""
    for leaf in bundle:
        if isinstance(leaf, tuple):
            _gather(leaf, leaves)
        else:
            leaves.append(type(leaf) if isinstance(leaf, NUMBERS) else leaf)


def entry_of(kernel: Any, arguments: Bundle) -> Callable[..., Any]:
    """Return the compiled version of a kernel for given arguments; compile it if need be."""
    kinds = tuple(typeof(argument) for argument in arguments)
    kernel.compile(kinds)
    entry: Callable[..., Any] = kernel.get_overload(kinds)
    return entry
