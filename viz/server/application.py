"""The web application: FastAPI with the Panel screen, the run's routes and the static files."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from panel.io.fastapi import add_applications
from starlette.staticfiles import StaticFiles

from cim_models.errors import InputError
from viz.frontend.build import STATIC, build
from viz.screen.page import SCREEN_PATH, page_maker
from viz.server.feed import RunFeed
from viz.server.routes import make_router
from viz.server.security import SecurityHeaders

DEFAULT_PORT = 5006
LANGUAGES = ("zh", "en")


def make_app(run: Path | str, *, origins: Sequence[str], language: str = "zh") -> FastAPI:
    """Build the application for one run folder.

    Parameters
    ----------
    run
        The run folder, finished or still growing.
    origins
        ``host:port`` under which browsers reach the server.
    language
        Language of the screen when the address does not say (``?lang=en``).

    Raises
    ------
    RunFolderError
        If ``run`` is no run folder.
    """
    feed = RunFeed(run)
    feed.warm_up()
    app = FastAPI(title="citytwin", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(make_router(feed))
    app.mount("/assets", StaticFiles(directory=STATIC))

    @app.get("/")
    def home(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(SCREEN_PATH + query)

    add_applications(
        {SCREEN_PATH: page_maker(language)}, app=app, title="citytwin", websocket_origin=list(origins)
    )
    app.add_middleware(SecurityHeaders, origins=origins)
    return app


def serve(
    run: Path | str,
    *,
    port: int = DEFAULT_PORT,
    host: str = "127.0.0.1",
    open_browser: bool = False,
    language: str = "zh",
) -> None:
    """Show a run folder on the command screen until interrupted.

    Parameters
    ----------
    run
        The run folder, finished or still growing.
    port, host
        Where to listen; only this machine reaches ``127.0.0.1``.
    open_browser
        Open the default browser on the page, where there is a display.
    language
        ``zh`` or ``en``; the page has a switch as well.

    Raises
    ------
    InputError
        If the port is taken or the language unknown.
    RunFolderError
        If ``run`` is no run folder.
    """
    check_language(language)
    listener = _listen(host, port)
    build()
    origins = [f"{name}:{port}" for name in sorted({host, "127.0.0.1", "localhost"})]
    app = make_app(run, origins=origins, language=language)
    if open_browser and _has_display():
        threading.Timer(1.0, webbrowser.open, [f"http://localhost:{port}/"]).start()
    config = uvicorn.Config(app, log_level="warning", ws_per_message_deflate=False)
    uvicorn.Server(config).run(sockets=[listener])


def check_serving(port: int, host: str, language: str) -> None:
    """Raise before long work starts if the screen could not be shown afterwards.

    Raises
    ------
    InputError
        If the port is taken or the language unknown.
    """
    check_language(language)
    _listen(host, port).close()


def check_language(language: str) -> None:
    """Raise InputError unless the screen speaks the language."""
    if language not in LANGUAGES:
        raise InputError("Language", got=language, expected="zh or en", remedy="Choose one of them")


def _has_display() -> bool:
    """Whether a graphical browser could open; a text browser would take the terminal."""
    on_desktop = sys.platform in ("darwin", "win32")
    return on_desktop or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise InputError(
            f"Server at {host}:{port}",
            got=str(exc),
            remedy="Stop what listens there or choose another --port",
        ) from exc
    return listener
