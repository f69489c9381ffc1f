"""The command screen in a real browser, on a small real run."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from cim_models.bundle import write_city
from cim_models.city import City
from scenarios.runfolder import RunFolder, RunWriter
from tests.browser.conftest import WatchedPage, serving

pytestmark = pytest.mark.browser


def pixels(page: Page, choose: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> int:
    """Count the pixels of the map between the cards that a rule on red, green and blue chooses."""
    shot = page.screenshot(clip={"x": 260, "y": 110, "width": 440, "height": 330})
    picture = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)
    return int(choose(picture[..., 0], picture[..., 1], picture[..., 2]).sum())


def peak_s(run: RunFolder) -> float:
    """When the surface held most water, s."""
    return time_of_largest(run, "surface_volume")


def time_of_largest(run: RunFolder, quantity: str) -> float:
    """When a quantity of the city was largest first, s."""
    table = run.readings("city", quantity)
    return float(table["t_s"].to_numpy()[table["value"].to_numpy().argmax()])


def test_the_canvas_draws_buildings_and_water(
    server: str, watched: WatchedPage, storm_run: RunFolder
) -> None:
    watched.open(f"{server}/?t={peak_s(storm_run)}&play=0")
    watched.until("citytwin.view.drawn.water !== null")
    only = (
        "for (const id of ['labels','cases','sensors','crews','roads']) citytwin.store.showLayer(id, false)"
    )
    watched.page.evaluate(f"() => {{ {only} }}")
    watched.page.wait_for_timeout(500)
    blue = lambda red, green, blue: (blue > 100) & (blue > red + 50)  # noqa: E731
    cyan = lambda red, green, blue: (green > 150) & (blue > 150) & (red < 130)  # noqa: E731
    assert pixels(watched.page, blue) > 5000
    watched.page.evaluate("citytwin.store.showLayer('buildings', false)")
    watched.page.wait_for_timeout(500)
    wet = pixels(watched.page, cyan)
    watched.page.evaluate("citytwin.store.showLayer('water', false)")
    watched.page.wait_for_timeout(500)
    assert wet > pixels(watched.page, cyan) + 100
    assert watched.page.evaluate("citytwin.view.error ?? null") is None


def test_a_click_on_an_alarm_opens_its_case(server: str, watched: WatchedPage, storm_run: RunFolder) -> None:
    watched.open(f"{server}/?t=4000&play=0")
    alarm = watched.page.locator(".ticker button:not([data-case=''])").first
    case = alarm.get_attribute("data-case")
    alarm.dispatch_event("click")
    drawer = watched.page.locator(".part.drawer")
    expect(drawer.locator("header")).to_contain_text(str(case))
    registered = [event for event in storm_run.events(kinds=["case.registered"]) if event.subject == case]
    expect(drawer.locator("ol")).to_contain_text("立案")
    expect(drawer.locator("ol")).to_contain_text("上报")
    assert len(registered) == 1
    watched.page.keyboard.press("Escape")
    expect(drawer).not_to_have_class("open")


def test_playing_and_scrubbing_move_everything(
    server: str, watched: WatchedPage, storm_run: RunFolder
) -> None:
    watched.open(f"{server}/?t=0&play=0")
    clock = watched.page.locator("[data-part=clock]")
    expect(clock).to_have_text("17:00:00")
    watched.page.locator(".timebar select").select_option("600")
    watched.page.locator("[data-act=play]").click()
    watched.until("citytwin.store.timeS > 300")
    expect(clock).not_to_have_text("17:00:00")
    watched.page.locator("[data-act=play]").click()
    slider = watched.page.locator(".timebar input")
    slider.fill("3900")
    expect(clock).to_have_text("18:05:00")
    until = [event for event in storm_run.events() if event.t_s <= 3900]
    registered = {event.subject for event in until if event.kind == "case.registered"}
    over = {
        event.subject for event in until if event.kind in {"case.closed", "case.voided", "case.transferred"}
    }
    assert registered
    expect(watched.page.locator("[data-kpi=open_cases] b")).to_contain_text(str(len(registered - over)))
    slider.fill("0")
    expect(watched.page.locator("[data-kpi=open_cases] b")).to_contain_text("0")
    watched.page.locator("[data-act=peak]").click()
    peak = time_of_largest(storm_run, "flooded_road_015")
    assert watched.page.evaluate("citytwin.store.timeS") == pytest.approx(peak)


def test_the_labels_of_the_time_bar_stand_clear_of_what_is_beside_and_above_them(
    server: str, watched: WatchedPage
) -> None:
    watched.open(f"{server}/?t=0&play=0")
    labels = [box for each in watched.page.locator(".ticks span").all() if (box := each.bounding_box())]
    track = watched.page.locator(".track").bounding_box()
    assert len(labels) > 2
    assert track
    assert min(box["x"] for box in labels) >= track["x"] - 1
    assert max(box["x"] + box["width"] for box in labels) <= track["x"] + track["width"] + 1
    slider = watched.page.locator(".track input").bounding_box()
    assert slider
    assert slider["y"] + slider["height"] <= min(box["y"] for box in labels) + 2


def test_the_ticker_runs_only_with_more_than_fits(server: str, watched: WatchedPage) -> None:
    watched.page.set_viewport_size({"width": 5760, "height": 1080})
    watched.open(f"{server}/?t=1200&play=0")
    shown, copies = (watched.page.locator(f".ticker .run button{which}") for which in ("", "[aria-hidden]"))
    run = watched.page.locator(".ticker .run")
    watched.until("document.fonts.status === 'loaded'")
    for width in (5760, 600):
        watched.page.set_viewport_size({"width": width, "height": 1080})
        watched.page.wait_for_timeout(300)
        box, room = run.bounding_box(), watched.page.locator(".ticker .window").bounding_box()
        assert box
        assert room
        is_still = "still" in (run.get_attribute("class") or "").split()
        assert copies.count() == (0 if is_still else shown.count() / 2)
        length = box["width"] if is_still else box["width"] / 2
        assert is_still == (length <= room["width"] + 1)


def test_the_language_switch_changes_every_part(server: str, watched: WatchedPage) -> None:
    watched.open(f"{server}/?t=3600&play=0&lang=en")
    expect(watched.page.locator(".part.header h1")).to_have_text("City Twin Command Centre")
    expect(watched.page.locator(".card h2").nth(0)).to_contain_text("SIMULATED")
    watched.page.locator("[data-language=zh]").click()
    expect(watched.page.locator(".part.header h1")).to_have_text("城市运行数字孪生指挥中心")
    expect(watched.page.locator(".kpi span").nth(1)).to_have_text("积水路段")
    for stamp in watched.page.locator(".card .stamp").all():
        expect(stamp).to_have_text("模拟")


def test_a_click_on_a_building_tells_about_it(server: str, watched: WatchedPage) -> None:
    watched.open(f"{server}/?t=60&play=0")
    spot = watched.page.evaluate(
        """() => { const deck = citytwin.view.deck
        for (let y = 180; y < 420; y += 17) for (let x = 320; x < 640; x += 23) {
          const found = deck.pickObject({x, y, radius: 0})
          if (found && found.layer.id === "buildings") return [x, y] } }"""
    )
    assert spot is not None
    watched.page.mouse.click(*spot)
    expect(watched.page.locator(".part.drawer header")).to_contain_text("建筑")
    expect(watched.page.locator(".part.drawer dl")).to_contain_text("m")


_NAMES = """() => {
  const {view} = citytwin, seen = view.deck.getViewports()[0]
  return view.built.get("labels").props.data.map((row) => {
    const [x, y] = seen.project(row.position)
    return [x + row.offset[0], y + row.offset[1]]
  })
}"""
_PARTS = """() => {
  const parts = [...document.querySelectorAll(".column section, .stage>header, .stage>footer")]
  const boxes = parts.map((part) => part.getBoundingClientRect())
  return boxes.map(({left, top, right, bottom}) => [left, top, right, bottom])
}"""


def test_no_name_stands_below_a_part_of_the_screen(server: str, watched: WatchedPage) -> None:
    watched.page.set_viewport_size({"width": 1600, "height": 900})
    watched.open(f"{server}/?t=600&play=0")
    watched.until("citytwin.view.built.get('labels')?.props.data.length > 0")
    watched.page.evaluate("citytwin.store.open('road', citytwin.store.manifest.details.roads.id[0])")
    watched.page.wait_for_timeout(3000)  # until the view has arrived
    parts = watched.page.evaluate(_PARTS)
    assert len(parts) == 8
    names = watched.page.evaluate(_NAMES)
    for x, y in names:
        assert not any(left < x < right and top < y < bottom for left, top, right, bottom in parts)


def test_the_drawer_of_a_sensor_draws_what_was_read_until_now(server: str, watched: WatchedPage) -> None:
    watched.open(f"{server}/?t=3600&play=0&lang=en")
    watched.page.evaluate("citytwin.store.open('sensor', citytwin.store.manifest.details.sensors.id[0])")
    drawer = watched.page.locator(".part.drawer")
    expect(drawer.locator(".times span").last).to_have_text("18:00")
    expect(drawer.locator("dl")).to_contain_text("≥ 0.15 m")
    watched.page.evaluate("citytwin.store.seek(1800)")
    expect(drawer.locator(".times span").last).to_have_text("17:30")
    before = _place_close_by(watched)
    watched.page.evaluate("citytwin.view.frameCity()")
    watched.until(f"Math.abs(citytwin.view.view.longitude - {before[0]}) > 1e-5")
    drawer.locator("[data-act=fly]").click()
    assert _place_close_by(watched) == pytest.approx(before, abs=1e-4)


def _place_close_by(watched: WatchedPage) -> list[float]:
    """Return longitude and latitude of the view once it has come close and stands still."""
    watched.until("citytwin.view.view.zoom > 16")
    place, earlier = "[citytwin.view.view.longitude, citytwin.view.view.latitude]", None
    while (now := watched.page.evaluate(place)) != earlier:
        earlier = now
        watched.page.wait_for_timeout(500)
    return list(now)


def test_a_page_cannot_reach_another_host(server: str, browser) -> None:
    page = browser.new_page()
    page.goto(f"{server}/assets/page.css")
    blocked = "fetch('http://example.org/').then(() => 'reached', (error) => error.name)"
    assert page.evaluate(blocked) == "TypeError"
    answer = page.goto(f"{server}/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page.close()


def test_a_run_is_shown_while_it_grows(tiny_city: City, tmp_path: Path, watched: WatchedPage) -> None:
    write_city(tiny_city, tmp_path / "city")
    meta = {
        "scenario": {"name": "growing"},
        "city": {"reference": str(tmp_path / "city")},
        "start": "2026-06-18T17:00:00+08:00",
        "duration_s": 600.0,
    }
    shape, roads = tiny_city.terrain.shape, len(tiny_city.layers["roads"])
    with RunWriter(tmp_path / "run", meta, shape, roads) as writer:
        writer.events.append(0.0, "run.started", "run", data={"scenario": "growing", "seed": 1})
        writer.frame(0.0, np.zeros(shape), np.zeros(roads))
        writer.flush()
        with serving(tmp_path / "run") as address:
            watched.open(f"{address}/?play=0")
            expect(watched.page.locator(".part.header")).to_contain_text("推演进行中")
            writer.frame(60.0, np.full(shape, 0.4), np.full(roads, 0.4))
            writer.finish(60.0, {})
            watched.until("citytwin.store.availableS() === 60")
            expect(watched.page.locator(".part.header")).to_contain_text("推演回放")
            watched.page.close()
