"""The command line of citytwin.

Only the standard library and typer are imported here, and what imports no more; each command imports what it
needs, so that ``citytwin --help`` answers at once. Those of ``citytwin bench`` are in `benchmarks.commands`,
those of ``citytwin detect`` in `scenarios.detection`.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmarks.commands import bench_app
from cim_models.errors import InputError, RunError
from scenarios.detection import detect_app
from scenarios.terminal import JsonOption, columns, command_group, padded, print_json, print_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.comparison import ComparedFigure
    from scenarios.runfolder import RunFolder

DEFAULT_PORT = 5006
FIRST_FRAME_LIMIT_S = 120.0

app = command_group("A digital twin of a city and its command centre.")
city_app = command_group("Make, import and check city models.")
policy_app = command_group("Try dispatch policies.")
app.add_typer(city_app, name="city")
app.add_typer(policy_app, name="policy")
app.add_typer(bench_app, name="bench")
app.add_typer(detect_app, name="detect")
app.pretty_exceptions_enable = False

RunArgument = Annotated[Path, typer.Argument(help="A run folder.")]
CityArgument = Annotated[str, typer.Argument(help="A bundle folder, builtin:district or builtin:lifelines.")]
PortOption = Annotated[int, typer.Option(help="Port of the screen.")]
HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
LanguageOption = Annotated[str, typer.Option(help="zh or en.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Open it in the default browser.")]


@app.callback()
def _prepare() -> None:
    os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")


@app.command()
def run(
    scenario: Annotated[
        str | None, typer.Argument(help="A scenario file, or the name of a library scenario.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to write; an earlier run there is replaced.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Replace the scenario's seed.")] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="RUN@TIME", help="Branch off an earlier run instead, at a moment."),
    ] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Simulate a scenario, or another future of an earlier run, and write a run folder."""
    from scenarios.schema import load_scenario
    from scenarios.simulation import check_finished, free_folder, run_scenario

    if from_ is not None:
        written = _run_branch(from_, scenario, seed, set_ or [], out, not quiet)
    elif scenario is None:
        raise InputError("run", got="no scenario", expected="a scenario, or --from RUN@TIME")
    else:
        loaded = load_scenario(scenario, set_ or (), seed)
        folder = out or free_folder(Path("runs"), loaded.scenario.name)
        written = run_scenario(loaded, folder, show_progress=not quiet)
    folder, meta = written.path, written.meta
    if as_json:
        keys = ("status", "seed", "event_log_hash")
        print_json({"run": str(folder), **{key: meta.get(key) for key in keys}, "summary": written.summary})
    else:
        from scenarios.summary.text import summary_lines

        hash_line = f"Event log {meta.get('event_log_hash')}"
        print_lines([*summary_lines(written.summary or {}), hash_line, f"Run folder: {folder}"])
    check_finished(written)


def _run_branch(
    origin: str, scenario: str | None, seed: int | None, changes: list[str], out: Path | None, watched: bool
) -> "RunFolder":
    """Run another future of an earlier run, named RUN@TIME."""
    from scenarios.branching import branch_stored
    from scenarios.branching.stored import parse_moment
    from scenarios.runfolder import RunFolder
    from scenarios.simulation import free_folder

    if scenario is not None or seed is not None:
        given = "a scenario" if scenario is not None else "--seed"
        raise InputError("run --from", got=given, expected="--set and --out: the rest is the earlier run's")
    path, at, moment = origin.rpartition("@")
    if not at:
        raise InputError("run --from", got=f"'{origin}'", expected="RUN@TIME, such as runs/storm-1@17:40")
    parent = RunFolder(path)
    t_s = parse_moment(parent, moment)
    folder = out or free_folder(Path(path).resolve().parent, f"{Path(path).name}-branch")
    return branch_stored(parent, t_s, changes, folder, show_progress=watched)


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Two or more run folders; the first is the base.")],
    as_json: JsonOption = False,
    everything: Annotated[bool, typer.Option("--all", help="Show equal figures too.")] = False,
    report: Annotated[Path | None, typer.Option(help="HTML page to write, with maps of differences.")] = None,
    maps: Annotated[
        Path | None, typer.Option(help="Folder for GeoTIFFs of how the largest depth differs.")
    ] = None,
    language: LanguageOption = "en",
) -> None:
    """Compare the figures of several runs, and each with the first pair by pair."""
    from scenarios.comparison import compare_runs
    from scenarios.pair_words import lengths_note, pair_lines
    from scenarios.pairing import pair_runs, write_depth_change
    from scenarios.relation_words import relation_lines, relation_words
    from scenarios.relations import relate_runs
    from scenarios.runfolder import RunFolder
    from scenarios.story_words import LANGUAGES

    if language not in LANGUAGES:
        raise InputError("compare --language", got=language, expected=" or ".join(LANGUAGES))
    if len(runs) < 2:
        raise InputError("compare", got=f"{len(runs)} run", expected="two or more", remedy="Name another run")
    folders = [RunFolder(path) for path in runs]
    rows = [row for row in compare_runs(folders) if everything or (row.differs and row.is_result)]
    relations = [relate_runs(folders[0], other) for other in folders[1:]]
    pairs = [
        pair_runs(folders[0], other) if relation.same_city else None
        for other, relation in zip(folders[1:], relations, strict=True)
    ]
    written = []
    if maps is not None:
        written = [
            write_depth_change(folders[0], other, maps / f"{other.path.name}.tif") for other in folders[1:]
        ]
    if report is not None:
        from viz.report.comparison import write_comparison

        written.append(write_comparison(folders, report, language))
    if as_json:
        print_json(
            {
                "runs": [str(path) for path in runs],
                "figures": {row.name: row.values for row in rows},
                "relations": [relation.as_json() for relation in relations],
                "pairs": [pair.as_json() for pair in pairs if pair is not None],
                "worlds": [relation_words(relation, language).world for relation in relations],
                "files": [str(path) for path in written],
            }
        )
        return
    note = lengths_note(folders, language)
    print_lines([*([note] if note else []), *_figure_lines([path.name for path in runs], rows, language)])
    for relation, pair in zip(relations, pairs, strict=True):
        print_lines(
            [*relation_lines(relation, language), *([] if pair is None else pair_lines(pair, language))]
        )
    print_lines([str(path) for path in written])


def _figure_lines(names: list[str], rows: "Sequence[ComparedFigure]", language: str) -> list[str]:
    """Set figures of runs in columns, or say that none differs."""
    from viz.report.figure_words import figure_words

    if not rows:
        return ["所有指标相同。" if language == "zh" else "All figures are equal."]
    told = [figure_words(row.name) if language == "zh" else row.name for row in rows]
    width = max(columns(text) for text in told)
    lines = [" " * width + "".join(f"  {name:>16.16}" for name in names)]
    for text, row in zip(told, rows, strict=True):
        lines.append(padded(text, width) + "".join(f"  {value:>16}" for value in row.texts()))
    return lines


@app.command()
def sweep(
    name: Annotated[str, typer.Argument(help="An experiment, or a scenario to vary: a file or name.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write.")] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B", help="Values that a scenario's key takes in turn; may be repeated."),
    ] = None,
    replications: Annotated[
        int | None, typer.Option(help="Runs of each variant, each with its seed.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key everywhere.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes; one to a core if none.", min=1)] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep whole run folders.")] = False,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    language: LanguageOption = "en",
) -> None:
    """Run variants of a scenario under the same seeds and compare them, with confidence intervals."""
    from scenarios.experiments import load_experiment, run_experiment, vary_scenario
    from scenarios.experiments.definition import is_experiment
    from scenarios.experiments.running import read_results, stopped_line
    from scenarios.experiments.watching import RunCounter
    from scenarios.experiments.writing import table_lines
    from scenarios.simulation import free_folder
    from viz.report.experiment import write_experiment

    if is_experiment(name) and vary:
        raise InputError("sweep --vary", got=vary[0], expected="a scenario; an experiment has its variants")
    if vary:
        loaded = vary_scenario(name, vary, replications or 20, set_ or ())
    else:
        loaded = load_experiment(name, set_ or ())
    folder = out or free_folder(Path("runs"), loaded.experiment.name)
    try:
        with RunCounter(loaded.experiment.name, shown=not quiet) as watcher:
            run_experiment(loaded, folder, replications=replications, jobs=jobs, keep=keep, watcher=watcher)
    except KeyboardInterrupt:
        typer.echo(stopped_line(folder), err=True)
        raise typer.Exit(128 + signal.SIGINT) from None
    results = read_results(folder)
    page = write_experiment(folder, language)
    if as_json:
        print_json({"folder": str(folder), **results})
    else:
        print_lines([*table_lines(results), f"Folder: {folder}", f"Report: {page}"])
    if results["runs"]["failed"]:
        raise typer.Exit(1)


@app.command()
def checkpoint(run: RunArgument, as_json: JsonOption = False) -> None:
    """Keep the state of a run that is going on, as a place to branch off later."""
    from scenarios.branching.port import ask
    from scenarios.runfolder import RunFolder

    answer = ask(RunFolder(run), {"do": "checkpoint"})
    if as_json:
        print_json(answer)
    else:
        print_lines([f"Checkpoint at {answer['t_s']:.0f} s: {answer['checkpoint']}"])


@app.command()
def branch(
    run: RunArgument,
    out: Annotated[Path | None, typer.Option(help="Run folder of the branch.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key from now on.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Branch a run that is going on, at this moment: another future in a process of its own."""
    from scenarios.branching.port import ask
    from scenarios.runfolder import RunFolder
    from scenarios.schema.loading import with_place
    from scenarios.simulation import free_folder

    folder = out or free_folder(run.resolve().parent, f"{run.name}-branch")
    changes = [with_place(text) for text in set_ or ()]  # the run may have another working folder
    answer = ask(RunFolder(run), {"do": "branch", "out": str(folder.resolve()), "set": changes})
    if as_json:
        print_json(answer)
        return
    figures = f"fork {1000 * answer['fork_s']:.0f} ms, folder after {1000 * answer['ready_s']:.0f} ms"
    print_lines([f"Branch at {answer['t_s']:.0f} s: {answer['run']} (process {answer['pid']}; {figures})"])


@app.command()
def explain(
    run: RunArgument,
    event: Annotated[int, typer.Argument(help="Id of an event.")],
    most: Annotated[int, typer.Option(help="Consequences to print at most.", min=0)] = 400,
    language: LanguageOption = "en",
) -> None:
    """Print the chain of causes that led to an event, and what came of it."""
    from datetime import datetime

    from scenarios.runfolder import RunFolder
    from scenarios.story import story_lines, tell

    folder = RunFolder(run)
    start = datetime.fromisoformat(folder.meta["start"])
    print_lines(story_lines(tell(folder.events(), event), start, most, language))


@app.command()
def report(
    run: RunArgument,
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write; report.html in the run folder if none.")
    ] = None,
    language: LanguageOption = "en",
) -> None:
    """Write a self-contained HTML page about a run."""
    from scenarios.runfolder import RunFolder
    from viz.report import write_report

    folder = RunFolder(run)
    print_lines([str(write_report(folder.path, out, language))])


@app.command()
def export(
    run: RunArgument,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    what: Annotated[
        str, typer.Option(help="Rasters with commas between, such as max_depth,hazard,arrival.")
    ] = "all",
) -> None:
    """Write rasters of a run as GeoTIFF."""
    from scenarios.export import export_rasters
    from scenarios.runfolder import RunFolder

    names = [name.strip() for name in what.split(",")]
    print_lines([str(path) for path in export_rasters(RunFolder(run), names, out)])


@app.command()
def replay(
    run: RunArgument,
    port: PortOption = DEFAULT_PORT,
    host: HostOption = "localhost",
    language: LanguageOption = "zh",
    open_browser: OpenOption = False,
) -> None:
    """Show a run, finished or still going on, on the command screen."""
    from scenarios.runfolder import RunFolder

    _serve(RunFolder(run).path, port, host, language, open_browser)


@app.command()
def demo(
    port: PortOption = DEFAULT_PORT,
    host: HostOption = "localhost",
    scenario: Annotated[str, typer.Option(help="Scenario to show.")] = "jiangbei_storm",
    out: Annotated[Path, typer.Option(help="Run folder to write.")] = Path("build/demo"),
    language: LanguageOption = "zh",
    open_browser: OpenOption = False,
) -> None:
    """Run the reference story and show it while it happens."""
    from scenarios.runfolder.writer import check_free
    from viz.server.application import check_serving

    check_free(out)
    check_serving(port, host, language)
    # the server hands a signal on once it has stopped; the default would end us before the simulation
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    command = [sys.executable, "-m", "citytwin", "run", scenario, "--out", str(out), "--quiet", "--json"]
    simulation = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for_run(simulation, out)
        _serve(out, port, host, language, open_browser)
    finally:
        if simulation.poll() is None:
            simulation.terminate()
            simulation.wait()


@city_app.command("make")
def city_make(
    out: Annotated[Path, typer.Option(help="Bundle folder to write.")],
    seed: Annotated[int, typer.Option(help="Seed of the generated district.")] = 1,
    size_m: Annotated[float, typer.Option(help="Edge of the district, m.")] = 1500.0,
    cell_size_m: Annotated[float, typer.Option(help="Edge of a terrain cell, m.")] = 2.0,
) -> None:
    """Write the built-in district as a bundle."""
    from cim_models.bundle import write_city
    from cim_models.district import make_district

    write_city(make_district(seed=seed, size_m=size_m, cell_size_m=cell_size_m), out)
    print_lines([f"City bundle: {out}"])


@city_app.command("import")
def city_import(
    source: Annotated[Path, typer.Argument(help="Folder with the source files.")],
    recipe: Annotated[str, typer.Option(help="Name of a recipe that comes with citytwin, or a TOML file.")],
    out: Annotated[Path, typer.Option(help="Bundle folder to write.")],
    as_json: JsonOption = False,
) -> None:
    """Build a bundle from other people's files, and say what was taken, lacking and assumed."""
    from cim_models.importers import import_city

    report = import_city(source, recipe, out)
    if as_json:
        typer.echo(report.to_json().rstrip())
        return
    for layer in report.layers:
        typer.echo(f"{layer.layer:14} {layer.count:>8,}  {layer.source}")
        for word in ("dropped", "lacks", "assumed", "notes"):
            print_lines([f"{'':24} {word}: {text}" for text in getattr(layer, word)])
    print_lines([*(f"lacks: {text}" for text in report.lacks), f"City bundle: {out}"])


@city_app.command("check")
def city_check(city: CityArgument, as_json: JsonOption = False) -> None:
    """List every defect of a city; exit status 2 when it cannot be simulated."""
    from dataclasses import asdict

    from cim_models.checks import Severity, check_city
    from cim_models.opening import open_city
    from twin.acceptance import check_engines

    opened = open_city(city)
    found = check_city(opened)
    defects = sorted([*found, *check_engines(opened, found)], key=lambda defect: defect.severity)
    errors = sum(defect.severity is Severity.ERROR for defect in defects)
    if as_json:
        rows = [{**asdict(defect), "severity": str(defect.severity)} for defect in defects]
        print_json({"city": city, "errors": errors, "defects": rows})
    else:
        print_lines([*map(str, defects), f"{len(defects)} defects, {errors} of them errors"])
    if errors:
        raise typer.Exit(2)


@city_app.command("info")
def city_info(city: CityArgument, as_json: JsonOption = False) -> None:
    """Say what a city holds."""
    from dataclasses import asdict

    from cim_models.checks import describe_city
    from cim_models.opening import open_city

    info = describe_city(open_city(city))
    if as_json:
        print_json(asdict(info))
        return
    rows, cols = info.shape
    low_m, high_m = info.elevation_m
    print_lines(
        [
            f"{info.name}  {' / '.join(info.title.values())}",
            f"{info.crs}, vertical datum {info.vertical_datum}, {info.time_zone}",
            f"{rows} x {cols} cells of {info.cell_size_m:g} m, {low_m:.1f} to {high_m:.1f} m",
            *(_layer_line(layer) for layer in info.layers),
            f"digest {info.digest}",
        ]
    )


@policy_app.command("check")
def policy_check(
    name: Annotated[str, typer.Argument(help="A built-in name, module:Class or file.py:Class.")],
    as_json: JsonOption = False,
) -> None:
    """Try the contract of dispatch policies on one; exit status 1 if it breaks a rule."""
    from agents.policies import load_policy
    from agents.policies.contract import RULES, broken_rules

    load_policy(name)
    broken = broken_rules(lambda: load_policy(name))
    if as_json:
        print_json({"policy": name, "rules": list(RULES), "broken": broken})
    else:
        print_lines([f"{'broken' if rule in broken else 'kept':6}  {rule}" for rule in RULES])
        print_lines([f"{rule}: {what}" for rule, what in broken.items()])
    if broken:
        raise typer.Exit(1)


def _layer_line(layer: Any) -> str:
    size = f"{layer.length_m / 1000:,.1f} km" if layer.length_m is not None else ""
    size = f"{layer.area_m2 / 1e6:,.2f} km2" if layer.area_m2 is not None else size
    level = f"CIM {layer.cim_level}" if layer.cim_level else ""
    return f"  {layer.name:14} {layer.count:>8,}  {size:>12}  {level:6} {layer.origin}".rstrip()


def _wait_for_run(simulation: "subprocess.Popen[bytes]", out: Path) -> None:
    """Wait until the simulation has placed its own run folder.

    Raises
    ------
    RunError
        If the simulation stops first, or takes too long.
    """
    from scenarios.runfolder.metadata import is_run_folder, read_meta

    deadline = time.monotonic() + FIRST_FRAME_LIMIT_S
    while time.monotonic() < deadline:
        if is_run_folder(out) and read_meta(out)["process"]["pid"] == simulation.pid:
            return
        if (status := simulation.poll()) is not None:
            raise typer.Exit(status or 1)
        time.sleep(0.1)
    raise RunError(
        "Demo", got=f"no run folder after {FIRST_FRAME_LIMIT_S:.0f} s", remedy="Look at the messages above"
    )


def _serve(run: Path, port: int, host: str, language: str, open_browser: bool) -> None:
    from viz.server.application import serve

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    typer.echo(f"Command screen: http://{host}:{port} (Ctrl-C ends it)", err=True)
    serve(run, port=port, host=host, language=language, open_browser=open_browser)


if __name__ == "__main__":
    app()
