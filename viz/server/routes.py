"""Routes of the city's files and the run's feeds."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response

from viz.server.citypack import feature
from viz.server.feed import RunFeed

_KEEP = {"cache-control": "public, max-age=31536000, immutable"}
_FRESH = {"cache-control": "no-store"}


def make_router(feed: RunFeed) -> APIRouter:
    """Return the routes of one run.

    ``/city`` and ``/run/frames`` answer with files that never change under their address (the browser
    adds the run's key), ``/run/updates`` with what is new.
    """
    router = APIRouter()

    @router.get("/city/manifest")
    def manifest(response: Response) -> dict[str, Any]:
        response.headers.update(_FRESH)
        return feed.city.manifest

    @router.get("/city/files/{name}")
    def city_file(name: str) -> Response:
        content = feed.city.files.get(name)
        if content is None:
            raise HTTPException(404, f"no file {name}")
        kind = "image/png" if name.endswith(".png") else "application/octet-stream"
        return Response(content, media_type=kind, headers=_KEEP)

    @router.get("/city/features/{layer}/{row}")
    def city_feature(layer: str, row: int) -> dict[str, Any]:
        ids = feed.city.ids.get(layer, [])
        found = feature(feed.city.scene, layer, ids[row]) if 0 <= row < len(ids) else None
        if found is None:
            raise HTTPException(404, f"no row {row} in layer {layer}")
        return found

    @router.get("/run/updates")
    def updates(
        response: Response,
        frames: Annotated[int, Query(ge=0)] = 0,
        event: Annotated[int, Query(ge=0)] = 0,
        readings_s: float = -math.inf,
    ) -> dict[str, Any]:
        response.headers.update(_FRESH)
        return feed.updates(frames, event, readings_s)

    @router.get("/run/frames/{index}")
    def frame(index: int) -> Response:
        try:
            content = feed.frame(index)
        except IndexError as exc:
            raise HTTPException(404, f"no frame {index}") from exc
        return Response(content, media_type="application/octet-stream", headers=_KEEP)

    return router
