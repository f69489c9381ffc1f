"""Moments that a scenario names, as times of its run."""

from __future__ import annotations

from cim_models.errors import ScenarioError
from scenarios.schema.model import Scenario


def check_time(scenario: Scenario, moment: str, key: str, source: str, after_s: float = -1.0) -> float:
    """Return a moment as a time of the run, s since its start, or refuse it.

    Parameters
    ----------
    scenario, moment
        The scenario, and the moment as it names it.
    key, source
        Where it does so, for the message.
    after_s
        Time that it must lie after, s; a negative one for none.

    Raises
    ------
    ScenarioError
        If it lies outside the run, or not after ``after_s``.
    """
    t_s = scenario.offset_s(moment)
    if not max(after_s, -1e-9) < t_s <= scenario.duration:
        later = ", later than 'at'" if after_s >= 0.0 else ""
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got=f"'{moment}', {t_s:.0f} s after the start",
            expected=f"a time within the run of {scenario.duration:.0f} s{later}",
            remedy="Change the time",
        )
    return t_s
