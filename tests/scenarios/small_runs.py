"""Small scenarios for tests: the tiny city under a cloudburst, with crews who answer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cim_models.bundle import write_city
from cim_models.city import City
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import run_scenario
from tests.tiny_city import make_tiny_city

CLOUDBURST: dict[str, Any] = {
    "name": "cloudburst",
    "start": "2026-06-18T17:00:00+08:00",
    "duration": "2h",
    "seed": 3,
    "weather": {"rain": {"constant": {"intensity_mm_h": 90, "duration": "40min"}}},
    "boundaries": [{"edges": "closed"}],
    "failures": [{"blockage": {"gullies": {"fraction": 1.0}}}],
    "staffing": {"crews": {"drainage": 4, "traffic": 2, "pump": 2}},
    "reporting": {"citizens": {"per_day": 40}},
    "output": {"depth_every": "2min", "sensors_every": "2min"},
}


def write_bundle(folder: Path, city: City | None = None) -> Path:
    """Write a bundle of the tiny city, or of a variant of it."""
    write_city(city or make_tiny_city(), folder)
    return folder


def write_scenario(path: Path, city: Path | str, changes: Mapping[str, Any] | None = None) -> Path:
    """Write the cloudburst for a city; ``changes`` replace whole keys, None removes one."""
    values = {**CLOUDBURST, "city": str(city), **(changes or {})}
    kept = {key: value for key, value in values.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), "utf-8")
    return path


def run_small(scenario: Path, out: Path, *overrides: str, seed: int | None = None) -> RunFolder:
    """Run a scenario file with changes."""
    return run_scenario(load_scenario(str(scenario), overrides, seed), out)
