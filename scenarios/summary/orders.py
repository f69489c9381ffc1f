"""Orders: what was asked of the physical city and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cim_models.events import Event


def summarize_orders(events: Sequence[Event]) -> dict[str, Any]:
    """Count the orders by class and the refused ones; what pumps moved is in the water balance."""
    issued = Counter(str(event.data.get("order", "")) for event in events if event.kind == "order.issued")
    return {
        "issued": sum(issued.values()),
        "refused": sum(event.kind == "order.refused" for event in events),
        "by_kind": {name: issued[name] for name in sorted(issued)},
    }
