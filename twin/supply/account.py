"""The water balance of a supply network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from twin.supply.customers import ServiceAccount
from twin.supply.damage import Damage
from twin.supply.engine import SupplyEngine


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
        Needed to fill pipes again after their repair. The model's pipes stay full while they are cut off, so
        this is no flow of the model and in none of the other figures.
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


class SupplyLedger:
    """Counts the water of a supply network over times in which nothing changes.

    Attributes
    ----------
    account
        Where it came from and went.
    street_m3
        Water that has come up from each burst pipe, m3.
    """

    def __init__(self) -> None:
        self.account = SupplyAccount()
        self.street_m3: dict[str, float] = {}

    def count(
        self, span_s: int, engine: SupplyEngine, damages: Mapping[str, Damage], service: ServiceAccount
    ) -> None:
        """Count what flowed in a time, s, at the flows that the engine holds."""
        required, delivered = engine.required_m3_s, engine.delivered_m3_s
        service.required_m3 += span_s * required
        service.delivered_m3 += span_s * delivered
        reservoirs, tanks, other = engine.sources_m3_s()
        account = self.account
        self.account = replace(
            account,
            produced_m3=account.produced_m3 + span_s * reservoirs,
            from_tanks_m3=account.from_tanks_m3 + span_s * tanks,
            other_m3=account.other_m3 + span_s * other,
            delivered_m3=account.delivered_m3 + span_s * float(delivered.sum()),
            required_m3=account.required_m3 + span_s * float(required.sum()),
        )
        for pipe, flow in engine.escape_m3_s.items():
            damage, volume_m3 = damages.get(pipe), flow * span_s
            if damage is not None and volume_m3 != 0.0:
                self._escape(damage, volume_m3)

    def refill(self, volume_m3: float) -> None:
        """Count water that fills a pipe after its repair, m3."""
        self.account = replace(self.account, refill_m3=self.account.refill_m3 + volume_m3)

    def state(self) -> dict[str, Any]:
        """Return what a ledger needs to go on."""
        return {"account": self.account, "street_m3": dict(self.street_m3)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self.account, self.street_m3 = state["account"], dict(state["street_m3"])

    def _escape(self, damage: Damage, volume_m3: float) -> None:
        account, pipe = self.account, damage.pipe
        if damage.to_street:
            self.street_m3[pipe] = self.street_m3.get(pipe, 0.0) + volume_m3
            self.account = replace(account, to_street_m3=account.to_street_m3 + volume_m3)
        else:
            self.account = replace(account, to_ground_m3=account.to_ground_m3 + volume_m3)
