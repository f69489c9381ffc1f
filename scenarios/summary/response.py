"""The level of response of the city: how long each was in force, and what the roles did in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cim_models.events import Event


def summarize_response(events: Sequence[Event], end_s: float) -> dict[str, Any] | None:
    """Say which levels of response there were; None for a run without any.

    Tasks that nobody in a run does, such as a notice to the buses, are not counted.
    """
    changes = [event for event in events if event.kind in ("response.raised", "response.lowered")]
    if not changes:
        return None
    lasted = dict.fromkeys(("1", "2", "3", "4"), 0.0)
    ends = [*(event.t_s for event in changes[1:]), end_s]
    for event, until_s in zip(changes, ends, strict=True):
        if event.data["level"] is not None:
            lasted[str(event.data["level"])] += until_s - event.t_s
    done = [event for event in events if event.kind == "response.task_done"]
    return {
        "most_urgent": min(event.data["level"] for event in changes if event.data["level"] is not None),
        "in_force_s": lasted,
        "raised": sum(event.kind == "response.raised" for event in events),
        "tasks_done": len(done),
        "tasks_in_time": sum(event.data["in_time"] for event in done),
        "tasks_late": sum(event.kind == "response.task_late" for event in events),
    }
