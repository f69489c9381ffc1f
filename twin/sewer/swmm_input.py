"""Edit the text of a SWMM input file without disturbing its line numbers.

SWMM names a faulty line by its number. An edited file therefore keeps every line where it was: an
option is changed in place or added after the last line, and a section is switched off by turning its
rows into comments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from twin.sewer.controls import LATENT_LOSS, hold_rules
from twin.sewer.settings import SewerSettings

_HORIZON = timedelta(days=3650)

_FALLBACK_START = datetime(2000, 1, 1)
"""Start of a simulation whose file does not say it readably."""

#: Nothing of the file's own reporting is wanted; results are read while SWMM runs.
_QUIET_REPORT = (
    "INPUT NO",
    "CONTINUITY NO",
    "FLOWSTATS NO",
    "CONTROLS NO",
    "SUBCATCHMENTS NONE",
    "NODES NONE",
    "LINKS NONE",
)

#: What makes or carries rain inside SWMM; rain falls on the surface grid instead.
_WITHOUT_RAIN = {
    "IGNORE_RAINFALL": "YES",
    "IGNORE_SNOWMELT": "YES",
    "IGNORE_GROUNDWATER": "YES",
    "IGNORE_RDII": "YES",
    "IGNORE_QUALITY": "YES",
}


@dataclass(frozen=True, slots=True)
class SwmmInput:
    """Lines of a SWMM input file.

    Parameters
    ----------
    lines
        Without line ends.
    """

    lines: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> SwmmInput:
        """Split the text of a file into its lines."""
        return cls(tuple(text.splitlines()))

    @property
    def text(self) -> str:
        """The file as text, with a line end after every line."""
        return "\n".join(self.lines) + "\n"

    def option(self, name: str, default: str = "") -> str:
        """Value of an option in upper case, or ``default`` where the file does not set it."""
        found = default
        for _, words in self._rows("OPTIONS"):
            if words[0].upper() == name and len(words) > 1:
                found = words[1]
        return found.upper()

    def with_options(self, options: Mapping[str, str]) -> SwmmInput:
        """Set options: in place where the file has them, after the last line where not.

        Parameters
        ----------
        options
            Value by name in capitals.
        """
        lines = list(self.lines)
        missing = dict(options)
        for index, words in self._rows("OPTIONS"):
            name = words[0].upper()
            if name in options:
                lines[index] = f"{name} {options[name]}"
                missing.pop(name, None)
        if missing:
            lines += ["[OPTIONS]", *(f"{name} {value}" for name, value in missing.items())]
        return SwmmInput(tuple(lines))

    def with_rows(self, section: str, rows: tuple[str, ...]) -> SwmmInput:
        """Put rows in the place of a section's own."""
        cleared = self.without(section)
        return SwmmInput((*cleared.lines, f"[{section}]", *rows))

    def without(self, section: str) -> SwmmInput:
        """Turn all rows of a section into comments."""
        lines = list(self.lines)
        for index, _ in self._rows(section):
            lines[index] = f";{lines[index]}"
        return SwmmInput(tuple(lines))

    def with_factor(self, section: str, word: int, factor: float) -> SwmmInput:
        """Multiply the number at a place, from 0, of each row of a section."""
        lines = list(self.lines)
        for index, words in self._rows(section):
            if len(words) > word:
                words[word] = f"{float(words[word]) * factor:.9g}"
                lines[index] = " ".join(words)
        return SwmmInput(tuple(lines))

    def with_scaled_series(self, names: Collection[str], factor: float) -> SwmmInput:
        """Multiply the values of some time series, whose rows hold times with or without dates."""
        lines = list(self.lines)
        for index, words in self._rows("TIMESERIES"):
            if words[0] not in names:
                continue
            place = 1
            while place < len(words):
                place += 2 if "/" in words[place] else 1
                if place < len(words):
                    words[place] = f"{float(words[place]) * factor:.9g}"
                place += 1
            lines[index] = " ".join(words)
        return SwmmInput(tuple(lines))

    def rows(self, section: str) -> tuple[tuple[str, ...], ...]:
        """Words of each row of a section that is no comment."""
        return tuple(tuple(words) for _, words in self._rows(section))

    def with_latent_losses(self, conduits: Iterable[str]) -> SwmmInput:
        """Give conduits a loss that does not matter, so that SWMM computes one that is set later."""
        lines, missing = list(self.lines), dict.fromkeys(conduits)
        for index, words in self._rows("LOSSES"):
            if words[0] in missing:
                del missing[words[0]]
                if len(words) > 3 and float(words[3]) < LATENT_LOSS:
                    lines[index] = " ".join((*words[:3], f"{LATENT_LOSS:g}", *words[4:]))
        if missing:
            lines += ["[LOSSES]", *(f"{conduit} 0 0 {LATENT_LOSS:g}" for conduit in missing)]
        return SwmmInput(tuple(lines))

    def with_held_pumps(self) -> SwmmInput:
        """Add the rules that keep a pump still once it is held, see `twin.sewer.controls.hold_rules`."""
        rules = hold_rules([words[0] for _, words in self._rows("PUMPS")])
        return SwmmInput((*self.lines, "[CONTROLS]", *rules)) if rules else self

    def start(self) -> datetime | None:
        """When the simulation begins, or None where the file does not say it readably."""
        try:
            day = datetime.strptime(self.option("START_DATE").replace("-", "/"), "%m/%d/%Y")
            clock = self.option("START_TIME", "0:00:00").split(":")
            hour, minute, second = (int(part) for part in (*clock, "0", "0")[:3])
            return day + timedelta(hours=hour, minutes=minute, seconds=second)
        except ValueError:
            return None

    def _rows(self, section: str) -> Iterator[tuple[int, list[str]]]:
        """Index and words of each row of a section that is no comment."""
        inside = False
        for index, line in enumerate(self.lines):
            content = line.split(";", 1)[0].strip()
            if content.startswith("["):
                inside = _is_section(content, section)
            elif inside and content:
                yield index, content.split()


def prepare(text: str, settings: SewerSettings, step_s: float, elapsed_s: float = 0.0) -> SwmmInput:
    """Return the input file as the engine runs it.

    Fixed routing step, one thread, dynamic wave, an end ten years away, no reporting, no auxiliary
    files. Rain, and all that follows from it inside SWMM, is switched off unless the settings keep it;
    dry weather flow, inflows, controls and pumps stay.

    Parameters
    ----------
    text
        The file as its author wrote it.
    settings
        How SWMM runs.
    step_s
        Routing step, s.
    elapsed_s
        Time since the start at which it begins, s; SWMM's dates know whole seconds.
    """
    source = SwmmInput.parse(text)
    begin = settings.start or source.start() or _FALLBACK_START
    begin += timedelta(seconds=int(elapsed_s))
    options = {
        "FLOW_ROUTING": "DYNWAVE",
        "ROUTING_STEP": f"{step_s:g}",
        "VARIABLE_STEP": "0",
        "THREADS": "1",
        "SKIP_STEADY_STATE": "NO",
        "IGNORE_ROUTING": "NO",
        "REPORT_STEP": "00:15:00",
        **_dates(begin),
    }
    if not settings.rain:
        options |= _WITHOUT_RAIN
    if settings.riser_area_m2 is not None:
        options["ALLOW_PONDING"] = "YES"
    if settings.surcharge_method is not None:
        options["SURCHARGE_METHOD"] = settings.surcharge_method
    edited = source.with_latent_losses(settings.throttled).with_held_pumps()
    return edited.with_options(options).without("FILES").with_rows("REPORT", _QUIET_REPORT)


def _dates(begin: datetime) -> dict[str, str]:
    end = begin + _HORIZON
    return {
        "START_DATE": begin.strftime("%m/%d/%Y"),
        "START_TIME": begin.strftime("%H:%M:%S"),
        "REPORT_START_DATE": begin.strftime("%m/%d/%Y"),
        "REPORT_START_TIME": begin.strftime("%H:%M:%S"),
        "END_DATE": end.strftime("%m/%d/%Y"),
        "END_TIME": end.strftime("%H:%M:%S"),
    }


def _is_section(header: str, section: str) -> bool:
    """SWMM knows a section by the first letters of its name."""
    name = header.strip("[]").upper()
    return section.startswith(name) if len(name) >= 4 else name == section
