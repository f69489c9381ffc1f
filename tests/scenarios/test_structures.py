"""Barriers and culverts in a scenario: from the file to the event log, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cim_models.errors import ScenarioError
from cim_models.orders import CloseRoad, LayBarrier, OpenRoad, RemoveBarrier
from scenarios.composition import prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from tests.scenarios.small_runs import run_small
from tests.tiny_city import X0, Y0
from viz.layers.moment import moment_at

ROW = [[X0 + 50.0, Y0], [X0 + 50.0, Y0 + 80.0]]
PIPE = [[X0 + 46.0, Y0 + 40.0], [X0 + 56.0, Y0 + 40.0]]
SHORT = ("duration=20min", "staffing.crews={}", "reporting.citizens=false", "reporting.patrols=false")
WORKS: dict[str, Any] = {
    "structures": [
        {"barrier": {"id": "wall", "line": ROW, "height": 0.6}},
        {"culvert": {"id": "pipe", "line": PIPE, "diameter": 0.4}},
    ],
    "measures": [
        {"shut_culvert": {"culvert": "pipe", "from": "17:05", "until": "17:10"}},
        {"close_road": {"road": "R1", "barrier_m": 0.5, "from": "17:06", "until": "17:12"}},
        {"barrier": {"line": [ROW[0], PIPE[0]], "level": 301.0, "from": "17:15"}},
    ],
}


def changed(cloudburst: Path, **keys: Any) -> Path:
    """Write the cloudburst with more keys beside it."""
    values = {**yaml.safe_load(cloudburst.read_text("utf-8")), **keys}
    path = cloudburst.with_name("changed.yaml")
    path.write_text(yaml.safe_dump(values, allow_unicode=True), "utf-8")
    return path


@pytest.fixture(scope="module")
def works(cloudburst: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run_small(changed(cloudburst, **WORKS), tmp_path_factory.mktemp("works") / "run", *SHORT)


def test_the_log_ties_structures_to_their_orders(works: RunFolder) -> None:
    events = {event.id: event for event in works.events()}
    placed = [event for event in events.values() if event.kind == "structure.placed"]
    assert [event.subject for event in placed] == ["wall", "pipe", "M2-barrier-1", "M2-barrier-2", "M3"]
    causes = [events[event.cause].kind for event in placed if event.cause]
    assert causes == ["run.started"] * 2 + ["order.issued"] * 3
    order = events[placed[2].cause or 0]
    assert order.data["order"] == "LayBarrier"
    assert events[order.cause or 0].data["order"] == "CloseRoad"
    rest = [(event.kind, event.subject) for event in events.values() if event.kind.startswith("structure.")]
    assert ("structure.shut", "pipe") in rest
    assert ("structure.opened", "pipe") in rest
    assert ("structure.removed", "M2-barrier-2") in rest
    assert works.summary is not None
    assert works.summary["water"]["surface_error_units"] == 0


def test_the_map_shows_the_barriers_of_the_moment(works: RunFolder) -> None:
    assert set(moment_at(works, 60.0).barriers) == {"wall"}
    assert set(moment_at(works, 500.0).barriers) == {"wall", "M2-barrier-1", "M2-barrier-2"}
    assert set(moment_at(works, 1200.0).barriers) == {"wall", "M3"}


def test_a_closed_road_gets_a_barrier_across_each_end(cloudburst: Path) -> None:
    setup = prepare(load_scenario(str(changed(cloudburst, **WORKS))))
    orders = [plan.order for plan in setup.planned if plan.order.id.startswith("M2")]
    begin, end = [CloseRoad, LayBarrier, LayBarrier], [OpenRoad, RemoveBarrier, RemoveBarrier]
    assert [type(order) for order in orders] == [*begin, *end]
    blocks = [order.barrier for order in orders if isinstance(order, LayBarrier)]
    for block in blocks:
        (x, low), (other_x, high) = block.line
        assert x == pytest.approx(other_x)  # R1 runs from west to east
        assert abs(high - low) == pytest.approx(8.0 + 2 * (2.0 + 1.0))
    assert blocks[0].line[0][0] < X0 + 21.0 < blocks[1].line[0][0]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"measures": [{"barrier": {"line": [ROW[0]], "height": 1, "from": "17:05"}}]}, "barrier.line"),
        ({"measures": [{"barrier": {"line": ROW, "height": 0, "from": "17:05"}}]}, "height.*got 0"),
        ({"measures": [{"barrier": {"line": ROW, "from": "17:05"}}]}, "exactly one of height, level"),
        (
            {"measures": [{"barrier": {"line": [[0, 0], ROW[0]], "height": 1, "from": "17:05"}}]},
            r"measures.0.barrier'.*point \[0, 0\] off the terrain",
        ),
        ({"structures": [{"barrier": {"id": "w", "line": ROW, "level": 5.0}}]}, "level: got 5.0 m"),
        (
            {"structures": [{"culvert": {"id": "c", "line": [PIPE[0], [X0 + 50, Y0 + 58]], "diameter": 1}}]},
            "structures.0.culvert'.*a building",
        ),
        ({"structures": [{"culvert": {"id": "c", "line": PIPE}}]}, "either diameter, or width and height"),
        (
            {"structures": [{"culvert": {"id": "c", "line": PIPE, "diameter": 1, "entrance": "hole"}}]},
            "got 'hole'",
        ),
        ({"structures": [WORKS["structures"][0]] * 2}, "structures.1.barrier.id'.*'wall' twice"),
        (
            {"measures": [{"shut_culvert": {"culvert": "x", "from": "17:05"}}]},
            "shut_culvert.culvert'.*got 'x'",
        ),
        ({"measures": [{"close_road": {"road": "R1", "barrier_m": 0, "from": "17:05"}}]}, "barrier_m"),
        ({"numerics": {"buildings": "glass"}}, "numerics.buildings"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(cloudburst: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message) as caught:
        prepare(load_scenario(str(changed(cloudburst, **keys))))
    assert "\n" not in str(caught.value)
