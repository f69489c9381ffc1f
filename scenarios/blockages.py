"""``citytwin detect blockages``: what level and flow sensors alone say about a sewer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cim_models.errors import InputError
from scenarios.findings import check_place, end_of_block, write_findings
from scenarios.terminal import JsonOption, counted, print_json, print_lines

if TYPE_CHECKING:
    from cim_models.city import Network
    from twin.detection.blockages.detector import BlockageReport, Watcher
    from twin.detection.blockages.forcing import Forcing
    from twin.detection.blockages.settings import BlockageSettings
    from twin.detection.readings import Readings
    from twin.rain import GaugeFile, RainSeries

COLUMNS = (
    "time", "blockage", "news", "conduit", "probability", "candidates", "blocked_share", "since", "evidence",
)  # fmt: skip
_NAMED = 4
_MOMENT = len("2024-01-01 00:00:00")
_GAPS = ("refuse", "dry")
_MOST_RAIN_MM_H = 2500.0
"""Above the records of a minute: 31.2 mm, Unionville, 1956 (WMO archive of extremes); 38 mm, Barot, 1970."""
_RAIN_QUANTITIES = ("intensity_mm_h", "intensity_mm_s", "depth_mm")


def detect_blockages_command(
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    run: Annotated[
        Path | None, typer.Argument(help="A run folder whose city has level sensors in its sewer; or none.")
    ] = None,
    readings: Annotated[Path | None, typer.Option(help="CSV: time, level_NODE (m), q_LINK (m3/h).")] = None,
    network: Annotated[Path | None, typer.Option(help="SWMM model of the sewer.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="City whose sewer it is, instead of --network.")] = None,
    rain: Annotated[
        Path | None, typer.Option(help="Table: time, a column a gauge; the model's own rain if none.")
    ] = None,
    rain_quantity: Annotated[
        str, typer.Option(help=f"What its columns hold: {', '.join(_RAIN_QUANTITIES)}.")
    ] = _RAIN_QUANTITIES[0],
    rain_gaps: Annotated[
        str, typer.Option(help=f"What is made of gaps in it: {', '.join(_GAPS)} (counted as no rain).")
    ] = _GAPS[0],
    calibration_days: Annotated[
        int, typer.Option(help="Days at the beginning in which nothing was blocked; 0 to learn nothing.")
    ] = 7,
    candidates: Annotated[int, typer.Option(help="Conduits to simulate, those nearest to a sensor.")] = 150,
    jobs: Annotated[
        int | None, typer.Option(help="Processes; one to a core that may be used if none.", min=1)
    ] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Find blocked conduits of a sewer: that there is one, where, by how much and since when."""
    from twin.detection.blockages.detector import detect_blockages
    from twin.detection.blockages.settings import BlockageSettings
    from twin.surface.settings import available_threads

    settings = BlockageSettings(calibration_days=calibration_days, most_candidates=candidates)
    check_place(out)
    notes: list[str] = []
    if run is not None:
        if any(path is not None for path in (network, bundle, readings, rain)):
            raise InputError("detect blockages RUN", got="a file besides", expected="the run folder alone")
        sewer, table, forcing, settings = _of_run(run, candidates)
    elif readings is None:
        raise InputError("detect blockages", got="no readings", expected="--readings, or a run folder")
    else:
        sewer = _sewer(network, bundle)
        table, notes = _readings(readings, sewer)
        forcing, rain_notes = _forcing(sewer, _rain_file(rain, rain_quantity, rain_gaps), table)
        notes += rain_notes
    with _bar(shown=not quiet) as watcher:
        report = detect_blockages(
            sewer, table, forcing, settings, jobs=jobs or available_threads(), watcher=watcher
        )
    write_findings(out, COLUMNS, rows(report))
    notes = [*notes, *report.notes]
    if as_json:
        print_json(_as_json(report, notes, out))
    else:
        print_lines(_lines(report, notes, out))


def _of_run(run: Path, candidates: int) -> tuple[Network, Readings, Forcing, BlockageSettings]:
    """Return what a run's sensors read, beside its own water without failures."""
    from scenarios.runfolder import RunFolder
    from scenarios.sewertwin import sewer_twin

    twin = sewer_twin(RunFolder(run), candidates)
    return twin.network, twin.readings, twin.forcing, twin.settings


def _as_json(report: BlockageReport, notes: Sequence[str], out: Path) -> dict[str, Any]:
    return {
        "blockages": rows(report),
        "sensors": _suspicions(report),
        "candidates": len(report.conduits),
        "not_candidates": report.left_out,
        "visible": {f"{share:g}": len(names) for share, names in report.visible},
        "notes": list(notes),
        "not_judged": [{"from": begin, "to": end} for begin, end in _unjudged(report)],
        "file": str(out),
    }


@dataclass(frozen=True, slots=True)
class _Bar:
    """Watches the simulations on a bar."""

    progress: Any
    tasks: dict[str, Any]

    def __call__(self, stage: str, done: int, of: int) -> None:
        if stage not in self.tasks:
            self.tasks[stage] = self.progress.add_task({"model": "healthy model"}.get(stage, stage), total=of)
        self.progress.update(self.tasks[stage], completed=done)


@contextmanager
def _bar(*, shown: bool) -> Iterator[Watcher | None]:
    """Show how many simulations are done, on stderr."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        yield _Bar(progress, {})


def _sewer(network: Path | None, bundle: Path | None) -> Network:
    """Read the sewer that is named.

    Raises
    ------
    InputError
        If not exactly one is named, or the city has none.
    """
    from cim_models.networks import read_sewer
    from cim_models.opening import open_city

    if (network is None) == (bundle is None):
        got = "neither" if network is None else "both"
        raise InputError("detect blockages", got=got, expected="either --network or --bundle")
    if network is not None:
        return read_sewer(network.read_text(encoding="utf-8", errors="replace"), source=network.name)
    city = open_city(str(bundle))
    if city.sewer is None:
        raise InputError(f"City '{city.name}'", got="no sewer", expected="a city with sewer.inp")
    return city.sewer


def _readings(path: Path, sewer: Network) -> tuple[Readings, list[str]]:
    """Read what the sensors read, and what of it cannot be used."""
    from twin.detection.health import check_readings
    from twin.detection.readings import read_readings, sewer_sensors

    if path.is_dir():
        raise InputError(
            "--readings", got=f"the folder '{path}'", expected="a CSV file",
            remedy="Give a run folder as the argument RUN, without --readings",
        )  # fmt: skip
    kinds = sewer_sensors(sewer)
    checked = check_readings(read_readings(path, sewer, kinds), kinds, path.name, frozen=False)
    return checked.readings, list(checked.notes)


def _rain_file(path: Path | None, quantity: str, gaps: str) -> GaugeFile | None:
    """Return the table of rain and what its columns mean; None where there is none."""
    from twin.rain import GaugeFile

    for option, value, choices in (
        ("--rain-quantity", quantity, _RAIN_QUANTITIES),
        ("--rain-gaps", gaps, _GAPS),
    ):
        if value not in choices:
            raise InputError(option, got=f"'{value}'", expected=", ".join(choices))
    if path is None:
        return None
    chosen: Literal["intensity_mm_h", "intensity_mm_s", "depth_mm"] = quantity  # type: ignore[assignment]
    made: Literal["refuse", "dry"] = gaps  # type: ignore[assignment]
    places = dict.fromkeys(_gauges(path), (0.0, 0.0))  # which gauge rains where is the model's to say
    return GaugeFile(path, chosen, places, made)


def _forcing(sewer: Network, rain: GaugeFile | None, readings: Readings) -> tuple[Forcing, Sequence[str]]:
    """Put the rain into the model; also return what was done to it.

    Raises
    ------
    InputError
        If the rain has gaps, is more than ever fell, or does not fit the model or cover the readings.
    """
    from twin.detection.blockages.detector import origin_of
    from twin.detection.blockages.forcing import own_forcing, rain_forcing

    origin = origin_of(readings)
    if rain is None:
        return own_forcing(sewer.inp, origin), ()
    series = _rain(rain, origin)
    length_s = float((readings.times[-1] - readings.times[0]).astype("timedelta64[s]").astype(int))
    if series.edges_s[0] > 0.0 or series.edges_s[-1] < length_s:
        raise InputError(
            f"Rain file {Path(rain.path).name}",
            got=f"{series.edges_s[0] / 3600:.1f} h to {series.edges_s[-1] / 3600:.1f} h",
            expected=f"0 h to {length_s / 3600:.1f} h since the first reading at least",
            remedy="Give rain for the whole time, 0 where none fell",
        )
    return rain_forcing(sewer.inp, series, origin), series.notes


def _rain(file: GaugeFile, origin: datetime) -> RainSeries:
    """Read measured rain, and refuse more than has ever been measured."""
    from twin.rain import gauge_rain
    from twin.rain.record import FILL_GAPS

    try:
        series = gauge_rain(file, origin.isoformat())
    except InputError as error:
        if error.remedy != FILL_GAPS:
            raise
        remedy = "Fill the gap, or count it as no rain with --rain-gaps dry"
        raise InputError(error.what, got=error.got, expected=error.expected, remedy=remedy) from error
    most = float(series.rates_mm_h.max())
    if most > _MOST_RAIN_MM_H:
        raise InputError(
            f"Rain file {Path(file.path).name}",
            got=f"{most:g} mm/h",
            expected=f"<= {_MOST_RAIN_MM_H:g} mm/h, more than was ever measured in a minute",
            remedy="Check the unit, --rain-quantity",
        )
    return series


def _gauges(path: Path) -> Sequence[str]:
    """Names in the heading of a table of rain."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.readline().strip()
    separator = next((mark for mark in ",;\t" if mark in head), None)
    return [name.strip() for name in head.split(separator)[1:]]


def rows(report: BlockageReport) -> list[dict[str, Any]]:
    """Return the rows of the file."""
    return [
        {
            "time": end_of_block(report.times, news.block),
            "blockage": news.blockage,
            "news": news.news,
            "conduit": news.conduit,
            "probability": round(news.probability, 3),
            "candidates": "; ".join(f"{one.conduit} {one.probability:.3f}" for one in news.candidates),
            "blocked_share": _share(news.share, news.shares),
            "since": end_of_block(report.times, news.since - 1),
            "evidence": news.evidence,
        }
        for news in report.news
    ]


def _share(share: float, shares: tuple[float, float]) -> str:
    """Return a share, with what the readings leave open where that is more than one simulated share."""
    return f"{share:.2f}" if shares[0] == shares[1] else f"{share:.2f} ({shares[0]:g} to {shares[1]:g})"


def _suspicions(report: BlockageReport) -> list[dict[str, Any]]:
    return [
        {
            "time": end_of_block(report.times, one.block),
            "sensor": one.sensor,
            "probability": round(one.probability, 3),
            "since": end_of_block(report.times, one.since - 1),
            "offset": round(one.offset, 3),
            "instead_of_blockage": one.instead_of or None,
            "withdrawn": None if one.withdrawn is None else end_of_block(report.times, one.withdrawn),
            "why_withdrawn": one.why or None,
        }
        for one in report.suspicions
    ]


def _lines(report: BlockageReport, notes: Sequence[str], out: Path) -> list[str]:
    found = {news.blockage for news in report.news}
    return [
        *notes,
        *_found_lines(report),
        f"{counted(len(report.conduits), 'conduit')} simulated as candidates, {report.left_out} not",
        *(
            f"{len(names)} of them would show a blockage of {share:.0%} of the section"
            for share, names in report.visible
        ),
        *_unjudged_lines(report),
        f"{counted(len(found), 'blockage')}, {counted(len(report.news), 'line')}: {out}",
    ]


def _found_lines(report: BlockageReport) -> list[str]:
    """Tell of blockages and of suspected sensors, in order of time."""
    lines = [
        f"{row['time']}  {row['blockage']} {row['news']:6} {row['conduit']:10} {row['probability']:.2f}"
        f"  blocked {row['blocked_share']} since {row['since']}  {row['candidates']}  {row['evidence']}"
        for row in rows(report)
    ]
    for one in _suspicions(report):
        number, withdrawn = one["instead_of_blockage"], one["withdrawn"]
        instead = f" in place of blockage {number}" if number else ""
        end = f"; withdrawn {withdrawn}, when {one['why_withdrawn']} was likelier" if withdrawn else ""
        lines.append(
            f"{one['time']}  sensor {one['sensor']} may be off by {one['offset']:+.2f}{instead}"
            f" since {one['since']}, probability {one['probability']:.2f}{end}"
        )
    return sorted(lines, key=lambda line: line[:_MOMENT])


def _unjudged(report: BlockageReport) -> list[tuple[str, str]]:
    """Beginnings and ends of the times in which no sensor could be used."""
    return [
        (end_of_block(report.times, first - 1), end_of_block(report.times, last - 1))
        for first, last in report.unjudged
    ]


def _unjudged_lines(report: BlockageReport) -> list[str]:
    """Say which hours could not be judged, in one line; no line where all could."""
    if not report.unjudged:
        return []
    hours = float((report.times[1] - report.times[0]).astype("timedelta64[s]").astype(int)) / 3600.0
    blind = sum(last - first for first, last in report.unjudged) * hours
    watched = (len(report.times) - report.watched_from) * hours
    parts = [f"{begin} to {end}" for begin, end in _unjudged(report)]
    more = f" and {len(parts) - _NAMED} times more" if len(parts) > _NAMED else ""
    return [
        f"Degraded: {blind:.1f} of {watched:.1f} h could not be judged, since no sensor could be used:"
        f" {', '.join(parts[:_NAMED])}{more}"
    ]
