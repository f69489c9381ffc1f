"""The differences of two runs in words, in Chinese and English, for terminals and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from scenarios.pairing import Pairing, SeriesDifference
from scenarios.relations import end_s
from scenarios.runfolder import RunFolder
from scenarios.story_words import Teller
from scenarios.terminal import columns, padded

SERIES_NAMES: Mapping[str, tuple[str, str]] = {
    "surface_volume": ("地面水量", "Water on the ground"),
    "flooded_area_015": ("积水超过 0.15 m 的面积", "Area above 0.15 m"),
    "flooded_road_015": ("积水超过 0.15 m 的道路", "Road above 0.15 m"),
    "flooded_road_030": ("积水超过 0.30 m 的道路", "Road above 0.30 m"),
    "max_depth": ("最大深度", "Largest depth"),
}
"""Names of the series of a city that are compared."""

_NAME_COLUMNS: Mapping[str, int] = {
    "zh": max(columns(zh) for zh, _ in SERIES_NAMES.values()),
    "en": max(columns(quantity) for quantity in SERIES_NAMES) + 1,
}

_TEXTS: Mapping[str, tuple[str, str]] = {
    "until": (
        "比较到 {clock}，即较短的一次运行结束之时；"
        "道路与地面的最大水深取自两次运行到那时为止的深度帧，不含帧间的峰值。",
        "Compared until {clock}, when the shorter one ended; largest depths of streets and ground are those "
        "of the frames of both until then, without peaks between frames.",
    ),
    "lengths": (
        "各次运行长短不同（{ends}）：以下指标各为其全程之值，差异也可能出于长短不同。",
        "The runs are of different length ({ends}): each of these figures is of its whole run, and may "
        "differ for the length alone.",
    ),
    "end": ("{name} 至 {clock}", "{name} until {clock}"),
    "between": ("，", ", "),
    "until_label": ("时段", "until"),
    "roads_label": ("道路", "roads"),
    "roads": (
        "{count} 段中 {better} 段变浅、{worse} 段变深，平均 {mean:+.4f} m",
        "{better} shallower, {worse} deeper of {count}, mean {mean:+.4f} m",
    ),
    "ground_label": ("地面", "ground"),
    "ground": ("变浅 {less:,.0f} m²，变深 {more:,.0f} m²", "{less:,.0f} m² shallower, {more:,.0f} m² deeper"),
    "series": (
        "平均 {mean:+,.3g} {unit}，峰值 {peak:+,.3g} {unit}",
        "mean {mean:+,.3g} {unit}, peak {peak:+,.3g} {unit}",
    ),
    "no_difference": ("无差异", "no difference"),
}


def pair_lines(pair: Pairing, language: str = "en") -> list[str]:
    """Say the differences of a pair for a terminal; `scenarios.relation_words` says the rest."""
    teller = _teller(pair.base, language)
    note = pair_note(pair, language)
    roads = teller.pick(_TEXTS["roads"]).format(
        better=pair.roads_shallower,
        worse=pair.roads_deeper,
        count=pair.roads_compared,
        mean=pair.mean_road_change_m,
    )
    ground = teller.pick(_TEXTS["ground"]).format(less=pair.cells_shallower_m2, more=pair.cells_deeper_m2)
    told = [("until_label", note)] if note else []
    told += [("roads_label", roads), ("ground_label", ground)]
    lines = [f"  {padded(teller.pick(_TEXTS[label]), 8)} {text}" for label, text in told]
    return lines + [_series_line(series, teller) for series in pair.series]


def pair_note(pair: Pairing, language: str) -> str:
    """Say until when runs of different length are compared; nothing where they go equally far."""
    if pair.until_s is None:
        return ""
    teller = _teller(pair.base, language)
    return teller.pick(_TEXTS["until"]).format(clock=teller.clock(pair.until_s))


def lengths_note(runs: Sequence[RunFolder], language: str) -> str:
    """Say that figures of summaries are of runs of different length; nothing where they are not."""
    ends_s = [end_s(run) for run in runs]
    if len(set(ends_s)) == 1:
        return ""
    tellers = [_teller(run, language) for run in runs]
    ends = (
        teller.pick(_TEXTS["end"]).format(name=run.path.name, clock=teller.clock(t_s))
        for run, teller, t_s in zip(runs, tellers, ends_s, strict=True)
    )
    teller = tellers[0]
    return teller.pick(_TEXTS["lengths"]).format(ends=teller.pick(_TEXTS["between"]).join(ends))


def _teller(run: RunFolder, language: str) -> Teller:
    return Teller(language, datetime.fromisoformat(run.meta["start"]))


def _series_line(series: SeriesDifference, teller: Teller) -> str:
    name = padded(
        teller.pick((SERIES_NAMES[series.quantity][0], series.quantity)), _NAME_COLUMNS[teller.language]
    )
    if not series.differs:
        return f"  {name} {teller.pick(_TEXTS['no_difference'])}"
    text, unit = teller.pick(_TEXTS["series"]), series.unit.replace("m2", "m²").replace("m3", "m³")
    return f"  {name} {text.format(mean=series.mean, peak=series.peak, unit=unit)}"
