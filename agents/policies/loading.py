"""Finding policies: built in, in somebody's module, or in a file beside the scenario."""

import hashlib
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from agents.policies.situation import Policy
from cim_models.errors import ScenarioError

BUILT_IN: Mapping[str, str] = {
    "assignment": "agents.policies.assignment:CheapestAssignment",
    "flow": "agents.policies.flow:CheapestFlow",
    "horizon": "agents.policies.horizon:RollingHorizon",
    "nearest": "agents.policies.nearest:NearestCrew",
    "priority": "agents.policies.priority:PriorityQueue",
    "zone": "agents.policies.zone:FixedZone",
}
"""Names of the policies that come with the package."""

_WHERE = "A file that --set names is looked for in the working folder, then beside the scenario"


def load_policy(name: str, options: Mapping[str, Any] | None = None, folder: Path | None = None) -> Policy:
    """Make a policy by name.

    Parameters
    ----------
    name
        A name of `BUILT_IN`, ``module:Class``, or ``file.py:Class``.
    options
        Arguments of the class; none for its defaults.
    folder
        Where a file is looked for; the working folder if none.

    Raises
    ------
    ScenarioError
        If there is no such policy, it does not take the options, or what the name leads to is none.
    """
    target = BUILT_IN.get(name, name)
    module, _, attribute = target.rpartition(":")
    if not module:
        raise ScenarioError(
            f"Policy '{name}' is unknown",
            got=name,
            expected=f"{', '.join(sorted(BUILT_IN))}, module:Class or file.py:Class",
        )
    try:
        found = policy_file(name, folder)
        code = import_module(module) if found is None else _import_file(found)
        policy = getattr(code, attribute)(**(options or {}))
    except KeyboardInterrupt:  # whoever sits at the keyboard, not the policy
        raise
    except BaseException as exc:  # somebody else's code may raise anything while it is loaded, and exit too
        raise ScenarioError(
            f"Policy '{name}' cannot be loaded",
            got=f"{type(exc).__name__}: {exc}",
            expected="a class that can be made with " + (", ".join(options) if options else "no arguments"),
            remedy=_WHERE if isinstance(exc, OSError) else None,
        ) from exc
    if not isinstance(policy, Policy):
        raise ScenarioError(
            f"Policy '{name}' cannot decide",
            got=type(policy).__name__,
            expected="a class with a method decide(situation)",
        )
    return policy


def policy_file(name: str, folder: Path | None = None) -> Path | None:
    """Return the file that a policy's name leads to, or None where it names no file."""
    module, _, _ = name.rpartition(":")
    return (folder or Path()) / module if module.endswith(".py") else None


def policy_label(name: str) -> str:
    """Return a policy's name for the log: without the folder of its file, which differs by machine."""
    module, _, attribute = name.rpartition(":")
    return f"{Path(module).name}:{attribute}" if module.endswith(".py") else name


def _import_file(path: Path) -> ModuleType:
    """Import a file under a name of its content, so that what was saved finds the same code again."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = f"{path.stem}_{digest[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path} is no Python file"
        raise ImportError(msg)
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
