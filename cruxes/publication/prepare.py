"""All tables of a book, computed once; what an earlier try has finished is not computed again.

Views come first and are kept on disk; then tables are made in two processes, in groups that share what is dear.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pandas as pd

import priors
from cruxes.publication import store
from cruxes.publication.inputs import Inputs
from cruxes.publication.store import Published
from cruxes.publication.tables import FILES, GROUPS, TABLES, Fill, Make
from forecast.evidence.ledger import Ledger

PROCESSES = 2

_mine: list[Inputs] = []
"""Of a worker: what it has read and computed so far."""


def prepare(
    ledger: Ledger, *, day: date, seed: int = 1, report: Callable[[str], None] = lambda _: None
) -> Published:  # fmt: skip
    """The finished book of that day. ``report`` is told what is being done. Raises sampling.NotConverged."""
    book = store.begin(ledger, day=day, seed=seed)
    groups = [missing for group in GROUPS if (missing := [name for name in group if name not in book.sha256])]
    files = [name for name in FILES if name not in book.files]
    if groups or files:
        start = partial(_start, ledger, day, seed, store.root().parent)
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=start) as pool:
            report("views of the named five and the baseline, and of the other voices")
            for done in [pool.submit(_views, name) for name in priors.packaged()]:
                done.result()
            with TemporaryDirectory(dir=book.folder) as made:
                filling = {pool.submit(_fill, name, Path(made) / name): name for name in files}
                running: set[Future[list[Made]]] = {pool.submit(_tables, group) for group in groups}
                while running:
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    for one in finished:
                        for name, table, seconds in one.result():
                            book = store.add(book, name, table)
                            report(f"table {name}: {seconds:.1f} s")
                for done_files, name in filling.items():
                    done_files.result()
                    book = store.add_files(book, name, partial(_copied, Path(made) / name))
                    report(f"files {name}")
    store.finish(book)
    return book


type Made = tuple[str, pd.DataFrame, float]
"""Name, table, and the seconds that it took."""


def _start(ledger: Ledger, day: date, seed: int, cache: Path) -> None:
    _mine.append(Inputs(ledger, day=day, seed=seed, cache=cache, report=lambda _: None))


def _views(name: str) -> None:
    _mine[0].compute(name)


def _fill(name: str, folder: Path) -> None:
    FILES[name](_mine[0], folder)


def _copied(made: Path, to: Path) -> None:
    copytree(made, to, dirs_exist_ok=True)


def _tables(names: Sequence[str]) -> list[Made]:
    found = []
    for name in names:
        begun = time.monotonic()
        found.append((name, TABLES[name](_mine[0]), time.monotonic() - begun))
    return found


def filled(inputs: Inputs, tables: Mapping[str, Make], files: Mapping[str, Fill]) -> Published:
    """The book with all tables and files, made from these inputs, one after the other."""
    book = store.begin(inputs.ledger, day=inputs.day, seed=inputs.seed)
    for name, make in tables.items():
        if name not in book.sha256:
            book = store.add(book, name, make(inputs))
    for name, fill in files.items():
        if name not in book.files:
            book = store.add_files(book, name, partial(fill, inputs))
    store.finish(book)
    return book
