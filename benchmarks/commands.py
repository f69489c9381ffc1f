"""The commands of ``citytwin bench``; each imports what it needs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.terminal import JsonOption, command_group, print_json, print_lines

bench_app = command_group("Measure how fast the parts are.")


@bench_app.command("surface")
def bench_surface(
    case: Annotated[str, typer.Option(help="a, b, c or newcastle.")] = "a",
    threads: Annotated[int | None, typer.Option(help="Threads; all cores if none.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Simulated time; the case's own if none.")] = None,
    cells: Annotated[int | None, typer.Option(help="Edge of the domain; the case's own if none.")] = None,
    repeats: Annotated[int, typer.Option(help="How often to measure everything.")] = 3,
    tiles: Annotated[bool, typer.Option("--tiles/--no-tiles", help="Skip dry tiles.")] = True,
    tiles_gain: Annotated[
        bool, typer.Option("--tiles-gain", help="Run without skipping dry tiles as well, and compare.")
    ] = False,
    wave_depth: Annotated[
        float | None, typer.Option(help="Slow gravity waves down in water deeper than this, m.")
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="Compare with Landlab, Itzï and ANUGA; installs them once.")
    ] = False,
    peer_seconds: Annotated[float, typer.Option(help="Wall time that a peer may use in a repeat.")] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Measure the surface solver against memory, NumPy and other models, all in one run."""
    from benchmarks.peers.environments import PEERS
    from benchmarks.surface import SurfacePlan, measure_surface, report_lines

    plan = SurfacePlan(
        case=case,
        threads=threads,
        end_s=seconds,
        cells=cells,
        repeats=repeats,
        tiled=tiles,
        untiled_too=tiles_gain,
        wave_depth_m=wave_depth,
        peers=PEERS if peers else (),
        peer_limit_s=peer_seconds,
    )
    figures = measure_surface(plan, _say)
    _tell(figures, report_lines, as_json)


@bench_app.command("coupled")
def bench_coupled(
    case: Annotated[str, typer.Option(help="santboi or bellinge.")] = "santboi",
    city: Annotated[Path | None, typer.Option(help="A bundle folder instead of a case.")] = None,
    duration: Annotated[str, typer.Option(help="Simulated time.")] = "6h",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a city with its sewer, and say where the time goes: surface, sewer, exchange and the rest."""
    from benchmarks.coupled import CoupledPlan, measure_coupled, report_lines

    plan = CoupledPlan(case=case, city=city, duration=duration, settings=tuple(set_ or ()))
    figures = measure_coupled(plan, _say)
    _tell(figures, report_lines, as_json)


@bench_app.command("operations")
def bench_operations(
    days: Annotated[float, typer.Option(help="Simulated days.")] = 7.0,
    per_day: Annotated[str, typer.Option(help="Reports a day, with commas; one run each.")] = (
        "5000,20000,80000"
    ),
    as_json: JsonOption = False,
) -> None:
    """Run a city's cases, crews and patrols on dry roads, and say how fast and where the time goes."""
    from benchmarks.operations import OperationsPlan, measure_operations, parse_loads, report_lines

    plan = OperationsPlan(days=days, per_day=parse_loads(per_day))
    figures = measure_operations(plan, _say)
    _tell(figures, report_lines, as_json)


@bench_app.command("branching")
def bench_branching(
    case: Annotated[str, typer.Option(help="santboi or bellinge.")] = "santboi",
    city: Annotated[Path | None, typer.Option(help="A bundle folder instead of a case.")] = None,
    at: Annotated[str, typer.Option(help="When the run is forked.")] = "20min",
    duration: Annotated[str, typer.Option(help="Simulated time.")] = "30min",
    as_json: JsonOption = False,
) -> None:
    """Fork a running twin four times, keep a checkpoint, and check that what is unchanged ends alike."""
    from benchmarks.branching import BranchingPlan, measure_branching, report_lines
    from benchmarks.coupled import CoupledPlan

    plan = BranchingPlan(CoupledPlan(case=case, city=city), at, duration)
    figures = measure_branching(plan, _say)
    _tell(figures, report_lines, as_json)
    if not (figures["unchanged_is_same"] and figures["revived_is_same"]):
        raise typer.Exit(1)


@bench_app.command("coarse")
def bench_coarse(
    city: Annotated[str, typer.Option(help="Built-in city or bundle folder.")] = "builtin:district",
    cells: Annotated[str, typer.Option(help="Edges of the coarse cells, m, with commas.")] = "4,8",
    seconds: Annotated[float, typer.Option(help="Simulated time.")] = 14_400.0,
    threads: Annotated[int | None, typer.Option(help="Threads; all cores if none.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the coarse tier against the fine one: speed and error, in turns in one run."""
    from benchmarks.coarse import CoarsePlan, measure_coarse, parse_cells, report_lines

    plan = CoarsePlan(city=city, cells_m=parse_cells(cells), end_s=seconds, threads=threads)
    figures = measure_coarse(plan, _say)
    _tell(figures, report_lines, as_json)


@bench_app.command("dispatch")
def bench_dispatch(
    nodes: Annotated[int, typer.Option(help="Junctions of the road graph.")] = 50_000,
    crews: Annotated[int, typer.Option(help="Crews on duty.")] = 443,
    cases: Annotated[int, typer.Option(help="Cases that wait.")] = 200,
    repeats: Annotated[int, typer.Option(help="How often every round is timed.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Measure one dispatch round on a flooded city, for every built-in policy."""
    from benchmarks.dispatch import DispatchPlan, measure_dispatch, report_lines

    plan = DispatchPlan(nodes=nodes, crews=crews, cases=cases, repeats=repeats)
    figures = measure_dispatch(plan, _say)
    _tell(figures, report_lines, as_json)


@bench_app.command("validation")
def bench_validation(
    case: Annotated[
        list[str] | None, typer.Option(help="Name of a case; all if none. May be repeated.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="At the reduced size of the tests.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write docs/validation.md and its plots.")] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="Compare with other models too; installs them once.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hold the physics against known solutions, experiments and models; exit status 1 if a figure fails."""
    from benchmarks.validation.document import docs_folder, write_document
    from benchmarks.validation.registry import choose_cases, find_cases
    from benchmarks.validation.run import figures, run_cases

    folder = docs_folder(quick) if write else None
    outcomes, skipped = run_cases(
        choose_cases(case or (), peers), quick, lambda line: typer.echo(line, err=as_json)
    )
    if folder is not None:
        typer.echo(str(write_document(outcomes, find_cases(), folder)), err=as_json)
    if as_json:
        print_json(figures(outcomes, skipped))
    if any(outcome.failures for outcome in outcomes.values()):
        raise typer.Exit(1)


def _say(line: str) -> None:
    """Tell on stderr how far a measurement is."""
    typer.echo(line, err=True)


def _tell(figures: Mapping[str, Any], report_lines: Callable[[Any], list[str]], as_json: bool) -> None:
    if as_json:
        print_json(figures)
    else:
        print_lines(report_lines(figures))
