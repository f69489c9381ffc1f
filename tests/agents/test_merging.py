import pickle
from dataclasses import replace

import pytest

from agents.merging import OpenCases
from agents.reports import Report
from tests.agents.test_state_machines import make_case


def report(x=0.0, y=0.0, code="04-06"):
    return Report("citizen", code, x, y)


def case_at(x, y=0.0, *, name="C-1", road="R1", last_s=0.0):
    case = make_case()
    case.id, case.x, case.y, case.road, case.last_report_s = name, x, y, road, last_s
    return case


def filled(*cases, distance_m=80.0, time_s=600.0):
    book = OpenCases(distance_m, time_s)
    for case in cases:
        book.add(case)
    return book


@pytest.mark.parametrize(
    ("x", "road", "code", "now_s", "found"),
    [
        (79.0, "", "04-06", 0.0, True),
        (81.0, "", "04-06", 0.0, False),
        (500.0, "R1", "04-06", 0.0, True),  # the same road, however long
        (0.0, "R2", "04-06", 600.0, True),
        (0.0, "R1", "04-06", 601.0, False),  # too long ago
        (0.0, "R1", "04-04", 0.0, False),  # another matter
    ],
)
def test_what_merges(x, road, code, now_s, found):
    case = case_at(0.0)
    assert (filled(case).find(report(x, code=code), road, now_s) is case) == found


@pytest.mark.parametrize("x", [-1000.3, -40.0, 0.0, 39.9, 40.0, 7777.7])
def test_distance_counts_across_the_cells_of_the_index(x):
    case = case_at(x)
    book = filled(case, distance_m=40.0)
    assert book.find(report(x + 39.0), "", 0.0) is case
    assert book.find(report(x - 39.0), "", 0.0) is case
    assert book.find(report(x + 41.0), "", 0.0) is None


def test_the_nearest_case_wins_and_equals_go_by_id():
    near, far = case_at(10.0, name="C-2", road="R2"), case_at(30.0, name="C-1", road="R1")
    assert filled(near, far).find(report(0.0), "", 0.0) is near
    twin = case_at(-10.0, name="C-0", road="R3")
    assert filled(near, twin).find(report(0.0), "", 0.0) is twin


@pytest.mark.parametrize(
    ("structure", "of_case", "now_s", "found"),
    [
        ("BR-1", "BR-1", 0.0, True),
        ("BR-1", "BR-1", 99_999.0, True),  # its open case, whatever the window
        ("BR-1", "TU-1", 0.0, False),  # another structure at the same place
        ("", "BR-1", 0.0, True),  # somebody who does not know which
        ("BR-1", "", 0.0, True),
        ("BR-1", "", 99_999.0, False),
    ],
)
def test_different_structures_are_different_matters(structure, of_case, now_s, found):
    case = case_at(0.0)
    case.structure = of_case
    told = replace(report(), structure=structure)
    assert (filled(case).find(told, "R1", now_s) is case) == found


def test_a_removed_case_is_not_found():
    case = case_at(0.0)
    book = filled(case)
    book.remove(case)
    book.remove(case)
    assert book.find(report(), "R1", 0.0) is None


def test_a_saved_index_finds_the_cases_that_are_saved_with_it():
    near, other = case_at(30.0), case_at(900.0, name="C-2", road="R2")
    book, cases = pickle.loads(pickle.dumps((filled(near, other), [near, other])))
    assert book.find(report(20.0), "", 0.0) is cases[0]
    assert book.find(report(0.0, 500.0), "R2", 0.0) is cases[1]
    book.remove(cases[0])
    assert book.find(report(20.0), "", 0.0) is None
