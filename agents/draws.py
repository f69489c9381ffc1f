"""Random numbers looked up by seed, part and key instead of drawn in turn.

Two policies under one seed must meet the same world. If a channel drew from one stream in turn, the
first report that a policy prevents would shift every later number. Here each number belongs to what
it decides (this sensor at this minute, this task's set-up time), so nothing can shift, and there is
no state to save.
"""

import math
from dataclasses import dataclass, field
from hashlib import blake2b

from numpy.random import Generator, Philox

_TO_UNIT = 2.0**-53


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers of one stochastic part.

    Parameters
    ----------
    seed
        Seed of the scenario.
    part
        Stable name of the part, e.g. ``"citizens"``.
    """

    seed: int
    part: str
    _beginning: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_beginning", f"{self.seed}/{self.part}")

    def of(self, *key: str | int) -> Generator:
        """Return the generator that belongs to a key: the same key, the same numbers.

        Parameters
        ----------
        key
            What the numbers decide: ids, step numbers.
        """
        return Generator(Philox(key=int.from_bytes(self._digest(key, 16), "little")))

    def uniform(self, *key: str | int) -> float:
        """Return one number from [0, 1) that belongs to a key, without the cost of a generator.

        The digest itself is the random number, so it differs from what `of` gives for the key.
        """
        return (int.from_bytes(self._digest(key, 16)[:8], "little") >> 11) * _TO_UNIT

    def exponential(self, mean: float, *key: str | int) -> float:
        """Return one exponentially distributed number that belongs to a key."""
        return -mean * math.log1p(-self.uniform(*key))

    def triangular(self, least: float, likely: float, most: float, *key: str | int) -> float:
        """Return one number of a triangular distribution that belongs to a key; ``least`` if it has no width.

        Source: the inverse of its distribution function.
        """
        if least >= most:
            return least
        share, peak = self.uniform(*key), (likely - least) / (most - least)
        if share < peak:
            return least + math.sqrt(share * (most - least) * (likely - least))
        return most - math.sqrt((1.0 - share) * (most - least) * (most - likely))

    def _digest(self, key: tuple[str | int, ...], size: int) -> bytes:
        text = "/".join((self._beginning, *map(str, key)))
        return blake2b(text.encode(), digest_size=size).digest()
