"""A real headless Chromium, a small real run, and a server that shows it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import run_scenario
from viz.frontend.build import build

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--use-gl=angle",
    "--use-angle=gl-egl",
    "--ignore-gpu-blocklist",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]
SMALL_STORM = ("city=builtin:district?size_m=400&cell_size_m=4", "duration=70min")
HOSTS = {"127.0.0.1", "localhost"}
START_LIMIT_S = 120.0


class WatchedPage:
    """A page with everything it asked for from outside and everything its console complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.outside: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._requested(request.url))
        page.on("websocket", lambda websocket: self._requested(websocket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._said(message.type, message.text))

    def _requested(self, url: str) -> None:
        parts = urlparse(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in HOSTS:
            self.outside.append(url)

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "GPU stall due to ReadPixels" not in text:
            self.complaints.append(f"{kind}: {text}")

    def until(self, condition: str, limit_s: float = 45.0) -> None:
        """Wait for a JavaScript expression; the page forbids the evaluation that Playwright's own needs."""
        end = time.monotonic() + limit_s
        while not self.page.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} not within {limit_s} s; {self.complaints}"
            self.page.wait_for_timeout(100)

    def open(self, address: str) -> None:
        """Open the screen and wait until the map has drawn all its layers."""
        self.page.goto(address)
        self.until("window.citytwin?.view?.ready && citytwin.store.story.events.length")
        self.until("citytwin.view.built.has('water') && citytwin.view.frames > 2")


@pytest.fixture(scope="session")
def storm_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The reference story on a corner of the district, short."""
    folder = tmp_path_factory.mktemp("screen") / "run"
    return run_scenario(load_scenario("jiangbei_storm", SMALL_STORM, None), folder)


@contextmanager
def serving(run: Path) -> Iterator[str]:
    """Serve a run folder in another process and yield the address."""
    build()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = "import sys; from viz.server.application import serve; serve(sys.argv[1], port=int(sys.argv[2]))"
    command = [sys.executable, "-c", code, str(run), str(port)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONWARNINGS": "default"})
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        assert process.poll() is None, "the server has stopped"
        try:
            urllib.request.urlopen(f"{address}/run/updates", timeout=5).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"no server within {START_LIMIT_S:.0f} s")


@pytest.fixture(scope="module")
def server(storm_run: RunFolder) -> Iterator[str]:
    """Address of a server that shows the small storm."""
    with serving(storm_run.path) as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A headless Chromium with software rendering and no way out.

    It ends with the module, because Playwright keeps an event loop running in this thread meanwhile.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[WatchedPage]:
    """A fresh page; after the test nothing may have left the host and the console must be empty."""
    context = browser.new_context(viewport={"width": 960, "height": 600})
    watched = WatchedPage(context.new_page())
    yield watched
    context.close()
    assert watched.outside == []
    assert watched.complaints == []
