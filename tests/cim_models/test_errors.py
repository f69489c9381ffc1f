"""Words of messages."""

from cim_models.errors import coordinates


def test_coordinates_are_told_to_a_decimetre_and_never_shortened() -> None:
    assert coordinates(359300.0, 3273000.123456) == "359300, 3273000.1"
    assert coordinates(-0.04) == "0"
