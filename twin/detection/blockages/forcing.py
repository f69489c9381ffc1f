"""What falls on a sewer's model: rain in place of the file's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import InputError
from twin.rain import RainSeries
from twin.sewer import SewerSettings
from twin.sewer.swmm_input import SwmmInput

_MM_PER_INCH = 25.4
_US_UNITS = frozenset({"CFS", "GPM", "MGD"})
_LEAST_INTERVAL_S = 60
_ON_ITS_OWN = SewerSettings(rain=True, riser_area_m2=None, surcharge_method=None)


@dataclass(frozen=True, slots=True, eq=False)
class Forcing:
    """What drives a model of a sewer.

    Parameters
    ----------
    inp
        Text of the SWMM file, with the rain in it.
    origin
        Calendar time that is 0 s.
    swmm
        How SWMM runs; by default with the rain of the file.
    inflow_m3
        What a street gives each node in each step, shape (steps, nodes), m3; None where rain falls on the
        file's own subcatchments.
    """

    inp: str
    origin: datetime
    swmm: SewerSettings = _ON_ITS_OWN
    inflow_m3: NDArray[np.float64] | None = None

    def scaled(self, rain: float = 1.0, dry: float = 1.0) -> Forcing:
        """Return the same with rain and dry weather flow multiplied by factors."""
        source = SwmmInput.parse(self.inp)
        if rain != 1.0 and self.inflow_m3 is None:
            source = source.with_scaled_series({words[5] for words in source.rows("RAINGAGES")}, rain)
        if dry != 1.0:
            source = source.with_factor("DWF", 2, dry)
        inflow_m3 = None if self.inflow_m3 is None else rain * self.inflow_m3
        return Forcing(source.text, self.origin, self.swmm, inflow_m3)


def own_forcing(inp: str, origin: datetime) -> Forcing:
    """Return the rain of the file itself, at the times that it names.

    Raises
    ------
    InputError
        If its rain is in another file, or its times have no dates.
    """
    source = SwmmInput.parse(inp)
    dated = {words[0] for words in source.rows("TIMESERIES") if len(words) > 1 and "/" in words[1]}
    for words in source.rows("RAINGAGES"):
        if len(words) < 6 or words[4].upper() != "TIMESERIES" or words[5] not in dated:
            raise InputError(
                f"Rain gauge '{words[0]}' of the sewer model",
                got="rain that is not in the model, or without dates",
                expected="a time series with dates",
                remedy="Give the rain with --rain",
            )
    return Forcing(source.with_options({"IGNORE_RAINFALL": "NO"}).text, origin)


def rain_forcing(inp: str, rain: RainSeries, origin: datetime) -> Forcing:
    """Put measured rain in the place of a file's own.

    Parameters
    ----------
    inp
        The SWMM file.
    rain
        The rain; one gauge falls on all, several must be named as those of the file.
    origin
        Calendar time at which the rain's time is 0.

    Raises
    ------
    InputError
        If the file has no rain gauge, or one that the rain does not have.
    """
    source = SwmmInput.parse(inp)
    gauges = tuple(words[0] for words in source.rows("RAINGAGES"))
    if not gauges:
        raise InputError(
            "Sewer model: section [RAINGAGES]",
            got="no rain gauge",
            expected="one at least, and subcatchments that it rains on",
        )
    columns = {}
    for gauge in gauges:
        name = rain.gauges[0] if len(rain.gauges) == 1 else gauge
        if name not in rain.gauges:
            raise InputError(
                f"Rain gauge '{gauge}' of the sewer model",
                got=f"rain of {', '.join(rain.gauges)}",
                expected="a column of that name, or one column for all",
            )
        columns[gauge] = rain.gauges.index(name)
    interval_s = _interval_s(rain)
    scale = 1.0 / _MM_PER_INCH if source.option("FLOW_UNITS", "CFS") in _US_UNITS else 1.0
    clock = f"{interval_s // 3600}:{interval_s // 60 % 60:02d}"
    rows, series = [], []
    for gauge, column in columns.items():
        rows.append(f"{gauge} INTENSITY {clock} 1.0 TIMESERIES citytwin_{gauge}")
        series += _series(f"citytwin_{gauge}", rain, column, interval_s, origin, scale)
    edited = source.with_rows("RAINGAGES", tuple(rows)).with_options({"IGNORE_RAINFALL": "NO"})
    return Forcing(SwmmInput((*edited.lines, "[TIMESERIES]", *series)).text, origin)


def _interval_s(rain: RainSeries) -> int:
    """Longest interval in whole minutes that divides all intervals of the rain, s."""
    lengths = np.rint(np.diff(rain.edges_s)).astype(np.int64)
    found = int(np.gcd.reduce(lengths))
    offset = round(float(rain.edges_s[0])) % _LEAST_INTERVAL_S
    if found % _LEAST_INTERVAL_S or offset:
        raise InputError(
            "Rain of the sewer model",
            got=f"intervals of {found} s",
            expected="times and intervals in whole minutes",
        )
    return min(found, 3600)


def _series(
    name: str, rain: RainSeries, column: int, interval_s: int, origin: datetime, scale: float
) -> list[str]:
    """Rows of a time series of intensities; nothing is written where no rain falls."""
    rows, edges = [], np.rint(rain.edges_s).astype(np.int64)
    for row in np.flatnonzero(rain.rates_mm_h[:, column] > 0.0):
        rate = f"{rain.rates_mm_h[row, column] * scale:.6g}"
        for begin_s in range(int(edges[row]), int(edges[row + 1]), interval_s):
            moment = origin + timedelta(seconds=begin_s)
            rows.append(f"{name} {moment:%m/%d/%Y %H:%M} {rate}")
    if not rows:
        rows.append(f"{name} {origin:%m/%d/%Y %H:%M} 0.0")
    return rows
