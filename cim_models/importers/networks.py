"""Sewer and supply models of the source, and gullies tied to the sewer's nodes."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from cim_models.city import City, Network
from cim_models.importers.recipe import GullyLinks, SourceFile
from cim_models.importers.report import ImportReport, LayerReport
from cim_models.importers.tables import read_text

_LARGE_GAP_M = 1.0
_LISTED = 12


def import_network(
    folder: Path, source: SourceFile, read: Callable[..., Network], crs: str, entry: LayerReport
) -> Network:
    """Read an engine's input file as it is; it goes into the bundle unchanged.

    Raises
    ------
    MappingError
        If the file is missing or in another encoding.
    NetworkError
        If its tables cannot be read.
    """
    network = read(read_text(folder, source), crs=crs, source=str(folder / source.file))
    entry.count = len(network.links)
    kinds = {**network.nodes["kind"].value_counts(), **network.links["kind"].value_counts()}
    entry.notes.append(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    placeless = int(network.nodes.geometry.is_empty.sum())
    if placeless:
        entry.lacks.append(f"{placeless} nodes without coordinates")
    return network


def compare_with_terrain(city: City, report: ImportReport) -> None:
    """Report how manhole rims and the terrain differ."""
    if city.sewer is None:
        return
    nodes = city.sewer.nodes
    manholes = nodes[(nodes["kind"] == "junction") & ~nodes.geometry.is_empty]
    x, y = shapely.get_coordinates(manholes.geometry.to_numpy()).T
    row, col = city.terrain.row_col(x, y)
    inside = city.terrain.inside(x, y)
    gap = manholes["ground_elevation_m"].to_numpy()[inside] - city.terrain.elevation[row[inside], col[inside]]
    ids, gap = manholes["id"].to_numpy()[inside][~np.isnan(gap)], gap[~np.isnan(gap)]
    if not len(gap):
        return
    large = [index for index in np.argsort(-np.abs(gap)) if abs(gap[index]) > _LARGE_GAP_M]
    named = ", ".join(f"{ids[index]} {gap[index]:+.2f}" for index in large[:_LISTED])
    entry = report.layer("sewer", "")
    entry.notes.append("manhole ground = invert + maximum depth of the sewer model")
    entry.notes.append(
        f"against the terrain: median {np.median(gap):+.2f} m, 95 % within "
        f"{np.percentile(np.abs(gap), 95):.2f} m; {len(large)} differ by more than {_LARGE_GAP_M:g} m"
        + (f" ({named})" if large else "")
    )


def outside(network: Network, extent: BaseGeometry) -> int:
    """Count nodes beyond the extent."""
    return int((~network.nodes.geometry.is_empty & ~network.nodes.geometry.within(extent)).sum())


def tie_gullies(
    gullies: gpd.GeoDataFrame, sewer: Network | None, links: GullyLinks, entry: LayerReport
) -> gpd.GeoDataFrame:
    """Give every gully a node of the sewer model.

    The node that the source names is taken where the model has it; otherwise the nearest one
    within ``links.nearest_m``, as an assumption. A gully without either is dropped.
    """
    known = set() if sewer is None else set(sewer.nodes["id"])
    gullies = gullies.assign(node=gullies["node"].astype(str))
    tied = gullies["node"].isin(known)
    loose = gullies[~tied]
    if sewer is None or loose.empty:
        return _drop_loose(gullies, tied, entry)
    nodes = sewer.nodes[~sewer.nodes.geometry.is_empty & (sewer.nodes["kind"] != "outfall")]
    tree = shapely.STRtree(nodes.geometry.to_numpy())
    (found, nearest), distance = tree.query_nearest(
        loose.geometry.to_numpy(),
        max_distance=links.nearest_m or None,
        return_distance=True,
        all_matches=False,
    )
    moved = pd.Series(nodes["id"].to_numpy()[nearest], index=loose.index[found])
    if links.nearest_m:
        gullies.loc[moved.index, "node"] = moved
        tied = gullies["node"].isin(known)
        ids = gullies.loc[moved.index, "id"]
        pairs = ", ".join(f"{gully} to {node}" for gully, node in zip(ids, moved, strict=True))
        if len(moved):
            entry.assumed.append(
                f"{len(moved)} whose node is not in the sewer model drain to the nearest that is, "
                f"at most {distance.max():.0f} m away ({pairs})"
            )
    return _drop_loose(gullies, tied, entry)


def _drop_loose(gullies: gpd.GeoDataFrame, tied: pd.Series, entry: LayerReport) -> gpd.GeoDataFrame:
    if not tied.all():
        ids = ", ".join(gullies.loc[~tied, "id"].head(_LISTED))
        entry.dropped.append(f"{int((~tied).sum())} without a node of the sewer model ({ids})")
    return gullies[tied].reset_index(drop=True)
