"""The water balance of the whole system."""

from __future__ import annotations

from dataclasses import dataclass, replace

from twin.sewer import SewerAccount
from twin.surface import SurfaceAccount


@dataclass(frozen=True, slots=True)
class WaterUnits:
    """The account of the street with all that it trades with, in whole units since the start.

    A unit is a depth unit in one cell. Each partner counts for itself what it took or gave; the account
    closes exactly or there is a defect in the program. What SWMM makes of the water that it received is
    its own affair, and stands in `WaterBalance.sewer_error_m3`.

    Parameters
    ----------
    rain, initial
        Fell on the grid; set as initial depth.
    to_sewer, to_surface
        Passed through gullies and manholes.
    roofs_to_sewer
        Rain on roofs that ran into the sewer without touching the ground.
    from_supply
        Came up from broken mains of the water supply.
    pumped, pumped_outside, pumped_to_ground
        Taken by pump trucks; of that, what left the model, and what was put back on the ground.
    infiltrated, depression
        Soaked into the ground; held in its hollows now.
    inflow
        Brought by hydrographs.
    edge_inflow, edge_outflow
        Entered over edges with a given level; left over the edges of the terrain.
    stored
        On the ground now.
    sewer_received
        What SWMM was given, less what was taken from it, with what waits to enter.
    """

    rain: int = 0
    initial: int = 0
    to_sewer: int = 0
    to_surface: int = 0
    roofs_to_sewer: int = 0
    from_supply: int = 0
    pumped: int = 0
    pumped_outside: int = 0
    pumped_to_ground: int = 0
    infiltrated: int = 0
    depression: int = 0
    inflow: int = 0
    edge_inflow: int = 0
    edge_outflow: int = 0
    stored: int = 0
    sewer_received: int = 0

    @property
    def surface_error(self) -> int:
        """What is on the ground beyond what the partners left there."""
        came = self.rain + self.initial + self.to_surface + self.inflow + self.edge_inflow
        came += self.pumped_to_ground + self.from_supply
        went = self.to_sewer + self.pumped + self.infiltrated + self.depression + self.edge_outflow
        return self.stored - (came - went)

    @property
    def handover_error(self) -> int:
        """What SWMM received beyond what street, roofs and pumps gave it."""
        given = self.to_sewer - self.to_surface + self.roofs_to_sewer
        given += self.pumped - self.pumped_outside - self.pumped_to_ground
        return self.sewer_received - given

    @property
    def coupled_error(self) -> int:
        """What the whole system holds or has let go, beyond what it was supplied with."""
        return self.surface_error + self.handover_error


@dataclass(frozen=True, slots=True)
class WaterBalance:
    """Volumes since the start, m3, and what is missing from them.

    Parameters
    ----------
    rain_m3
        Fell on the grid, roofs included.
    sewer_inflow_m3
        Entered the sewer from outside the model: dry weather flow, inflows of its file, backflow
        through outfalls.
    initial_m3
        In the sewer and on the ground at the start.
    surface_stored_m3, sewer_stored_m3
        On the ground and in the sewer now.
    to_sewer_m3, to_surface_m3
        Passed through gullies and manholes.
    inflow_m3, edge_inflow_m3
        Brought by inflow hydrographs, and entered over edges with a given level.
    from_supply_m3
        Came up from broken mains of the water supply.
    roofs_to_sewer_m3
        Of the rain, what ran from roofs into the sewer without touching the ground.
    outfalls_m3, edge_outflow_m3
        Left through the sewer's outfalls and over the edges of the terrain.
    sewer_losses_m3
        Evaporation, seepage and flooding booked by SWMM.
    pumped_m3, pumped_outside_m3, pumped_to_ground_m3
        Taken from the street by pump trucks; of that, what left the model, and what was put back on the
        ground elsewhere.
    infiltrated_m3, depression_m3
        Soaked into the ground since the start, and held in its hollows now.
    surface_error_m3, sewer_error_m3, whole_error_m3
        What left and what is stored, minus what came: positive where water was made, negative where
        it was lost. The sewer's is SWMM's own routing error.
    units
        The exact part of the account, in whole units of ``unit_m3``.
    """

    rain_m3: float
    sewer_inflow_m3: float
    initial_m3: float
    surface_stored_m3: float
    sewer_stored_m3: float
    to_sewer_m3: float
    to_surface_m3: float
    inflow_m3: float
    edge_inflow_m3: float
    from_supply_m3: float
    roofs_to_sewer_m3: float
    outfalls_m3: float
    edge_outflow_m3: float
    sewer_losses_m3: float
    pumped_m3: float
    pumped_outside_m3: float
    pumped_to_ground_m3: float
    infiltrated_m3: float
    depression_m3: float
    surface_error_m3: float
    sewer_error_m3: float
    whole_error_m3: float
    unit_m3: float
    units: WaterUnits

    @property
    def supplied_m3(self) -> float:
        """All water that the model ever held, m3."""
        inflow = self.sewer_inflow_m3 + self.inflow_m3 + self.edge_inflow_m3 + self.from_supply_m3
        return self.rain_m3 + inflow + self.initial_m3

    @property
    def surface_error(self) -> float:
        """Error of the surface as a share of the water it ever held."""
        fallen = self.rain_m3 - self.roofs_to_sewer_m3
        inflow = self.inflow_m3 + self.edge_inflow_m3 + self.from_supply_m3
        return _share(self.surface_error_m3, fallen + inflow + self.to_surface_m3 + self.initial_m3)

    @property
    def sewer_error(self) -> float:
        """Error of the sewer as a share of the water it ever held."""
        held = self.to_sewer_m3 + self.roofs_to_sewer_m3 + self.sewer_inflow_m3 + self.initial_m3
        pumped_m3 = self.pumped_m3 - self.pumped_outside_m3 - self.pumped_to_ground_m3
        return _share(self.sewer_error_m3, held + pumped_m3)

    @property
    def whole_error(self) -> float:
        """Error of the whole system as a share of `supplied_m3`."""
        return _share(self.whole_error_m3, self.supplied_m3)


def water_balance(surface: SurfaceAccount, sewer: SewerAccount, partners: WaterUnits) -> WaterBalance:
    """Draw the balance from the accounts of the parts.

    Parameters
    ----------
    surface, sewer
        Accounts of the two.
    partners
        What gullies, manholes, roofs, pumps and ground count for themselves; the rest is filled in here.
    """
    units = replace(
        partners,
        rain=surface.units(surface.rain_m3),
        initial=surface.units(surface.initial_m3),
        inflow=surface.units(surface.inflow_m3),
        edge_inflow=surface.units(surface.edge_inflow_m3),
        edge_outflow=surface.units(surface.edge_outflow_m3),
        stored=surface.units(surface.stored_m3),
        sewer_received=sewer.received_units,
    )
    unit_m3 = surface.unit_m3
    outside_m3, infiltrated_m3 = units.pumped_outside * unit_m3, units.infiltrated * unit_m3
    supply_m3 = units.from_supply * unit_m3
    inflow = surface.inflow_m3 + surface.edge_inflow_m3 + supply_m3 + sewer.other_inflow
    roofs_m3 = units.roofs_to_sewer * unit_m3
    rain_m3 = surface.rain_m3 + roofs_m3
    came = rain_m3 + inflow + surface.initial_m3 + sewer.initial
    left = surface.edge_outflow_m3 + sewer.outfalls + sewer.losses + outside_m3 + infiltrated_m3
    depression_m3 = units.depression * unit_m3
    return WaterBalance(
        rain_m3=rain_m3,
        sewer_inflow_m3=sewer.other_inflow,
        initial_m3=surface.initial_m3 + sewer.initial,
        surface_stored_m3=surface.stored_m3,
        sewer_stored_m3=sewer.stored,
        to_sewer_m3=units.to_sewer * unit_m3,
        to_surface_m3=units.to_surface * unit_m3,
        inflow_m3=surface.inflow_m3,
        edge_inflow_m3=surface.edge_inflow_m3,
        from_supply_m3=supply_m3,
        roofs_to_sewer_m3=roofs_m3,
        outfalls_m3=sewer.outfalls,
        edge_outflow_m3=surface.edge_outflow_m3,
        sewer_losses_m3=sewer.losses,
        pumped_m3=units.pumped * unit_m3,
        pumped_outside_m3=outside_m3,
        pumped_to_ground_m3=units.pumped_to_ground * unit_m3,
        infiltrated_m3=infiltrated_m3,
        depression_m3=depression_m3,
        surface_error_m3=surface.error_m3,
        sewer_error_m3=-sewer.error,
        whole_error_m3=left + surface.stored_m3 + depression_m3 + sewer.stored - came,
        unit_m3=unit_m3,
        units=units,
    )


def _share(error_m3: float, held_m3: float) -> float:
    return error_m3 / held_m3 if held_m3 > 0.0 else 0.0
