"""Drives: where a driver is at which time along given roads."""

from array import array

import numpy as np
from numpy.typing import NDArray

from cim_models.journeys import Way
from twin.roads.kernel_drive import DriveArrays, StreetArrays, drive

_BYTES = 8
"""Bytes of a number in a column."""


class Drives:
    """Works drives out in room that is used again and again.

    Arrays made for each drive would cost more than the drive. What is handed out are copies of the filled
    part, taken from the bytes, since a slice of an array takes longer than to copy what is in it.

    Parameters
    ----------
    streets
        Where roads run and how fast they are when dry.
    junctions
        Number of junctions.

    Attributes
    ----------
    roads
        Room for the roads of a drive, to be filled before it.
    """

    def __init__(self, streets: StreetArrays, junctions: int) -> None:
        ends, first_vertex = streets[:2]
        most = junctions + len(ends)  # more roads than any way has
        whole, times = np.empty((2, most), dtype=np.int64), np.empty((3, most))
        self._streets = streets
        self._most_vertices = int(np.diff(first_vertex).max(initial=0))
        self._told: DriveArrays = (whole, times, np.empty((0, 3)))
        self._whole = [memoryview(column).cast("B") for column in whole]
        self._times = [memoryview(column).cast("B") for column in times]
        self.roads: NDArray[np.int64] = whole[1]

    def drive(self, road_s: NDArray[np.float64], node: int, number: int, depart_s: float) -> Way:
        """Drive the first of `roads`.

        Parameters
        ----------
        road_s
            Travel time of each road now, shape (roads,), s; ``inf`` where it is cut.
        node
            Where the driver sets out; an end of the first road.
        number
            How many roads to drive, each beginning where the one before ends.
        depart_s
            When, s.
        """
        if len(self._told[2]) <= number * self._most_vertices:
            self._told = *self._told[:2], np.empty((1 + 2 * number * self._most_vertices, 3))
        places = drive(self._streets, road_s, node, number, depart_s, self._told)
        roads = number * _BYTES
        junctions = roads + _BYTES
        whole, times = self._whole, self._times
        return Way(
            array("q", whole[0][:junctions].tobytes()),
            array("q", whole[1][:roads].tobytes()),
            array("d", times[0][:junctions].tobytes()),
            array("d", times[1][:roads].tobytes()),
            array("d", times[2][:junctions].tobytes()),
            self._told[2][:places].tolist(),
        )
