"""What a fault of the sewer means for cases: who has it mended, and which cases wait for that."""

from agents.sewers import SewerRepairs
from cim_models.orders import UnblockConduit
from cim_models.sewer_faults import FaultKind, SewerFaultPlace
from tests.agents.test_driving import report_flood
from tests.agents.test_failures import manned
from tests.agents.toy_town import ToyRun, junction_xy


class ToySewer:
    """A sewer with one blocked conduit behind all the water of a toy town, until a crew frees it."""

    def __init__(self, run: ToyRun) -> None:
        self._run = run

    def is_out_of_order(self, fault: str) -> bool:
        return not any(isinstance(order, UnblockConduit) for order in self._run.town.orders)

    def fault_near(self, x: float, y: float, radius_m: float) -> SewerFaultPlace | None:
        place = SewerFaultPlace("C1", FaultKind.BLOCKED, *junction_xy(5))
        return place if self.is_out_of_order("C1") else None

    def fault_behind(self, manhole: str) -> SewerFaultPlace | None:
        return None

    def rebuild_s(self, conduit: str) -> float:
        return 3600.0


def test_one_case_has_the_conduit_freed_and_no_case_of_it_is_closed_before() -> None:
    run = manned(drainage=2)
    operations = run.operations
    codes = frozenset({operations.catalogue.events.waterlogging})
    operations.checker.sewer = SewerRepairs(operations.book, operations.planner, ToySewer(run), codes)
    for road in ("V21", "H11"):
        report_flood(run, road)
    run.run(900.0)
    run.town.fixed.update({"V21": 0.0, "H11": 0.0})  # the water leaves by itself
    run.run(6 * 3600.0)
    orders = [event for event in run.log.of("order.issued") if event.data["order"] == "UnblockConduit"]
    assert len(orders) == 1
    closed = {event.subject: event.t_s for event in run.log.of("case.closed")}
    assert len(closed) == 2
    assert min(closed.values()) > orders[0].t_s
