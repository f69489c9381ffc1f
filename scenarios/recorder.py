"""Write what the physical city looks like into the run folder: frames, sensors, city series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.channels.whereabouts import Stand
from cim_models.city import City
from scenarios.floodwatch import THRESHOLDS_M
from scenarios.hazardstory import HazardStory
from scenarios.points import PointRecorder
from scenarios.runfolder import RunWriter
from scenarios.runfolder.frames import to_millimetres
from scenarios.runfolder.readings import CITY, POSITION
from scenarios.structurestory import StructureStory
from scenarios.summary.flooding import threshold_name
from scenarios.supplystory import SupplyStory


class RecordedWater(Protocol):
    """What the recorder reads of the water system."""

    def publish_depth(self) -> NDArray[np.float32]:
        """Depth at cell centres, m, as it is published: `flood_fields` will never fall short of it."""
        ...

    def velocity(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Velocity to the east and to the north at cell centres, m/s."""
        ...

    def flood_fields(self) -> dict[str, NDArray[Any]]:
        """Largest values and times per cell so far, by name."""
        ...

    def road_depth(self) -> NDArray[np.float64]:
        """Depth per road segment, m."""
        ...

    def sensor_depth(self) -> NDArray[np.float64]:
        """Depth each sensor would read, m; NaN for none."""
        ...


@dataclass(frozen=True, slots=True)
class RecordedSensor:
    """A sensor as its readings name it: id, quantity, and the largest value it can show, m."""

    id: str
    quantity: str
    range_m: float


class Recorder:
    """Write frames and readings of a run.

    Parameters
    ----------
    city
        The city; its roads give lengths, its sensors names.
    water
        The water system.
    writer
        The run folder.
    points
        Follows the output points; None where there are none.
    """

    def __init__(
        self, city: City, water: RecordedWater, writer: RunWriter, points: PointRecorder | None = None
    ) -> None:
        self._water, self._writer, self._points = water, writer, points
        self._cell_area_m2 = city.terrain.cell_size_m**2
        roads = city.layer("roads")
        self._road_length_m = np.zeros(0) if roads is None else roads.geometry.length.to_numpy()
        self._sensors = recorded_sensors(city)

    def frame(self, t_s: float) -> None:
        """Write a depth frame and how much of the city is flooded."""
        depth, road_depth = self._water.publish_depth(), self._water.road_depth()
        self._writer.frame(t_s, depth, road_depth)
        if self._writer.wants_maximum:
            self.rasters()
        add = self._writer.readings.add
        wet_mm = to_millimetres(depth[depth >= THRESHOLDS_M[0] - 0.001])  # the frame's own rounding
        for threshold_m in THRESHOLDS_M:
            name = threshold_name(threshold_m)
            area = float(np.count_nonzero(wet_mm >= round(1000.0 * threshold_m))) * self._cell_area_m2
            add(t_s, CITY, f"flooded_area_{name}", area, "m2")
            add(t_s, CITY, f"flooded_road_{name}", self._road_length_m[road_depth >= threshold_m].sum(), "m")
        add(t_s, CITY, "max_depth", float(np.nanmax(depth, initial=0.0)), "m")

    def rasters(self) -> None:
        """Renew what is recorded per cell over the whole run, and at points."""
        self._writer.rasters(self._water.flood_fields())
        if self._points is not None:
            self._points.renew()

    def state(self) -> dict[str, Any] | None:
        """Return all that a recorder of the same city needs to go on."""
        return None if self._points is None else self._points.state()

    def restore(self, state: dict[str, Any] | None) -> None:
        """Take over such a state."""
        if self._points is not None and state is not None:
            self._points.restore(state)

    def velocity(self, t_s: float) -> None:
        """Write a frame of velocities."""
        self._writer.velocity(t_s, *self._water.velocity())

    def points(self, t_s: float) -> None:
        """Write the water at the output points."""
        if self._points is not None:
            self._points.sample(t_s)

    def sensors(self, t_s: float, rain_mm_h: float) -> None:
        """Write what every sensor reads, without noise."""
        depths = self._water.sensor_depth()
        for index, sensor in enumerate(self._sensors):
            if sensor.quantity == "rain_intensity":
                self._writer.readings.add(t_s, sensor.id, sensor.quantity, rain_mm_h, "mm/h")
            elif np.isfinite(depths[index]):
                value = min(float(depths[index]), sensor.range_m)
                self._writer.readings.add(t_s, sensor.id, sensor.quantity, value, "m")

    def volumes(self, t_s: float, rain_mm_h: float, volumes_m3: Sequence[tuple[str, float]]) -> None:
        """Write the city's rain and water volumes, pairs of quantity and m3."""
        self._writer.readings.add(t_s, CITY, "rain_intensity", rain_mm_h, "mm/h")
        for quantity, volume in volumes_m3:
            self._writer.readings.add(t_s, CITY, quantity, volume, "m3")

    def supply(self, t_s: float, supply: SupplyStory) -> None:
        """Write customers without water and what has escaped from the supply."""
        supply.read(t_s, self._writer.readings, CITY)

    def hazards(self, t_s: float, hazards: HazardStory) -> None:
        """Write what the detectors of gas read, and how large cavities are."""
        hazards.read(t_s, self._writer.readings, CITY)

    def patrols(self, ways: Mapping[str, Sequence[Stand]]) -> None:
        """Write where patrollers have walked since the last time."""
        add = self._writer.readings.add
        for patrol, way in ways.items():
            for stand in way:
                for quantity, value in zip(POSITION, (stand.x, stand.y), strict=True):
                    add(stand.t_s, patrol, quantity, round(value, 2), "m")

    def structures(self, structures: StructureStory) -> None:
        """Write what gauges on structures have said since the last time."""
        structures.read(self._writer.readings)

    def pressures(self, t_s: float, supply: SupplyStory) -> None:
        """Write the pressure at every node of the supply."""
        supply.read_pressures(t_s, self._writer.readings)


def recorded_sensors(city: City) -> list[RecordedSensor]:
    """List the sensors of a city with the quantity each one measures; cameras measure none."""
    frame = city.layer("sensors")
    if frame is None:
        return []
    quantities = {"road_level": "water_depth", "sewer_level": "water_level", "rain": "rain_intensity"}
    return [
        RecordedSensor(str(name), quantities.get(str(kind), ""), float(range_m) if range_m > 0 else np.inf)
        for name, kind, range_m in zip(frame["id"], frame["kind"], frame["range_m"], strict=True)
    ]
