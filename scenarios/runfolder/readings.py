"""Readings: what sensors and the city as a whole measured, in Parquet parts."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cim_models.values import ValueKind

if TYPE_CHECKING:
    import pandas as pd

READINGS_FOLDER = "readings"
CITY = "city"
PART_ROWS = 50_000
PART_EVERY_S = 2.0

_COLUMNS = ("t_s", "subject", "quantity", "value", "unit", "value_kind")


class ReadingsWriter:
    """Collect readings and write them in parts, each of which appears whole.

    Parameters
    ----------
    folder
        The run folder; its ``readings`` folder is made with the first part.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / READINGS_FOLDER
        self._rows: list[tuple[float, str, str, float, str, str]] = []
        self._parts = 0
        self._written = -math.inf  # the first part is due at once, so that a screen has something

    def add(
        self,
        t_s: float,
        subject: str,
        quantity: str,
        value: float,
        unit: str,
        value_kind: ValueKind = ValueKind.SIMULATED,
    ) -> None:
        """Take one reading; ``subject`` is a sensor's id or ``city``."""
        self._rows.append((float(t_s), subject, quantity, float(value), unit, value_kind.value))

    def flush_if_due(self) -> None:
        """Write a part when there are many rows or the last one is two seconds old."""
        if len(self._rows) >= PART_ROWS or time.monotonic() - self._written > PART_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write what has been collected as the next part."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._written = time.monotonic()
        if not self._rows:
            return
        types = (pa.float64(), pa.string(), pa.string(), pa.float64(), pa.string(), pa.string())
        schema = pa.schema(list(zip(_COLUMNS, types, strict=True)))
        columns = [
            pa.array(column, kind) for column, kind in zip(zip(*self._rows, strict=True), types, strict=True)
        ]
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"part-{self._parts:05d}.parquet"
        temporary = path.with_suffix(".writing")
        pq.write_table(pa.table(columns, schema=schema), temporary, compression="zstd")
        temporary.replace(path)
        self._parts += 1
        self._rows.clear()


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
    parts = sorted((folder / READINGS_FOLDER).glob("part-*.parquet"))
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
