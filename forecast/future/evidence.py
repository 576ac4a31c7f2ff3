"""What rows say of parameters that act only after today, as weights on draws of them; one likelihood for all worldviews.

Rows public by a worldview's as-of date are priced in: they move nothing by themselves, but new ones are read in their
light. A weight is ln p(old and new rows | values) - ln p(old rows | values), so that several steps add up to one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date

import numpy as np
import pandas as pd

from forecast.evidence import asof, selection
from forecast.evidence.ledger import Ledger
from forecast.future import diffusion, inputs, paradigm
from priors import decimal_year

type Values = Mapping[str, np.ndarray]

KINDS: Mapping[str, Callable[[pd.DataFrame, Values], np.ndarray]] = {
    "diffusion": diffusion.log_density,
    "inputs": inputs.log_density,
    "paradigm": paradigm.log_density,
}

WEIGHED = ("L", "T_broad", "t_slow", "g_c_late", "T_par")
"""What the weights depend on, in the units of `priors.variables`; T_par is inf where it never comes."""


def log_weight(
    values: Values,
    ledger: Ledger,
    *,
    after: date,
    until: date,
    without: Collection[str] = (),
    leave_out: Collection[str] = (),
    recorded_by: date | None = None,
) -> np.ndarray:
    """ln of the weights (n,) of draws of WEIGHED, up to a constant; zeros where no new row is read.

    New are the rows public in (``after``, ``until``]. Kinds in ``without`` are not read, rows in ``leave_out`` (ids)
    neither among the new nor among the old; ``recorded_by`` gives the ledger as we had it on that day.
    Raises priors.problems.BadInput for counts that nobody has judged (`paradigm`) and adoption that is no share.
    """
    found = by_kind(
        values, ledger, after=after, until=until, without=without, leave_out=leave_out, recorded_by=recorded_by
    )
    return np.sum([np.zeros(len(values["L"])), *found.values()], axis=0)


def by_kind(
    values: Values,
    ledger: Ledger,
    *,
    after: date,
    until: date,
    without: Collection[str] = (),
    leave_out: Collection[str] = (),
    recorded_by: date | None = None,
) -> dict[str, np.ndarray]:
    """The part (n,) of `log_weight` that is due to each kind with new rows."""
    old, new = _rows(ledger, after=after, until=until, leave_out=leave_out, recorded_by=recorded_by)
    found = {}
    for kind, log_density in KINDS.items():
        if kind in without or not (new["kind"] == kind).any():
            continue
        then = old[old["kind"] == kind]
        now = pd.concat([then, new[new["kind"] == kind]], ignore_index=True)
        found[kind] = log_density(now, values) - log_density(then, values)
    return found


def row_ids(
    ledger: Ledger,
    *,
    after: date,
    until: date,
    without: Collection[str] = (),
    recorded_by: date | None = None,
) -> tuple[str, ...]:
    """Ids of the new rows that are read, sorted."""
    _, new = _rows(ledger, after=after, until=until, leave_out=(), recorded_by=recorded_by)
    return tuple(sorted(new.loc[~new["kind"].isin(list(without)), "id"]))


def resample(log_weight: np.ndarray, *, uniform: float) -> np.ndarray:
    """Indices (n,) by which draws of log weights (n,) become draws of equal weight; the identity where all are equal.

    Systematic resampling from one ``uniform`` in [0, 1). A draw that is kept stays in its place, and copies fill the
    places of those dropped, so that nearly all draws keep what else they were paired with.
    """
    n = len(log_weight)
    if np.ptp(log_weight) == 0.0:
        return np.arange(n)
    cumulative = np.cumsum(np.exp(log_weight - np.max(log_weight)))
    chosen = np.searchsorted(cumulative / cumulative[-1], (np.arange(n) + uniform) / n, side="right")
    copies = np.bincount(np.minimum(chosen, n - 1), minlength=n)
    index = np.arange(n)
    index[copies == 0] = np.repeat(index, np.maximum(copies - 1, 0))
    return index


def effective(log_weight: np.ndarray) -> float:
    """How many equally weighted draws the weighted ones are worth."""
    weight = np.exp(log_weight - np.max(log_weight))
    return float(weight.sum() ** 2 / (weight**2).sum())


def _rows(
    ledger: Ledger, *, after: date, until: date, leave_out: Collection[str], recorded_by: date | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Readings of KINDS public by ``after``, and those new by ``until``; of one subject and day the first stands."""
    read = {series for series, entry in ledger.register.series.items() if entry.kind in KINDS}

    def of_kinds(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[rows["series"].isin(read) & ~rows["id"].isin(list(leave_out))]
        return selection.readings(rows, register=ledger.register)

    old = of_kinds(selection.use_on(ledger, after, recorded_by=recorded_by))
    new = of_kinds(asof.new_rows(ledger, after=after, until=until, recorded_by=recorded_by))
    rows = pd.concat([old.assign(new=False), new.assign(new=True)], ignore_index=True)
    rows = rows.sort_values(["public_on", "id"]).drop_duplicates(["series", "subject", "observed_on"])
    rows = rows.assign(year=[decimal_year(day.date()) for day in rows["observed_on"]])
    is_new = rows["new"].to_numpy(bool)
    return rows[~is_new], rows[is_new]
