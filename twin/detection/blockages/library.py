"""What each conduit would do to the sensors if it were blocked, simulated ahead.

A blockage dams up what is above it and starves what is below it, by how much depends above all on the flow
that should pass it. Each candidate is therefore simulated through the wettest hours of the record, and what
the sensors then read more or less is kept as a function of the flow that the conduit has in the healthy
model. Between the flows of those hours it is interpolated, above them held, below them it falls to nothing
with the flow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim_models.city import Network
from twin.detection.blockages.forcing import Forcing
from twin.detection.blockages.settings import BlockageSettings
from twin.detection.blockages.shadow import WHOLE, Obstacle, SewerShadow, Span
from twin.detection.place import PipeMap
from twin.sewer.throttle import loss_coefficient

_KNOTS = 9
_LEAST_FLOW_M3_H = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Effects of blocked conduits.

    Parameters
    ----------
    conduits
        Ids of the candidates.
    shares
        Blocked shares, ascending.
    most_m3_h
        Flow at the last knot of each candidate, shape (conduits,), m3/h; knots are even in its square root.
    effect
        Change at the sensors, shape (conduits, shares, knots, sensors), m and m3/h.
    spread
        Its standard deviation at each knot, same shape.
    """

    conduits: tuple[str, ...]
    shares: tuple[float, ...]
    most_m3_h: NDArray[np.float64]
    effect: NDArray[np.float64]
    spread: NDArray[np.float64]

    def at(self, flows_m3_h: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return effect and spread at the flows of the candidates, shape (conduits * shares, sensors)."""
        knots = self.effect.shape[2]
        place = np.sqrt(np.clip(flows_m3_h / self.most_m3_h, 0.0, 1.0)) * (knots - 1)
        lower = np.minimum(place.astype(np.int64), knots - 2)
        weight = (place - lower)[:, None, None]
        rows = np.arange(len(self.conduits))
        sensors = self.effect.shape[3]
        found = [
            (1.0 - weight) * table[rows, :, lower] + weight * table[rows, :, lower + 1]
            for table in (self.effect, self.spread)
        ]
        return found[0].reshape(-1, sensors), found[1].reshape(-1, sensors)


def choose_candidates(
    network: Network, sensors: Sequence[str], flows_m3_h: NDArray[np.float64], most: int
) -> tuple[tuple[str, ...], int]:
    """Return the conduits that may be found blocked, nearest to a sensor first, and how many are left out.

    Parameters
    ----------
    network
        The sewer.
    sensors
        Names of what is read.
    flows_m3_h
        Largest flow of each conduit in the order of the table of links, m3/h; a dry one is no candidate.
    most
        How many at most.
    """
    links = network.links[network.links["kind"] == "conduit"]
    names = links["id"].astype(str).tolist()
    every = network.links["id"].astype(str).tolist()
    distances_m = PipeMap(network, every)
    nearest_m = np.full(len(every), np.inf)
    ends = list(
        zip(network.links["from_node"].astype(str), network.links["to_node"].astype(str), strict=True)
    )
    for sensor in sensors:
        kind, _, name = sensor.partition("_")
        at = [every.index(name)] if kind == "q" else [row for row, pair in enumerate(ends) if name in pair]
        for row in at:
            nearest_m = np.minimum(nearest_m, distances_m.distances(row))
    rows = {name: row for row, name in enumerate(every)}
    wet = [name for name, flow in zip(names, flows_m3_h, strict=True) if flow >= _LEAST_FLOW_M3_H]
    order = sorted(wet, key=lambda name: (nearest_m[rows[name]], rows[name]))
    return tuple(order[:most]), len(names) - min(len(order), most)


def build_library(
    shadow: SewerShadow,
    forcing: Forcing,
    span: Span,
    conduits: Sequence[str],
    *,
    jobs: int = 1,
    watcher: Callable[[int, int], None] | None = None,
) -> Library:
    """Simulate each conduit with each blocked share.

    Parameters
    ----------
    shadow
        The model.
    forcing, span
        Rain, and the hours that are simulated.
    conduits
        Candidates.
    jobs
        Processes.
    watcher
        Told of how many of how many are done.
    """
    settings: BlockageSettings = shadow.settings
    plain = shadow.run(forcing, span, watched=conduits)
    obstacles = [Obstacle(conduit, share) for conduit in conduits for share in settings.shares]
    sensors = plain.sensors.shape[1]
    effect = np.zeros((len(conduits), len(settings.shares), _KNOTS, sensors))
    spread = np.zeros_like(effect)
    most = np.maximum(plain.flows_m3_h.max(axis=0), _LEAST_FLOW_M3_H)
    for number, blocked in enumerate(shadow.run_all(forcing, span, obstacles, jobs)):
        row, share = divmod(number, len(settings.shares))
        place = np.sqrt(plain.flows_m3_h[:, row] / most[row]) * (_KNOTS - 1)
        held = shadow.is_level & (settings.shares[share] >= WHOLE)
        effect[row, share], spread[row, share] = _tabulate(place, blocked - plain.sensors, held)
        if watcher is not None:
            watcher(number + 1, len(obstacles))
    return with_shares_between(Library(tuple(conduits), settings.shares, most, effect, spread))


def with_shares_between(library: Library) -> Library:
    """Add a share between each two, whose effect is the geometric mean of theirs where both have one sign.

    Loss grows so fast with the blocked share that a blockage between two simulated ones resembles neither.
    Its share is that whose loss coefficient is the geometric mean; beside a closed section, one that leaves
    a quarter of the opening.
    """
    shares, tables = [library.shares[0]], [[library.effect[:, :1], library.spread[:, :1]]]
    for row, (low, high) in enumerate(itertools.pairwise(library.shares)):
        first, second = library.effect[:, row : row + 1], library.effect[:, row + 1 : row + 2]
        between = np.sign(first) * np.sqrt(np.maximum(first * second, 0.0))
        unsure = 0.5 * (library.spread[:, row : row + 1] + library.spread[:, row + 1 : row + 2])
        shares += [_share_between(low, high), high]
        tables += [[between, unsure], [second, library.spread[:, row + 1 : row + 2]]]
    effect, spread = (np.concatenate(parts, axis=1) for parts in zip(*tables, strict=True))
    return Library(library.conduits, tuple(shares), library.most_m3_h, effect, spread)


def _share_between(low: float, high: float) -> float:
    """Return the share whose loss is the geometric mean of those of two, rounded to a percent."""
    if high >= WHOLE:
        return round(1.0 - 0.25 * (1.0 - low), 2)
    wanted = math.sqrt(loss_coefficient(low) * loss_coefficient(high))
    steps = np.linspace(low, high, 101)
    losses = np.array([loss_coefficient(float(share)) for share in steps])
    return round(float(np.interp(wanted, losses, steps)), 2)


def _tabulate(
    place: NDArray[np.float64], change: NDArray[np.float64], held: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and deviations of changes around knots, weighted by how near each moment's flow is to a knot.

    Where nothing passes nothing changes, but for levels above a closed section, which are ``held``.
    """
    hats = np.maximum(1.0 - np.abs(place[None, :] - np.arange(_KNOTS)[:, None]), 0.0)
    weight = hats.sum(axis=1)
    known = weight > 1e-6
    known[0] = False
    means, squares = np.zeros((_KNOTS, change.shape[1])), np.zeros((_KNOTS, change.shape[1]))
    share = hats[known] / weight[known, None]
    means[known], squares[known] = share @ change, share @ change**2
    least = int(np.argmax(known))
    means[0, held], squares[0, held] = means[least, held], squares[least, held]
    knots = np.concatenate([[0], np.flatnonzero(known)])
    for sensor in range(change.shape[1]):
        means[:, sensor] = np.interp(np.arange(_KNOTS), knots, means[knots, sensor])
        squares[:, sensor] = np.interp(np.arange(_KNOTS), knots, squares[knots, sensor])
    return means, np.sqrt(np.maximum(squares - means**2, 0.0))
