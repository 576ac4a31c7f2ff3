"""The ledger as it stood: what was public on a day, in which edition, and what was new since another day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import pandas as pd

from forecast.evidence import register as registers
from forecast.evidence.ledger import Ledger
from forecast.evidence.register import Register

ASSUMED_DELAY = timedelta(days=90)


def public_on(ledger: Ledger, day: date, *, strict: bool = False, recorded_by: date | None = None) -> pd.DataFrame:
    """Rows of the ledger that were public on `day`, with two more columns.

    `public_on` is published_on, or 90 days after observed_on where that is unknown; `publication_assumed` flags the
    latter. `strict` drops flagged rows, as a track record must.

    Two clocks run here. A row that supersedes another replaces it from the day the new value was public: our own
    slip, corrected under the old published_on, is mended in every past; a publisher's correction only from its own
    day on. A retraction without a published_on holds for all days. And `recorded_by` gives the ledger as we had it
    on that day: rows recorded later, corrections and retractions among them, are not seen.
    """
    rows = ledger.rows
    if recorded_by is not None:
        rows = rows[rows["recorded_on"] <= pd.Timestamp(recorded_by)]
    assumed = rows["published_on"].isna()
    since = rows["published_on"].fillna(rows["observed_on"] + pd.Timedelta(ASSUMED_DELAY))
    rows = rows.assign(public_on=since, publication_assumed=assumed)
    timeless = (rows["retracts"] != "") & assumed
    rows = rows[timeless | (since <= pd.Timestamp(day))]
    gone = set(rows["supersedes"]) | set(rows["retracts"])
    rows = rows[~rows["id"].isin(gone) & (rows["retracts"] == "")]
    if strict:
        rows = rows[~rows["publication_assumed"]]
    return rows.reset_index(drop=True)


def vintage_on(day: date, *, family: str, register: Register | None = None) -> str | None:
    """The series of the family that was current on `day`; None before the first. Pass the ledger's register."""
    register = register or registers.read()
    current = [v.series for v in register.families[family].vintages if v.current_from <= day]
    return current[-1] if current else None


def new_measurements(
    ledger: Ledger,
    *,
    family: str,
    after: date,
    until: date,
    strict: bool = False,
    recorded_by: date | None = None,
    register: Register | None = None,
) -> pd.DataFrame:
    """Rows of the edition current on `until`, public in (after, until], on subjects in no edition public by `after`.

    A new edition repeats old measurements with new values; those are no news. Columns as `public_on`, and
    `same_subject`, the subject's name across editions.
    """
    register = register or ledger.register
    names = register.families[family].same_subject
    members = [vintage.series for vintage in register.families[family].vintages]

    def of_family(day: date) -> pd.DataFrame:
        rows = public_on(ledger, day, strict=strict, recorded_by=recorded_by)
        rows = rows[rows["series"].isin(members)]
        return rows.assign(same_subject=rows["subject"].replace(names))

    known = set(of_family(after)["same_subject"])
    rows = of_family(until)
    fresh = (rows["series"] == vintage_on(until, family=family, register=register)) & (
        rows["public_on"] > pd.Timestamp(after)
    )
    return rows[fresh & ~rows["same_subject"].isin(known)].reset_index(drop=True)


def new_rows(
    ledger: Ledger, *, after: date, until: date, strict: bool = False, recorded_by: date | None = None
) -> pd.DataFrame:
    """Rows of every series that became public in (after, until]; corrections of what was public before are no news."""
    rows = public_on(ledger, until, strict=strict, recorded_by=recorded_by)
    known = set(public_on(ledger, after, strict=strict, recorded_by=recorded_by)["id"])
    fresh = (rows["public_on"] > pd.Timestamp(after)) & (corrected_among(ledger, rows, known) == "")
    return rows[fresh].reset_index(drop=True)


def corrected_among(ledger: Ledger, rows: pd.DataFrame, known: Collection[str]) -> pd.Series:
    """For each row the id among `known` that it corrects, at once or through others; "" where there is none."""
    replaces = dict(zip(ledger.rows["id"], ledger.rows["supersedes"], strict=True))

    def first_known(target: str) -> str:
        while target and target not in known:
            target = replaces.get(target, "")
        return target

    return pd.Series([first_known(target) for target in rows["supersedes"]], index=rows.index, dtype=str)
