"""Where the time of a single-threaded loop goes, by sampling instead of by timing every call.

A wrapper around a call of a microsecond costs more than the call. A signal every millisecond that
notes where the loop stands costs next to nothing and disturbs nothing.
"""

import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

SAMPLE_S = 0.001
REST = "other"


class StageSampler:
    """Counts samples by stage; a stage is a set of source files.

    The innermost frame that belongs to a stage decides, so what a stage calls in files that belong to
    none counts to it.

    Parameters
    ----------
    stages
        Ends of file paths by stage, such as ``agents/desk.py`` or ``agents/channels/``.
    """

    def __init__(self, stages: Mapping[str, Sequence[str]]) -> None:
        self._stages = [(part, stage) for stage, parts in stages.items() for part in parts]
        self._known: dict[str, str] = {}
        self._samples: Counter[str] = Counter(dict.fromkeys((*stages, REST), 0))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Sample the main thread while the context lasts.

        Not to be nested, and only in the main thread: it takes the alarm signal for itself.
        """
        before = signal.signal(signal.SIGALRM, self._sample)
        signal.setitimer(signal.ITIMER_REAL, SAMPLE_S, SAMPLE_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)

    def shares(self) -> dict[str, float]:
        """Share of the samples in each stage; they sum to 1, or are all 0 when there were none."""
        total = self._samples.total()
        return {stage: count / total if total else 0.0 for stage, count in self._samples.items()}

    def _sample(self, _signal: int, frame: FrameType | None) -> None:
        while frame is not None:
            stage = self._stage_of(frame.f_code.co_filename)
            if stage:
                self._samples[stage] += 1
                return
            frame = frame.f_back
        self._samples[REST] += 1

    def _stage_of(self, path: str) -> str:
        stage = self._known.get(path)
        if stage is None:
            found = (name for part, name in self._stages if part in path)
            stage = self._known[path] = next(found, "")
        return stage
