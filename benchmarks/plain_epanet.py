"""EPANET by its own toolkit alone, as the second opinion on our engine."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network

_FOOT_M = 0.3048
_LAST_US_UNIT = 4


def heads(
    network: Network, folder: Path, *, required_pressure_m: float | None, hours: int
) -> dict[int, NDArray[np.float64]]:
    """Head at each node, m, at each moment that EPANET solves; pressure-driven where a pressure is given."""
    import epanet.toolkit as tk

    path = folder / "plain.inp"
    path.write_text(network.inp, encoding="utf-8")
    project = tk.createproject()
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the toolkit warns of every negative pressure
        tk.open(project, str(path), str(folder / "plain.rpt"), "")
        us = tk.getflowunits(project) <= _LAST_US_UNIT
        if required_pressure_m is not None:
            scale = 0.4333 / _FOOT_M if us else 1.0
            tk.setdemandmodel(project, tk.PDA, 0.0, required_pressure_m * scale, 0.5)
        tk.settimeparam(project, tk.DURATION, hours * 3600)
        tk.openH(project)
        tk.initH(project, 0)
        index = [tk.getnodeindex(project, str(name)) for name in network.nodes["id"]]
        step = 1
        while step > 0:
            moment = tk.runH(project)
            values = np.array([tk.getnodevalue(project, node, tk.HEAD) for node in index])
            found[moment] = values * (_FOOT_M if us else 1.0)
            step = tk.nextH(project)
    tk.deleteproject(project)
    return found
