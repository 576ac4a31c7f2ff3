"""Where independent pieces of work run: in this process, in several, or on a Dask cluster; behind the standard interface."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from socket import create_connection
from urllib.parse import urlsplit

from priors.problems import BadInput, Problem

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
AHEAD = 64
"""Pieces handed to an executor at a time: they travel with their arguments."""

CONNECT_SECONDS = 10.0
SCHEMES = ("tcp", "tls")


@contextmanager
def executor(*, workers: int = 1, cluster: str | None = None) -> Iterator[Executor | None]:
    """An executor while the context lasts: None (this process) for one worker, else that many processes of one thread
    each, or the Dask cluster whose scheduler answers at ``cluster``. What has not begun when it ends is cancelled.

    Raises BadInput where there is no such number of workers, no `distributed`, or nobody at the address.
    """
    if cluster is not None:
        with _dask(cluster) as found:
            yield found
    elif workers < 1:
        raise BadInput([_problem("workers", str(workers), "1 or more", "give the number of processes, such as 2")])
    elif workers == 1:
        yield None
    else:
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread)
        with _environment(ONE_THREAD):
            try:
                yield pool
            finally:
                pool.shutdown(cancel_futures=True)


def _problem(where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file="executor", where=where, found=found, expected=expected, remedy=remedy)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables for processes begun meanwhile: a library of linear algebra reads them when it is first loaded."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _one_thread() -> None:
    """In a worker, for numba, which reads its own when it compiles."""
    os.environ["NUMBA_NUM_THREADS"] = "1"


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise BadInput([
            _problem("cluster", "no `distributed` installed", "Dask's scheduler client", "pip install 'rsi-cruxes[cluster]'")
        ]) from None  # fmt: skip
    try:
        # a client begun in vain leaves a thread behind: ask first whether anybody is there
        place = urlsplit(address)
        if place.scheme not in SCHEMES or not place.hostname or not place.port:
            raise ValueError(address)
        create_connection((place.hostname, place.port), timeout=CONNECT_SECONDS).close()
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise BadInput([
            _problem("cluster", f"{address!r}, where no scheduler answers ({type(error).__name__})",
                     "the address of a running scheduler, such as tcp://127.0.0.1:8786",
                     "start one with `dask scheduler` and workers with `dask worker ADDRESS --nthreads 1`")
        ]) from None  # fmt: skip
    with client:
        pool = client.get_executor(pure=False)
        try:
            yield pool
        finally:
            pool.shutdown(wait=False)


def as_they_finish[Task, Result](
    function: Callable[[Task], Result], tasks: Iterable[Task], *, executor: Executor | None
) -> Iterator[tuple[Task, Result]]:
    """Each task with its result, in the order in which they finish; in the order of ``tasks`` without an executor.

    ``function`` is of a module and tasks can be pickled. What a piece raises is raised here.
    """
    if executor is None:
        yield from ((task, function(task)) for task in tasks)
        return
    left = iter(tasks)
    running: dict[Future[Result], Task] = {executor.submit(function, task): task for task in islice(left, AHEAD)}
    try:
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for one in finished:
                yield running.pop(one), one.result()
            running |= {executor.submit(function, task): task for task in islice(left, AHEAD - len(running))}
    finally:
        for one in running:
            one.cancel()
