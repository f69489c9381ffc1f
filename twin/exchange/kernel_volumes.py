"""Volumes that all gullies and manholes want to move in a step, kept within what is there."""

import numpy as np
from numba import njit

from twin.exchange.kernel_flows import gully_flow, manhole_flow


@njit(cache=True)
def wanted_volumes(inlets, state, coef, dt, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the volume that each inlet would move in a step, m3, positive into the sewer.

    No inlet moves water past equal heads: with the area of its cell on one side and its
    share of the node's shaft on the other, the volume that makes the heads equal is the most. That
    keeps the exchange stable at any step.

    Parameters
    ----------
    inlets
        `Inlets`.
    state
        `State`: depth in each inlet's cell, head above the street at each inlet.
    coef
        `InletCoefficients`.
    dt
        Step, s.
    """
    for k in range(out.size):
        depth, rise = state.depth[k], state.rise[k]
        if inlets.is_gully[k]:
            flow = gully_flow(depth, rise, inlets.length[k], inlets.area[k], inlets.clear[k], coef)
        else:
            flow = manhole_flow(depth, rise, inlets.area[k], inlets.length[k], inlets.takes_in[k], coef)
        equalising = (depth - rise) * inlets.joint_area[k]
        out[k] = min(flow * dt, equalising) if flow > 0.0 else max(flow * dt, equalising)


@njit(cache=True)
def share_what_is_there(inlets, held_by_cell, held_by_node, volume):  # type: ignore[no-untyped-def]
    """Scale volumes down so that no cell and no node gives more than it holds, fairly among inlets.

    Parameters
    ----------
    held_by_cell, held_by_node
        Water that may be taken from each cell slot and each node, m3, >= 0.
    volume
        Wanted volumes, m3; changed in place.
    """
    from_cell = np.zeros(held_by_cell.size)
    from_node = np.zeros(held_by_node.size)
    for k in range(volume.size):
        from_cell[inlets.slot[k]] += max(volume[k], 0.0)
        from_node[inlets.node[k]] += max(-volume[k], 0.0)
    for k in range(volume.size):
        if volume[k] > 0.0:
            wanted, held = from_cell[inlets.slot[k]], held_by_cell[inlets.slot[k]]
        else:
            wanted, held = from_node[inlets.node[k]], held_by_node[inlets.node[k]]
        if wanted > held:
            volume[k] *= held / wanted
