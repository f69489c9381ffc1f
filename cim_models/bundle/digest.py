"""A city's fingerprint, so that a run can say what it ran on."""

import hashlib

import numpy as np
import shapely

from cim_models.bundle.tables import conform
from cim_models.city import City
from cim_models.layers import LAYERS


def digest_city(city: City) -> str:
    """Return the SHA-256 of a city's content, as hexadecimal digits.

    Equal content gives equal digits, whether the city was made, read or copied; its reference,
    title and sources do not count.
    """
    digest = hashlib.sha256()
    head = (city.name, city.crs, city.vertical_datum, city.time_zone, city.terrain.shape)
    digest.update(repr(head).encode())
    place = (city.terrain.x_min, city.terrain.y_max, city.terrain.cell_size_m)
    digest.update(np.array(place, dtype="<f8").tobytes())
    digest.update(np.ascontiguousarray(city.terrain.elevation, dtype="<f4").tobytes())
    if city.roughness is not None:
        digest.update(np.ascontiguousarray(city.roughness, dtype="<f4").tobytes())
    if city.landcover is not None:
        digest.update(np.ascontiguousarray(city.landcover.codes).tobytes())
        digest.update(repr(sorted(city.landcover.ground.items())).encode())
    for name in LAYERS:
        if name in city.layers:
            frame = conform(city.layers[name], LAYERS[name], city.crs, city.name)
            digest.update(name.encode())
            digest.update(
                frame.drop(columns="geometry").to_json(orient="values", double_precision=15).encode()
            )
            digest.update(b"".join(shapely.to_wkb(frame.geometry.to_numpy(), byte_order=1)))
    for network in (city.sewer, city.supply):
        digest.update(hashlib.sha256(network.inp.encode() if network else b"").digest())
    return digest.hexdigest()
