"""The scenario file: what it may say, and how it is read."""

from scenarios.schema.loading import LoadedScenario, library_names, load_scenario
from scenarios.schema.model import Scenario

__all__ = ["LoadedScenario", "Scenario", "library_names", "load_scenario"]
