"""Every step that a table allows is taken, every other one is refused by name."""

import itertools

import pytest

from agents import cases, crew_states, tasks
from agents.cases import Case, CaseAction, CaseState
from agents.catalogue import TaskKind
from agents.limits import Urgency
from agents.machine import next_state
from agents.tasks import Task, TaskAction, TaskState
from cim_models.errors import TransitionError

TABLES = {
    "case": (cases.TRANSITIONS, CaseState, CaseAction),
    "task": (tasks.TRANSITIONS, TaskState, TaskAction),
    "crew": (crew_states.TRANSITIONS, crew_states.CrewState, crew_states.CrewAction),
}


def make_case(state=CaseState.REPORTED):
    return Case(
        id="C-1",
        class_code="04-06",
        x=0.0,
        y=0.0,
        road="R1",
        grid_cell="",
        underpass=False,
        level=3,
        urgency=Urgency.ORDINARY,
        depth_m=0.2,
        reported_s=0.0,
        last_report_s=0.0,
        genuine=True,
        state=state,
    )


@pytest.mark.parametrize("name", TABLES)
def test_every_pair_is_allowed_by_the_table_or_refused_by_name(name):
    table, states, actions = TABLES[name]
    refused = 0
    for state, action in itertools.product(states, actions):
        if (state, action) in table:
            assert next_state(table, "Case", "It", state, action) is table[state, action]
        else:
            refused += 1
            with pytest.raises(TransitionError, match=f"cannot '{action}' while it is '{state}'"):
                next_state(table, "Case", "It", state, action)
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


@pytest.mark.parametrize("state", [CaseState.VOID, CaseState.TRANSFERRED])
def test_a_final_state_says_so(state):
    case = make_case(state)
    assert not case.is_open
    with pytest.raises(TransitionError, match=r"Case 'C-1' cannot 'dispatch'.*this state is final"):
        case.step(CaseAction.DISPATCH)


LIVES = {
    "without incidents": "accept verify register assign dispatch depart arrive finish pass close",
    "point to point": "register assign dispatch depart arrive finish pass close",
    "returned by a unit that is not responsible": "accept verify register assign return assign dispatch",
    "sent back at the check": "register assign dispatch depart arrive finish rework dispatch depart arrive",
    "with more time": "register assign dispatch depart arrive extend finish",
    "resting while water cuts it off": "register assign dispatch depart recall suspend resume dispatch",
    "more urgent and late": "accept escalate verify register assign escalate expire dispatch",
    "found false before it is registered": "accept void",
    "found false on site": "register assign dispatch depart arrive void",
    "closed and opened again": "register assign arrive finish pass close reopen assign dispatch",
}


@pytest.mark.parametrize("life", LIVES)
def test_the_lives_that_a_case_may_lead(life):
    case = make_case()
    for action in LIVES[life].split():
        case.step(CaseAction(action))
    assert {action for _, action in cases.TRANSITIONS} == set(CaseAction)


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("reported", "assign"),  # nobody gets what is not registered
        ("accepted", "dispatch"),
        ("registered", "dispatch"),  # no crew before a unit has it
        ("handling", "return"),
        ("handling", "suspend"),  # its crew is at work
        ("suspended", "extend"),  # its clock stands still
        ("suspended", "dispatch"),
        ("void", "reopen"),
        ("checking", "close"),
    ],
)
def test_what_no_case_may_do(state, action):
    case = make_case(CaseState(state))
    with pytest.raises(TransitionError, match=f"Case 'C-1' cannot '{action}' while it is '{state}'"):
        case.step(CaseAction(action))


def test_a_closed_case_can_only_be_opened_again():
    case = make_case(CaseState.CLOSED)
    assert not case.is_open
    with pytest.raises(TransitionError, match=r"cannot 'dispatch' while it is 'closed'.*one of reopen"):
        case.step(CaseAction.DISPATCH)


def test_a_case_is_not_closed_unchecked():
    case = make_case(CaseState.HANDLING)
    with pytest.raises(TransitionError, match="while it is 'handling'"):
        case.step(CaseAction.CLOSE)
    assert case.state is CaseState.HANDLING


def test_a_task_names_itself_when_it_refuses():
    task = Task("C-1/pump", "C-1", TaskKind.PUMP, "pump", (1,), 0.0, 0.0, 0.0, 1)
    with pytest.raises(TransitionError, match="Task 'C-1/pump' cannot 'finish' while it is 'open'"):
        task.step(TaskAction.FINISH)
