"""Every step that a table allows is taken, every other one is refused by name."""

import itertools

import pytest

from agents import cases, crews, tasks
from agents.cases import Case, CaseAction, CaseState
from agents.catalogue import TaskKind
from agents.machine import next_state
from agents.tasks import Task, TaskAction, TaskState
from cim_models.errors import TransitionError

TABLES = {
    "case": (cases.TRANSITIONS, CaseState, CaseAction),
    "task": (tasks.TRANSITIONS, TaskState, TaskAction),
    "crew": (crews.TRANSITIONS, crews.CrewState, crews.CrewAction),
}


def make_case(state=CaseState.REPORTED):
    return Case("C-1", "04-06", 0.0, 0.0, "R1", "", False, 3, 0.2, 0.0, 100.0, 0.0, genuine=True, state=state)


@pytest.mark.parametrize("name", TABLES)
def test_every_pair_is_allowed_by_the_table_or_refused_by_name(name):
    table, states, actions = TABLES[name]
    refused = 0
    for state, action in itertools.product(states, actions):
        if (state, action) in table:
            assert next_state(table, "It", state, action) is table[state, action]
        else:
            refused += 1
            with pytest.raises(TransitionError, match=f"cannot '{action}' while it is '{state}'"):
                next_state(table, "It", state, action)
    assert refused > len(table)


@pytest.mark.parametrize("name", TABLES)
def test_every_state_is_reached_from_the_first(name):
    table, states, _ = TABLES[name]
    reached = {next(iter(states))}
    while True:
        more = {after for (state, _), after in table.items() if state in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(states)


@pytest.mark.parametrize("state", [CaseState.CLOSED, CaseState.VOID, CaseState.TRANSFERRED])
def test_a_final_state_says_so(state):
    case = make_case(state)
    assert not case.is_open
    with pytest.raises(TransitionError, match=r"Case 'C-1' cannot 'dispatch'.*this state is final"):
        case.step(CaseAction.DISPATCH)


def test_the_life_of_a_case_without_incidents():
    case = make_case()
    for action in ("register", "dispatch", "depart", "arrive", "finish", "pass", "close"):
        case.step(CaseAction(action))
    assert case.state is CaseState.CLOSED


def test_a_case_is_not_closed_unchecked():
    case = make_case(CaseState.HANDLING)
    with pytest.raises(TransitionError, match="while it is 'handling'"):
        case.step(CaseAction.CLOSE)
    assert case.state is CaseState.HANDLING


def test_a_task_names_itself_when_it_refuses():
    task = Task("C-1/pump", "C-1", TaskKind.PUMP, "pump", (1,), 0.0, 0.0, 0.0, 1)
    with pytest.raises(TransitionError, match="Task 'C-1/pump' cannot 'finish' while it is 'open'"):
        task.step(TaskAction.FINISH)
