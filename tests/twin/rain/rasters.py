"""Rain rasters as files of each kind: three times, cells of 20 m over the tiny city and around it."""

from pathlib import Path

import numpy as np
import rasterio
import zarr
from rasterio.transform import from_origin
from scipy.io import netcdf_file

from tests.tiny_city import CRS, X0, Y0

CELL_M = 20.0
X_MIN, Y_MAX = X0 - 40.0, Y0 + 120.0
TIMES_S = (0.0, 300.0, 600.0)
VALUES = np.random.default_rng(5).integers(0, 90, (3, 8, 8)).astype(np.float32)
X = X_MIN + CELL_M * (np.arange(8) + 0.5)
Y = Y_MAX - CELL_M * (np.arange(8) + 0.5)


def write_geotiff(path: Path, values=VALUES, names=("0", "300", "600"), crs=CRS, transform=None) -> Path:
    """Write a GeoTIFF with a band a time."""
    transform = transform or from_origin(X_MIN, Y_MAX, CELL_M, CELL_M)
    count, height, width = values.shape
    profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "nodata": -9999.0}
    with rasterio.open(path, "w", dtype="float32", crs=crs, transform=transform, **profile) as data:
        data.write(values)
        for band, name in enumerate(names, start=1):
            data.set_band_description(band, name)
    return path


def write_table(folder: Path, times=("0", "300", "600")) -> Path:
    """Write a GeoTIFF a time, and the table that lists them."""
    lines = ["time,file"]
    for k, time in enumerate(times):
        write_geotiff(folder / f"rain_{k}.tif", VALUES[k : k + 1], ())
        lines.append(f"{time},rain_{k}.tif")
    path = folder / "rain.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write_netcdf(path: Path, units="seconds since 2026-06-18T09:00:00Z", values=VALUES) -> Path:
    """Write a NetCDF after the CF conventions, rows from south to north, without a CRS."""
    with netcdf_file(path, "w") as data:
        data.Conventions = "CF-1.8"
        for name, coordinates in (("time", np.array(TIMES_S)), ("y", Y[::-1]), ("x", X)):
            data.createDimension(name, len(coordinates))
            axis = data.createVariable(name, "f8", (name,))
            axis[:] = coordinates
            axis.units = units if name == "time" else "m"
            if name != "time":
                axis.standard_name = f"projection_{name}_coordinate"
        rain = data.createVariable("rain", "f4", ("time", "y", "x"))
        rain[:] = values[:, ::-1]
        rain._FillValue = np.float32(-9999.0)
    return path


def write_zarr(path: Path, units="minutes since 2026-06-18 17:00+08:00", values=VALUES) -> Path:
    """Write a Zarr group after the same conventions, values in tenths."""
    group = zarr.open_group(path, mode="w")
    for name, coordinates in (("time", np.array(TIMES_S) / 60.0), ("y", Y), ("x", X)):
        group.create_array(name, data=coordinates, dimension_names=(name,))
    group["time"].attrs["units"] = units
    rain = group.create_array("rain", data=values * 10.0, dimension_names=("time", "y", "x"))
    rain.attrs.update({"scale_factor": 0.1, "_FillValue": -99990.0, "crs": CRS})
    return path
