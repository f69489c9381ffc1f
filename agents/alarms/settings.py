"""Settings of the alarms: rules, levels, and what is shelved."""

from dataclasses import dataclass, field

from cim_models.alarm_rules import AlarmRules, read_alarm_rules
from cim_models.response_levels import ResponsePlan, read_response_plan


@dataclass(frozen=True, slots=True)
class Shelf:
    """Alarms that are put aside for some time (搁置), such as those of a sensor under repair.

    Parameters
    ----------
    rule, sensor
        Ids; empty for any.
    from_s, until_s
        From when, and until when, s.
    reason
        Why, for people.
    """

    rule: str = ""
    sensor: str = ""
    from_s: float = 0.0
    until_s: float = float("inf")
    reason: str = ""

    def holds(self, rule: str, sensor: str, t_s: float) -> bool:
        """Whether it is about an alarm now."""
        return self.rule in ("", rule) and self.sensor in ("", sensor) and self.from_s <= t_s < self.until_s


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """How readings become alarms, and what is done about them.

    Parameters
    ----------
    rules
        The rules.
    plan
        Levels of response with their deadlines.
    shelves
        What is put aside when.
    """

    rules: AlarmRules = field(default_factory=read_alarm_rules)
    plan: ResponsePlan = field(default_factory=read_response_plan)
    shelves: tuple[Shelf, ...] = ()
