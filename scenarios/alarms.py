"""From what a scenario says of its alarms to the settings of the alarm desk."""

from __future__ import annotations

import math
from pathlib import Path

from agents.alarms.settings import AlarmSettings, Shelf
from cim_models.alarm_rules import AlarmRules, read_alarm_rules
from cim_models.city import City
from cim_models.errors import ScenarioError
from scenarios.blame import blame
from scenarios.lifelines import has_lifelines
from scenarios.monitoring import watches_structures
from scenarios.places import check_choice, check_id
from scenarios.schema.failures import Alarms, AlarmShelf
from scenarios.schema.model import Scenario


def alarm_settings(scenario: Scenario, city: City, source: str) -> AlarmSettings | None:
    """Translate what the scenario says about alarms; None where nothing asks for any.

    Lifelines that fail and structures that are watched have alarms whether or not the scenario names them.

    Raises
    ------
    ScenarioError
        If the rule file is wrong, or a shelf names a rule or sensor that there is not, or ends before it
        begins.
    """
    always = has_lifelines(scenario, city) or watches_structures(scenario)
    if scenario.alarms is None and not always:
        return None
    keys = scenario.alarms or Alarms()
    with blame(source, "alarms.rules"):
        rules = read_alarm_rules(None if keys.rules is None else _file(keys.rules, source))
    shelves = [_shelf(shelf, index, rules, scenario, city, source) for index, shelf in enumerate(keys.shelve)]
    return AlarmSettings(rules=rules, shelves=tuple(shelves))


def _file(name: str, source: str) -> Path:
    path = Path(name).expanduser()
    beside = Path(source).parent / path
    return beside if beside.exists() else path


def _shelf(
    shelf: AlarmShelf, index: int, rules: AlarmRules, scenario: Scenario, city: City, source: str
) -> Shelf:
    key = f"alarms.shelve.{index}"
    if shelf.rule:
        check_choice(shelf.rule, [rule.id for rule in rules.rules], f"{key}.rule", source)
    if shelf.sensor:
        check_id(city, "sensors", shelf.sensor, f"{key}.sensor", source)
    from_s = 0.0 if shelf.begin is None else scenario.offset_s(shelf.begin)
    until_s = math.inf if shelf.until is None else scenario.offset_s(shelf.until)
    if until_s <= from_s:
        raise ScenarioError(
            f"Scenario '{source}', key '{key}.until'",
            got=f"'{shelf.until}', {until_s:.0f} s after the start",
            expected=f"a time after 'from', {from_s:.0f} s",
            remedy="Change the time",
        )
    return Shelf(shelf.rule, shelf.sensor, from_s, until_s, shelf.reason)
