"""Tuples of arrays that kernels get by their place in memory.

Numba takes a tuple of arrays apart wherever a kernel is given one: eight arguments for each array, some five
hundred for all that the surface water consists of. A kernel with so many arguments takes many times as long
to compile as its work does, and each of its callers does as well. Here the tuple is written down once, in the
layout that Numba gives it, and kernels get the address. In a kernel a lent tuple is read like the tuple
itself, ``lent.name``; what is not read costs nothing.
"""

from typing import Any

import numpy as np
from numba import typeof, types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

NO_OWNER = (0, 0)
"""Numba's counters of users, for arrays that nobody counts."""


class Lent:
    """A named tuple of arrays, whole numbers and such tuples, written down for kernels.

    Parameters
    ----------
    bundle
        The tuple; its arrays live as long as this object.

    Attributes
    ----------
    address
        Where it lies.
    """

    def __init__(self, bundle: Any) -> None:
        self.bundle = bundle
        self._words = np.array(_words(bundle), np.int64)
        self.address = int(self._words.ctypes.data)


def _words(value: Any) -> list[int]:
    """Return a value as Numba lays it out, in words of 64 bits."""
    if isinstance(value, tuple):
        return [word for part in value for word in _words(part)]
    if isinstance(value, np.ndarray):
        data: int = value.ctypes.data
        return [*NO_OWNER, value.size, value.itemsize, data, *value.shape, *value.strides]
    return [int(value)]


class LentType(types.Type):
    """Type of a lent tuple in kernels."""

    def __init__(self, bundle: Any) -> None:
        self.bundle = bundle
        super().__init__(name=f"lent({bundle})")


@typeof_impl.register(Lent)
def _typeof_lent(value: Lent, _context: Any) -> LentType:
    return LentType(typeof(value.bundle))


@register_model(LentType)
class _LentModel(models.PrimitiveModel):
    """The address of the tuple's data."""

    def __init__(self, manager: Any, kind: LentType) -> None:
        super().__init__(manager, kind, manager[kind.bundle].get_data_type().as_pointer())


@unbox(LentType)
def _unbox_lent(kind: LentType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "address")
    place = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(c.builder.bitcast(place, c.context.get_value_type(kind)))


@infer_getattr
class _LentAttributes(AttributeTemplate):
    key = LentType

    def generic_resolve(self, kind: LentType, name: str) -> Any:  # type: ignore[override]
        fields = kind.bundle.fields
        return tuple(kind.bundle)[fields.index(name)] if name in fields else None


@lower_getattr_generic(LentType)
def _read_lent(context: Any, builder: Any, kind: LentType, place: Any, name: str) -> Any:
    """Load one part of a lent tuple."""
    index = kind.bundle.fields.index(name)
    pointer = cgutils.gep_inbounds(builder, place, 0, index)
    return context.data_model_manager[tuple(kind.bundle)[index]].load_from_data_pointer(builder, pointer)
