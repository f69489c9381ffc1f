"""Structures that guide or stop surface water: barriers along lines, culverts between two places."""

import math
from dataclasses import dataclass

from cim_models.catalogues import load_catalogue
from cim_models.errors import InputError

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Barrier:
    """A wall, dyke, kerb or row of sandbags along a line: water passes only over its crest.

    Parameters
    ----------
    line
        Points (x, y), at least two, m in the city's CRS.
    height_m
        Height above the ground on its line, m, > 0; None when ``level_m`` is given.
    level_m
        Level of its crest above the city's vertical datum, m; None when ``height_m`` is given.
    """

    line: Line
    height_m: float | None = None
    level_m: float | None = None

    def __post_init__(self) -> None:
        if len(self.line) < 2:
            raise InputError("Barrier", got=f"{len(self.line)} point", expected="at least 2 points [x, y]")
        if (self.height_m is None) == (self.level_m is None):
            raise InputError("Barrier", expected="exactly one of height and level")
        if self.height_m is not None and not 0.0 < self.height_m < math.inf:
            raise InputError("Barrier height", got=f"{self.height_m} m", expected="above 0 m")
        if self.level_m is not None and not math.isfinite(self.level_m):
            raise InputError("Barrier level", got=f"{self.level_m} m", expected="a level, m above the datum")


@dataclass(frozen=True, slots=True)
class Culvert:
    """A pipe or box under a road, or the opening below a bridge's deck; water passes both ways.

    Parameters
    ----------
    line
        Its two ends (x, y), m in the city's CRS.
    width_m, height_m
        Clear width and height of a rectangular section, m, > 0; None for a round one.
    diameter_m
        Diameter of a round section, m, > 0; None for a rectangular one.
    inverts_m
        Invert at either end, m above the city's vertical datum; None for the ground there.
    length_m
        Length, m; None for the distance of the ends.
    manning_n
        Roughness, s/m^(1/3); None for the catalogue's.
    entrance
        Kind of entrance, as in catalogue ``culverts``; None for the section's usual one.
    """

    line: Line
    width_m: float | None = None
    height_m: float | None = None
    diameter_m: float | None = None
    inverts_m: tuple[float, float] | None = None
    length_m: float | None = None
    manning_n: float | None = None
    entrance: str | None = None

    def __post_init__(self) -> None:
        if len(self.line) != 2:
            raise InputError("Culvert", got=f"{len(self.line)} points", expected="its 2 ends, [x, y] each")
        box = (self.width_m, self.height_m)
        if (self.diameter_m is None) == (None in box) or (self.diameter_m is not None and any(box)):
            raise InputError("Culvert", expected="either a diameter, or a width and a height")
        for name in ("width_m", "height_m", "diameter_m", "length_m", "manning_n"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < math.inf:
                raise InputError(f"Culvert, '{name}'", got=value, expected="above 0")
        if self.inverts_m is not None and not all(map(math.isfinite, self.inverts_m)):
            raise InputError("Culvert inverts", got=self.inverts_m, expected="two levels, m above the datum")
        entrances = load_catalogue("culverts")["entrances"]
        fitting = [name for name, entry in entrances.items() if entry["section"] == self.section]
        if self.entrance is not None and self.entrance not in fitting:
            raise InputError(
                "Culvert entrance",
                got=f"'{self.entrance}'",
                expected=f"for a {self.section} section one of {', '.join(fitting)}",
            )

    @property
    def section(self) -> str:
        """``round`` or ``box``."""
        return "box" if self.diameter_m is None else "round"


Structure = Barrier | Culvert
