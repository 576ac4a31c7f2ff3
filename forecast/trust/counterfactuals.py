"""Other data than came: the readings since a worldview spoke, changed in one way whose effect anybody would foresee.

A counterfactual changes only what became public after the as-of date. What was public then is priced into what the
person said, and nobody can say what they would have said in another world. `CHANGES` work on readings
(`rows.new_between`), before any observation model has seen them; `forgotten` and `repeated` are whole ledgers in memory.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from forecast.evidence import asof, selection
from forecast.evidence.ledger import Ledger
from forecast.evidence.rows import COLUMNS, content_id
from forecast.mechanism import HISTORY_START

STOP = pd.Timestamp("2025-12-31")
"""Last day of the world as it was, for readings whose subject came later."""

FEEDBACK_RETURN = "ce6a329b14e93f21"
"""The one estimate of what gains in capability return to research."""

RETURN_PUBLISHED = 9.0 / 15.0
"""r (1 - phi) as that estimate has it: 9 %, where 15 % sustains itself."""

READINGS = ["reading", "reading_low", "reading_high"]
DAYS_PER_YEAR = 365.25

type Change = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
"""Readings as of `rows.new_between`, and all that were known on the last day (`rows.known_by`) -> other readings."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A straight line through ln minutes: its ``level`` at the end of STOP and its ``slope`` per year."""

    level: float
    slope: float


def trend_line(known: pd.DataFrame, *, p80: bool) -> Line:
    """Least squares through METR's horizons of models that were the best when they came out, from the start of the
    grid to STOP. Raises ValueError where there are fewer than three."""
    rows = known[(known["kind"] == "horizon") & (known["series"].str.contains("p80") == p80)]
    rows = rows[(rows["observed_on"] <= STOP) & (rows["observed_on"] >= pd.Timestamp(int(HISTORY_START), 1, 1))]
    rows = rows[selection.frontier(rows)]
    if len(rows) < 3:
        raise ValueError(f"{len(rows)} horizons until {STOP:%Y-%m-%d}: no trend to stop or to double")
    slope, level = np.polyfit(_years_after_stop(rows), rows["reading"].to_numpy(float), 1)
    return Line(level=float(level), slope=float(slope))


def _years_after_stop(rows: pd.DataFrame) -> np.ndarray:
    return (rows["observed_on"] - STOP).dt.days.to_numpy(float) / DAYS_PER_YEAR


def unchanged(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The world as it was."""
    return rows


def horizons_stop(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Every horizon of a model released after STOP at the level the trend had then; intervals keep their widths."""
    return _moved_horizons(rows, known, lambda line, part: line.level - part["reading"].to_numpy(float))


def horizons_at_twice_the_speed(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Every horizon of a model released after STOP higher by what the trend itself gained since then, in logarithms."""
    return _moved_horizons(rows, known, lambda line, part: line.slope * _years_after_stop(part))


def _moved_horizons(
    rows: pd.DataFrame, known: pd.DataFrame, by: Callable[[Line, pd.DataFrame], np.ndarray]
) -> pd.DataFrame:
    found = rows.copy()
    late = (rows["kind"] == "horizon") & (rows["observed_on"] > STOP) & ~rows["context"]
    for p80 in (False, True):
        chosen = late & (rows["series"].str.contains("p80") == p80)
        if chosen.any():
            shift = by(trend_line(known, p80=p80), rows[chosen])
            found.loc[chosen, READINGS] = rows.loc[chosen, READINGS].to_numpy(float) + shift[:, None]
    return found


def shares_at_half_the_odds(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Each month of the R&D share chart with half its odds."""
    found, chosen = rows.copy(), rows["kind"] == "share"
    share = rows.loc[chosen, READINGS].to_numpy(float)
    found.loc[chosen, READINGS] = share / (2.0 - share)
    return found


def shares_do_not_grow(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Each month of the R&D share chart reads as the first month of its series did."""
    found = rows.copy()
    for _, part in rows[(rows["kind"] == "share") & ~rows["context"]].groupby("series"):
        first = part.sort_values("observed_on", kind="stable").iloc[0]
        found.loc[part.index, READINGS] = first[READINGS].to_numpy(float)
    return found


def returns_unknown(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Without the one estimate of the feedback return."""
    return rows[rows["id"] != FEEDBACK_RETURN].reset_index(drop=True)


def returns_doubled(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The same estimate twice as high: above what sustains itself instead of below."""
    found = rows.copy()
    found.loc[rows["id"] == FEEDBACK_RETURN, READINGS] *= 2.0
    return found


def trials_find_nothing(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Each randomised trial of a person's speed-up finds none; intervals keep their widths in logarithms."""
    found = rows.copy()
    chosen = (rows["kind"] == "uplift") & (rows["method"] != "self_report")
    found.loc[chosen, READINGS] = rows.loc[chosen, READINGS].div(rows.loc[chosen, "reading"], axis=0)
    return found


def benchmarks_flat(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """No benchmark score of a model released after STOP above the best until then, or above the first where the
    benchmark is newer; intervals keep their widths."""
    found = rows.copy()
    for _, part in rows[rows["kind"] == "benchmark"].groupby("series"):
        part = part.sort_values("observed_on", kind="stable")
        before = part[part["observed_on"] <= STOP]
        ceiling = float(before["reading"].max()) if len(before) else float(part["reading"].iloc[0])
        late = part[(part["observed_on"] > STOP) & ~part["context"]]
        shift = np.minimum(ceiling - late["reading"].to_numpy(float), 0.0)
        found.loc[late.index, READINGS] = late[READINGS].to_numpy(float) + shift[:, None]
    return found


@dataclass(frozen=True, kw_only=True)
class Counterfactual:
    """``name`` as it stands in tables; ``says``: what would have been published instead. ``loop``, ``swx3``: the way
    P(by the end of 2030) should go, +1 up, -1 down, 0 where common sense is silent. ``matters``: events of which the
    mean over all worldviews must go that way beyond doubt."""

    name: str
    says: str
    change: Change
    loop: int
    swx3: int
    matters: tuple[str, ...] = ()


CHANGES = (
    Counterfactual(
        name="horizons stopped", change=horizons_stop, loop=-1, swx3=-1, matters=("LOOP",),
        says="METR's horizons of models released after 2025 all at the level that the trend had reached by then",
    ),
    Counterfactual(
        name="horizons at twice the speed", change=horizons_at_twice_the_speed, loop=1, swx3=1, matters=("LOOP",),
        says="METR's horizons of models released after 2025 higher by what the trend has gained since, so that it doubles",
    ),
    Counterfactual(
        name="shares at half the odds", change=shares_at_half_the_odds, loop=-1, swx3=-1,
        says="every month of the R&D share chart at half its odds",
    ),
    Counterfactual(
        name="shares without growth", change=shares_do_not_grow, loop=-1, swx3=-1, matters=("LOOP",),
        says="every month of the R&D share chart as its first one",
    ),
    Counterfactual(
        name="returns unknown", change=returns_unknown, loop=0, swx3=1, matters=("SWX3",),
        says="no estimate of what gains in capability return to research (it was 9 %, where 15 % sustains itself)",
    ),
    Counterfactual(
        name="returns doubled", change=returns_doubled, loop=0, swx3=1, matters=("SWX3",),
        says="that estimate at 18 %",
    ),
    Counterfactual(
        name="trials find nothing", change=trials_find_nothing, loop=-1, swx3=-1, matters=("LOOP",),
        says="every randomised trial of a person's speed-up finding none",
    ),
    Counterfactual(
        name="benchmarks flat", change=benchmarks_flat, loop=-1, swx3=-1, matters=("LOOP",),
        says="no score of a model released after 2025 above the best until then, or above a newer benchmark's first",
    ),
)  # fmt: skip
"""What common sense expects was written down before any of them was computed."""


def forgotten(ledger: Ledger, *, after: date) -> Ledger:
    """The ledger without anything that became public after that day."""
    return _other(ledger, ledger.rows[_public_since(ledger) <= pd.Timestamp(after)], f"nothing after {after}")


def repeated(ledger: Ledger, *, days_later: int) -> Ledger:
    """Every row twice, the second time under a new id and published that many days later, as no reader of files has
    checked it."""
    copies = ledger.rows.assign(
        id="copy-" + ledger.rows["id"],
        published_on=ledger.rows["published_on"] + pd.Timedelta(days=days_later),
        supersedes="",
    )
    copies = copies[copies["retracts"] == ""]
    return _other(ledger, pd.concat([ledger.rows, copies], ignore_index=True), f"twice, {days_later} days apart")


def _public_since(ledger: Ledger) -> pd.Series:
    rows = ledger.rows
    return rows["published_on"].fillna(rows["observed_on"] + pd.Timedelta(asof.ASSUMED_DELAY))


def _other(ledger: Ledger, rows: pd.DataFrame, what: str) -> Ledger:
    """Another ledger has another hash: what was computed from the first is never taken for it."""
    sha256 = hashlib.sha256(f"{ledger.sha256} {what}".encode()).hexdigest()
    return replace(ledger, rows=rows.reset_index(drop=True), sha256=sha256)


def file_with_copies(cells: Sequence[dict[str, str]]) -> bytes:
    """A csv of these rows and then of the same with another note, under the ids that are right for them."""
    copies = [row | {"note": "Again."} for row in cells]
    text = io.StringIO()
    written = csv.DictWriter(text, fieldnames=list(COLUMNS), lineterminator="\n")
    written.writeheader()
    written.writerows([*cells, *(row | {"id": content_id(row)} for row in copies)])
    return text.getvalue().encode()
