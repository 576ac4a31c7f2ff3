"""All tables of a book, computed once; what an earlier try has finished is not computed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from cruxes.publication import store
from cruxes.publication.inputs import Inputs
from cruxes.publication.store import Published
from cruxes.publication.tables import FILES, TABLES, Fill, Make
from forecast.evidence.ledger import Ledger


def prepare(
    ledger: Ledger, *, day: date, seed: int = 1, report: Callable[[str], None] = lambda _: None
) -> Published:  # fmt: skip
    """The finished book of that day. ``report`` is told what is being done. Raises sampling.NotConverged."""
    inputs = Inputs(ledger, day=day, seed=seed, cache=store.root().parent, report=report)
    return filled(inputs, TABLES, FILES)


def filled(inputs: Inputs, tables: Mapping[str, Make], files: Mapping[str, Fill]) -> Published:
    """The book with all tables and files, made from these inputs."""
    book = store.begin(inputs.ledger, day=inputs.day, seed=inputs.seed)
    for name, make in tables.items():
        if name not in book.sha256:
            begun = time.monotonic()
            book = store.add(book, name, make(inputs))
            inputs.report(f"table {name}: {time.monotonic() - begun:.1f} s")
    for name, fill in files.items():
        if name not in book.files:
            begun = time.monotonic()
            book = store.add_files(book, name, partial(fill, inputs))
            inputs.report(f"files {name}: {time.monotonic() - begun:.1f} s")
    store.finish(book)
    return book
