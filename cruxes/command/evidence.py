"""`rsi evidence`: what the ledger holds, what of it counts on a day, and whether a file is in order."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from forecast.evidence.ledger import Ledger

commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The ledger of published observations.")
JsonFlag = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="evidence")


@commands.command("list")
def list_series(
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="What was public that day (default: all).")] = None,
    series: Annotated[str | None, typer.Option(metavar="SERIES", help="Only this one, row by row.")] = None,
    unused: Annotated[bool, typer.Option("--unused", help="Only series of which no row is used.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Each series: its rows, how many of them count on a day, and why the others do not."""
    from forecast.evidence import ledger, selection

    book = ledger.read()
    day = parse_day(as_of, option="--as-of") if as_of is not None else book.rows["recorded_on"].max().date()
    rows = selection.use_on(book, day)
    table = series_table(book, rows)
    if series is not None:
        table = [line for line in table if line["series"] == series]
        rows = rows[rows["series"] == series]
        if not table:
            raise BadInput([_unknown_series(series, known=book.rows["series"].unique())])
    if unused:
        table = [line for line in table if not line["used"]]
    if as_json:
        found: dict[str, Any] = {"as_of": day.isoformat(), "series": table}
        if series is not None:
            found["rows"] = [{name: _plain(x) for name, x in row.items()} for row in rows.to_dict(orient="records")]
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    _print_series(console, table, day=day)
    if series is not None:
        _print_rows(console, rows)


@commands.command("check")
def check_file(
    file: Annotated[Path | None, typer.Argument(help="A csv file with the ledger's columns (default: ours).")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Every problem of a ledger file at once; exit code 2 if there is any. Writes nothing."""
    from forecast.evidence import ledger

    name = file.name if file is not None else "observations.csv"
    found: tuple[Problem, ...] = ()
    count = None
    try:
        count = len(ledger.read(file).rows)
    except BadInput as bad:
        if not as_json:
            raise
        found = bad.problems
    if as_json:
        listed = [vars(problem) for problem in found]
        typer.echo(json.dumps({"file": name, "rows": count, "problems": listed}, ensure_ascii=False, indent=1))
        if found:
            raise typer.Exit(2)
    else:
        typer.echo(f"{name}: {count} rows, no problems.")


def parse_day(text: str, *, option: str) -> date:
    """YYYY-MM-DD and nothing else. Raises BadInput."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        problem = Problem(
            file="command line",
            where=option,
            found=ascii(text),
            expected="a day as YYYY-MM-DD",
            remedy="Write, for example, 2026-05-04.",
        )
        raise BadInput([problem])
    return day


def series_table(book: Ledger, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One line per series of the ledger; `rows` is what `selection.use_on` gave for the day."""
    from forecast.evidence import register as registers
    from forecast.evidence.selection import UNREGISTERED

    entries = registers.read().series
    public = dict(list(rows.groupby("series")))
    table = []
    for name, part in book.rows[book.rows["retracts"] == ""].groupby("series", sort=True):
        series = str(name)
        entry, seen = entries.get(series), public.get(name)
        if entry is None:
            why = [UNREGISTERED]
        elif entry.why is not None:
            why = [entry.why]
        elif seen is None:
            why = ["nothing of it was public"]
        else:
            why = list(dict.fromkeys(reason for reason in seen["why_unused"] if reason))
        table.append(
            {
                "series": series,
                "kind": entry.kind if entry else "none",
                "rows": len(part),
                "first": part["observed_on"].min().date().isoformat(),
                "last": part["observed_on"].max().date().isoformat(),
                "public": 0 if seen is None else len(seen),
                "used": 0 if seen is None else int(seen["used"].sum()),
                "why_unused": "; ".join(why),
            }
        )
    return table


def _plain(cell: Any) -> Any:
    """A cell as json has it: days as YYYY-MM-DD, nothing for NaN and NaT."""
    if cell != cell:
        return None
    return cell.strftime("%Y-%m-%d") if isinstance(cell, date) else cell


def _unknown_series(series: str, *, known: Iterable[str]) -> Problem:
    near = difflib.get_close_matches(series, list(known), n=3, cutoff=0.4)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "List them with `rsi evidence list`."
    return Problem(
        file="command line", where="--series", found=ascii(series), expected="a series of the ledger", remedy=remedy
    )


def _print_series(console: Console, table: list[dict[str, Any]], *, day: date) -> None:
    """Series that a model reads, by kind; then the others, by the reason why none does. Fits 80 columns."""
    from rich.text import Text

    from forecast.evidence.register import Kind

    kinds = get_args(Kind)  # "none" is the last
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in sorted(table, key=lambda line: kinds.index(line["kind"])):
        heading = f"not read: {line['why_unused']}" if line["kind"] == "none" else line["kind"]
        groups.setdefault(heading, []).append(line)
    console.print(Text(f"{'':<45} rows public used observed", style="dim"))
    for heading, lines in groups.items():
        console.print(Text(heading, style="bold"))
        for line in lines:
            span = f"{line['first'][:7]}..{line['last'][:7]}"
            console.print(f"{line['series']:<45} {line['rows']:>4} {line['public']:>6} {line['used']:>4} {span}")
            if line["kind"] != "none" and line["public"] > line["used"]:
                console.print(Text(f"  not used: {line['why_unused']}", style="dim"))
    rows, public, used = (sum(line[name] for line in table) for name in ("rows", "public", "used"))
    console.print(f"\n{len(table)} series, {rows} rows; on {day} {public} were public and {used} count.")


def _print_rows(console: Console, rows: pd.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    grid.add_column("subject", overflow="fold", ratio=1)
    grid.add_column("observed", width=10)
    grid.add_column("public", width=11)
    grid.add_column("value", justify="right", width=9)
    grid.add_column("low to high", width=18)
    grid.add_column("used", width=4)
    for row in rows.to_dict(orient="records"):
        value = {"upper": "< ", "lower": "> "}.get(row["bound"], "") + f"{row['value']:.4g}"
        known = [f"{end:.4g}" if math.isfinite(end) else "?" for end in (row["low"], row["high"])]
        ends = "" if known == ["?", "?"] else " to ".join(known)
        public = ("~" if row["publication_assumed"] else "") + f"{row['public_on']:%Y-%m-%d}"
        observed, used = f"{row['observed_on']:%Y-%m-%d}", "yes" if row["used"] else "no"
        grid.add_row(Text(row["subject"]), observed, public, value, ends, used)
    console.print()
    console.print(grid)
    if rows["publication_assumed"].any():
        console.print("~ day of publication unknown, taken as 90 days after the observation")
