"""Finds the validation cases: the modules of this package that have a function ``validate``.

Beside it, a case's module may declare

``QUICK``
    Keyword arguments of ``validate`` that make it small enough for a test of seconds.
``DATA_SETS``
    Names of the shared data sets that it reads; without them the case is skipped, with a reason.
``PACKAGES``
    Names of importable packages that it needs and that not every Python has; skipped like data.
``PEERS``
    Names of the peer models that it runs; such a case runs only where peers are asked for.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import benchmarks.validation
from benchmarks.surface_cases import data_folder
from benchmarks.validation.outcome import Outcome
from cim_models.errors import InputError


@dataclass(frozen=True, slots=True)
class Case:
    """A validation case.

    Parameters
    ----------
    name
        Name of its module.
    validate
        Runs it.
    quick
        Arguments that make it small.
    data_sets, peers, packages
        Shared data sets, peer models and packages that it needs.
    """

    name: str
    validate: Callable[..., Outcome]
    quick: Mapping[str, Any]
    data_sets: tuple[str, ...]
    peers: tuple[str, ...]
    packages: tuple[str, ...] = ()

    def run(self, quick: bool = False) -> Outcome:
        """Run the case, at full size or small."""
        return self.validate(**(self.quick if quick else {}))

    @property
    def absent_data(self) -> str | None:
        """Which data set or package is not there and what to do; None where the case has all it needs."""
        for name in self.packages:
            if importlib.util.find_spec(name) is None:
                return f"package '{name}' is not installed; it may have no wheel for this Python"
        for name in self.data_sets:
            if not (data_folder() / name).is_dir():
                return f"data set '{name}' is not at {data_folder()}; set CITYTWIN_DATA to the folder of it"
        return None


@cache
def find_cases() -> Mapping[str, Case]:
    """Return all cases by name, in the order of their names."""
    cases = {}
    for info in sorted(pkgutil.iter_modules(benchmarks.validation.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{benchmarks.validation.__name__}.{info.name}")
        validate = getattr(module, "validate", None)
        if validate is not None:
            held = {name: getattr(module, name, ()) for name in ("QUICK", "DATA_SETS", "PEERS", "PACKAGES")}
            cases[info.name] = Case(
                info.name,
                validate,
                dict(held["QUICK"]),
                tuple(held["DATA_SETS"]),
                tuple(held["PEERS"]),
                tuple(held["PACKAGES"]),
            )
    return cases


def choose_cases(names: Iterable[str], with_peers: bool) -> list[Case]:
    """Return the named cases, or all if none is named; those with peers only where they are wanted.

    Raises
    ------
    InputError
        If there is no case of a name, or a named one needs peers that are not wanted.
    """
    cases = find_cases()
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in cases:
            raise InputError("Validation case", got=repr(name), expected=", ".join(cases))
        if cases[name].peers and not with_peers:
            raise InputError(
                f"Validation case '{name}'",
                got="a comparison with other models",
                remedy="Add --peers, which installs them into environments of their own",
            )
    if wanted:
        return [cases[name] for name in wanted]
    return [case for case in cases.values() if with_peers or not case.peers]
