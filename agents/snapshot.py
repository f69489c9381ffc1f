"""Saving and restoring a state that refers to things outside it.

Agents hold the water, the roads and the event log; none of these belongs in their snapshot. They are
pickled by name and put back on restoring, bound methods in the clock's queue included. Cases and tasks, of
which there are thousands, are kept apart as columns; who holds one refers to it by number.
"""

import gc
import io
import pickle
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.cases import Case
from agents.columns import Column, Mass, to_columns, to_fields
from agents.tasks import Task
from cim_models.errors import SnapshotError

SCHEMA = 7
"""Version of what a snapshot holds; one of another version is refused."""

_LEVEL = 1
"""How hard to compress: higher levels take three times as long for a tenth."""

_MASSES: tuple[type, ...] = (Case, Task)
"""Classes of which there are thousands; their fields hold plain values only."""

_BUILT_IN = (list, dict, tuple, set, frozenset, str, bytes, int, float, bool, type(None))
"""Classes that pickle asks nobody about."""

_UNREADABLE = (
    *(pickle.UnpicklingError, EOFError, zlib.error, TypeError, ValueError, AttributeError, ImportError),
    IndexError,
)


def save(state: Any, outside: Mapping[str, Any]) -> bytes:
    """Return ``state`` as bytes, with the objects of ``outside`` replaced by their names.

    Parameters
    ----------
    state
        What to save, e.g. an `Operations`.
    outside
        Objects that stay behind, by name; none of a built-in class such as a plain list.

    Raises
    ------
    SnapshotError
        If something in the state cannot be saved.
    """
    buffer = io.BytesIO()
    try:
        with _uncollected():
            pickler = _Pickler(buffer, outside)
            pickler.dump(state)
            masses = pickle.dumps([_packed(kind, pickler.masses[kind]) for kind in _MASSES], protocol=5)
    except (pickle.PicklingError, TypeError, AttributeError) as exc:
        raise SnapshotError(
            "The state cannot be saved",
            got=str(exc),
            remedy="Keep functions of modules, bound methods and data",
        ) from exc
    parts = zlib.compress(masses, _LEVEL), zlib.compress(buffer.getbuffer(), _LEVEL)
    return pickle.dumps((SCHEMA, parts), protocol=5)


def restore(data: bytes, outside: Mapping[str, Any]) -> Any:
    """Return the state that `save` wrote, with the objects of ``outside`` put back by name.

    Raises
    ------
    SnapshotError
        If the bytes are no snapshot, are of another version, or name an object that is not there.
    """
    try:
        schema, parts = pickle.loads(data)
        if schema == SCHEMA:
            with _uncollected():
                masses, state = map(zlib.decompress, parts)
                members = [_unpacked(*packed) for packed in pickle.loads(masses)]
                return _Unpickler(io.BytesIO(state), outside, members).load()
    except _UNREADABLE as exc:
        raise SnapshotError("The snapshot cannot be read", got=str(exc)) from exc
    raise SnapshotError(
        "The snapshot is of another version",
        got=schema,
        expected=str(SCHEMA),
        remedy="Run the scenario again with this version",
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking at thousands of objects that are all here to stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _packed(kind: type, members: Sequence[Any]) -> tuple[type, int, list[Column]]:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    # one object after the other, as they lie in memory
    rows = map(attrgetter(*names), members)
    fields = [*map(list, zip(*rows, strict=True))] if members else [[] for _ in names]
    return kind, len(members), to_columns(fields, len(members))


def _unpacked(kind: type, number: int, columns: Sequence[Column]) -> list[Any]:
    return list(map(kind, *to_fields(columns, number)))


def _outside(name: str) -> Any:
    """Stand in a snapshot for an object outside it; `_Unpickler` puts its own in place of this."""
    raise pickle.UnpicklingError(name)


def _members(kind: int, numbers: NDArray[np.uint32]) -> Any:
    """Stand in a snapshot for objects that are kept as columns; see `_outside`."""
    raise pickle.UnpicklingError(f"{kind}, {numbers}")


def _member(kind: int, number: int) -> Any:
    """Stand in a snapshot for one of them."""
    raise pickle.UnpicklingError(f"{kind}, {number}")


class _Pickler(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO, outside: Mapping[str, Any]) -> None:
        super().__init__(buffer, protocol=5)
        for name, thing in outside.items():
            if type(thing) in _BUILT_IN:
                msg = f"'{name}', a {type(thing).__name__}, cannot stay outside"
                raise TypeError(msg)
        self._names = {id(thing): name for name, thing in outside.items()}
        self.masses: dict[type, list[Any]] = {kind: [] for kind in _MASSES}
        self._number: dict[int, int] = {}

    def reducer_override(self, obj: Any) -> Any:
        """Say how to pickle an object of no built-in class, the first time it is met."""
        name = self._names.get(id(obj))
        if name is not None:
            return _outside, (name,)
        kind = type(obj)
        if kind in self.masses:
            return _member, (_MASSES.index(kind), int(self._numbers([obj])[0]))
        if kind is Mass and obj and type(obj[0]) in self.masses:
            return _members, (_MASSES.index(type(obj[0])), self._numbers(obj))
        return NotImplemented

    def _numbers(self, members: Sequence[Any]) -> NDArray[np.uint32]:
        """Return the places of objects among those of their class; new ones come last."""
        number, mass = self._number, self.masses[type(members[0])]
        new = [member for member in members if id(member) not in number]
        number.update(zip(map(id, new), range(len(mass), len(mass) + len(new)), strict=True))
        mass += new
        return np.array([number[id(member)] for member in members], dtype=np.uint32)


class _Unpickler(pickle.Unpickler):
    def __init__(
        self, buffer: io.BytesIO, outside: Mapping[str, Any], members: Sequence[Sequence[Any]]
    ) -> None:
        super().__init__(buffer)
        self._outside = outside
        self._members = members

    def find_class(self, module: str, name: str) -> Any:
        """Return a class or function by name, and what finds objects in place of the two stand-ins."""
        if module == __name__:
            return {"_outside": self._find, "_members": self._mass, "_member": self._member}[name]
        return super().find_class(module, name)

    def _find(self, name: str) -> Any:
        if name not in self._outside:
            raise SnapshotError(
                "The snapshot needs something that is not there",
                got=name,
                expected=f"one of {', '.join(sorted(self._outside))}",
            )
        return self._outside[name]

    def _member(self, kind: int, number: int) -> Any:
        return self._members[kind][number]

    def _mass(self, kind: int, numbers: NDArray[np.uint32]) -> list[Any]:
        members = self._members[kind]
        return [members[number] for number in numbers.tolist()]
