"""Watching one sensor: which rules hold, with duration and hysteresis.

A watch is fed with the readings of its sensor in order of time and keeps what it needs of the past; it knows
no clock and draws nothing, so whoever has readings can use it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cim_models.alarm_rules import AlarmRule, Combination, Condition, Silence, Threshold


@dataclass(slots=True)
class _State:
    """Whether a condition holds, since when its threshold has been passed, s, and the states of its parts."""

    holds: bool = False
    since_s: float = math.nan
    parts: tuple["_State", ...] = ()


class RuleWatch:
    """One rule at one sensor.

    Parameters
    ----------
    rule
        The rule.
    since_s
        Time from which the sensor's silence counts, s.
    """

    __slots__ = ("_state", "rule")

    def __init__(self, rule: AlarmRule, since_s: float = 0.0) -> None:
        self.rule = rule
        self._state = _begin(rule.condition, since_s)

    @property
    def holds(self) -> bool:
        """Whether the rule held at the last evaluation."""
        return self._state.holds

    def evaluate(self, values: Mapping[str, float], t_s: float) -> bool:
        """Judge a reading.

        Parameters
        ----------
        values
            Values by quantity, in the units of the catalogue; a quantity that is missing or NaN leaves its
            conditions as they are. An empty mapping asks how things stand without a reading.
        t_s
            Time of the reading, s; not before that of the last one.

        Returns
        -------
        Whether the rule holds now.
        """
        return _evaluate(self.rule.condition, self._state, values, t_s)


@dataclass(slots=True)
class GroupWatch:
    """The rules of one group at one sensor: one alarm, as urgent as the most urgent rule that holds.

    Parameters
    ----------
    watches
        One for each rule of the group, the most urgent first.
    """

    watches: tuple[RuleWatch, ...]
    _found: AlarmRule | None = field(default=None, init=False)

    def evaluate(self, values: Mapping[str, float], t_s: float) -> AlarmRule | None:
        """Judge a reading by every rule, and return the most urgent one that holds; None for none.

        See `RuleWatch.evaluate`.
        """
        self._found = None
        for watch in self.watches:
            if watch.evaluate(values, t_s) and self._found is None:
                self._found = watch.rule
        return self._found

    @property
    def found(self) -> AlarmRule | None:
        """The most urgent rule that held at the last evaluation."""
        return self._found


def watch_groups(
    rules: Sequence[AlarmRule], quantities: frozenset[str], since_s: float = 0.0
) -> dict[str, GroupWatch]:
    """Return a watch for each group of rules that a sensor can say anything about.

    Parameters
    ----------
    rules
        All rules.
    quantities
        What the sensor measures; a rule needs all of what it looks at. Rules about silence need nothing.
    since_s
        Time from which silence counts, s.
    """
    groups: dict[str, list[RuleWatch]] = {}
    for rule in sorted(rules, key=_urgency):
        if rule.quantities <= quantities:
            groups.setdefault(rule.group, []).append(RuleWatch(rule, since_s))
    return {name: GroupWatch(tuple(watches)) for name, watches in groups.items()}


def silences_s(condition: Condition) -> tuple[float, ...]:
    """Lengths of silence that a condition speaks of, s."""
    if isinstance(condition, Combination):
        return tuple(wait_s for part in condition.parts for wait_s in silences_s(part))
    return (condition.for_s,) if isinstance(condition, Silence) else ()


def _urgency(rule: AlarmRule) -> int:
    return rule.level


def _begin(condition: Condition, since_s: float) -> _State:
    if isinstance(condition, Combination):
        return _State(parts=tuple(_begin(part, since_s) for part in condition.parts))
    return _State(since_s=since_s if isinstance(condition, Silence) else math.nan)


def _evaluate(condition: Condition, state: _State, values: Mapping[str, float], t_s: float) -> bool:
    if isinstance(condition, Threshold):
        value = values.get(condition.quantity, math.nan)
        if not math.isnan(value):
            _pass(condition, state, value, t_s)
    elif isinstance(condition, Silence):
        if any(not math.isnan(value) for value in values.values()):
            state.since_s = t_s
        state.holds = t_s - state.since_s >= condition.for_s
    else:
        # every part sees every reading, so that none misses the beginning of its duration
        held = [_evaluate(*pair, values, t_s) for pair in zip(condition.parts, state.parts, strict=True)]
        state.holds = all(held) if condition.every else any(held)
    return state.holds


def _pass(threshold: Threshold, state: _State, value: float, t_s: float) -> None:
    """Follow one value over its threshold and back."""
    sign = 1.0 if threshold.rising else -1.0
    if state.holds:
        state.holds = sign * value >= sign * threshold.ends_at
        if not state.holds:
            state.since_s = math.nan
        return
    if sign * value < sign * threshold.value:
        state.since_s = math.nan
        return
    if math.isnan(state.since_s):
        state.since_s = t_s
    state.holds = t_s - state.since_s >= threshold.for_s
