"""Dispatch policies: from a situation to decisions.

A policy is any object with `Policy.decide`. The built-in ones have a file each; anybody else's is
named as ``module:Class``, or ``file.py:Class`` beside the scenario. `agents.policies.contract` holds
the rules that every policy must keep to.
"""

from agents.policies.loading import BUILT_IN, load_policy
from agents.policies.situation import (
    Assignment,
    BusyCrew,
    Decision,
    Diversion,
    FreeCrew,
    OpenTask,
    Policy,
    Reservation,
    Situation,
    TravelTimes,
)

__all__ = [
    "BUILT_IN",
    "Assignment",
    "BusyCrew",
    "Decision",
    "Diversion",
    "FreeCrew",
    "OpenTask",
    "Policy",
    "Reservation",
    "Situation",
    "TravelTimes",
    "load_policy",
]
