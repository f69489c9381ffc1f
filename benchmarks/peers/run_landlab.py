"""Landlab's OverlandFlow component: local inertial flow on a raster of nodes, adaptive step."""

import time
from types import SimpleNamespace

import numpy as np
from landlab import RasterModelGrid
from landlab.components import OverlandFlow

FILM_M = 1.0e-5
"""Depth that the component puts everywhere at the start."""
THETA = 0.8


def run(case):
    """Run to the end or the limit; a ring of closed nodes stands around the domain."""
    rows, cols = case.bed.shape
    grid = RasterModelGrid((rows + 2, cols + 2), xy_spacing=case.cell_m)
    bed = np.pad(case.bed.astype(np.float64), 1, mode="edge")
    grid.add_field("topographic__elevation", bed.ravel(), at="node")
    depth = np.pad(case.water_depth.astype(np.float64), 1)
    grid.add_field("surface_water__depth", depth.ravel(), at="node")
    grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
    flow = OverlandFlow(
        grid,
        mannings_n=case.manning_n,
        alpha=case.courant,
        theta=THETA,
        h_init=FILM_M,
        steep_slopes=True,
        rainfall_intensity=0.0,
    )
    changes_s = np.append(case.rain_starts_s[1:], np.inf)
    time_s, steps, started = 0.0, 0, time.perf_counter()
    while time_s < case.end_s - 1e-9 and time.perf_counter() - started < case.limit_s:
        step = np.searchsorted(case.rain_starts_s, time_s, side="right") - 1
        flow.rainfall_intensity = float(case.rain_m_s[step])
        until_s = min(case.end_s, changes_s[step])
        dt_s = min(flow.calc_time_step(), until_s - time_s, case.max_step_s)
        flow.overland_flow(dt=dt_s)
        time_s += dt_s
        steps += 1
    wall_s = time.perf_counter() - started
    held = grid.at_node["surface_water__depth"].reshape(rows + 2, cols + 2)[1:-1, 1:-1]
    # the film is no rain: taken off again, so that the volume can be compared
    return SimpleNamespace(time_s=time_s, steps=steps, wall_s=wall_s, water_depth=held - FILM_M)
