"""The water balance of the whole system."""

from __future__ import annotations

from dataclasses import dataclass

from twin.sewer import SewerAccount
from twin.surface import SurfaceAccount


@dataclass(frozen=True, slots=True)
class WaterBalance:
    """Volumes since the start, m3, and what is missing from them.

    Parameters
    ----------
    rain_m3
        Fell on the grid.
    sewer_inflow_m3
        Entered the sewer from outside the model: dry weather flow, inflows of its file, backflow
        through outfalls.
    initial_m3
        In the sewer and on the ground at the start.
    surface_stored_m3, sewer_stored_m3
        On the ground and in the sewer now.
    to_sewer_m3, to_surface_m3
        Passed through gullies and manholes.
    outfalls_m3, edge_outflow_m3
        Left through the sewer's outfalls and over the edges of the terrain.
    sewer_losses_m3
        Evaporation, seepage and flooding booked by SWMM.
    pumped_m3, pumped_outside_m3
        Taken from the street by pump trucks; of that, what left the model.
    infiltrated_m3, depression_m3
        Soaked into the ground since the start, and held in its hollows now.
    surface_error_m3, sewer_error_m3, whole_error_m3
        What left and what is stored, minus what came: positive where water was made, negative where
        it was lost.
    """

    rain_m3: float
    sewer_inflow_m3: float
    initial_m3: float
    surface_stored_m3: float
    sewer_stored_m3: float
    to_sewer_m3: float
    to_surface_m3: float
    outfalls_m3: float
    edge_outflow_m3: float
    sewer_losses_m3: float
    pumped_m3: float
    pumped_outside_m3: float
    infiltrated_m3: float
    depression_m3: float
    surface_error_m3: float
    sewer_error_m3: float
    whole_error_m3: float

    @property
    def supplied_m3(self) -> float:
        """All water that the model ever held, m3."""
        return self.rain_m3 + self.sewer_inflow_m3 + self.initial_m3

    @property
    def surface_error(self) -> float:
        """Error of the surface as a share of the water it ever held."""
        return _share(self.surface_error_m3, self.rain_m3 + self.to_surface_m3 + self.initial_m3)

    @property
    def sewer_error(self) -> float:
        """Error of the sewer as a share of the water it ever held."""
        held = self.to_sewer_m3 + self.sewer_inflow_m3 + self.initial_m3
        return _share(self.sewer_error_m3, held + self.pumped_m3 - self.pumped_outside_m3)

    @property
    def whole_error(self) -> float:
        """Error of the whole system as a share of `supplied_m3`."""
        return _share(self.whole_error_m3, self.supplied_m3)


def water_balance(
    surface: SurfaceAccount,
    sewer: SewerAccount,
    *,
    to_sewer_m3: float,
    to_surface_m3: float,
    pumped_m3: float,
    pumped_outside_m3: float,
    infiltrated_m3: float = 0.0,
    depression_m3: float = 0.0,
) -> WaterBalance:
    """Draw the balance from the accounts of the parts."""
    came = surface.rain_m3 + surface.initial_m3 + sewer.other_inflow + sewer.initial
    left = surface.edge_outflow_m3 + sewer.outfalls + sewer.losses + pumped_outside_m3 + infiltrated_m3
    return WaterBalance(
        rain_m3=surface.rain_m3,
        sewer_inflow_m3=sewer.other_inflow,
        initial_m3=surface.initial_m3 + sewer.initial,
        surface_stored_m3=surface.stored_m3,
        sewer_stored_m3=sewer.stored,
        to_sewer_m3=to_sewer_m3,
        to_surface_m3=to_surface_m3,
        outfalls_m3=sewer.outfalls,
        edge_outflow_m3=surface.edge_outflow_m3,
        sewer_losses_m3=sewer.losses,
        pumped_m3=pumped_m3,
        pumped_outside_m3=pumped_outside_m3,
        infiltrated_m3=infiltrated_m3,
        depression_m3=depression_m3,
        surface_error_m3=surface.error_m3,
        sewer_error_m3=-sewer.error,
        whole_error_m3=left + surface.stored_m3 + depression_m3 + sewer.stored - came,
    )


def _share(error_m3: float, held_m3: float) -> float:
    return error_m3 / held_m3 if held_m3 > 0.0 else 0.0
