"""Who is on the roster: groups of crews that are alike, and what they hold ready."""

from dataclasses import dataclass

from cim_models.errors import ScenarioError
from cim_models.structures import Barrier


@dataclass(frozen=True, slots=True)
class CrewGroup:
    """Crews that are alike.

    Parameters
    ----------
    id
        Name; its crews are called ``id-1``, ``id-2``, ….
    skills
        What each can do, the main skill first.
    number
        How many there are; the shifts share them out in turn.
    depot
        Id of the depot where they wait; empty to spread them over those that hold their main skill.
    vehicle
        Class of the vehicle catalogue; empty for that of the main skill.
    shifts
        Shift pattern; empty for that of the whole roster.
    pump
        Kind of pump truck that each brings along where the skill ``pump`` is among theirs.
    """

    id: str
    skills: tuple[str, ...]
    number: int
    depot: str = ""
    vehicle: str = ""
    shifts: str = ""
    pump: str = "large"

    def __post_init__(self) -> None:
        if not self.skills or len(set(self.skills)) < len(self.skills):
            raise ScenarioError(
                f"Crew group '{self.id}' has no skills or one twice",
                got=", ".join(self.skills) or "none",
                expected="different skills of the catalogue",
            )
        if self.number < 0:
            raise ScenarioError(f"Crew group '{self.id}'", got=f"{self.number} crews", expected="0 or more")


@dataclass(frozen=True, slots=True)
class BarrierSite:
    """A place where a crew lays a barrier when the road that it guards takes on water.

    Parameters
    ----------
    id
        Name.
    road
        Id of the road that it guards, such as one through an underpass.
    barrier
        What is laid.
    """

    id: str
    road: str
    barrier: Barrier

    @property
    def middle(self) -> tuple[float, float]:
        """Mean of the two ends of its line, m; where crews go."""
        (x0, y0), (x1, y1) = self.barrier.line[0], self.barrier.line[-1]
        return 0.5 * (x0 + x1), 0.5 * (y0 + y1)
