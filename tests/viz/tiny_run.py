"""A run of the tiny city with one case, written through the product's own writers."""

from pathlib import Path

import numpy as np

from cim_models.bundle import write_city
from cim_models.city import City
from cim_models.values import ValueKind
from scenarios.runfolder import RunWriter
from scenarios.runfolder.readings import POSITION
from twin.surface.hazard import hazard_class

STEP_S = 60.0
FRAMES = 61
PEAK_LEVEL_M = 299.35
PATROL_END_S = 1800.0
"""Until then a patroller walks to the east, a metre a minute."""

CITY_SERIES = {
    "rain_intensity": ("mm/h", lambda t: 90.0 if t < 1800 else 0.0),
    "rain_volume": ("m3", lambda t: min(t, 1800.0) / 3600 * 0.09 * 6400),
    "sewer_volume": ("m3", lambda t: 3.0 * np.exp(-(((t - 1800) / 900) ** 2))),
    "exchange_to_sewer": ("m3", lambda t: 40.0 * t / 3600),
    "exchange_to_surface": ("m3", lambda t: 4.0 * (t > 900)),
    "outfall_volume": ("m3", lambda t: 35.0 * t / 3600),
    "pumped_volume": ("m3", lambda t: 0.0),
    "edge_outflow": ("m3", lambda t: 20.0 * t / 3600),
}


def write_tiny_run(city: City, folder: Path, *, finish: bool = True, secured_s: float | None = None) -> Path:
    """Write a bundle of the city and a run on it.

    Parameters
    ----------
    city
        The tiny city.
    folder
        Where the bundle and the run go.
    finish
        False leaves the run interrupted, without a summary.
    secured_s
        When the bridge is secured, s, between 1800 and 2700; None for never.

    Returns
    -------
    The run folder.
    """
    bundle, path = folder / "city", folder / "run"
    write_city(city, bundle)
    meta = {
        "scenario": {"name": "tiny_storm", "title": {"zh": "小城暴雨", "en": "Tiny storm"}},
        "city": {"name": city.name, "reference": str(bundle)},
        "seed": 7,
        "start": "2026-06-18T17:00:00+08:00",
        "duration_s": STEP_S * (FRAMES - 1),
        "versions": {"citytwin": "0.1.0"},
        "inputs": [],
    }
    with RunWriter(path, meta, city.terrain.shape, len(city.layers["roads"])) as run:
        _write_events(run, secured_s)
        _write_frames(run, city)
        if finish:
            errors = {"surface": 0.0, "sewer": 2e-4, "whole": 1e-4}
            units = {"surface_error_units": 0, "handover_error_units": 0}
            run.finish(STEP_S * (FRAMES - 1), {"water": {**units, "relative_error": errors}})
        else:
            run.interrupt()
    return path


def _write_frames(run: RunWriter, city: City) -> None:
    elevation = city.terrain.elevation.astype(np.float64)
    largest, time_of_max = np.zeros(elevation.shape), np.full(elevation.shape, np.nan)
    for index in range(FRAMES):
        t_s = index * STEP_S
        level = 298.8 + (PEAK_LEVEL_M - 298.8) * np.exp(-(((t_s - 1800) / 1200) ** 2))
        depth = np.maximum(0.0, level - elevation)
        deeper = depth > largest
        largest, time_of_max = np.where(deeper, depth, largest), np.where(deeper, t_s, time_of_max)
        wettest = depth.max()
        run.frame(t_s, depth, np.array([0.1 * wettest, wettest, 0.0, 0.0, 0.2 * wettest]))
        flooded = {f"flooded_road_{name}": 34.0 * (wettest > limit) for name, limit in _LIMITS.items()}
        flooded |= {f"flooded_area_{name}": 4.0 * (depth > limit).sum() for name, limit in _LIMITS.items()}
        run.readings.add(t_s, "city", "surface_volume", 4.0 * depth.sum(), "m3")
        for name, value in flooded.items():
            run.readings.add(t_s, "city", name, value, "m" if "road" in name else "m2")
        for name, (unit, value) in CITY_SERIES.items():
            run.readings.add(t_s, "city", name, value(t_s), unit)
        _read_instruments(run, t_s)
        if t_s <= PATROL_END_S:
            for name, value in zip(POSITION, (500_010.0 + t_s / 60.0, 3_270_010.0), strict=True):
                run.readings.add(t_s, "patrol-PG1-1", name, value, "m")
        run.progress(t_s)
    rating = np.where(largest > 0.03, largest * 0.5 + (largest > 0.25), 0.0)
    hazard = {"hazard_rating": rating, "hazard_class": hazard_class(rating)}
    run.rasters({"max_depth": largest, "time_of_max_s": time_of_max, **hazard})
    point = {"id": "P<1>", "x": 500_060.0, "y": 3_270_040.0, "cell_x": 500_061.0, "cell_y": 3_270_041.0}
    water = {"ground_m": 298.8, "max_depth_m": 0.55, "max_level_m": PEAK_LEVEL_M, "time_of_max_s": 1800.0}
    run.points.table([{**point, **water, "arrival_time_s": 300.0, "max_speed_m_s": np.nan}])


def _read_instruments(run: RunWriter, t_s: float) -> None:
    """Two gauges: one deviates and misses a reading, one is silent for a while; and a detector of gas."""
    add = run.readings.add
    for gauge, off in (("GA-1", 30.0 * (t_s >= 300.0)), ("GA-2", 1.0)):
        if gauge == "GA-2" and 2000.0 < t_s < 3000.0:
            continue  # it is out of order
        value = np.nan if (gauge, t_s) == ("GA-1", 1200.0) else -120.0 + off
        add(t_s, f"gauge:{gauge}", "strain", value, "1e-6", ValueKind.OBSERVED)
        add(t_s, f"gauge:{gauge}", "expected", -120.0, "1e-6")
        add(t_s, f"gauge:{gauge}", "structure_deviation", off / 5.0, "-")
    if 600.0 <= t_s <= 1200.0:
        add(t_s, "gas:HS-1", "methane", 20.0 + t_s / 100.0, "%LEL")


_LIMITS = {"015": 0.15, "030": 0.30, "050": 0.50}


def _write_events(run: RunWriter, secured_s: float | None) -> None:
    log = run.events.append
    started = log(0, "run.started", "run", data={"scenario": "tiny_storm", "seed": 7})
    rain = log(0, "rain.started", "run", cause=started, data={"intensity_mm_h": 90.0})
    home = {"x": 500_006.0, "y": 3_270_044.0}
    watched = {"kind": "bridge", **home, "road": "R1", "gauges": ["GA-1", "GA-2"]}
    bridge = log(0, "structure.watched", "BR-1", cause=started, data=watched)
    log(0, "crew.started_shift", "W1", data={**home, "skill": "drainage", "depot": "DP1"})
    turn = {"structure": "BR-1", "quantity": "strain", "score": 1.2, "residual": 30.0}
    out = log(300, "gauge.deviates", "GA-1", cause=bridge, data=turn)
    graded = {"grade": "C", "was": "A", "in_alarm": ["GA-1"], "gauges": 2}
    graded_as = log(300, "structure.graded", "BR-1", cause=out, data=graded)
    road = log(600, "road.flooded", "R2", cause=rain, data={"depth_m": 0.16, "threshold_m": 0.15})
    log(900, "sewer.surcharged", "J3", cause=rain, data={"head_m": 299.0, "ground_m": 298.8})
    place = {"x": 500_060.0, "y": 3_270_040.0}
    told = {"class_code": "flood", "channel": "sensor", "reporter": "S-road", "depth_m": 0.2, "genuine": True}
    report = log(660, "report.made", "P1", cause=road, data={**place, **told})
    case = log(
        660,
        "case.registered",
        "C1",
        cause=report,
        data={
            **place,
            "class_code": "flood",
            "road": "R2",
            "grid_cell": "GC1",
            "level": 2,
            "due_s": 3000.0,
            "place_zh": "河街",
            "place_en": "River Street",
        },
    )
    sent = log(
        750, "case.dispatched", "C1", cause=case, data={"task": "T1", "skill": "drainage", "crew": "W1"}
    )
    trip = {"case": "C1", "task": "T1", "eta_s": 840.0, "dry_s": 60.0}
    left = log(760, "crew.departed", "W1", cause=sent, data=trip)
    there = log(880, "crew.arrived", "W1", cause=left, data={"case": "C1", "delay_s": 60.0})
    order = {
        "order": "ClearGullies",
        "case": "C1",
        "crew": "W1",
        **place,
        "target": "G3",
        "capacity_m3_h": None,
    }
    log(1500, "order.issued", "O1", cause=there, data=order)
    line = [[500_050.0, 3_270_030.0], [500_050.0, 3_270_050.0]]
    bags = {"kind": "barrier", "line": line, "height_m": 0.5, "level_m": None}
    log(1500, "structure.placed", "B1", cause=started, data=bags)
    hole = {**place, "diameter_m": 0.3, "depth_m": 1.2, "flow_m3_h": 250.0}
    burst = log(1600, "supply.burst", "M1", cause=started, data=hole)
    done = log(1800, "crew.finished", "W1", cause=there, data={"case": "C1", "task": "T1"})
    log(1800, "rain.stopped", "run", cause=rain, data={"depth_mm": 45.0})
    log(1800, "case.handled", "C1", cause=done)
    if secured_s is not None:
        log(secured_s, "structure.secured", "BR-1", cause=graded_as, data={"grade": "C"})
    log(2700, "road.drained", "R2", cause=road, data={"depth_m": 0.1, "threshold_m": 0.15, "since_s": 2400.0})
    check = log(2760, "case.checked", "C1", cause=done, data={"passed": True, "depth_m": 0.05})
    log(2760, "case.closed", "C1", cause=check, data={"overdue": False})
    log(3000, "supply.restored", "M1", cause=burst)
    log(3600, "run.ended", "run", cause=started, data={"status": "finished"})
