"""Maximum depth on rough urban ground against ANUGA, which solves the full shallow water equations."""

from benchmarks.validation.outcome import Outcome
from benchmarks.validation.peer_fields import (
    agreement_measures,
    compare,
    cropped_case,
    draw_fields,
    own_max_depth,
    peer_max_depth,
)

PEERS = ("anuga",)
QUICK = {"end_s": 300.0}
RMSE_LIMIT_M = 0.006

ABOUT = """A corner of 200 by 200 cells of the benchmark's case a: 2 m cells with streets, kerbs, raised
blocks and survey noise, walls all around, the whole of a Chicago storm of 100 mm in one hour. ANUGA 4.1.0
runs it with its finite volumes (DE0) on two triangles to a cell, same roughness, same dry depth of 1 mm; its
depth in a cell is the mean of the two. Both look for the maximum every 10 s. A run that ends early has few
cells deeper than 0.1 m, so there the success index is told and not judged. ANUGA takes about a quarter of an
hour for the storm."""


def validate(end_s: float = 3600.0) -> Outcome:
    """Run both and compare the fields of maximum depth."""
    case = cropped_case(end_s)
    own, other = own_max_depth(case), peer_max_depth("anuga", case)
    return Outcome(
        title="Maximum depth against ANUGA",
        about=ABOUT,
        measures=agreement_measures(compare(own, other), RMSE_LIMIT_M, "ANUGA"),
        draw=lambda figure: draw_fields(figure, own, other, "ANUGA"),
    )
