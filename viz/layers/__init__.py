"""The map: every layer described once with pydeck, for the notebook and for the screen."""

from viz.layers.notebook import notebook_deck
from viz.layers.registry import LAYERS, MapLayer, describe
from viz.layers.scene import Moment, Scene

__all__ = ["LAYERS", "MapLayer", "Moment", "Scene", "describe", "notebook_deck"]
