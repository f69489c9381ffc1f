"""The muster that is kept from round to round equals one that looks at every crew."""

from dataclasses import replace

import pytest

from agents.muster import Muster
from agents.settings import DispatchSettings
from tests.agents.test_driving import report_flood
from tests.agents.test_random_storms import STREETS, random_run
from tests.agents.toy_town import ToyRun, toy_settings


def columns(muster):
    drivers, cards = muster.free()
    busy = muster.busy()
    starts = busy.drivers()
    return (
        [column.tolist() for column in (drivers.places, drivers.nodes, drivers.waits_s)],
        cards,
        [crew.id for crew in busy.crews],
        [column.tolist() for column in (starts.places, starts.nodes, starts.waits_s)],
    )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_equals_a_fresh_look(seed):
    """Through floods, shifts and lost crews, looked at more and less often than crews change."""
    run, rng = random_run(seed)
    dispatcher = run.operations.dispatcher
    seen = set()
    while run.env.now < 6 * 3600.0:
        run.town.fixed = dict.fromkeys(rng.choice(STREETS, 6, replace=False), 0.7)
        run.run(run.env.now + float(rng.choice([7.0, 90.0, 900.0])))
        if rng.random() < 0.02 and run.operations.crews:
            run.operations.lose_crew(str(rng.choice(list(run.operations.crews))), "an accident")
        situations = dispatcher.situations
        situation = dispatcher.situation()
        fresh = Muster(situations.roads, situations.crews, situations.zones)
        assert columns(situations.muster) == columns(fresh)
        assert situation.crews == fresh.free()[1]
        seen |= {len(situation.crews) > 0, bool(situation.busy) and "busy"}
    assert seen >= {True, "busy"}


def test_who_is_no_crew_of_the_round_has_no_travel_time():
    run = ToyRun({}, settings=toy_settings(dispatch=DispatchSettings(delay_s=0.0, interval_s=600.0)))
    report_flood(run, "H11")
    run.run(300.0)
    situation = run.operations.dispatcher.situation()
    first = situation.crews[0]
    assert situation.tasks
    with pytest.raises(KeyError, match="nobody"):
        situation.travel_times([first, replace(first, id="nobody")], situation.tasks)
