"""What-ifs: several futures of one moment, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.branching.fork import Branch, Gate
from scenarios.runfolder.writer import check_free
from twin.surface.settings import available_threads

if TYPE_CHECKING:
    from scenarios.simulation import Simulation


@dataclass(slots=True)
class Futures:
    """Branches that were forked at one moment.

    Parameters
    ----------
    branches
        By name.
    gate
        Bounds how many compute at a time.
    """

    branches: dict[str, Branch]
    gate: Gate

    def wait(self) -> dict[str, int]:
        """Wait for all of them and return their exit statuses by name."""
        statuses = {}
        for name, branch in self.branches.items():
            statuses[name] = branch.wait()
            if branch.status is not None and branch.status < 0:
                self.gate.leave()  # killed by a signal: it could not give its place back
        self.gate.close()
        return statuses


def what_if(
    simulation: Simulation, futures: Mapping[str, Sequence[str]], folder: Path, places: int | None = None
) -> Futures:
    """Fork several futures of a running simulation; all begin now, a bounded number computes at a time.

    The simulation itself may go on at once.

    Parameters
    ----------
    simulation
        The run.
    futures
        Texts ``key=value`` that are different from now on, by name of the future.
    folder
        Where the run folders go, each under its name.
    places
        How many compute at a time; as many as there are cores when None.

    Raises
    ------
    InputError
        If a change is wrong or a folder holds something else; no future has begun then.
    """
    for name, overrides in futures.items():
        check_free(folder / name)
        simulation.plan(overrides)
    gate = Gate(places or available_threads())
    branches = {
        name: simulation.branch(folder / name, overrides, gate) for name, overrides in futures.items()
    }
    return Futures(branches, gate)
