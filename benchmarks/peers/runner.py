"""Hands a case to the peers, each in its own process and environment."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.environments import Peer, clean_environment, last_line, python_of
from benchmarks.surface_cases import CELL_M, COURANT, MANNING_N, SurfaceCase
from cim_models.errors import RunError

DRIVER = Path(__file__).with_name("drive.py")
SETUP_LIMIT_S = 600.0
"""What a peer may take before and after its loop over time."""


@dataclass(frozen=True, slots=True)
class PeerRules:
    """What may differ from a peer's usual settings.

    Parameters
    ----------
    theta
        Weight of a face's own discharge, of the local inertial models.
    record_interval_s
        Simulated time between two looks at the maximum depth, s; 0 for no look.
    """

    theta: float = 0.8
    record_interval_s: float = 0.0


USUAL = PeerRules()


def write_case(case: SurfaceCase, path: Path, threads: int, limit_s: float, rules: PeerRules = USUAL) -> None:
    """Write what `benchmarks.peers.drive` reads."""
    starts_s, rain_m_s = np.zeros(1), np.zeros(1)
    if case.rain is not None:
        starts_s = case.rain.edges_s
        rain_m_s = np.array([float(case.rain.rate_m_s(start)[0]) for start in starts_s])
    water_depth = np.zeros_like(case.bed) if case.water_depth is None else case.water_depth
    np.savez(
        path,
        bed=case.bed,
        water_depth=water_depth,
        rain_starts_s=starts_s,
        rain_m_s=rain_m_s,
        cell_m=CELL_M,
        manning_n=MANNING_N,
        courant=COURANT,
        dry_m=1.0e-3,
        max_step_s=10.0,
        end_s=case.end_s,
        limit_s=limit_s,
        threads=threads,
        theta=rules.theta,
        record_interval_s=rules.record_interval_s,
    )


def run_peer(peer: Peer, case_file: Path, threads: int, limit_s: float) -> dict[str, Any]:
    """Run a peer once on a written case and return its figures.

    Raises
    ------
    RunError
        If it cannot be installed, fails or does not stop.
    """
    python, count = python_of(peer), str(threads)
    folder = case_file.parent
    target = folder / f"{peer.name}.json"
    target.unlink(missing_ok=True)
    command = [str(python), str(DRIVER), peer.name, str(case_file), str(target)]
    # threads that wait for work must not keep a core busy: nobody is measured fairly on a machine shared so
    variables = clean_environment(
        OMP_NUM_THREADS=count, NUMBA_NUM_THREADS=count, OMP_WAIT_POLICY="PASSIVE", OPENBLAS_NUM_THREADS="1"
    )
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=variables,
            cwd=folder,
            timeout=limit_s + SETUP_LIMIT_S,
        )
    except subprocess.TimeoutExpired as exc:
        raise RunError(f"Running {peer.title}", got=f"no end after {limit_s + SETUP_LIMIT_S:.0f} s") from exc
    if done.returncode != 0 or not target.is_file():
        raise RunError(f"Running {peer.title}", got=last_line(done.stderr))
    figures: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return figures


def run_peer_max_depth(peer: Peer, case_file: Path, threads: int, limit_s: float) -> NDArray[np.float64]:
    """Run a peer once on a case written with a `record_interval_s`; return the maximum depth, m.

    Raises
    ------
    RunError
        If it fails or stops before the end of the case.
    """
    figures = run_peer(peer, case_file, threads, limit_s)
    with np.load(case_file) as case:
        end_s = float(case["end_s"])
    if figures["time_s"] < end_s - 1e-3:
        raise RunError(
            f"Running {peer.title}", got=f"{figures['time_s']:g} s simulated", expected=f"{end_s:g} s"
        )
    max_depth: NDArray[np.float64] = np.load(case_file.parent / f"{peer.name}.npy")
    return max_depth
