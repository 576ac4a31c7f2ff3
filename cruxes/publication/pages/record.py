"""The track record of encodings, and the history of their forecasts."""

from __future__ import annotations

import pandas as pd

from cruxes.publication.html import Html, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, records
from cruxes.wording import percent


def scores() -> Html:
    """Log scores of the rows since each as-of date, against the baseline."""
    rows = []
    for r in records(frame("scores")):
        gained = f"{r['difference']:+.1f} ({r['difference_low']:+.1f} to {r['difference_high']:+.1f})"
        rows.append((common.named(r["worldview"]), r["selection"], str(r["rows"]),
                     "–" if r["difference"] != r["difference"] else gained))  # fmt: skip
    heads = ["After", "Rows that count", "How many", "Nats over the baseline (range over fair encodings)"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        numbers=heads[2:],
        caption="Prequential scores of encodings, not of persons",
    )


def separated() -> Html:
    """How far the evidence tells two encodings apart."""
    own = frame("score-pairs")
    return table(
        own.round(3),
        caption="How far evidence separates two encodings (rows after both as-of dates)",
        numbers=list(own.columns[2:]),
        row_heads=2,
    )


def coverage() -> Html:
    """Coverage of past intervals, stand by stand."""
    rows = [
        (r["clock"], r["stand"], r["kind"], str(r["outcomes"]), f"{100 * r['level']:.0f} %",
         f"{100 * r['covered']:.0f} % ({100 * r['low']:.0f} to {100 * r['high']:.0f})", f"{r['crps_same']:.2f}", f"{r['crps_baseline']:.2f}")
        for r in records(frame("coverage"))
    ]  # fmt: skip
    heads = [
        "Clock",
        "Stand",
        "Of",
        "Outcomes",
        "Interval",
        "Covered (90 % binomial interval)",
        "CRPS",
        "CRPS of a line",
    ]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[3:], row_heads=3, sortable=True,
                 caption="Backtests: six months ahead from past stands (outcomes are correlated, so the intervals are too narrow)")  # fmt: skip


def history() -> Html:
    """Forecasts of LOOP over time."""
    own = frame("history")
    own = own[own["event"] == "LOOP"]
    rows = [
        (
            common.named(r["worldview"]),
            r["day"],
            f"{percent(r['p'])} ± {100 * r['mcse']:.1f}",
            percent(r["never"]),
            str(r["rows"]),
            r["how"],
        )
        for r in records(own)
    ]
    heads = ["After", "As of", "by 2030, percent", "Never, percent", "Rows since as-of", "How"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        numbers=heads[2:5],
        caption="Changelog of forecasts: P(LOOP by the end of 2030)",
        sortable=True,
    )
