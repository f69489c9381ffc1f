import math
import pickle
import subprocess
import sys

import pytest

from agents.clock import PHYSICS_FIRST, TwinEnv
from agents.draws import Draws
from agents.snapshot import SCHEMA, restore, save
from cim_models.errors import RunError, SnapshotError


class Ticker:
    """Ticks for ever and writes when."""

    def __init__(self, env, every_s, out):
        self.env, self.every_s, self.out = env, every_s, out
        self.ticks = 0
        self.timer = env.after(every_s, self.tick, "tick")

    def tick(self, what):
        self.ticks += 1
        self.out.append((self.env.now, what, self.ticks))
        self.timer = self.env.after(self.every_s, self.tick, what)


def test_timers_fire_in_order_of_time_priority_and_sequence():
    env, seen = TwinEnv(), []
    env.at(10.0, seen.append, "second")
    env.at(10.0, seen.append, "third")
    env.at(10.0, seen.append, "first", priority=PHYSICS_FIRST)
    env.at(5.0, seen.append, "zeroth")
    env.run_to(11.0)
    assert seen == ["zeroth", "first", "second", "third"]


def test_run_to_stops_before_its_time_and_leaves_nothing_in_the_queue():
    env, seen = TwinEnv(), []
    env.at(10.0, seen.append, 10)
    env.run_to(10.0)
    assert (env.now, seen, len(env._queue)) == (10.0, [], 1)
    env.run_to(10.5)
    assert (env.now, seen, len(env._queue)) == (10.5, [10], 0)


def test_a_run_in_pieces_is_the_run_in_one_piece():
    whole, pieces = [], []
    env = TwinEnv()
    Ticker(env, 7.0, whole)
    env.run_to(100.0)
    env = TwinEnv()
    Ticker(env, 7.0, pieces)
    for t_s in (3.0, 3.0, 14.0, 55.5, 100.0):
        env.run_to(t_s)
    assert pieces == whole


def test_a_cancelled_timer_does_nothing():
    env, seen = TwinEnv(), []
    timer = env.after(1.0, seen.append, 1)
    timer.cancel()
    env.run_to(2.0)
    assert seen == []


@pytest.mark.parametrize("t_s", [4.0, math.nan])
def test_a_timer_in_the_past_is_refused(t_s):
    env = TwinEnv(5.0)
    with pytest.raises(RunError, match="set too late"):
        env.at(t_s, print)
    with pytest.raises(RunError, match="backwards"):
        env.run_to(t_s)


def test_the_clock_pickles_with_its_timers_and_goes_on_alike():
    env, out = TwinEnv(), []
    ticker = Ticker(env, 7.0, out)
    env.run_to(30.0)
    copy = pickle.loads(pickle.dumps(ticker))
    env.run_to(60.0)
    copy.env.run_to(60.0)
    assert copy.out == out
    assert len(out) == 8


def test_a_timer_pickles_on_its_own():
    env, out = TwinEnv(), []
    ticker = Ticker(env, 7.0, out)
    timer = pickle.loads(pickle.dumps(ticker.timer))
    timer.fn.__self__.env.run_to(8.0)
    assert timer.fn.__self__.ticks == 1


def test_a_pending_generator_is_refused_by_name():
    def forever(env):
        while True:
            yield env.timeout(5.0)

    env = TwinEnv()
    env.process(forever(env))
    with pytest.raises(SnapshotError, match="generator processes are pending") as caught:
        pickle.dumps(env)
    assert "Initialize" in str(caught.value)


class Log(list):
    """A log outside of a snapshot; pickle asks about no plain list."""


def test_a_snapshot_leaves_outside_objects_behind_and_finds_them_again():
    env, outside = TwinEnv(), Log()
    ticker = Ticker(env, 7.0, outside)
    env.after(20.0, outside.append, "bound method of an outside object")
    data = save(ticker, {"log": outside})
    other = Log()
    again = restore(data, {"log": other})
    again.env.run_to(22.0)
    assert other == [
        (7.0, "tick", 1),
        (14.0, "tick", 2),
        "bound method of an outside object",
        (21.0, "tick", 3),
    ]
    assert outside == []


def test_snapshots_that_do_not_fit_are_refused():
    env, outside = TwinEnv(), Log()
    data = save(Ticker(env, 7.0, outside), {"log": outside})
    with pytest.raises(SnapshotError, match="needs something that is not there: got log"):
        restore(data, {})
    with pytest.raises(SnapshotError, match="cannot be read"):
        restore(data[:40], {"log": outside})
    older = pickle.dumps((SCHEMA - 1, None))
    with pytest.raises(SnapshotError, match="another version"):
        restore(older, {})
    env.after(1.0, lambda _: None)
    with pytest.raises(SnapshotError, match="cannot be saved"):
        save(env, {})
    with pytest.raises(SnapshotError, match="'log', a list, cannot stay outside"):
        save(TwinEnv(), {"log": []})


def test_draws_belong_to_their_key_and_not_to_the_order_of_asking():
    draws = Draws(7, "citizens")
    first, second = draws.of("S-1", 10).random(), draws.of("S-2", 10).random()
    assert (draws.of("S-2", 10).random(), draws.of("S-1", 10).random()) == (second, first)
    assert first != second
    assert Draws(8, "citizens").of("S-1", 10).random() != first
    assert Draws(7, "sensors").of("S-1", 10).random() != first


def test_draws_are_uniform():
    values = [Draws(1, "test").of(number).random() for number in range(2000)]
    assert sum(values) / 2000 == pytest.approx(0.5, abs=0.03)
    assert sum(value < 0.1 for value in values) / 2000 == pytest.approx(0.1, abs=0.03)


def test_draws_are_the_same_in_every_process():
    code = "from agents.draws import Draws; print(Draws(7, 'x').of('a', 1).random())"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {f"{Draws(7, 'x').of('a', 1).random()}\n"}


def test_the_kernel_is_importable_without_mesa():
    code = (
        "import sys; sys.modules['mesa'] = None\n"
        "import agents.clock, agents.snapshot, agents.draws, agents.worktime, agents.catalogue\n"
        "import agents.cases, agents.tasks, agents.merging, agents.casebook, agents.planning, agents.desk\n"
        "import agents.checking, agents.site_work, agents.driving, agents.settings\n"
        "import agents.policies, agents.policies.nearest, agents.policies.assignment\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
