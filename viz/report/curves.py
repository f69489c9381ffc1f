"""Curves of a run, one small chart a subject, all over the same time axis.

A chart holds numbers only; titles, units and legends stand beside it in the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.report.axis import time_ticks
from viz.report.instruments import Instrument
from viz.report.pictures import svg_markup
from viz.report.quantities import MINUS, THIN_SPACE
from viz.report.record import RunRecord, Series, ended_s, step_series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_IN = (6.4, 1.75)
MOST_TICKS = 9

MOMENT = "#9333ea"
"""Colour of a moment at which something begins anew."""

_GRID = "#d9dce1"
_TEXT = "#4b5563"


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart: the key of its name, its values and its colour.

    Parameters
    ----------
    key
        Name for people, as a key of `viz.report.texts`.
    series
        Values over time.
    colour
        As ``#rrggbb``.
    filled
        Whether the area below is filled.
    """

    key: str
    series: Series
    colour: str
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves with one unit over one time axis; ``svg`` is the picture once drawn.

    Parameters
    ----------
    key
        Name for people, as a key of `viz.report.texts`; empty where there is a ``title``.
    unit
        Unit for people; empty for none.
    curves
        What is drawn.
    svg
        The picture, to stand in the page.
    title
        Name for people of what has one of its own.
    from_zero
        Whether the axis of values begins at 0, rather than near the smallest value.
    moments_s
        When what is expected begins anew, s since the start.
    """

    key: str
    unit: str
    curves: tuple[Curve, ...]
    svg: str = field(default="")
    title: str = ""
    from_zero: bool = True
    moments_s: tuple[float, ...] = ()


_CITY_CHARTS: tuple[tuple[str, str, tuple[tuple[str, str, bool], ...]], ...] = (
    ("chart_rain", "mm/h", (("rain_intensity", "#2072b8", True),)),
    (
        "chart_volumes",
        "m³",
        (("surface_volume", "#2072b8", True), ("sewer_volume", "#7c3aed", False)),
    ),
    (
        "chart_roads",
        "m",
        (
            ("flooded_road_015", "#62aee0", True),
            ("flooded_road_030", "#2072b8", True),
            ("flooded_road_050", "#0b2f6b", True),
        ),
    ),
    (
        "chart_sewer",
        "m³",
        (
            ("exchange_to_sewer", "#0f766e", False),
            ("exchange_to_surface", "#d92d20", False),
            ("outfall_volume", "#7c3aed", False),
            ("pumped_volume", "#b45309", False),
        ),
    ),
)


def make_charts(record: RunRecord) -> list[Chart]:
    """Draw every chart for which the run has values; one in which nothing ever was is left out."""
    charts = [
        Chart(key, unit, tuple(_curves(record, parts)))
        for key, unit, parts in (_CITY_CHARTS if record.is_wet or record.incoming_m3 > 0.0 else ())
        if any(record.series[name].peak > 0.0 for name, _, _ in parts if name in record.series)
    ]
    charts += [Chart("chart_cases", "", _case_curves(record)), Chart("chart_crews", "", _crew_curves(record))]
    return [_drawn(chart, record) for chart in charts]


def make_instrument_charts(record: RunRecord, instruments: Sequence[Instrument]) -> list[Chart]:
    """Draw what gauges and detectors have read, gauges with what was expected of them."""
    charts = []
    for each in instruments:
        read = Curve("reading_observed" if each.observed else "reading_simulated", each.value, "#2072b8")
        expected = each.expected
        curves = () if expected is None else (Curve("reading_expected", expected, "#b45309"),)
        chart = Chart(
            "",
            each.unit,
            (*curves, read),
            title=each.title(record.language),
            from_zero=expected is None,
            moments_s=each.secured_s,
        )
        charts.append(_drawn(chart, record))
    return charts


def _curves(record: RunRecord, parts: Sequence[tuple[str, str, bool]]) -> list[Curve]:
    return [
        Curve(name, record.series[name], colour, filled)
        for name, colour, filled in parts
        if name in record.series
    ]


def _case_curves(record: RunRecord) -> tuple[Curve, ...]:
    """Cases by stage: how many are open, and how many of those no crew has reached."""
    opened, waiting = [], []
    for case in record.cases:
        ended = ended_s(case)
        opened.append((case.registered_s, 1.0))
        waiting.append((case.registered_s, 1.0))
        if ended is not None:
            opened.append((ended, -1.0))
        reached = case.arrived_s if case.arrived_s is not None else ended
        if reached is not None:
            waiting.append((reached, -1.0))
    return (
        Curve("open_cases", step_series(opened, record.end_s, ""), "#b45309", filled=True),
        Curve("waiting_cases", step_series(waiting, record.end_s, ""), "#d92d20"),
    )


def _crew_curves(record: RunRecord) -> tuple[Curve, ...]:
    """Crews on duty, on their way to a case, and working on site."""
    changes: dict[str, list[tuple[float, float]]] = {
        "crews_on_duty": [],
        "crews_driving": [],
        "crews_working": [],
    }
    state: dict[str, str] = {}

    def enter(crew: str, t_s: float, new: str) -> None:
        old = state.get(crew, "")
        if old:
            changes[old].append((t_s, -1.0))
        if new:
            changes[new].append((t_s, 1.0))
        state[crew] = new

    for event in record.events:
        if event.kind == "crew.started_shift":
            changes["crews_on_duty"].append((event.t_s, 1.0))
        elif event.kind in ("crew.ended_shift", "crew.lost"):
            changes["crews_on_duty"].append((event.t_s, -1.0))
            enter(event.subject, event.t_s, "")
        elif event.kind == "crew.departed":
            enter(event.subject, event.t_s, "crews_driving" if event.data.get("case") else "")
        elif event.kind == "crew.arrived":
            enter(event.subject, event.t_s, "crews_working")
        elif event.kind in ("crew.finished", "crew.returned"):
            enter(event.subject, event.t_s, "")
    colours = {"crews_on_duty": "#9ca3af", "crews_driving": "#b45309", "crews_working": "#0f766e"}
    return tuple(
        Curve(key, step_series(changes[key], record.end_s, ""), colour) for key, colour in colours.items()
    )


def _drawn(chart: Chart, record: RunRecord) -> Chart:
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_IN)
    axes = figure.add_axes((0.09, 0.17, 0.87, 0.77))
    for curve in chart.curves:
        series = curve.series
        if curve.filled:
            axes.fill_between(series.time_s, series.value, color=curve.colour, alpha=0.18, linewidth=0)
        axes.plot(series.time_s, series.value, color=curve.colour, linewidth=1.4)
    for t_s in chart.moments_s:
        axes.axvline(t_s, color=MOMENT, linewidth=1.0, linestyle=(0, (2, 2)))
    _style(axes, chart, record)
    return replace(chart, svg=svg_markup(figure, chart.key or chart.title))


def _style(axes: Axes, chart: Chart, record: RunRecord) -> None:
    top = max((curve.series.peak for curve in chart.curves), default=0.0)
    axes.set_xlim(0.0, max(record.end_s, 1.0))
    axes.set_ylim(*_limits(chart) if not chart.from_zero else (0.0, top * 1.08 if top > 0 else 1.0))
    ticks = time_ticks(record, MOST_TICKS)
    axes.set_xticks([tick.t_s for tick in ticks], [tick.text for tick in ticks])
    axes.yaxis.set_major_locator(_few_round_ticks(whole=chart.unit == ""))
    axes.yaxis.set_major_formatter(lambda value, _: _tick_text(value))
    axes.tick_params(labelsize=8, colors=_TEXT, length=0, pad=5)
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)


def _limits(chart: Chart) -> tuple[float, float]:
    """Least and largest value of a chart, with some room beyond them."""
    values = np.concatenate([curve.series.value for curve in chart.curves])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _tick_text(value: float) -> str:
    text = f"{value:,.0f}".replace(",", THIN_SPACE) if abs(value) >= 10 else f"{value:g}"
    return text.replace("-", MINUS)


def _few_round_ticks(*, whole: bool) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4, integer=whole)
