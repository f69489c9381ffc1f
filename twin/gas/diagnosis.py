"""Marsh gas or a leak? What the readings that come together speak for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.gas.settings import DiagnosisWeights

LEAK, MARSH_GAS, UNCLEAR = "leak", "marsh_gas", "unclear"


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of a space whose methane is in alarm; from readings alone.

    Parameters
    ----------
    lel
        Latest methane, share of the LEL.
    ppm
        Latest hydrogen sulphide, ppm.
    rise_lel
        Methane now less the least of the last hour, share of the LEL.
    pressure_drop
        Whether the gauge of a main nearby has lost more than it should.
    cabinet
        Whether the space is a regulator cabinet, in which nothing ferments.
    """

    lel: float
    ppm: float
    rise_lel: float
    pressure_drop: bool
    cabinet: bool


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a space's methane is taken for.

    Parameters
    ----------
    verdict
        `LEAK`, `MARSH_GAS` or `UNCLEAR`.
    leak_probability
        0 to 1.
    evidence
        Signals that speak for or against a leak, by name, with the logarithm of their likelihood ratio.
    """

    verdict: str
    leak_probability: float
    evidence: tuple[tuple[str, float], ...]


def diagnose(signals: Signals, weights: DiagnosisWeights, marsh_ppm_per_lel: float) -> Diagnosis:
    """Weigh the signals.

    Parameters
    ----------
    signals
        What is known.
    weights
        Logarithms of likelihood ratios.
    marsh_ppm_per_lel
        Hydrogen sulphide that comes with marsh gas of 100 % LEL, ppm.

    Source: naive Bayes, log odds = prior + sum of log likelihood ratios; the signals are those of domain
    practice (hydrogen sulphide beside methane, slow or sudden, pressure of the main), the weights assumed.
    """
    found: list[tuple[str, float]] = []
    if not signals.cabinet and signals.lel >= weights.least_lel:
        if signals.ppm >= 0.5 * min(marsh_ppm_per_lel * signals.lel, 100.0):
            found.append(("hydrogen_sulphide", weights.hydrogen_sulphide))
        else:
            found.append(("no_hydrogen_sulphide", weights.no_hydrogen_sulphide))
    sudden = signals.rise_lel >= weights.sudden_lel
    found.append(("sudden", weights.sudden) if sudden else ("slow", weights.slow))
    if signals.pressure_drop:
        found.append(("pressure_drop", weights.pressure_drop))
    if signals.cabinet:
        found.append(("cabinet", weights.cabinet))
    if signals.lel >= 0.5:
        found.append(("rich", weights.rich))
    odds = weights.prior + sum(weight for _, weight in found)
    probability = 1.0 / (1.0 + math.exp(-odds))
    verdict = UNCLEAR
    if probability >= weights.leak_above:
        verdict = LEAK
    elif probability <= weights.marsh_gas_below:
        verdict = MARSH_GAS
    return Diagnosis(verdict, probability, tuple(found))
