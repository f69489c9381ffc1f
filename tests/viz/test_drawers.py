"""What the drawers of instruments and patrollers say."""

from typing import Any

import pytest

from cim_models.city import City
from scenarios.runfolder import RunFolder
from tests.viz.node import run_node
from tests.viz.tiny_run import write_tiny_run
from viz.server.feed import RunFeed

_STORE = """
import {Series} from "./series.js"
import {Story} from "./story.js"
import {Ways} from "./ways.js"
import {openedPlace} from "./map/place.js"
import {detectorFacts, gaugeFacts, instrumentHtml} from "./parts/instruments.js"
import {foundHtml, patrolFacts, patrolName} from "./parts/patrols.js"
const series = new Series(), story = new Story(), ways = new Ways(), {manifest} = value
series.merge(value.readings); story.append(value.events); ways.merge(value.ways)
const storeAt = (timeS, language) => ({
  series, story, ways, manifest, timeS, language, state: story.at(timeS),
  status: {start: "2026-06-18T17:00:00+08:00"},
  detail(layer, id, column) {
    const row = manifest.details[layer]?.id.indexOf(id) ?? -1
    return row < 0 ? null : manifest.details[layer][column]?.[row] ?? null
  },
  roadName(id) { return this.detail("roads", id, language) || id },
})
const facts = (rows) => Object.fromEntries(rows.filter(([, text]) => text))
"""


@pytest.fixture(scope="module")
def given(tiny_city: City, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    run = RunFolder(write_tiny_run(tiny_city, tmp_path_factory.mktemp("drawers"), secured_s=2130.0))
    feed = RunFeed(run.path)
    return {**feed.updates(0, 0, 0.0), "manifest": feed.city.manifest}


def _row(number: int, t_s: float, event: str, subject: str, cause: int | None, **data: Any) -> list[Any]:
    return [number, t_s, event, subject, cause, "simulated", data]


@pytest.mark.parametrize(
    ("language", "state", "structure"), [("zh", "超限", "桥梁 BR-1"), ("en", "outside limits", "bridge BR-1")]
)
def test_a_gauge_says_what_it_is_where_and_how_it_stands(
    given: dict[str, Any], language: str, state: str, structure: str
) -> None:
    script = f"""{_STORE}
    result = [1500, 240].map((t) => facts(gaugeFacts(storeAt(t, "{language}"), "gauge:GA-1")))
    """
    late, early = run_node(script, given)
    assert structure in late["belongs_to"]
    assert state in late["state"]
    assert "17:05" in late["state"]  # since when
    assert state not in early["state"]
    assert "10⁻⁶" in late["reading"]
    assert late["deviation"] == "6.0 σ"
    assert late["interval"] == "01:00"
    assert "data-act" in late["place"]


def test_limits_of_a_catalogue_are_not_those_of_a_run_with_rules_of_its_own(given: dict[str, Any]) -> None:
    script = f"""{_STORE}
    result = [false, true].map((own) => {{
      const store = {{...storeAt(1500, "en"), status: {{own_rules: own}}}}
      return facts(gaugeFacts(store, "gauge:GA-1")).limits ?? ""
    }})
    """
    usual, own = run_node(script, given)
    assert "≥ 5 σ" in usual
    assert own == ""
    assert given["status"]["own_rules"] is False


def test_an_instrument_and_a_structure_have_a_place_on_the_map(given: dict[str, Any]) -> None:
    manifest = given["manifest"]
    sites = {"id": ["HS-1"], "kind": ["manhole"], "road": ["R1"], "lon_lat": [[8.0, 50.0]]}
    details = manifest["details"] | {"hazard_sites": sites}
    script = f"""{_STORE}
    const store = storeAt(900, "en")
    const at = (kind, id) => openedPlace({{...store, opened: {{kind, id, position: null}}}})
    const subjects = [["instrument", "gauge:GA-1"], ["structure", "BR-1"], ["instrument", "gas:HS-1"]]
    const places = [...subjects, ["failure", "none"]].map(([kind, id]) => at(kind, id))
    result = {{places, facts: facts(detectorFacts(store, "gas:HS-1"))}}
    """
    events = [*given["events"], _row(900, 700.0, "gas.alarm", "HS-1", None, level=2, lel=0.29)]
    found = run_node(script, {**given, "events": events, "manifest": {**manifest, "details": details}})
    gauge, structure, site, none = found["places"]
    assert gauge == structure
    assert gauge is not None
    assert site == [8.0, 50.0]
    assert none is None
    assert "Manhole" in found["facts"]["belongs_to"]
    assert "in alarm" in found["facts"]["state"]
    assert "≥ 20 %LEL" in found["facts"]["limits"]


def test_a_gauge_of_a_secured_structure_says_so_in_curve_and_caption(given: dict[str, Any]) -> None:
    script = f"""{_STORE}
    result = [2100, 2160].map((t) => instrumentHtml(storeAt(t, "en"), "gauge:GA-1"))
    """
    before, after = run_node(script, given)
    assert "secured" not in before
    assert "17:35 secured: from then on the expectation is set anew" in after
    assert after.count('class="mark"') == 1
    assert after.count('<polyline class="expected"') == 2


def test_a_patroller_has_a_beat_a_way_and_finds(given: dict[str, Any]) -> None:
    told = {"class_code": "04-06", "channel": "patrol", "reporter": "patrol-PG1-1", "depth_m": 0.2}
    place = {"place_zh": "", "place_en": "", "level": 3, "due_s": 9000.0, "unit": ""}
    events = [
        *given["events"],
        _row(901, 610.0, "report.made", "P7", None, **told),
        _row(902, 620.0, "case.registered", "C7", 901, **place),
        _row(903, 630.0, "report.made", "P8", None, **told),
        _row(904, 640.0, "report.merged", "P8", 903, case="C7"),
        _row(905, 5000.0, "report.made", "P9", None, **told),
    ]
    script = f"""{_STORE}
    const store = storeAt(900, "en"), id = "patrol-PG1-1"
    const rows = foundHtml(store, id, (t) => t)
    result = {{name: patrolName(store, id), facts: facts(patrolFacts(store, id)), rows}}
    """
    found = run_node(script, {**given, "events": events})
    assert found["name"] == "Patroller 1 of grid PG1"
    assert found["facts"]["found"] == "2 reports · 1 case"
    assert found["rows"].count('data-id="C7"') == 2
    assert "P9" not in found["rows"]
    assert found["facts"]["now_on"].startswith("River Street")


def test_streets_are_walked_round_after_round_on_one_outing_and_up_to_now() -> None:
    way = [[0, 0, 0, -1], [0, 1, 60, 3], [0, 2, 120, 7], [0, 3, 180, 4], [0, 4, 240, 4], [0, 5, 300, 3]]
    script = """
    import {Ways} from "./ways.js"
    const ways = new Ways()
    ways.merge({P: [...value, [0, 6, 9000, 5], [0, 7, 9060, 4]]})
    result = [0, 60, 130, 190, 250, 310, 9000, 9100].map((t) => {
      const {rows, round, last} = ways.walked("P", t, [3, 4])
      return [[...rows], round, last]
    })
    """
    assert run_node(script, way) == [
        [[], 1, None],
        [[3], 1, 3],
        [[3], 1, 7],
        [[3, 4], 1, 4],
        [[3, 4], 1, 4],
        [[3], 2, 3],
        [[], 1, None],
        [[4], 1, 4],
    ]
