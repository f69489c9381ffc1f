"""The words that the screen is given cover what can happen."""

from agents.catalogue import TaskKind
from cim_models.events import EVENT_KINDS
from cim_models.failures import FAILURE_ENDS
from viz.server.vocabulary import vocabulary


def test_every_task_has_a_name_in_both_languages() -> None:
    names = vocabulary()["tasks"]
    assert set(names) == {str(kind.value) for kind in TaskKind}
    assert all(name["zh"] and name["en"] for name in names.values())


def test_what_begins_and_ends_a_failure_are_kinds_of_events() -> None:
    assert {*FAILURE_ENDS, *(kind for ends in FAILURE_ENDS.values() for kind in ends)} <= set(EVENT_KINDS)


def test_limits_are_those_of_the_catalogues() -> None:
    words = vocabulary()
    depths = [(limit["value"], limit["level"]) for limit in words["limits"]["water_depth"]]
    assert depths == [(0.15, 3), (0.30, 2), (0.50, 1)]
    assert [limit["below"] for limit in words["limits"]["gas_pressure"]] == [True]
    assert "hydrogen_sulphide" not in words["limits"]  # only together with methane
    levels = [(each["value"], each["level"]) for each in words["detector_levels"]]
    assert levels == [(5.0, 3), (20.0, 2), (50.0, 1)]
    assert set(words["site_kinds"]) == {"septic_tank", "manhole", "regulator"}
