"""Water volumes and mass errors of a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from twin.water import WaterBalance


def summarize_water(balance: WaterBalance) -> dict[str, Any]:
    """Say where all the water came from and went, m3, and what is missing as a share of it."""
    return {
        **asdict(balance),
        "supplied_m3": balance.supplied_m3,
        "surface_error_units": balance.units.surface_error,
        "handover_error_units": balance.units.handover_error,
        "coupled_error_units": balance.units.coupled_error,
        "relative_error": {
            "surface": balance.surface_error,
            "sewer": balance.sewer_error,
            "whole": balance.whole_error,
        },
    }


def volume_series(balance: WaterBalance, *, with_ground: bool, with_roofs: bool) -> list[tuple[str, float]]:
    """Volumes as the city series name them, m3; what ground and roof drains took only where they take any."""
    inflow = balance.inflow_m3 + balance.edge_inflow_m3
    ground = [("infiltrated_volume", balance.infiltrated_m3), ("depression_volume", balance.depression_m3)]
    return [
        ("rain_volume", balance.rain_m3),
        ("surface_volume", balance.surface_stored_m3),
        ("sewer_volume", balance.sewer_stored_m3),
        ("outfall_volume", balance.outfalls_m3),
        ("exchange_to_sewer", balance.to_sewer_m3),
        ("exchange_to_surface", balance.to_surface_m3),
        ("pumped_volume", balance.pumped_m3),
        ("edge_outflow", balance.edge_outflow_m3),
        *([("from_supply", balance.from_supply_m3)] if balance.from_supply_m3 > 0.0 else []),
        *([("surface_inflow", inflow)] if inflow > 0.0 else []),
        *(ground if with_ground else []),
        *([("roofs_to_sewer", balance.roofs_to_sewer_m3)] if with_roofs else []),
    ]
