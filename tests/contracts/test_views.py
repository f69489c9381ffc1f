"""The twin offers what the agents ask for, under the same names and with the same arguments."""

import inspect

import pytest

from agents.views import OrderPort, RoadView, WaterView
from twin.roads import RoadNetwork
from twin.water import WaterSystem


@pytest.mark.parametrize(
    ("offer", "view"),
    [
        (WaterSystem, WaterView),
        (WaterSystem, OrderPort),
        (RoadNetwork, RoadView),
        (RoadNetwork, OrderPort),
    ],
)
def test_twin_satisfies_the_view(offer, view):
    asked = [name for name in vars(view) if not name.startswith("_")]
    assert asked
    for name in asked:
        assert callable(getattr(offer, name, None)), f"{offer.__name__} lacks {name}"
        wanted = list(inspect.signature(getattr(view, name)).parameters)
        assert list(inspect.signature(getattr(offer, name)).parameters) == wanted
