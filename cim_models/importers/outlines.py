"""Polygons from plain lists of their corners, one file each."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from cim_models.errors import MappingError
from cim_models.importers.recipe import SourceFile


def read_outlines(folder: Path, source: SourceFile, crs: str) -> gpd.GeoDataFrame:
    """Return the polygons of all files that match a pattern.

    Parameters
    ----------
    folder
        The source folder.
    source
        Its ``file`` is a pattern such as ``houses/*.csv``. Each file holds the corners of one polygon in
        order, a line ``x,y`` each, without a heading; the last may repeat the first.
    crs
        Coordinate reference system that the coordinates are in.

    Returns
    -------
    Column ``name``, the file's name without its ending, and the polygons; in the order of the names.

    Raises
    ------
    MappingError
        If no file matches, or one is no list of three corners or more.
    """
    paths = sorted(folder.glob(source.file))
    if not paths:
        raise MappingError(
            f"No source file matches {folder / source.file}",
            remedy="Check the source folder and 'file' in the recipe",
        )
    names = [path.stem for path in paths]
    shapes = [_polygon(path, source.encoding) for path in paths]
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=crs)


def _polygon(path: Path, encoding: str) -> shapely.Polygon:
    try:
        corners = np.loadtxt(path, delimiter=",", encoding=encoding, ndmin=2)
    except ValueError as exc:
        raise MappingError(f"{path} is no list of corners: {exc}", expected="lines of x,y") from exc
    if corners.shape[1:] != (2,) or len(corners) < 3 or not np.isfinite(corners).all():
        raise MappingError(
            f"{path} is no polygon",
            got=f"{len(corners)} lines of {corners.shape[1]} numbers",
            expected="at least three lines of x,y",
        )
    return shapely.Polygon(corners)
