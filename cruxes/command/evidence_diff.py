"""`rsi evidence diff`: what became known between two days."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cruxes.command.evidence_tables import as_records, number, span
from cruxes.command.options import SHORTEST_ID, JsonFlag, LedgerOption, open_ledger, parse_day
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console


def register(commands: typer.Typer) -> None:
    commands.command("diff")(diff)


def diff(
    start: Annotated[str, typer.Argument(metavar="FROM", help="A day, not included.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="A day, included.")],
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Go by the day on which we recorded it, not on which it was public.")
    ] = False,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """What became public between two days.

    New rows, corrected ones with their old value, and withdrawn ones.
    """
    from forecast.evidence import difference

    first, last = parse_day(start, option="FROM"), parse_day(end, option="TO")
    if first > last:
        expected = f"no earlier than FROM, {first}"
        problem = Problem(file="command line", where="TO", found=str(last), expected=expected, remedy="Swap the two.")
        raise BadInput([problem])
    found = difference.between(open_ledger(ledger), first, last, recorded=recorded)
    parts = {"new": found.new, "corrected": found.corrected, "retracted": found.retracted}
    if as_json:
        report = {name: as_records(rows) for name, rows in parts.items()}
        said = {"from": start, "to": end, "by": "recorded" if recorded else "public", **report}
        typer.echo(json.dumps(said, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    for name, rows in parts.items():
        if len(rows):
            _print_part(console, name, rows)
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in parts.items())
    verb = "recorded" if recorded else "public"
    console.print(f"{verb.capitalize()} after {first}, up to {last}: {counts}.", soft_wrap=True)


def _print_part(console: Console, name: str, rows: pd.DataFrame) -> None:
    """By series, one line a row: subject, day observed, value, its interval or what it was before, and id."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(name, style="bold"))
    for series, part in rows.groupby("series", sort=True):
        grid = Table(box=None, show_header=False, padding=(0, 1, 0, 0), width=min(console.width, 100))
        grid.add_column(overflow="fold", ratio=1)
        grid.add_column(width=10)
        grid.add_column(justify="right", width=9)
        grid.add_column(width=13 if name == "corrected" else 17)
        grid.add_column(width=SHORTEST_ID)
        for row in part.to_dict(orient="records"):
            value = number(row["value"], bound=row["bound"])
            beside = f"was {number(row['was_value'])}" if name == "corrected" else span(row["low"], row["high"])
            observed = f"{row['observed_on']:%Y-%m-%d}"
            grid.add_row(Text(row["subject"]), observed, value, beside, row["id"][:SHORTEST_ID])
        console.print(Text(str(series), style="dim"), soft_wrap=True)
        console.print(grid)
    console.print()
