"""Broken water mains: who reports them, and what their cases call for, step by step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.casebook import CaseBook
from agents.cases import Case
from agents.catalogue import TaskKind
from agents.channels import Receiver
from agents.planning import Planner
from agents.reports import HOURLY_WEIGHT, Report
from agents.views import SupplyView
from agents.world import World
from cim_models.mains import ValvePlace

LOOK_S = 60.0
"""How often passers-by may notice water that gushes from the ground, s."""

FULL_RATE_M3_S = 0.05
"""Flow that every passer-by who would report at all reports, m3/s; own assumption."""

CLOSE_FROM_M3_S = 0.05
"""Flow from which the road at a broken main is closed, whatever the depth: it undermines the pavement, and
the repair takes up the road, m3/s; own assumption."""

REPORTS_PER_H = 12.0
"""Reports an hour of such a flow in the mean hour of the day; own assumption."""

DELAY_S = 120.0
"""Mean time from seeing it to having said where, s; own assumption."""

SITE_REACH_M = 100.0
"""A broken main within this distance of a case is what the case is about, m; own assumption."""


class Gushing:
    """Passers-by who see water come up from the ground and report a burst main.

    Parameters
    ----------
    world, supply
        Surroundings.
    receive
        Where reports go.
    class_code
        Event class of a burst main.
    """

    def __init__(self, world: World, supply: SupplyView, receive: Receiver, class_code: str) -> None:
        self.world = world
        self.supply = supply
        self.receive = receive
        self.class_code = class_code
        self.draws = world.draws("citizens of burst mains")
        world.env.after(LOOK_S, self._look, 1)

    def _look(self, tick: int) -> None:
        self.world.env.after(LOOK_S, self._look, tick + 1)
        weight = HOURLY_WEIGHT[int(self.world.hour())]
        for main in self.supply.open_mains():
            chance, delay = self.draws.of(main.pipe, tick).random(2)
            severity = min(main.flow_m3_s / FULL_RATE_M3_S, 1.0)
            rate_h = REPORTS_PER_H * weight * severity
            if chance < -np.expm1(-rate_h * LOOK_S / 3600.0):
                report = Report("citizen", self.class_code, main.x, main.y, source=main.pipe)
                self.world.env.after(float(-np.log1p(-delay) * DELAY_S), self._send, report)

    def _send(self, report: Any) -> None:
        self.receive(report)


class MainRepairs:
    """What the case of a broken main calls for next: close the road, shut valves, repair, open valves.

    Each time the tasks of such a case are done, the network itself says what is missing; a valve that
    turned out to be stuck leads to other valves that way.

    Parameters
    ----------
    book, planner, supply
        Cases, who enters tasks, and the network.
    class_code
        Event class of a burst main.
    """

    def __init__(self, book: CaseBook, planner: Planner, supply: SupplyView, class_code: str) -> None:
        self.book = book
        self.class_code = class_code
        self.planner = planner
        self.supply = supply
        self._case_of: dict[str, str] = {}

    def go_on(self, case: Case, cause: int) -> bool:
        """Plan the next tasks of a case; False where it is about no broken main, or nothing is missing."""
        if case.class_code != self.class_code:
            return False
        pipe = self.supply.broken_main(case.x, case.y, SITE_REACH_M)
        if pipe is None:
            return False
        other = self.book.cases.get(self._case_of.get(pipe, case.id))
        if other is not None and other is not case and other.is_open:
            return False
        self._case_of[pipe] = case.id
        kind, sites = self._missing(pipe, case)
        if kind is TaskKind.SHUT_VALVE and self._gushes(pipe):
            self.planner.plan_closure(case, cause)
        planned = [self.planner.plan_at(case, kind, site, cause) for site in sites]
        return any(task is not None for task in planned)

    def _gushes(self, pipe: str) -> bool:
        """Whether so much water comes up from a main that nobody drives through it."""
        return any(
            main.pipe == pipe and main.flow_m3_s >= CLOSE_FROM_M3_S for main in self.supply.open_mains()
        )

    def _missing(self, pipe: str, case: Case) -> tuple[TaskKind, Sequence[ValvePlace]]:
        if not self.supply.is_cut_off(pipe):
            return TaskKind.SHUT_VALVE, self.supply.valves_to_shut(pipe)
        if not self.supply.is_repaired(pipe):
            return TaskKind.REPAIR_PIPE, (ValvePlace(pipe, case.x, case.y),)
        return TaskKind.OPEN_VALVE, self.supply.valves_to_open(pipe)
