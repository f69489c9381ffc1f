"""What is refused of a policy's decisions, and why."""

import pytest

from agents.policies import Assignment, Diversion, Reservation
from agents.policies.checks import check_decisions
from tests.agents.policies.test_built_in import busy, crew, situation, task


@pytest.fixture
def given():
    moving, other = busy("moving", task("m"), free_in_s=900.0), busy("other", task("o"))
    worker = busy("worker", task("w"), on_site=True, free_in_s=300.0)
    times = {
        ("free", "t1"): 60.0,
        ("free", "m"): 60.0,
        ("moving", "t1"): 60.0,
        ("moving", "o"): 60.0,
        ("other", "m"): 60.0,
        ("other", "t2"): 60.0,
        ("worker", "t2"): 400.0,
    }
    return situation([task("t1"), task("t2")], [crew("free")], times, [moving, other, worker])


@pytest.mark.parametrize(
    ("decisions", "reasons"),
    [
        ([Assignment("free", "t1")] * 2, ["no such crew is free, or it was named twice"]),
        ([Assignment("moving", "t1")], ["no such crew is free, or it was named twice"]),
        ([Assignment("free", "t9")], ["no such task is open, or it was named twice"]),
        ([Assignment("free", "t2")], ["the crew lacks the skill or has no way there"]),
        ([Assignment("free", "m")], ["no such task is open, or it was named twice"]),
        ([Reservation("free", "t1", 60.0)], ["no such crew is at work, or it was named twice"]),
        ([Reservation("worker", "t1", 60.0)], ["the crew lacks the skill or has no way there"]),
        ([Diversion("worker", "t2", 0.0)], ["no such crew is under way, or it was named twice"]),
        ([Diversion("moving", "m", 0.0)], ["the crew under way cannot be diverted there"]),
        ([Diversion("moving", "o", 0.0)], ["the crew under way cannot be diverted there"]),
        ([Diversion("moving", "t1", 0.0)] * 2, ["no such crew is under way, or it was named twice"]),
        (
            ["what?", None],
            ["an object of type str is no decision", "an object of type NoneType is no decision"],
        ),
        ([Assignment(["free"], "t1")], ["Assignment names its crew or task by something else than an id"]),
        ([Assignment("free", None)], ["Assignment names its crew or task by something else than an id"]),
    ],
)
def test_what_cannot_be_done_is_refused_by_reason(given, decisions, reasons):
    assert [refusal.reason for refusal in check_decisions(decisions, given).refusals] == reasons


def test_two_crews_may_exchange_tasks_and_a_third_may_take_what_is_left(given):
    exchange = [Diversion("moving", "o", 1.0), Diversion("other", "m", 1.0)]
    plan = check_decisions(exchange, given)
    assert (plan.diversions, plan.refusals) == (exchange, [])
    moved_on = [Assignment("free", "m"), Diversion("moving", "t1", 1.0)]
    plan = check_decisions(moved_on, given)
    assert (plan.diversions, plan.assignments, plan.refusals) == ([moved_on[1]], [moved_on[0]], [])


def test_a_diversion_that_falls_takes_with_it_what_depends_on_it(given):
    plan = check_decisions([Diversion("moving", "o", 1.0), Diversion("other", "nowhere", 1.0)], given)
    assert plan.diversions == []
    assert {refusal.crew for refusal in plan.refusals} == {"moving", "other"}
