"""Branches of a run: futures that begin at one moment of it and differ in what was changed there."""

from scenarios.branching.changes import Changes, plan_changes
from scenarios.branching.fork import Branch
from scenarios.branching.stored import branch_stored
from scenarios.branching.whatif import what_if

__all__ = ["Branch", "Changes", "branch_stored", "plan_changes", "what_if"]
