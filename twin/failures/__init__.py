"""Failures of lifelines: how often, when and where, and how they show at sensors."""
