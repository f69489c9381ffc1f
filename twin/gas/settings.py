"""What catalogue ``gas_hazards`` says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from cim_models.catalogues import load_catalogue
from cim_models.errors import InputError

CATALOGUE = "gas_hazards"


@dataclass(frozen=True, slots=True)
class Gas:
    """Composition of a gas, shares of its volume, and its density, kg/m3."""

    methane: float
    ethane: float
    hydrogen_sulphide: float
    density_kg_m3: float


@dataclass(frozen=True, slots=True)
class Marsh:
    """How much marsh gas forms and how the air that takes it away swings over the day.

    Parameters
    ----------
    methane_m3_person_day
        Of methane, m3 a head and day, at the reference temperature.
    reference_temperature_c, more_per_degree
        It grows exponentially by this share for each degree above, 1/K.
    ventilation_swing, strongest_hour
        Amplitude of natural ventilation over its mean, and hour of the day at which it is strongest.
    spread
        Standard deviation of the logarithm of the factor between sites of one kind.
    """

    methane_m3_person_day: float
    reference_temperature_c: float
    more_per_degree: float
    ventilation_swing: float
    strongest_hour: float
    spread: float


@dataclass(frozen=True, slots=True)
class SiteKind:
    """A kind of watched space.

    Parameters
    ----------
    volume_m3
        Of its air.
    exchange_1_h
        Mean exchange of air without a fan, volumes an hour.
    persons
        Whose sewage ferments there.
    fan_1_h
        Exchange by its own fan, volumes an hour; 0 for one without.
    """

    volume_m3: float
    exchange_1_h: float
    persons: float
    fan_1_h: float


@dataclass(frozen=True, slots=True)
class Detector:
    """How a detector reads: times between readings, s; noise in shares of the LEL and ppm; share lost."""

    interval_s: float
    interval_in_alarm_s: float
    noise_lel: float
    noise_ppm: float
    lost: float


@dataclass(frozen=True, slots=True)
class AlarmLevel:
    """An alarm level: reached after ``readings`` in a row from ``from_lel``, left below ``release_lel``."""

    level: int
    from_lel: float
    release_lel: float
    readings: int


@dataclass(frozen=True, slots=True)
class Ventilation:
    """Shares of the LEL at which a fan starts and stops."""

    on_lel: float
    off_lel: float

    def __post_init__(self) -> None:
        if not 0.0 < self.off_lel < self.on_lel <= 1.0:
            raise InputError(
                "Ventilation of hazard sites",
                got=f"on at {self.on_lel:g}, off at {self.off_lel:g} of the LEL",
                expected="0 < off < on <= 1",
                remedy="Stop the fan below the value that starts it",
            )


@dataclass(frozen=True, slots=True)
class Migration:
    """How gas moves through the ground; see catalogue ``gas_hazards``."""

    reach_m: float
    share: float
    falloff_m: float
    most_share: float
    velocity_m_h: float


@dataclass(frozen=True, slots=True)
class LeakFlow:
    """Coefficients of the flow through a hole and along the main.

    Parameters
    ----------
    discharge
        Of the hole.
    friction
        Friction factor of the main.
    pressure_alarm_share
        A pressure gauge speaks when the main has lost this share of its gauge pressure.
    feed_m
        Way from the regulator to a leak where no regulator is known, m.
    """

    discharge: float
    friction: float
    pressure_alarm_share: float
    feed_m: float


@dataclass(frozen=True, slots=True)
class DiagnosisWeights:
    """Logarithms of likelihood ratios, leak over marsh gas, and thresholds; see `twin.gas.diagnosis`."""

    prior: float
    hydrogen_sulphide: float
    no_hydrogen_sulphide: float
    sudden: float
    slow: float
    pressure_drop: float
    cabinet: float
    rich: float
    sudden_lel: float
    least_lel: float
    leak_above: float
    marsh_gas_below: float


@dataclass(frozen=True, slots=True)
class Cordon:
    """Streets within these distances are closed at the emergency level and below it; how many at most."""

    emergency_m: float
    alarm_m: float
    most_roads: int


@dataclass(frozen=True, slots=True)
class GasSettings:
    """Everything that the gas model takes from its catalogue, and the temperature in the ground.

    Parameters
    ----------
    lower_explosive_limit
        Of methane, share of the volume.
    natural, marsh_gas
        The two gases.
    kinds
        Watched spaces by kind.
    levels
        Alarm levels, the least urgent first.
    crew_fan_1_h
        Exchange of air by a crew's blower, volumes an hour.
    temperature_c
        In tanks and sewers, degrees Celsius.
    """

    lower_explosive_limit: float
    natural: Gas
    marsh_gas: Gas
    marsh: Marsh
    kinds: Mapping[str, SiteKind]
    detector: Detector
    levels: tuple[AlarmLevel, ...]
    ventilation: Ventilation
    migration: Migration
    leak: LeakFlow
    diagnosis: DiagnosisWeights
    cordon: Cordon
    crew_fan_1_h: float
    temperature_c: float = 20.0

    def __post_init__(self) -> None:
        if not -10.0 <= self.temperature_c <= 50.0:
            raise InputError(
                "Temperature of hazard sites", got=f"{self.temperature_c:g} °C", expected="-10 to 50 °C"
            )


@cache
def gas_settings(temperature_c: float = 20.0) -> GasSettings:
    """Read the catalogue.

    Parameters
    ----------
    temperature_c
        In tanks and sewers, degrees Celsius, -10 to 50.

    Raises
    ------
    InputError
        If the temperature is out of range.
    """
    content = load_catalogue(CATALOGUE)
    return GasSettings(
        lower_explosive_limit=float(content["lower_explosive_limit"]),
        natural=_pick(Gas, content["gases"]["natural"]),
        marsh_gas=_pick(Gas, content["gases"]["marsh"]),
        marsh=_pick(Marsh, content["marsh"]),
        kinds={entry["kind"]: _pick(SiteKind, entry) for entry in content["sites"]},
        detector=_pick(Detector, content["detector"]),
        levels=tuple(_pick(AlarmLevel, entry) for entry in content["levels"]),
        ventilation=_pick(Ventilation, content["ventilation"]),
        migration=_pick(Migration, content["migration"]),
        leak=_pick(LeakFlow, content["leak"]),
        diagnosis=_pick(DiagnosisWeights, content["diagnosis"]),
        cordon=_pick(Cordon, content["cordon"]),
        crew_fan_1_h=float(content["crew_fan_1_h"]),
        temperature_c=temperature_c,
    )


def _pick[Values](kind: type[Values], entry: Mapping[str, Any]) -> Values:
    return kind(**{field.name: entry[field.name] for field in fields(kind)})  # type: ignore[arg-type]
