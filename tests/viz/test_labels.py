"""Names on the screen's map: where they stand, and which stay out."""

from typing import Any

from tests.viz.node import run_node

_PLACED = """
import {placed} from "./map/labels.js"
const look = {size: 10, padding: [2, 1], offset: [0, 18]}
const rows = placed(value.rows, (row) => row.text, (place) => place, look, value.taken, value.frame)
result = rows.map((row) => [row.text, row.offset])
"""


def _placed(rows: list[tuple[str, float, float]], taken: Any = (), width: float = 1000.0) -> Any:
    given = [{"text": text, "position": [x, y]} for text, x, y in rows]
    return run_node(
        _PLACED, {"rows": given, "taken": list(taken), "frame": {"width": width, "height": 1000.0}}
    )


def test_a_name_stands_below_its_place() -> None:
    assert _placed([("Plaça", 100, 100), ("", 500, 500)]) == [["Plaça", [0, 18]]]


def test_a_name_gives_way_to_a_mark() -> None:
    mark = {"x": 100, "y": 118, "w": 20, "h": 20}
    assert _placed([("人民路", 100, 100)], [mark]) == [["人民路", [0, -18]]]


def test_a_name_at_the_edge_of_a_panel_moves_aside_or_stays_out() -> None:
    panel = {"x": 900, "y": 500, "w": 200, "h": 1000}
    ((_, offset),) = _placed([("Demonstration Hospital", 790, 500)], [panel])
    assert offset[0] < -70.0
    assert offset[1] == 0.0
    assert _placed([("Outfall", 900, 500)], [panel]) == []
    assert _placed([("Outfall", 2, 500)], width=50.0) == []


def test_of_two_names_that_meet_the_second_moves_and_a_crowd_thins_out() -> None:
    names = [("中山路", 100, 100), ("人民路", 104, 102)]
    (first, second) = _placed(names)
    assert first == ["中山路", [0, 18]]
    assert second[1] != [0, 18]
    crowd = [(f"路{n}", 100.0 + n, 100.0) for n in range(40)]
    kept = _placed(crowd)
    assert 4 <= len(kept) < 20
    assert kept[0][0] == "路0"
