"""What happened in a part of the physical city, on its way into the event log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened.

    Parameters
    ----------
    t_s
        When, s since the start.
    kind
        Name of an event kind.
    subject
        Id of what the event is about.
    because
        ``kind subject`` of the change that caused it, an order's id, or empty for what came from outside.
    data
        As the event kind declares.
    """

    t_s: float
    kind: str
    subject: str
    because: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How later changes name this one."""
        return f"{self.kind} {self.subject}"
