"""Still pictures in 3-D: the flooded city and its sewer below ground."""

from viz.stills.rendering import render_stills
from viz.stills.scene import Scene, make_scene

__all__ = ["Scene", "make_scene", "render_stills"]
