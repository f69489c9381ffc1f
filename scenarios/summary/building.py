"""Put ``summary.json`` together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cim_models.city import City
from cim_models.events import Event
from cim_models.values import ValueKind
from scenarios.hazardstory import HazardStory
from scenarios.runfolder import RunFolder
from scenarios.summary.alarms import summarize_alarms
from scenarios.summary.cases import case_denominators, summarize_cases
from scenarios.summary.crews import summarize_crews
from scenarios.summary.failures import summarize_failures
from scenarios.summary.flooding import city_series, summarize_flooding
from scenarios.summary.hazard import summarize_hazard
from scenarios.summary.hazards import summarize_cavities, summarize_gas
from scenarios.summary.lifelines import summarize_lifelines
from scenarios.summary.matters import summarize_matters
from scenarios.summary.orders import summarize_orders
from scenarios.summary.response import summarize_response
from scenarios.summary.structures import summarize_structures
from scenarios.summary.supply import summarize_supply
from scenarios.summary.water import summarize_water
from twin.supply.system import SupplySystem
from twin.water import WaterBalance


@dataclass(frozen=True, slots=True)
class Performance:
    """How fast a run went: wall time, s; steps of the surface; cells updated over all steps."""

    wall_s: float
    steps: int
    cells_updated: int


def build_summary(
    run: RunFolder,
    city: City,
    t_s: float,
    balance: WaterBalance,
    performance: Performance,
    supply: SupplySystem | None = None,
    hazards: HazardStory | None = None,
) -> dict[str, Any]:
    """Compute the summary of a run from its folder; all but the water balance comes from there.

    Parameters
    ----------
    run
        The run folder, with all events, readings and frames written.
    city
        Its city.
    t_s
        Simulated time reached, s.
    balance
        Water volumes at that time.
    performance
        How fast it went.
    supply, hazards
        The water supply, and gas and cavities, at that time; None where they are not simulated.
    """
    events, frames = run.events(), run.frames()
    meta = run.meta
    return {
        "name": meta["scenario"]["name"],
        "seed": meta["seed"],
        "start": meta["start"],
        "simulated_s": t_s,
        "value_kind": ValueKind.SIMULATED.value,
        "performance": {
            "wall_s": performance.wall_s,
            "speed": t_s / performance.wall_s if performance.wall_s > 0 else None,
            "steps": performance.steps,
            "cells_updated": performance.cells_updated,
            "events": len(events),
            "frames": len(frames),
        },
        "water": summarize_water(balance),
        "flooding": summarize_flooding(
            city, city_series(run.readings("city")), frames.max_depth / 1000.0, events, t_s
        ),
        "hazard": summarize_hazard(frames, city.terrain.cell_size_m**2),
        "cases": summarize_cases(events, t_s, case_denominators(meta)),
        "matters": summarize_matters(events),
        "crews": summarize_crews(events, t_s),
        "orders": summarize_orders(events),
        **_where_any("alarms", summarize_alarms(events)),
        **_where_any("response", summarize_response(events, t_s)),
        **_where_any("lifelines", summarize_lifelines(events)),
        **_where_any("structures", summarize_structures(events)),
        "failures": summarize_failures(events),
        **({} if supply is None else {"supply": summarize_supply(supply, balance, events)}),
        **_hazards(hazards, events),
    }


def _where_any(name: str, part: dict[str, Any] | None) -> dict[str, Any]:
    return {} if part is None else {name: part}


def _hazards(hazards: HazardStory | None, events: Sequence[Event]) -> dict[str, Any]:
    """Return the sections of what is simulated of gas and cavities."""
    if hazards is None:
        return {}
    gas = {} if hazards.gas is None else {"gas": summarize_gas(hazards.gas, events)}
    ground = hazards.cavities
    return gas if ground is None else {**gas, "cavities": summarize_cavities(ground, events)}
