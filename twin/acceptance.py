"""Whether the engines accept a city's networks: what only SWMM and EPANET themselves can say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cim_models.checks import Defect, Severity
from cim_models.city import City, Network
from cim_models.errors import CityTwinError
from twin.sewer import SewerEngine
from twin.supply.engine import SupplyEngine
from twin.supply.toolkit import is_installed

_STEP_S = 1.0
_NOT_ASKED = Defect(
    "supply",
    "",
    "not read by EPANET, which is not installed",
    "Use Python 3.12 to have it checked",
    Severity.NOTE,
)


def check_engines(city: City, known: Sequence[Defect] = ()) -> list[Defect]:
    """List what SWMM and EPANET refuse in a city's networks, as a run would meet it.

    Parameters
    ----------
    city
        The city.
    known
        What `cim_models.checks.check_city` found; an engine is not asked about a network with an error.

    Returns
    -------
    At most one defect a network. Where EPANET is not installed, a note says that nobody asked it.
    """
    wrong = {defect.layer for defect in known if defect.severity is Severity.ERROR}
    found = []
    if city.sewer is not None and "sewer" not in wrong:
        found.append(_refused("sewer", city.sewer, _open_sewer))
    if city.supply is not None and "supply" not in wrong:
        found.append(_refused("supply", city.supply, _open_supply) if is_installed() else _NOT_ASKED)
    return [defect for defect in found if defect is not None]


def _refused(layer: str, network: Network, open_: Callable[[Network, Path], None]) -> Defect | None:
    with tempfile.TemporaryDirectory(prefix="citytwin-check-") as folder:
        try:
            open_(network, Path(folder))
        except CityTwinError as exc:
            what = exc.what + ("" if exc.got is None else f": got {exc.got}")
            return Defect(layer, "", what, exc.remedy or "Correct the file", Severity.ERROR)
    return None


def _open_sewer(network: Network, workdir: Path) -> None:
    SewerEngine(network, workdir, _STEP_S).close()


def _open_supply(network: Network, workdir: Path) -> None:
    SupplyEngine(network, workdir).close()  # which has solved the first moment
