"""Writes ``docs/validation.md`` and the plots in ``docs/validation``.

Each case has a section under a marker of its own. A case that runs replaces its section, the others stay
as they are; the section of a case that is no more is dropped. The same figures give the same bytes.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.validation.outcome import Outcome
from benchmarks.validation.run import limit_text, value_text
from cim_models.errors import InputError

MARKER = re.compile(r"^<!-- case (\w+) -->\n", re.MULTILINE)
FIGURE_SIZE_IN = (7.2, 3.6)
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "citytwin",
    "font.size": 8,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "savefig.dpi": 120,
    "path.simplify": True,
}
HEAD = """\
# Validation

What the water is held against: analytical solutions, laboratory experiments, published cases and other
models. Every figure here is written by `citytwin bench validation`, none by hand. A figure with a limit is
also a test: `tests/physics/test_validation.py` runs every case, at reduced size where the full one takes
long.

```
citytwin bench validation                  # all cases but those against other models; status 1 if one fails
citytwin bench validation --case NAME      # one case
citytwin bench validation --quick          # at the reduced size of the tests
citytwin bench validation --peers          # also against other models, installed into their own environments
citytwin bench validation --peers --write  # run all and write this document
```

Cases on real or measured data read them from the folder named in `CITYTWIN_DATA`, and are skipped where it
is absent. Results do not depend on the number of threads.

"""


def docs_folder(quick: bool) -> Path:
    """Return the folder of the project's documents.

    Raises
    ------
    InputError
        If there is none, or the cases run small: the document holds figures of the full size.
    """
    folder = Path(__file__).resolve().parents[2] / "docs"
    if quick:
        raise InputError("docs/validation.md", got="cases at reduced size", remedy="Leave out --quick")
    if not folder.is_dir():
        raise InputError("docs/validation.md", got=f"no folder {folder}", remedy="Use a checkout of citytwin")
    return folder


def write_document(outcomes: Mapping[str, Outcome], known: Mapping[str, object], folder: Path) -> Path:
    """Write the sections and plots of the outcomes into ``validation.md`` in a folder; return its path.

    Parameters
    ----------
    outcomes
        What came of the cases that ran, by name.
    known
        All cases by name, in the order of the document.
    """
    target = folder / "validation.md"
    sections = read_sections(target.read_text("utf-8")) if target.is_file() else {}
    for name, outcome in outcomes.items():
        if outcome.draw is not None:
            write_plot(outcome, folder / "validation" / f"{name}.svg")
        sections[name] = section_text(name, outcome)
    kept = {name: sections[name] for name in known if name in sections}
    contents = "".join(_contents_line(name, text) for name, text in kept.items())
    body = "".join(f"<!-- case {name} -->\n{text}" for name, text in kept.items())
    target.write_text(f"{HEAD}{contents}\n{body}", encoding="utf-8")
    return target


def read_sections(text: str) -> dict[str, str]:
    """Return the sections of a written document by name of the case."""
    _, *parts = MARKER.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def section_text(name: str, outcome: Outcome) -> str:
    """Return the section of a case: title, paragraph, figures, plot, how to run it."""
    rows = "".join(
        f"| {measure.name} | {value_text(measure)} | {limit_text(measure)} |\n"
        for measure in outcome.measures
    )
    plot = f"![{outcome.title}](validation/{name}.svg)\n\n" if outcome.draw is not None else ""
    about = " ".join(outcome.about.split())
    table = f"| figure | value | limit |\n|---|---|---|\n{rows}"
    return f"## {outcome.title}\n\n{about}\n\n{table}\n{plot}`citytwin bench validation --case {name}`\n\n"


def write_plot(outcome: Outcome, path: Path) -> None:
    """Draw an outcome's plot into an SVG file without date, whose ids do not change from run to run."""
    if outcome.draw is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context(STYLE):
        figure = Figure(figsize=FIGURE_SIZE_IN, layout="constrained")
        outcome.draw(figure)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _contents_line(name: str, section: str) -> str:
    title = section.splitlines()[0].removeprefix("## ")
    anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    return f"- [{title}](#{anchor}) (`{name}`)\n"
