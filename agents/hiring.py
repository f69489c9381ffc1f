"""Hiring: from the groups of a roster to crews at their depots."""

from collections.abc import Mapping

import numpy as np

from agents.catalogue import Catalogue
from agents.crews import CrewCard
from agents.equipment import PumpTruckModel, pump_truck_models
from agents.places import DepotPlace, Places
from agents.settings import StaffingSettings
from agents.staffing import CrewGroup
from agents.views import RoadView
from agents.worktime import ROSTERS
from cim_models.errors import BundleError, ScenarioError

DEPOT_REACH_M = 300.0
"""A depot farther than this from any junction is an error of the city's data."""

PUMPING = "pump"
"""Skill of those who bring a pump truck along."""


def check_groups(settings: StaffingSettings, catalogue: Catalogue) -> None:
    """Refuse a skill or a pump truck that no catalogue knows.

    Raises
    ------
    ScenarioError
        With what is known.
    """
    pumps = pump_truck_models()
    for group in settings.all_groups:
        for skill in group.skills:
            if group.number and skill not in catalogue.skills:
                raise _unknown(f"the skill '{skill}'", skill, sorted(catalogue.skills))
        if group.pump not in pumps:
            raise _unknown(f"the pump truck '{group.pump}'", group.pump, sorted(pumps))


def longest_hose_m(settings: StaffingSettings) -> float:
    """Length of the longest hose on the roster, m; 0 without a pump truck."""
    pumps = pump_truck_models()
    groups = settings.all_groups
    hoses = (pumps[group.pump].hose_m for group in groups if group.number and PUMPING in group.skills)
    return max(hoses, default=0.0)


def depots_of(settings: StaffingSettings, places: Places, roads: RoadView) -> tuple[DepotPlace, ...]:
    """Return the depots where crews wait; without any, one in the middle of the city, which is noted.

    Raises
    ------
    BundleError
        If a depot is off the road graph.
    """
    if settings.depots is not None:
        depots = tuple(
            DepotPlace(f"depot-{number}", x, y, frozenset())
            for number, (x, y) in enumerate(settings.depots, 1)
        )
    else:
        depots = places.depots
    if not depots:
        x, y = places.middle()
        places.notes.append(
            f"The city has no depots: crews wait at the junction in the middle, {x:.0f} {y:.0f}."
        )
        return (DepotPlace("middle", x, y, frozenset()),)
    for depot in depots:
        _check_on_roads(depot, roads)
    return depots


def hire(
    settings: StaffingSettings, catalogue: Catalogue, depots: tuple[DepotPlace, ...], roads: RoadView
) -> list[CrewCard]:
    """Make the cards of all crews, each with its depot and shift.

    Parameters
    ----------
    settings, catalogue
        Who is on the roster, and what their skills call for.
    depots, roads
        Depots and the road graph.

    Raises
    ------
    ScenarioError
        If a group names a depot that does not exist.
    """
    pumps = pump_truck_models()
    rank = {skill: index for index, skill in enumerate(catalogue.skills)}
    groups = sorted(settings.all_groups, key=lambda group: rank.get(group.skills[0], len(rank)))
    return [
        card
        for group in groups
        for card in _cards(group, settings, catalogue, _fitting(group, depots), (roads, pumps))
    ]


def note_islands(places: Places, roads: RoadView, cards: list[CrewCard]) -> None:
    """Note depots that no road joins to the middle of the city."""
    middle = roads.nearest_node(*places.middle())
    homes = {card.depot: card.home for card in cards}
    for depot, home in sorted(homes.items()):
        if not np.isfinite(roads.dry_time_s(home, (middle,))):
            number = sum(card.depot == depot for card in cards)
            places.notes.append(
                f"No road leads from depot '{depot}' to the middle of the city: its {number} crews reach "
                "only what lies on its own part of the road graph."
            )


def _cards(
    group: CrewGroup,
    settings: StaffingSettings,
    catalogue: Catalogue,
    depots: tuple[DepotPlace, ...],
    around: tuple[RoadView, Mapping[str, PumpTruckModel]],
) -> list[CrewCard]:
    roads, pumps = around
    shifts = ROSTERS[group.shifts or settings.shifts]
    cards = []
    for number in range(group.number):
        # every shift gets its share, and within a shift every depot
        turn = number // len(shifts)
        depot = depots[turn % len(depots)]
        cards.append(
            CrewCard(
                id=f"{group.id}-{number + 1}",
                skills=group.skills,
                vehicle=group.vehicle or catalogue.skills[group.skills[0]].vehicle,
                depot=depot.id,
                home=roads.nearest_node(depot.x, depot.y),
                home_xy=(depot.x, depot.y),
                shift=shifts[number % len(shifts)],
                turn=turn,
                pump=pumps[group.pump] if PUMPING in group.skills else None,
            )
        )
    return cards


def _fitting(group: CrewGroup, depots: tuple[DepotPlace, ...]) -> tuple[DepotPlace, ...]:
    if group.depot:
        named = tuple(depot for depot in depots if depot.id == group.depot)
        if not named:
            raise ScenarioError(
                f"Crew group '{group.id}' waits at a depot that does not exist",
                got=group.depot,
                expected=f"one of {', '.join(depot.id for depot in depots)}",
                remedy="Correct the depot",
            )
        return named
    skill = group.skills[0]
    return tuple(depot for depot in depots if not depot.skills or skill in depot.skills) or depots


def _check_on_roads(depot: DepotPlace, roads: RoadView) -> None:
    x, y = roads.node_xy(roads.nearest_node(depot.x, depot.y))
    distance = float(np.hypot(x - depot.x, y - depot.y))
    if distance > DEPOT_REACH_M:
        raise BundleError(
            f"Layer depots: depot '{depot.id}' is off the road graph",
            got=f"{distance:.0f} m to the nearest junction",
            expected=f"at most {DEPOT_REACH_M:.0f} m",
            remedy="Move the depot to a road, or add the road",
        )


def _unknown(what: str, got: str, known: list[str]) -> ScenarioError:
    return ScenarioError(
        f"Staffing names {what}, which no catalogue knows",
        got=got,
        expected=f"one of {', '.join(known)}",
        remedy="Correct staffing",
    )
