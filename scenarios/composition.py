"""The composition root: from a scenario to the parts of a run, checked before anything is written."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from agents.policies.loading import policy_file
from agents.settings import DispatchSettings, OperationsSettings
from cim_models.checks import Defect, Severity, check_city
from cim_models.city import City
from cim_models.errors import BundleError, ScenarioError
from cim_models.opening import BUILTIN, city_hash, open_city
from scenarios.blame import blame
from scenarios.boundaries import surface_sides, water_boundaries
from scenarios.hazards import HazardPlan, hazard_plan
from scenarios.lifelines import LifelinePlan, lifeline_plan
from scenarios.measures import measure_ids, plan_orders
from scenarios.monitoring import MonitoringPlan, monitoring_plan
from scenarios.operations import CrewLossPlan, crew_losses, operations_settings
from scenarios.places import check_choice
from scenarios.planned import PlannedOrder
from scenarios.points import OutputPoint, read_points
from scenarios.rain import make_rain
from scenarios.schema.loading import LoadedScenario
from scenarios.schema.model import Scenario
from scenarios.sewer import gully_blockages, outfall_levels, sewer_failures
from scenarios.structures import StructurePlanner
from scenarios.supply import SupplyPlan, supply_plan
from twin.ground import GroundSettings, ground_names, ground_settings
from twin.rain import RainSeries
from twin.surface import SurfaceSettings
from twin.surface.hazard import flood_limits
from twin.surface.subgrid import coarse_factor
from twin.water import RoofSettings, WaterSettings

_PACKAGES = ("citytwin", "numpy", "numba", "swmm-toolkit", "mesa", "simpy", "zarr")


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a run is made from, checked.

    Parameters
    ----------
    loaded
        The scenario with its origin.
    city
        The city.
    city_sha256
        Hash of its content.
    notes
        What the city lacks and what was assumed about the rain, one line each.
    rain
        Rain since the start.
    measure_ids
        Ids of the scenario's measures.
    planned
        Orders that the scenario gives.
    losses
        Crews that are lost on the way.
    points
        Points at which the water is written.
    water, operations
        Settings of the physics and of those who act.
    supply, hazards
        What the water supply needs, and gas and cavities; None where they are not simulated.
    lifelines
        Failures of lifelines that no hydraulic model computes; None for none.
    monitoring
        Structures that are watched; None for none.
    """

    loaded: LoadedScenario
    city: City
    city_sha256: str
    notes: tuple[str, ...]
    rain: RainSeries
    measure_ids: tuple[str, ...]
    planned: tuple[PlannedOrder, ...]
    losses: tuple[CrewLossPlan, ...]
    points: tuple[OutputPoint, ...]
    water: WaterSettings
    operations: OperationsSettings
    supply: SupplyPlan | None = None
    lifelines: LifelinePlan | None = None
    hazards: HazardPlan | None = None
    monitoring: MonitoringPlan | None = None

    @property
    def scenario(self) -> Scenario:
        """What the scenario says."""
        return self.loaded.scenario

    @property
    def source(self) -> str:
        """The scenario's file, for messages."""
        return str(self.loaded.path)


def prepare(loaded: LoadedScenario, ids: tuple[str, ...] | None = None) -> Setup:
    """Open the city and check the scenario against it.

    Parameters
    ----------
    loaded
        The scenario.
    ids
        Ids of its measures; None for M1, M2, ….

    Raises
    ------
    InputError
        If anything named does not exist or does not fit; nothing has been written then.
    """
    scenario, source = loaded.scenario, str(loaded.path)
    city = _open(loaded)
    notes = check_defects(city)
    supply, hazards = supply_plan(scenario, city, source), hazard_plan(scenario, city, source)
    rain = make_rain(loaded, city)
    ids = measure_ids(len(scenario.measures)) if ids is None else ids
    operations = operations_settings(scenario, city, source)
    lifelines = lifeline_plan(scenario, city, rain, source)
    monitoring = monitoring_plan(loaded, city)
    return Setup(
        loaded=loaded,
        city=city,
        city_sha256=city_hash(city),
        notes=(*notes, *rain.notes, *_notes(supply, hazards, lifelines, monitoring)),
        rain=rain,
        measure_ids=ids,
        planned=tuple(plan_orders(scenario, city, source, ids)),
        losses=crew_losses(scenario, operations, source),
        points=_points(loaded),
        water=water_settings(loaded, city),
        operations=operations,
        supply=supply,
        lifelines=lifelines,
        hazards=hazards,
        monitoring=monitoring,
    )


def _notes(
    supply: SupplyPlan | None,
    hazards: HazardPlan | None,
    lifelines: LifelinePlan | None,
    monitoring: MonitoringPlan | None,
) -> tuple[str, ...]:
    """Return what is taken for granted about pipes, ground and structures."""
    notes = () if supply is None else (supply.note,)
    more = () if hazards is None else hazards.notes
    structures = () if monitoring is None else monitoring.notes
    return (*notes, *more, *(lifelines.notes if lifelines else ()), *structures)


def check_defects(city: City) -> list[str]:
    """Refuse a city that cannot be simulated.

    Returns
    -------
    Its lesser defects, one line each.

    Raises
    ------
    BundleError
        For the first defect that is an error.
    """
    defects = check_city(city)
    errors = [defect for defect in defects if defect.severity is Severity.ERROR]
    if errors:
        first, others = errors[0], len(errors) - 1
        place = f"layer '{first.layer}'" + (f", id '{first.id}'" if first.id else "")
        more = f" ({others} more; `citytwin city check` lists all)" if others else ""
        raise BundleError(
            f"City '{city.reference}', {place}: {first.what}{more}",
            remedy=first.remedy,
        )
    return [note_of(defect) for defect in defects]


def note_of(defect: Defect) -> str:
    """Say a lesser defect in one line, as a run notes it; its form is known to catalogue ``phrases``."""
    return f"{' '.join(part for part in (defect.layer, defect.id) if part)}: {defect.what}"


def water_settings(loaded: LoadedScenario, city: City) -> WaterSettings:
    """Translate what the scenario says about boundaries, ground, blockages, steps and what is recorded."""
    scenario, source = loaded.scenario, str(loaded.path)
    numerics, hazard = scenario.numerics, scenario.output.hazard
    with blame(source, "output.hazard"):
        limits = flood_limits(hazard) if hazard else None
    ground = _ground(scenario, city, source)
    blockages = gully_blockages(scenario, city, source)
    failures, levels = sewer_failures(scenario, city, source), outfall_levels(loaded, city)
    structures = StructurePlanner(scenario, city, source).permanent()
    boundaries = water_boundaries(loaded)
    with blame(source, "numerics"):
        return WaterSettings(
            manning_n=numerics.manning_n,
            edges=surface_sides(loaded),
            boundaries=boundaries,
            exchange_step_s=numerics.exchange,
            sewer_step_s=numerics.sewer,
            coarse_factor=coarse_factor(city.terrain.cell_size_m, numerics.cell),
            blockages=blockages,
            sewer_failures=failures,
            outfall_levels=levels,
            relief_m=scenario.flood_events.relief_m,
            ground=ground,
            buildings=numerics.buildings,
            building_height_m=numerics.building_height_m,
            structures=structures,
            roofs=RoofSettings(scenario.roofs.to_sewer, scenario.roofs.reach_m),
            surface=SurfaceSettings(
                scheme=numerics.scheme,
                courant=numerics.courant,
                max_step_s=numerics.max_step,
                wave_depth_m=numerics.wave_depth,
                flood_limits=limits,
            ),
        )


def run_meta(setup: Setup) -> dict[str, Any]:
    """Describe a run before it starts, for ``run.json``."""
    scenario, city, loaded = setup.scenario, setup.city, setup.loaded
    terrain = city.terrain
    return {
        "scenario": scenario.model_dump(mode="json", by_alias=True),
        "overrides": list(loaded.overrides),
        "city": {
            "name": city.name,
            "title": dict(city.title),
            "reference": city.reference,
            "crs": city.crs,
            "time_zone": city.time_zone,
            "shape": list(terrain.shape),
            "cell_size_m": terrain.cell_size_m,
            "bounds": list(terrain.bounds),
        },
        "seed": scenario.seed,
        "start": scenario.start.isoformat(),
        "duration_s": scenario.duration,
        "versions": {**versions(), **({} if setup.supply is None else versions_of_supply())},
        "inputs": [
            {"what": "scenario", "path": str(loaded.path), "sha256": loaded.sha256},
            {"what": "city", "path": city.reference, "sha256": setup.city_sha256},
            *_policy_input(setup.operations.dispatch),
        ],
    }


def _policy_input(dispatch: DispatchSettings) -> list[dict[str, str]]:
    """Name the file of a policy as an input of the run, where it comes from one."""
    path = policy_file(dispatch.policy, dispatch.folder)
    if path is None:
        return []
    return [{"what": "policy", "path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}]


def versions() -> Mapping[str, str]:
    """Versions of Python and of the packages that decide a run's result."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}}


def versions_of_supply() -> dict[str, str]:
    """Version of the package that holds EPANET."""
    return {"owa-epanet": metadata.version("owa-epanet")}


def _open(loaded: LoadedScenario) -> City:
    reference = loaded.scenario.city
    if reference.startswith(BUILTIN):
        with blame(str(loaded.path), "city"):
            return open_city(reference)
    folder = loaded.resolve(reference)
    if not folder.exists():
        raise ScenarioError(
            f"Scenario '{loaded.path}', key 'city'",
            got=f"'{reference}', which does not exist",
            expected="a bundle folder, builtin:district or builtin:lifelines",
            remedy="Check the path, or make the bundle with `citytwin city import`",
        )
    return open_city(folder.resolve())


def _ground(scenario: Scenario, city: City, source: str) -> GroundSettings | None:
    ground = scenario.ground
    if ground.model == "none":
        return None
    with blame(source, "ground"):
        settings = ground_settings(
            ground.model,
            interval_s=ground.interval,
            initial_saturation=ground.initial_saturation,
            soils={name: values.model_dump(exclude_none=True) for name, values in ground.soils.items()},
            classes={name: values.model_dump(exclude_none=True) for name, values in ground.classes.items()},
        )
    known = ground_names(city)
    for name in sorted(known):
        check_choice(name, sorted(settings.classes), "ground.classes", source)
    for name in ground.classes:
        check_choice(name, sorted(known), f"ground.classes.{name}", source)
    return settings


def _points(loaded: LoadedScenario) -> tuple[OutputPoint, ...]:
    file = loaded.scenario.output.points
    if file is None:
        return ()
    with blame(str(loaded.path), "output.points"):
        return read_points(loaded.resolve(file))
