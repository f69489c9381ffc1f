"""Random reports at random desks: nothing is lost, no step is illegal, and the log tells where all stand."""

from collections import Counter

import numpy as np
import pytest

from agents.cases import CaseState
from agents.reports import Report
from agents.settings import CaseSettings, CitizenSettings, DeskSettings, DispatchSettings, StaffingSettings
from tests.agents.accounting import account
from tests.agents.test_case_life import organised_city
from tests.agents.toy_town import ToyRun, street_ends, toy_settings

STREETS = list(street_ends())
CLASSES = ("04-06", "04-06", "01-02", "04-03", "05-01")
HOURS = 5


def begin(seed, rng):
    mode = ("automatic", "manual")[seed % 2]
    few = dict.fromkeys(("drainage", "traffic", "pump", "sanitation", "gas"), 1)
    settings = toy_settings(
        citizens=CitizenSettings(per_day=200.0, false_share=0.4),
        staffing=StaffingSettings(
            crews=few, shifts=("always", "three_by_eight")[seed % 2], cut_off_tries=1, cut_off_wait_s=60.0
        ),
        dispatch=DispatchSettings(mode=mode),
        cases=CaseSettings(
            desk=DeskSettings(mode=mode, acceptors=1, misassigned=(0.4, 0.4), found_false=(0.5, 0.5)),
            merge_time_s=1200.0,
            suspend_at_most_s=3600.0,
            check_every_s=300.0,
        ),
    )
    wet = {str(name): float(rng.uniform(0, 2)) for name in rng.choice(STREETS, 4, replace=False)}
    return ToyRun(wet, settings=settings, city=organised_city(), seed=seed)


def disturb(run, rng):
    """Flood or dry a street and report something there, true or not."""
    name = str(rng.choice(STREETS))
    if rng.random() < 0.5:
        run.town.fixed[name] = float(rng.choice([0.0, 0.2, 0.35, 0.6, 0.9]))
    else:
        run.town.fixed.pop(name, None)
    place, code = run.operations.world.places.road_by_id[name], str(rng.choice(CLASSES))
    run.operations.desk.receive(
        Report(
            str(rng.choice(["sensor", "citizen", "patrol"])),
            code,
            place.x,
            place.y,
            depth_m=float(rng.choice([0.1, 0.2, 0.4, 0.7])) if code == "04-06" else None,
            genuine=bool(rng.random() < 0.7),
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_reported_is_accounted_for(seed):
    rng = np.random.default_rng(seed)
    run, t_s = begin(seed, rng), 0.0
    while t_s < HOURS * 3600.0:
        t_s += float(rng.exponential(400.0))
        run.run(t_s)
        disturb(run, rng)
    cases = run.operations.book.cases.values()
    books = account(run.log.events)
    seen = Counter(e.kind for e in run.log.events)
    assert seen["case.returned"] > 0
    assert len(books.cases) == run.operations.book.begun
    for case in cases:
        assert (case.suspended_s is not None) == (case.state is CaseState.SUSPENDED)
        assert case.registered_s is None or case.due_s >= case.registered_s
        assert not case.misassigned or case.state is CaseState.ASSIGNED
        if case.is_with_its_unit:
            assert case.unit == run.operations.offices.roles(case.class_code, case.x, case.y, "C1").unit
