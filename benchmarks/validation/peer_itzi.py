"""Maximum depth on rough urban ground against Itzï, which solves the same equations."""

from collections.abc import Sequence

from benchmarks.validation.outcome import Measure, Outcome
from benchmarks.validation.peer_fields import (
    agreement_measures,
    compare,
    cropped_case,
    draw_fields,
    own_max_depth,
    peer_max_depth,
)

PEERS = ("itzi",)
QUICK = {"end_s": 300.0, "thetas": (0.8,)}
RMSE_LIMIT_M = 0.001
JUDGED_THETA = 0.8

ABOUT = """The corner of case a that ANUGA runs too, the ten minutes of the benchmark, against Itzï 26.6 with
equal settings: Courant number 0.5, longest step 10 s, dry depth 1 mm, n = 0.03. Two rules cannot be made
equal. Itzï has a constant theta, ours follows the velocity between 0.7 and 1; it is compared at Itzï's own
0.8, and told for 0.7 and 1. And where a face holds less than the dry depth or the water surface is steep,
Itzï has steady flow by Manning's formula, while in ours such a film stands still. Both look for the maximum
every 10 s."""


def validate(end_s: float = 600.0, thetas: Sequence[float] = (JUDGED_THETA, 0.7, 1.0)) -> Outcome:
    """Run ours once and Itzï with each theta, the judged one first; compare the fields of maximum depth."""
    case = cropped_case(end_s)
    own = own_max_depth(case)
    fields = {theta: peer_max_depth("itzi", case, theta) for theta in thetas}
    judged = fields[JUDGED_THETA]
    others = [
        Measure(f"maximum depth RMSE against Itzï, theta {theta:g}", 1e3 * compare(own, field).rmse_m, "mm")
        for theta, field in fields.items()
        if theta != JUDGED_THETA
    ]
    wording = f"Itzï, theta {JUDGED_THETA:g}"
    return Outcome(
        title="Maximum depth against Itzï",
        about=ABOUT,
        measures=(*agreement_measures(compare(own, judged), RMSE_LIMIT_M, wording), *others),
        draw=lambda figure: draw_fields(figure, own, judged, wording),
    )
