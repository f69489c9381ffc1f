"""Who answers for a case: the hub that watches, the regulator that supervises, the owner that handles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from agents.cases import Case
from agents.catalogue import EventCatalogue
from agents.draws import Draws
from cim_models.city import City
from cim_models.organisations import OrganisationKind, OrganisationTree, read_organisations


@dataclass(frozen=True, slots=True)
class Roles:
    """The three roles on a case, and the unit that handles it for the owner; ids, empty for nobody.

    Source: Bozhou's linkage of lifeline centre (monitoring), industry regulator (supervision) and owner
    unit (handling).
    """

    hub: str = ""
    regulator: str = ""
    owner_unit: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Owners:
    """Components of the classes that one class of matters concerns: where they are and whose."""

    tree: cKDTree
    roles: tuple[Roles, ...]


class Offices:
    """Looks up who answers for a matter: from the component it concerns, else from its category.

    Parameters
    ----------
    city
        The city; without the layer ``organisations`` nobody answers by name.
    events
        The event classes, by whose skill units and departments are found.
    """

    def __init__(self, city: City, events: EventCatalogue) -> None:
        frame = city.layer("organisations")
        self.tree: OrganisationTree | None = (
            None
            if frame is None
            else read_organisations(frame, f"City '{city.reference}', layer organisations")
        )
        self._events = events
        self._by_category: dict[tuple[str, str], Roles] = {}
        self._owners: Mapping[str, _Owners] = self._read_owners(city)
        self._units_of: dict[str, tuple[str, ...]] = {}

    @property
    def hub(self) -> str:
        """Id of the centre; empty where the city has none."""
        return self.tree.centre.id if self.tree else ""

    def roles(self, class_code: str, x: float, y: float, grid_cell: str) -> Roles:
        """Return who answers for a matter of a class at a place."""
        if self.tree is None:
            return Roles()
        owners = self._owners.get(class_code)
        if owners is not None:
            distance, index = owners.tree.query((x, y), distance_upper_bound=self._events.component_reach_m)
            if np.isfinite(distance):
                return owners.roles[int(index)]
        key = class_code, grid_cell
        if key not in self._by_category:
            self._by_category[key] = self._of_category(self.tree, class_code, grid_cell)
        return self._by_category[key]

    def wrong_unit(self, unit: str, draws: Draws, case: str) -> str:
        """Return a unit that a dispatcher could take for the right one; empty where there is no other."""
        if self.tree is None or not unit:
            return ""
        others = [name for name in self._units() if name != unit]
        return others[int(draws.uniform(case, "unit") * len(others))] if others else ""

    def inbox(self, organisation: str, cases: Iterable[Case]) -> list[Case]:
        """Return the open cases that an organisation, or a unit below it, has: the most urgent first.

        Parameters
        ----------
        organisation
            Id of a unit, a station, a district, a department or the centre.
        cases
            The cases to choose from.
        """
        below = self._below(organisation)
        found = [
            case for case in cases if case.is_open and case.assigned_s is not None and case.unit in below
        ]
        return sorted(found, key=lambda case: (case.level, case.due_s, case.id))

    def _below(self, organisation: str) -> set[str]:
        if self.tree is None:
            return {organisation}
        return {
            member
            for member in self.tree.members
            if member == organisation
            or any(above.id == organisation for above in self.tree.ancestors(member))
        }

    def _units(self) -> tuple[str, ...]:
        if "" not in self._units_of and self.tree is not None:
            members = self.tree.members.values()
            self._units_of[""] = tuple(
                sorted(m.id for m in members if m.kind is OrganisationKind.UNIT and m.skills)
            )
        return self._units_of[""]

    def _of_category(self, tree: OrganisationTree, class_code: str, grid_cell: str) -> Roles:
        skill = self._events.classes[class_code].skill
        unit = tree.unit_for(skill, grid_cell)
        if unit is None:
            department = tree.department_for(skill) or tree.centre
            return Roles(tree.centre.id, department.id, department.id, department.id)
        parent = tree.members[unit.parent]
        owner = parent if parent.kind is OrganisationKind.UNIT else unit
        return Roles(tree.centre.id, tree.regulator_of(unit.id, skill).id, owner.id, unit.id)

    def _read_owners(self, city: City) -> dict[str, _Owners]:
        """Look up who answers for components; one that names nobody of the city leaves it to the category."""
        frame = city.layer("components")
        if frame is None or self.tree is None:
            return {}
        known = frame[["owner_unit", "maint_unit"]].isin(set(self.tree.members)).any(axis=1)
        frame = frame[known]
        found = {}
        for code, event_class in self._events.classes.items():
            rows = frame[frame["class_code"].isin(event_class.components)]
            if rows.empty:
                continue
            xy = shapely.get_coordinates(rows.geometry.to_numpy())
            units = zip(rows["owner_unit"], rows["maint_unit"], rows["supervising_dept"], strict=True)
            found[code] = _Owners(
                cKDTree(xy),
                tuple(self._of_component(self.tree, event_class.skill, *map(str, names)) for names in units),
            )
        return found

    @staticmethod
    def _of_component(
        tree: OrganisationTree, skill: str, owner: str, maintenance: str, supervisor: str
    ) -> Roles:
        owning, handling = tree.find(owner), tree.find(maintenance)
        handling = handling or owning or tree.centre
        owning = owning or handling
        regulator = tree.find(supervisor) or tree.regulator_of(owning.id, skill)
        return Roles(tree.centre.id, regulator.id, owning.id, handling.id)
