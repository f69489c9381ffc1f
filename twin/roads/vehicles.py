"""How fast a vehicle can drive through water, and when it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cim_models.catalogues import load_catalogue


@dataclass(frozen=True, slots=True)
class SpeedCurve:
    """Largest safe speed over depth, a parabola with its opening upwards.

    Parameters
    ----------
    quadratic, linear, constant
        v = quadratic w² + linear w + constant; w in mm, v in km/h.
    limit_m
        Depth up to which the curve holds, m; it falls all the way to there.
    """

    quadratic: float
    linear: float
    constant: float
    limit_m: float

    def speed_km_h(self, depth_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Largest safe speed, km/h; 0 above the limit.

        Source: Pregnolato et al. (2017), as in the catalogue ``vehicles``.
        """
        w_mm = 1000.0 * np.maximum(depth_m, 0.0)
        speed = (self.quadratic * w_mm + self.linear) * w_mm + self.constant
        return np.where(depth_m <= self.limit_m, speed, 0.0)


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """A kind of vehicle on flooded roads.

    Parameters
    ----------
    name
        Key in the catalogue.
    zh, en
        Name for people.
    limit_m
        Deepest water that it drives through, m, > 0.
    passes_barriers
        Whether a closed road lets it through.
    curve
        Speed over depth of an ordinary car; stretched so that it ends at ``limit_m``.
    """

    name: str
    zh: str
    en: str
    limit_m: float
    passes_barriers: bool
    curve: SpeedCurve

    def speed_km_h(
        self, depth_m: NDArray[np.float64], free_speed_km_h: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Driving speed at a depth, km/h: the road's own, or what the water allows; 0 when cut."""
        as_for_a_car = depth_m * (self.curve.limit_m / self.limit_m)
        return np.minimum(free_speed_km_h, self.curve.speed_km_h(as_for_a_car))


@cache
def vehicle_classes() -> Mapping[str, VehicleClass]:
    """Vehicle classes of the catalogue ``vehicles``, by name."""
    catalogue = load_catalogue("vehicles")
    curve = catalogue["speed_curve"]
    car = SpeedCurve(
        quadratic=float(curve["quadratic"]),
        linear=float(curve["linear"]),
        constant=float(curve["constant"]),
        limit_m=float(curve["limit_mm"]) / 1000.0,
    )
    return {
        name: VehicleClass(
            name=name,
            zh=entry["zh"],
            en=entry["en"],
            limit_m=float(entry["limit_m"]),
            passes_barriers=bool(entry["passes_barriers"]),
            curve=car,
        )
        for name, entry in catalogue["classes"].items()
    }
