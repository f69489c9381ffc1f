"""EPANET's toolkit: the installed library, its units, its errors and its inner loop.

`owa-epanet` has wheels for Python up to 3.12. Everything here imports it when it is first needed, so
that a city is read, and a scenario without failures of its supply runs, where it is missing.
"""

from __future__ import annotations

import ctypes
import importlib.util
import re
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.errors import EngineError, NetworkError

_FOOT_M = 0.3048
_FLOW_M3_S = (
    _FOOT_M**3,  # CFS
    3.785411784e-3 / 60.0,  # GPM
    3785.411784 / 86400.0,  # MGD
    4546.09 / 86400.0,  # IMGD
    1233.48183754752 / 86400.0,  # AFD
    1e-3,  # LPS
    1e-3 / 60.0,  # LPM
    1e3 / 86400.0,  # MLD
    1.0 / 3600.0,  # CMH
    1.0 / 86400.0,  # CMD
    1.0,  # CMS
)
_LAST_US_UNIT = 4
_PRESSURE_PER_FOOT = (0.4333, 0.4333 * 6.895, _FOOT_M, 0.4333 * 0.068948, 1.0)
"""Units of pressure in one foot of water, in the order of EPANET's codes: psi, kPa, m, bar, ft."""

_LIBRARY_PATTERNS = ("libepanet2.so", "libepanet2.dylib", "epanet2.dll", "*epanet2*")
_COMPLAINT = re.compile(r"^\s*Error (\d+): (.*?)\s*(?:in \[(\w+)\] section:?)?\s*$")
_HEADING = re.compile(r"\[\w+\]")


def is_installed() -> bool:
    """Whether EPANET can be run in this environment."""
    return importlib.util.find_spec("epanet") is not None


@cache
def load_toolkit() -> ModuleType:
    """Return the toolkit's module.

    Raises
    ------
    EngineError
        If it is not installed.
    """
    if not is_installed():
        raise EngineError(
            "The water supply cannot be simulated",
            got="no EPANET in this environment",
            expected="package owa-epanet, which has wheels for Python 3.12 and not yet for 3.13",
            remedy="Use Python 3.12, or remove failures and measures of the supply",
        )
    import epanet.toolkit as toolkit

    module: ModuleType = toolkit
    return module


class HydraulicLoop:
    """EPANET's loop by direct calls: warnings come as numbers, values as whole arrays.

    The toolkit's own functions make a Python warning of each negative pressure and a list of each array.

    Parameters
    ----------
    project
        The toolkit's handle of an open project.
    """

    def __init__(self, project: Any) -> None:
        self._library = _library()
        self._project = ctypes.c_void_p(int(project))

    def run(self) -> tuple[int, int]:
        """Solve the present moment; return it, s, and EPANET's code, below 100 for a warning."""
        time_s = ctypes.c_long()
        code = self._library.EN_runH(self._project, ctypes.byref(time_s))
        return time_s.value, code

    def next(self) -> tuple[int, int]:
        """Go on to the next moment; return the step, s, and EPANET's code."""
        step_s = ctypes.c_long()
        code = self._library.EN_nextH(self._project, ctypes.byref(step_s))
        return step_s.value, code

    def until_event_s(self) -> int:
        """Time until EPANET's next hydraulic step, full or empty tank, or control, s."""
        kind, step_s, element = ctypes.c_int(), ctypes.c_long(), ctypes.c_int()
        self._library.EN_timetonextevent(
            self._project, ctypes.byref(kind), ctypes.byref(step_s), ctypes.byref(element)
        )
        return step_s.value

    def read_nodes(self, quantity: int, out: NDArray[np.float64]) -> None:
        """Fill ``out`` with a quantity of all nodes, in EPANET's order and the file's units."""
        self._library.EN_getnodevalues(self._project, quantity, out.ctypes.data_as(ctypes.c_void_p))

    def read_links(self, quantity: int, out: NDArray[np.float64]) -> None:
        """Fill ``out`` with a quantity of all links."""
        self._library.EN_getlinkvalues(self._project, quantity, out.ctypes.data_as(ctypes.c_void_p))


@cache
def _library() -> ctypes.CDLL:
    folder = Path(str(load_toolkit().__file__)).parent
    for pattern in _LIBRARY_PATTERNS:
        for path in sorted(folder.glob(pattern)):
            return ctypes.CDLL(str(path))
    raise EngineError(
        "EPANET's shared library is missing",
        got=f"no {_LIBRARY_PATTERNS[0]} in {folder}",
        remedy="Install owa-epanet again",
    )


def length_m(flow_units: int) -> float:
    """Metres in the file's unit of length."""
    return _FOOT_M if flow_units <= _LAST_US_UNIT else 1.0


def diameter_m(flow_units: int) -> float:
    """Metres in the file's unit of diameter."""
    return _FOOT_M / 12.0 if flow_units <= _LAST_US_UNIT else 1e-3


def flow_m3_s(flow_units: int) -> float:
    """Cubic metres a second in the file's unit of flow."""
    return _FLOW_M3_S[flow_units]


def pressure_per_m(pressure_units: int, specific_gravity: float) -> float:
    """Units of pressure in one metre of the fluid's own head."""
    return _PRESSURE_PER_FOOT[pressure_units] * specific_gravity / _FOOT_M


def open_model(handle: Any, inp: str, workdir: Path, source: str) -> None:
    """Read a model into a project of the toolkit, by way of files in ``workdir``, which is made.

    Raises
    ------
    NetworkError
        If EPANET rejects the model.
    """
    toolkit = load_toolkit()
    workdir.mkdir(parents=True, exist_ok=True)
    path, report = workdir / "supply.inp", workdir / "supply.rpt"
    path.write_text(inp, encoding="utf-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            toolkit.open(handle, str(path), str(report), "")
    except Exception as exc:
        with suppress(Exception):  # only now does EPANET write down what it said
            toolkit.close(handle)
        raise rejection(source, inp, report, exc) from exc


def rejection(source: str, inp: str, report: Path, fallback: Exception) -> NetworkError:
    """Return the error that EPANET's report tells of, with the line of the input that it means.

    Parameters
    ----------
    source
        Name of the file, for the message.
    inp
        Its text, to find the line: EPANET repeats it but does not number it.
    report
        EPANET's report; need not exist.
    fallback
        What the toolkit raised, used where the report says nothing.
    """
    lines = report.read_text(encoding="utf-8", errors="replace").splitlines() if report.exists() else []
    found = []
    for index, text in enumerate(lines):
        match = _COMPLAINT.match(text)
        if match is None or match[1] == "200":  # 200 only says that there are others
            continue
        quoted = lines[index + 1] if match[3] and index + 1 < len(lines) else ""
        where = f" in '{' '.join(quoted.split())}'" if quoted else ""
        heading = _HEADING.search(match[2])
        at_fault = heading[0] if heading and not quoted else quoted
        found.append(
            (f"error {match[1]}, {match[2].strip()}{where}", _line_number(inp, match[3] or "", at_fault))
        )
    if not found:
        return NetworkError(
            f"{source}: EPANET refuses it",
            got=str(fallback),
            expected="a model that EPANET 2.2 accepts",
            remedy="Correct the file",
        )
    words, line = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return NetworkError(
        f"{source}{f' line {line}' if line else ''}: EPANET refuses it",
        got=f"{words}{more}",
        expected="a model that EPANET 2.2 accepts",
        remedy="Correct this line" if line else "Correct the file",
    )


def _line_number(inp: str, section: str, quoted: str) -> int | None:
    """Find the line that EPANET quotes, in its section; None where it quotes none."""
    wanted, current = quoted.partition(";")[0].split(), ""
    if not wanted:
        return None
    for number, line in enumerate(inp.splitlines(), start=1):
        words = line.partition(";")[0].split()
        if words and words[0].startswith("["):
            if words == wanted:  # the heading itself is what it complains of
                return number
            current = words[0].strip("[]").upper()
        elif words == wanted and current[:4] == section.upper()[:4]:
            return number
    return None
