"""The benchmark of the operations: nothing is lost, a run repeats, the sampler sees where time goes."""

import time

import pytest

from agents.cases import ENDED
from agents.operations import TIDY_S
from agents.worktime import DAY_S
from benchmarks.operations import (
    Bench,
    OperationsPlan,
    measure_load,
    measure_operations,
    parse_loads,
    report_lines,
)
from benchmarks.operations_city import CREWS, BenchCity, crews_by_skill, make_city
from benchmarks.stage_sampler import REST, StageSampler
from cim_models.errors import InputError
from cim_models.organisation_model import OrganisationNumbers
from scenarios.runfolder.eventlog import log_hash, read_events

OFFICES = OrganisationNumbers(departments=9, districts=1, stations=3, units=12)
SMALL = BenchCity(cols=8, rows=7, beats=(2, 1), crews=20, organisations=OFFICES)
ENDS = {"case.closed", "case.voided", "case.transferred"}


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """One day of a small town: the bench that ran it, and its events."""
    folder = tmp_path_factory.mktemp("day")
    bench = Bench(OperationsPlan(days=1.0, size=SMALL), 400, folder)
    bench.run_to(DAY_S)
    bench.log.close()
    return bench, folder, read_events(folder)


def test_each_report_begins_a_case_or_merges_into_one(day):
    bench, _, events = day
    reports = [event.id for event in events if event.kind == "report.made"]
    first_of_case = {}
    for event in events:
        if event.kind.startswith("case."):
            first_of_case.setdefault(event.subject, event)
    told = [event.cause for event in first_of_case.values()]
    merged = [event.cause for event in events if event.kind == "report.merged"]
    untold = [name for name in bench.operations.book.cases if name not in first_of_case]
    assert len(reports) > 300
    assert len(set(told + merged)) == len(told) + len(merged) == len(reports) - len(untold)
    assert set(told + merged) <= set(reports)
    states = {str(bench.operations.book.cases[name].state) for name in untold}
    assert states <= {"reported"}


def test_each_case_has_ended_or_is_open(day):
    bench, _, events = day
    last = {event.subject: event.kind for event in events if event.kind.startswith("case.")}
    ended = {name for name, kind in last.items() if kind in ENDS}
    assert len(ended) > 0.8 * len(last)
    book = bench.operations.book
    still_open = {name for name, case in book.cases.items() if case.state not in ENDED}
    assert set(last) - ended == still_open & set(last)
    assert (
        len(last) + len(still_open - set(last)) == book.begun == sum(bench.operations.case_counts().values())
    )


def test_cases_that_are_over_leave_the_book(day):
    bench, _, events = day
    book = bench.operations.book
    assert len(book.cases) < 0.6 * book.begun
    ended = {event.subject: event.t_s for event in events if event.kind in ENDS}
    keeps_s = bench.operations.settings.cases.reopen_within_s + 2 * TIDY_S
    assert all(DAY_S - ended.get(name, DAY_S) <= keeps_s for name in book.cases)
    assert {task.case for task in book.tasks.values()} <= set(book.cases)


def test_each_dispatch_leads_to_an_arrival_or_is_still_on_its_way(day):
    bench, _, events = day
    sent = sum(event.kind == "case.dispatched" for event in events)
    there = sum(event.kind == "crew.arrived" and event.data["case"] is not None for event in events)
    under_way = sum(
        crew.task is not None and str(crew.state) in ("preparing", "travelling", "cut off")
        for crew in bench.operations.crews.values()
    )
    assert sent == there + under_way


def test_the_log_on_disk_has_the_hash_of_the_run_and_another_run_has_it_too(day, tmp_path):
    bench, folder, _ = day
    assert log_hash(folder) == bench.log.hash()
    again = measure_load(OperationsPlan(days=1.0, size=SMALL), 400)  # in a folder of its own
    assert again["hash"] == bench.log.hash()
    assert again["events"] == bench.log.count
    assert 0.0 < again["snapshot"]["kb"] < 1000.0


def test_every_registered_case_has_its_unit(day):
    _, _, events = day
    registered = [event.data for event in events if event.kind == "case.registered"]
    assert {data["hub"] for data in registered} == {"ORG-C"}
    assert all(data["unit"] and data["regulator"] for data in registered)


def test_crews_are_shared_among_the_skills_without_loss():
    numbers = crews_by_skill(CREWS)
    assert sum(numbers.values()) == CREWS
    assert min(numbers.values()) >= 1
    assert max(numbers, key=numbers.get) == "sanitation"
    city = make_city(BenchCity())
    assert len(city.layers["depots"]) == CREWS
    kinds = city.layers["organisations"]["kind"].value_counts().to_dict()
    assert kinds == {"centre": 1, "department": 32, "district": 10, "station": 141, "unit": 443}


def test_a_plan_that_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="days"):
        OperationsPlan(days=0.0)
    with pytest.raises(InputError, match="from 1 on"):
        OperationsPlan(per_day=())
    with pytest.raises(InputError, match="whole numbers"):
        parse_loads("20k")
    assert parse_loads("5000,20000") == (5000, 20000)


def test_the_sampler_counts_the_innermost_stage():
    def wait(seconds):
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            pass

    sampler = StageSampler({"here": ("test_operations.py",), "elsewhere": ("no_such_file.py",)})
    with sampler.watching():
        wait(0.1)
    shares = sampler.shares()
    assert shares["here"] > 0.9
    assert shares["elsewhere"] == 0.0
    assert sum(shares.values()) == pytest.approx(1.0)
    assert StageSampler({}).shares() == {REST: 0.0}


@pytest.mark.slow
def test_the_whole_benchmark_prints_its_figures():
    figures = measure_operations(OperationsPlan(days=0.5, per_day=(200,), size=SMALL), lambda _: None)
    text = "\n".join(report_lines(figures))
    assert "20 crews" in text
    assert "events/s" in text
    assert sum(figures["loads"][0]["stages"].values()) == pytest.approx(1.0)
