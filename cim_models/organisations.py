"""Organisations: who watches, who supervises and who handles, as a tree that the city brings along.

Nothing here knows a department by name: a city's layer ``organisations`` says who there is, whom they
belong to, what they are skilled in and which areas they serve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from cim_models.errors import BundleError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


class OrganisationKind(StrEnum):
    """Rungs of the tree."""

    CENTRE = "centre"
    DEPARTMENT = "department"
    DISTRICT = "district"
    STATION = "station"
    UNIT = "unit"


_K = OrganisationKind

PARENT_KINDS: Mapping[OrganisationKind, tuple[OrganisationKind, ...]] = {
    _K.CENTRE: (),
    _K.DEPARTMENT: (_K.CENTRE,),
    _K.DISTRICT: (_K.CENTRE,),
    _K.STATION: (_K.DISTRICT, _K.CENTRE),
    _K.UNIT: (_K.UNIT, _K.STATION, _K.DISTRICT, _K.DEPARTMENT, _K.CENTRE),
}
"""To whom each kind may belong."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation.

    Parameters
    ----------
    id, kind
        Identifier and rung.
    name_zh, name_en
        Names for people.
    parent
        Id of the organisation it belongs to; empty for the centre.
    skills
        What a unit handles and a department supervises.
    areas
        Beginnings of the ids of the grid cells that it serves, such as the nine digits of a street;
        empty for those of its parent, or everywhere.
    """

    id: str
    kind: OrganisationKind
    name_zh: str
    name_en: str
    parent: str = ""
    skills: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TreeDefect:
    """What is wrong with an organisation, and what to do about it."""

    id: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class OrganisationTree:
    """All organisations of a city below one centre; make it with `organisation_tree`.

    Parameters
    ----------
    members
        Organisations by id, in the order of the layer.
    """

    members: Mapping[str, Organisation]
    _names: Mapping[str, str] = field(default_factory=dict)
    _serving: Mapping[tuple[str, str], str] = field(default_factory=dict)
    _prefixes: tuple[int, ...] = ()
    _supervising: Mapping[str, str] = field(default_factory=dict)

    @property
    def centre(self) -> Organisation:
        """The city's centre: the hub that watches and analyses."""
        return next(member for member in self.members.values() if member.kind is _K.CENTRE)

    def counts(self) -> dict[str, int]:
        """Count the organisations of each kind."""
        found = Counter(member.kind for member in self.members.values())
        return {str(kind): found[kind] for kind in OrganisationKind}

    def find(self, name: str) -> Organisation | None:
        """Return the organisation with an id or a Chinese name, or None."""
        return self.members.get(name) or self.members.get(self._names.get(name, ""))

    def ancestors(self, member: str) -> Iterator[Organisation]:
        """Organisations above one, the nearest first."""
        above = self.members[member].parent
        while above:
            yield self.members[above]
            above = self.members[above].parent

    def unit_for(self, skill: str, grid_cell: str) -> Organisation | None:
        """Return the unit that handles a skill at a grid cell: that of the smallest area, then the first id.

        Parameters
        ----------
        skill
            What is to be handled.
        grid_cell
            Id of the cell; empty where the city has none.
        """
        for length in self._prefixes:
            found = self._serving.get((skill, grid_cell[:length])) if length <= len(grid_cell) else None
            if found is not None:
                return self.members[found]
        return None

    def regulator_of(self, member: str, skill: str) -> Organisation:
        """Return who supervises a unit: the department above it, else that of the skill, else the centre."""
        for above in self.ancestors(member):
            if above.kind is _K.DEPARTMENT:
                return above
        return self.department_for(skill) or self.centre

    def department_for(self, skill: str) -> Organisation | None:
        """Return the department that supervises a skill, the first by id, or None."""
        found = self._supervising.get(skill)
        return None if found is None else self.members[found]


def organisation_tree(members: Iterable[Organisation], where: str) -> OrganisationTree:
    """Make the tree of a city's organisations.

    Parameters
    ----------
    members
        The organisations.
    where
        What they come from, for messages.

    Raises
    ------
    BundleError
        If they are not one tree below one centre; the message names the first defect.
    """
    found = list(members)
    defects = list(tree_defects(found))
    if defects:
        first, others = defects[0], len(defects) - 1
        more = f" ({others} more; `citytwin city check` lists all)" if others else ""
        raise BundleError(
            f"{where}: organisation '{first.id}' {first.what}{more}",
            remedy=first.remedy,
        )
    by_id = {member.id: member for member in found}
    serving: dict[tuple[str, str], str] = {}
    supervising: dict[str, str] = {}
    for member in sorted(found, key=lambda item: item.id):
        if member.kind is _K.DEPARTMENT:
            for skill in sorted(member.skills):
                supervising.setdefault(skill, member.id)
        if member.kind is _K.UNIT:
            for area in _areas(member, by_id):
                for skill in sorted(member.skills):
                    serving.setdefault((skill, area), member.id)
    return OrganisationTree(
        members=by_id,
        _names={member.name_zh: member.id for member in reversed(found) if member.name_zh},
        _serving=serving,
        _prefixes=tuple(sorted({len(area) for _, area in serving}, reverse=True)),
        _supervising=supervising,
    )


def tree_defects(members: Iterable[Organisation]) -> Iterator[TreeDefect]:
    """Find whatever keeps organisations from being one tree: doubles, orphans, wrong rungs and cycles."""
    found = list(members)
    by_id = {member.id: member for member in found}
    centres = [member.id for member in found if member.kind is _K.CENTRE]
    if not centres:
        yield TreeDefect("", "is missing: there is no centre", "Add one organisation of kind 'centre'")
    for name in centres[1:]:
        yield TreeDefect(name, f"is a second centre besides '{centres[0]}'", "Keep one centre at the top")
    for name, number in Counter(member.id for member in found).items():
        if number > 1:
            yield TreeDefect(name, f"is there {number} times", "Give every organisation its own id")
    for member in found:
        yield from _parent_defects(member, by_id)
    yield from _cycles(by_id)


def read_organisations(frame: GeoDataFrame, where: str) -> OrganisationTree:
    """Read the layer ``organisations``; see `organisation_tree`."""
    return organisation_tree(parse_organisations(frame, where), where)


def parse_organisations(frame: GeoDataFrame, where: str) -> list[Organisation]:
    """Take the organisations from the rows of their layer.

    Raises
    ------
    BundleError
        If a kind is unknown.
    """
    kinds = set(OrganisationKind)
    for name, kind in zip(frame["id"], frame["kind"], strict=True):
        if kind not in kinds:
            raise BundleError(
                f"{where}: organisation '{name}' has an unknown kind",
                got=f"'{kind}'",
                expected=f"one of {', '.join(OrganisationKind)}",
            )
    return [
        Organisation(
            id=str(row.id),
            kind=OrganisationKind(str(row.kind)),
            name_zh=str(row.name_zh or ""),
            name_en=str(row.name_en or ""),
            parent=str(row.parent or ""),
            skills=frozenset(_parts(row.skills)),
            areas=tuple(_parts(row.areas)),
        )
        for row in frame.itertuples(index=False)
    ]


def _parts(text: object) -> list[str]:
    return [part for piece in str(text or "").split(",") if (part := piece.strip())]


def _areas(member: Organisation, by_id: Mapping[str, Organisation]) -> tuple[str, ...]:
    """Areas of an organisation, or of the nearest above that has some; one empty text for everywhere."""
    while not member.areas and member.parent:
        member = by_id[member.parent]
    return member.areas or ("",)


def _parent_defects(member: Organisation, by_id: Mapping[str, Organisation]) -> Iterator[TreeDefect]:
    allowed = PARENT_KINDS[member.kind]
    if not member.parent:
        if allowed:
            yield TreeDefect(member.id, "is an orphan: it names no parent", "Name whom it belongs to")
        return
    parent = by_id.get(member.parent)
    if parent is None:
        yield TreeDefect(
            member.id, f"names the parent '{member.parent}', which is not there", "Correct the parent's id"
        )
    elif parent.kind not in allowed:
        choices = f"a {' or '.join(allowed)}" if allowed else "nothing"
        yield TreeDefect(
            member.id, f"is a {member.kind} below a {parent.kind}; expected below {choices}", "Move it"
        )


def _cycles(by_id: Mapping[str, Organisation]) -> Iterator[TreeDefect]:
    """Name each cycle once, by its first id."""
    done: set[str] = set()
    for start in by_id:
        path: list[str] = []
        name = start
        while name in by_id and name not in done and name not in path:
            path.append(name)
            name = by_id[name].parent
        if name in path:
            ring = path[path.index(name) :]
            yield TreeDefect(
                min(ring), f"belongs to itself by way of {' > '.join([*ring, name])}", "Break the cycle"
            )
        done.update(path)
