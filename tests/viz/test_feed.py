"""What the server tells a browser about a run."""

import asyncio
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cim_models.city import City
from cim_models.errors import InputError, RunFolderError
from scenarios.runfolder import RunFolder, RunWriter
from tests.viz.tiny_run import FRAMES, write_tiny_run
from viz.layers.colours import depth_code
from viz.server.application import make_app, serve
from viz.server.feed import RunFeed
from viz.server.security import SecurityHeaders, policy


@pytest.fixture(scope="module")
def run(tiny_city: City, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return RunFolder(write_tiny_run(tiny_city, tmp_path_factory.mktemp("feed")))


@pytest.fixture(scope="module")
def feed(run: RunFolder) -> RunFeed:
    return RunFeed(run.path)


def test_the_first_answer_holds_the_whole_finished_run(feed: RunFeed, run: RunFolder) -> None:
    update = feed.updates(0, 0, -math.inf)
    assert update["status"]["status"] == "finished"
    assert update["status"]["scenario"]["title"]["en"] == "Tiny storm"
    assert len(update["times_s"]) == FRAMES
    assert len(update["events"]) == len(run.events())
    assert update["readings"]["city"]["rain_intensity"]["value_kind"] == "simulated"
    assert not update["more"]


def test_later_answers_hold_only_what_is_new(feed: RunFeed, run: RunFolder) -> None:
    last = run.events()[-1].id
    update = feed.updates(FRAMES - 1, last - 1, 3600.0)
    assert update["times_s"] == [3600.0]
    assert [event[0] for event in update["events"]] == [last]
    assert update["readings"]["city"]["surface_volume"]["t_s"] == [3600.0]


def test_a_frame_carries_depth_codes_and_road_depths(feed: RunFeed, run: RunFolder) -> None:
    feed.updates(0, 0, -math.inf)
    frames = run.frames()
    cells = math.prod(frames.shape)
    content = zlib.decompress(feed.frame(30))
    codes = np.frombuffer(content[:cells], dtype=np.uint8).reshape(frames.shape)
    assert np.array_equal(codes, depth_code(frames.depth(30)))
    assert np.array_equal(np.frombuffer(content[cells:], dtype="<u2"), frames.road_depth(30))


def test_a_frame_that_does_not_exist_is_refused(feed: RunFeed) -> None:
    feed.updates(0, 0, -math.inf)
    with pytest.raises(IndexError):
        feed.frame(FRAMES)


def test_places_arrive_in_longitude_and_latitude(feed: RunFeed, tiny_city: City) -> None:
    events = feed.updates(0, 0, -math.inf)["events"]
    registered = next(event for event in events if event[2] == "case.registered")
    lon, lat = registered[6]["lon_lat"]
    x, y = (
        next(event for event in RunFolder(feed._run.path).events() if event.kind == "case.registered").data[
            axis
        ]
        for axis in "xy"
    )
    assert np.allclose([lon, lat], feed.city.scene.project.lon_lat(x, y), atol=1e-6)
    assert "x" not in registered[6]
    assert 100 < lon < 110
    assert 25 < lat < 35


def test_a_growing_run_is_followed(tiny_city: City, tmp_path: Path) -> None:
    from cim_models.bundle import write_city

    write_city(tiny_city, tmp_path / "city")
    meta = {"scenario": {"name": "x"}, "city": {"reference": str(tmp_path / "city")}, "duration_s": 600.0}
    roads = len(tiny_city.layers["roads"])
    dry, no_road = np.zeros(tiny_city.terrain.shape), np.zeros(roads)
    with RunWriter(tmp_path / "run", meta, tiny_city.terrain.shape, roads) as writer:
        feed = RunFeed(tmp_path / "run")
        assert feed.updates(0, 0, -math.inf)["times_s"] == []
        writer.frame(0.0, dry, no_road)
        writer.events.append(0.0, "run.started", "run", data={"scenario": "x", "seed": 1})
        writer.flush()
        update = feed.updates(0, 0, -math.inf)
        assert (update["status"]["status"], update["times_s"]) == ("running", [0.0])
        writer.frame(60.0, dry + 0.5, no_road)
        assert feed.updates(1, 1, 0.0)["times_s"] == [60.0]
        writer.finish(60.0, {})
    assert feed.updates(2, 1, 0.0)["status"]["status"] == "finished"


def test_an_object_tells_its_attributes(feed: RunFeed) -> None:
    from viz.server.citypack import feature

    found = feature(feed.city.scene, "buildings", "B2")
    assert found is not None
    assert found["values"]["height_m"] == 33.0
    assert feature(feed.city.scene, "buildings", "nothing") is None


def test_the_manifest_names_every_file_it_needs(feed: RunFeed) -> None:
    manifest, files = feed.city.manifest, feed.city.files
    wanted = set()
    for entry in manifest["layers"]:
        wanted |= {attribute["file"] for attribute in entry.get("attributes", {}).values()}
        wanted |= {name for name in (entry.get("starts"), entry.get("image")) if name}
    assert wanted == set(files)
    assert manifest["kinds"]["case.registered"]["zh"] == "立案"
    assert [rule["level"] for rule in manifest["response_levels"]] == [4, 3, 2, 1]


def test_the_policy_allows_this_host_only() -> None:
    said = policy(["127.0.0.1:5006"])
    assert "default-src 'self'" in said
    assert "unsafe-eval" not in said
    assert "http://" not in said
    assert "https" not in said


def test_every_answer_carries_the_policy() -> None:
    sent: list[Any] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    app = SecurityHeaders(inside, ["localhost:1"])
    asyncio.run(app({"type": "http"}, receive, send))
    assert b"content-security-policy" in dict(sent[0]["headers"])


def test_wrong_input_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"run\.json"):
        make_app(tmp_path, origins=["localhost:1"])
    with pytest.raises(InputError, match="Language"):
        serve(tmp_path, language="fr")
