"""CPU seconds, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time


def cpu_seconds(task: Callable[[], object], *, at_least: float, warm: bool = False) -> float:
    """CPU seconds of one run, averaged over as many as fill ``at_least``; unless ``warm``, a first is left out."""
    if not warm:
        task()
    runs, start = 0, process_time()
    while (spent := process_time() - start) < at_least or not runs:
        task()
        runs += 1
    return spent / runs
