"""What may change where a run branches, checked against what has happened already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cim_models.errors import ScenarioError
from scenarios.composition import Setup
from scenarios.measures import measure_ids, plan_orders
from scenarios.operations import operations_settings
from scenarios.rain import make_rain
from scenarios.schema.differences import differing_keys, value_at
from scenarios.schema.loading import LoadedScenario, override
from scenarios.schema.model import Measure, Scenario

CHANGEABLE = (
    "name",
    "title",
    "duration",
    "weather",
    "measures",
    "dispatch.mode",
    "dispatch.delay",
    "dispatch.manual_delay",
    "dispatch.policy",
    "dispatch.options",
    "dispatch.interval",
    "dispatch.reach",
    "staffing.crews",
    "output.checkpoints_every",
)
"""Keys of a scenario, with all below them, that a branch may change; what lies before it stays as it was."""


@dataclass(frozen=True, slots=True)
class Changes:
    """A branch's setup, and what is new in it.

    Parameters
    ----------
    setup
        What the branch goes on with.
    overrides
        Texts ``key=value`` as they were given.
    values
        New value of each key that differs, as in ``run.json``; empty for a branch that changes nothing.
    """

    setup: Setup
    overrides: tuple[str, ...]
    values: Mapping[str, Any]


def plan_changes(setup: Setup, overrides: Sequence[str], t_s: float) -> Changes:
    """Check what a branch is to change and prepare it.

    Rain is timed from the start of the scenario, as in the scenario itself: from the branch on the new rain
    falls as if it had been expected from the start. Measures that have begun go on; those that have not are
    dropped unless the new list repeats them.

    Parameters
    ----------
    setup
        What the run is made from until now.
    overrides
        Texts ``key=value``.
    t_s
        Where the branch begins, s.

    Raises
    ------
    ScenarioError
        If a value is wrong, a key cannot change after the start, or a new measure lies in the past.
    """
    if not overrides:
        return Changes(setup, (), {})
    loaded = override(setup.loaded, overrides)
    before, after = (_values(one.scenario) for one in (setup.loaded, loaded))
    changed = tuple(differing_keys(before, after))
    for key in changed:
        _check_changeable(key, after)
    _check_duration(loaded.scenario, t_s)
    _check_no_crew_leaves(setup.scenario, loaded.scenario)
    loaded, ids = _with_begun_measures(setup, loaded, t_s)
    scenario, source = loaded.scenario, str(loaded.path)
    planned = tuple(plan_orders(scenario, setup.city, source, ids))
    _check_not_past(scenario, ids, setup.measure_ids, t_s)
    new = replace(
        setup,
        loaded=loaded,
        measure_ids=ids,
        planned=planned,
        rain=make_rain(loaded, setup.city) if _touches(changed, "weather") else setup.rain,
        operations=operations_settings(scenario, setup.city, source),
    )
    return Changes(new, tuple(overrides), {key: value_at(_values(scenario), key) for key in changed})


def _values(scenario: Scenario) -> dict[str, Any]:
    return scenario.model_dump(mode="json", by_alias=True)


def _touches(keys: Collection[str], part: str) -> bool:
    return any(key == part or key.startswith(f"{part}.") for key in keys)


def _check_changeable(key: str, after: Mapping[str, Any]) -> None:
    if any(_touches((key,), part) for part in CHANGEABLE):
        return
    remedy = "Run the scenario again from its start"
    if key == "structures":
        remedy = "Put up a barrier or a culvert under measures"
    raise ScenarioError(
        f"Branch, key '{key}'",
        got=f"'{value_at(after, key)}', which cannot change after the start",
        expected=f"one of {', '.join(CHANGEABLE)}",
        remedy=remedy,
    )


def _check_duration(scenario: Scenario, t_s: float) -> None:
    if scenario.duration <= t_s:
        raise ScenarioError(
            "Branch, key 'duration'",
            got=f"{scenario.duration:g} s",
            expected=f"more than the {t_s:g} s that have passed",
            remedy="Branch earlier, or set a longer duration",
        )


def _check_no_crew_leaves(before: Scenario, after: Scenario) -> None:
    """Refuse a smaller roster: who is out there has a task, a place and a shift to end."""
    for skill, numbers in before.staffing.crews.items():
        had, has = _by_depot(numbers), _by_depot(after.staffing.crews.get(skill, 0))
        for depot, number in had.items():
            if has.get(depot, 0) < number:
                raise ScenarioError(
                    f"Branch, key 'staffing.crews.{skill}{depot and '.' + depot}'",
                    got=has.get(depot, 0),
                    expected=f"{number} or more: crews may join, none can leave",
                    remedy="Set a larger number",
                )


def _by_depot(numbers: int | Mapping[str, int]) -> Mapping[str, int]:
    """Return numbers of crews by depot; those that nobody has placed stand under an empty name."""
    return numbers if isinstance(numbers, Mapping) else {"": numbers}


def _with_begun_measures(
    setup: Setup, loaded: LoadedScenario, t_s: float
) -> tuple[LoadedScenario, tuple[str, ...]]:
    """Return the scenario with those measures that have begun first, and the ids of all.

    A measure that the run has already keeps its id; new ones get numbers that none has had.
    """
    old = dict(zip(setup.measure_ids, setup.scenario.measures, strict=True))
    left = dict(old)
    wanted: list[tuple[str | None, Measure]] = []
    for measure in loaded.scenario.measures:
        name = next((name for name, other in left.items() if other == measure), None)
        if name is not None:
            del left[name]
        wanted.append((name, measure))
    going_on = [(name, measure) for name, measure in left.items() if _begin_s(setup.scenario, measure) <= t_s]
    used = max((int(name.removeprefix("M")) for name in old), default=0)
    new_ids = iter(measure_ids(len(wanted), after=used))
    named = [*going_on, *((name or next(new_ids), measure) for name, measure in wanted)]
    scenario = loaded.scenario.model_copy(update={"measures": tuple(measure for _, measure in named)})
    return replace(loaded, scenario=scenario), tuple(name for name, _ in named)


def _begin_s(scenario: Scenario, measure: Measure) -> float:
    clearing = measure.clear_gullies
    return scenario.offset_s(measure.chosen.begin if clearing is None else clearing.at)


def _check_not_past(scenario: Scenario, ids: Sequence[str], old: Collection[str], t_s: float) -> None:
    """Refuse a new measure that would have begun before the branch."""
    for index, (name, measure) in enumerate(zip(ids, scenario.measures, strict=True)):
        begin_s = _begin_s(scenario, measure)
        if name not in old and begin_s < t_s:
            raise ScenarioError(
                f"Branch, key 'measures.{index}.{measure.chosen_name}'",
                got=f"{begin_s:g} s after the start",
                expected=f"a time from the branch at {t_s:g} s on",
                remedy="Change the time",
            )
