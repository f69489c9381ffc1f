"""Both schemes of the surface solver: what tests take ``scheme`` holds for each."""

import pytest


@pytest.fixture(scope="module", params=["inertial", "advective"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Name of a scheme."""
    return str(request.param)
