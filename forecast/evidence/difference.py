"""What happened to the evidence between two days: rows that are new, corrected or gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from forecast.evidence.asof import corrected_among, public_on
from forecast.evidence.ledger import Ledger

_EVER = date(2200, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Frames with the columns of `asof.public_on`.

    `corrected` has the new rows, and in `was_id`, `was_value`, `was_low` and `was_high` what each of them replaced.
    """

    new: pd.DataFrame
    corrected: pd.DataFrame
    retracted: pd.DataFrame


def between(ledger: Ledger, start: date, end: date, *, recorded: bool = False) -> Difference:
    """From what was public on `start` to what was public on `end`; `recorded` goes by the day we recorded it instead.

    By publication a retraction of our own, which holds for all days, shows on none of them.
    """
    if recorded:
        before, after = (public_on(ledger, _EVER, recorded_by=day) for day in (start, end))
    else:
        before, after = public_on(ledger, start), public_on(ledger, end)
    old = before.set_index("id")
    replaced = corrected_among(ledger, after, old.index)
    corrected = after[replaced != ""]
    was = replaced[replaced != ""]
    corrected = corrected.assign(
        was_id=was, **{f"was_{name}": was.map(old[name]) for name in ("value", "low", "high")}
    ).reset_index(drop=True)
    return Difference(
        new=after[~after["id"].isin(old.index) & (replaced == "")].reset_index(drop=True),
        corrected=corrected,
        retracted=before[~before["id"].isin({*after["id"], *was})].reset_index(drop=True),
    )
