"""The muster: all crews as dispatch rounds find them, looked at again only where something has changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.crew_states import AVAILABLE, CrewState
from agents.crews import Crew
from agents.policies.situation import FreeCrew
from agents.tasks import TaskState
from agents.views import RoadView
from agents.zones import Zones

UNDER_WAY = frozenset({CrewState.PREPARING, CrewState.TRAVELLING, CrewState.CUT_OFF})
"""States of a crew that has a task and has not arrived."""

OVERRUN_S = 300.0
"""A crew that is late at work is expected to be done after this time, s; own assumption."""


@dataclass(frozen=True, slots=True)
class Drivers:
    """Crews of one round, column by column.

    Parameters
    ----------
    places
        Their places among all crews, in order.
    nodes, waits_s
        From which junction and in how many seconds each could set out.
    """

    places: NDArray[np.int64]
    nodes: NDArray[np.int64]
    waits_s: NDArray[np.float64]


class BusyDrivers:
    """Busy crews of one round; who they are is found out when somebody asks, and most policies do not.

    Parameters
    ----------
    crews
        All crews.
    places
        Places among all crews of those on duty that have a task.
    """

    def __init__(self, crews: Sequence[Crew], places: NDArray[np.int64]) -> None:
        self._all = crews
        self._places = places
        self._members: list[int] | None = None

    @property
    def crews(self) -> list[Crew]:
        """Busy crews by id."""
        if self._members is None:
            self._members = [place for place in self._places.tolist() if _is_busy(self._all[place])]
        return [self._all[place] for place in self._members]

    def drivers(self) -> Drivers:
        """Return their places, and from where and when they could set out."""
        crews = self.crews
        return Drivers(
            np.array(self._members, dtype=np.int64),
            np.array([crew.node for crew in crews], dtype=np.int64),
            np.array([_wait_s(crew) for crew in crews], dtype=np.float64),
        )


class Muster:
    """Who is free and who is busy, and from where each free crew could set out.

    Hundreds of crews wait at their depots while a few dozen change between two rounds, and what is kept of
    the others is in columns: to look at a crew that has been left alone for minutes means waiting for memory,
    which takes longer than all the rest. What is known of a crew holds until it is among those that have
    stirred; who drives home is somewhere else in every round.

    Parameters
    ----------
    roads
        The road graph.
    crews
        All crews by id.
    zones
        How the city is divided.
    """

    def __init__(self, roads: RoadView, crews: Mapping[str, Crew], zones: Zones) -> None:
        self.place = {name: place for place, name in enumerate(crews)}
        self.vehicles = [crew.vehicle for crew in crews.values()]
        self.zones = [zones.of(*crew.card.home_xy) for crew in crews.values()]
        self._roads = roads
        self._crews = tuple(crews.values())
        number = len(self._crews)
        self._is_free = np.zeros(number, dtype=bool)
        self._has_task = np.zeros(number, dtype=bool)
        self._nodes = np.full(number, -1, dtype=np.int64)
        self._waits_s = np.zeros(number)
        self._cards: list[FreeCrew | None] = [None] * number
        self._driving_home: set[int] = set()
        for place in range(number):
            self._look_at(place)

    def catch_up(self, stirred: Iterable[str]) -> None:
        """Look at the crews that have changed, and at those that drive home."""
        for place in {*map(self.place.__getitem__, stirred), *self._driving_home}:
            self._look_at(place)

    def free(self) -> tuple[Drivers, tuple[FreeCrew, ...]]:
        """Return the free crews, and what a policy sees of them."""
        places = np.flatnonzero(self._is_free)
        cards = (self._cards[place] for place in places.tolist())
        return (
            Drivers(places, self._nodes[places], self._waits_s[places]),
            tuple(card for card in cards if card is not None),
        )

    def busy(self) -> BusyDrivers:
        """Return the crews that are bound for a task or at work."""
        return BusyDrivers(self._crews, np.flatnonzero(self._has_task))

    def _look_at(self, place: int) -> None:
        crew = self._crews[place]
        is_off, has_task = crew.relieved, crew.task is not None
        is_free = not is_off and not has_task and crew.state in AVAILABLE
        self._has_task[place], self._is_free[place] = has_task and not is_off, is_free
        if is_free and crew.journey is not None:
            self._driving_home.add(place)
        else:
            self._driving_home.discard(place)
        if not is_free:
            return
        node, self._waits_s[place] = crew.sets_out()
        if self._nodes[place] != node:
            x, y = self._roads.node_xy(node)
            self._nodes[place] = node
            self._cards[place] = FreeCrew(crew.id, crew.skills, x, y, crew.vehicle, self.zones[place])


def _wait_s(crew: Crew) -> float:
    """Time until a busy crew could set out from its node, s; on site, once it is expected to be done."""
    return crew.ready_in_s if crew.state in UNDER_WAY else free_in_s(crew)


def free_in_s(crew: Crew) -> float:
    """Time until a crew that has a task is expected to be done with it, s."""
    return max(crew.done_s - crew.world.now_s, OVERRUN_S)


def _is_busy(crew: Crew) -> bool:
    """Whether a crew that has a task is bound for it or at work on it."""
    if crew.task is None or crew.task.state is TaskState.DROPPED:
        return False
    return crew.state in UNDER_WAY or crew.state is CrewState.WORKING
