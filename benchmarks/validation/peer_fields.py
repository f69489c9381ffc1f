"""What the comparisons with other models share: the crop of case a, our run, the peer's, the figures."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from benchmarks.peers.environments import PEERS
from benchmarks.peers.runner import PeerRules, run_peer_max_depth, write_case
from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, SurfaceCase, make_case
from benchmarks.validation.outcome import Measure
from twin.surface import SurfaceSettings, SurfaceSolver

CROP = 200
RECORD_S = 10.0
WET_M = 0.1
JUDGED_CELLS = 500
COLOURS = 8
DEEP_M, APART_M = 0.2, 0.028
PEER_LIMIT_S = 7200.0
"""Wall time after which a peer is given up."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two fields of maximum depth agree.

    Parameters
    ----------
    rmse_m, bias_m
        Root mean square and mean of the difference, over all cells.
    critical_success
        Cells above `WET_M` in both over those in either.
    wet_cells
        Cells above `WET_M` in the second.
    """

    rmse_m: float
    bias_m: float
    critical_success: float
    wet_cells: int


def cropped_case(end_s: float) -> SurfaceCase:
    """Return the north-western corner of case a, `CROP` cells wide, with walls all around."""
    case = make_case("a", end_s)
    return replace(case, bed=np.ascontiguousarray(case.bed[:CROP, :CROP]))


def own_max_depth(case: SurfaceCase) -> NDArray[np.floating[Any]]:
    """Run our solver on a case that is dry at first; return the maximum depth, m."""
    settings = SurfaceSettings(courant=COURANT, record_interval_s=RECORD_S)
    solver = SurfaceSolver(case.bed, CELL_M, manning_n=MANNING_N, settings=settings)
    assert case.rain is not None
    while solver.time_s < case.end_s:
        solver.set_rain(case.rain.rate_m_s(solver.time_s))
        solver.advance_to(min(case.end_s, case.rain.next_change_s(solver.time_s)))
    return solver.max_depth


def peer_max_depth(name: str, case: SurfaceCase, theta: float = 0.8) -> NDArray[np.floating[Any]]:
    """Run a peer on one thread; return its maximum depth, m."""
    peer = next(peer for peer in PEERS if peer.name == name)
    rules = PeerRules(theta=theta, record_interval_s=RECORD_S)
    with TemporaryDirectory(prefix="citytwin-validation-") as folder:
        file = Path(folder) / "case.npz"
        write_case(case, file, 1, PEER_LIMIT_S, rules)
        return run_peer_max_depth(peer, file, 1, PEER_LIMIT_S)


def compare(own: NDArray[Any], other: NDArray[Any]) -> Agreement:
    """Return how well two fields agree."""
    difference = own - other
    ours, theirs = own > WET_M, other > WET_M
    return Agreement(
        float(np.sqrt((difference**2).mean())),
        float(difference.mean()),
        int((ours & theirs).sum()) / max(int((ours | theirs).sum()), 1),
        int(theirs.sum()),
    )


def agreement_measures(found: Agreement, rmse_limit_m: float, wording: str) -> tuple[Measure, ...]:
    """Return the figures of a comparison.

    The success index is judged where it rests on `JUDGED_CELLS`; a run that ends early wets but a few.
    """
    judged = found.wet_cells >= JUDGED_CELLS
    return (
        Measure(
            f"maximum depth RMSE against {wording}", 1e3 * found.rmse_m, "mm", at_most=1e3 * rmse_limit_m
        ),
        Measure(f"mean difference from {wording}", 1e3 * found.bias_m, "mm"),
        Measure(
            f"critical success index at {WET_M:g} m against {wording}",
            found.critical_success,
            "",
            at_least=0.96 if judged else None,
        ),
        Measure(f"cells above {WET_M:g} m in {wording}", found.wet_cells, ""),
    )


def draw_fields(figure: Any, own: NDArray[Any], other: NDArray[Any], title: str) -> None:
    """Draw both fields and their difference side by side, in few colours: noise does not compress."""
    size = own.shape[0] * CELL_M
    blues, split = colormaps["Blues"].resampled(COLOURS), colormaps["RdBu"].resampled(COLOURS - 1)
    panels = (
        (own, "citytwin", blues, 0.0, DEEP_M),
        (other, title, blues, 0.0, DEEP_M),
        (own - other, "difference", split, -APART_M, APART_M),
    )
    for axes, (field, name, colours, low, high) in zip(
        figure.subplots(1, 3, sharex=True, sharey=True), panels, strict=True
    ):
        axes.grid(visible=False)
        image = axes.imshow(
            field, cmap=colours, vmin=low, vmax=high, extent=(0, size, 0, size), interpolation="none"
        )
        axes.set(title=name, xlabel="m")
        figure.colorbar(image, ax=axes, orientation="horizontal", label="m", extend="both")
