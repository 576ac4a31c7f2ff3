"""From ledger rows to the arrays that the likelihood reads: what was known on a day, and what was new since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
import pandas as pd

from forecast.evidence import asof, selection
from forecast.evidence.ledger import Ledger
from forecast.evidence.register import Register
from forecast.observations import KINDS, Block, block
from priors import decimal_year

type Blocks = Mapping[str, Block]


def known_by(ledger: Ledger, day: date) -> pd.DataFrame:
    """Readings public by the end of ``day`` under the vintages then current."""
    rows = selection.readings(selection.use_on(ledger, day), register=ledger.register)
    return _prepared(rows, other_vintage=False, day=day, register=ledger.register)


def new_between(ledger: Ledger, after: date, until: date) -> pd.DataFrame:
    """Readings made public in (after, until]: measurements of new subjects, never a second edition of old ones.

    ``other_vintage`` marks horizons that were measured with another edition of the suite than the one current on
    ``after``: they carry the shift between editions.
    """
    register = ledger.register
    families = register.families
    of_family = {v.series for family in families.values() for v in family.vintages}
    rows = asof.new_rows(ledger, after=after, until=until)
    parts = [rows[~rows["series"].isin(of_family)]]
    parts += [asof.new_measurements(ledger, family=name, after=after, until=until) for name in families]
    editions = [[asof.vintage_on(day, family=n, register=register) for n in families] for day in (after, until)]
    found = selection.readings(pd.concat(parts, ignore_index=True), register=register)
    found = _scores_with_context(found, ledger, after=after, until=until)
    return _prepared(found, other_vintage=editions[0] != editions[1], day=until, register=register)


def _scores_with_context(rows: pd.DataFrame, ledger: Ledger, *, after: date, until: date) -> pd.DataFrame:
    """Of benchmarks the frontier only, and beside the new scores those that were public before, marked as context."""
    if not (rows["kind"] == "benchmark").any():
        return rows
    public = {day: selection.use_on(ledger, day) for day in (after, until)}
    used = set(public[until].loc[public[until]["used"], "id"])
    rows = rows[(rows["kind"] != "benchmark") | rows["id"].isin(used)]
    old = selection.readings(public[after], register=ledger.register)
    old = old[old["series"].isin(rows.loc[rows["kind"] == "benchmark", "series"]) & ~old["id"].isin(rows["id"])]
    return pd.concat([rows, old.assign(context=True)], ignore_index=True)


def not_yet(day: date) -> pd.DataFrame:
    """One row that is in no ledger: by ``day`` no closed loop had been shown (`observations.absence`)."""
    return pd.DataFrame(
        {
            "id": [f"no-LOOP-by-{day.isoformat()}"],
            "kind": ["absence"],
            "series": ["no_loop_shown"],
            "subject": ["everyone"],
            "observed_on": pd.to_datetime([day]).astype("datetime64[us]"),
            "context": [False],
        }
    )


def _prepared(rows: pd.DataFrame, *, other_vintage: bool, day: date, register: Register) -> pd.DataFrame:
    """Sorted, with the subject's name across editions, and with the row that says "not yet"."""
    names = {old: new for f in register.families.values() for old, new in f.same_subject.items()}
    context = rows["context"].eq(True) if "context" in rows else False
    rows = pd.concat([rows.assign(context=context), not_yet(day)], ignore_index=True)
    rows = rows[rows["kind"].isin(list(KINDS))]
    rows = rows.assign(same_subject=rows["subject"].replace(names), other_vintage=other_vintage)
    return rows.sort_values(["kind", "series", "observed_on", "subject", "id"]).reset_index(drop=True)


def blocks(rows: pd.DataFrame, *, without: Collection[str] = (), weights: Mapping[str, float] | None = None) -> Blocks:
    """The arrays of every kind; kinds in ``without`` stay empty, and ``weights`` (by row id) default to 1."""
    weights = weights or {}
    found: dict[str, Block] = {}
    for name, kind in KINDS.items():
        part = rows[rows["kind"] == name] if name not in without else rows.iloc[:0]
        years = np.array([decimal_year(day.date()) for day in part["observed_on"]], dtype=float)
        weight = np.array([weights.get(row, 1.0) for row in part["id"]], dtype=float)
        weight = weight * ~part["context"].to_numpy(bool)
        columns = kind.columns(part) if len(part) else {column: np.zeros(0) for column in kind.columns_read}
        found[name] = block(tuple(part["id"]), years, columns, weight)
    return found


LEADING = ("kind", "month", "previous", "within", "before", "weight")
"""First columns of `table`: kind by its place in `KINDS`, and the place on the grid as in `Block`."""

WIDTH = len(LEADING) + max(len(kind.columns_read) for kind in KINDS.values())
"""Columns of `table`."""


def table(blocks: Blocks) -> np.ndarray:
    """The rows of every kind as compiled code takes them: LEADING, the kind's columns in their order, then zeros.

    A single row of weight 0 stands for no rows at all, since a graph has no empty data.
    """
    parts = [np.zeros((0, WIDTH))]
    for code, name in enumerate(KINDS):
        rows, first = blocks[name], sum(map(len, parts))
        part = np.zeros((len(rows.ids), WIDTH))
        own = (rows.month, rows.previous + first, rows.within, rows.before, rows.weight, *rows.columns.values())
        for i, column in enumerate((np.full(len(rows.ids), code), *own)):
            part[:, i] = column
        if KINDS[name].joint is not None:  # compiled code meets each benchmark as one run of rows
            part = part[np.argsort(rows.columns["group"], kind="stable")]
        parts.append(part)
    found = np.concatenate(parts)
    return found if len(found) else np.zeros((1, WIDTH))
