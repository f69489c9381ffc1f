"""Shallow water with momentum advection: finite volumes for fast flow around buildings and dam breaks."""

from twin.surface.advective.flow import AdvectiveFlow

__all__ = ["AdvectiveFlow"]
