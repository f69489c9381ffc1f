"""The sewer's model beside its sensors: what they should read, with or without a blocked conduit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from cim_models.workers import spread
from twin.detection.blockages.forcing import Forcing
from twin.detection.blockages.settings import BlockageSettings
from twin.sewer import SewerEngine
from twin.sewer.throttle import loss_coefficient

M3_S_TO_M3_H = 3600.0
WHOLE = 1.0
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A blocked conduit: its id and the share of its section, above 0 to 1."""

    conduit: str
    share: float


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the time: from ``begin_s`` on, ``steps`` steps; s since the origin of the forcing."""

    begin_s: int
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a model would read.

    Parameters
    ----------
    sensors
        Means over steps, shape (steps, sensors), m and m3/h.
    flows_m3_h
        Flow of the watched conduits without its sign, shape (steps, conduits), m3/h.
    """

    sensors: NDArray[np.float64]
    flows_m3_h: NDArray[np.float64]


class SewerShadow:
    """A model of a sewer with sensors in it.

    Parameters
    ----------
    network
        The sewer.
    sensors
        Names ``level_NODE`` and ``q_LINK`` of what is read.
    settings
        Steps.
    """

    def __init__(self, network: Network, sensors: Sequence[str], settings: BlockageSettings) -> None:
        self.network, self.sensors, self.settings = network, tuple(sensors), settings
        self.is_level = np.array([name.startswith("level_") for name in sensors], dtype=bool)

    def run(
        self,
        forcing: Forcing,
        span: Span,
        obstacle: Obstacle | None = None,
        watched: Sequence[str] = (),
    ) -> Course:
        """Run SWMM over a span, after a time for it to fill; the obstacle is there from the beginning.

        Parameters
        ----------
        forcing
            Rain and dry weather flow.
        span
            When.
        obstacle
            What is blocked, if anything.
        watched
            Conduits whose flow is told too.

        Raises
        ------
        NetworkError, EngineError
            If SWMM rejects the model or becomes unstable.
        """
        throttled = () if obstacle is None else (obstacle.conduit,)
        with self.opened(forcing, span.begin_s, throttled) as engine:
            if obstacle is not None:
                block(engine, obstacle)
            engine.advance_to(float(self.settings.warmup_s))
            return self.read(engine, span.steps, watched, forcing.inflow_m3)

    @contextmanager
    def opened(self, forcing: Forcing, begin_s: int, throttled: Sequence[str] = ()) -> Iterator[SewerEngine]:
        """Open SWMM, empty, as long before a time as it takes to fill; conduits that may be blocked."""
        settings = self.settings
        start = forcing.origin + timedelta(seconds=begin_s - settings.warmup_s)
        swmm = replace(forcing.swmm, start=start, throttled=tuple(throttled))
        network = Network(self.network.nodes, self.network.links, forcing.inp)
        with (
            tempfile.TemporaryDirectory() as work,
            SewerEngine(network, Path(work), settings.routing_step_s, swmm) as engine,
        ):
            yield engine

    def read(
        self,
        engine: SewerEngine,
        steps: int,
        watched: Sequence[str] = (),
        inflow_m3: NDArray[np.float64] | None = None,
    ) -> Course:
        """Advance by some steps and average over each what is looked at some times in it.

        Water that a street gives nodes comes evenly over each step, of which the first is that of time 0.
        """
        names = [name.partition("_")[2] for name in self.sensors]
        of_level = zip(names, self.is_level, strict=True)
        nodes = [engine.node_ids.index(name) for name, is_level in of_level if is_level]
        metered = [name for name, is_level in zip(names, self.is_level, strict=True) if not is_level]
        links = engine.controls.rows([*metered, *watched])
        sensors, flows = np.empty((steps, len(names))), np.empty((steps, links.size))
        looks_s = self._looks_s()
        for step in range(steps):
            begin_s, levels, passing = engine.time_s, np.zeros(len(nodes)), np.zeros(links.size)
            for look_s in looks_s:
                if inflow_m3 is not None:
                    row = int(engine.time_s // self.settings.step_s)
                    part = (begin_s + look_s - engine.time_s) / self.settings.step_s
                    engine.inject(inflow_m3[row] * part)
                engine.advance_to(begin_s + look_s)
                levels += engine.depths[nodes]
                passing += engine.flows_m3_s(links)
            sensors[step, self.is_level] = levels / len(looks_s)
            flows[step] = passing * (M3_S_TO_M3_H / len(looks_s))
        sensors[:, ~self.is_level] = flows[:, : len(metered)]
        return Course(sensors, np.abs(flows[:, len(metered) :]))

    def _looks_s(self) -> tuple[float, ...]:
        """Moments of a step at which sensors are looked at, s since its beginning."""
        routing_s, step_s = self.settings.routing_step_s, float(self.settings.step_s)
        count = min(_LOOKS, int(step_s // routing_s))
        return tuple(round(step_s * (look + 1) / count / routing_s) * routing_s for look in range(count))

    def run_all(
        self, forcing: Forcing, span: Span, obstacles: Sequence[Obstacle], jobs: int
    ) -> Iterator[NDArray[np.float64]]:
        """Return what the sensors read with each obstacle alone, in order; in several processes.

        Each course has the shape (steps, sensors), m or m3/h.
        """
        yield from spread(partial(_sensors_of, self, forcing, span), obstacles, jobs)

    def run_worlds(
        self, worlds: Sequence[Forcing], span: Span, watched: Sequence[str], jobs: int
    ) -> Iterator[Course]:
        """Return the healthy courses under several forcings, in order; in several processes."""
        yield from spread(partial(_course_under, self, span, watched), worlds, jobs)


def block(engine: SewerEngine, obstacle: Obstacle) -> None:
    """Block a conduit of a running model: a loss of head, or nothing passes."""
    if obstacle.share >= WHOLE:
        engine.controls.shut(obstacle.conduit)
    else:
        engine.controls.throttle(obstacle.conduit, loss_coefficient(obstacle.share))


def _course_under(shadow: SewerShadow, span: Span, watched: Sequence[str], forcing: Forcing) -> Course:
    return shadow.run(forcing, span, watched=watched)


def _sensors_of(shadow: SewerShadow, forcing: Forcing, span: Span, obstacle: Obstacle) -> NDArray[np.float64]:
    return shadow.run(forcing, span, obstacle).sensors
