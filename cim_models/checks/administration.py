"""Checks of the organisations: one tree, and every unit that a component names is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cim_models.checks.defects import Defect, error, warning
from cim_models.city import City
from cim_models.errors import BundleError
from cim_models.organisations import organisation_tree, parse_organisations, tree_defects

_COLUMNS = ("owner_unit", "maint_unit", "supervising_dept")


def check_organisations(city: City) -> Iterator[Defect]:
    """Find orphans, cycles and wrong rungs, and components whose units are unknown."""
    frame = city.layer("organisations")
    if frame is None:
        return
    try:
        members = parse_organisations(frame, "Layer organisations")
    except BundleError as exc:
        yield error("organisations", "", exc.what + f": got {exc.got}", f"Use {exc.expected}")
        return
    defects = list(tree_defects(members))
    for defect in defects:
        yield error("organisations", defect.id, defect.what, defect.remedy)
    components = city.layer("components")
    if components is None or defects:
        return
    tree = organisation_tree(members, "Layer organisations")
    for column in _COLUMNS:
        named = Counter(str(name) for name in components[column] if name)
        for name in sorted(named):
            if tree.find(name) is None:
                yield warning(
                    "components",
                    "",
                    f"{named[name]} components name '{name}' in {column}, no organisation of the city",
                    "Add it to layer organisations, or correct the name",
                )
