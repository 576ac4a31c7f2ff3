"""Whether a finished run can be had again: its files checked, its inputs set beside those of here and now, its numbers recomputed.

Nothing is read from a cache and nothing is written. The worldviews are those that the run keeps, its day and seed too;
code, versions and ledger are those that are here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

import priors
from forecast import artefacts, run, summary

if TYPE_CHECKING:
    from forecast.artefacts import Kept
    from forecast.evidence.ledger import Ledger

type Outcome = Literal["identical", "within", "differs"]

ALLOWED = 5.0
"""Standard errors of a difference, above which two numbers are not the same.

A run of six worldviews states some 10,000 numbers, so that the largest of their differences is large by chance alone:
4.0 standard errors in the middle case, were they independent and normal. The days of one event rise and fall together,
which makes it less, and the error of a date is itself uncertain, which makes it more. Among 51 pairs of independent
samples of one worldview each the worst was 3.9; by their tail one whole run in a hundred would go beyond 5. An error in
the code, in the rows or in a file moves whole curves by more.
"""

ROUNDING = 1e-12
"""Relative difference below which two numbers are one number, added up in another order."""

FEWEST = 25.0
"""Effective draws on the thinner side of a date "if ever", below which it is not compared: its error, read off the
dates of neighbouring draws, is then hardly known. P(ever) and the probabilities of all days always are compared."""

NAMED = ("worldview", "view", "without", "event", "output_type", "output_type_id")
"""Columns that name a number of the long table."""

VIEW, VIEW_AND_EVENT = list(NAMED[:3]), list(NAMED[:4])
DIFFERENT = (*NAMED, "then", "now", "errors")


@dataclass(frozen=True, kw_only=True)
class Input:
    """One thing that the numbers depend on, as it was then and as it is here now; "" where it is not known."""

    name: str
    then: str
    now: str
    same: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two long tables, number by number.

    ``worst`` is the largest difference in combined standard errors, inf where a number is missing or has no error.
    ``numbers`` were compared; ``too_rare`` were not (FEWEST). ``beyond`` has the columns DIFFERENT, one row for
    each number more than ALLOWED errors off, the worst first.
    """

    outcome: Outcome
    numbers: int
    too_rare: int
    worst: float
    beyond: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What became of a run that was recomputed.

    ``own_draws`` tells whether the table is what the stored draws give. ``rows_new`` and ``rows_gone`` are ids that
    the recomputation saw and the run did not, and the other way round. ``reweighted`` names the views that are the
    draws of an earlier fit under other weights, and were fitted anew here. ``verified``: the table follows from its
    draws, and the recomputed one does not differ.
    """

    day: date
    seed: int
    views: int
    inputs: tuple[Input, ...]
    rows_new: tuple[str, ...]
    rows_gone: tuple[str, ...]
    reweighted: tuple[str, ...]
    own_draws: bool
    comparison: Comparison
    verified: bool


def verify(
    folder: Path, *, ledger: Ledger, today: date, seed: int = 1, report: Callable[[str], None] = lambda _: None
) -> Verification:
    """Check a run's files, recompute it from what is here, and compare.

    ``today`` and ``seed`` are what a forecast made here now would take; they are shown, not used. Raises BadInput with
    every problem of the files, and sampling.NotConverged.
    """
    table, manifest, kept = artefacts.examine(folder)
    report(f"{folder}: the table and {len(kept)} views are those that the manifest names")
    day = date.fromisoformat(manifest["day"])
    again = recompute(kept, ledger, day=day, seed=manifest["seed"], report=report)
    own_draws = same_numbers(table, summary.long_table(one.view for one in kept))
    comparison = compare(table, summary.long_table(one.view for one in again))
    then, now = ({row for one in views for row in one.view.row_ids} for views in (kept, again))
    return Verification(
        day=day,
        seed=manifest["seed"],
        views=len(kept),
        inputs=inputs(manifest, kept, ledger=ledger, today=today, seed=seed),
        rows_new=tuple(sorted(now - then)),
        rows_gone=tuple(sorted(then - now)),
        reweighted=_reweighted(kept),
        own_draws=own_draws,
        comparison=comparison,
        verified=own_draws and comparison.outcome != "differs",
    )


def inputs(
    manifest: Mapping[str, Any], kept: Sequence[Kept], *, ledger: Ledger, today: date, seed: int
) -> tuple[Input, ...]:
    """Code, versions, machine, ledger, day, seed and worldviews of a run, beside those of here and now."""
    machine = manifest.get("machine")
    then = {
        "code": manifest["code"],
        **{name: manifest["versions"].get(name, "") for name in artefacts.PACKAGES},
        **{name: machine.get(name, "") if isinstance(machine, dict) else "" for name in artefacts.machine()},
        "ledger": manifest["ledger"],
        "day": manifest["day"],
        "seed": manifest["seed"],
    }
    now = {
        "code": artefacts.code_hash(),
        **artefacts.versions(),
        **artefacts.machine(),
        "ledger": ledger.sha256,
        "day": today.isoformat(),
        "seed": seed,
    }
    day = date.fromisoformat(manifest["day"])
    for one in kept:
        worldview = one.view.worldview
        then[f"worldview {worldview.name}"] = _hash(worldview)
        now[f"worldview {worldview.name}"] = _hash(_here(worldview.name, day))
    return tuple(
        Input(name=name, then=str(was), now=str(now[name]), same=str(was) == str(now[name]))
        for name, was in then.items()
    )


def _here(name: str, day: date) -> priors.Worldview | None:
    """The packaged worldview of that name as of a day; None for one of the user's own, or not stated by then."""
    if name not in priors.packaged():
        return None
    found = run.stated_by(name, day)
    return None if isinstance(found, str) else found


def _hash(worldview: priors.Worldview | None) -> str:
    return "" if worldview is None else hashlib.sha256(worldview.model_dump_json().encode()).hexdigest()


def _reweighted(kept: Sequence[Kept]) -> tuple[str, ...]:
    """Names of the views whose weights are on draws other than those of a stated view of the same run."""
    own = {one.key for one in kept}
    return tuple(one.view.worldview.name for one in kept if one.how == "reweighted" and one.base not in own)


def recompute(
    kept: Sequence[Kept], ledger: Ledger, *, day: date, seed: int, report: Callable[[str], None] = lambda _: None
) -> tuple[Kept, ...]:
    """The same views in the same order, computed afresh from the worldviews that they hold. Raises sampling.NotConverged."""
    evidence = run.Evidence(ledger)
    stated: dict[str, Kept] = {}
    found = []
    for one in kept:
        worldview = one.view.worldview
        said = worldview.model_dump_json()
        if said not in stated:
            stated[said] = run.state(worldview, evidence, seed=seed, report=report)
        if one.view.name == "stated":
            found.append(stated[said])
        else:
            without = one.view.without
            found.append(run.update(stated[said], evidence, day, seed=seed, without=without, report=report))
    return tuple(found)


def same_numbers(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    """Whether two long tables state the same numbers with the same errors, in the same order, rounding aside."""
    if len(a) != len(b) or not (a[list(NAMED)].to_numpy() == b[list(NAMED)].to_numpy()).all():
        return False
    return all(
        np.allclose(_floats(a, name), _floats(b, name), rtol=tolerance, atol=tolerance, equal_nan=True)
        for name, tolerance in (("value", ROUNDING), ("mcse", ROUNDING**0.5))  # near 0 and 1 an error is a square root
    )


def compare(then: pd.DataFrame, now: pd.DataFrame) -> Comparison:
    """Hold two long tables of the same run against each other.

    identical: written down they are the same bytes. within: of all numbers no two are further apart than ALLOWED times
    sqrt(mcse_then^2 + mcse_now^2), the standard error of their difference when the runs are independent.
    """
    both = _numbered(then).merge(_numbered(now), how="outer", on=[*NAMED, "copy"], suffixes=("_then", "_now"),
                                 indicator=True, sort=False)  # fmt: skip
    errors = _errors(both)
    rare = (_draws_beyond(both, then, now) < FEWEST) & (errors > 0)
    judged = np.where(rare, 0.0, errors)
    worst = float(judged.max(initial=0.0))
    identical = then.to_csv(index=False) == now.to_csv(index=False)
    off = both.assign(then=both["value_then"], now=both["value_now"], errors=judged)
    beyond = off.loc[judged > ALLOWED, list(DIFFERENT)].sort_values("errors", ascending=False, kind="stable")
    return Comparison(
        outcome="identical" if identical else "within" if worst <= ALLOWED else "differs",
        numbers=len(both) - int(rare.sum()),
        too_rare=int(rare.sum()),
        worst=worst,
        beyond=beyond.reset_index(drop=True),
    )


def _floats(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy(dtype=float)


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """With a number for each copy of a row that is there more than once, so that rows pair one to one."""
    return table.astype({"value": float, "mcse": float}).assign(copy=table.groupby(list(NAMED)).cumcount())


def _errors(both: pd.DataFrame) -> np.ndarray:
    """Standard errors between the numbers of each pair (n,): 0 for the same number, or none twice; inf where only one
    is a number, a row is missing, or the errors are 0 or unknown."""
    a, b = _floats(both, "value_then"), _floats(both, "value_now")
    combined = np.hypot(_floats(both, "mcse_then"), _floats(both, "mcse_now"))
    apart = np.abs(a - b)
    errors = np.full(len(both), np.inf)
    np.divide(apart, combined, out=errors, where=(combined > 0) & np.isfinite(apart))
    same = (apart <= ROUNDING * np.maximum(1.0, np.abs(a))) | (np.isnan(a) & np.isnan(b))
    return np.where(same & (both["_merge"] == "both").to_numpy(), 0.0, errors)


def _draws_beyond(both: pd.DataFrame, then: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    """Effective draws on the thinner side of each date "if ever" (n,), in the table that has fewer; inf for what is no
    such date, or is missing."""
    named = pd.MultiIndex.from_frame(both[VIEW_AND_EVENT])
    draws = np.minimum(*(_draws_with(table).reindex(named).to_numpy(dtype=float) for table in (then, now)))
    levels = both["output_type_id"].where(both["output_type"] == "quantile_if_ever")
    share = pd.Series(pd.to_numeric(levels, errors="coerce")).to_numpy(dtype=float)
    beyond = draws * np.minimum(share, 1.0 - share)
    return np.where(np.isnan(beyond) | (both["_merge"] != "both").to_numpy(), np.inf, beyond)


def _draws_with(table: pd.DataFrame) -> pd.Series:
    """Effective draws in which an event ever happens, by VIEW_AND_EVENT.

    A probability p with the standard error e was read off p (1 - p) / e^2 of them (`summary`), the same for all of a view.
    """
    p, error = table["value"].astype(float), table["mcse"].astype(float)
    shares = (table["output_type"] != "quantile_if_ever") & (error > 0)
    draws = (p * (1.0 - p) / error**2).where(shares).groupby([table[name] for name in VIEW]).transform("median")
    ever = (table["output_type"] == "cdf") & (table["output_type_id"] == summary.DAYS[-1].isoformat())
    found = (draws * p)[ever].set_axis(pd.MultiIndex.from_frame(table.loc[ever, VIEW_AND_EVENT]))
    return found[~found.index.duplicated()]
