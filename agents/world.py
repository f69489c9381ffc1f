"""What every part of the operations works with: clock, places, physical city, event log, chance."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.clock import TwinEnv
from agents.draws import Draws
from agents.places import Places
from agents.views import HazardView, LifelineView, OrderPort, RoadView, SewerView, SupplyView, WaterView
from cim_models.events import EventSink

RAIN = "rain"
"""Subject under which `World.flood_events` knows the event of the rain that falls or fell last."""


@dataclass(slots=True)
class World:
    """The surroundings of all agents of one run.

    Parameters
    ----------
    env
        The clock.
    start
        Date and time at 0 s.
    places
        The city as agents know it.
    water, roads, orders
        The physical city; ``roads`` is None where there are none.
    events
        The event log.
    seed
        Seed of the scenario.
    supply, hazards
        The water supply, and gas and cavities; None where they are not simulated.
    lifelines
        Failures of lifelines without a hydraulic model; None for none.
    sewer
        What fails in the sewer; None without one.
    flood_events
        Id of the latest physical event by road or sewer node, and of its appearance by matter.
    """

    env: TwinEnv
    start: datetime
    places: Places
    water: WaterView
    roads: RoadView | None
    orders: OrderPort
    events: EventSink
    seed: int
    flood_events: dict[str, int] = field(default_factory=dict)
    supply: SupplyView | None = None
    lifelines: LifelineView | None = None
    hazards: HazardView | None = None
    sewer: SewerView | None = None
    _draws: dict[str, Draws] = field(default_factory=dict)

    @property
    def now_s(self) -> float:
        """Simulated time, s since start."""
        now: float = self.env._now  # what env.now returns, without one more call: it is asked for very often
        return now

    def hour(self, t_s: float | None = None) -> float:
        """Hour of the day at a time (now by default), 0 to 24."""
        moment = self.moment(self.now_s if t_s is None else t_s)
        return moment.hour + moment.minute / 60.0 + (moment.second + moment.microsecond / 1e6) / 3600.0

    def moment(self, t_s: float) -> datetime:
        """Date and time at a simulated time."""
        passed = self.start.astimezone(UTC) + timedelta(seconds=t_s)
        return passed.astimezone(self.start.tzinfo)  # over a change to summer time as well

    def seconds(self, moment: datetime) -> float:
        """Return the simulated time of a date and time, s since start."""
        return (moment.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()

    def draws(self, part: str) -> Draws:
        """Random numbers of a stochastic part."""
        known = self._draws.get(part)
        if known is None:
            known = self._draws[part] = Draws(self.seed, part)
        return known

    def log(self, kind: str, subject: str, cause: int | None = None, **data: Any) -> int:
        """Append an event that happens now and return its id."""
        return self.events.append(self.env._now, kind, subject, cause, data)

    def depth_at(self, x: float, y: float, road: str, radius_m: float) -> float:
        """Water that somebody at a place sees: around them and along their road, m."""
        depth = float(self.water.depth_near(x, y, radius_m))
        place = self.places.road_by_id.get(road)
        if place is not None:
            depth = max(depth, float(self.water.road_depth()[place.index]))
        return round(depth, 3)
