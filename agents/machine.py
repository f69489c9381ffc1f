"""State machines as tables: from a state and an action to the next state, everything else refused."""

from collections.abc import Mapping
from enum import StrEnum

from cim_models.errors import TransitionError


class Word(StrEnum):
    """A state or an action: a text, and hashed as one, which is many times faster than as an enum."""

    __hash__ = str.__hash__


def next_state[S: StrEnum, A: StrEnum](
    table: Mapping[tuple[S, A], S], kind: str, name: str, state: S, action: A
) -> S:
    """Return the state that follows.

    Parameters
    ----------
    table
        Every allowed step.
    kind, name
        Kind and id of what the state belongs to, for the message.
    state, action
        Where it stands and what it is asked to do.

    Raises
    ------
    TransitionError
        If the table does not hold the step; the message names what would have been allowed.
    """
    after = table.get((state, action))
    if after is not None:
        return after
    allowed = sorted(step for start, step in table if start == state)
    raise TransitionError(
        f"{kind} '{name}' cannot '{action}' while it is '{state}'",
        expected=f"one of {', '.join(allowed)}" if allowed else "nothing: this state is final",
    )
