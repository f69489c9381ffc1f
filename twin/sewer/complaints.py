"""Turn SWMM's own complaint into one of ours.

The toolkit raises a bare ``ERROR 200``; which line of the input is wrong stands only in the report
file that SWMM leaves behind.
"""

import re
from pathlib import Path

from cim_models.errors import EngineError, NetworkError

_ERROR = re.compile(r"^\s*ERROR (\d+):\s*(.*)$")
_INPUT_ERRORS = range(101, 362)


def swmm_error(doing: str, report: Path, fallback: Exception) -> NetworkError | EngineError:
    """Return the error that SWMM's report file tells of.

    Parameters
    ----------
    doing
        What was under way, to begin the message with.
    report
        SWMM's report file; need not exist.
    fallback
        What the toolkit raised, used where the report says nothing.

    Returns
    -------
    `NetworkError` where the input file is at fault, else `EngineError`.
    """
    found = _complaints(report)
    if not found:
        return EngineError(doing, got=str(fallback) or type(fallback).__name__, remedy=f"See {report}")
    code, text = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    got = f"SWMM error {code}, {text}{more}"
    if code in _INPUT_ERRORS:
        return NetworkError(
            doing,
            got=got,
            expected="a model that SWMM 5.2 accepts",
            remedy="Correct this line of the city's sewer.inp",
        )
    return EngineError(doing, got=got, remedy=f"See {report}")


def _complaints(report: Path) -> list[tuple[int, str]]:
    """Code and text of every error in the report; the line at fault follows on the next line."""
    if not report.exists():
        return []
    lines = report.read_text(encoding="utf-8", errors="replace").splitlines()
    found = []
    for index, line in enumerate(lines):
        match = _ERROR.match(line)
        if match is None:
            continue
        text = match[2].strip()
        if text.endswith(":") and index + 1 < len(lines):
            text = f"{text} {lines[index + 1].strip()}"
        found.append((int(match[1]), " ".join(text.split())))
    # 200 only says that there are others
    return [item for item in found if item[0] != 200] or found
