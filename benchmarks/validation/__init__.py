"""Validation: what the physics is held against, each case one module with its figures and its plot."""

from benchmarks.validation.outcome import Measure, Outcome

__all__ = ["Measure", "Outcome"]
