"""The watched spaces of a city, and the boxes that they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from geopandas import GeoDataFrame

from cim_models.errors import InputError
from twin.chance import Chance
from twin.gas.box import Floats
from twin.gas.settings import GasSettings

_DAY_S, _HOUR_S = 86_400.0, 3600.0


@dataclass(frozen=True, slots=True)
class GasSites:
    """Watched spaces, one row each; all arrays have the shape (sites,).

    Parameters
    ----------
    ids, kinds
        As in layer ``hazard_sites``.
    x, y
        Place, m.
    volume_m3
        Of the air.
    exchange_1_s
        Mean natural exchange of air, 1/s.
    fan_1_s
        Exchange by the site's own fan, 1/s; 0 for none.
    marsh_m3_s
        Marsh gas that forms, m3/s.
    """

    ids: tuple[str, ...]
    kinds: tuple[str, ...]
    x: Floats
    y: Floats
    volume_m3: Floats
    exchange_1_s: Floats
    fan_1_s: Floats
    marsh_m3_s: Floats

    def __len__(self) -> int:
        return len(self.ids)


def gas_sites(layer: GeoDataFrame, settings: GasSettings, chance: Chance) -> GasSites:
    """Make boxes of a layer ``hazard_sites``.

    Sites of one kind differ by a log-normal factor in what forms there, which belongs to the site's id.

    Raises
    ------
    InputError
        If a site is of a kind that catalogue ``gas_hazards`` does not have.
    """
    ids = tuple(str(name) for name in layer["id"])
    kinds = tuple(str(kind) for kind in layer["kind"])
    for name, kind in zip(ids, kinds, strict=True):
        if kind not in settings.kinds:
            raise InputError(
                f"Hazard site '{name}'", got=f"kind '{kind}'", expected=f"one of {', '.join(settings.kinds)}"
            )
    values = [settings.kinds[kind] for kind in kinds]
    marsh = settings.marsh
    warmth = np.exp(marsh.more_per_degree * (settings.temperature_c - marsh.reference_temperature_c))
    methane_m3_s = marsh.methane_m3_person_day / _DAY_S * warmth
    factor = np.array([np.exp(marsh.spread * chance.of(name).standard_normal()) for name in ids])
    return GasSites(
        ids=ids,
        kinds=kinds,
        x=layer.geometry.x.to_numpy(np.float64),
        y=layer.geometry.y.to_numpy(np.float64),
        volume_m3=_column(values, "volume_m3"),
        exchange_1_s=_column(values, "exchange_1_h") / _HOUR_S,
        fan_1_s=_column(values, "fan_1_h") / _HOUR_S,
        marsh_m3_s=_column(values, "persons") * methane_m3_s / settings.marsh_gas.methane * factor,
    )


def _column(values: list[Any], name: str) -> Floats:
    return np.array([getattr(value, name) for value in values], dtype=np.float64)
