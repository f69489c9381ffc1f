"""Parts of the screen: Panel components whose JavaScript is one bundle with one store."""

from __future__ import annotations

from typing import Any

import panel as pn
import param

from viz.bundle import ScreenPart


class CityMap(ScreenPart):
    """The city in three dimensions with water, roads, crews and cases."""


class HeaderBar(ScreenPart):
    """Title, simulated clock, state of the run, language switch."""

    opened: Any = param.Dict(default={}, doc="What the drawer shows.")


class KpiStrip(ScreenPart):
    """The few figures that matter, at the simulated time."""


class Card(ScreenPart):
    """One of the cards at the sides."""

    kind: Any = param.Selector(objects=["rain", "balance", "sensors", "cases", "flow", "crews"])


class TimeBar(ScreenPart):
    """Play, pause, speed, scrub, jump to the peak; switches of the map's layers."""


class Drawer(ScreenPart):
    """Details of what was clicked: a case, a crew, a road, a sensor, a building."""


class AlarmTicker(ScreenPart):
    """The latest alarms; a click opens the case."""


def make_parts(language: str) -> dict[str, pn.viewable.Viewable]:
    """Make all parts of one page, by the name that the template embeds."""
    filling: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0, "language": language}
    cards: dict[str, pn.viewable.Viewable] = {
        f"card_{kind}": Card(kind=kind, **filling) for kind in Card.param.kind.objects
    }
    return {
        "map": CityMap(**filling),
        "header": HeaderBar(**filling),
        "kpis": KpiStrip(**filling),
        **cards,
        "timebar": TimeBar(**filling),
        "drawer": Drawer(**filling),
        "ticker": AlarmTicker(**filling),
    }
