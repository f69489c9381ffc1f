"""The sensors as the alarm desk knows them: which rules look at each, and when it was last heard of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.agenda import Agenda
from agents.alarms.watch import GroupWatch, silences_s, watch_groups
from agents.world import World
from cim_models.alarm_readings import Reading
from cim_models.alarm_rules import AlarmRule


@dataclass(slots=True)
class _Post:
    """A sensor: what it measures, the watches of its groups, and its latest reading with the time, s."""

    quantities: frozenset[str]
    groups: dict[str, GroupWatch]
    last: Reading
    last_s: float
    silence_s: float | None


Turn = Callable[[str, AlarmRule | None, Reading], None]
"""Who is told that what holds at a sensor has changed: group, most urgent rule or None, reading."""


class Posts:
    """All sensors that have ever said anything.

    Parameters
    ----------
    world, rules
        Surroundings and rules.
    turn
        A bound method.
    """

    def __init__(self, world: World, rules: tuple[AlarmRule, ...], turn: Turn) -> None:
        self.world = world
        self.rules = rules
        self.turn = turn
        self._posts: dict[str, _Post] = {}
        self._agenda = Agenda(world.env, {"listen": self._listen})

    def observe(self, reading: Reading) -> None:
        """Judge a reading by all rules that its sensor can say anything about."""
        post = self._posts.get(reading.sensor)
        if post is None or not post.quantities.issuperset(reading.values):
            post = self._enter(reading, post)
        post.last, post.last_s = reading, self.world.now_s
        self._judge(post, reading.values)

    def _judge(self, post: _Post, values: Mapping[str, float]) -> None:
        for group, watch in post.groups.items():
            before = watch.found
            rule = watch.evaluate(values, self.world.now_s)
            if rule is not before:
                self.turn(group, rule, post.last)

    def _enter(self, reading: Reading, known: _Post | None) -> _Post:
        """Enter a sensor; a quantity that it says for the first time brings its rules along."""
        quantities = frozenset(reading.values) | (known.quantities if known else frozenset())
        groups = watch_groups(self.rules, quantities, self.world.now_s)
        if not reading.periodic:
            groups = {name: group for name, group in groups.items() if not _silence_s(group)}
        if known is not None:
            groups |= known.groups
        waits = [wait_s for group in groups.values() if (wait_s := _silence_s(group)) is not None]
        post = _Post(quantities, groups, reading, self.world.now_s, min(waits, default=None))
        self._posts[reading.sensor] = post
        if known is None and post.silence_s is not None:
            self._agenda.enter(self.world.now_s + post.silence_s, "listen", reading.sensor)
        return post

    def _listen(self, sensor: str, _: float) -> None:
        """Ask how things stand with a sensor that may have gone silent."""
        post = self._posts[sensor]
        assert post.silence_s is not None
        due_s = post.last_s + post.silence_s
        if due_s <= self.world.now_s:
            self._judge(post, {})
            due_s = self.world.now_s + post.silence_s
        self._agenda.enter(due_s, "listen", sensor)


def _silence_s(group: GroupWatch) -> float | None:
    waits = (wait_s for watch in group.watches for wait_s in silences_s(watch.rule.condition))
    return min(waits, default=None)
