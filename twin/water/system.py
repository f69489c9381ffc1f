"""The coupled water system of a city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cim_models.city import City, Network
from cim_models.errors import InputError
from cim_models.orders import (
    ClearGullies,
    Order,
    OrderOutcome,
    SewerOrder,
    StartPump,
    StopPump,
    StructureOrder,
)
from cim_models.structures import Structure
from twin.exchange import SewerExchange
from twin.exchange.placement import cells_within
from twin.ground import GroundLoss, GroundSettings, ground_map
from twin.rain import RainSeries
from twin.roads import RoadSampler
from twin.sewer import SewerAccount, SewerEngine
from twin.sewer.failures import Collapse, PipeBlockage
from twin.surface import SurfaceSolver
from twin.surface.grid import buildings_of, rain_weights, raised_ground
from twin.surface.port import SurfaceWater
from twin.surface.subgrid import CoarseSolver
from twin.water.balance import WaterBalance, WaterUnits, water_balance
from twin.water.blockage import blockage_at_start
from twin.water.boundaries import surface_edges
from twin.water.probes import SensorProbes
from twin.water.pumps import PumpFleet, PumpSite, PumpTruck
from twin.water.rainfall import Rainfall
from twin.water.roofs import RoofDrains
from twin.water.settings import WaterSettings
from twin.water.springs import Springs
from twin.water.structures import StructureYard
from twin.water.wear import SewerWear

_TIME_TOLERANCE_S = 1e-6


class WaterSystem:
    """Rain, street, ground, sewer, gullies, manholes and pump trucks of one city.

    Rain falls on the street and runs over the terrain. Once per exchange step water passes through
    gullies and manholes as street and sewer stand at that moment; SWMM receives exactly what the
    street gave, spread over its routing step, which may be several exchange steps. Where the settings
    say so, the ground takes water from the street at intervals of its own. Without a sewer only the
    street is computed; without gullies the sewer takes water in only where manholes are set to ``open``.

    Parameters
    ----------
    city
        The city.
    rain
        What falls.
    settings
        How it is computed.
    workdir
        Folder for SWMM's files.
    seed
        Of the scenario; draws which gullies are blocked.

    Attributes
    ----------
    time_s
        Simulated time, s since the start.
    terrain
        The city's terrain.
    bed_elevation
        Ground that the water runs on, raised buildings included, shape (rows, cols), m.
    gully_blockage
        Blocked share of each gully, in the order of the layer.
    surcharged
        Per sewer node: whether its head has reached the cover and not yet fallen ``relief_m`` below it;
        never at outfalls and sealed nodes.
    wear
        What fails in the sewer and its gullies; None without a sewer.

    Raises
    ------
    NetworkError
        If SWMM rejects the sewer.
    """

    def __init__(
        self, city: City, rain: RainSeries, settings: WaterSettings, workdir: Path, seed: int
    ) -> None:
        self.city = city
        self.settings = settings
        self.terrain = city.terrain
        self.time_s = 0.0
        self._rain = Rainfall(city.terrain, rain)
        self.walls = buildings_of(city, settings.buildings)
        self.open_cells = np.isfinite(city.terrain.elevation) & ~self.walls
        self._roofs = self._make_roofs()
        self._surface = self._make_surface()
        self._yard = StructureYard(self._surface, city.terrain, self.open_cells, settings.structures)
        self._ground = None if settings.ground is None else self._make_ground(settings.ground)
        gullies = city.layer("gullies")
        self._gully_rows = (
            {} if gullies is None else {str(name): row for row, name in enumerate(gullies["id"])}
        )
        self.gully_blockage = (
            np.zeros(0) if gullies is None else blockage_at_start(gullies, settings.blockages, seed)
        )
        roads = city.layer("roads")
        self._roads = None if roads is None else RoadSampler(city.terrain, roads, self.walls)
        self._road_depth: NDArray[np.float64] | None = None  # as long as no water moves
        self._street_cells = self.open_cells
        if self._roads is not None:
            self._street_cells = np.zeros_like(self.open_cells)
            self._street_cells.ravel()[self._roads.distinct_cells] = True
        self._sewer: SewerEngine | None = None
        self._exchange: SewerExchange | None = None
        self.wear: SewerWear | None = None
        self.surcharged = np.zeros(0, dtype=bool)
        if city.sewer is not None:
            self._open_sewer(city.sewer, Path(workdir), seed)
        self._pumps = PumpFleet(self._pump_site())
        self._springs = Springs(city.terrain, self.bed_elevation, self.open_cells, self._street_cells)
        self._sensors = SensorProbes(city.terrain, self.open_cells, city.layer("sensors"), self._sewer)

    def _make_surface(self) -> SurfaceWater:
        city, settings = self.city, self.settings
        raised = settings.buildings == "raised"
        to_street = None if self._roofs is None else self._roofs.to_street
        factor = settings.coarse_factor
        tier = SurfaceSolver if factor == 1 else partial(CoarseSolver, factor=factor)
        height_m = settings.building_height_m if raised else 0.0
        self.bed_elevation = raised_ground(city.terrain, self.walls, height_m)
        surface: SurfaceWater = tier(
            self.bed_elevation,
            city.terrain.cell_size_m,
            manning_n=settings.manning_n if city.roughness is None else city.roughness,
            walls=None if raised else self.walls,
            edges=surface_edges(city.terrain, self.open_cells, settings.edges, settings.boundaries),
            settings=settings.surface,
            rain_weight=to_street if raised else rain_weights(city.terrain, self.walls, to_street),
        )
        self._rain.begin(surface)
        return surface

    def _make_roofs(self) -> RoofDrains | None:
        if self.settings.roofs.to_sewer == 0.0 or self.city.sewer is None:
            return None
        return RoofDrains(self.city, self.walls, self._rain.zones, self.settings.roofs)

    def _make_ground(self, settings: GroundSettings) -> GroundLoss:
        classes, names = ground_map(self.city, self.open_cells)
        return GroundLoss(classes, names, settings, self.terrain.cell_size_m)

    def _open_sewer(self, network: Network, workdir: Path, seed: int) -> None:
        settings = self.settings
        failing = {f.conduit: None for f in settings.sewer_failures if isinstance(f, PipeBlockage | Collapse)}
        known = set(network.links["id"].astype(str))
        how = replace(settings.sewer, throttled=tuple(name for name in failing if name in known))
        sewer = SewerEngine(network, workdir, settings.routing_step_s, how, self._surface.unit_m3)
        try:
            self._exchange = SewerExchange(
                self.terrain,
                self.open_cells,
                self.city.layer("gullies"),
                sewer,
                np.column_stack([network.nodes.geometry.x, network.nodes.geometry.y]),
                self.settings.exchange,
            )
            for name, row in self._gully_rows.items():
                self._exchange.set_blockage(name, float(self.gully_blockage[row]))
            self.wear = SewerWear(self.city, settings, seed, sewer, self._exchange, self.gully_blockage)
        except BaseException:
            sewer.close()
            raise
        self._sewer = sewer
        self.surcharged = np.zeros(len(sewer.node_ids), dtype=bool)

    def _pump_site(self) -> PumpSite:
        node_xy: dict[str, tuple[float, float]] = {}
        if self.city.sewer is not None:
            points = self.city.sewer.nodes.geometry
            node_xy = dict(zip(self.node_ids, zip(points.x, points.y, strict=True), strict=True))
        return PumpSite(self._hose_cells, node_xy, self.terrain.bounds, self.settings.pump_residual_m)

    def _hose_cells(self, x: float, y: float) -> NDArray[np.int64]:
        return cells_within(self.terrain, self.open_cells, x, y, self.settings.pump_radius_m)

    def close(self) -> None:
        """Free SWMM; may be called twice."""
        if self._sewer is not None:
            self._sewer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- time -------------------------------------------------------------------------------------

    def advance_to(self, t_s: float) -> None:
        """Advance all water to a time, s since the start.

        Exchanges happen at whole multiples of the exchange step; between the last of them and a time
        that is not one, only the street moves on.
        """
        step = self.settings.exchange_step_s
        self._road_depth = None
        while self.time_s < t_s - _TIME_TOLERANCE_S:
            count = int(np.floor(self.time_s / step + _TIME_TOLERANCE_S))
            boundary = (count + 1) * step
            if abs(self.time_s - count * step) < _TIME_TOLERANCE_S:
                self._exchange_water(count * step, step)
            self.time_s = boundary if boundary <= t_s + _TIME_TOLERANCE_S else t_s
            self._advance_surface(self.time_s)

    def _exchange_water(self, now_s: float, dt_s: float) -> None:
        """Springs, pumps, gullies, manholes for the step that begins now; a sewer step is taken when due."""
        sewer = self._sewer
        self._springs.step(self._surface, now_s, dt_s)
        units = self._pumps.step(self._surface, dt_s)
        if sewer is None or self._exchange is None:
            return
        end_s = now_s + dt_s
        units += self._exchange.step(self._surface, sewer, dt_s, end_s - sewer.time_s)
        if self._roofs is not None:
            units += self._roofs.hand_over()
        sewer.inject_units(units)
        if self.wear is not None:
            self.wear.advance_to(now_s, self._rain.series, self._rain.shares)
        if end_s < sewer.time_s + self.settings.routing_step_s - _TIME_TOLERANCE_S:
            return
        sewer.advance_to(end_s)
        above = sewer.heads >= sewer.ground_m
        within = sewer.heads > sewer.ground_m - self.settings.relief_m
        covered = ~sewer.is_outfall & ~sewer.is_sealed
        self.surcharged = covered & (above | (self.surcharged & within))

    def _advance_surface(self, t_s: float) -> None:
        while self._surface.time_s < t_s:
            now = self._surface.time_s
            self._rain.follow(self._surface, now)
            ground = self._ground
            until_s = min(t_s, self._rain.until_s, np.inf if ground is None else ground.next_s)
            self._surface.advance_to(until_s)
            if self._roofs is not None:
                self._roofs.collect(self._rain.rates_m_s, until_s - now)
            if ground is not None and until_s >= ground.next_s:
                self._surface.withdraw(ground.take)

    def set_rain(self, rain: RainSeries) -> None:
        """Let other rain fall from now on, see `Rainfall.replace`."""
        self._rain.replace(self._surface, rain)
        if self._roofs is not None:
            pending = self._roofs.state()
            self._roofs = self._make_roofs()
            assert self._roofs is not None
            self._roofs.restore(pending)

    # --- checkpoints ------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return all that a system of the same city and settings needs to go on, by part.

        It is exact but for the sewer, see `twin.sewer.SewerEngine.state`: a system that is to go on beside
        its copy restores itself from its own state too.
        """
        parts: dict[str, Any] = {
            "surface": self._surface.state(),
            "pumps": self._pumps.state(),
            "springs": self._springs.state(),
            "structures": self._yard.standing,
            "time_s": self.time_s,
            "rain_from_s": self._rain.until_s,
            "rain_rates_m_s": self._rain.rates_m_s.copy(),
            "gully_blockage": self.gully_blockage.copy(),
            "surcharged": self.surcharged.copy(),
        }
        for name, part in self._optional_parts().items():
            parts[name] = part.state()
        return parts

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state of a system of the same city and settings.

        Raises
        ------
        InputError
            If the state has other parts, or one of them does not fit.
        """
        parts = self._optional_parts()
        kept = {name for name in ("ground", "roofs", "wear", "sewer", "exchange") if name in state}
        if kept != set(parts):
            raise InputError(
                "State of the water",
                got=f"with {', '.join(sorted(kept)) or 'the surface alone'}",
                expected=f"with {', '.join(sorted(parts)) or 'the surface alone'}",
            )
        self._surface.restore(state["surface"])
        self._road_depth = None
        self._pumps.restore(state["pumps"])
        self._springs.restore(state["springs"])
        self._yard.restore(state["structures"])
        for name, part in parts.items():
            part.restore(state[name])
        self.time_s = state["time_s"]
        self._rain.restore(state["rain_rates_m_s"], state["rain_from_s"])
        self.gully_blockage[:] = state["gully_blockage"]
        self.surcharged = state["surcharged"].copy()

    def reopen_sewer(self, state: Mapping[str, Any]) -> None:
        """Let the sewer go on from a state that has just been taken, as those do who restore it later."""
        if self._sewer is not None:
            self._sewer.restore(state["sewer"])

    def move_to(self, workdir: Path) -> None:
        """Keep SWMM's files in another folder from now on; for a process that was forked."""
        if self._sewer is not None:
            self._sewer.move_to(workdir)

    def _optional_parts(self) -> dict[str, Any]:
        parts = {
            "ground": self._ground,
            "roofs": self._roofs,
            "wear": self.wear,  # before the sewer, which is changed as it says when it is opened again
            "sewer": self._sewer,
            "exchange": self._exchange,
        }
        return {name: part for name, part in parts.items() if part is not None}

    # --- water from below -------------------------------------------------------------------------

    def let_rise(self, name: str, x: float, y: float, risen_m3: float, until_s: float) -> bool:
        """Let water come up from a broken main.

        Parameters
        ----------
        name
            Of the place.
        x, y
            Where it is, m.
        risen_m3
            Volume that has risen there since the start, m3; never less than before.
        until_s
            By when the street has received it, evenly from now on, s.

        Returns
        -------
        Whether there is open ground within 50 m; without it nothing happens.
        """
        return self._springs.rise(name, x, y, risen_m3, until_s)

    def runs_from(self, x: float, y: float) -> NDArray[np.float64]:
        """Places that water from below wets on its way downhill, as the ground lies, shape (n, 2), m."""
        return self._springs.runs_from(x, y)

    def settle_springs(self) -> None:
        """Give the street at once what has risen and is still on its way."""
        self._springs.flush(self._surface)
        self._road_depth = None

    # --- orders -----------------------------------------------------------------------------------

    def apply(self, order: Order) -> OrderOutcome:
        """Clear gullies, mend the sewer, run pump trucks, change barriers and culverts."""
        if isinstance(order, ClearGullies):
            return self._clear(order)
        if isinstance(order, StartPump):
            return self._pumps.start(order)
        if isinstance(order, StopPump):
            return self._pumps.stop(order)
        if isinstance(order, StructureOrder):
            self._road_depth = None
            return self._yard.apply(order)
        if isinstance(order, SewerOrder):
            return OrderOutcome(False, "no sewer") if self.wear is None else self.wear.faults.apply(order)
        return OrderOutcome(False, f"{type(order).__name__} is no order for water")

    def _clear(self, order: ClearGullies) -> OrderOutcome:
        unknown = [name for name in order.gullies if name not in self._gully_rows]
        if unknown:
            return OrderOutcome(False, f"no gully '{unknown[0]}'")
        for name in order.gullies:
            self.gully_blockage[self._gully_rows[name]] = 0.0
            if self.wear is not None:
                self.wear.clear_gully(self._gully_rows[name], self.time_s)
            if self._exchange is not None:
                self._exchange.set_blockage(name, 0.0)
        return OrderOutcome(True)

    # --- what people and instruments see ----------------------------------------------------------

    @property
    def water_depth(self) -> NDArray[np.float32]:
        """Depth on the ground, shape (rows, cols), m; a copy."""
        return self._surface.water_depth

    def publish_depth(self) -> NDArray[np.float32]:
        """Return the depth for others to see, see `SurfaceWater.publish_depth`, shape (rows, cols), m."""
        return self._surface.publish_depth()

    @property
    def max_depth(self) -> NDArray[np.float32]:
        """Largest depth so far, shape (rows, cols), m."""
        return self._surface.max_depth

    @property
    def time_of_max_s(self) -> NDArray[np.float32]:
        """Time of the largest depth, shape (rows, cols), s; NaN where it never was wet."""
        return self._surface.time_of_max_s

    def velocity(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Velocity to the east and to the north at cell centres, shape (rows, cols), m/s; 0 where dry."""
        return self._surface.velocity()

    def flood_fields(self) -> dict[str, NDArray[Any]]:
        """Return what has been recorded per cell so far, see `twin.surface.record.FloodRecord.fields`."""
        return self._surface.flood_fields()

    def depth_near(self, x: float, y: float, radius_m: float) -> float:
        """Largest depth on streets within a radius, m; 0 where there is none.

        In a city without roads all open ground counts. Yards and hollows beside a street do not: who
        watches a street must not close it for a puddle behind a wall.
        """
        cells = cells_within(self.terrain, self._street_cells, x, y, radius_m)
        return float(self._surface.depth_of(cells).max()) if cells.size else 0.0

    def road_depth(self) -> NDArray[np.float64]:
        """Largest depth on each road segment, in the order of the ``roads`` layer, m; not to be written."""
        if self._roads is None:
            return np.zeros(0)
        if self._road_depth is None:
            self._road_depth = self._roads.depth_of(self._surface.depth_of(self._roads.distinct_cells))
            self._road_depth.setflags(write=False)
        return self._road_depth

    def sensor_depth(self) -> NDArray[np.float64]:
        """Depth each sensor would read without noise, in the order of the layer, m; NaN for none."""
        return self._sensors.read(self._surface, self._sewer)

    # --- sewer and balance ------------------------------------------------------------------------

    @property
    def rain_intensity_mm_h(self) -> float:
        """Present intensity, mean over the ground, mm/h."""
        return self._rain.mean_mm_h(self.time_s)

    @property
    def given_to_sewer_m3(self) -> NDArray[np.float64]:
        """What the street has given each sewer node less what it took from it, since the start, m3."""
        sewer = self._sewer
        if sewer is None:
            return np.zeros(0)
        given_m3: NDArray[np.float64] = sewer.given_units.astype(np.float64) * sewer.unit_m3
        return given_m3

    @property
    def node_ids(self) -> tuple[str, ...]:
        """Ids of the sewer nodes, in the order of the city's table."""
        return () if self._sewer is None else self._sewer.node_ids

    @property
    def node_heads(self) -> NDArray[np.float64]:
        """Head at each sewer node, m above the vertical datum."""
        return np.zeros(0) if self._sewer is None else self._sewer.heads.copy()

    @property
    def node_ground(self) -> NDArray[np.float64]:
        """Cover level of each sewer node, m above the vertical datum."""
        return np.zeros(0) if self._sewer is None else self._sewer.ground_m

    @property
    def pumps(self) -> tuple[PumpTruck, ...]:
        """Pump trucks at work, in the order they were started."""
        return self._pumps.running

    @property
    def structures(self) -> dict[str, Structure]:
        """Barriers and culverts that stand now, by id."""
        return self._yard.standing

    @property
    def unplaced_gullies(self) -> tuple[str, ...]:
        """Ids of gullies without open ground within reach; they take no water."""
        return () if self._exchange is None else self._exchange.unplaced_gullies

    @property
    def surface(self) -> SurfaceWater:
        """The surface solver, for steps, cells updated and velocities."""
        return self._surface

    @property
    def ground(self) -> GroundLoss | None:
        """What the ground has taken; None where nothing soaks in."""
        return self._ground

    def balance(self) -> WaterBalance:
        """Where all the water came from and went."""
        exchange, pumps, ground = self._exchange, self._pumps, self._ground
        partners = WaterUnits(
            to_sewer=0 if exchange is None else exchange.to_sewer_units,
            to_surface=0 if exchange is None else exchange.to_surface_units,
            roofs_to_sewer=0 if self._roofs is None else self._roofs.to_sewer_units,
            from_supply=self._springs.given_units,
            pumped=pumps.pumped_units,
            pumped_outside=pumps.pumped_outside_units,
            pumped_to_ground=pumps.pumped_to_ground_units,
            infiltrated=0 if ground is None else ground.infiltrated_units,
            depression=0 if ground is None else ground.depression_units,
        )
        sewer = SewerAccount() if self._sewer is None else self._sewer.account
        return water_balance(self._surface.account, sewer, partners)
