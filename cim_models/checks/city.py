"""All checks of a city, in one fixed order."""

from collections.abc import Callable, Iterator
from pathlib import Path

from cim_models.bundle import read_city
from cim_models.bundle.manifest import crs_problem
from cim_models.bundle.tables import conform
from cim_models.checks.administration import check_organisations
from cim_models.checks.defects import Defect, error, note
from cim_models.checks.networks import check_sewer, check_supply
from cim_models.checks.roads import check_depots, check_roads
from cim_models.checks.surface import check_geometry, check_sensors, check_terrain, check_values
from cim_models.city import City
from cim_models.errors import InputError
from cim_models.layers import LAYERS

_CHECKS: tuple[Callable[[City], Iterator[Defect]], ...] = (
    check_terrain,
    check_geometry,
    check_values,
    check_roads,
    check_depots,
    check_sensors,
    check_organisations,
    check_sewer,
    check_supply,
)
_SWITCHED_OFF = {
    "buildings": "no building blocks the water",
    "roads": "no road is flooded and no crew drives",
    "gullies": "the street does not drain into the sewer through gullies",
    "grid_cells": "cases have no grid cell and citizens report nothing",
    "sensors": "no sensor reports",
    "depots": "there are no crews",
    "organisations": "cases name no unit that answers for them",
}


def check_city(city: City | str | Path) -> list[Defect]:
    """List every defect of a city.

    Parameters
    ----------
    city
        The city, or its bundle folder. A bundle that cannot be read gives the one error that
        stopped the reading.

    Returns
    -------
    Defects, worst first, then by layer and id; equal cities give equal lists.
    """
    if not isinstance(city, City):
        try:
            city = read_city(Path(city))
        except InputError as exc:
            return [
                error(
                    "city", "", exc.what + (f": got {exc.got}" if exc.got else ""), exc.remedy or "Correct it"
                )
            ]
    broken = list(_check_form(city))
    if broken:
        return broken
    defects = [defect for check in _CHECKS for defect in check(city)]
    defects += _check_absence(city)
    return sorted(defects, key=lambda defect: (defect.severity, defect.layer, defect.id, defect.what))


def _check_form(city: City) -> Iterator[Defect]:
    """CRS, and layers that are not as declared; nothing else can be checked then."""
    problem = crs_problem(city.crs)
    if problem:
        yield error("city", "", f"CRS '{city.crs}' is {problem}", "Set 'crs', e.g. EPSG:25831")
        return
    for name in sorted(city.layers):
        if name not in LAYERS:
            yield error(name, "", "unknown layer", f"Rename it to one of {', '.join(LAYERS)}")
            continue
        try:
            conform(city.layers[name], LAYERS[name], city.crs, city.name)
        except InputError as exc:
            what = exc.what + (f": got {exc.got}" if exc.got else "")
            yield error(name, "", what, exc.remedy or "Correct it")


def _check_absence(city: City) -> Iterator[Defect]:
    for name, effect in _SWITCHED_OFF.items():
        if city.layer(name) is None:
            yield note(name, "", f"the city has none, so {effect}", f"Add layer '{name}' if it should")
    if city.sewer is None:
        yield note(
            "sewer", "", "the city has no model of it, so water leaves by the surface alone", "Add sewer.inp"
        )
    if city.supply is None:
        effect = "no pipe can burst"
        if city.layer("lifelines") is not None:
            effect = (
                "mains of layer lifelines fail without pressures, or customers who go without, being computed"
            )
        yield note("supply", "", f"the city has no model of it, so {effect}", "Add supply.inp")
