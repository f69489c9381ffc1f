"""How the water supply is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cim_models.errors import InputError

DemandModel = Literal["pressure_driven", "file"]


@dataclass(frozen=True, slots=True)
class SupplySettings:
    """How EPANET runs, and from when on a customer counts as without water.

    Parameters
    ----------
    demand_model
        ``pressure_driven`` delivers by Wagner's equation between the two pressures below; ``file`` leaves
        the choice to the input file.
    minimum_pressure_m
        P0: at and below it nothing is delivered, m of water.
    required_pressure_m
        Pf: from it on everything is delivered, m, at least 0.1 m above ``minimum_pressure_m`` (EPANET's
        own limit). The default is the 0.15 MPa below which platforms raise a pressure alarm.
    pressure_exponent
        Exponent between the two.
    low_pressure_m
        Below it the pressure counts as low, m.
    discharge_coefficient
        Cd of a hole in a pipe: Q = Cd A sqrt(2 g h).
    active_step_s
        Longest hydraulic step while water escapes, s; whole seconds.
    litres_person_day
        Consumption from which customers are counted where the city has no buildings with persons,
        L per person and day; own assumption.

    Source: Wagner et al. (1988); WNTR 1.2 manual, sections 3.2 and 3.3, for exponents and Cd.
    """

    demand_model: DemandModel = "pressure_driven"
    minimum_pressure_m: float = 0.0
    required_pressure_m: float = 15.0
    pressure_exponent: float = 0.5
    low_pressure_m: float = 15.0
    discharge_coefficient: float = 0.75
    active_step_s: int = 300
    litres_person_day: float = 240.0

    def __post_init__(self) -> None:
        gap_m = self.required_pressure_m - self.minimum_pressure_m
        rules = (
            ("minimum_pressure_m", self.minimum_pressure_m, self.minimum_pressure_m >= 0.0, ">= 0 m"),
            ("required_pressure_m", self.required_pressure_m, gap_m >= 0.1, "0.1 m above the minimum"),
            ("pressure_exponent", self.pressure_exponent, self.pressure_exponent > 0.0, "> 0"),
            ("low_pressure_m", self.low_pressure_m, self.low_pressure_m >= 0.0, ">= 0 m"),
            ("discharge_coefficient", self.discharge_coefficient, self.discharge_coefficient > 0.0, "> 0"),
            ("active_step_s", self.active_step_s, self.active_step_s >= 1, ">= 1 s"),
            ("litres_person_day", self.litres_person_day, self.litres_person_day > 0.0, "> 0"),
        )
        for name, value, is_right, expected in rules:
            if not is_right:
                raise InputError(f"SupplySettings.{name}", got=value, expected=expected)
