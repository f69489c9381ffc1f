"""Moments that a scenario names, as times of its run."""

from __future__ import annotations

from typing import Any

from cim_models.errors import ScenarioError
from scenarios.schema.model import Scenario
from scenarios.schema.quantities import duration_text

_SUBJECTS = (
    *("gauge", "structure", "asset", "pipe", "main", "cabinet", "conduit", "pump", "valve", "crew"),
    *("road", "culvert", "id"),
)
"""Keys of an entry that say what it is about; the first that is set names it."""


def check_time(
    scenario: Scenario, moment: str, key: str, source: str, after: tuple[str, float] | None = None
) -> float:
    """Return a moment as a time of the run, s since its start, or refuse it.

    Parameters
    ----------
    scenario, moment
        The scenario, and the moment as it names it.
    key, source
        Where it does so, for the message.
    after
        Key beside it whose time it must lie after, and that time, s; None for none.

    Raises
    ------
    ScenarioError
        If it lies outside the run, or not after the other one. The message names the entry by what it is
        about as well, and the duration of the run, which may be what was set too short.
    """
    t_s = scenario.offset_s(moment)
    is_late = after is None or t_s > after[1]
    if is_late and 0.0 <= t_s <= scenario.duration:
        return t_s
    expected = f"a time within the run of {duration_text(scenario.duration)}"
    remedy = "Change the time"
    if after is not None and not is_late:
        expected += f", later than '{after[0]}' ({duration_text(after[1])} after the start)"
    elif t_s > scenario.duration:
        remedy = f"Set 'duration' to {duration_text(t_s)} or more, or change the time"
    raise ScenarioError(
        f"Scenario '{source}', key '{key}'{_about(scenario, key)}",
        got=f"'{moment}', {duration_text(t_s)} after the start",
        expected=expected,
        remedy=remedy,
    )


def _about(scenario: Scenario, key: str) -> str:
    """Say what the entry that holds a key is about; nothing where it does not say."""
    entry: Any = scenario
    for part in key.split(".")[:-1]:
        entry = entry[int(part)] if part.isdigit() else getattr(entry, part, None)
    for name in _SUBJECTS:
        subject = getattr(entry, name, None)
        if isinstance(subject, str):
            return f" ({name} '{subject}')"
    return ""
