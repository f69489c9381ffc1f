"""Nothing is lost: every report, case, task, order and crew of an event log is accounted for.

`account` follows each of them through the log alone and fails where one appears from nowhere, ends
twice, goes on after its end, or is in nobody's hands.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cim_models.events import Event

BEGINNINGS = ("case.reported", "case.accepted", "case.registered")
ENDS_OF_CASES = ("case.closed", "case.voided", "case.transferred")


@dataclass
class Account:
    """Where everything stands at the end of a log, by id."""

    reports: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    crews: dict[str, str] = field(default_factory=dict)
    hands: dict[str, str] = field(default_factory=dict)
    pumps: dict[str, str] = field(default_factory=dict)
    closed_roads: dict[str, str] = field(default_factory=dict)

    def tasks_in(self, state: str) -> list[str]:
        """Ids of the tasks that stand so."""
        return [task for task, stands in self.tasks.items() if stands == state]


def account(events: Iterable[Event], at_desk: int = 0) -> Account:
    """Draw up the account of a log.

    Parameters
    ----------
    events
        The log.
    at_desk
        How many reports may still wait for somebody at the desk to take them up.
    """
    books, made = Account(), dict[int, str]()
    for event in events:
        _report(books, made, event)
        _case(books, event)
        _task(books, event)
        _order(books, event)
        _crew(books, event)
    waiting = [report for report, fate in books.reports.items() if fate == "made"]
    assert len(waiting) == at_desk, f"reports that became nothing: {waiting}"
    for task, stands in books.tasks.items():
        assert (stands == "in hand") == (task in books.hands), f"{task} is {stands}"
        case = books.cases[task.partition("/")[0]]
        assert case not in ENDS_OF_CASES or stands in ("done", "dropped"), f"{task} {stands}, case {case}"
    for pump, crew in books.pumps.items():
        assert books.crews[crew] != "lost", f"pump {pump} of the lost crew {crew} runs"
    return books


def _report(books: Account, made: dict[int, str], event: Event) -> None:
    if event.kind == "report.made":
        assert event.subject not in books.reports, f"{event.subject} made twice"
        books.reports[event.subject] = "made"
        made[event.id] = event.subject
    elif event.kind == "report.merged":
        assert books.reports[event.subject] == "made", f"{event.subject} was {books.reports[event.subject]}"
        books.reports[event.subject] = event.data["case"]
    elif event.kind == "report.located":
        assert books.reports[event.subject] == "made"
        made[event.id] = event.subject
    elif event.kind == "report.settled":
        assert books.reports[event.subject] == "made"
        books.reports[event.subject] = "settled"
    elif event.kind in BEGINNINGS and event.subject not in books.cases:
        assert event.cause is not None
        report = made[event.cause]
        assert books.reports[report] == "made", f"{report} was {books.reports[report]}"
        books.reports[report] = event.subject


def _case(books: Account, event: Event) -> None:
    if not event.kind.startswith("case."):
        return
    stands = books.cases.get(event.subject, "")
    if event.kind in BEGINNINGS:
        assert stands not in ("case.registered", *ENDS_OF_CASES), f"{event.subject} begins twice"
    else:
        assert stands, f"{event.kind} of {event.subject}, which nobody reported"
        over = stands in ENDS_OF_CASES
        assert not over or event.kind == "case.reopened", f"{event.subject}: {event.kind} after {stands}"
    books.cases[event.subject] = event.kind


def _task(books: Account, event: Event) -> None:
    if event.kind == "task.planned":
        assert event.subject not in books.tasks, f"{event.subject} planned twice"
        assert event.data["case"] in books.cases
        books.tasks[event.subject] = "waiting"
    elif event.kind == "case.dispatched":
        task, crew = event.data["task"], event.data["crew"]
        assert books.tasks[task] == "waiting", f"{task} dispatched while {books.tasks[task]}"
        assert crew not in books.hands.values(), f"{crew} has two tasks"
        books.tasks[task], books.hands[task] = "in hand", crew
    elif event.kind == "crew.finished":
        _end(books, event.data["task"], event.subject, "done")
    elif event.kind == "task.recalled":
        _end(books, event.subject, event.data["crew"], "waiting")
    elif event.kind == "task.dropped":
        stands = books.tasks[event.subject]
        assert stands in ("waiting", "in hand"), f"{event.subject} dropped while {stands}"
        books.tasks[event.subject] = "dropped"
        books.hands.pop(event.subject, None)


def _end(books: Account, task: str, crew: str, stands: str) -> None:
    assert books.hands.pop(task, None) == crew, f"{task} is not in the hands of {crew}"
    books.tasks[task] = stands


def _order(books: Account, event: Event) -> None:
    if event.kind == "order.issued":
        if event.data["order"] == "StartPump":
            books.pumps[event.subject] = event.data["crew"]
        elif event.data["order"] == "CloseRoad":
            books.closed_roads[event.data["target"]] = event.subject
        elif event.data["order"] == "OpenRoad":
            books.closed_roads.pop(event.data["target"])
    elif event.kind in ("order.refused", "order.ended"):
        books.pumps.pop(event.subject, None)


def _crew(books: Account, event: Event) -> None:
    if not event.kind.startswith("crew."):
        return
    stands = books.crews.get(event.subject, "")
    assert stands != "lost" or event.kind == "crew.finished", f"{event.subject}: {event.kind} after its loss"
    if event.kind == "crew.started_shift":
        assert stands in ("", "off duty"), f"{event.subject} starts twice"
        books.crews[event.subject] = "on duty"
    elif event.kind == "crew.ended_shift":
        assert stands == "on duty"
        assert event.subject not in books.hands.values(), f"{event.subject} goes home with a task"
        books.crews[event.subject] = "off duty"
    elif event.kind == "crew.lost":
        books.crews[event.subject] = "lost"
