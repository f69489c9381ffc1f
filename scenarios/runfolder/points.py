"""Water at chosen points: a series of each in ``points.parquet``, its largest values in ``points.csv``.

While a run goes on the series grows in parts under ``points/``; when it ends, well or not, they become
``points.parquet``. A run that is killed keeps its parts, and `read_point_series` reads either.
"""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.runfolder.parts import PartsWriter, parquet_schema, part_files

if TYPE_CHECKING:
    import pandas as pd

POINTS_FOLDER = "points"
SERIES_FILE = "points.parquet"
TABLE_FILE = "points.csv"

SERIES_COLUMNS = (
    ("t_s", "double"),
    ("id", "string"),
    ("depth_m", "double"),
    ("level_m", "double"),
    ("velocity_east_m_s", "double"),
    ("velocity_north_m_s", "double"),
)
"""Depth; elevation of the water surface, or of the ground where it is dry; velocity at the cell's centre."""

TABLE_COLUMNS = (
    "id",
    "x",
    "y",
    "cell_x",
    "cell_y",
    "ground_m",
    "max_depth_m",
    "max_level_m",
    "time_of_max_s",
    "arrival_time_s",
    "max_speed_m_s",
)
"""One row a point: where it is, the centre of the cell that was looked at, its ground, largest values. A
field is empty where there is no value: the water never came, or the run does not record it."""


class PointsWriter:
    """Write what happens at points.

    Parameters
    ----------
    folder
        The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = PartsWriter(folder / POINTS_FOLDER, SERIES_COLUMNS)

    def add(self, t_s: float, point: str, values: Sequence[float]) -> None:
        """Take one moment at one point; ``values`` are those of `SERIES_COLUMNS` after the id."""
        self._parts.add(float(t_s), point, *(float(value) for value in values))

    @property
    def parts(self) -> int:
        """Number of parts written."""
        return self._parts.count

    def move_to(self, folder: Path) -> None:
        """Go on in another run folder, which begins with what has been written so far."""
        self._folder = folder
        self._parts.move_to(folder / POINTS_FOLDER)

    def inherit(self, source: Path, parts: int, t_s: float) -> None:
        """Begin with the series of another run up to a time, whether it is still in parts or joined."""
        if not (source / SERIES_FILE).exists():
            self._parts.inherit(source / POINTS_FOLDER, parts)
            return
        series = read_point_series(source)
        for row in series[series["t_s"] <= t_s].itertuples(index=False, name=None):
            self._parts.add(*row)
        self._parts.flush()

    def flush_if_due(self) -> None:
        """Write a part when it is due."""
        self._parts.flush_if_due()

    def flush(self) -> None:
        """Write what has been collected."""
        self._parts.flush()

    def table(self, rows: Sequence[Mapping[str, str | float]]) -> None:
        """Replace the table of largest values, whole; NaN becomes an empty field."""
        path = self._folder / TABLE_FILE
        temporary = path.with_suffix(".writing")
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(TABLE_COLUMNS)
            writer.writerows([_text(row[name]) for name in TABLE_COLUMNS] for row in rows)
        temporary.replace(path)

    def close(self) -> None:
        """Join the parts to one file; nothing to do where there are none."""
        import pyarrow.parquet as pq

        self.flush()
        parts = part_files(self._folder / POINTS_FOLDER)
        if not parts:
            return
        temporary = self._folder / f"{SERIES_FILE}.writing"
        with pq.ParquetWriter(temporary, parquet_schema(SERIES_COLUMNS), compression="zstd") as whole:
            for part in parts:
                whole.write_table(pq.read_table(part))
        temporary.replace(self._folder / SERIES_FILE)
        shutil.rmtree(self._folder / POINTS_FOLDER)


def read_point_series(folder: Path) -> pd.DataFrame:
    """Return the series of all points with the columns of `SERIES_COLUMNS`, in order of time; maybe empty."""
    import pandas as pd
    import pyarrow.parquet as pq

    whole = folder / SERIES_FILE
    files = [whole] if whole.exists() else part_files(folder / POINTS_FOLDER)
    if not files:
        return parquet_schema(SERIES_COLUMNS).empty_table().to_pandas()
    return pd.concat([pq.read_table(file).to_pandas() for file in files], ignore_index=True)


def read_point_table(folder: Path) -> pd.DataFrame | None:
    """Return the table of largest values with `TABLE_COLUMNS`; None for a run without points."""
    import pandas as pd

    path = folder / TABLE_FILE
    return (
        pd.read_csv(path, dtype={"id": str}, keep_default_na=False, na_values=[""]) if path.exists() else None
    )


def _text(value: str | float) -> str:
    """Return a number to a tenth of a millimetre or millisecond, without needless zeros."""
    if isinstance(value, str):
        return value
    return "" if math.isnan(value) else f"{value:.4f}".rstrip("0").rstrip(".")
