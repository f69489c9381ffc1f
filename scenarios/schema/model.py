"""What a scenario file may say, key by key; unknown keys are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from scenarios.schema.boundaries import Boundary
from scenarios.schema.failures import Alarms, FailureDraw, LifelineFailure
from scenarios.schema.flooding import FloodEvents
from scenarios.schema.hazards import Cavities, CavityFault, Gas, GasLeak, RadarSurvey
from scenarios.schema.monitoring import GaugeDamage, Monitoring, StructureDamage
from scenarios.schema.quantities import Duration, Fraction, Moment, PositiveDuration, PositiveLength, offset_s
from scenarios.schema.reporting import Reporting, StreetMatters
from scenarios.schema.section import OneOf, Point, Section
from scenarios.schema.sewer import (
    Blockage,
    PumpRestart,
    PumpStationFailure,
    SewerCollapse,
    SewerMending,
)
from scenarios.schema.staffing import Staffing
from scenarios.schema.structures import BarrierMeasure, CulvertClosure, CulvertMeasure, StandingStructure
from scenarios.schema.supply import (
    Burst,
    PipeLeak,
    PipeRepair,
    PumpOutage,
    Supply,
    ValveClosure,
    ValveOutage,
)
from scenarios.schema.weather import Roofs, Weather


class SoilValues(Section):
    """Values of a soil, as in catalogue ``soils``; what is left out stays as it is there."""

    conductivity_mm_h: Annotated[float, Field(gt=0)] | None = None
    suction_mm: Annotated[float, Field(gt=0)] | None = None
    porosity: Annotated[float, Field(gt=0, le=1)] | None = None
    initial_mm_h: Annotated[float, Field(gt=0)] | None = None
    final_mm_h: Annotated[float, Field(gt=0)] | None = None
    decay_1_h: Annotated[float, Field(gt=0)] | None = None


class GroundValues(Section):
    """Values of a ground class, as in catalogue ``soils``; what is left out stays as it is there."""

    soil: str | None = None
    pervious: Fraction | None = None
    depression_mm: Annotated[float, Field(ge=0, le=1000)] | None = None


class Ground(Section):
    """What the ground takes of the water on it; with model ``none`` nothing soaks in or is held back."""

    model: Literal["none", "green_ampt", "horton"] = "none"
    interval: Annotated[PositiveDuration, Field(le=3600)] = 60.0
    initial_saturation: Annotated[float, Field(ge=0, lt=1)] | None = None
    classes: dict[str, GroundValues] = Field(default_factory=dict)
    soils: dict[str, SoilValues] = Field(default_factory=dict)


class CrewLoss(Section):
    """A crew is lost for the rest of the run; what it was doing waits for another."""

    crew: str
    at: Moment
    reason: str = "an accident"


class Failure(OneOf):
    """One thing that goes wrong."""

    burst: Burst | None = None
    leak: PipeLeak | None = None
    pump_outage: PumpOutage | None = None
    valve_outage: ValveOutage | None = None
    blockage: Blockage | None = None
    sewer_collapse: SewerCollapse | None = None
    pump_station_failure: PumpStationFailure | None = None
    crew_lost: CrewLoss | None = None
    draw: FailureDraw | None = None
    lifeline: LifelineFailure | None = None
    gas_leak: GasLeak | None = None
    cavity: CavityFault | None = None
    structure_damage: StructureDamage | None = None
    gauge_damage: GaugeDamage | None = None


class Dispatch(Section):
    """How cases find their crews.

    In ``mode`` automatic that takes ``delay``, one duration or the least and the most of a uniform
    distribution; in mode manual a mean of ``manual_delay``, exponentially distributed. ``policy`` is
    ``assignment``, ``flow``, ``horizon``, ``nearest``, ``priority``, ``zone``, ``module:Class``, or
    ``file.py:Class`` from the scenario's own folder; ``options`` are arguments of its class. Zones are the
    surroundings of the ``depots``, or the polygons of a layer such as ``patrol_grids``. Crews farther away
    than ``reach`` are looked at only for tasks that no free crew reaches within it.
    """

    mode: Literal["automatic", "manual"] = "automatic"
    delay: Duration | tuple[Duration, Duration] = (60.0, 120.0)
    manual_delay: Duration = 1800.0
    policy: str = "assignment"
    options: dict[str, float | bool | str] = Field(default_factory=dict)
    interval: PositiveDuration = 120.0
    zones: str = "depots"
    reach: PositiveDuration = 900.0


class Desk(Section):
    """How reports are accepted, verified and registered: by the platform at once, or by officers in turn.

    ``acceptors`` and ``registrars`` are the officers at work in manual mode. ``misassigned`` is the share of
    cases that reach a unit that is not responsible and returns them; that of the mode where omitted.
    See `agents.settings.DeskSettings`.
    """

    mode: Literal["automatic", "manual"] = "automatic"
    acceptors: Annotated[int, Field(ge=1, le=10_000)] = 4
    registrars: Annotated[int, Field(ge=1, le=10_000)] = 2
    misassigned: Fraction | None = None
    found_false: Fraction | None = None


class Denominators(Section):
    """What an indicator is a share of, where sites choose differently; see catalogue of indicators."""

    registration_rate: Literal["reports", "accepted"] = "reports"
    rework_rate: Literal["handled", "owed"] = "handled"


class Cases(Section):
    """How reports become cases, and by which rules cases are counted.

    A report merges into an open case of its class within ``merge_distance``, or on the same street, whose
    last report is no older than ``merge_time``; it opens a case again that was closed no longer ago than
    ``reopen_within``. ``calendar`` names the calendar of catalogue ``time_limits`` in which working time
    runs, that of the city's time zone where omitted.
    """

    merge_distance: PositiveLength = 100.0
    merge_time: Duration = 7200.0
    reopen_within: Duration = 21_600.0
    calendar: str = ""
    desk: Desk = Desk()
    denominators: Denominators = Denominators()


class PumpTruck(Section):
    """A pump truck placed by plan, not by a case.

    ``to`` is a sewer node, an outfall's spot, ``outside`` the model, or a point [x, y] on the ground where
    the water runs out. With ``hose`` the straight way there, or to the edge of the terrain, may be no
    longer than that.
    """

    at: str | Point
    to: str | Point = "outside"
    capacity_m3_h: Annotated[float, Field(gt=0)]
    hose: PositiveLength | None = None
    begin: Moment = Field(alias="from")
    until: Moment | None = None


class RoadClosure(Section):
    """A road closed by plan; with ``barrier_m``, behind watertight barriers of that height at both ends."""

    road: str
    barrier_m: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    begin: Moment = Field(alias="from")
    until: Moment | None = None


class GullyClearing(Section):
    """Gullies cleared by plan; all when none is named."""

    gullies: Literal["all"] | tuple[str, ...] = "all"
    at: Moment


class Measure(OneOf):
    """One planned measure."""

    pump_truck: PumpTruck | None = None
    close_road: RoadClosure | None = None
    clear_gullies: GullyClearing | None = None
    barrier: BarrierMeasure | None = None
    culvert: CulvertMeasure | None = None
    shut_culvert: CulvertClosure | None = None
    shut_valve: ValveClosure | None = None
    repair_pipe: PipeRepair | None = None
    radar_survey: RadarSurvey | None = None
    unblock_sewer: SewerMending | None = None
    rebuild_sewer: SewerMending | None = None
    restart_pump: PumpRestart | None = None


class Output(Section):
    """What the run folder holds, and how often it is written.

    Velocities are written only with ``velocity_every``. ``hazard`` says which debris factors of catalogue
    ``flood_hazard`` rate the water; false leaves out hazard, speed, arrival and durations per cell,
    as coarse cells always do.
    ``points`` names a CSV file with the columns id, x, y (the city's CRS), from the scenario's own folder;
    their water is written every ``points_every``, or as often as the sensors'. With ``checkpoints_every`` the
    whole state is kept at these intervals, and ``citytwin run --from`` goes on from there; each time the
    sewer is closed and opened again, see `twin.sewer.SewerEngine.state`.
    """

    depth_every: PositiveDuration = 60.0
    sensors_every: PositiveDuration = 60.0
    velocity_every: PositiveDuration | None = None
    hazard: str | Literal[False] = "urban"
    points: str | None = None
    points_every: PositiveDuration | None = None
    checkpoints_every: PositiveDuration | None = None


class Numerics(Section):
    """Steps and coefficients of the physics.

    ``exchange`` is the time between two exchanges of street and sewer; ``sewer`` is SWMM's routing step,
    the exchange step where omitted, else a multiple or a whole fraction of it. An exchange never carries the
    sewer's head past the street's, so long steps let less in: in the first 70 min of ``jiangbei_storm`` on
    cells of 8 m the sewer takes 1.8 % more with 0.5 s than with 1 s, 2.4 % less with 2 s, 8 % less with 5 s.
    ``buildings`` are ``walls`` that no water enters, blocks ``raised`` by ``building_height_m`` whose roofs
    take rain, or ``none``.
    ``cell`` is the edge of the cells that surface water is computed on, such as ``8m``: a whole multiple,
    up to eight times, of the terrain's; larger ones are coarse nodes with tables made from the terrain, see
    `twin.surface.subgrid`. The equations of the surface water are those of the ``scheme``, ``inertial`` or
    for fast flow ``advective``; its steps have the Courant number ``courant``, that of the scheme where
    omitted, and are no longer than ``max_step``, see `twin.surface.SurfaceSettings`. ``wave_depth``, such
    as ``0.25m``, slows gravity waves down in deeper water, so that a few deep ponds do not set the step of
    the whole city: a storm takes half the steps or less. Omit it where waves matter, as behind a dam.
    """

    coupling: PositiveDuration = 10.0
    exchange: PositiveDuration = 1.0
    sewer: PositiveDuration | None = None
    manning_n: Annotated[float, Field(gt=0, le=1)] = 0.03
    buildings: Literal["walls", "raised", "none"] = "walls"
    building_height_m: Annotated[float, Field(gt=0, le=1000)] = 3.0
    cell: PositiveLength | None = None
    scheme: Literal["inertial", "advective"] = "inertial"
    courant: float | None = None
    max_step: Duration = 10.0
    wave_depth: PositiveLength | None = None


class Title(Section):
    """Name for people."""

    zh: str
    en: str


def _identifier(name: str) -> str:
    if not name.replace("_", "").replace("-", "").isalnum():
        msg = "expected letters, digits, - and _"
        raise ValueError(msg)
    return name


class Scenario(Section):
    """An experiment: a city, a stretch of time, what happens, who acts."""

    name: Annotated[str, AfterValidator(_identifier)]
    title: Title | None = None
    city: str
    start: AwareDatetime
    duration: PositiveDuration
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    weather: Weather = Weather()
    ground: Ground = Ground()
    roofs: Roofs = Roofs()
    boundaries: tuple[Boundary, ...] = ()
    structures: tuple[StandingStructure, ...] = ()
    flood_events: FloodEvents = FloodEvents()
    supply: Supply = Supply()
    gas: Gas = Gas()
    cavities: Cavities = Cavities()
    monitoring: Monitoring = Monitoring()
    failures: tuple[Failure, ...] = ()
    matters: StreetMatters = StreetMatters()
    reporting: Reporting = Reporting()
    staffing: Staffing = Staffing()
    dispatch: Dispatch = Dispatch()
    cases: Cases = Cases()
    alarms: Alarms | None = None
    measures: tuple[Measure, ...] = ()
    output: Output = Output()
    numerics: Numerics = Numerics()

    def offset_s(self, moment: str) -> float:
        """Seconds from the scenario's start to a moment that it names."""
        return offset_s(moment, self._start())

    def _start(self) -> datetime:
        return self.start
