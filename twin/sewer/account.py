"""The account of the sewer: where its water came from and went."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SewerAccount:
    """Where the sewer's water came from and went, m3 since the start.

    Parameters
    ----------
    injected
        Put in from the surface.
    withdrawn
        Taken out to the surface.
    other_inflow
        Dry weather flow, inflows of the file, its own runoff, backflow through outfalls.
    outfalls
        Left through outfalls.
    losses
        Evaporation, seepage and flooding that SWMM booked as lost.
    initial, stored
        In nodes and links at the start and now, with what is on its way in or out.
    error
        Inflow − outflow − change of storage; what SWMM lost (positive) or made (negative).
    received_units
        Injected less withdrawn, in whole units.
    """

    injected: float = 0.0
    withdrawn: float = 0.0
    other_inflow: float = 0.0
    outfalls: float = 0.0
    losses: float = 0.0
    initial: float = 0.0
    stored: float = 0.0
    error: float = 0.0
    received_units: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Volumes that SWMM has booked since the start, m3: entered from anywhere, left, lost."""

    entered_m3: float = 0.0
    left_m3: float = 0.0
    lost_m3: float = 0.0
