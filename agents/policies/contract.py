"""The contract that every dispatch policy keeps to, as rules that anybody can try on their own.

In a test of your own::

    import pytest
    from agents.policies.contract import RULES

    @pytest.mark.parametrize("rule", RULES)
    def test_mine(rule):
        RULES[rule](MyPolicy)

or on the command line: ``citytwin policy check mine.py:MyPolicy``.
"""

import pickle
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import MappingProxyType

import numpy as np

from agents.policies.checks import check_decisions, most_decisions
from agents.policies.samples import make_situation, shuffled
from agents.policies.situation import Decision, Policy, Situation

MakePolicy = Callable[[], Policy]

LARGE = (443, 500)
"""Crews and tasks of the largest situation: a city's whole roster, and more than it can serve."""

LIMIT_S = 1.0
"""Processor time that a policy may take over the largest situation, s."""

SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        "a few of each": make_situation(1, 6, 8),
        "more tasks than crews": make_situation(2, 2, 12),
        "more crews than tasks": make_situation(3, 12, 2),
        "few ways": make_situation(4, 6, 8, reachable=0.2),
        "one crew": make_situation(5, 1, 6),
        "one task": make_situation(6, 6, 1),
        "crews at work": make_situation(7, 4, 10, busy=10),
        "nobody free": make_situation(8, 0, 8, busy=8),
        "a district": make_situation(9, 40, 60, busy=30),
    }
)
"""Situations on which most rules are tried."""


class ContractBrokenError(AssertionError):
    """A policy breaks a rule; the message says how, and in which situation."""


def only_decisions_that_can_be_carried_out(make: MakePolicy) -> None:
    """Nobody twice, nothing twice, only ids of the situation, nobody where they cannot go."""
    for name, situation in SITUATIONS.items():
        _check(name, situation, _decide(name, make(), situation))


def the_same_again(make: MakePolicy) -> None:
    """Two fresh policies decide the same in the same situation."""
    for name, situation in SITUATIONS.items():
        first, second = (_decide(name, make(), situation) for _ in range(2))
        _expect(name, first == second, "the same decisions the second time", second)


def whatever_the_order(make: MakePolicy) -> None:
    """List crews and tasks in any order: nothing changes, because equals are told apart by id."""
    for name, situation in SITUATIONS.items():
        wanted = set(_decide(name, make(), situation))
        for seed in range(3):
            found = set(_decide(name, make(), shuffled(situation, seed)))
            _expect(name, found == wanted, "the same decisions in another order", found ^ wanted)


def nothing_to_do(make: MakePolicy) -> None:
    """Without crews, without tasks or without either nothing is decided."""
    for name, situation in {
        "no crews": make_situation(11, 0, 5),
        "no tasks": make_situation(12, 5, 0, busy=4),
        "nothing at all": make_situation(13, 0, 0),
    }.items():
        found = _decide(name, make(), situation)
        _expect(name, not found, "no decision", found)


def nobody_where_there_is_no_way(make: MakePolicy) -> None:
    """Where nobody can go nobody is sent, whether the time is infinite or not a number."""
    for no_way in (np.inf, np.nan):
        cut_off = make_situation(14, 5, 5, busy=4, reachable=0.0, no_way=no_way)
        name = f"all ways are {no_way}"
        found = _decide(name, make(), cut_off)
        _expect(name, not found, "no decision", found)
        partly = make_situation(15, 6, 8, busy=4, reachable=0.3, no_way=no_way)
        name = f"some ways are {no_way}"
        _check(name, partly, _decide(name, make(), partly))


def the_situation_stays_as_it_is(make: MakePolicy) -> None:
    """Read the situation and change nothing of it."""
    for name, situation in SITUATIONS.items():
        before = pickle.dumps(situation)
        _decide(name, make(), situation)
        _expect(name, pickle.dumps(situation) == before, "the situation unchanged", "a changed one")


def saved_between_two_rounds(make: MakePolicy) -> None:
    """Go on after being saved and restored as if nothing had happened."""
    policy = make()
    for name, situation in SITUATIONS.items():
        restored = pickle.loads(pickle.dumps(policy))
        wanted, found = (_decide(name, one, situation) for one in (policy, restored))
        _expect(name, found == wanted, "the decisions of the policy that was saved", found)


def a_whole_city_in_time(make: MakePolicy) -> None:
    """443 crews and 500 tasks take less than `LIMIT_S` of processor time."""
    situation, policy = make_situation(16, *LARGE), make()
    _decide("a small city", policy, make_situation(17, 3, 3))  # whatever is compiled or imported at first use
    begun = time.process_time()
    decisions = _decide("a whole city", policy, situation)
    took_s = time.process_time() - begun
    _check("a whole city", situation, decisions)
    _expect("a whole city", took_s < LIMIT_S, f"less than {LIMIT_S} s", f"{took_s:.2f} s")


RULES: Mapping[str, Callable[[MakePolicy], None]] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            only_decisions_that_can_be_carried_out,
            the_same_again,
            whatever_the_order,
            nothing_to_do,
            nobody_where_there_is_no_way,
            the_situation_stays_as_it_is,
            saved_between_two_rounds,
            a_whole_city_in_time,
        )
    }
)
"""The rules by name; each raises `ContractBrokenError`, or whatever the policy raises."""


def broken_rules(make: MakePolicy) -> dict[str, str]:
    """Try all rules and return those that are broken, each with what happened."""
    broken = {}
    for name, rule in RULES.items():
        try:
            rule(make)
        except KeyboardInterrupt:  # whoever sits at the keyboard, not the policy
            raise
        except BaseException as exc:  # a policy may raise anything, and exit
            broken[name] = (
                str(exc) if isinstance(exc, ContractBrokenError) else f"{type(exc).__name__}: {exc}"
            )
    return broken


def _decide(name: str, policy: Policy, situation: Situation) -> list[Decision]:
    """Ask a policy, and read no more of its decisions than a run does."""
    most = most_decisions(len(situation.everybody), len(situation.tasks))
    decisions = list(islice(iter(policy.decide(situation)), most + 1))
    if len(decisions) > most:
        got = f"more than {most} decisions, perhaps without end"
        raise ContractBrokenError(f"{name}: got {got}; expected one for each crew and task at most")
    return decisions


def _check(name: str, situation: Situation, decisions: Iterable[object]) -> None:
    refusals = check_decisions(decisions, situation).refusals
    if refusals:
        first = refusals[0]
        raise ContractBrokenError(f"{name}: crew '{first.crew}' for task '{first.task}': {first.reason}")


def _expect(name: str, holds: bool, expected: str, got: object) -> None:
    if not holds:
        raise ContractBrokenError(f"{name}: got {got}; expected {expected}")
