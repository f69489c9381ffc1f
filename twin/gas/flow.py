"""How much gas a hole lets out, and how far the pressure of the main falls."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.gas.settings import LeakFlow

ATMOSPHERE_KPA = 101.325
TEMPERATURE_K = 288.15
GAS_CONSTANT = 8314.46  # J/(kmol K)
MOLAR_VOLUME_M3 = 23.645  # of a kmol at 288.15 K and 101.325 kPa
ISENTROPIC = 1.30  # of natural gas
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Main:
    """The main that a leak is in.

    Parameters
    ----------
    pressure_kpa
        Gauge pressure at the regulator, kPa, > 0.
    diameter_m
        Bore, m.
    feed_m
        Way from the regulator, m.
    density_kg_m3
        Of the gas at 288 K and atmospheric pressure.
    """

    pressure_kpa: float
    diameter_m: float
    feed_m: float
    density_kg_m3: float


def hole_flow(gauge_kpa: float, hole_m: float, density_kg_m3: float, discharge: float) -> float:
    """Volume of gas that leaves through a round hole into the open, m3/s at atmospheric pressure.

    Parameters
    ----------
    gauge_kpa
        Pressure in front of the hole, kPa above the atmosphere; none flows at 0.
    hole_m
        Diameter, m.
    density_kg_m3
        Of the gas at 288 K and atmospheric pressure.
    discharge
        Coefficient of discharge, 0 to 1.

    Source: isentropic flow of an ideal gas through an orifice, choked where the pressure ratio is below
    (2 / (k + 1))^(k / (k - 1)); for example CPR 14E (TNO Yellow Book), 2.5.2.3.
    """
    if gauge_kpa <= 0.0:
        return 0.0
    k = ISENTROPIC
    inside_pa = 1000.0 * (ATMOSPHERE_KPA + gauge_kpa)
    ratio = max(ATMOSPHERE_KPA / (ATMOSPHERE_KPA + gauge_kpa), (2.0 / (k + 1.0)) ** (k / (k - 1.0)))
    head = 2.0 * k / (k - 1.0) * (ratio ** (2.0 / k) - ratio ** ((k + 1.0) / k))
    gas_constant = GAS_CONSTANT / (density_kg_m3 * MOLAR_VOLUME_M3)  # J/(kg K)
    area_m2 = math.pi / 4.0 * hole_m**2
    mass_kg_s = discharge * area_m2 * inside_pa * math.sqrt(head / (gas_constant * TEMPERATURE_K))
    return mass_kg_s / density_kg_m3


def pressure_after(main: Main, flow_m3_s: float, friction: float) -> float:
    """Gauge pressure at the leak when so much flows through the main, kPa; 0 where it cannot deliver that.

    ``friction`` is the dimensionless λ.

    Source: (P1² - P2²) / L = 1.27e10 λ Q² / d⁵ ρ T / T0 with kPa, km, m3/h and mm (GB 50028, medium
    pressure; recalled).
    """
    flow_m3_h, bore_mm = 3600.0 * flow_m3_s, 1000.0 * main.diameter_m
    lost = 1.27e10 * friction * flow_m3_h**2 / bore_mm**5 * main.density_kg_m3 * TEMPERATURE_K / 273.15
    squared = (ATMOSPHERE_KPA + main.pressure_kpa) ** 2 - lost * main.feed_m / 1000.0
    return max(math.sqrt(max(squared, 0.0)) - ATMOSPHERE_KPA, 0.0)


def leak_flow(main: Main, hole_m: float, values: LeakFlow) -> tuple[float, float]:
    """Flow through a hole and the gauge pressure there, where main and hole agree; m3/s and kPa.

    The more flows, the lower the pressure at the hole; the two curves are brought together by bisection.
    """
    low, high = 0.0, hole_flow(main.pressure_kpa, hole_m, main.density_kg_m3, values.discharge)
    for _ in range(_STEPS):
        flow = 0.5 * (low + high)
        pressure = pressure_after(main, flow, values.friction)
        if hole_flow(pressure, hole_m, main.density_kg_m3, values.discharge) > flow:
            low = flow
        else:
            high = flow
    return 0.5 * (low + high), pressure_after(main, 0.5 * (low + high), values.friction)
