"""An alarm, from publication to the archive, as a state machine in a table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agents.machine import Word, next_state
from agents.organisation import Roles


class AlarmState(Word):
    """Where an alarm stands."""

    PUBLISHED = "published"
    RESPONDED = "responded"
    FED_BACK = "fed_back"
    ARCHIVED = "archived"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"


class AlarmAction(Word):
    """What can happen to an alarm."""

    RESPOND = "respond"
    FEED_BACK = "feed_back"
    ARCHIVE = "archive"
    ESCALATE = "escalate"
    SHELVE = "shelve"
    SUPPRESS = "suppress"
    RELEASE = "release"


S, A = AlarmState, AlarmAction

ACTIVE = frozenset({S.PUBLISHED, S.RESPONDED, S.FED_BACK})
"""States in which somebody has to do something about it."""

HELD_BACK = frozenset({S.SHELVED, S.SUPPRESSED})
"""States in which it waits without bothering anybody."""

_STEPS: tuple[tuple[AlarmState, AlarmAction, AlarmState], ...] = (
    (S.PUBLISHED, A.RESPOND, S.RESPONDED),
    (S.PUBLISHED, A.FEED_BACK, S.FED_BACK),  # settled at the desk, nobody had to go
    (S.RESPONDED, A.FEED_BACK, S.FED_BACK),
    (S.FED_BACK, A.ARCHIVE, S.ARCHIVED),
    (S.PUBLISHED, A.ARCHIVE, S.ARCHIVED),  # over by itself, and no case was made of it
    (S.PUBLISHED, A.SHELVE, S.SHELVED),
    (S.FED_BACK, A.SHELVE, S.SHELVED),  # found false, and the sensor still says so
    (S.PUBLISHED, A.SUPPRESS, S.SUPPRESSED),
    *((state, A.RELEASE, S.PUBLISHED) for state in sorted(HELD_BACK)),
    *((state, A.ARCHIVE, S.ARCHIVED) for state in sorted(HELD_BACK)),
    *((state, A.ESCALATE, state) for state in sorted(ACTIVE | HELD_BACK)),
)

TRANSITIONS: Mapping[tuple[AlarmState, AlarmAction], AlarmState] = MappingProxyType(
    {(state, action): after for state, action, after in _STEPS}
)
"""Every step an alarm may take; all others are refused by name."""


@dataclass(slots=True)
class Alarm:
    """One alarm of a sensor.

    Parameters
    ----------
    id
        Alarm number.
    rule, group, kind
        Ids of the rule and its group, and what it is about.
    sensor
        Id of the sensor.
    source
        Id of what the sensor observes.
    level
        Response level, 1 (most urgent) to 4.
    class_code
        Event class of its report; empty for an alarm without one.
    x, y, road
        Where, m, and the id of the road, empty where none is known.
    since_s
        When it was published, or held back, s.
    roles
        The hub that watches, the regulator that supervises, the owner and the unit that handles.
    genuine
        Whether the reading behind it is true; nobody in the run knows before looking.
    depth_m
        Depth that the reading states, m; None where it is not about water on a street.
    origin
        Id of the event behind the reading; None for none.
    root
        Id of the event that began it all, such as the rain; None for none.
    cause
        Id of the latest event of its story.
    state
        Where it stands.
    case
        Id of its case; empty for none.
    stands
        Whether its condition still holds.
    case_over
        Whether its case has ended, or it never had one.
    respond_due_s, feed_back_due_s
        By when somebody must have been sent, and by when the first report from the site must be there, s.
    leader
        Id of the alarm of the same cause because of which it is suppressed; empty for none.
    repeats
        How often the condition has come back while the alarm was open.
    """

    id: str
    rule: str
    group: str
    kind: str
    sensor: str
    source: str
    level: int
    class_code: str
    x: float
    y: float
    road: str
    since_s: float
    roles: Roles
    genuine: bool = True
    depth_m: float | None = None
    origin: int | None = None
    root: int | None = None
    cause: int | None = None
    state: AlarmState = AlarmState.PUBLISHED
    case: str = ""
    stands: bool = True
    case_over: bool = True
    respond_due_s: float = math.inf
    feed_back_due_s: float = math.inf
    leader: str = ""
    repeats: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.state is not AlarmState.ARCHIVED

    @property
    def is_active(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.state in ACTIVE

    def step(self, action: AlarmAction) -> None:
        """Take one step of the table.

        Raises
        ------
        TransitionError
            If the present state does not allow it.
        """
        self.state = next_state(TRANSITIONS, "Alarm", self.id, self.state, action)
