"""The operations of a city as a Mesa model: reports come in, crews go out, the city changes.

`Operations` wires the parts and starts them on the clock; nothing happens in a ``step``. Run it with
``operations.env.run_to(t)``. The physics shares the clock: whoever joins the two sets its steps with
``operations.env.at(..., priority=PHYSICS_FIRST)`` and passes physical events to `note_cause`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import mesa

from agents.alarms.desk import AlarmDesk
from agents.alarms.following import FollowedSink
from agents.alarms.response import ResponseBoard
from agents.casebook import CaseBook
from agents.cases import Case
from agents.catalogue import Catalogue, read_catalogue
from agents.channels.citizens import Citizens
from agents.channels.patrols import Patrol, Post
from agents.channels.sensors import Sensors
from agents.channels.video import Cameras
from agents.checking import Checker
from agents.clock import TwinEnv
from agents.crews import Crew
from agents.deadlines import Deadlines
from agents.desk import Desk
from agents.dispatch import Dispatcher
from agents.driving import Traffic
from agents.hazards import HazardChannel, HazardRepairs
from agents.hiring import check_groups, depots_of, hire, longest_hose_m, note_islands
from agents.intake import Intake
from agents.limits import read_time_limits
from agents.mains import Gushing, MainRepairs
from agents.matters import Matters
from agents.merging import ClosedCases, OpenCases
from agents.organisation import Offices
from agents.places import DepotPlace, Places, read_places
from agents.planning import Planner, Roster
from agents.policies import Policy, load_policy
from agents.policies.loading import policy_label
from agents.routing import Router
from agents.settings import CitizenSettings, DispatchSettings, OperationsSettings, StaffingSettings
from agents.sewers import PumpTelemetry, SewerRepairs
from agents.site_work import SiteWork
from agents.situations import Situations
from agents.views import HazardView, LifelineView, OrderPort, RoadView, SewerView, SupplyView, WaterView
from agents.world import World
from agents.zones import Zones, read_zones
from cim_models.city import City
from cim_models.errors import ScenarioError
from cim_models.events import EventSink
from cim_models.hazards import HazardNews
from cim_models.sewer_faults import PumpNews

TIDY_S = 3600.0
"""Cases that are over leave the book between one and two of these later, s."""


class Operations(mesa.Model):
    """Everybody who acts in a city, on one clock.

    Parameters
    ----------
    city
        The city model; every layer it lacks switches off what needs it, and ``notes`` says so.
    water, roads, orders
        The physical city; without ``roads`` nobody drives.
    events
        The event log.
    settings
        Who reports, who works, how cases are kept.
    seed
        Seed of the scenario.
    env
        The clock; None for a new one.
    policy
        The dispatch policy; None for the one that the settings name.
    catalogue
        The rules; None for those that come with the package.
    supply, hazards
        The water supply, and gas and cavities; None where they are not simulated.
    lifelines
        Failures of lifelines without a hydraulic model; None for none.
    sewer
        What fails in the sewer; None without one.
    """

    def __init__(
        self,
        *,
        city: City,
        water: WaterView,
        roads: RoadView | None,
        orders: OrderPort,
        events: EventSink,
        settings: OperationsSettings,
        seed: int,
        env: TwinEnv | None = None,
        policy: Policy | None = None,
        catalogue: Catalogue | None = None,
        supply: SupplyView | None = None,
        lifelines: LifelineView | None = None,
        hazards: HazardView | None = None,
        sewer: SewerView | None = None,
    ) -> None:
        super().__init__(rng=seed)
        self.env = TwinEnv() if env is None else env
        self.settings = settings
        self.catalogue = read_catalogue() if catalogue is None else catalogue
        self.world = World(
            self.env,
            settings.start,
            _read_places(city, settings.citizens or CitizenSettings()),
            water,
            roads,
            orders,
            events,
            seed,
            supply=supply,
            lifelines=lifelines,
            hazards=hazards,
            sewer=sewer,
        )
        self.offices = Offices(city, self.catalogue.events)
        self.book = self._make_book()
        self.planner = self._make_planner()
        self.desk = self._make_desk()
        self.response: ResponseBoard | None = None
        self.alarms = self._open_alarms()
        self.checker = self._make_checker()
        self.pumps = self._open_telemetry()
        self.hazards = self._open_hazards()
        self.matters = self._let_matters_appear()
        self.work = SiteWork(self.world, self.checker, self.catalogue, settings, self.matters)
        self.crews: dict[str, Crew] = {}
        self.dispatcher: Dispatcher | None = None
        if self._can_drive and roads is not None:
            self._man(city, roads, policy)
        self.patrols: dict[str, Patrol] = {}
        self.sensors: Sensors | None = None
        self.cameras: Cameras | None = None
        self._open_channels()
        self._note_what_is_missing()
        self.env.after(TIDY_S, self._tidy)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the city lacks and what is taken for granted instead."""
        return tuple(self.world.places.notes)

    def change_dispatch(self, dispatch: DispatchSettings) -> None:
        """Dispatch in another way from now on; the time between rounds changes after the next one.

        Tasks that are waiting already keep the time from which they may be dispatched.
        """
        before = self.settings.dispatch
        self.settings = replace(self.settings, dispatch=dispatch)
        self.planner.dispatch = dispatch
        if self.dispatcher is None:
            return
        self.dispatcher.settings = dispatch
        self.dispatcher.situations.reach_s = dispatch.reach_s
        if (dispatch.policy, dispatch.options) != (before.policy, before.options):
            policy = load_policy(dispatch.policy, dispatch.options, dispatch.folder)
            self.dispatcher.follow(policy, policy_label(dispatch.policy))

    def reinforce(self, staffing: StaffingSettings) -> None:
        """Let crews join now: those of a larger roster that are not there yet, each at its depot.

        Parameters
        ----------
        staffing
            The present roster with more crews; it may bring skills that nobody has had.
        """
        self.settings, roads = replace(self.settings, staffing=staffing), self.world.roads
        if roads is None or self.dispatcher is None:
            return
        check_groups(staffing, self.catalogue)
        cards = hire(staffing, self.catalogue, depots_of(staffing, self.world.places, roads), roads)
        traffic = Traffic(self.world, roads, staffing)
        for card in cards:
            if card.id not in self.crews:
                self.crews[card.id] = Crew(self, card, traffic, self.work)
        zones, reach_s = self.dispatcher.situations.zones, self.settings.dispatch.reach_s
        self.dispatcher.situations = Situations(self.world, roads, self.book, self.crews, zones, reach_s)
        self.planner.roster = Roster(staffing.skills, longest_hose_m(staffing), staffing.barriers)

    def note_cause(self, kind: str, subject: str, event_id: int) -> None:
        """Remember a physical event, so that the reports it leads to can name it as their cause.

        Parameters
        ----------
        kind
            ``road.flooded``, ``sewer.surcharged``, ``supply.burst`` or ``rain.started`` begin a cause; other
            kinds are ignored, so that a late report of water that has just left still names its flood.
        subject
            Id of the road or sewer node; `agents.world.RAIN` for the rain.
        event_id
            Id of the event in the log.
        """
        if kind in ("road.flooded", "sewer.surcharged", "supply.burst", "rain.started"):
            self.world.flood_events[subject] = event_id

    def tell(self, news: HazardNews) -> None:
        """Let instruments or passers-by tell of gas or of a cavity."""
        if self.hazards is not None:
            self.hazards.tell(news)

    def tell_of_pump(self, news: PumpNews) -> None:
        """Let the telemetry of a pumping station tell of its pump."""
        if self.pumps is not None:
            self.pumps.tell(news)

    def inbox(self, organisation: str) -> list[Case]:
        """Return the open cases that a unit, or everybody below an organisation, has now.

        Parameters
        ----------
        organisation
            Id of a unit, a street station, a district, a department or the centre.
        """
        return self.offices.inbox(organisation, self.book.cases.values())

    def lose_crew(self, crew: str, reason: str, cause: int | None = None) -> None:
        """Lose a crew for the rest of the run, whatever it is doing; see `agents.crews.Crew.lose`.

        Parameters
        ----------
        crew
            Its id; one that is lost already stays lost.
        reason
            What happened to it, for people.
        cause
            Id of the event behind it, if any.

        Raises
        ------
        ScenarioError
            If there is no such crew.
        """
        if crew not in self.crews:
            raise ScenarioError(
                f"Crew '{crew}' cannot be lost",
                got="no such crew",
                expected=f"one of {', '.join(self.crews)}" if self.crews else "a roster with crews",
                remedy="Correct the id",
            )
        self.crews[crew].lose(reason, cause)

    def case_counts(self) -> dict[str, int]:
        """Return the number of cases in each state, for tests and progress lines."""
        counts = self.book.left + Counter(str(case.state) for case in self.book.cases.values())
        return {state: counts[state] for state in sorted(counts)}

    # --- wiring -----------------------------------------------------------------------------------

    def _tidy(self, _: None) -> None:
        """Let the cases leave that are over, so that memory and snapshots stay small."""
        self.env.after(TIDY_S, self._tidy)
        held = {crew.task.id for crew in self.crews.values() if crew.task is not None}
        self.book.tidy(self.world.now_s, held)

    def _make_book(self) -> CaseBook:
        rules = self.settings.cases
        return CaseBook(
            OpenCases(rules.merge_distance_m, rules.merge_time_s),
            ClosedCases(self.catalogue.events.waterlogging, rules.reopen_distance_m, rules.reopen_within_s),
        )

    @property
    def _can_drive(self) -> bool:
        return self.world.roads is not None and bool(self.world.places.roads)

    def _make_planner(self) -> Planner:
        """Say what the crews can do; where nobody can drive, nothing is planned."""
        staffing = self.settings.staffing
        check_groups(staffing, self.catalogue)
        roster = Roster(staffing.skills, longest_hose_m(staffing), staffing.barriers)
        return Planner(
            self.world,
            self.book,
            self.catalogue,
            self.settings.cases,
            self.settings.dispatch,
            roster if self._can_drive else Roster(),
        )

    def _make_desk(self) -> Desk:
        """Join the parts that a case passes on its way from report to unit."""
        rules, limits = self.settings.cases, read_time_limits()
        clock = limits.clock(self.settings.start, rules.calendar)
        deadlines = Deadlines(self.world, self.book, self.catalogue, limits, clock)
        router = Router(self.world, self.book, self.offices, self.planner, deadlines, rules.desk)
        intake = Intake(self.world, self.book, self.offices, router, deadlines, rules.desk)
        return Desk(self.world, self.book, self.catalogue, intake, self.planner, rules)

    def _open_alarms(self) -> AlarmDesk | None:
        settings = self.settings.alarms
        if settings is None:
            return None
        alarms = AlarmDesk(self.world, self.book, self.offices, self.desk.receive, settings)
        self.response = ResponseBoard(self.world, settings.plan, self._skills_of)
        self.world.events = FollowedSink(self.world.events, self._follow)
        return alarms

    def _follow(self, kind: str, subject: str, event: int, data: Mapping[str, Any]) -> None:
        """Tell the alarms and the response of an event that may concern them."""
        if self.alarms is not None:
            self.alarms.handling.follow(kind, subject, event, data)
        if self.response is not None:
            self.response.follow(kind, subject, event, data)

    def _skills_of(self, crew: str) -> frozenset[str]:
        return frozenset(self.crews[crew].card.skills)

    def _make_checker(self) -> Checker:
        """Say who looks whether a case is done, and what networks still lack."""
        checker = Checker(self.world, self.book, self.desk, self.planner, self.settings.cases)
        events, supply, sewer = self.catalogue.events, self.world.supply, self.world.sewer
        if supply is not None:
            checker.repairs.append(MainRepairs(self.book, self.planner, supply, events.burst_main))
        if sewer is not None:
            classes = frozenset({events.waterlogging, events.drain})
            checker.sewer = SewerRepairs(self.book, self.planner, sewer, classes)
        return checker

    def _open_hazards(self) -> HazardChannel | None:
        hazards = self.world.hazards
        if hazards is None:
            return None
        self.checker.hazards = HazardRepairs(self.book, self.planner, hazards)
        classes, receive = self.catalogue.events, self.desk.receive
        return HazardChannel(self.world, hazards, self.settings, classes, receive, self.alarms)

    def _open_telemetry(self) -> PumpTelemetry | None:
        settings, code = self.settings.sensors, self.catalogue.events.drain
        if self.world.sewer is None or settings is None:
            return None
        return PumpTelemetry(self.world, settings, code, self.desk.receive, self.alarms)

    def _let_matters_appear(self) -> Matters | None:
        per_day = self.settings.matters_per_day
        if per_day <= 0.0 or not self.world.places.roads:
            return None
        return Matters(self.world, per_day, self.desk.receive)

    def _man(self, city: City, roads: RoadView, policy: Policy | None) -> None:
        """Hire the crews, and somebody who sends them."""
        depots = depots_of(self.settings.staffing, self.world.places, roads)
        self.crews = self._hire(roads, depots)
        self._open_dispatch(roads, read_zones(city, depots, self.settings.dispatch.zones), policy)

    def _hire(self, roads: RoadView, depots: tuple[DepotPlace, ...]) -> dict[str, Crew]:
        cards = hire(self.settings.staffing, self.catalogue, depots, roads)
        note_islands(self.world.places, roads, cards)
        traffic = Traffic(self.world, roads, self.settings.staffing)
        return {card.id: Crew(self, card, traffic, self.work) for card in cards}

    def _open_dispatch(self, roads: RoadView, zones: Zones, policy: Policy | None) -> None:
        settings = self.settings.dispatch
        name = policy_label(settings.policy) if policy is None else type(policy).__name__
        chosen = policy or load_policy(settings.policy, settings.options, settings.folder)
        situations = Situations(self.world, roads, self.book, self.crews, zones, settings.reach_s)
        self.dispatcher = Dispatcher(self, situations, chosen, name, settings)

    def _open_channels(self) -> None:
        settings, receive = self.settings, self.desk.receive
        water_code = self.catalogue.events.waterlogging
        if settings.sensors is not None:
            self.sensors = Sensors(self.world, settings.sensors, receive, water_code, self.alarms)
        if settings.video is not None:
            self.cameras = Cameras(self.world, settings.video, receive, water_code, self.matters)
        if settings.citizens is not None and self.world.places.roads:
            Citizens(self, self.world, settings.citizens, self.catalogue.events, receive)
        if settings.citizens is not None and self.world.supply is not None:
            Gushing(self.world, self.world.supply, receive, self.catalogue.events.burst_main)
        if settings.patrols is not None:
            post = Post(self, self.world, settings.patrols, receive, water_code, self.matters)
            self.patrols = post.patrols

    def _note_what_is_missing(self) -> None:
        skills = self.planner.roster.skills
        if not skills:
            self.world.places.notes.append("No crews: cases are registered, and nobody goes.")
        for skill in ("drainage", "traffic", "pump"):
            if skills and skill not in skills:
                self.world.places.notes.append(f"No crew has the skill '{skill}': its tasks are not planned.")
        if self.offices.tree is None:
            self.world.places.notes.append("The city has no organisations: cases name no unit.")
        for text in self.world.places.notes:
            self.world.log("run.noted", "run", text=text)


def _read_places(city: City, people: CitizenSettings) -> Places:
    return read_places(city, reach_m=people.reach_m, persons_per_m=people.persons_per_m)
