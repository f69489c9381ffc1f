"""The ground above a cavity: how wide it spans, and what it still bears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.cavities.growth import Floats
from twin.cavities.settings import Roof

_LEAST_M = 1e-3


@dataclass(frozen=True, slots=True)
class Shape:
    """Half an ellipsoid with its base at the pipe; shape (cavities,) each.

    Parameters
    ----------
    radius_m
        Of its base.
    cover_m
        Soil between its top and the pavement.
    area_m2
        In plan.
    """

    radius_m: Floats
    cover_m: Floats
    area_m2: Floats


@dataclass(frozen=True, slots=True)
class Strength:
    """Strength and load of the ground above cavities, shape (cavities,) each.

    Parameters
    ----------
    cohesion_kpa, friction_rad
        Of the soil, as wet as it is.
    factor
        Factor on all resistance by which places differ.
    traffic
        Factor on the wheel load.
    """

    cohesion_kpa: Floats
    friction_rad: Floats
    factor: Floats
    traffic: Floats


def shape_of(volume_m3: Floats, depth_m: Floats, pavement_m: float) -> Shape:
    """Shape of cavities of a volume above pipes at a depth.

    A hemisphere on the pipe until it reaches the pavement, then half an ellipsoid as high as the ground
    below the pavement; both have the volume 2/3 pi a^2 b.
    """
    room_m = np.maximum(depth_m - pavement_m, 0.1)
    sphere_m = np.cbrt(1.5 * volume_m3 / np.pi)
    height_m = np.minimum(sphere_m, room_m)
    radius_m = np.where(sphere_m <= room_m, sphere_m, np.sqrt(1.5 * volume_m3 / (np.pi * room_m)))
    return Shape(radius_m, room_m - height_m, np.pi * radius_m**2)


def safety_factor(shape: Shape, strength: Strength, roof: Roof) -> Floats:
    """Resistance over load of the roof of cavities, shape (cavities,); ``inf`` where there is no cavity.

    The plug of soil above the widest part slides down along a cylinder; the pavement spans it as a plate. A
    wheel's load spreads on its way down, so that a small cavity bears only its share.

    Source: limit equilibrium of a plug, 2 pi a h (c + K0 g h tan(phi) / 2) with K0 = 1 - sin(phi) (Jaky);
    collapse load of a simply supported round plate under a load on a circle of radius r <= a,
    2 pi m / (1 - 2 r / (3 a)) with m = f t^2 / 6 (yield lines, Johansen); spread of 2 : 1 in soil, 1 : 1 in
    the pavement (own assumption).
    """
    a, h = np.maximum(shape.radius_m, _LEAST_M), shape.cover_m
    at_rest = 1.0 - np.sin(strength.friction_rad)
    friction = 0.5 * at_rest * roof.unit_weight_kn_m3 * h * np.tan(strength.friction_rad)
    plug_kn = 2.0 * np.pi * a * h * (strength.cohesion_kpa + friction)
    loaded_m = roof.wheel_radius_m + roof.pavement_m + 0.5 * h
    moment_kn = roof.pavement_strength_kpa * roof.pavement_m**2 / 6.0
    plate_kn = 2.0 * np.pi * moment_kn / (1.0 - 2.0 * np.minimum(loaded_m, a) / (3.0 * a))
    weight_kn_m2 = roof.unit_weight_kn_m3 * h + roof.pavement_unit_weight_kn_m3 * roof.pavement_m
    wheel_kn = roof.wheel_kn * strength.traffic * np.minimum(a / loaded_m, 1.0) ** 2
    load_kn = weight_kn_m2 * np.pi * a**2 + wheel_kn
    return np.where(shape.radius_m > 0.0, strength.factor * (plug_kn + plate_kn) / load_kn, np.inf)
