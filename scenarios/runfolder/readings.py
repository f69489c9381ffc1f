"""Readings: what sensors and the city as a whole measured, and where patrollers were, in Parquet parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cim_models.values import ValueKind
from scenarios.runfolder.parts import PartsWriter, part_files

if TYPE_CHECKING:
    import pandas as pd

READINGS_FOLDER = "readings"
CITY = "city"
POSITION = ("position_x", "position_y")
"""Quantities of somebody who walks: coordinates in the city's reference system, m."""

_TYPES = (
    ("t_s", "double"),
    ("subject", "string"),
    ("quantity", "string"),
    ("value", "double"),
    ("unit", "string"),
    ("value_kind", "string"),
)
_COLUMNS = tuple(name for name, _ in _TYPES)


class ReadingsWriter:
    """Collect readings and write them in parts.

    Parameters
    ----------
    folder
        The run folder; its ``readings`` folder is made with the first part.
    """

    def __init__(self, folder: Path) -> None:
        self._parts = PartsWriter(folder / READINGS_FOLDER, _TYPES)

    def add(
        self,
        t_s: float,
        subject: str,
        quantity: str,
        value: float,
        unit: str,
        value_kind: ValueKind = ValueKind.SIMULATED,
    ) -> None:
        """Take one reading; ``subject`` is the id of a sensor, gauge or patroller, or ``city``."""
        self._parts.add(float(t_s), subject, quantity, float(value), unit, value_kind.value)

    @property
    def parts(self) -> int:
        """Number of parts written."""
        return self._parts.count

    def move_to(self, folder: Path) -> None:
        """Go on in another run folder, which begins with what has been written so far."""
        self._parts.move_to(folder / READINGS_FOLDER)

    def inherit(self, source: Path, parts: int) -> None:
        """Begin with the first parts of another run."""
        self._parts.inherit(source / READINGS_FOLDER, parts)

    def flush_if_due(self) -> None:
        """Write a part when it is due."""
        self._parts.flush_if_due()

    def flush(self) -> None:
        """Write what has been collected."""
        self._parts.flush()


def read_readings(folder: Path, subject: str | None = None, quantity: str | None = None) -> pd.DataFrame:
    """Query the readings of a run.

    Parameters
    ----------
    folder
        The run folder.
    subject
        A sensor's id or ``city``; all when None.
    quantity
        Name of the quantity; all when None.

    Returns
    -------
    Columns t_s (s), subject, quantity, value, unit, value_kind; in order of time, subject and
    quantity. Empty when nothing has been written yet.
    """
    parts = part_files(folder / READINGS_FOLDER)
    if not parts:
        import pandas as pd

        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in _COLUMNS})
    import duckdb

    wanted = [
        (name, value) for name, value in (("subject", subject), ("quantity", quantity)) if value is not None
    ]
    where = " AND ".join(f"{name} = ?" for name, _ in wanted) or "true"
    query = f"SELECT * FROM read_parquet(?) WHERE {where} ORDER BY t_s, subject, quantity"
    with duckdb.connect() as connection:
        values = [[str(part) for part in parts], *(value for _, value in wanted)]
        return connection.execute(query, values).df()


def _dtype(column: str) -> str:
    return "float64" if column in {"t_s", "value"} else "object"
