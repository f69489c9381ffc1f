import pytest

from cim_models.errors import InputError
from twin.surface.subgrid import coarse_factor


@pytest.mark.parametrize(("cell_m", "factor"), [(None, 1), (2.0, 1), (4.0, 2), (8.0, 4)])
def test_a_multiple_of_the_terrains_cell_is_a_factor(cell_m: float | None, factor: int) -> None:
    assert coarse_factor(2.0, cell_m) == factor


@pytest.mark.parametrize("cell_m", [1.0, 5.0, 18.0])
def test_other_sizes_are_refused_with_sizes_that_would_do(cell_m: float) -> None:
    with pytest.raises(InputError, match=rf"{cell_m:g} m.*2, 4, 8, 16 m"):
        coarse_factor(2.0, cell_m)
