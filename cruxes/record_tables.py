"""The track record of encodings and the history of their forecasts, as tables for the book."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import pandas as pd

from cruxes import evidence_tables, refits
from forecast import backtest, run, scoring
from forecast.artefacts import Kept
from forecast.evidence.ledger import Ledger
from forecast.run import Evidence
from forecast.view import View

ENCODINGS, PARTICLES = 8, 1000
"""Of `rsi score` these are 20 and 2,500: the book's scores have a larger Monte Carlo error, which they say."""

EVERY_MONTHS = 3
"""Between the days of the history: each month costs a fit for most worldviews."""

HISTORY_COLUMNS = ("worldview", "day", "event", "p", "mcse", "never", "stopped", "rows", "how")


def scores(
    kept: Sequence[Kept],
    ledger: Ledger,
    *,
    day: date,
    seed: int,
    others: int = ENCODINGS,
    particles: int = PARTICLES,
    report: Callable[[str], None] = lambda _: None,
) -> Mapping[str, pd.DataFrame]:
    """`scoring.tables` (totals, pairs, rows) of the worldviews of ``kept``, whose stated views bring their cuts.

    Raises sampling.NotConverged, tilt.NoTilt.
    """
    stated = [one for one in kept if one.view.name == "stated"]
    found = scoring.records(
        [one.view.worldview for one in stated], ledger, day, seed=seed, others=others, particles=particles,
        fitted=scoring.of_priors(stated), report=report,
    )  # fmt: skip
    return scoring.tables(found)


def outcomes(
    ledger: Ledger, *, day: date, seed: int, report: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:  # fmt: skip
    """`backtest.run` on both clocks; `coverage` sums it up. Raises sampling.NotConverged."""
    return backtest.run(ledger, newest=day, seed=seed, report=report)


def coverage(found: pd.DataFrame) -> pd.DataFrame:
    """One line for each clock, stand ("all" too), kind and level: outcomes, covered, its 90 % interval (low, high)."""
    table, lines = backtest.table(found), []
    for row in table.to_dict(orient="records"):
        for level in backtest.LEVELS:
            name = f"covered_{100 * level:.0f}"
            lines.append({
                **{key: row[key] for key in ("clock", "stand", "kind", "outcomes", "censored", "crps_same", "crps_baseline")},
                "level": level, "covered": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"],
            })  # fmt: skip
    return pd.DataFrame(lines)


def history(
    kept: Sequence[Kept],
    ledger: Ledger,
    *,
    day: date,
    seed: int,
    events: Sequence[str] = evidence_tables.EVENTS,
    every_months: int = EVERY_MONTHS,
    report: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """HISTORY_COLUMNS: each worldview's P(event by the end of 2030) on its as-of date (as stated), on the first of every
    third month since, and on ``day``.

    A past day is asked of the ledger as it stood then. Draws of the nearest fit, or of the stated view, are weighed where
    that can be trusted; otherwise the sampler runs (``how``). Raises sampling.NotConverged.
    """
    by = {(one.view.worldview.name, one.view.name): one for one in kept if not one.view.without}
    evidence, lines = Evidence(ledger), []
    for name in dict.fromkeys(who for who, _ in by):
        stated, after = by[name, "stated"], by.get((name, "updated"))
        found: list[tuple[date, str, View, int]] = [(stated.view.worldview.as_of, "stated", stated.view, 0)]
        found += _between(stated, after, evidence, day=day, seed=seed, every_months=every_months, report=report)
        if after is not None:
            found.append((day, after.how, after.view, len(run.counted(after.blocks))))
        for when, how, view, rows in found:
            for line in evidence_tables.answers(view, events):
                lines.append({**line, "day": when.isoformat(), "rows": rows, "how": how})
    return pd.DataFrame(lines, columns=list(HISTORY_COLUMNS))


def _between(
    stated: Kept, after: Kept | None, evidence: Evidence, *, day: date, seed: int, every_months: int,
    report: Callable[[str], None],
) -> list[tuple[date, str, View, int]]:  # fmt: skip
    as_of = stated.view.worldview.as_of
    fits = [after] if after is not None and after.how == "fitted" else []
    found = []
    for when in days(as_of, day, every_months=every_months):
        blocks = evidence.new(as_of, when)
        count = len(run.counted(blocks))
        view, how = _on(when, stated, fits, evidence, seed=seed, report=report)
        found.append((when, how, view, count))
    return found


def _on(
    when: date, stated: Kept, fits: list[Kept], evidence: Evidence, *, seed: int, report: Callable[[str], None]
) -> tuple[View, str]:  # fmt: skip
    """The view of a past day; a new fit joins ``fits``."""
    worldview = stated.view.worldview
    blocks = evidence.new(worldview.as_of, when)
    if set(run.counted(blocks)) <= set(blocks["absence"].ids):
        return run.update(stated, evidence, when, seed=seed).view, "reweighted"
    for base in [*sorted(fits, key=lambda one: abs((one.view.day - when).days)), stated]:
        view = refits.weighed(base, stated, blocks, evidence, when, seed=seed)
        if view is not None:
            return view, "reweighted"
    report(f"{worldview.name}: fitted as of {when}")
    fits.append(refits.fitted(stated, blocks, evidence, when, seed=seed))
    return fits[-1].view, "fitted"


def days(after: date, before: date, *, every_months: int) -> list[date]:
    """Firsts of January and every so many months on, between two days, both left out."""
    firsts = (
        date(year, month, 1) for year in range(after.year, before.year + 1) for month in range(1, 13, every_months)
    )
    return [first for first in firsts if after < first < before]
