"""Validation: what the physics is held against, each case one module with its figures and its plot.

A module of this package with a function ``validate`` is a case, and its name is the case's name;
`benchmarks.validation.registry` says what else such a module may declare.
"""

from benchmarks.validation.outcome import Measure, Outcome

__all__ = ["Measure", "Outcome"]
