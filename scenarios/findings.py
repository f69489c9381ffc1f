"""What ``citytwin detect`` found, as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.errors import InputError
from cim_models.placing import placed_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def check_place(out: Path) -> None:
    """Refuse a file whose folder is not there, before anything is computed for it."""
    if not out.parent.is_dir():
        raise InputError(f"'{out}'", got=f"no folder '{out.parent}'", remedy="Make it, or name another file")


def write_findings(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as CSV, beside their place and then renamed, so that there is never half a file."""
    with placed_whole(path) as place, place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def end_of_block(times: NDArray[np.datetime64], block: int) -> str:
    """Return the end of a block of readings as text; that of block -1 is the beginning of the readings.

    Parameters
    ----------
    times
        End of each block, shape (blocks,), at least two.
    """
    moment = times[block] if block >= 0 else times[0] - (times[1] - times[0])
    return str(moment).replace("T", " ")
