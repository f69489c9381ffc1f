"""Experiments: variants of one scenario, repeated under the same seeds; figures with intervals."""

from scenarios.experiments.definition import Experiment as Experiment
from scenarios.experiments.definition import experiment_names as experiment_names
from scenarios.experiments.definition import load_experiment as load_experiment
from scenarios.experiments.definition import vary_scenario as vary_scenario
from scenarios.experiments.running import run_experiment as run_experiment
