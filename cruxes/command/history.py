"""`rsi history`: how forecasts have moved over time, and which rows moved them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.options import JsonFlag, LedgerOption
from cruxes.wording import MEANINGS, RARE, percent
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

BARS = "▁▂▃▄▅▆▇█"
HEAD = 16
"""Digits shown of the hash that stands for the whole file."""


def register(app: typer.Typer) -> None:
    app.command("history")(history)


def history(
    worldview: Annotated[str | None, typer.Option(metavar="NAME", help="Only this one.")] = None,
    event: Annotated[str, typer.Option(metavar="EVENT", help="Of what.")] = "LOOP",
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Forecasts over time, as rsi forecast and rsi update left them: how the dates moved, and which rows moved them."""
    from forecast import history as records
    from forecast.evidence import store

    if event not in MEANINGS:
        raise BadInput([Problem(file="rsi history", where="--event", found=ascii(event),
                                expected=f"one of {', '.join(MEANINGS)}", remedy="Correct the event's code.")])  # fmt: skip
    place = store.folder(ledger)
    found = records.read(place)
    known = list(dict.fromkeys(name for one in found for name in one["worldviews"]))
    if worldview is not None and found and worldview not in known:
        raise BadInput([Problem(file="rsi history", where="--worldview", found=ascii(worldview),
                                expected=f"one of {', '.join(known)}", remedy="Correct the name.")])  # fmt: skip
    table = records.frame(found, worldview=worldview, event=event)
    if as_json:
        lines = table.astype(object).where(table.notna(), None).to_dict(orient="records")
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=1))
        return
    if table.empty:
        typer.echo("No forecast has been kept yet: rsi forecast and rsi update keep theirs.")
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"{event}: {MEANINGS[event]}", soft_wrap=True)
    console.print()
    for name, part in table.groupby("worldview", sort=False):
        _print(console, str(name), part)
    console.print(
        "Percent; dates are among futures in which it happens by 2100. Below a table, in percentage points of P(by the "
        "end of 2030): what a row, or the rows of a chart, did when they came."
    )
    console.print(
        f"The file's head is {records.head(place)[:HEAD]}. Noted elsewhere, it shows later whether lines were cut from its end."
    )


def _print(console: Console, name: str, part: pd.DataFrame) -> None:
    from rich.table import Table

    shown = Table(title=f"after {name}  {sparkline(part['by_2030'])}", title_justify="left", title_style="bold",
                  box=None, pad_edge=False, padding=(0, 2, 0, 0))  # fmt: skip
    shown.add_column("as of", no_wrap=True)
    for heading in ("by 2028", "by 2030", "never", "LOC,PAUSE", "10 %", "50 %", "90 %", "new rows"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in part.to_dict(orient="records"):
        ever = 1.0 - row["never"] - row["stopped"]
        quantiles = [row[f"q{level}_if_ever"] if ever >= RARE else None for level in (10, 50, 90)]
        shown.add_row(
            row["day"],
            *(percent(row[column]) for column in ("by_2028", "by_2030", "never", "stopped")),
            *("-" if q is None or q != q else f"{q:.1f}" for q in quantiles),
            _count(row),
        )
    console.print(shown)
    movers = Table(box=None, show_header=False, padding=(0, 1, 0, 0), width=min(console.width, 100))
    movers.add_column(no_wrap=True)
    movers.add_column(justify="right", no_wrap=True)
    movers.add_column(overflow="fold", ratio=1)
    for row in part.to_dict(orient="records"):
        for what, rows, change in row["moved_by"]:
            movers.add_row(row["day"], f"{100 * change:+.1f}", what + (f" ({rows} rows)" if rows > 1 else ""))
    if movers.row_count:
        console.print(movers)
    console.print()


def _count(row: Mapping[Any, Any]) -> str:
    """Rows that came, and, where any did, those that went."""
    return f"{len(row['new'])}" + (f", {len(row['gone'])} gone" if row["gone"] else "")


def sparkline(values: Sequence[float] | pd.Series) -> str:
    """Probabilities as bars from 0 to 1, and the first and last in percent."""
    shares = [float(p) for p in values]
    bars = "".join(BARS[min(int(p * len(BARS)), len(BARS) - 1)] for p in shares)
    ends = [percent(shares[0]), percent(shares[-1])]
    return f"by 2030: {bars} {ends[0]} %" + (f" to {ends[1]} %" if len(bars) > 1 else "")
