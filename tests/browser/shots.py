"""Take pictures of the screen for a designer's eye.

``python -m tests.browser.shots RUN FOLDER [SIMULATED_TIME_S]`` writes the desk and the wall in both
languages, with and without an open case.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, WatchedPage, serving
from tests.conftest import find_chromium

SIZES = ((1920, 1080), (5760, 1080))
OPEN_URGENT = """() => {
  const open = [...citytwin.store.state.cases.values()].sort((a, b) => a.level - b.level)
  if (open.length) citytwin.store.open("case", open[0].id) }"""


def main(run: Path, folder: Path, time_s: float) -> None:
    """Write the pictures; each waits until the map has drawn what it shows."""
    folder.mkdir(parents=True, exist_ok=True)
    with serving(run) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for width, height in SIZES:
            for language in ("zh", "en"):
                page = browser.new_page(viewport={"width": width, "height": height})
                watched = WatchedPage(page)
                watched.open(f"{address}/?t={time_s:.0f}&play=0&lang={language}")
                page.wait_for_timeout(4000)
                name = f"{width}x{height}-{language}"
                page.screenshot(path=folder / f"{name}.png", timeout=120_000)
                page.evaluate(OPEN_URGENT)
                page.wait_for_timeout(4000)
                page.screenshot(path=folder / f"{name}-case.png", timeout=120_000)
                page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
