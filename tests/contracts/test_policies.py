"""What every dispatch policy must keep to, built in or not."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from agents.catalogue import TaskKind
from agents.policies import BUILT_IN, Assignment, FreeCrew, OpenTask, Policy, Situation, load_policy
from cim_models.errors import ScenarioError

SKILLS = ("drainage", "traffic", "pump")
KINDS = {"drainage": TaskKind.CLEAR_GULLIES, "traffic": TaskKind.CLOSE_ROAD, "pump": TaskKind.PUMP}


def make_situation(seed, crews=6, tasks=8, reachable=0.8):
    """A random situation: some tasks are for anybody, some pairs have no way."""
    rng = np.random.default_rng(seed)
    free = tuple(
        FreeCrew(f"crew-{i}", str(rng.choice(SKILLS)), *(float(v) for v in rng.uniform(0, 3000, 2)))
        for i in range(crews)
    )
    waiting = []
    for i in range(tasks):
        skill = str(rng.choice((*SKILLS, "")))
        level, age = int(rng.integers(1, 5)), float(rng.uniform(0, 3600))
        x, y = (float(v) for v in rng.uniform(0, 3000, 2))
        kind = KINDS.get(skill, TaskKind.INSPECT)
        waiting.append(OpenTask(f"task-{i}", f"case-{i}", kind, skill, level, x, y, age, 3600.0 - age))
    waiting.sort(key=lambda task: (task.level, task.id))
    ways = {(crew.id, task.id): bool(rng.random() < reachable) for crew in free for task in waiting}

    def travel_times(some_crews, some_tasks):
        times = np.full((len(some_crews), len(some_tasks)), np.inf)
        for row, crew in enumerate(some_crews):
            for column, task in enumerate(some_tasks):
                if task.skill in ("", crew.skill) and ways[crew.id, task.id]:
                    times[row, column] = np.hypot(crew.x - task.x, crew.y - task.y) / 8.0
        return times

    return Situation(0.0, tuple(waiting), free, travel_times)


SITUATIONS = [
    make_situation(1),
    make_situation(2, crews=2, tasks=12),
    make_situation(3, crews=12, tasks=2),
    make_situation(4, reachable=0.2),
    make_situation(5, reachable=0.0),
    make_situation(6, crews=0),
    make_situation(7, tasks=0),
    make_situation(8, crews=40, tasks=60),
]


@pytest.fixture(params=sorted(BUILT_IN))
def policy(request):
    return load_policy(request.param)


def test_it_is_a_policy(policy):
    assert isinstance(policy, Policy)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_nobody_does_two_things_and_nothing_is_done_twice(policy, situation):
    decisions = policy.decide(situation)
    assert len({decision.crew for decision in decisions}) == len(decisions)
    assert len({decision.task for decision in decisions}) == len(decisions)
    assert {decision.crew for decision in decisions} <= {crew.id for crew in situation.crews}
    assert {decision.task for decision in decisions} <= {task.id for task in situation.tasks}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_nobody_goes_where_there_is_no_way_or_without_the_skill(policy, situation):
    crews = {crew.id: crew for crew in situation.crews}
    tasks = {task.id: task for task in situation.tasks}
    for decision in policy.decide(situation):
        crew, task = crews[decision.crew], tasks[decision.task]
        assert task.skill in ("", crew.skill)
        assert np.isfinite(situation.travel_times([crew], [task])[0, 0])


@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_crew_stays_idle_that_could_take_a_task_left_over(policy, situation):
    decisions = policy.decide(situation)
    busy, taken = {d.crew for d in decisions}, {d.task for d in decisions}
    idle = [crew for crew in situation.crews if crew.id not in busy]
    left = [task for task in situation.tasks if task.id not in taken]
    if idle and left:
        assert not np.isfinite(situation.travel_times(idle, left)).any()


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_same_situation_gives_the_same_decisions(policy, situation):
    assert policy.decide(situation) == policy.decide(situation)
    assert type(policy)().decide(situation) == policy.decide(situation)


def test_the_more_urgent_task_is_served_first(policy):
    crew = FreeCrew("only", "pump", 0.0, 0.0)
    near = OpenTask("near", "c1", TaskKind.PUMP, "pump", 3, 10.0, 0.0, 0.0, 1e4)
    urgent = OpenTask("urgent", "c2", TaskKind.PUMP, "pump", 1, 900.0, 0.0, 0.0, 1e4)
    times = {"near": 10.0, "urgent": 900.0}

    def travel_times(crews, tasks):
        return np.array([[times[task.id] for task in tasks] for _ in crews])

    decisions = policy.decide(Situation(0.0, (urgent, near), (crew,), travel_times))
    assert decisions == [Assignment("only", "urgent")]


def test_linear_assignment_is_the_cheapest_of_all_matchings():
    situation = make_situation(11, crews=4, tasks=4, reachable=1.0)
    crews = tuple(FreeCrew(crew.id, "", crew.x, crew.y) for crew in situation.crews)
    tasks = tuple(OpenTask(t.id, t.case, t.kind, "", 3, t.x, t.y, 0.0, t.due_in_s) for t in situation.tasks)
    situation = Situation(0.0, tasks, crews, situation.travel_times)
    times = situation.travel_times(crews, tasks)
    best = min(sum(times[row, col] for row, col in enumerate(p)) for p in itertools.permutations(range(4)))
    row, column = ({item.id: i for i, item in enumerate(items)} for items in (crews, tasks))
    cost = sum(times[row[d.crew], column[d.task]] for d in load_policy("assignment").decide(situation))
    assert cost == pytest.approx(best)
    greedy = sum(times[row[d.crew], column[d.task]] for d in load_policy("nearest").decide(situation))
    assert greedy >= cost


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cleverest", "Policy 'cleverest' is unknown: got cleverest; expected assignment, nearest or module"),
        ("no.such.module:Policy", "cannot be loaded: got No module named 'no'"),
        ("agents.policies:NoSuchClass", "cannot be loaded"),
        ("agents.machine:next_state", "cannot be loaded"),
        ("builtins:dict", "cannot decide: got dict"),
    ],
)
def test_a_policy_that_is_none_is_refused(name, message):
    with pytest.raises(ScenarioError, match=message):
        load_policy(name)


def test_a_third_party_policy_is_loaded_by_name():
    code = (
        "import sys, types\n"
        "module = types.ModuleType('theirs')\n"
        "class Lazy:\n"
        "    def decide(self, situation):\n"
        "        return []\n"
        "module.Lazy = Lazy\n"
        "sys.modules['theirs'] = module\n"
        "from agents.policies import load_policy\n"
        "assert type(load_policy('theirs:Lazy')) is Lazy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
