"""The validation cases at reduced size: no figure outside its limits; `docs/validation.md` has full size."""

import pytest

from benchmarks.peers.environments import PEERS, is_installed
from benchmarks.validation.document import write_plot
from benchmarks.validation.registry import find_cases

CASES = [
    pytest.param(case, id=name, marks=[pytest.mark.slow, pytest.mark.timeout(900)] if case.peers else [])
    for name, case in find_cases().items()
]


@pytest.mark.parametrize("case", CASES)
def test_figures_are_within_their_limits(case, tmp_path):
    if case.absent_data is not None:
        pytest.skip(case.absent_data)
    absent = [peer.title for peer in PEERS if peer.name in case.peers and not is_installed(peer)]
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed: run 'citytwin bench validation --peers' once")
    outcome = case.run(quick=True)
    assert outcome.measures
    assert outcome.failures == ()
    write_plot(outcome, tmp_path / "plot.svg")
