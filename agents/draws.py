"""Random numbers looked up by seed, part and key instead of drawn in turn.

Two policies under one seed must meet the same world. If a channel drew from one stream in turn, the
first report that a policy prevents would shift every later number. Here each number belongs to what
it decides (this sensor at this minute, this task's set-up time), so nothing can shift, and there is
no state to save.
"""

import math
from dataclasses import dataclass
from hashlib import blake2b

from numpy.random import Generator, Philox


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

    def of(self, *key: str | int) -> Generator:
        """Return the generator that belongs to a key: the same key, the same numbers.

        Parameters
        ----------
        key
            What the numbers decide: ids, step numbers.
        """
        return Generator(Philox(key=int.from_bytes(self._digest(key), "little")))

    def uniform(self, *key: str | int) -> float:
        """Return the one number in [0, 1) that belongs to a key, without a generator for it.

        A case asks for several single numbers, and making a generator costs many times this.
        """
        return (int.from_bytes(self._digest(key)[:8], "little") >> 11) / 2.0**53

    def triangular(self, least: float, likely: float, most: float, *key: str | int) -> float:
        """Return the one number of a triangular distribution that belongs to a key."""
        if least >= most:
            return float(least)
        chance, turn = self.uniform(*key), (likely - least) / (most - least)
        if chance < turn:
            return least + math.sqrt(chance * (most - least) * (likely - least))
        return most - math.sqrt((1.0 - chance) * (most - least) * (most - likely))

    def _digest(self, key: tuple[str | int, ...]) -> bytes:
        text = "/".join((str(self.seed), self.part, *map(str, key)))
        return blake2b(text.encode(), digest_size=16).digest()
