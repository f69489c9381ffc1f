"""What a city has that may fail without a hydraulic model, and the sensors at which that shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim_models.city import City
from twin.failures.draw import Assets
from twin.failures.kinds import FailureCatalogue, FailureKind


@dataclass(frozen=True, slots=True)
class SensorPost:
    """A sensor of lifelines.

    Parameters
    ----------
    id, kind
        Columns of the layer.
    x, y
        Where, m.
    interval_s
        Time between readings, s.
    quantity, base
        What it says, and the value without a failure.
    others
        Further quantities that it says, 0 without a failure.
    """

    id: str
    kind: str
    x: float
    y: float
    interval_s: float
    quantity: str
    base: float
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """What can fail in one kind of way.

    Parameters
    ----------
    assets
        Ids and what rates depend on.
    shapes
        Their lines or points.
    network
        That of pipes; empty for others.
    depth_m
        Depth of cover of pipes, shape (assets,), m; 0 for others.
    """

    assets: Assets
    shapes: Sequence[Any]
    network: str
    depth_m: NDArray[np.float64]


def inventory_of(city: City, kind: FailureKind, year: int) -> Inventory:
    """Return what a city has that may fail in a kind of way, with its age in a ``year``."""
    return _pipes(city, kind, year) if kind.network else _sites(city, kind)


def _pipes(city: City, kind: FailureKind, year: int) -> Inventory:
    frame = city.layer("lifelines")
    if frame is None:
        return _sites_of([], [])
    frame = frame[frame["network"] == kind.network]
    pressure = frame["pressure_m"].to_numpy(dtype=float)
    assets = Assets(
        ids=[str(value) for value in frame["id"]],
        length_km=frame.geometry.length.to_numpy() / 1000.0,
        material=[str(value) for value in frame["material"]],
        diameter_m=frame["diameter_m"].to_numpy(dtype=float),
        age_years=year - frame["year"].to_numpy(dtype=float),
        pressure_m=np.where(pressure > 0.0, pressure, np.nan),
    )
    depth_m = frame["depth_m"].to_numpy(dtype=float)
    return Inventory(assets, list(frame.geometry), kind.network, depth_m)


def _sites(city: City, kind: FailureKind) -> Inventory:
    layer = "sensors" if kind.stuck else "hazard_sites"
    frame = city.layer(layer)
    if frame is None:
        return _sites_of([], [])
    frame = frame[frame["kind"].isin(kind.sites)]
    return _sites_of([str(value) for value in frame["id"]], list(frame.geometry))


def _sites_of(ids: list[str], shapes: list[Any]) -> Inventory:
    count = len(ids)
    nothing = np.full(count, np.nan)
    assets = Assets(ids, np.ones(count), [""] * count, nothing, np.zeros(count), nothing)
    return Inventory(assets, shapes, "", np.zeros(count))


def sensor_posts(city: City, catalogue: FailureCatalogue) -> Iterator[SensorPost]:
    """Yield the sensors of a city at which some kind of failure of the catalogue may show."""
    frame = city.layer("sensors")
    if frame is None:
        return
    says: dict[str, tuple[str, float, tuple[str, ...]]] = {}
    for kind in catalogue.kinds.values():
        if kind.signature is not None:
            quantity, base, others = says.get(
                kind.signature.sensor, (kind.signature.quantity, kind.signature.base, ())
            )
            more = tuple(sorted({*others, *kind.signature.others}))
            says[kind.signature.sensor] = quantity, base, more
    for row in frame.itertuples(index=False):
        if row.kind in says:
            x, y = float(row.geometry.x), float(row.geometry.y)
            yield SensorPost(str(row.id), str(row.kind), x, y, float(row.interval_s), *says[row.kind])
