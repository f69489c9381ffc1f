"""A city around the sewer of Bellinge, Denmark, for the benchmark of the coupled run.

The data set has the sewer of 1,015 conduits, but no terrain that street flooding could be computed on
(SRTM differs from the covers by a metre in the median) and no gullies. So the ground is laid through the
cover levels, and each manhole gets one gully: assumed, good for timing and not for a flood map.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from cim_models.city import City, Network, Source, Terrain
from cim_models.errors import InputError
from cim_models.networks.sewer import read_sewer

DATA_SET = "bellinge"
MODEL_FILE = "BellingeSWMM_v021_selfcontained.inp"
CRS = "EPSG:25832"
CELL_SIZE_M = 8.0
MARGIN_M = 80.0


def bellinge_city(folder: Path) -> City:
    """Build the city from the folder of the data set.

    Raises
    ------
    InputError
        If the sewer model is not there.
    """
    file = folder / MODEL_FILE
    if not file.is_file():
        raise InputError(
            "Benchmark case 'bellinge'",
            got=f"no file {file}",
            expected=f"the data set '{DATA_SET}'",
            remedy="Set CITYTWIN_DATA to the folder that holds it, or choose case santboi",
        )
    network = read_sewer(file.read_text(encoding="utf-8", errors="replace"), crs=CRS, source=MODEL_FILE)
    return City(
        name="bellinge",
        title={"en": "Bellinge", "zh": "贝灵厄"},
        crs=CRS,
        vertical_datum="DVR90, not stated by the source",
        time_zone="Europe/Copenhagen",
        terrain=_ground_through_covers(network),
        layers={"gullies": _one_gully_a_manhole(network)},
        sewer=network,
        sources=(Source("sewer", "Bellinge data set, Pedersen et al. (2021)", "not stated by the copy"),),
        cim_levels={"terrain": 1, "gullies": 2},
        reference="benchmark:bellinge",
    )


def _ground_through_covers(network: Network) -> Terrain:
    """Interpolate cover levels linearly between nodes, and by the nearest node around them."""
    nodes = network.nodes[~network.nodes.geometry.is_empty]
    xy = np.column_stack([nodes.geometry.x, nodes.geometry.y])
    level = nodes["ground_elevation_m"].to_numpy(dtype=np.float64)
    x_min, y_min = np.floor((xy.min(axis=0) - MARGIN_M) / CELL_SIZE_M) * CELL_SIZE_M
    cols, rows = np.ceil((xy.max(axis=0) + MARGIN_M - (x_min, y_min)) / CELL_SIZE_M).astype(int)
    y_max = y_min + rows * CELL_SIZE_M
    x = x_min + (np.arange(cols) + 0.5) * CELL_SIZE_M
    y = y_max - (np.arange(rows) + 0.5) * CELL_SIZE_M
    grid_x, grid_y = np.meshgrid(x, y)
    ground = LinearNDInterpolator(xy, level)(grid_x, grid_y)
    around = NearestNDInterpolator(xy, level)(grid_x, grid_y)
    elevation = np.where(np.isnan(ground), around, ground)
    row = ((y_max - xy[:, 1]) / CELL_SIZE_M).astype(int)
    col = ((xy[:, 0] - x_min) / CELL_SIZE_M).astype(int)
    elevation[row, col] = -np.inf  # a cell with covers stands at the highest of them: no invert above ground
    np.maximum.at(elevation, (row, col), level)
    return Terrain(
        elevation.astype(np.float32), x_min=float(x_min), y_max=float(y_max), cell_size_m=CELL_SIZE_M
    )


def _one_gully_a_manhole(network: Network) -> gpd.GeoDataFrame:
    nodes = network.nodes
    manholes = nodes[(nodes["kind"] == "junction") & ~nodes.geometry.is_empty]
    return gpd.GeoDataFrame(
        {
            "id": [f"G-{name}" for name in manholes["id"]],
            "node": manholes["id"].astype(str).to_numpy(),
            "length_m": 0.75,
            "width_m": 0.45,
            "open_ratio": 0.5,
            "blockage": 0.0,
        },
        geometry=manholes.geometry.to_numpy(),
        crs=CRS,
    )
