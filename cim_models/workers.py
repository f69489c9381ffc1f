"""Processes that work beside this one, and end with it however it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context, parent_process
from threading import Thread


def worker_pool(jobs: int) -> ProcessPoolExecutor:
    """Return a pool of fresh interpreters: a fork would inherit the threads of the kernels.

    A worker ends when the process that made it is gone, also if that was killed: nobody is left who
    would take its result.
    """
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_end_with_parent)


def spread[Task, Result](
    work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int
) -> Iterator[Result]:
    """Do tasks in several processes and yield the results in order; ``work`` must pickle."""
    if jobs <= 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    with worker_pool(min(jobs, len(tasks))) as pool:
        yield from pool.map(work, tasks)


def stop_workers(pool: ProcessPoolExecutor) -> None:
    """End a pool at once, by killing every process that was made by multiprocessing here.

    No other pool may be at work. What the processes write is left as it is.
    """
    workers = active_children()
    pool.shutdown(wait=False, cancel_futures=True)
    for process in workers:
        process.kill()
    for process in workers:
        process.join()


def _end_with_parent() -> None:
    Thread(target=_outlast, name="parent-watch", daemon=True).start()


def _outlast() -> None:
    """Wait for the parent's end, and end at once."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
