"""The water balance of a supply network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupplyAccount:
    """Where the water of the supply came from and went since the start, m3.

    Parameters
    ----------
    produced_m3, from_tanks_m3
        Given by reservoirs and other sources, and by tanks (negative where they filled up).
    delivered_m3, required_m3
        What customers drew, and what they would have drawn.
    to_street_m3, to_ground_m3
        Escaped from bursts, and from leaks that stay underground.
    other_m3
        Left through emitters of the file.
    refill_m3
        Needed to fill pipes again after their repair; not a flow of the model.
    """

    produced_m3: float = 0.0
    from_tanks_m3: float = 0.0
    delivered_m3: float = 0.0
    required_m3: float = 0.0
    to_street_m3: float = 0.0
    to_ground_m3: float = 0.0
    other_m3: float = 0.0
    refill_m3: float = 0.0

    @property
    def escaped_m3(self) -> float:
        """All that escaped from broken pipes, m3."""
        return self.to_street_m3 + self.to_ground_m3

    @property
    def error_m3(self) -> float:
        """What left beyond what came: EPANET's own residual, m3."""
        left = self.delivered_m3 + self.escaped_m3 + self.other_m3
        return left - self.produced_m3 - self.from_tanks_m3

    @property
    def relative_error(self) -> float:
        """The error as a share of what left."""
        left = self.delivered_m3 + self.escaped_m3 + self.other_m3
        return self.error_m3 / left if left > 0.0 else 0.0
