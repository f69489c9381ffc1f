"""The table of an alarm's life."""

import pytest

from agents.alarms.life import ACTIVE, HELD_BACK, TRANSITIONS, Alarm, AlarmAction, AlarmState
from agents.organisation import Roles
from cim_models.errors import TransitionError


def alarm(state: AlarmState) -> Alarm:
    return Alarm("AL-1", "r", "g", "gas", "S", "", 2, "04-03", 0.0, 0.0, "", 0.0, Roles(), state=state)


@pytest.mark.parametrize("state", list(AlarmState))
@pytest.mark.parametrize("action", list(AlarmAction))
def test_every_step_is_in_the_table_or_refused_by_name(state: AlarmState, action: AlarmAction) -> None:
    subject = alarm(state)
    if (state, action) in TRANSITIONS:
        subject.step(action)
        assert subject.state is TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionError, match=f"'AL-1' cannot '{action}' while it is '{state}'"):
            subject.step(action)
        assert subject.state is state


def test_every_open_state_leads_to_the_archive_and_nothing_leads_out_of_it() -> None:
    assert all(start is not AlarmState.ARCHIVED for start, _ in TRANSITIONS)
    reached = {AlarmState.ARCHIVED}
    while more := {start for (start, _), end in TRANSITIONS.items() if end in reached} - reached:
        reached |= more
    assert reached == set(AlarmState)
    assert ACTIVE | HELD_BACK | {AlarmState.ARCHIVED} == set(AlarmState)
