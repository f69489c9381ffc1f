"""ANUGA: finite volumes on triangles, two to a cell, the full shallow water equations."""

import time
from types import SimpleNamespace

import anuga
import numpy as np

YIELDS = 20
"""Times at which the loop hands control back, so that it can stop at the limit."""


def run(case):
    """Run to the end or the limit, walls all around."""
    rows, cols = case.bed.shape
    points, triangles, boundary = anuga.rectangular(
        cols, rows, len1=cols * case.cell_m, len2=rows * case.cell_m
    )
    domain = anuga.Domain(points, triangles, boundary)
    domain.set_flow_algorithm("DE0")
    domain.set_quantities_to_be_stored(None)
    domain.store = False
    domain.set_minimum_allowed_height(case.dry_m)
    place = np.floor(domain.centroid_coordinates / case.cell_m).astype(int)
    row, col = rows - 1 - np.clip(place[:, 1], 0, rows - 1), np.clip(place[:, 0], 0, cols - 1)
    bed = case.bed[row, col].astype(np.float64)
    domain.set_quantity("elevation", bed, location="centroids")
    domain.set_quantity("friction", case.manning_n, location="centroids")
    domain.set_quantity("stage", bed + case.water_depth[row, col], location="centroids")
    wall = anuga.Reflective_boundary(domain)
    domain.set_boundary(dict.fromkeys(domain.get_boundary_tags(), wall))
    domain.set_evolve_max_timestep(case.max_step_s)
    anuga.Rate_operator(domain, rate=lambda time_s: rain_at(case, time_s))
    domain.set_omp_num_threads(int(case.threads), verbose=False)
    domain.set_multiprocessor_mode(1)
    yield_s = case.record_interval_s or case.end_s / YIELDS
    deepest = np.zeros(row.size)
    steps, time_s, started = 0, 0.0, time.perf_counter()
    for reached_s in domain.evolve(yieldstep=yield_s, finaltime=case.end_s):
        steps, time_s = steps + domain.number_of_steps, float(reached_s)
        if case.record_interval_s > 0.0:
            np.maximum(deepest, held_water(domain), out=deepest)
        if time.perf_counter() - started >= case.limit_s:
            break
    wall_s = time.perf_counter() - started
    depth, max_depth = np.zeros(case.bed.shape), np.zeros(case.bed.shape)
    np.add.at(depth, (row, col), held_water(domain) / 2.0)
    np.add.at(max_depth, (row, col), deepest / 2.0)
    return SimpleNamespace(time_s=time_s, steps=steps, wall_s=wall_s, water_depth=depth, max_depth=max_depth)


def held_water(domain):
    """Return the depth of each triangle, m."""
    held = domain.quantities["stage"].centroid_values - domain.quantities["elevation"].centroid_values
    return np.maximum(held, 0.0)


def rain_at(case, time_s):
    """Return the rain rate, m/s."""
    return float(case.rain_m_s[np.searchsorted(case.rain_starts_s, time_s, side="right") - 1])
