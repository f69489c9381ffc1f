"""Write the report of a run: one HTML page that needs nothing else, and no network."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cim_models.errors import InputError, RunError
from cim_models.placing import write_whole
from scenarios.phrasebook import in_language, layer_name, origin_in_language
from scenarios.runfolder import RunFolder
from viz.report import quantities
from viz.report.curves import MOMENT, make_charts, make_instrument_charts
from viz.report.facts import facts, surcharged_nodes, tiles
from viz.report.fonts import with_font
from viz.report.headlines import headline, scenario_title
from viz.report.instruments import Instrument, read_instruments
from viz.report.maps import MapPicture, depth_map, hazard_map, time_map, time_range, time_scale_css
from viz.report.pictures import file_uri
from viz.report.record import RunRecord, read_record
from viz.report.tables import balance_rows, hazard_levels, indicator_rows, point_rows, structure_rows
from viz.report.texts import LANGUAGES, Translate, translator
from viz.report.timeline import make_journal, make_rows, make_ticks, shown_cases
from viz.stills import make_scene, render_stills
from viz.stills.drawing import FLOOD_EXAGGERATION, SEWER_EXAGGERATION
from viz.stills.palette import DEPTH_CLASSES

FOLDER = Path(__file__).resolve().parent
FILE_NAME = "report.html"
MOST_ROADS = 12
MOST_POINTS = 40


@dataclass(frozen=True, slots=True)
class Stills:
    """Pictures in 3-D as data URIs by view, or the reason why there are none."""

    pictures: Mapping[str, str]
    reason: str = ""


def write_report(run: Path | str, out: Path | str | None = None, language: str = "en") -> Path:
    """Write the report of a run, finished or cut short.

    Parameters
    ----------
    run
        The run folder.
    out
        The file to write; ``report.html`` in the run folder when None.
    language
        ``zh`` or ``en``.

    Returns
    -------
    The file.

    Raises
    ------
    InputError
        If the run folder, its city or the language is wrong.
    """
    if language not in LANGUAGES:
        raise InputError("Report language", got=language, expected=" or ".join(LANGUAGES))
    folder = RunFolder(run)
    record = read_record(folder, language)
    page = render_page(record, folder.event_log_hash(), _draw_stills(record), read_instruments(folder))
    path = Path(out) if out is not None else folder.path / FILE_NAME
    write_whole(path, page)
    return path


def render_page(
    record: RunRecord, log_hash: str, stills: Stills, instruments: Sequence[Instrument] = ()
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    record
        The run.
    log_hash
        SHA-256 of its event log.
    stills
        Pictures in 3-D; where there are none the page gives the reason in their place.
    instruments
        Gauges and detectors whose readings are shown.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    environment.globals.update(
        length_text=quantities.length_text,
        depth_text=quantities.depth_text,
        duration_text=quantities.duration_text,
        clock=record.clock,
        moment_colour=MOMENT,
    )
    say = translator(record.language)
    page = environment.get_template("page.html.j2").render(
        say=say,
        language=record.language,
        style=Markup((FOLDER / "page.css").read_text("utf-8")),
        provenance=_provenance(record, log_hash, say),
        **_heading(record, say),
        **_water_pictures(record, stills),
        **_operations(record, instruments),
        structures=structure_rows(record, say),
        indicators=indicator_rows(record, say),
        balance=balance_rows(record, say),
    )
    return with_font(page)


def _heading(record: RunRecord, say: Translate) -> dict[str, Any]:
    """Return what the page says of the run in words and figures before it shows anything."""
    return {
        "headline": headline(record, say),
        "city_title": record.city.title.get(record.language, record.city.name),
        "period": _period(record),
        "status_note": _status_note(record, say),
        "tiles": tiles(record),
        "facts": facts(record, say),
        "notes": [
            in_language(str(event.data["text"]), record.language) for event in record.of_kind("run.noted")
        ],
    }


def _water_pictures(record: RunRecord, stills: Stills) -> dict[str, Any]:
    """Return stills and maps of the water, with what their legends need."""
    times_s = time_range(record.max_depth, record.time_of_max_s, record.end_s)
    return {
        "stills": {view: stills.pictures.get(view) for view in ("flood", "sewer")},
        "no_stills": stills.reason,
        "flood_factor": f"{FLOOD_EXAGGERATION:g}",
        "sewer_factor": f"{SEWER_EXAGGERATION:g}",
        "is_wet": record.is_wet,
        "least_depth": quantities.depth_text(DEPTH_CLASSES[0].from_m),
        "depth_map": depth_map(record.city, record.max_depth, record.language),
        "depth_classes": [_named(level) for level in DEPTH_CLASSES],
        "time_map": time_map(record.city, record.max_depth, record.time_of_max_s, times_s, record.language),
        "time_scale": time_scale_css(),
        "time_from": record.clock(times_s[0]),
        "time_to": record.clock(times_s[1]),
        "hazard_map": _hazard_map(record),
        "hazard_classes": hazard_levels(),
    }


def _operations(record: RunRecord, instruments: Sequence[Instrument]) -> dict[str, Any]:
    """Return tables, curves and the time line: what was measured, and what was done about it."""
    shown = len(shown_cases(record))
    return {
        "points": point_rows(record)[:MOST_POINTS],
        "point_count": len(record.points),
        "roads": record.roads[:MOST_ROADS],
        "charts": make_charts(record),
        "instruments": make_instrument_charts(record, instruments),
        "rows": [] if record.is_long else make_rows(record),
        "journal": make_journal(record) if record.is_long else [],
        "ticks": make_ticks(record),
        "case_count": shown,
        "handed_over": len(record.cases) - shown,
    }


def _hazard_map(record: RunRecord) -> MapPicture | None:
    hazard = record.hazard_class
    return None if hazard is None else hazard_map(record.city, hazard, record.language)


def _draw_stills(record: RunRecord) -> Stills:
    scene = make_scene(record.city, record.max_depth, surcharged_nodes(record.events))
    with tempfile.TemporaryDirectory(prefix="citytwin-stills-") as folder:
        try:
            files = render_stills(scene, Path(folder))
        except RunError as exc:  # the page says so in the picture's place
            return Stills({}, str(exc))
        return Stills({view: file_uri(path) for view, path in files.items()})


def _named(level: Any) -> dict[str, Any]:
    return {name: getattr(level, name) for name in ("from_m", "to_m", "colour", "zh", "en")}


def _period(record: RunRecord) -> str:
    if record.is_long:
        begin, end = record.start, record.start + timedelta(seconds=record.end_s)
        return f"{begin:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}"
    return f"{record.start:%Y-%m-%d} {record.clock(0.0)}–{record.clock(record.end_s)}"


def _status_note(record: RunRecord, say: Translate) -> str:
    status = record.meta["status"]
    if status == "finished":
        return ""
    return say(status, clock=record.clock(record.end_s), error=record.meta.get("error") or "")


def _provenance(record: RunRecord, log_hash: str, say: Translate) -> list[tuple[str, str]]:
    meta = record.meta
    versions = ", ".join(f"{name} {version}" for name, version in sorted(meta.get("versions", {}).items()))
    rows = [
        (say("scenario"), _named_as(scenario_title(record), meta.get("scenario", {}).get("name", ""), say)),
        (say("city"), _named_as(record.city.title.get(record.language, ""), record.city.reference, say)),
        (say("seed"), str(meta.get("seed", ""))),
        (say("branch_of"), _branch_of(record)),
        (say("period"), _period(record)),
        (say("log_hash"), log_hash),
        (say("versions"), versions),
        (say("sources"), _sources(record, say)),
    ]
    return [(name, value) for name, value in rows if value]


def _named_as(title: str, name: str, say: Translate) -> str:
    """Title with the name that commands take."""
    return say("named", title=title, id=name) if title and title != name else title or name


def _branch_of(record: RunRecord) -> str:
    """Name the run that this one branched off from, when, and what was changed; empty for none."""
    parent = record.meta.get("parent")
    if not parent:
        return ""
    changes = [f"{key} = {value}" for key, value in parent["changed"].items()]
    return "\n".join((f"{parent['path']} · {record.clock(parent['t_s'])}", *changes))


def _sources(record: RunRecord, say: Translate) -> str:
    """Origins with their licences, a line each, and the layers that came from them."""
    layers: dict[tuple[str, str], list[str]] = {}
    for source in record.city.sources:
        origin = origin_in_language(source.origin, record.language)
        licence = in_language(source.licence, record.language)
        layers.setdefault((origin, licence), []).append(layer_name(source.layer, record.language))
    return "\n".join(
        say("source", origin=origin, licence=licence, layers=say("listed").join(names))
        for (origin, licence), names in layers.items()
    )
