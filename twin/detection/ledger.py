"""What is known at a block: the leaks found, and the residuals that they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.detection.evidence import Candidates
from twin.detection.leaks import FoundLeak
from twin.detection.residuals import block_means
from twin.detection.settings import DetectionSettings
from twin.detection.shadow import Shadow
from twin.detection.signatures import probe

_SHORT_PARTS = 4
_PLACE_ROUNDS = 3
_LEAST_GAIN = 3.0
_RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Saved:
    """A state of the ledger from a block on, to go back to."""

    begin: int
    until: int
    leaks: tuple[tuple[FoundLeak, int, int, NDArray[np.float64]], ...]
    residuals: NDArray[np.float64]
    along: NDArray[np.float64]
    weight: NDArray[np.float64]


class Ledger:
    """Residuals of all blocks so far, given the leaks known now.

    Parameters
    ----------
    shadow
        The model beside the readings.
    candidates
        What is looked for, and how healthy residuals scatter.
    settings
        Blocks and classes.
    leaks
        Leaks that are known at the beginning.
    span
        First block, and the one after the last.

    Attributes
    ----------
    leaks
        All that were found so far.
    residuals
        Shape (blocks, sensors), m and m3/h, less their healthy mean; NaN where nothing was read or a
        sensor is left out.
    along, weight
        B and A of each block, shape (blocks, candidates).
    until
        Block before which residuals are known.
    """

    def __init__(
        self,
        shadow: Shadow,
        candidates: Candidates,
        settings: DetectionSettings,
        leaks: Sequence[FoundLeak],
        span: tuple[int, int],
    ) -> None:
        self._shadow, self.candidates, self._settings = shadow, candidates, settings
        self.leaks, self.first, self.until = list(leaks), span[0], span[0]
        self._observed = block_means(shadow.observed, settings.steps_per_block)
        self._observed = self._observed[: span[1]]
        self.blocks = len(self._observed)
        self.residuals = np.full_like(self._observed, np.nan)
        self._probed_m3_h = sum(float(leak.m3_h[span[0]]) for leak in self.leaks)
        self.along = np.zeros((self.blocks, candidates.count))
        self.weight = np.zeros((self.blocks, candidates.count))

    def extend(self, until: int) -> None:
        """Compare further blocks."""
        begin, self.until = self.until, min(until, self.blocks)
        self.compare(begin)

    def leave_out(self, sensor: int, begin: int) -> None:
        """Disregard a sensor from a block on."""
        self._observed[begin:, sensor] = np.nan
        self.compare(begin)

    def compare(self, begin: int) -> None:
        """Compare readings with the model from a block on, with the leaks as they are known now."""
        begin = max(begin, self.first)
        if begin >= self.until:
            return
        per_block, steps = self._settings.steps_per_block, len(self._shadow.observed)
        outflows = [leak.outflow(per_block, steps) for leak in self.leaks]
        expected = self._shadow.expect(begin * per_block, self.until * per_block, outflows)
        means = expected.reshape(-1, per_block, expected.shape[1]).mean(axis=1)
        healthy = self.candidates.model.mean
        for block in range(begin, self.until):
            residual = self._observed[block] - means[block - begin] - healthy[block % len(healthy)]
            self.residuals[block] = residual
            self.along[block], self.weight[block] = self.candidates.project(block, residual)

    def misfit(self, begin: int, block: int) -> float:
        """Return minus the logarithm of the likelihood of all blocks from one to another."""
        total = 0.0
        for now in range(begin, block + 1):
            residual = self.residuals[now]
            known = np.isfinite(residual)
            values = np.where(known, residual, 0.0)
            total += 0.5 * float(values @ self.candidates.model.precision(now, known) @ values)
        return total / self.candidates.inflation(block + 1 - begin)

    def refresh(self, block: int) -> bool:
        """Compute the signatures anew where much more or less leaks than when they were computed.

        Losses are not linear, and a valve may have begun or ceased to regulate: what one more m3/h does
        depends on what flows already. Returns whether it did so.
        """
        total = sum(float(leak.m3_h[block]) for leak in self.leaks)
        if abs(total - self._probed_m3_h) < self._settings.refresh_m3_h:
            return False
        self._probed_m3_h = total
        classes = self._settings.classes
        day = min(block // classes, self.blocks // classes - 1)
        self.candidates.renew(probe(self._shadow, self._settings, self.leaks, day))
        for now in range(max(self.first, block - self._settings.longest_window_blocks), self.until):
            self.along[now], self.weight[now] = self.candidates.project(now, self.residuals[now])
        return True

    # --- trying -----------------------------------------------------------------------------------

    def save(self, begin: int) -> Saved:
        """Keep everything from a block on."""
        part = slice(begin, self.until)
        return Saved(
            begin,
            self.until,
            tuple((leak, leak.pipe, leak.onset, leak.m3_h.copy()) for leak in self.leaks),
            self.residuals[part].copy(),
            self.along[part].copy(),
            self.weight[part].copy(),
        )

    def restore(self, saved: Saved) -> None:
        """Go back to what was kept."""
        self.leaks = [leak for leak, *_ in saved.leaks]
        for leak, pipe, onset, flows in saved.leaks:
            leak.pipe, leak.onset, leak.m3_h = pipe, onset, flows.copy()
        part = slice(saved.begin, saved.until)
        self.residuals[part], self.along[part], self.weight[part] = (
            saved.residuals,
            saved.along,
            saved.weight,
        )

    # --- fitting ----------------------------------------------------------------------------------

    def refit(self, leak: FoundLeak, begin: int, block: int) -> NDArray[np.float64]:
        """Fit place and course of a leak to the blocks from one to another.

        The signature is linear about a model that already has the leak in it, so that repeating the step
        takes the true, curved losses into account.

        Returns
        -------
        Logarithm of the likelihood of each pipe, up to a constant, shape (pipes,).
        """
        best, least = self.save(begin), self.misfit(begin, block)
        values = np.zeros(self.candidates.pipes)
        for _ in range(_PLACE_ROUNDS):
            values, flows = self._weigh(leak, begin, block)
            pipe = int(values.argmax())
            if values[pipe] - values[leak.pipe] < _LEAST_GAIN:
                pipe = leak.pipe
            leak.pipe = pipe
            leak.m3_h[begin : block + 1] = flows[:, pipe]
            leak.m3_h[block + 1 :] = flows[-1, pipe]
            self.compare(begin)
            misfit = self.misfit(begin, block)
            if misfit > least - 0.5:
                break
            best, least = self.save(begin), misfit
        self.restore(best)
        return values

    def _weigh(
        self, leak: FoundLeak, begin: int, block: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weigh each pipe as the place of a leak whose outflow may take any course.

        Returns
        -------
        Logarithm of the likelihood of each pipe, shape (pipes,), and its outflow, shape (blocks, pipes).
        """
        candidates, pipes = self.candidates, self.candidates.pipes
        blocks = block + 1 - begin
        along, weight = np.zeros((blocks, pipes)), np.zeros((blocks, pipes))
        for place in range(blocks):
            now = begin + place
            shape = candidates.signatures[now % len(candidates.signatures), leak.pipe]
            residual = self.residuals[now] + leak.m3_h[now] * shape
            one_along, one_weight = candidates.project(now, residual)
            along[place], weight[place] = one_along[:pipes], one_weight[:pipes]
        hats = self._hats(blocks)
        mass = np.einsum("bk,bc,bl->ckl", hats, weight, hats, optimize=True)
        mass += _RIDGE * np.maximum(weight.max(axis=0), 1e-12)[:, None, None] * np.eye(hats.shape[1])
        knots = np.linalg.solve(mass, (hats.T @ along).T[:, :, None])[:, :, 0]
        flows = np.maximum(hats @ knots.T, 0.0)
        values = (flows * along - 0.5 * flows**2 * weight).sum(axis=0)
        return values / candidates.inflation(blocks), flows

    def _hats(self, blocks: int) -> NDArray[np.float64]:
        """Weights of the outflows at the knots in that of each block, shape (blocks, knots).

        Between knots, a day apart or a quarter of a short course, the outflow runs on a straight line.
        """
        length = max(1, min(self._settings.classes, blocks // _SHORT_PARTS))
        knots = np.unique(np.append(np.arange(0, blocks, length), blocks - 1))
        moments = np.arange(blocks)
        return np.column_stack([np.interp(moments, knots, row) for row in np.eye(knots.size)])
