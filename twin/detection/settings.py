"""How leaks are looked for."""

from __future__ import annotations

from dataclasses import dataclass

from cim_models.errors import InputError

DAYS_PER_MONTH = 365.25 / 12.0
_DAY_S = 86_400
_LEAST_CALIBRATION_DAYS = 7


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How readings are averaged, and from when on they count as a leak.

    Parameters
    ----------
    step_s
        Readings are averaged over steps of this length and compared with one solution of the model, s;
        divides a block.
    block_s
        Residuals are averaged over blocks, and judged at the end of each, s; divides a day.
    calibration_days
        Days at the beginning from which mean and scale of the residuals are learned; only what leaks at
        the beginning may leak then.
    pressure_floor_m, flow_floor
        Least standard deviation of a residual of a block: of a pressure, m, and of a flow, as a share of its
        mean. It stands for the rounding of readings and for what the linear signatures leave out; own
        assumption.
    probe_m3_h
        Outflow at which signatures are computed, m3/h; own assumption.
    leaks_per_month
        Leaks expected in the network a month, before any reading; own assumption, the 14 of L-TOWN's
        year 2018 rounded.
    false_alarms_per_month
        Rate of false alarms that is aimed at, by extrapolating from the calibration.
    least_evidence
        Logarithm of the likelihood ratio below which nothing is an alarm, whatever the calibration says:
        about 900 pipes times 8 windows times 10; own assumption.
    most_evidence
        What is an alarm even if the calibration asks for more, because something grew in it; own assumption.
    refresh_m3_h
        Change of all leaks together after which signatures are computed anew, m3/h; own assumption.
    fault_pressure_m, fault_flow
        Least constant error of a sensor that makes it a faulty one: of a pressure, m, and of a flow, as a
        share of its mean; three and five times the usual accuracy of 0.1 m and 2 %, own assumption.
    least_outflow_m3_h
        Less is not told of as a leak, m3/h; own assumption.
    longest_window_blocks
        Longest time over which a change is looked for, blocks.
    most_standing
        Leaks that may be found at the beginning.
    """

    step_s: int = 3600
    block_s: int = 3 * 3600
    calibration_days: int = 14
    pressure_floor_m: float = 0.005
    flow_floor: float = 0.0025
    probe_m3_h: float = 4.0
    leaks_per_month: float = 1.0
    false_alarms_per_month: float = 0.1
    least_evidence: float = 11.0
    most_evidence: float = 40.0
    refresh_m3_h: float = 5.0
    fault_pressure_m: float = 0.3
    fault_flow: float = 0.1
    least_outflow_m3_h: float = 0.5
    longest_window_blocks: int = 112
    most_standing: int = 8

    def __post_init__(self) -> None:
        rules = (
            ("step_s", self.step_s, self.step_s >= 60, ">= 60 s"),
            ("block_s", self.block_s, self.block_s % self.step_s == 0, f"a multiple of {self.step_s} s"),
            ("block_s", self.block_s, _DAY_S % self.block_s == 0, "a part of 86400 s"),
            ("pressure_floor_m", self.pressure_floor_m, self.pressure_floor_m > 0.0, "> 0 m"),
            ("flow_floor", self.flow_floor, self.flow_floor > 0.0, "> 0"),
            ("probe_m3_h", self.probe_m3_h, self.probe_m3_h > 0.0, "> 0 m3/h"),
            ("leaks_per_month", self.leaks_per_month, self.leaks_per_month > 0.0, "> 0"),
            (
                "false_alarms_per_month",
                self.false_alarms_per_month,
                self.false_alarms_per_month > 0.0,
                "> 0",
            ),
            ("least_evidence", self.least_evidence, self.least_evidence > 0.0, "> 0"),
            (
                "most_evidence",
                self.most_evidence,
                self.most_evidence >= self.least_evidence,
                ">= least_evidence",
            ),
            ("refresh_m3_h", self.refresh_m3_h, self.refresh_m3_h > 0.0, "> 0 m3/h"),
            ("fault_pressure_m", self.fault_pressure_m, self.fault_pressure_m > 0.0, "> 0 m"),
            ("fault_flow", self.fault_flow, self.fault_flow > 0.0, "> 0"),
            ("least_outflow_m3_h", self.least_outflow_m3_h, self.least_outflow_m3_h > 0.0, "> 0 m3/h"),
            ("longest_window_blocks", self.longest_window_blocks, self.longest_window_blocks >= 1, ">= 1"),
            ("most_standing", self.most_standing, self.most_standing >= 0, ">= 0"),
        )
        for name, value, is_right, expected in rules:
            if not is_right:
                raise InputError(f"DetectionSettings.{name}", got=value, expected=expected)
        if self.calibration_days < _LEAST_CALIBRATION_DAYS:
            raise InputError(
                "Days of calibration (--calibration-days)",
                got=self.calibration_days,
                expected=f">= {_LEAST_CALIBRATION_DAYS} days",
                remedy="Every day of the week has its own demand, and each must be seen once",
            )

    @property
    def steps_per_block(self) -> int:
        """Steps in a block."""
        return self.block_s // self.step_s

    @property
    def classes(self) -> int:
        """Blocks in a day; a class is all blocks at one time of day."""
        return _DAY_S // self.block_s

    @property
    def calibration_blocks(self) -> int:
        """Blocks in the calibration."""
        return self.calibration_days * self.classes
