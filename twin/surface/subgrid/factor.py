"""How many terrain cells lie along the edge of a coarse one."""

from cim_models.errors import InputError

MOST_FACTOR = 8
"""Largest factor: beyond it the tables blur what a street is."""
_TOLERANCE = 1e-6


def coarse_factor(terrain_cell_m: float, cell_m: float | None) -> int:
    """Return the factor that a wanted cell size stands for; 1 where none is wanted.

    Raises
    ------
    InputError
        If the size is not a whole multiple of the terrain's cell, or more than eight times as large.
    """
    if cell_m is None:
        return 1
    factor = round(cell_m / terrain_cell_m)
    if not 1 <= factor <= MOST_FACTOR or abs(factor * terrain_cell_m - cell_m) > _TOLERANCE * cell_m:
        sizes = ", ".join(f"{terrain_cell_m * whole:g}" for whole in (1, 2, 4, MOST_FACTOR))
        raise InputError(
            "Cell of the surface water",
            got=f"{cell_m:g} m",
            expected=f"1 to {MOST_FACTOR} times the terrain's cell of {terrain_cell_m:g} m, a whole multiple",
            remedy=f"Use one such as {sizes} m",
        )
    return factor
