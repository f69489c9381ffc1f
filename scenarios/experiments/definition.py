"""What an experiment file says: a question, a scenario, its variants, and what is measured."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from cim_models.errors import ScenarioError
from scenarios.schema.faults import scenario_error
from scenarios.schema.loading import LIBRARY, LoadedScenario, load_scenario, with_place
from scenarios.schema.section import Section

EXPERIMENTS = LIBRARY / "experiments"


class Bilingual(Section):
    """A text in both languages."""

    zh: str
    en: str


class Input(Bilingual):
    """Something that the experiment takes as given, and where it is from."""

    source: str


class Variant(Section):
    """One way to run the scenario: texts ``key=value`` as for ``--set``."""

    name: str
    title: Bilingual | None = None
    set: tuple[str, ...] = ()


class MeasureChoice(Section):
    """A figure of ``summary.json``, by its dotted name.

    Entries of lists go by their ``id``, as in ``citytwin compare``. ``better`` says which way is good.
    """

    figure: str
    zh: str
    en: str
    unit: str = ""
    better: Literal["lower", "higher"] | None = None


class Experiment(Section):
    """One scenario, its variants and what is measured; the others are paired with the first."""

    name: str
    title: Bilingual
    question: Bilingual
    scenario: str
    inputs: tuple[Input, ...] = ()
    set: tuple[str, ...] = ()
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    replications: Annotated[int, Field(ge=2, le=10_000)] = 20
    measures: tuple[MeasureChoice, ...] = ()

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            msg = "expected variants with different names"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class LoadedExperiment:
    """An experiment with its checked scenarios.

    Parameters
    ----------
    experiment
        What it says.
    scenarios
        The scenario of each variant, in their order.
    """

    experiment: Experiment
    scenarios: tuple[LoadedScenario, ...]


def experiment_names() -> list[str]:
    """Names of the experiments that come with citytwin."""
    return sorted(path.stem for path in EXPERIMENTS.glob("*.yaml"))


def is_experiment(name: str) -> bool:
    """Whether a file or name is an experiment's, and not a scenario's."""
    path = _find(name)
    content = None if path is None else _read(path)
    return isinstance(content, dict) and "variants" in content


def load_experiment(name: str, overrides: Sequence[str] = ()) -> LoadedExperiment:
    """Read an experiment and check each of its variants.

    Parameters
    ----------
    name
        A file, or the name of an experiment of the library.
    overrides
        Texts ``key=value`` that hold for every variant.

    Raises
    ------
    ScenarioError
        If the file, a variant or its scenario is wrong.
    """
    path = _find(name)
    if path is None:
        near = difflib.get_close_matches(name, experiment_names(), n=1)
        raise ScenarioError(
            f"Experiment '{name}'",
            got="no such file or experiment of the library",
            expected=f"a file, or one of {', '.join(experiment_names())}",
            remedy=f"Perhaps '{near[0]}' was meant" if near else "Check the name",
        )
    try:
        experiment = Experiment.model_validate(_read(path))
    except ValidationError as exc:
        raise scenario_error(exc, Experiment, str(path), ()) from exc
    return _loaded(experiment, path, overrides)


def vary_scenario(
    name: str, vary: Sequence[str], replications: int, overrides: Sequence[str] = ()
) -> LoadedExperiment:
    """Make an experiment of a scenario and texts ``key=value,value…``: every combination is a variant.

    Raises
    ------
    ScenarioError
        If the scenario, a key or a value is wrong.
    """
    axes = [_axis(text) for text in vary]
    variants = [
        Variant(name=" ".join(settings) or "as it is", set=settings)
        for settings in (tuple(choice) for choice in product(*axes))
    ]
    base = load_scenario(name, overrides).scenario
    title = base.title
    experiment = Experiment(
        name=base.name,
        title=Bilingual(zh=title.zh if title else base.name, en=title.en if title else base.name),
        question=Bilingual(
            zh=f"{', '.join(vary) or base.name}：结果有何不同?", en=f"What changes with {', '.join(vary)}?"
        ),
        scenario=name,
        variants=tuple(variants),
        replications=replications,
    )
    return _loaded(experiment, None, overrides)


def _loaded(experiment: Experiment, path: Path | None, overrides: Sequence[str]) -> LoadedExperiment:
    beside = path.parent / experiment.scenario if path is not None else None
    scenario = str(beside) if beside is not None and beside.is_file() else experiment.scenario
    folder = Path() if path is None else path.parent
    scenarios = tuple(
        load_scenario(
            scenario, (*(with_place(text, folder) for text in (*experiment.set, *variant.set)), *overrides)
        )
        for variant in experiment.variants
    )
    return LoadedExperiment(experiment, scenarios)


def _axis(text: str) -> list[str]:
    """Return the settings that ``key=a,b`` or ``key=[a],[b]`` stands for; commas in brackets part nothing."""
    key, equals, values = text.partition("=")
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(values):
        depth += (sign in "[{(") - (sign in "]})")
        if sign == "," and depth == 0:
            parts.append(values[start:place])
            start = place + 1
    parts.append(values[start:])
    if not equals or not key.strip() or not all(part.strip() for part in parts):
        raise ScenarioError(
            "--vary", got=f"'{text}'", expected="key=a,b,c", remedy="Write for example --vary seed=1,2"
        )
    return [f"{key.strip()}={part.strip()}" for part in parts]


def _find(name: str) -> Path | None:
    path = Path(name).expanduser()
    inside = EXPERIMENTS / f"{name}.yaml"
    return path if path.is_file() else inside if inside.is_file() else None


def _read(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise ScenarioError(
            f"Experiment '{path}'", got=str(exc).splitlines()[0], expected="a YAML file"
        ) from exc
