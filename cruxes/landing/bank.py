"""The bank: futures drawn from the middle of the five, before and after the rows since, for a page to weigh.

Two files of draws and one of tables. The first bank is the stated view of `pool`, the second its updated view, fitted
to the same rows as everybody's. A reader's answer to a crux changes what is believed and not what rows say, so the
ratio of the two beliefs is the weight of a draw in both. Two cruxes cost no weight: whether a new paradigm is needed is
stored both ways, and whether control is kept acts only after all else, so the page mixes them exactly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from cruxes.landing import codes, columns, files, foreseen, pool, tables
from cruxes.landing.columns import BANKS, Bank
from cruxes.landing.questions import weighed
from forecast import rows, sampling, views
from forecast.evidence.ledger import Ledger
from forecast.parameters import CRUXES, Prior
from forecast.run import Evidence
from forecast.view import View
from forecast.views import Stated
from priors import Worldview

DRAWS = 20_000
THIN = 2
"""Every second draw of a chain is stored: neighbours tell much the same, and each costs the page its bytes."""

TABLES = "land.json"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Values (n, len(VECTOR)) of the middle of the five, stated and updated, under one prior; ``chain`` as in `Bank`."""

    reader: Worldview
    prior: Prior
    stated: np.ndarray
    updated: np.ndarray
    chain: float


def make(
    folder: Path, *, views: Sequence[View], ledger: Ledger, day: date, seed: int = 1, draws: int = DRAWS,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:  # fmt: skip
    """Write the bank into ``folder`` and return its tables.

    ``views`` are the stated and updated views of the named worldviews on ``day``, beside which a reader is shown; others
    among them are passed over. Raises sampling.NotConverged.
    """
    report("bank: draws of the middle of the five")
    drawn = draw(middle(), ledger, day, draws=draws, seed=seed)
    report("bank: their futures, with and without the need of a new paradigm")
    return write(folder, drawn, views=views, ledger=ledger, day=day, seed=seed)


def write(
    folder: Path, drawn: Drawn, *, views: Sequence[View], ledger: Ledger, day: date, seed: int
) -> dict[str, Any]:  # fmt: skip
    """The futures of draws as files, with their tables, which are returned."""
    reader = drawn.reader
    before = columns.branches(drawn.stated, reader, name="stated", day=reader.as_of, ledger=ledger, seed=seed)
    after = columns.branches(drawn.updated, reader, name="updated", day=day, ledger=ledger, seed=seed)
    needed = reader.probabilities()["psi"]
    told = foreseen.foresee(after, (1.0 - needed, needed), Evidence(ledger), seed=seed)
    banks = {
        "stated": columns.bank_of(before, drawn.prior, seed=seed),
        "updated": columns.bank_of(after, drawn.prior, seed=seed, chain=drawn.chain, told=told),
    }
    said = tables.tables(reader, banks, told, views, day=day, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, bank in banks.items():
        (folder / BANKS[name]).write_bytes(codes.pack(bank.columns))
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=date.isoformat)
    (folder / TABLES).write_text(text + "\n", encoding="utf-8")
    return dict(json.loads(text))


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Bank]]:
    """What `make` wrote."""
    tables = json.loads((folder / TABLES).read_text(encoding="utf-8"))
    banks = {
        view: Bank(
            view=view,
            names=tuple(said["columns"]),
            columns=codes.unpack((folder / said["file"]).read_bytes(), len(said["columns"])),
            chain=said["chain"],
        )
        for view, said in tables["banks"].items()
    }
    return tables, banks


def middle() -> Worldview:
    """The worldview of a reader who leaves every crux alone."""
    people = pool.five()
    as_of = pool.newest(people)
    return Worldview.model_validate(files.table(pool.beliefs(people, as_of), as_of=as_of, answered=()))


def draw(reader: Worldview, ledger: Ledger, day: date, *, draws: int, seed: int) -> Drawn:
    """Draws of a reader's stated and updated view; the second as in `views.update`, thinned. Raises NotConverged."""
    before: Stated = views.state(reader, ledger, seed=seed, draws=draws)
    blocks = rows.blocks(rows.new_between(ledger, reader.as_of, day))
    posterior = sampling.fit(before.prior, blocks, seed=seed, draws=-(-THIN * draws // sampling.CHAINS))
    thinned = posterior.eta[::THIN]
    return Drawn(
        reader=reader, prior=before.prior, stated=before.view.eta, updated=thinned[:draws],
        chain=min(_independent(thinned) / len(thinned), 1.0),
    )  # fmt: skip


def _independent(eta: np.ndarray) -> float:
    """How many independent draws the thinned chains are worth, for the crux of the page that mixes worst."""
    import arviz as az

    chains = eta.reshape(sampling.CHAINS, -1, eta.shape[1])
    asked = [chains[..., CRUXES.index(name)] for name in weighed()]
    tails = [az.ess(one, method="tail", prob=(0.05, 0.95)) for one in asked]
    return float(min([*tails, *(az.ess(one, method="bulk") for one in asked)]))
