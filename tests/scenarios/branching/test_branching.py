"""Branches by checkpoint and by fork: the same future where nothing changes, another where something does."""

import json
import os
from pathlib import Path

import pytest

from cim_models.errors import InputError, RunFolderError, ScenarioError
from scenarios.branching import branch_stored, what_if
from scenarios.branching.stored import parse_moment
from scenarios.checkpoints import checkpoints
from scenarios.composition import prepare
from scenarios.runfolder import RunFolder
from scenarios.schema import load_scenario
from scenarios.simulation import Simulation
from tests.scenarios.branching.alike import assert_same_run
from tests.scenarios.small_runs import run_small, write_bundle, write_scenario
from tests.tiny_city import make_tiny_city

MEASURES = [
    {"pump_truck": {"at": "SP1", "to": "outside", "capacity_m3_h": 90, "from": "+8min", "until": "+30min"}},
    {"close_road": {"road": "R3", "from": "+25min", "until": "+35min"}},
]
SHORT = {
    "duration": "40min",
    "weather": {"rain": {"constant": {"intensity_mm_h": 90, "duration": "25min"}}},
    "ground": {"model": "green_ampt"},
    "measures": MEASURES,
    "output": {"depth_every": "4min", "sensors_every": "4min", "checkpoints_every": "10min"},
}

CHECKPOINT_OF_ANOTHER_VERSION = (
    r"checkpoint\.json', keys 'schema' and 'agents_schema': got 0 and \d+, of another version of citytwin; "
    r"expected \d+ and \d+\. Run the scenario again with this version, then branch the new run"
)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("branching")
    return write_scenario(folder / "short.yaml", write_bundle(folder / "city", make_tiny_city()), SHORT)


@pytest.fixture(scope="module")
def parent(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run_small(scenario, tmp_path_factory.mktemp("runs") / "parent")


def test_a_run_keeps_checkpoints_and_an_unchanged_branch_of_one_ends_like_it(
    parent: RunFolder, tmp_path: Path
) -> None:
    assert parent.meta["checkpoints"] == [600.0, 1200.0, 1800.0]
    assert [kept.t_s for kept in checkpoints(parent.path)] == [600.0, 1200.0, 1800.0]
    branch = branch_stored(parent, 1320.0, (), tmp_path / "branch")
    assert_same_run(parent, branch)
    told = branch.meta["parent"]
    assert told["path"] == str(parent.path.resolve())
    assert (told["t_s"], told["how"], told["changed"]) == (1320.0, "checkpoint", {})
    assert told["events"] == sum(event.t_s <= 1320.0 for event in parent.events())


def test_a_branch_from_before_the_first_checkpoint_lives_everything_again(
    parent: RunFolder, tmp_path: Path
) -> None:
    assert_same_run(parent, branch_stored(parent, 300.0, (), tmp_path / "branch"))


def test_an_untouched_fork_ends_like_its_parent(scenario: Path, parent: RunFolder, tmp_path: Path) -> None:
    with Simulation(prepare(load_scenario(str(scenario))), tmp_path / "run") as simulation:
        simulation.advance_to(910.0)
        branch = simulation.branch(tmp_path / "fork")
        assert RunFolder(branch.path).status == "running"
        simulation.run()
        assert branch.wait() == 0
    assert branch.fork_s < 1.0
    assert_same_run(parent, RunFolder(tmp_path / "run"))
    assert_same_run(parent, RunFolder(tmp_path / "fork"))
    assert RunFolder(tmp_path / "fork").meta["parent"]["how"] == "fork"


def test_what_is_changed_in_a_branch_acts_from_then_on_and_names_the_branch_as_its_cause(
    parent: RunFolder, tmp_path: Path
) -> None:
    changes = [
        "measures+={pump_truck: {at: SP1, to: outside, capacity_m3_h: 300, from: +17min}}",
        "weather.rain={constant: {intensity_mm_h: 40, duration: 40min}}",
        "dispatch.policy=nearest",
        "dispatch.manual_delay=20min",
        "duration=44min",
    ]
    branch = branch_stored(parent, 1000.0, changes, tmp_path / "branch")
    before = [event for event in parent.events() if event.t_s <= 1000.0]
    events = branch.events()
    assert events[: len(before)] == before
    turned = events[len(before)]
    assert (turned.kind, turned.t_s) == ("run.branched", 1000.0)
    assert set(turned.data["changed"]) >= {"duration", "dispatch.policy", "dispatch.manual_delay", "measures"}
    orders = {event.subject: event for event in events if event.kind == "order.issued"}
    assert orders["M3"].cause == turned.id
    assert (orders["M3"].t_s, orders["M1-end"].t_s, orders["M2"].t_s) == (1020.0, 1800.0, 1500.0)
    assert events[-1].t_s == 2640.0
    assert branch.summary is not None
    assert branch.summary["water"]["relative_error"]["surface"] == 0.0
    rain = branch.readings("city", "rain_intensity")
    assert rain[rain["t_s"] == 960.0]["value"].item() == 90.0
    assert rain[rain["t_s"] == 1200.0]["value"].item() == 40.0
    stopped = next(event for event in events if event.kind == "rain.stopped")
    assert stopped.data["depth_mm"] == pytest.approx(90 * 1000 / 3600 + 40 * 1400 / 3600, abs=0.2)
    assert branch.meta["scenario"]["dispatch"]["policy"] == "nearest"


def test_crews_join_where_a_run_branches(parent: RunFolder, tmp_path: Path) -> None:
    changes = ["staffing.crews.drainage=16", "staffing.crews.gas=2"]
    branch = branch_stored(parent, 600.0, changes, tmp_path / "branch")
    joined = {event.subject: event.t_s for event in branch.events(kinds=["crew.started_shift"])}
    new = {crew: t_s for crew, t_s in joined.items() if crew.startswith("gas-") or crew == "drainage-5"}
    assert "drainage-5" in new
    assert all(600.0 <= t_s < 601.0 for t_s in new.values())
    again = branch_stored(branch, 1500.0, (), tmp_path / "again")
    assert_same_run(branch, again)


def test_a_branch_of_a_branch_names_its_own_parent_and_replays_both_turns(
    parent: RunFolder, tmp_path: Path
) -> None:
    first = branch_stored(parent, 300.0, ["measures=[]", "output.checkpoints_every=null"], tmp_path / "first")
    assert not [event for event in first.events() if event.kind == "order.issued" and "M" in event.subject]
    second = branch_stored(first, 900.0, (), tmp_path / "second")
    assert_same_run(first, second)
    assert second.meta["parent"]["path"] == str(first.path.resolve())
    with pytest.raises(InputError, match="300 s or later"):
        branch_stored(first, 200.0, (), tmp_path / "third")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("seed=4", r"key 'seed'.*cannot change after the start"),
        ("numerics.manning_n=0.05", r"numerics\.manning_n.*expected one of name"),
        ("duration=10min", r"600 s; expected more than the 1200 s"),
        (
            "measures+={clear_gullies: {at: +5min}}",
            r"measures\.2\.clear_gullies'.*got 300 s after the start; expected a time from",
        ),
        ("dispatch.policy=clever", r"dispatch\.policy"),
        ("seed+=3", r"a list to add to"),
        ("staffing.crews={drainage: 4, pump: 2}", r"staffing\.crews\.traffic'.*got 0; expected 2 or more"),
    ],
)
def test_what_cannot_change_is_refused_by_name(
    parent: RunFolder, tmp_path: Path, change: str, message: str
) -> None:
    with pytest.raises((ScenarioError, InputError), match=message):
        branch_stored(parent, 1200.0, [change], tmp_path / "branch")
    assert not (tmp_path / "branch").exists()


def test_what_ifs_run_side_by_side_from_one_moment(scenario: Path, tmp_path: Path) -> None:
    futures = {
        "as-is": [],
        "pump": ["measures+={pump_truck: {at: SP1, to: outside, capacity_m3_h: 300, from: +15min}}"],
        "dry": ["weather.rain=null"],
    }
    with Simulation(prepare(load_scenario(str(scenario))), tmp_path / "run") as simulation:
        simulation.advance_to(600.0)
        running = what_if(simulation, futures, tmp_path / "futures", places=1)
        simulation.run()
        assert running.wait() == dict.fromkeys(futures, 0)
    runs = {name: RunFolder(tmp_path / "futures" / name) for name in futures}
    assert_same_run(RunFolder(tmp_path / "run"), runs["as-is"])
    volumes = {name: run.summary["water"]["rain_m3"] for name, run in runs.items() if run.summary}
    assert volumes["dry"] < volumes["as-is"] == volumes["pump"]
    assert runs["pump"].summary["water"]["pumped_m3"] > runs["as-is"].summary["water"]["pumped_m3"]  # type: ignore[index]


def test_a_checkpoint_of_another_version_is_refused_in_one_line(parent: RunFolder, tmp_path: Path) -> None:
    kept = checkpoints(parent.path)[0].path / "checkpoint.json"
    meta = json.loads(kept.read_text("utf-8"))
    try:
        kept.write_text(json.dumps({**meta, "schema": 0}), "utf-8")
        with pytest.raises(RunFolderError, match=CHECKPOINT_OF_ANOTHER_VERSION):
            branch_stored(parent, 700.0, (), tmp_path / "branch")
    finally:
        kept.write_text(json.dumps(meta), "utf-8")


def test_moments_are_read_on_the_clock_of_the_run_and_must_have_been_reached(parent: RunFolder) -> None:
    assert parse_moment(parent, "17:20") == parse_moment(parent, "+20min") == 1200.0
    with pytest.raises(InputError, match="0 to 2400 s"):
        parse_moment(parent, "18:20")
    with pytest.raises(InputError, match="a clock time"):
        parse_moment(parent, "noon")


def test_a_branch_that_is_killed_says_so_and_leaves_its_parent_alone(scenario: Path, tmp_path: Path) -> None:
    with Simulation(prepare(load_scenario(str(scenario))), tmp_path / "run") as simulation:
        simulation.advance_to(300.0)
        running = what_if(simulation, {"one": [], "two": []}, tmp_path / "futures", places=1)
        os.kill(running.branches["one"].pid, 9)
        simulation.run()
        assert running.wait() == {"one": -9, "two": 0}
    assert RunFolder(tmp_path / "futures" / "one").status == "interrupted"
    assert RunFolder(tmp_path / "run").status == "finished"
