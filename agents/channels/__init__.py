"""Reporting channels: how the command centre learns what happens in the city."""

from collections.abc import Callable

from agents.reports import Report

Receiver = Callable[[Report], None]
"""Where reports go."""
