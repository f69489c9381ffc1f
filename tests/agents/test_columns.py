"""Columns give back exactly what went into them."""

import math
import pickle
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.cases import CaseState
from agents.catalogue import TaskKind
from agents.columns import Mass, to_columns, to_fields
from agents.limits import Urgency
from agents.snapshot import restore, save
from tests.agents.test_operations import storm

PLAIN = st.one_of(
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.text(max_size=4),
    st.sampled_from([*CaseState, *TaskKind, Urgency.URGENT]),
    st.lists(st.text(max_size=3), max_size=3),
    st.tuples(st.integers(), st.integers()),
)


def exactly(value):
    """What a value is, to the type and the bit."""
    if isinstance(value, float):
        return float, struct.pack("<d", value)
    if isinstance(value, list | tuple):
        return type(value), tuple(map(exactly, value))
    return type(value), value


def columns_of(kinds):
    return st.integers(1, 12).flatmap(
        lambda number: st.tuples(*(st.lists(kind, min_size=number, max_size=number) for kind in kinds))
    )


@given(columns_of([PLAIN] * 3))
def test_any_mixture_comes_back_with_its_types(columns):
    number = len(columns[0])
    again = to_fields(pickle.loads(pickle.dumps(to_columns(columns, number))), number)
    assert exactly(again) == exactly([*columns])


@given(columns_of([st.floats(), st.floats() | st.none(), st.sampled_from([0.0, -0.0, math.nan]), st.text()]))
def test_floats_come_back_to_the_bit(columns):
    number = len(columns[0])
    assert exactly(to_fields(to_columns(columns, number), number)) == exactly([*columns])


def test_fields_of_nothing_stay_empty():
    assert to_fields(to_columns([[], []], 0), 0) == [[], []]


def test_times_that_mostly_equal_the_ones_before_cost_next_to_nothing():
    times = [1000.0 / (n + 3) for n in range(500)]
    fields = [times, [1.0 / t for t in times], [t if n % 50 else t + 1.0 for n, t in enumerate(times)]]
    columns = to_columns(fields, 500)
    assert [like for _, (_, like, _) in columns] == [0, 0, 1]
    assert (columns[2][1][0] == 0).mean() > 0.95
    assert to_fields(columns, 500) == fields


IDS = st.integers(0, 10**19).map(lambda number: f"C-{number:05d}")


@given(st.lists(IDS | st.sampled_from(["C-", "C-007", "C-٣", "C-1_0", "R-00001", "00012"]), min_size=1))
def test_numbered_names_come_back_however_they_are_written(names):
    tasks = [[f"{name}/attend", name] if len(name) % 2 else [] for name in names]
    fields = [names, tasks, [f"O-{name}" for name in names], [*reversed(names)], [*names]]
    assert exactly(to_fields(to_columns(fields, len(names)), len(names))) == exactly(fields)


def test_what_follows_from_an_earlier_column_is_not_said_again():
    names = [f"C-{n:05d}" for n in range(1, 400, 3)]
    tasks = [[f"{name}/attend"] for name in names]
    columns = to_columns([names, tasks, [*names], [CaseState.CLOSED] * 133, ["closed"] * 133], 133)
    assert [kind for kind, _ in columns] == ["numbered", "lists of names", "same", "words", "words"]
    assert len(pickle.dumps(columns[:3])) < 4 * 8 * 133
    assert to_fields(columns, 133)[1] == tasks


@pytest.mark.parametrize("cut_s", [3000.0, 5000.0])
def test_cases_and_tasks_keep_their_holders(cut_s):
    run = storm().run(cut_s)
    outside = {"town": run.town, "log": run.log, "run": run}
    book = restore(save(run.operations, outside), outside).book
    before = run.operations.book
    assert list(book.cases) == list(before.cases)
    assert list(book.tasks) == list(before.tasks)
    assert [exactly(case.__reduce__()[1]) for case in book.cases.values()] == [
        exactly(case.__reduce__()[1]) for case in before.cases.values()
    ]
    assert book.waiting.keys() == before.waiting.keys()
    assert all(book.tasks[name] is task for name, task in book.waiting.items())


def test_a_mass_is_a_list_to_everybody_else():
    assert pickle.loads(pickle.dumps(Mass([1, 2]))) == [1, 2]
