"""How blockages are looked for."""

from __future__ import annotations

from dataclasses import dataclass

from cim_models.errors import InputError

DAY_S = 86_400
_YEAR_S = 365.25 * DAY_S


@dataclass(frozen=True, slots=True)
class BlockageSettings:
    """How a sewer's readings are compared with its model, and what counts as a blockage.

    Parameters
    ----------
    step_s, block_s
        Readings and model are averaged over steps of this length, s; residuals are judged over blocks of a
        whole number of steps, s.
    routing_step_s
        Routing step of SWMM, s.
    warmup_s
        The model runs dry this long before anything is compared, s.
    calibration_days
        Days at the beginning that teach how healthy readings scatter; with 0 they scatter by the floors.
    probe_s
        Length of the wettest part of the record, in which the candidates are simulated, s.
    shares
        Blocked shares of the section that are simulated, ascending, above 0 to 1.
    most_candidates
        Conduits that are simulated; those nearest to a sensor are.
    level_floor_m, flow_floor, least_flow_m3_h
        Least standard deviation of a residual: of a level, m; of a flow, as a share of its mean and m3/h. Own
        assumption.
    rain_sd, dry_sd
        Standard deviation of the factors by which the rain, and the dry weather flow, of the model are wrong;
        gauges catch a quarter more or less than what falls on a small catchment. Own assumption.
    timing_s
        Standard deviation of the time at which the model has a change, s. Own assumption.
    model_sd
        Least standard deviation of a residual as a share of what the model has above its dry mean. Own
        assumption.
    signature_sd, sensor_sd
        Standard deviation of the factor between a blockage's effect and the nearest simulated one, at all
        sensors together and at each. Own assumption.
    blockages_per_km_year
        Expected before any reading; catalogue ``failure_rates``, blocked sewers.
    faults_per_year
        Faults of a sensor expected a year. Own assumption.
    most_per_block
        What a block may say at most for any explanation, as a logarithm of a likelihood ratio, so that a
        spike is no proof.
    memory
        Logarithm of the odds above which evidence is forgotten, so that an end is noticed.
    tell_probability
        From here on a blockage is told of.
    frozen_s
        A sensor that reads the same for so long, though the model moves, is left out, s.
    """

    step_s: int = 300
    block_s: int = 900
    routing_step_s: float = 5.0
    warmup_s: int = 3 * 3600
    calibration_days: int = 7
    probe_s: int = 8 * 3600
    shares: tuple[float, ...] = (0.7, 0.9, 1.0)
    most_candidates: int = 150
    level_floor_m: float = 0.01
    flow_floor: float = 0.02
    least_flow_m3_h: float = 0.5
    rain_sd: float = 0.25
    dry_sd: float = 0.2
    timing_s: float = 300.0
    model_sd: float = 0.05
    signature_sd: float = 0.35
    sensor_sd: float = 0.2
    blockages_per_km_year: float = 0.5
    faults_per_year: float = 0.5
    most_per_block: float = 6.0
    memory: float = 7.0
    tell_probability: float = 0.5
    frozen_s: int = DAY_S

    def __post_init__(self) -> None:
        shares = self.shares
        rules = (
            ("step_s", self.step_s, self.step_s >= 60, ">= 60 s"),
            ("block_s", self.block_s, self.block_s % self.step_s == 0, f"a multiple of {self.step_s} s"),
            ("block_s", self.block_s, DAY_S % self.block_s == 0, "a part of 86400 s"),
            (
                "routing_step_s",
                self.routing_step_s,
                self.step_s % self.routing_step_s == 0,
                f"a part of {self.step_s} s",
            ),
            ("warmup_s", self.warmup_s, self.warmup_s % self.step_s == 0, f"a multiple of {self.step_s} s"),
            ("probe_s", self.probe_s, self.probe_s >= 4 * self.block_s, f">= {4 * self.block_s} s"),
            (
                "shares",
                shares,
                bool(shares)
                and list(shares) == sorted(set(shares))
                and shares[0] > 0.0
                and shares[-1] <= 1.0,
                "ascending shares above 0 to 1",
            ),
            (
                "tell_probability",
                self.tell_probability,
                0.0 < self.tell_probability < 1.0,
                "between 0 and 1",
            ),
        )
        for name, value, is_right, expected in rules:
            if not is_right:
                raise InputError(f"BlockageSettings.{name}", got=value, expected=expected)
        if self.most_candidates < 1:
            raise InputError(
                "Conduits to simulate (--candidates)", got=self.most_candidates, expected=">= 1 conduit"
            )
        if self.calibration_days < 0:
            raise InputError(
                "Days of calibration (--calibration-days)",
                got=self.calibration_days,
                expected=">= 0 days",
                remedy="Give days in which nothing was blocked, best with rain in them",
            )

    @property
    def steps_per_block(self) -> int:
        """Steps in a block."""
        return self.block_s // self.step_s

    @property
    def calibration_blocks(self) -> int:
        """Blocks in the calibration."""
        return self.calibration_days * DAY_S // self.block_s

    def per_block(self, per_year: float) -> float:
        """Probability in a block of something with a rate a year."""
        return per_year * self.block_s / _YEAR_S
