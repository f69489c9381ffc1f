"""How two runs are related: their shared history, what the scenarios change, which world they met."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cim_models.errors import RunFolderError
from scenarios.rain_difference import rain_difference_s
from scenarios.runfolder import RunFolder
from scenarios.schema.differences import differing_keys, value_at
from scenarios.worlds import ComparedWorlds, Difference, compare_worlds

_TOLD_ELSEWHERE = ("seed", "start", "city")
"""Keys of a scenario of which a relation speaks by name."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A key of the scenario with its value in the base and in the other run."""

    key: str
    base: Any
    other: Any


@dataclass(frozen=True, slots=True)
class Relation:
    """What a run has in common with another one, the base, and what not.

    Parameters
    ----------
    base, other
        Names of the runs.
    start
        Start of the base, with its zone.
    parted_s
        Until when the two have one history, s; infinite for a run and itself, None where they have none.
    child
        Which of them is a branch of the other: ``base``, ``other``, or nothing where neither is.
    same_city, same_start
        Whether city and start are the same.
    seeds
        Seeds of base and other.
    changed
        Keys of the scenario that differ, in its order; seed, start and city are not among them.
    ended_s
        When the shorter one ended, s; None where both go equally far.
    worlds
        How far rain and event logs go together, until then.
    """

    base: str
    other: str
    start: datetime
    parted_s: float | None
    child: str
    same_city: bool
    same_start: bool
    seeds: tuple[int, int]
    changed: tuple[Changed, ...]
    ended_s: float | None
    worlds: ComparedWorlds

    @property
    def is_itself(self) -> bool:
        """Whether both are one run."""
        return self.parted_s is not None and math.isinf(self.parted_s)

    @property
    def is_comparable(self) -> bool:
        """Whether every difference comes of what was changed: seed, start and city are the same."""
        return self.same_city and self.same_start and self.seeds[0] == self.seeds[1]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        worlds = self.worlds
        return {
            "base": self.base,
            "other": self.other,
            "parted_s": None if self.is_itself else self.parted_s,
            "branch": self.child,
            "same_city": self.same_city,
            "same_start": self.same_start,
            "same_seed": self.seeds[0] == self.seeds[1],
            "changed": {change.key: [change.base, change.other] for change in self.changed},
            "compared_until_s": self.ended_s,
            "same_world": worlds.is_same,
            "rain_differs_from_s": worlds.rain_s,
            "world_differs_from_s": _time_s(worlds.world),
            "acts_differ_from_s": _time_s(worlds.act),
            "logs_differ_from_s": _time_s(worlds.log),
        }


def relate_runs(base: RunFolder, other: RunFolder) -> Relation:
    """Compare two runs by what they are made from and by rain and event logs.

    Raises
    ------
    RunFolderError
        If an event log cannot be read.
    """
    meta, others = base.meta, other.meta
    ended_s = common_end_s(base, other)
    until_s = math.inf if ended_s is None else ended_s
    rain_s = rain_difference_s(base, other, until_s) if same_city(base, other) else None
    return Relation(
        base=base.path.name,
        other=other.path.name,
        start=datetime.fromisoformat(meta["start"]),
        parted_s=_parted_s(base, other),
        child=_child(base, other),
        same_city=same_city(base, other),
        same_start=meta["start"] == others["start"],
        seeds=(int(meta["seed"]), int(others["seed"])),
        changed=tuple(_changed(meta["scenario"], others["scenario"])),
        ended_s=ended_s,
        worlds=compare_worlds(base.events(), other.events(), until_s, rain_s),
    )


def end_s(run: RunFolder) -> float:
    """Return how far a run went, s."""
    return float(run.meta["progress"]["t_s"])


def common_end_s(base: RunFolder, other: RunFolder) -> float | None:
    """Return when the shorter of two runs ended, s; None where both go equally far."""
    first_s, second_s = end_s(base), end_s(other)
    return None if first_s == second_s else min(first_s, second_s)


def same_city(base: RunFolder, other: RunFolder) -> bool:
    """Whether two runs are of one city, so that they can be compared street by street."""
    first, second = (
        next(entry["sha256"] for entry in run.meta["inputs"] if entry["what"] == "city")
        for run in (base, other)
    )
    return bool(first == second)


def shared_history_s(base: RunFolder, other: RunFolder) -> float:
    """Return the moment from which on two runs may differ, s: where they parted, or the start."""
    parted_s = _parted_s(base, other)
    return 0.0 if parted_s is None or math.isinf(parted_s) else parted_s


def _parted_s(base: RunFolder, other: RunFolder) -> float | None:
    """Return the moment until which two runs have one history, s; None where they are no relatives."""
    first, second = _ancestry(base), _ancestry(other)
    shared = next((path for path in first if path in second), None)
    return None if shared is None else min(first[shared], second[shared])


def _ancestry(run: RunFolder) -> dict[str, float]:
    """Return a run and its ancestors, nearest first, and until when its history is theirs, s."""
    until_s, found = math.inf, {str(run.path.resolve()): math.inf}
    parent = run.meta.get("parent")
    while parent is not None:
        until_s = min(until_s, float(parent["t_s"]))
        found[parent["path"]] = until_s
        try:
            parent = RunFolder(parent["path"]).meta.get("parent")
        except RunFolderError:  # an ancestor that is no longer there ends the line
            break
    return found


def _child(base: RunFolder, other: RunFolder) -> str:
    for name, run, parent in (("other", other, base), ("base", base, other)):
        if (run.meta.get("parent") or {}).get("path") == str(parent.path.resolve()):
            return name
    return ""


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Changed]:
    keys = [key for key in differing_keys(before, after) if key not in _TOLD_ELSEWHERE]
    return [Changed(key, value_at(before, key), value_at(after, key)) for key in keys]


def _time_s(difference: Difference | None) -> float | None:
    return None if difference is None else difference.t_s
