"""Failures of lifelines as they are drawn, against the Poisson process and the rates that they follow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from agents.draws import Draws
from benchmarks.validation.outcome import Measure, Outcome
from twin.failures.draw import Assets, Failure, draw_failures, yearly_rates
from twin.failures.exposure import YEAR_DAYS, day_edges, exposure, months
from twin.failures.kinds import read_failure_catalogue

QUICK = {"pipes": 4000}

KIND = "water_break"
YEARS = 3
PIPE_KM = 0.25
START = datetime(2026, 1, 1, tzinfo=UTC)

ABOUT = """Water mains of 250 m of every material of catalogue `failure_rates`, at the reference age and
diameter, fail for three years. Their breaks must come as the catalogue says and as a Poisson process has
it: the rate of each material within four standard errors of its table value, the variance of the number
of breaks of a pipe equal to its mean, the share of a brittle pipe's breaks in each month that of the
season, and pipes laid 20 years earlier with exp(20 · 0.04) = 2.23 times as many (Shamir and Howard 1979).
The rates themselves are recalled from Folkman (2018) or own assumptions, as the catalogue marks; the case
judges the draws, not the rates."""


def draw(material: str, pipes: int, age_years: float, seed: int) -> list[Failure]:
    """Draw the breaks of pipes of one material and age."""
    catalogue = read_failure_catalogue()
    kind, numbers = catalogue.kinds[KIND], Draws(seed, "validation")
    assets = Assets(
        ids=[f"{material}-{number}" for number in range(pipes)],
        length_km=np.full(pipes, PIPE_KM),
        material=[material] * pipes,
        diameter_m=np.full(pipes, 0.2),
        age_years=np.full(pipes, age_years),
        pressure_m=np.full(pipes, np.nan),
    )
    edges_s = day_edges(START, YEARS * YEAR_DAYS * 86_400.0)
    month, dry = months(START, edges_s), [False] * (edges_s.size - 1)
    exposures = {
        brittle: exposure(edges_s, month, catalogue.seasons["brittle" if brittle else "ductile"], dry, 1.0)
        for brittle in (False, True)
    }
    rates = yearly_rates(kind, assets, {})
    return draw_failures(
        kind, assets, rates, exposures, catalogue, lambda *key: numbers.exponential(1.0, *key)
    )


def validate(pipes: int = 40_000, seed: int = 11) -> Outcome:
    """Draw the breaks and compare their numbers."""
    catalogue = read_failure_catalogue()
    table = catalogue.kinds[KIND].per_km_year
    drawn = {material: draw(material, pipes, 30.0, seed) for material in table}
    found = {material: len(breaks) / (pipes * PIPE_KM * YEARS) for material, breaks in drawn.items()}
    errors = [
        abs(found[name] - rate) / np.sqrt(rate / (pipes * PIPE_KM * YEARS)) for name, rate in table.items()
    ]
    iron = drawn["cast_iron"]
    counts = np.bincount([int(failure.asset.split("-")[1]) for failure in iron], minlength=pipes)
    dispersion = float(counts.var() / counts.mean())
    by_month = np.zeros(12)
    edges_s = day_edges(START, YEARS * YEAR_DAYS * 86_400.0)
    month = months(START, edges_s)
    for failure in iron:
        by_month[month[int(np.searchsorted(edges_s, failure.t_s, side="right")) - 1]] += 1.0
    share = by_month * 12.0 / by_month.sum()
    older = len(draw("cast_iron", pipes, 50.0, seed + 1)) / len(iron)
    return Outcome(
        title="Failures of lifelines",
        about=ABOUT,
        measures=(
            Measure(
                "largest error of a material's rate, standard errors", float(max(errors)), "", at_most=4.0
            ),
            Measure("breaks a km and year of cast iron", found["cast_iron"], "1/(km a)"),
            Measure("breaks a km and year of ductile iron", found["ductile_iron"], "1/(km a)"),
            Measure("variance over mean of breaks a pipe", dispersion, "", 1.06, 0.94),
            Measure(
                "largest error of a month's share of the year's mean",
                float(np.abs(share - catalogue.seasons["brittle"]).max()),
                "",
                at_most=5.0 * float(np.sqrt(12.0 / len(iron))),
            ),
            Measure("breaks at an age of 50 over those at 30", older, "", 2.4, 2.05),
        ),
        draw=_Plot(share, np.array(catalogue.seasons["brittle"]), found, dict(table)),
    )


class _Plot:
    """Breaks by month and by material, drawn and as the catalogue has them."""

    def __init__(self, share: Any, season: Any, found: dict[str, float], table: dict[str, float]) -> None:
        self.share, self.season, self.found, self.table = share, season, found, table

    def __call__(self, figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        left.bar(range(1, 13), self.share, label="drawn")
        left.step(
            np.arange(0.5, 13.0), [*self.season, self.season[-1]], where="post", color="k", label="season"
        )
        left.set(xlabel="month", ylabel="share of the year's mean", title="Breaks of brittle pipes")
        left.legend()
        names = list(self.table)
        right.barh(names, [self.found[name] for name in names], label="drawn")
        right.plot([self.table[name] for name in names], names, "k|", markersize=12, label="catalogue")
        right.set(xlabel="breaks a km and year")
        right.legend()
