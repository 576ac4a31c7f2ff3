"""Which rows count on a day, on what scale, and why the others do not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from forecast.evidence import register as registers
from forecast.evidence import transforms
from forecast.evidence.asof import public_on, vintage_on
from forecast.evidence.ledger import Ledger
from forecast.evidence.register import Register

UNREGISTERED = "not in the register"
ADDED = (
    "method",
    "self_reported_by",
    "reads_as",
    "reading",
    "reading_low",
    "reading_high",
    "censored_below",
    "censored_above",
    "floor",
    "ceiling",
    "items",
)
BELOW_FRONTIER = "not the best when its model came out"


def use_on(
    ledger: Ledger,
    day: date,
    *,
    strict: bool = False,
    recorded_by: date | None = None,
    register: Register | None = None,
) -> pd.DataFrame:
    """`public_on` with columns kind, used and why_unused ("" where used)."""
    register = register or ledger.register
    rows = public_on(ledger, day, strict=strict, recorded_by=recorded_by)
    current = {name: vintage_on(day, family=name, register=register) for name in register.families}
    kinds, reasons = [], []
    for series, subject in zip(rows["series"], rows["subject"], strict=True):
        entry = register.series.get(series)
        kinds.append(entry.kind if entry else "none")
        if entry is None:
            reasons.append(UNREGISTERED)
        elif entry.why is not None:
            reasons.append(entry.why)
        elif entry.family is not None and current[entry.family] != series:
            reasons.append(f"{current[entry.family] or 'no edition yet'} is current")
        else:
            reasons.append(entry.exclude.get(subject, ""))
    why = pd.Series(reasons, index=rows.index, dtype=str)
    rows = rows.assign(kind=pd.Series(kinds, index=rows.index, dtype=str))
    scores = rows[(rows["kind"] == "benchmark") & (why == "")]
    why[scores.index[~frontier(scores)]] = BELOW_FRONTIER
    return rows.assign(used=why == "", why_unused=why)


def frontier(rows: pd.DataFrame) -> np.ndarray:
    """Which rows (of any benchmarks together) were the best of their series when their model came out; ties are."""
    keys = ["series", "observed_on"]
    best = rows.groupby(keys)["value"].max().groupby(level="series").cummax()
    return np.asarray(rows["value"].to_numpy() >= best.reindex(pd.MultiIndex.from_frame(rows[keys])).to_numpy())


def readings(rows: pd.DataFrame, *, register: Register | None = None) -> pd.DataFrame:
    """The rows of registered kinds among `rows`, excluded subjects left out, on the scale of their model.

    `rows` comes from any function of `asof`, or from `use_on`, where only rows marked as used are kept. Adds kind and
    ADDED; reading and what follows it are on the model's scale, NaN where there is none. Pass the ledger's register
    (default: the packaged one).
    """
    register = register or registers.read()
    parts = []
    for series, part in rows.groupby("series", sort=False):
        entry = register.series.get(str(series))
        if entry is None or entry.transform is None:
            continue
        threshold = None
        if entry.threshold_subject is not None:
            found = part.loc[part["subject"] == entry.threshold_subject, "value"]
            if found.empty:
                continue  # the threshold is not public yet, so the ratio is not either
            threshold = float(found.iloc[-1])
        part = part[~part["subject"].isin(list(entry.exclude))]
        if "used" in part:
            part = part[part["used"]]
        own = part["subject"].str.startswith(entry.self_reported_subjects)
        limits = pd.DataFrame(
            {"value": [np.nan], "low": [entry.censored_below], "high": [entry.censored_above]}, dtype=float
        )
        limits = transforms.apply(entry.transform, limits, threshold=threshold)
        extra = pd.DataFrame(
            {
                "kind": entry.kind,
                "method": entry.method or "",
                "self_reported_by": np.where(own, entry.self_reported_by or "", ""),
                "reads_as": entry.reads_as,
                "censored_below": limits["reading_low"].iloc[0],
                "censored_above": limits["reading_high"].iloc[0],
                "floor": np.nan if entry.floor is None else entry.floor,
                "ceiling": np.nan if entry.ceiling is None else entry.ceiling,
                "items": np.nan if entry.items is None else float(entry.items),
            },
            index=part.index,
        )
        scaled = transforms.apply(entry.transform, part, threshold=threshold)
        parts.append(part.drop(columns=extra.columns, errors="ignore").join(extra).join(scaled))
    if not parts:
        return rows.iloc[:0].reindex(columns=list(dict.fromkeys([*rows.columns, "kind", *ADDED])))
    return pd.concat(parts, ignore_index=True)
