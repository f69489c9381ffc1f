"""The physical city in time: surface water, sewers, roads and what joins them."""

import os

# The simulation process forks to branch: of Numba's threading layers only workqueue survives that.
os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")
