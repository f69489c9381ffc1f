"""Random numbers looked up by seed, part and key instead of drawn in turn.

Two policies under one seed must meet the same world. If a channel drew from one stream in turn, the
first report that a policy prevents would shift every later number. Here each number belongs to what
it decides (this sensor at this minute, this task's set-up time), so nothing can shift, and there is
no state to save.
"""

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
        text = "/".join((str(self.seed), self.part, *map(str, key)))
        digest = blake2b(text.encode(), digest_size=16).digest()
        return Generator(Philox(key=int.from_bytes(digest, "little")))
