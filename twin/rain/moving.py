"""Storms that move: a cell that travels over the city, and a design storm that arrives later downwind.

Both know the depth that has fallen at a place until a time in closed form. A step of the series holds the
difference of two such depths, so the sum over a storm is the formula's and owes nothing to the step.
"""

from dataclasses import dataclass, replace
from math import cos, inf, log, pi, radians, sin, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from cim_models.city import Terrain
from cim_models.errors import InputError
from twin.rain.field import RainField, rain_blocks
from twin.rain.series import RainSeries

FloatGrid = NDArray[np.float64]

_MOST_STEPS = 1440
_WIDTHS_PER_SIGMA = 2.0 * sqrt(2.0 * log(2.0))
_STANDSTILL = 1e-4
"""A cell that moves less than this share of its size in its life stands still; the integrals need motion."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a storm is going.

    Parameters
    ----------
    speed_m_s
        m/s, >= 0.
    towards_deg
        Direction that it moves towards, degrees clockwise from north: 90 is to the east.
    """

    speed_m_s: float
    towards_deg: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.speed_m_s < inf:
            raise InputError("Speed of the storm", got=f"{self.speed_m_s} m/s", expected=">= 0 m/s")
        if not -360.0 <= self.towards_deg <= 360.0:
            raise InputError("Direction of the storm", got=f"{self.towards_deg}°", expected="-360° to 360°")


@dataclass(frozen=True, slots=True)
class StormCell:
    """A storm cell: a footprint that grows, lasts, decays and travels in a straight line.

    The intensity at a place is ``peak_mm_h`` times the footprint there, 0 to 1, times the stage of life,
    which rises in a straight line from 0 to 1 during growth and falls back during decay.

    Parameters
    ----------
    x, y
        Centre at the begin, m in the city's CRS; it may lie outside the city.
    peak_mm_h
        Largest intensity in the centre, mm/h, >= 0.
    length_m, width_m
        Axes of the ellipse on which the intensity of a Gaussian is half that in the centre, or beyond
        which it is 0, m, > 0.
    motion
        Speed and direction.
    growth_s, mature_s, decay_s
        Stages of life, s, >= 0, not all 0.
    begin_s
        When it comes to life, s since the start of the simulation.
    footprint
        ``"gaussian"``, or ``"ellipse"`` for one intensity all over.
    axis_deg
        Direction of the length, degrees clockwise from north; that of the motion where None.
    """

    x: float
    y: float
    peak_mm_h: float
    length_m: float
    width_m: float
    motion: Motion
    mature_s: float
    growth_s: float = 0.0
    decay_s: float = 0.0
    begin_s: float = 0.0
    footprint: Literal["gaussian", "ellipse"] = "gaussian"
    axis_deg: float | None = None

    def __post_init__(self) -> None:
        for name, unit in (("length_m", "m"), ("width_m", "m"), ("life_s", "s")):
            if not 0.0 < getattr(self, name) < inf:
                raise InputError(f"Storm cell, {name}", got=f"{getattr(self, name)} {unit}", expected="> 0")
        for name, unit in (("peak_mm_h", "mm/h"), ("growth_s", "s"), ("mature_s", "s"), ("decay_s", "s")):
            if not getattr(self, name) >= 0.0:
                raise InputError(f"Storm cell, {name}", got=f"{getattr(self, name)} {unit}", expected=">= 0")

    @property
    def life_s(self) -> float:
        """From coming to life to the end, s."""
        return self.growth_s + self.mature_s + self.decay_s

    def depth_mm(self, x: FloatGrid, y: FloatGrid, time_s: FloatGrid) -> FloatGrid:
        """Return the depth fallen at some places until some times, shape (times, places), mm.

        Parameters
        ----------
        x, y
            Places, shape (places,), m.
        time_s
            Since the cell came to life, shape (times,), s.
        """
        passage = self._passage(x, y)
        integral = passage.gaussian if self.footprint == "gaussian" else passage.ellipse
        depth = np.zeros((time_s.size, x.size))
        begin = 0.0
        for length, from_level, to_level in (
            (self.growth_s, 0.0, 1.0),
            (self.mature_s, 1.0, 1.0),
            (self.decay_s, 1.0, 0.0),
        ):
            if length > 0.0:
                slope = (to_level - from_level) / length
                until = np.clip(time_s, begin, begin + length)[:, None]
                depth += integral(begin, until, from_level - slope * begin, slope)
                begin += length
        return depth * (self.peak_mm_h / 3600.0)

    def _passage(self, x: FloatGrid, y: FloatGrid) -> "_Passage":
        axis = radians(self.motion.towards_deg if self.axis_deg is None else self.axis_deg)
        course = radians(self.motion.towards_deg)
        scale = 1.0 / _WIDTHS_PER_SIGMA if self.footprint == "gaussian" else 0.5
        east, north = x - self.x, y - self.y
        along = (east * sin(axis) + north * cos(axis)) / (scale * self.length_m)
        across = (east * cos(axis) - north * sin(axis)) / (scale * self.width_m)
        velocity_along = self.motion.speed_m_s * cos(course - axis) / (scale * self.length_m)
        velocity_across = self.motion.speed_m_s * sin(course - axis) / (scale * self.width_m)
        speed = sqrt(velocity_along**2 + velocity_across**2)
        return _Passage(
            square=0.0 if speed * self.life_s < _STANDSTILL else speed**2,
            product=velocity_along * along + velocity_across * across,
            constant=along**2 + across**2,
        )


@dataclass(frozen=True, slots=True)
class _Passage:
    """Squared distance of places from the centre in axes of the footprint: s t² - 2 p t + c.

    The integrals run over time from ``begin`` to ``until``, shape (times, 1), of the footprint times a
    stage of life ``level + slope t``; they return shape (times, places), s.
    """

    square: float
    product: FloatGrid
    constant: FloatGrid

    def gaussian(self, begin: float, until: FloatGrid, level: float, slope: float) -> FloatGrid:
        if self.square == 0.0:
            return np.exp(-0.5 * self.constant) * _line(begin, until, level, slope)
        nearest = self.product / self.square
        closest = np.exp(-0.5 * np.maximum(self.constant - self.product * nearest, 0.0))
        root = sqrt(self.square)
        first, last = root * (begin - nearest), root * (until - nearest)
        bell = sqrt(0.5 * pi) / root * (erf(last / sqrt(2.0)) - erf(first / sqrt(2.0)))
        ramp = (np.exp(-0.5 * first**2) - np.exp(-0.5 * last**2)) / self.square
        return np.asarray(closest * ((level + slope * nearest) * bell + slope * ramp))

    def ellipse(self, begin: float, until: FloatGrid, level: float, slope: float) -> FloatGrid:
        if self.square == 0.0:
            return (self.constant <= 1.0) * _line(begin, until, level, slope)
        nearest = self.product / self.square
        half = np.sqrt(np.maximum(nearest**2 - (self.constant - 1.0) / self.square, 0.0))
        enter, leave = np.maximum(nearest - half, begin), nearest + half
        return _line(enter, np.maximum(np.minimum(until, leave), enter), level, slope)


def _line(begin: float | FloatGrid, until: FloatGrid, level: float, slope: float) -> FloatGrid:
    """Return the integral of ``level + slope t``."""
    return np.asarray((until - begin) * (level + 0.5 * slope * (until + begin)))


def moving_storm(terrain: Terrain, storm: StormCell) -> RainSeries:
    """Return the rain of a storm cell over a city.

    The city is cut into blocks of cells, `rain_blocks`, each with the rain of its centre. Steps are at most
    a minute, and at most a tenth of the time in which the footprint travels its shorter axis, but no more
    than 1440 in all.

    Parameters
    ----------
    terrain
        Grid of the city.
    storm
        The cell.
    """
    blocks = rain_blocks(terrain)
    crossing_s = min(storm.length_m, storm.width_m) / max(storm.motion.speed_m_s, 1e-9)
    edges = _steps(storm.life_s, min(60.0, 0.1 * crossing_s))
    depth = storm.depth_mm(blocks.x, blocks.y, edges)
    return _series(edges + storm.begin_s, depth, RainField(blocks.zones))


def travelling_storm(
    terrain: Terrain, still: RainSeries, motion: Motion, origin: tuple[float, float] | None = None
) -> RainSeries:
    """Return a storm that reaches each place later by its distance downwind over the speed.

    Parameters
    ----------
    terrain
        Grid of the city.
    still
        The storm as it falls at the origin: uniform rain.
    motion
        Speed, > 0, and direction.
    origin
        Where the storm is on time, m; the corner of the city that it reaches first where None, so that it
        is late everywhere else.
    """
    if motion.speed_m_s == 0.0:
        raise InputError("Speed of the storm", got="0 m/s", expected="above 0 m/s")
    blocks = rain_blocks(terrain)
    east, north = sin(radians(motion.towards_deg)), cos(radians(motion.towards_deg))
    x_min, y_min, x_max, y_max = terrain.bounds
    first = min(x_min * east, x_max * east) + min(y_min * north, y_max * north)
    reference = first if origin is None else origin[0] * east + origin[1] * north
    delay = (blocks.x * east + blocks.y * north - reference) / motion.speed_m_s
    begin, end = float(still.edges_s[0] + delay.min()), float(still.edges_s[-1] + delay.max())
    edges = begin + _steps(end - begin, min(60.0, float(np.diff(still.edges_s).min())))
    fallen = np.concatenate([[0.0], np.cumsum(np.diff(still.edges_s) * still.rates_mm_h[:, 0] / 3600.0)])
    depth = np.interp(edges[:, None] - delay, still.edges_s, fallen)
    moved = _series(edges, depth, RainField(blocks.zones))
    return replace(moved, notes=still.notes)


def _steps(duration_s: float, step_s: float) -> FloatGrid:
    """Return whole steps, longer ones where there would be too many, and a last one up to the duration."""
    step_s = max(step_s, duration_s / _MOST_STEPS)
    return np.append(np.arange(0.0, duration_s - 1e-6 * step_s, step_s), duration_s)


def _series(edges: FloatGrid, depth: FloatGrid, field: RainField) -> RainSeries:
    """Return the series whose depth at each edge is the given one, shape (n + 1, blocks), mm."""
    rates = np.maximum(np.diff(depth, axis=0), 0.0) / np.diff(edges)[:, None] * 3600.0
    names = tuple(f"block {k}" for k in range(depth.shape[1]))
    return RainSeries(edges, rates, names, field=field)
