"""Structures with their gauges, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geopandas import GeoDataFrame

from cim_models.errors import InputError
from twin.monitoring.recorded import RecordedReadings
from twin.monitoring.settings import MonitoringSettings, Quantity

MINUTE_S, DAY_S = 60.0, 86_400.0
LONGEST_INTERVAL_S = 21_600.0


@dataclass(frozen=True, slots=True)
class Gauge:
    """A gauge on a structure.

    Parameters
    ----------
    id, quantity
        Id, and what it measures, of catalogue ``monitoring``.
    response
        What it reads, and what changes that.
    interval_s
        Time between readings, s: whole minutes that fit into a day, 6 h at most.
    recorded
        What it has read in truth; None where its readings are made up.

    Raises
    ------
    InputError
        If readings come too seldom or at odd times.
    """

    id: str
    quantity: str
    response: Quantity
    interval_s: float = 3600.0
    recorded: RecordedReadings | None = None

    def __post_init__(self) -> None:
        step_s = self.interval_s
        if step_s % MINUTE_S or DAY_S % step_s or not MINUTE_S <= step_s <= LONGEST_INTERVAL_S:
            raise InputError(
                f"Gauge '{self.id}', time between readings",
                got=f"{step_s:g} s",
                expected="whole minutes that fit into a day, 1 min to 6 h",
                remedy="Change the step",
            )


@dataclass(frozen=True, slots=True)
class Structure:
    """A bridge, tunnel or slope.

    Parameters
    ----------
    id, kind
        Id, and kind of catalogue ``monitoring``.
    x, y
        Place, m.
    gauges
        At least one.
    road
        Id of the road that it carries or that is below it; empty for none.
    """

    id: str
    kind: str
    x: float
    y: float
    gauges: tuple[Gauge, ...]
    road: str = ""


@dataclass(frozen=True, slots=True)
class StructureDamage:
    """Damage of a structure, which all its gauges show, or some.

    Parameters
    ----------
    t_s
        When it begins, s since the start.
    id, structure
        Id of the damage and of the structure.
    jump
        Severity at once; 1 is what anybody would close it for.
    per_day
        Severity that it gains a day until the structure is secured.
    gauges
        Ids of those that show it; empty for all of the structure.
    """

    t_s: float
    id: str
    structure: str
    jump: float = 0.0
    per_day: float = 0.0
    gauges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GaugeFault:
    """A gauge that says what is not so: a step at once, a drift from then on, or nothing at all.

    Parameters
    ----------
    t_s
        When it begins, s since the start.
    gauge
        Id.
    step
        In the gauge's unit.
    per_day
        In the gauge's unit a day.
    silent
        Whether it says nothing.
    until_s
        When it is over, s since the start.
    """

    t_s: float
    gauge: str
    step: float = 0.0
    per_day: float = 0.0
    silent: bool = False
    until_s: float = float("inf")


def structures_of(gauges: GeoDataFrame, settings: MonitoringSettings) -> tuple[Structure, ...]:
    """Return the structures of a city's layer ``gauges``, in the order of their ids.

    A structure stands where its first gauge is.

    Raises
    ------
    InputError
        If a gauge measures what the catalogue does not know, or a structure is of no known kind.
    """
    found: dict[str, Structure] = {}
    for row in gauges.itertuples(index=False):
        name, kind, quantity = str(row.structure), str(row.structure_kind), str(row.quantity)
        check_known(f"Structure '{name}'", "kind", kind, tuple(settings.kinds))
        check_known(f"Gauge '{row.id}'", "quantity", quantity, tuple(settings.quantities))
        gauge = Gauge(str(row.id), quantity, settings.quantities[quantity], settings.interval_s)
        known = found.get(name)
        point = row.geometry
        if known is None:
            found[name] = Structure(name, kind, float(point.x), float(point.y), (gauge,))
        else:
            found[name] = Structure(name, known.kind, known.x, known.y, (*known.gauges, gauge))
    return tuple(found[name] for name in sorted(found))


def check_known(what: str, key: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that the catalogue does not have."""
    if value not in allowed:
        raise InputError(what, got=f"{key} '{value}'", expected=f"one of {', '.join(allowed)}")


def check_troubles(
    structures: Sequence[Structure], damages: Sequence[StructureDamage], faults: Sequence[GaugeFault]
) -> None:
    """Refuse damages and faults that name what there is not."""
    gauges_of = {each.id: [gauge.id for gauge in each.gauges] for each in structures}
    for damage in damages:
        if damage.structure not in gauges_of:
            got, expected = f"structure '{damage.structure}'", f"one of {', '.join(gauges_of)}"
            raise InputError("Damage of a structure", got=got, expected=expected)
        for gauge in damage.gauges:
            if gauge not in gauges_of[damage.structure]:
                got, expected = f"gauge '{gauge}'", f"a gauge of '{damage.structure}'"
                raise InputError("Damage of a structure", got=got, expected=expected)
    known = {gauge for gauges in gauges_of.values() for gauge in gauges}
    for fault in faults:
        if fault.gauge not in known:
            raise InputError("Fault of a gauge", got=f"gauge '{fault.gauge}'", expected="a gauge")
