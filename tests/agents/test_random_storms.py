"""Random storms, rosters and settings: whatever happens, the state machines and the books agree."""

import numpy as np
import pytest

from agents.crew_states import CrewState
from agents.settings import (
    CaseSettings,
    CitizenSettings,
    DispatchSettings,
    OperationsSettings,
    StaffingSettings,
)
from agents.tasks import TaskState
from tests.agents.toy_town import START, ToyRun, make_toy_city, street_ends

STREETS = list(street_ends())
BUSY = (CrewState.PREPARING, CrewState.TRAVELLING, CrewState.CUT_OFF, CrewState.WORKING)
AT_WORK = (TaskState.ASSIGNED, TaskState.UNDER_WAY, TaskState.ON_SITE, TaskState.IN_EFFECT)


def random_run(seed):
    rng = np.random.default_rng(seed)
    wet = rng.choice(STREETS, int(rng.integers(1, 14)), replace=False)
    crews = {skill: int(rng.integers(0, 4)) for skill in ("drainage", "traffic", "pump", "sanitation")}
    settings = OperationsSettings(
        start=START.replace(hour=int(rng.integers(0, 24))),
        citizens=CitizenSettings(per_day=float(rng.choice([0, 500, 2000]))),
        staffing=StaffingSettings(
            crews=crews,
            shifts=str(rng.choice(["always", "two_by_twelve", "three_by_eight"])),
            cut_off_tries=int(rng.integers(1, 5)),
            linger_s=float(rng.choice([0, 10, 300])),
        ),
        dispatch=DispatchSettings(
            mode=str(rng.choice(["automatic", "manual"])),
            interval_s=float(rng.choice([30, 120])),
            policy=str(rng.choice(["nearest", "assignment"])),
        ),
        cases=CaseSettings(
            check_after_s=float(rng.choice([60, 600])),
            check_every_s=float(rng.choice([60, 600])),
            pump_stays_s=float(rng.choice([0, 1800])),
        ),
    )
    run = ToyRun(
        {street: float(rng.uniform(0, 2.5)) for street in wet},
        settings=settings,
        seed=seed,
        rain_s=(0.0, float(rng.uniform(1800, 9000))),
        city=make_toy_city(underpasses=STREETS[:5]),
    )
    return run, rng


def check_books(run):
    book, crews = run.operations.book, run.operations.crews
    for crew in crews.values():
        assert (crew.task is not None) == (crew.state in BUSY)
        assert crew.task is None or crew.task.crew == crew.id
    for task in book.tasks.values():
        assert (task.id in book.waiting) == (task.state is TaskState.OPEN)
        if task.state in AT_WORK:
            assert crews[task.crew].task is task
    for road, closure in book.closures.items():
        case = book.cases[closure.case]
        assert case.is_open
        assert case.road == road
        assert road in run.town.closed
    assert set(run.town.closed) == set(book.closures)
    running = {task.orders[-1] for task in book.tasks.values() if task.state is TaskState.IN_EFFECT}
    assert set(run.town.pumps) <= running


@pytest.mark.parametrize("seed", range(6))
def test_the_books_agree_whatever_happens(seed):
    run, rng = random_run(seed)
    for half_hour in range(1, 25):
        wet = rng.choice(STREETS, int(rng.integers(0, 8)), replace=False) if half_hour < 16 else []
        run.town.fixed = {street: float(rng.choice([0, 0.1, 0.2, 0.4, 0.7, 1.0])) for street in wet}
        run.run(half_hour * 1800.0)
        check_books(run)


def test_once_the_water_has_gone_every_case_is_done_and_everybody_is_home():
    crews = {"drainage": 3, "traffic": 3, "pump": 2}
    settings = OperationsSettings(
        start=START,
        citizens=CitizenSettings(per_day=0.0),
        video=None,
        patrols=None,
        staffing=StaffingSettings(crews=crews, shifts="always"),
    )
    run = ToyRun(dict.fromkeys(STREETS[::2], 1.0), settings=settings)
    run.run(3 * 3600.0)
    run.town.blocked[:] = False
    run.run(12 * 3600.0)
    assert set(run.operations.case_counts()) <= {"closed", "void"}
    assert run.operations.book.begun >= 8
    assert {crew.state for crew in run.operations.crews.values()} == {CrewState.IDLE}
    assert all(crew.node == crew.card.home for crew in run.operations.crews.values())
    check_books(run)
