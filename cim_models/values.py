"""Kinds of value: whether a figure was measured, computed or taken for granted."""

from enum import StrEnum


class ValueKind(StrEnum):
    """Where a value comes from; every figure that leaves the model carries one."""

    OBSERVED = "observed"
    SIMULATED = "simulated"
    ASSUMED = "assumed"
