"""The muster: all crews as dispatch rounds find them, looked at again only where something has changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter, ne

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

_CHANGES = attrgetter("changes")


@dataclass(slots=True)
class Drivers:
    """Crews of one round, column by column.

    Parameters
    ----------
    crews, positions
        Crews, and their places among all crews.
    nodes, waits_s
        From which junction and in how many seconds each could set out; of busy crews once somebody asks.
    """

    crews: list[Crew]
    positions: list[int]
    nodes: list[int] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)

    def find_starts(self) -> None:
        """Find from where and when busy crews could set out, unless that is known."""
        if not self.nodes:
            self.nodes = [crew.node for crew in self.crews]
            self.waits_s = [wait_s(crew) for crew in self.crews]


class Muster:
    """Who is free and who is busy, and from where each free crew could set out.

    What it knows of a crew holds until the crew counts another change; only those who drive home are
    somewhere else in every round.

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
        self._roads = roads
        self._crews = tuple(crews.values())
        self._zones = [zones.of(*crew.card.home_xy) for crew in self._crews]
        self._place = {crew.id: place for place, crew in enumerate(self._crews)}
        number = len(self._crews)
        self._places = range(number)
        self._seen = [-1] * number
        self._is_free = [False] * number
        self._has_task = [False] * number
        self._nodes = [-1] * number
        self._waits_s = [0.0] * number
        self._cards: list[FreeCrew | None] = [None] * number
        self._moving: set[int] = set()

    def zone_of(self, crew: str) -> str:
        """Id of the zone of a crew's depot."""
        return self._zones[self._place[crew]]

    def call(self) -> tuple[Drivers, Drivers, tuple[FreeCrew, ...]]:
        """Return the free crews, those that are busy, and the free ones as a policy sees them."""
        self._catch_up()
        free, crews = self._is_free, self._crews
        cards = tuple(card for card in compress(self._cards, free) if card is not None)
        busy = [place for place in compress(self._places, self._has_task) if _is_busy(crews[place])]
        return (
            Drivers(
                list(compress(crews, free)),
                list(compress(self._places, free)),
                list(compress(self._nodes, free)),
                list(compress(self._waits_s, free)),
            ),
            Drivers([crews[place] for place in busy], busy),
            cards,
        )

    def _catch_up(self) -> None:
        changes = list(map(_CHANGES, self._crews))
        stirred = set(compress(self._places, map(ne, changes, self._seen)))
        self._seen = changes
        for place in stirred | self._moving:
            self._look_at(place)

    def _look_at(self, place: int) -> None:
        crew = self._crews[place]
        has_task = crew.task is not None
        self._has_task[place] = has_task and not crew.relieved
        is_free = self._is_free[place] = not has_task and not crew.relieved and crew.state in AVAILABLE
        if is_free and crew.journey is not None:
            self._moving.add(place)
        else:
            self._moving.discard(place)
        if is_free:
            node, self._waits_s[place] = crew.sets_out()
            if node != self._nodes[place]:
                x, y = self._roads.node_xy(node)
                self._nodes[place] = node
                self._cards[place] = FreeCrew(crew.id, crew.skills, x, y, crew.vehicle, self._zones[place])


def wait_s(crew: Crew) -> float:
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
