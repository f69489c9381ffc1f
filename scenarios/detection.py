"""The commands of ``citytwin detect``: what readings alone say about a network."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cim_models.errors import InputError
from scenarios.blockages import detect_blockages_command
from scenarios.terminal import JsonOption, command_group, counted, print_json, print_lines

if TYPE_CHECKING:
    from twin.detection.detector import LeakReport

COLUMNS = ("time", "pipe", "probability", "estimated_outflow_m3_h", "evidence")

detect_app = command_group("Find failures from the readings of sensors alone.")
detect_app.command("blockages")(detect_blockages_command)


@detect_app.command("leaks")
def detect_leaks_command(
    network: Annotated[Path, typer.Option(help="EPANET model of the network.")],
    readings: Annotated[Path, typer.Option(help="CSV: time, p_NODE (m), q_LINK (m3/h), level_TANK (m).")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    calibration_days: Annotated[
        int, typer.Option(help="Days at the beginning that calibrate; what leaks then is said to stand.")
    ] = 14,
    as_json: JsonOption = False,
) -> None:
    """Find leaks in a supply network: when, where and how large, with the sensors that speak for them."""
    from cim_models.networks import read_supply
    from twin.detection.detector import detect_leaks
    from twin.detection.health import check_readings
    from twin.detection.readings import read_readings, supply_sensors
    from twin.detection.settings import DetectionSettings

    settings = DetectionSettings(calibration_days=calibration_days)
    if not out.parent.is_dir():
        raise InputError(f"'{out}'", got=f"no folder '{out.parent}'", remedy="Make it, or name another file")
    model = read_supply(network.read_text(encoding="utf-8", errors="replace"), source=network.name)
    kinds = supply_sensors(model)
    checked = check_readings(read_readings(readings, model, kinds), kinds, readings.name, frozen=True)
    with tempfile.TemporaryDirectory() as work:
        report = detect_leaks(model, checked.readings, Path(work), settings, source=network.name)
    write_detections(report, out)
    if as_json:
        found = {"detections": rows(report), "faults": _faults(report), "notes": list(checked.notes)}
        print_json({**found, "file": str(out)})
        return
    leaks = {detection.leak for detection in report.detections}
    print_lines(
        [
            *checked.notes,
            *(
                f"{row['time']}  {row['pipe']:8} {row['probability']:.2f} "
                f"{row['estimated_outflow_m3_h']:6.1f} m3/h  {row['evidence']}"
                for row in rows(report)
            ),
            *(
                f"Sensor {fault['sensor']} left out from {fault['time']}: off by {fault['offset']:+.2f}"
                for fault in _faults(report)
            ),
            f"{counted(len(leaks), 'leak')}, {counted(len(report.detections), 'line')}: {out}",
        ]
    )


def write_detections(report: LeakReport, path: Path) -> None:
    """Write what was found as CSV, one row a leak or news of it, beside its place and then renamed."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".detections", delete=False, encoding="utf-8", newline=""
    ) as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows(report))
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def rows(report: LeakReport) -> list[dict[str, Any]]:
    """Return the rows of the file."""
    return [
        {
            "time": _moment(report, detection.block),
            "pipe": detection.pipe,
            "probability": round(detection.probability, 3),
            "estimated_outflow_m3_h": round(detection.outflow_m3_h, 2),
            "evidence": f"{detection.evidence}; since {_moment(report, detection.onset - 1)}",
        }
        for detection in report.detections
    ]


def _faults(report: LeakReport) -> list[dict[str, Any]]:
    return [
        {"time": _moment(report, fault.block), "sensor": fault.sensor, "offset": round(fault.offset, 3)}
        for fault in report.faults
    ]


def _moment(report: LeakReport, block: int) -> str:
    """End of a block; that of block -1 is the beginning of the readings."""
    moment = report.times[block] if block >= 0 else report.times[0] - (report.times[1] - report.times[0])
    return str(moment).replace("T", " ")
