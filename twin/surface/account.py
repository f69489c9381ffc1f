"""The account of the surface water: where every unit came from and went."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SurfaceAccount:
    """Volumes since the start, m³. Each is an exact number of depth units times the area of a cell.

    Parameters
    ----------
    initial_m3
        Water that was set as initial depth.
    rain_m3
        Rain that reached the ground; less than a tick (0.12 mm) may still be on its way.
    exchanged_in_m3, exchanged_out_m3
        Water that `exchange` added, and that `exchange` and `withdraw` took, both >= 0.
    inflow_m3
        Water that hydrographs brought.
    edge_inflow_m3, edge_outflow_m3
        Water that entered over edges with a given level, and that left over these and open ones.
    stored_m3
        Water on the grid now.
    """

    initial_m3: float
    rain_m3: float
    exchanged_in_m3: float
    exchanged_out_m3: float
    inflow_m3: float
    edge_inflow_m3: float
    edge_outflow_m3: float
    stored_m3: float
    error_units: int
    """Stored minus what the account says, in depth units; anything but 0 is a defect of the program."""
    unit_m3: float
    """Volume of one depth unit in one cell, m³."""

    def units(self, volume_m3: float) -> int:
        """Return one of the account's volumes in depth units of one cell, exactly."""
        return round(volume_m3 / self.unit_m3)

    @property
    def error_m3(self) -> float:
        """Stored volume minus what the account says, m³."""
        return self.error_units * self.unit_m3
