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
