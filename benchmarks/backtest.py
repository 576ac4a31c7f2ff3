"""`python -m benchmarks.backtest [--seed N] [--json FILE]`: forecasts from past stands against what came."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from forecast import backtest
from forecast.evidence import ledger as ledgers

CLOCKS = {
    "observed": "pseudo-real-time: newest edition, cut at release dates",
    "published": "as published: the edition then current, by day of publication",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every outcome there")
    options = parser.parse_args()
    progress, console = Console(stderr=True), Console(highlight=False, width=100)
    ledger = ledgers.read()
    newest = ledger.rows["recorded_on"].max().date()
    outcomes = backtest.run(ledger, newest=newest, seed=options.seed, report=progress.print)
    found = backtest.table(outcomes)
    for clock, title in CLOCKS.items():
        part = found[found["clock"] == clock]
        if len(part):
            console.print(_shown(part, title))
    console.print(
        "Covered: percent of outcomes inside central intervals, with the 90 % binomial interval (outcomes are "
        "correlated, so it is too narrow). CRPS in ln hours and in shares; 'same' is on the rows that a straight line "
        "through the known readings can forecast."
    )
    if options.json:
        options.json.write_text(outcomes.to_json(orient="records", indent=1) + "\n", encoding="utf-8")


def _shown(found: pd.DataFrame, title: str) -> Table:
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("stand", "kind"):
        shown.add_column(name, no_wrap=True)
    for name in ("n", "cens.", *(f"{100 * level:.0f} %" for level in backtest.LEVELS), "CRPS", "same", "line's"):
        shown.add_column(name, justify="right", no_wrap=True)
    for line in found.to_dict(orient="records"):
        cover = [
            f"{100 * line[name]:.0f} ({100 * line[f'{name}_low']:.0f}-{100 * line[f'{name}_high']:.0f})"
            for name in (f"covered_{100 * level:.0f}" for level in backtest.LEVELS)
        ]
        crps = [f"{line[name]:.2f}" for name in ("crps", "crps_same", "crps_baseline")]
        shown.add_row(line["stand"], line["kind"], str(line["outcomes"]), str(line["censored"]), *cover, *crps)
    return shown


if __name__ == "__main__":
    main()
