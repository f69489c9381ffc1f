"""Bursts drawn for the mains of a water supply with a hydraulic model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agents.draws import Draws
from cim_models.city import City, Network
from cim_models.errors import ScenarioError
from scenarios.almanac import make_almanac
from scenarios.blame import blame
from scenarios.lifelines import chosen_kinds
from scenarios.schema.failures import FailureDraw
from scenarios.schema.model import Scenario
from twin.failures.draw import Assets, draw_failures, yearly_rates
from twin.failures.kinds import read_failure_catalogue
from twin.supply.failures import PipeBurst

MAIN = "water_break"
"""The kind of failure that bursts the mains of a supply with a hydraulic model."""


def draws_bursts(scenario: Scenario, city: City) -> Iterator[str]:
    """Keys of the draws that burst mains of the supply: those of a city without an inventory of pipes."""
    if city.layer("lifelines") is None:
        for index, failure in enumerate(scenario.failures):
            if failure.draw is not None:
                yield f"failures.{index}.draw"


def drawn_bursts(
    draw: FailureDraw, key: str, scenario: Scenario, city: City, network: Network, source: str
) -> list[PipeBurst]:
    """Draw the bursts of a run at the rates of catalogue ``failure_rates``, in the order of time.

    The model says neither material nor age, so those of the draw hold for every pipe.

    Raises
    ------
    ScenarioError
        If the draw names other kinds of failures, or a rate is wrong.
    """
    others = [name for name in chosen_kinds(draw, key, source) if name != MAIN]
    if draw.kinds != "all" and others:
        raise ScenarioError(
            f"Scenario '{source}', key '{key}.kinds'",
            got=f"'{others[0]}', and city '{city.name}' has no layer lifelines",
            expected=MAIN,
            remedy="Remove the kind or choose another city",
        )
    catalogue = read_failure_catalogue()
    kind, draws = catalogue.kinds[MAIN], Draws(scenario.seed, "failures")
    pipes = network.links[network.links["kind"] == "pipe"]
    count = len(pipes)
    assets = Assets(
        ids=[str(name) for name in pipes["id"]],
        length_km=pipes["length_m"].to_numpy(dtype=float) / 1000.0,
        material=[draw.material] * count,
        diameter_m=pipes["diameter_m"].to_numpy(dtype=float),
        age_years=np.full(count, draw.age),
        pressure_m=np.full(count, np.nan),
    )
    with blame(source, key):
        found = draw_failures(
            kind,
            assets,
            draw.factor * yearly_rates(kind, assets, draw.rates.get(MAIN, {})),
            make_almanac(scenario, city, None).exposures(kind),
            catalogue,
            lambda *name: draws.exponential(1.0, *name),
        )
    assert kind.area_fraction is not None
    return [
        PipeBurst(
            failure.t_s,
            failure.asset,
            draws.triangular(*kind.area_fraction, MAIN, failure.asset, failure.number, "area"),
            0.05 + 0.9 * draws.uniform(MAIN, failure.asset, failure.number, "place"),
        )
        for failure in found
    ]
