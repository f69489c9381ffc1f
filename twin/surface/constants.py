"""Units, thresholds and layout that all kernels share.

Depth is an integer count of *depth units* of 2⁻²⁴ m (60 nanometres): sums are exact, so volume is
conserved to the last unit whatever the order of summation. Bed elevation is kept as float32 in the
same unit, rounded so that the difference of two beds, and the difference of two water surfaces, are
exact as well: a lake at rest stays at rest exactly.
"""

import numpy as np

UNIT_BITS = 24
UNIT_M = 2.0**-UNIT_BITS
UNITS_PER_M = 2.0**UNIT_BITS
BED_BITS = 24
"""Significant bits of a float32: beds are rounded to the relief's next power of two over 2²⁴."""
MAX_RELIEF_M = 4096.0
"""Highest bed accepted above the lowest, m: beds are then kept to a quarter of a millimetre or better."""
WALL_M = 1.0e6
"""Height of a blocked cell above the lowest bed, m."""

DRY_DEPTH_M = 1.0e-3
"""A face whose flow depth is not above this passes nothing, m."""
DRY_UNITS = int(DRY_DEPTH_M * UNITS_PER_M)
MAX_DEPTH_M = 60.0
"""Beyond this depth the fixed-point sums could overflow; the solver stops before, m."""
MAX_UNITS = int(MAX_DEPTH_M * UNITS_PER_M)

WEIGHT_ONE = 64
"""A rain weight of 1; weights are whole multiples of 1/64."""
RAIN_QUANTUM_M = WEIGHT_ONE * UNIT_M
"""Rain falls in whole multiples of this depth, m: times a weight it is a whole number of units."""
MAX_RAIN_M_S = 1.0e-3
"""Heaviest rain accepted, m/s: times the longest step and the largest weight it still fits 32 bits."""
FREE_WAVES = 2.0**31
"""Depth that no water reaches, units: with it as wave depth all gravity waves run freely."""
KINEMATIC_SPEED = 5.0 / 3.0
"""Speed of a flood wave over the velocity of the water, for a wide section and Manning's formula."""
MAX_STEP_S = 60.0
"""Longest step accepted, s."""
RAIN_TICK_M = 2.0**-13
"""Rain is gathered until this depth and then laid on the ground, m: an eighth of a millimetre."""

GRAVITY_M_S2 = 9.81
THETA_MIN = 0.7
MAX_COURANT = (THETA_MIN / 2.0) ** 0.5
"""Stability limit in two dimensions: sqrt(theta / 2)."""
MAX_ADVECTIVE_COURANT = 0.45
"""Highest Courant number of the advective scheme: waves along both axes share the step, 2 C <= 1, less a
tenth."""

TILE = 32
"""Edge of a tile, cells. Water advances one cell a step, so a dry ring one tile wide lasts 32 steps."""
RECHECK_STEPS = 24
"""Steps after which the wet tiles are looked for again; at most TILE - 1."""

LANES = 16
"""Cells in a cache line of 64 bytes: rows are padded to whole lines."""
BLOCK = 1024
"""Columns of a band that are swept from top to bottom before the next ones: the rows that are worked on then
stay in the second cache however wide the domain. A whole number of tiles. Blocks of 256 columns, which would
fit the nearest cache, are slower: the processor fetches long rows ahead by itself, short ones it does not."""
CHUNK = 256
"""Columns of a row whose intermediate values are kept at a time, so that they stay in the nearest cache."""
ROWS_BEFORE, ROWS_AFTER = 2, 3
"""Rows of wall around the domain that the stencil may read."""

DEPTH_DTYPE = np.int32
REAL_DTYPE = np.float32
WEIGHT_DTYPE = np.uint16
ZONE_DTYPE = np.uint16
