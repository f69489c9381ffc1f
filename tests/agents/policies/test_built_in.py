"""What each built-in policy promises beyond the contract."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from agents.catalogue import TaskKind
from agents.policies import (
    Assignment,
    BusyCrew,
    Diversion,
    FreeCrew,
    OpenTask,
    Reservation,
    Situation,
    load_policy,
)
from agents.policies.costs import worth_s
from agents.policies.flow import CheapestFlow
from agents.policies.horizon import RollingHorizon
from agents.policies.priority import PriorityQueue
from agents.policies.samples import TableTimes, make_situation
from agents.policies.zone import FixedZone

ALL = ("assignment", "flow", "horizon", "nearest", "priority", "zone")


def task(name, level=3, *, waiting_s=0.0, due_in_s=1e4, zone="", skill="pump"):
    return OpenTask(name, f"case {name}", TaskKind.PUMP, skill, level, 0.0, 0.0, waiting_s, due_in_s, zone)


def crew(name, zone=""):
    return FreeCrew(name, ("pump",), 0.0, 0.0, zone=zone)


def busy(name, its_task, *, on_site=False, free_in_s=np.inf, zone=""):
    return BusyCrew(name, ("pump",), 0.0, 0.0, "", zone, its_task, on_site, free_in_s)


def situation(tasks, crews, times, at_work=()):
    """Times by (crew, task), s; what is left out has no way."""
    bound = [member.task for member in at_work if not member.on_site]
    everybody, everything = [*crews, *at_work], [*tasks, *bound]
    table = np.full((len(everybody), len(everything)), np.inf)
    for (who, what), time_s in times.items():
        row = [member.id for member in everybody].index(who)
        table[row, [item.id for item in everything].index(what)] = time_s
    rows = {member.id: row for row, member in enumerate(everybody)}
    columns = {item.id: column for column, item in enumerate(everything)}
    return Situation(0.0, tuple(tasks), tuple(crews), TableTimes(rows, columns, table), tuple(at_work))


@pytest.mark.parametrize("name", ALL)
def test_with_one_crew_the_more_urgent_task_is_served_first(name):
    given = situation(
        [task("urgent", 1), task("near", 3)],
        [crew("only")],
        {("only", "near"): 10.0, ("only", "urgent"): 900.0},
    )
    assert load_policy(name).decide(given) == [Assignment("only", "urgent")]


@pytest.mark.parametrize("name", sorted(set(ALL) - {"flow"}))  # a flow's choice among equals is its own
def test_of_equal_crews_and_tasks_the_first_ids_meet(name):
    given = situation(
        [task("t1"), task("t2")], [crew("a"), crew("b")], {(c, t): 60.0 for c in "ab" for t in ("t1", "t2")}
    )
    assert set(load_policy(name).decide(given)) == {Assignment("a", "t1"), Assignment("b", "t2")}


def total_s(given, decisions):
    times = given.travel_times(given.crews, given.tasks)
    rows = {member.id: row for row, member in enumerate(given.crews)}
    columns = {item.id: column for column, item in enumerate(given.tasks)}
    pairs = [(rows[d.crew], columns[d.task]) for d in decisions]
    return sum(times[pair] - worth_s(given.tasks)[pair[1]] for pair in pairs)


@pytest.mark.parametrize("name", ["assignment", "flow"])
@pytest.mark.parametrize("seed", range(5))
def test_the_optimal_ones_are_the_cheapest_of_all_matchings(name, seed):
    made = make_situation(seed, crews=4, tasks=5, reachable=1.0)
    given = replace(
        made,
        crews=tuple(replace(member, skills=("drainage", "traffic", "pump")) for member in made.crews),
        travel_times=replace(
            made.travel_times,
            table=np.random.default_rng(seed).uniform(0.0, 900.0, made.travel_times.table.shape),
        ),
    )
    times = given.travel_times(given.crews, given.tasks) - worth_s(given.tasks)
    best = min(
        sum(times[row, column] for row, column in enumerate(chosen))
        for chosen in itertools.permutations(range(5), 4)
    )
    assert total_s(given, load_policy(name).decide(given)) == pytest.approx(best, abs=0.5)
    assert total_s(given, load_policy("nearest").decide(given)) >= best - 0.5


def test_flow_over_all_crews_costs_what_the_assignment_costs():
    given = make_situation(21, crews=40, tasks=50)
    wanted = load_policy("assignment").decide(given)
    flow = CheapestFlow(nearest=40).decide(given)
    assert len(flow) == len(wanted)
    assert total_s(given, flow) == pytest.approx(total_s(given, wanted), abs=0.05 * len(wanted))
    sparse = CheapestFlow(nearest=3).decide(given)
    assert len(sparse) == len(wanted)
    assert total_s(given, sparse) >= total_s(given, wanted) - 0.05 * len(wanted)


# --- priority queue --------------------------------------------------------------------------------


def test_within_a_level_the_task_with_the_least_slack_is_served_first():
    soon_due = task("far and due", due_in_s=1000.0)
    given = situation(
        [task("first by id", due_in_s=2000.0), soon_due],
        [crew("only")],
        {("only", "first by id"): 60.0, ("only", "far and due"): 900.0},
    )
    assert PriorityQueue().decide(given) == [Assignment("only", "far and due")]


def test_a_task_that_has_waited_long_is_not_passed_over_for_ever():
    times = {("only", "old"): 60.0, ("only", "new"): 60.0}
    for waiting_s, served in ((3599.0, "new"), (3600.0, "old")):
        old = task("old", 3, waiting_s=waiting_s, due_in_s=100.0)
        given = situation([task("new", 2), old], [crew("only")], times)
        assert PriorityQueue(ageing_s=3600.0).decide(given) == [Assignment("only", served)]


# --- fixed zones -----------------------------------------------------------------------------------


def test_a_zone_is_served_by_its_own_crew_even_where_another_is_nearer():
    given = situation(
        [task("t", zone="east")],
        [crew("own", "east"), crew("other", "west")],
        {("own", "t"): 900.0, ("other", "t"): 10.0},
    )
    assert FixedZone().decide(given) == [Assignment("own", "t")]


@pytest.mark.parametrize(
    ("waiting_s", "at_work", "decisions"),
    [
        (899.0, True, []),  # its own crew will come
        (900.0, True, [Assignment("other", "t")]),  # it has waited long enough
        (0.0, False, [Assignment("other", "t")]),  # nobody of the zone is on duty
    ],
)
def test_another_zone_helps_by_the_stated_rule(waiting_s, at_work, decisions):
    own = [busy("own", task("begun"), on_site=True, free_in_s=600.0, zone="east")] if at_work else []
    given = situation(
        [task("t", zone="east", waiting_s=waiting_s)], [crew("other", "west")], {("other", "t"): 10.0}, own
    )
    assert FixedZone(borrow_after_s=900.0).decide(given) == decisions


def test_a_zone_lends_only_what_it_does_not_need():
    given = situation(
        [task("lent", 1, zone="west", waiting_s=1000.0), task("own", 4, zone="east")],
        [crew("c", "east")],
        {("c", "lent"): 10.0, ("c", "own"): 500.0},
    )
    assert FixedZone().decide(given) == [Assignment("c", "own")]


# --- rolling horizon -------------------------------------------------------------------------------


def near_and_far(free_s, soon_s, *, waiting_s=0.0, free_in_s=200.0):
    worker = busy("at work", task("begun"), on_site=True, free_in_s=free_in_s)
    times = {("free", "t"): free_s, ("at work", "t"): soon_s}
    return situation([task("t", waiting_s=waiting_s)], [crew("free")], times, [worker])


def test_a_task_is_kept_for_a_crew_that_is_done_soon_and_near():
    given = near_and_far(free_s=1500.0, soon_s=300.0)
    assert RollingHorizon().decide(given) == [Reservation("at work", "t", 300.0)]
    assert load_policy("nearest").decide(given) == [Assignment("free", "t")]


@pytest.mark.parametrize(
    "given",
    [
        near_and_far(free_s=500.0, soon_s=300.0),  # within the margin
        near_and_far(free_s=3000.0, soon_s=2900.0, free_in_s=2000.0),  # done after the horizon
        near_and_far(free_s=1500.0, soon_s=300.0, waiting_s=1800.0),  # it has waited long enough
    ],
)
def test_otherwise_the_free_crew_goes(given):
    assert RollingHorizon(horizon_s=1800.0, margin_s=300.0).decide(given) == [Assignment("free", "t")]


def under_way(gain_s):
    """A crew bound for a far task, a new one right beside it, and a free crew for either."""
    moving = busy("moving", task("bound for", 4))
    times = {
        ("moving", "bound for"): 600.0,
        ("moving", "new"): 100.0,
        ("free", "new"): 100.0 + gain_s,
        ("free", "bound for"): 600.0,
    }
    return situation([task("new", 4)], [crew("free")], times, [moving])


def test_a_crew_under_way_is_frozen_unless_the_gain_passes_the_threshold():
    assert RollingHorizon(threshold_s=600.0).decide(under_way(599.0)) == [Assignment("free", "new")]
    assert RollingHorizon(threshold_s=600.0).decide(under_way(601.0)) == [
        Diversion("moving", "new", 601.0),
        Assignment("free", "bound for"),
    ]


def test_a_crew_whose_way_is_cut_is_diverted_where_it_can_be_of_use():
    moving = busy("moving", task("cut off", 4))
    given = situation([task("new", 4)], [], {("moving", "new"): 100.0}, [moving])
    (decision,) = RollingHorizon().decide(given)
    assert (decision.crew, decision.task) == ("moving", "new")
    assert decision.gain_s == pytest.approx(3600.0 - 100.0)


def test_two_crews_exchange_their_tasks_when_both_gain():
    first, second = busy("first", task("t1", 4)), busy("second", task("t2", 4))
    times = {("first", "t1"): 1500.0, ("second", "t2"): 1500.0, ("first", "t2"): 60.0, ("second", "t1"): 60.0}
    given = situation([task("far", 4)], [], times, [first, second])
    assert set(RollingHorizon().decide(given)) == {
        Diversion("first", "t2", 2880.0),
        Diversion("second", "t1", 2880.0),
    }


@pytest.mark.parametrize("seed", range(8))
def test_a_higher_threshold_never_diverts_more_and_none_means_frozen(seed):
    given = make_situation(seed, 5, 12, busy=12)
    counts = [
        sum(isinstance(d, Diversion) for d in RollingHorizon(threshold_s=limit).decide(given))
        for limit in (0.0, 600.0, 3600.0, 1e8)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("horizon", {"horizon_s": 0.0}),
        ("horizon", {"threshold_s": -1.0}),
        ("horizon", {"margin_s": float("nan")}),
        ("zone", {"borrow_after_s": -1.0}),
        ("priority", {"ageing_s": 0.0}),
        ("flow", {"nearest": 0}),
    ],
)
def test_options_out_of_range_are_refused(name, options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}: got .*expected >"):
        load_policy(name, options)
