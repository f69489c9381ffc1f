"""Rows of a table written to Parquet in parts, each of which appears whole."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.errors import RunFolderError
from scenarios.runfolder.extent import share_file

if TYPE_CHECKING:
    import pyarrow as pa

PART_ROWS = 50_000
PART_EVERY_S = 2.0


class PartsWriter:
    """Collect rows and write them in parts, so that a run that is killed leaves all but its last seconds.

    Parameters
    ----------
    folder
        Folder of the parts; made with the first one.
    columns
        Name and Parquet type of each column, such as ``("t_s", "double")``.
    """

    def __init__(self, folder: Path, columns: tuple[tuple[str, str], ...]) -> None:
        self._folder, self._columns = folder, columns
        self._rows: list[tuple[Any, ...]] = []
        self._parts = 0
        self._written = -math.inf  # the first part is due at once, so that a screen has something

    @property
    def count(self) -> int:
        """Number of parts written."""
        return self._parts

    def move_to(self, folder: Path) -> None:
        """Go on in another folder, which begins with the parts written so far; what waits goes along."""
        source, self._folder = self._folder, folder
        self.inherit(source, self._parts)

    def inherit(self, source: Path, parts: int) -> None:
        """Begin with the first parts of another folder.

        Raises
        ------
        RunFolderError
            If there are fewer.
        """
        files = part_files(source)[:parts]
        if len(files) < parts:
            raise RunFolderError(
                f"Folder '{source}'",
                got=f"{len(files)} parts",
                expected=f"at least {parts}",
                remedy="Run the scenario again",
            )
        if files:
            self._folder.mkdir(exist_ok=True)
        for file in files:
            share_file(file, self._folder / file.name)
        self._parts = parts

    def add(self, *row: Any) -> None:
        """Take one row, a value for each column."""
        self._rows.append(row)

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
        schema = parquet_schema(self._columns)
        arrays = [
            pa.array(column, field.type)
            for column, field in zip(zip(*self._rows, strict=True), schema, strict=True)
        ]
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"part-{self._parts:05d}.parquet"
        temporary = path.with_suffix(".writing")
        pq.write_table(pa.table(arrays, schema=schema), temporary, compression="zstd")
        temporary.replace(path)
        self._parts += 1
        self._rows.clear()


def part_files(folder: Path) -> list[Path]:
    """Return the parts in a folder, in order."""
    return sorted(folder.glob("part-*.parquet"))


def parquet_schema(columns: tuple[tuple[str, str], ...]) -> pa.Schema:
    """Return the schema of columns given by name and type."""
    import pyarrow as pa

    return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns])
