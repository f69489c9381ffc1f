"""Saving and restoring a state that refers to things outside it.

Agents hold the water, the roads and the event log; none of these belongs in their snapshot. They are
pickled by name and put back on restoring, bound methods in the clock's queue included.
"""

import io
import pickle
from collections.abc import Mapping
from typing import Any

from cim_models.errors import SnapshotError

SCHEMA = 2
"""Version of what a snapshot holds; one of another version is refused."""


def save(state: Any, outside: Mapping[str, Any]) -> bytes:
    """Return ``state`` as bytes, with the objects of ``outside`` replaced by their names.

    Parameters
    ----------
    state
        What to save, e.g. an `Operations`.
    outside
        Objects that stay behind, by name.

    Raises
    ------
    SnapshotError
        If something in the state cannot be saved.
    """
    buffer = io.BytesIO()
    pickler = _Pickler(buffer, {id(thing): name for name, thing in outside.items()})
    try:
        pickler.dump((SCHEMA, state))
    except (pickle.PicklingError, TypeError, AttributeError) as exc:
        raise SnapshotError(
            "The state cannot be saved",
            got=str(exc),
            remedy="Keep functions of modules, bound methods and data",
        ) from exc
    return buffer.getvalue()


def restore(data: bytes, outside: Mapping[str, Any]) -> Any:
    """Return the state that `save` wrote, with the objects of ``outside`` put back by name.

    Raises
    ------
    SnapshotError
        If the bytes are no snapshot, are of another version, or name an object that is not there.
    """
    try:
        schema, state = _Unpickler(io.BytesIO(data), outside).load()
    except (pickle.UnpicklingError, EOFError, TypeError, ValueError, AttributeError, ImportError) as exc:
        raise SnapshotError("The snapshot cannot be read", got=str(exc)) from exc
    if schema != SCHEMA:
        raise SnapshotError(
            "The snapshot is of another version",
            got=schema,
            expected=str(SCHEMA),
            remedy="Run the scenario again with this version",
        )
    return state


class _Pickler(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO, names: Mapping[int, str]) -> None:
        super().__init__(buffer, protocol=5)
        self._names = names

    def persistent_id(self, obj: Any) -> str | None:
        return self._names.get(id(obj))


class _Unpickler(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO, outside: Mapping[str, Any]) -> None:
        super().__init__(buffer)
        self._outside = outside

    def persistent_load(self, name: str) -> Any:
        if name not in self._outside:
            raise SnapshotError(
                "The snapshot needs something that is not there",
                got=name,
                expected=f"one of {', '.join(sorted(self._outside))}",
            )
        return self._outside[name]
