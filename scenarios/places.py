"""Find what a scenario names: a spot, a road, a gully, a sewer node, a supply pipe."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from cim_models.city import City
from cim_models.errors import ScenarioError, coordinates

OUTSIDE = "outside"
_NAMED_PLACES = ("spots", "roads", "gullies", "sensors", "depots")


def locate(city: City, place: str | tuple[float, float], key: str, source: str) -> tuple[float, float]:
    """Coordinates of a place given by id or as [x, y], m.

    Parameters
    ----------
    city
        The city.
    place
        An id of a spot, road (its middle), gully, sensor, depot or sewer node, or coordinates.
    key, source
        Where the scenario says so, for the message.

    Raises
    ------
    ScenarioError
        If nothing has this id, or the point lies off the terrain.
    """
    if isinstance(place, str):
        found = dict(_places(city))
        if place not in found:
            raise unknown(place, list(found), "a spot, road, gully, sensor, depot or sewer node", key, source)
        return found[place]
    x, y = place
    if not bool(city.terrain.inside(x, y)):
        x_min, y_min, x_max, y_max = city.terrain.bounds
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got=f"[{coordinates(x, y)}]",
            expected=f"x {x_min:.0f} to {x_max:.0f}, y {y_min:.0f} to {y_max:.0f} ({city.crs})",
            remedy="Name a point on the terrain",
        )
    return float(x), float(y)


def sewer_target(city: City, target: str, key: str, source: str) -> str:
    """Id of the sewer node that a pump discharges to, or ``outside``.

    Raises
    ------
    ScenarioError
        If the sewer has no such node and no spot of this name is an outfall.
    """
    if target == OUTSIDE:
        return target
    ids = [] if city.sewer is None else [str(name) for name in city.sewer.nodes["id"]]
    if target in ids:
        return target
    outfall = _outfall_of_spot(city, target)
    if outfall is None:
        raise unknown(target, [OUTSIDE, *ids], "'outside', a sewer node or a spot at an outfall", key, source)
    return outfall


def check_id(city: City, layer: str, name: str, key: str, source: str) -> str:
    """Return an id of a layer, or refuse it."""
    frame = city.layer(layer)
    ids = [] if frame is None else [str(value) for value in frame["id"]]
    if name not in ids:
        raise unknown(name, ids, f"an id of layer {layer}", key, source)
    return name


def check_choice(value: str, allowed: list[str], key: str, source: str) -> None:
    """Refuse a value that is none of those allowed."""
    if value not in allowed:
        raise ScenarioError(
            f"Scenario '{source}', key '{key}'",
            got=f"'{value}'",
            expected=f"one of {', '.join(allowed)}",
            remedy="Change the value",
        )


def check_pipe(city: City, pipe: str, key: str, source: str) -> str:
    """Return the id of a supply pipe, or refuse it."""
    links = None if city.supply is None else city.supply.links
    ids = [] if links is None else [str(name) for name in links.loc[links["kind"] == "pipe", "id"]]
    if pipe not in ids:
        what = "a pipe of the city's supply" if ids else "a city with a supply network"
        raise unknown(pipe, ids, what, key, source)
    return pipe


def unknown(value: str, known: list[str], expected: str, key: str, source: str) -> ScenarioError:
    """Refuse an id, naming the nearest ones that exist."""
    near = difflib.get_close_matches(value, known, n=3) or known[:3]
    hint = f"such as {', '.join(near)}" if near else "of which this city has none"
    return ScenarioError(
        f"Scenario '{source}', key '{key}'",
        got=f"'{value}'",
        expected=f"{expected}, {hint}",
        remedy="Correct the id or choose another city",
    )


def _places(city: City) -> Iterator[tuple[str, tuple[float, float]]]:
    if city.sewer is not None:
        nodes = city.sewer.nodes
        yield from (
            (str(name), (point.x, point.y)) for name, point in zip(nodes["id"], nodes.geometry, strict=True)
        )
    for layer in reversed(_NAMED_PLACES):
        frame = city.layer(layer)
        if frame is None:
            continue
        for name, shape in zip(frame["id"], frame.geometry, strict=True):
            point = (
                shape.interpolate(0.5, normalized=True) if shape.geom_type == "LineString" else shape.centroid
            )
            yield str(name), (float(point.x), float(point.y))


def _outfall_of_spot(city: City, name: str) -> str | None:
    spots = city.layer("spots")
    if spots is None or city.sewer is None:
        return None
    chosen = spots[(spots["id"].astype(str) == name) & (spots["kind"] == "outfall")]
    nodes = city.sewer.nodes
    outfalls = nodes[nodes["kind"] == "outfall"]
    if chosen.empty or outfalls.empty:
        return None
    nearest = int(outfalls.geometry.distance(chosen.geometry.iloc[0]).to_numpy().argmin())
    return str(outfalls["id"].iloc[nearest])
