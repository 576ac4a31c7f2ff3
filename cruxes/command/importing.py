"""`rsi evidence import`: a publisher's file into the user's own ledger, after a look at what it would change."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.options import JsonFlag, LedgerOption, open_ledger, parse_day
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from forecast.evidence.changes import Plan
    from forecast.evidence.importers import Parsed

FAILED = 1


def register(commands: typer.Typer) -> None:
    commands.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="As the publisher has it: yaml, zip, csv, json or .eval.")],
    format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Its format (default: found by its content).")
    ] = None,
    series: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this series; for files that name none, where rows go.")
    ] = None,
    published_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="When you fetched it (default: today); it was public by then.")
    ] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="Take an Inspect log that lacks samples.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Store without asking.")] = False,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what a file would add and change, ask, and store that.

    What differs from the ledger supersedes it from the day of the fetch; the old value stays the truth of the days
    before. What the ledger has already is not stored again. With --json nothing is asked: without --yes nothing is
    stored either.
    """
    from forecast.evidence import changes, importers, store
    from forecast.evidence import ledger as ledgers
    from forecast.evidence.importers import names

    day = date.today() if published_on is None else parse_day(published_on, option="--published-on")
    if day > date.today():
        remedy = "Nothing is public before its day."
        expected = f"no later than today, {date.today()}"
        raise BadInput(
            [Problem(file="command line", where="--published-on", found=str(day), expected=expected, remedy=remedy)]
        )
    book = open_ledger(ledger)
    parsed = importers.read(
        file,
        fetched_on=day,
        format=format,
        series=series,
        allow_incomplete=allow_incomplete,
        register=book.register,
        releases=names.releases(book),
    )
    plan = changes.plan(book, parsed, day=day)
    rows = changes.rows_to_add(plan)
    folder = store.folder(ledger)
    if not as_json:
        _print(parsed, plan)
    stored: tuple[str, ...] = ()
    agreed = bool(rows) and (yes or (not as_json and _agrees(len(rows))))
    if agreed:
        stored = ledgers.add(folder, rows).added
    if as_json:
        typer.echo(json.dumps(_report(parsed, plan, folder, stored), ensure_ascii=False, indent=1))
    elif agreed:
        typer.echo(f"Stored {len(stored)} rows in {folder}.")
    elif rows:
        typer.echo("Nothing was stored.")
        raise typer.Exit(FAILED)
    else:
        typer.echo("Nothing to store.")


def _agrees(count: int) -> bool:
    """Asked on stderr; no answer is a no."""
    try:
        return typer.confirm(f"Store {count} rows?", default=False, err=True)
    except typer.Abort:
        typer.echo("", err=True)
        return False


def _report(parsed: Parsed, plan: Plan, folder: Path, stored: Sequence[str]) -> dict[str, Any]:
    return {
        "format": parsed.format,
        "source": parsed.source,
        "new": plan.new,
        "changed": [{"old": _plain(change.old), "new": change.row} for change in plan.changed],
        "known": plan.known,
        "conflicts": [{"what": what, "why": why} for what, why in plan.conflicts],
        "skipped": [{"what": what, "why": why} for what, why in parsed.skipped],
        "ledger": str(folder),
        "stored": stored,
    }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Cells as json has them: days as YYYY-MM-DD, nothing for NaN and NaT."""

    def plain(cell: Any) -> Any:
        if cell != cell:
            return None
        return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else cell

    return {name: plain(cell) for name, cell in row.items()}


def _print(parsed: Parsed, plan: Plan) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"{parsed.source}: {parsed.format}")
    _print_rows(console, "new", [("", row) for row in plan.new])
    _print_rows(console, "changed", [(f"{change.old['value']:.6g}", change.row) for change in plan.changed])
    console.print(f"{len(plan.known)} known already")
    if parsed.format == "metr" and len(plan.changed) > len(plan.known):
        console.print(
            "Most values differ from the ledger's, so this looks like another edition. METR's editions have series of "
            "their own in the register; superseding keeps the past right as well, but in one series."
        )
    for heading, left in (("left to you", plan.conflicts), ("skipped", parsed.skipped)):
        if left:
            console.print(f"{len(left)} {heading}:")
            for what, why in left:
                console.print(f"  {what}: {why}")


def _print_rows(console: Console, heading: str, rows: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    """Per series: subject, day observed, day public, old value where there is one, value, interval."""
    from rich.table import Table
    from rich.text import Text

    console.print(f"{len(rows)} {heading}" + (":" if rows else ""))
    for series in dict.fromkeys(row["series"] for _, row in rows):
        console.print(f"  {series}")
        grid = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
        grid.add_column(width=1)
        grid.add_column("subject", overflow="fold", ratio=1)
        grid.add_column("observed", width=10)
        grid.add_column("public", width=10)
        grid.add_column("value", justify="right", overflow="fold", width=18)
        grid.add_column("low to high", width=17)
        for old, row in rows:
            if row["series"] != series:
                continue
            value = f"{float(row['value']):.6g}" if row["value"] else "withdrawn"
            ends = f"{_short(row['low'])} to {_short(row['high'])}" if row["low"] and row["high"] else ""
            shown = f"{old} -> {value}" if old else {"upper": "< ", "lower": "> "}.get(row["bound"], "") + value
            cells = ("", row["subject"], row["observed_on"], row["published_on"] or "unknown", shown, ends)
            grid.add_row(*map(Text, cells))
        console.print(grid)


def _short(number: str) -> str:
    return f"{float(number):.4g}"
