"""Gas and cavities: what leaked, what was in alarm, what grew, what fell in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cim_models.events import Event
from twin.cavities import CavitySystem
from twin.cavities.system import CavityState
from twin.gas import GasSystem


def summarize_gas(gas: GasSystem, events: Sequence[Event]) -> dict[str, Any]:
    """Say what leaked and how the detectors judged it.

    Parameters
    ----------
    gas
        The gas at the end.
    events
        The event log.
    """
    account = gas.account
    alarms = [event for event in events if event.kind == "gas.alarm"]
    return {
        "sites": len(gas.sites),
        "sites_in_alarm": len({event.subject for event in alarms}),
        "alarms_by_level": {
            str(level): sum(event.data["level"] == level for event in alarms) for level in (1, 2, 3)
        },
        "highest_lel": max((float(event.data["lel"]) for event in alarms), default=0.0),
        "fans_started": sum(
            event.kind == "gas.ventilation_started" and event.data["by"] == "fan" for event in events
        ),
        "diagnoses": _diagnoses(events),
        "leaks": [
            {
                "id": leak.id,
                "main": None if leak.site else leak.main,
                "cabinet": leak.site or None,
                "fed_by": leak.main,
                "since_s": leak.since_s,
                "released_m3": leak.released_m3,
                "sealed_s": _time_of(events, "gas.sealed", leak.id),
                "first_alarm_s": _first_alarm(events, leak.id),
            }
            for leak in gas.leaks
        ],
        "released_m3": account.released,
        "into_spaces_m3": account.into_spaces,
        "to_open_m3": account.to_open,
        "under_way_m3": account.under_way,
        "relative_error": account.relative_error,
    }


def summarize_cavities(cavities: CavitySystem, events: Sequence[Event]) -> dict[str, Any]:
    """Say how cavities grew, and which were found before a wheel did.

    Parameters
    ----------
    cavities
        The cavities at the end.
    events
        The event log.
    """
    account = cavities.account
    volume, safety = cavities.volume_m3, cavities.safety
    gap = account.washed_out - account.missing
    return {
        "cavities": [
            {
                "id": cavity.id,
                "road": cavity.road,
                "pipe": cavity.pipe,
                "state": CavityState(int(cavities.state_of[row])).name.lower(),
                "volume_m3": float(volume[row]),
                "safety_factor": float(safety[row]) if np.isfinite(safety[row]) else None,
                "found_s": _time_of(events, "cavity.found", cavity.id),
                "collapsed_s": _time_of(events, "cavity.collapsed", cavity.id),
                "filled_s": _time_of(events, "cavity.filled", cavity.id),
            }
            for row, cavity in enumerate(cavities.cavities)
        ],
        "washed_out_m3": account.washed_out,
        "water_m3": account.water,
        "relative_error": abs(gap) / account.washed_out if account.washed_out > 0.0 else 0.0,
    }


def _time_of(events: Sequence[Event], kind: str, subject: str) -> float | None:
    return next((event.t_s for event in events if event.kind == kind and event.subject == subject), None)


def _first_alarm(events: Sequence[Event], leak: str) -> float | None:
    began = next(
        (event.id for event in events if event.kind == "gas.leaking" and event.subject == leak), None
    )
    alarms = (event.t_s for event in events if event.kind == "gas.alarm" and event.cause == began)
    return None if began is None else next(alarms, None)


def _diagnoses(events: Sequence[Event]) -> dict[str, int]:
    """Count the alarms by what they were and what they were taken for, by the latest verdict of each."""
    leaking = {event.id for event in events if event.kind == "gas.leaking"}
    is_leak: dict[int, bool] = {}
    verdicts: dict[int, str] = {}
    for event in events:
        if event.kind == "gas.alarm":
            is_leak[event.id] = event.cause in leaking or is_leak.get(event.cause or 0, False)
        elif event.kind == "gas.diagnosed" and event.cause is not None:
            verdicts[event.cause] = event.data["verdict"]
    counts = {f"{truth}_taken_for_{verdict}": 0 for truth, verdict in _PAIRS}
    for alarm, verdict in verdicts.items():
        truth = "leak" if is_leak.get(alarm, False) else "marsh_gas"
        counts[f"{truth}_taken_for_{verdict}"] += 1
    return counts


_PAIRS = tuple((truth, v) for truth in ("leak", "marsh_gas") for v in ("leak", "marsh_gas", "unclear"))
