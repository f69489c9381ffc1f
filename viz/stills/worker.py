"""Draw stills in a process of its own; started by `viz.stills.rendering`, never by hand.

Reads a pickled (scene, views, folder, size) from standard input and writes a PNG per view.
"""

import pickle
import sys
from pathlib import Path


def main() -> None:
    """Draw what standard input asks for."""
    scene, views, folder, size = pickle.load(sys.stdin.buffer)  # from our own parent process
    from viz.stills.drawing import draw_flood, draw_sewer

    draw = {"flood": draw_flood, "sewer": draw_sewer}
    for view in views:
        plotter = draw[view](scene, size)
        plotter.screenshot(Path(folder) / f"{view}.png")
        plotter.close()


if __name__ == "__main__":
    main()
