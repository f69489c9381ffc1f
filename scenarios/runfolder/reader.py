"""Read a run folder: the one way every screen, report and tool looks at a run."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cim_models.errors import RunFolderError
from cim_models.events import Event
from scenarios.runfolder.eventlog import log_hash, read_events
from scenarios.runfolder.frames import FrameReader
from scenarios.runfolder.metadata import INTERRUPTED, RUNNING, SUMMARY_FILE, is_alive, read_meta
from scenarios.runfolder.points import read_point_series, read_point_table
from scenarios.runfolder.readings import read_readings

if TYPE_CHECKING:
    import pandas as pd

    from cim_models.city import City


class RunFolder:
    """A run on disk, finished or still going on.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    RunFolderError
        If it is no run folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._city: City | None = None
        read_meta(self.path)

    @property
    def meta(self) -> dict[str, Any]:
        """``run.json`` as it stands now, read again at each call.

        A run whose process is gone without having said so reads as interrupted.
        """
        meta = read_meta(self.path)
        if meta["status"] == RUNNING and not is_alive(meta.get("process")):
            meta["status"] = INTERRUPTED
        return meta

    @property
    def status(self) -> str:
        """``running``, ``finished``, ``interrupted`` or ``failed``."""
        return str(self.meta["status"])

    @property
    def summary(self) -> dict[str, Any] | None:
        """``summary.json``, or None while there is none."""
        path = self.path / SUMMARY_FILE
        if not path.exists():
            return None
        try:
            summary = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise RunFolderError(f"Summary '{path}'", got=str(exc), remedy="Run the scenario again") from exc
        return dict(summary)

    def events(
        self, after_id: int = 0, kinds: Collection[str] | None = None, limit: int | None = None
    ) -> list[Event]:
        """Events in order, with an id above ``after_id`` and of the given kinds."""
        return read_events(self.path, after_id, kinds, limit)

    def event_log_hash(self) -> str:
        """SHA-256 of the event log, computed from the file."""
        return log_hash(self.path)

    def frames(self) -> FrameReader:
        """Depth frames; call ``refresh()`` on the reader while the run goes on."""
        return FrameReader(self.path)

    def readings(self, subject: str | None = None, quantity: str | None = None) -> pd.DataFrame:
        """Return the readings of a sensor or of the ``city``, in order of time."""
        return read_readings(self.path, subject, quantity)

    def point_series(self) -> pd.DataFrame:
        """Return the water at the output points over time, as `scenarios.runfolder.points` says."""
        return read_point_series(self.path)

    def point_table(self) -> pd.DataFrame | None:
        """Return the largest values at the output points; None for a run without points."""
        return read_point_table(self.path)

    def city(self) -> City:
        """Return the city of the run, read once.

        Raises
        ------
        BundleError
            If the bundle is no longer where it was.
        """
        if self._city is None:
            from cim_models.opening import open_city

            self._city = open_city(self.meta["city"]["reference"])
        return self._city
