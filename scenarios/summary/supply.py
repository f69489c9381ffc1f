"""The water supply: who went without, for how long, and what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cim_models.events import Event
from twin.supply.system import SupplySystem
from twin.water import WaterBalance

_STAGES = {
    "supply.burst": "burst_s",
    "supply.leaking": "leaking_s",
    "supply.isolated": "isolated_s",
    "supply.repaired": "repaired_s",
    "supply.refilled": "refilled_s",
    "supply.restored": "restored_s",
}


def summarize_supply(supply: SupplySystem, balance: WaterBalance, events: Sequence[Event]) -> dict[str, Any]:
    """Say what customers went without and where the water of the supply went.

    Parameters
    ----------
    supply
        The supply at the end.
    balance
        The water of the streets, which names what came up from broken mains.
    events
        The event log.
    """
    account, service = supply.account, supply.service
    escaped = account.to_street_m3
    difference = balance.from_supply_m3 - escaped
    return {
        "customers": float(supply.persons.sum()),
        "customers_out_hours": service.person_hours_out,
        "low_pressure_node_hours": service.node_hours_low,
        "most_customers_out": max(
            (float(e.data["persons_out"]) for e in events if e.kind == "supply.customers_out"), default=0.0
        ),
        "customers_out_at_start": float(supply.persons[supply.out_at_start].sum()),
        "nodes": _nodes(supply),
        "pipes": _pipes(events),
        "valves_shut": sum(event.kind == "valve.shut" for event in events),
        "valves_stuck": sorted({event.subject for event in events if event.kind == "valve.stuck"}),
        "produced_m3": account.produced_m3,
        "from_tanks_m3": account.from_tanks_m3,
        "required_m3": account.required_m3,
        "delivered_m3": account.delivered_m3,
        "undelivered_m3": service.undelivered_m3,
        "lost_m3": account.escaped_m3,
        "escaped_to_street_m3": escaped,
        "escaped_to_ground_m3": account.to_ground_m3,
        "refill_m3": account.refill_m3,
        "received_by_street_m3": balance.from_supply_m3,
        "relative_error": {
            "supply": account.relative_error,
            "street": difference / escaped if escaped > 0.0 else 0.0,
        },
        "epanet_warnings": dict(sorted(supply.engine.warnings.items())),
    }


def _nodes(supply: SupplySystem) -> list[dict[str, Any]]:
    """Nodes whose customers were without water or at low pressure for some time."""
    service = supply.service
    missed = np.maximum(service.required_m3 - service.delivered_m3, 0.0)
    return [
        {
            "id": supply.engine.node_ids[row],
            "persons": float(service.persons[row]),
            "hours_out": float(service.out_s[row]) / 3600.0,
            "hours_low": float(service.low_s[row]) / 3600.0,
            "undelivered_m3": float(missed[row]),
        }
        for row in np.flatnonzero((service.out_s > 0.0) | (service.low_s > 0.0)).tolist()
    ]


def _pipes(events: Sequence[Event]) -> list[dict[str, Any]]:
    """When each broken pipe reached each stage, s since the start, and what escaped until it was cut off."""
    pipes: dict[str, dict[str, Any]] = {}
    for event in events:
        stage = _STAGES.get(event.kind)
        if stage is None:
            continue
        record = pipes.setdefault(
            event.subject, {"id": event.subject, **dict.fromkeys(_STAGES.values()), "valves": []}
        )
        if record[stage] is None or stage not in ("burst_s", "leaking_s"):
            record[stage] = event.t_s
        if stage == "isolated_s":
            record["valves"] = list(event.data["valves"])
        if "escaped_m3" in event.data:
            record["escaped_m3"] = event.data["escaped_m3"]
    return list(pipes.values())
