"""Discharge coefficients of street inlets and manholes, from the catalogue ``inlets``."""

from functools import cache
from typing import NamedTuple

from cim_models.catalogues import load_catalogue


class InletCoefficients(NamedTuple):
    """Coefficients of the exchange equations; a NamedTuple so that kernels can take it.

    Parameters
    ----------
    gully_weir
        Of a grate as a weir, m^0.5/s.
    gully_orifice, manhole_orifice
        Of an orifice, dimensionless.
    free_weir, submerged_weir
        Of a manhole's rim as a weir, dimensionless.
    """

    gully_weir: float
    gully_orifice: float
    manhole_orifice: float
    free_weir: float
    submerged_weir: float


@cache
def inlet_coefficients() -> InletCoefficients:
    """Read the coefficients."""
    catalogue = load_catalogue("inlets")
    gully, manhole = catalogue["gully"], catalogue["manhole"]
    return InletCoefficients(
        gully_weir=float(gully["weir"]),
        gully_orifice=float(gully["orifice"]),
        manhole_orifice=float(manhole["orifice"]),
        free_weir=float(manhole["free_weir"]),
        submerged_weir=float(manhole["submerged_weir"]),
    )


@cache
def shaft_diameter_m() -> float:
    """Diameter of a manhole where the city does not say, m."""
    return float(load_catalogue("inlets")["shaft"]["diameter_m"])
