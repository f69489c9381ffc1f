"""What the event log says of structures that are placed, removed, shut and opened."""

from cim_models.events import EventSink
from cim_models.orders import (
    LayBarrier,
    LayCulvert,
    OpenCulvert,
    RemoveBarrier,
    RemoveCulvert,
    ShutCulvert,
    StructureOrder,
)
from cim_models.structures import Barrier, Structure


def log_structure(log: EventSink, order: StructureOrder, t_s: float, cause: int) -> None:
    """Write down what an order did to a barrier or a culvert."""
    match order:
        case LayBarrier():
            log_standing(log, order.id, order.barrier, t_s, cause)
        case LayCulvert():
            log_standing(log, order.id, order.culvert, t_s, cause)
        case RemoveBarrier():
            log.append(t_s, "structure.removed", order.barrier, cause=cause)
        case RemoveCulvert():
            log.append(t_s, "structure.removed", order.culvert, cause=cause)
        case ShutCulvert():
            log.append(t_s, "structure.shut", order.culvert, cause=cause)
        case OpenCulvert():
            log.append(t_s, "structure.opened", order.culvert, cause=cause)


def log_standing(log: EventSink, name: str, structure: Structure, t_s: float, cause: int) -> None:
    """Write down that a structure stands from now on."""
    is_barrier = isinstance(structure, Barrier)
    data = {
        "kind": "barrier" if is_barrier else "culvert",
        "line": [list(point) for point in structure.line],
        "height_m": structure.height_m if is_barrier else None,
        "level_m": structure.level_m if isinstance(structure, Barrier) else None,
    }
    log.append(t_s, "structure.placed", name, cause=cause, data=data)
