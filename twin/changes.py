"""What happens in a network, told in order so that the event log can say what caused what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened in a network, for the event log.

    Parameters
    ----------
    t_s
        When, s since the start.
    kind
        Name of an event kind.
    subject
        Id of what it happened to, or the name of the network.
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
