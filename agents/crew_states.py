"""What a crew can be doing, and every step from one to the other."""

from collections.abc import Mapping
from types import MappingProxyType

from agents.machine import Word


class CrewState(Word):
    """What a crew is doing."""

    OFF_DUTY = "off duty"
    IDLE = "idle"
    PREPARING = "preparing"
    TRAVELLING = "travelling"
    CUT_OFF = "cut off"
    WORKING = "working"
    RETURNING = "returning"
    STRANDED = "stranded"
    ON_BREAK = "on break"
    LOST = "lost"


class CrewAction(Word):
    """What can happen to a crew."""

    START_SHIFT = "start shift"
    END_SHIFT = "end shift"
    ASSIGN = "assign"
    DIVERT = "divert"
    DEPART = "depart"
    BLOCK = "block"
    RESUME = "resume"
    ARRIVE = "arrive"
    FINISH = "finish"
    RECALL = "recall"
    RETURN = "return"
    TAKE_BREAK = "take break"
    END_BREAK = "end break"
    LOSE = "lose"


S, A = CrewState, CrewAction

_STEPS: tuple[tuple[CrewState, CrewAction, CrewState], ...] = (
    (S.OFF_DUTY, A.START_SHIFT, S.IDLE),
    (S.IDLE, A.END_SHIFT, S.OFF_DUTY),
    (S.IDLE, A.ASSIGN, S.PREPARING),
    (S.RETURNING, A.ASSIGN, S.PREPARING),  # diverted at the next junction
    (S.STRANDED, A.ASSIGN, S.PREPARING),
    (S.PREPARING, A.DIVERT, S.PREPARING),
    (S.TRAVELLING, A.DIVERT, S.PREPARING),  # at the next junction, like a crew on its way home
    (S.CUT_OFF, A.DIVERT, S.PREPARING),
    (S.PREPARING, A.DEPART, S.TRAVELLING),
    (S.PREPARING, A.RECALL, S.IDLE),
    (S.TRAVELLING, A.BLOCK, S.CUT_OFF),
    (S.CUT_OFF, A.BLOCK, S.CUT_OFF),
    (S.CUT_OFF, A.RESUME, S.TRAVELLING),
    (S.TRAVELLING, A.RECALL, S.IDLE),
    (S.CUT_OFF, A.RECALL, S.IDLE),
    (S.TRAVELLING, A.ARRIVE, S.WORKING),
    (S.CUT_OFF, A.ARRIVE, S.WORKING),
    (S.WORKING, A.FINISH, S.IDLE),
    (S.WORKING, A.RECALL, S.IDLE),  # its overtime is used up
    (S.IDLE, A.RETURN, S.RETURNING),
    (S.STRANDED, A.RETURN, S.RETURNING),
    (S.RETURNING, A.BLOCK, S.STRANDED),
    (S.STRANDED, A.BLOCK, S.STRANDED),
    (S.STRANDED, A.RESUME, S.RETURNING),
    (S.RETURNING, A.ARRIVE, S.IDLE),
    (S.STRANDED, A.ARRIVE, S.IDLE),
    (S.IDLE, A.TAKE_BREAK, S.ON_BREAK),
    (S.ON_BREAK, A.END_BREAK, S.IDLE),
    *((state, A.LOSE, S.LOST) for state in CrewState if state is not S.LOST),
)

_NEXT = {(state, action): after for state, action, after in _STEPS}

TRANSITIONS: Mapping[tuple[CrewState, CrewAction], CrewState] = MappingProxyType(_NEXT)
"""Every step a crew may take; all others are refused by name."""

AVAILABLE = frozenset({S.IDLE, S.RETURNING, S.STRANDED})
"""States in which a crew can be given a task."""
