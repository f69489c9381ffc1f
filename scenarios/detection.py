"""The commands of ``citytwin detect``: what readings alone say about a network."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scenarios.blockages import detect_blockages_command
from scenarios.findings import check_place, end_of_block, write_findings
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
    check_place(out)
    model = read_supply(network.read_text(encoding="utf-8", errors="replace"), source=network.name)
    kinds = supply_sensors(model)
    checked = check_readings(read_readings(readings, model, kinds), kinds, readings.name, frozen=True)
    with tempfile.TemporaryDirectory() as work:
        report = detect_leaks(model, checked.readings, Path(work), settings, source=network.name)
    write_findings(out, COLUMNS, rows(report))
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


def rows(report: LeakReport) -> list[dict[str, Any]]:
    """Return the rows of the file."""
    return [
        {
            "time": end_of_block(report.times, detection.block),
            "pipe": detection.pipe,
            "probability": round(detection.probability, 3),
            "estimated_outflow_m3_h": round(detection.outflow_m3_h, 2),
            "evidence": f"{detection.evidence}; since {end_of_block(report.times, detection.onset - 1)}",
        }
        for detection in report.detections
    ]


def _faults(report: LeakReport) -> list[dict[str, Any]]:
    return [
        {
            "time": end_of_block(report.times, fault.block),
            "sensor": fault.sensor,
            "offset": round(fault.offset, 3),
        }
        for fault in report.faults
    ]
