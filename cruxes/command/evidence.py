"""`rsi evidence`: what the ledger holds, what of it counts on a day, and whether it or a file is in order."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command import evidence_add, evidence_diff, fetching, importing
from cruxes.command.evidence_tables import as_records, print_rows, print_series, series_table
from cruxes.command.options import (
    AsOfOption,
    JsonFlag,
    LedgerOption,
    RecordedByOption,
    open_ledger,
    parse_day,
    today_of,
)
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from forecast.evidence.ledger import Ledger

commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The ledger of published observations.")


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="evidence")


@commands.command("list")
def list_series(
    as_of: AsOfOption = None,
    recorded_by: RecordedByOption = None,
    series: Annotated[str | None, typer.Option(metavar="SERIES", help="Only this one, row by row.")] = None,
    unused: Annotated[bool, typer.Option("--unused", help="Only series of which no row is used.")] = False,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Each series, and how many of its rows count.

    They count as of a day, by default the newest; the others are given with the reason why they do not.
    """
    from forecast.evidence import selection

    book, day = known_then(open_ledger(ledger), as_of=as_of, recorded_by=recorded_by)
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
        found: dict[str, Any] = {"as_of": day.isoformat(), "recorded_by": recorded_by, "series": table}
        if series is not None:
            found["rows"] = as_records(rows)
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    print_series(console, table, day=day)
    if series is not None:
        print_rows(console, rows)


@commands.command("check")
def check(
    file: Annotated[
        Path | None, typer.Argument(help="A csv file with the ledger's columns (default: ours with your rows).")
    ] = None,
    as_of: AsOfOption = None,
    recorded_by: RecordedByOption = None,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Every problem of the ledger or of a file.

    All at once; exit code 2 if there is any. Writes nothing. Your own rows are checked together with ours, and so is the chain of hashes that shows whether any was changed.
    """
    from forecast.evidence import ledger as ledgers
    from forecast.evidence import store

    name = file.name if file is not None else ledgers.PACKAGED
    report: dict[str, Any] = {"file": name, "rows": None, "problems": []}
    try:
        book = ledgers.read(file) if file is not None else open_ledger(ledger)
        then, day = known_then(book, as_of=as_of, recorded_by=recorded_by)
    except BadInput as bad:
        if not as_json:
            raise
        report["problems"] = [vars(problem) for problem in bad.problems]
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
        raise typer.Exit(2) from None
    report["rows"] = len(book.rows)
    said = [f"{name}: {len(book.rows)} rows, no problems."]
    if file is None:
        folder = store.folder(ledger)
        own, packaged = len(store.read(folder).rows), len(ledgers.read().rows)
        report["own"] = {"folder": str(folder), "rows": own, "head": book.own_head}
        said = [f"{name}: {packaged} rows, no problems."]
        if own:
            shared = packaged + own - len(book.rows)
            also = f" ({shared} of them packaged too)" if shared else ""
            said.append(f"{folder}: {own} {_rows(own)} of your own{also}, no problems; none was changed since it was")
            said[-1] += f" stored (head {book.own_head[:16]})."
        elif ledger is not None:
            said.append(f"{folder}: no rows of your own yet.")
        said += _against_the_packaged(folder, book, report)
    if as_of is not None or recorded_by is not None:
        from forecast.evidence import asof

        report |= {"as_of": day.isoformat(), "recorded_by": recorded_by, "public": len(asof.public_on(then, day))}
        by = f" as recorded by {recorded_by}" if recorded_by is not None else ""
        said.append(f"Public on {day}{by}: {report['public']} {_rows(report['public'])}.")
    typer.echo(json.dumps(report, ensure_ascii=False, indent=1) if as_json else "\n".join(said))


def _against_the_packaged(folder: Path, book: Ledger, report: dict[str, Any]) -> list[str]:
    """What rows and register of the folder do to the packaged ones, for a reader who has them from somebody else."""
    from forecast.evidence import ledger as ledgers
    from forecast.evidence import overlay, store

    packaged = ledgers.read()
    ids = set(packaged.rows["id"])
    own = store.read(folder).rows
    withdrawn, corrected = ([row[cell] for row in own if row[cell] in ids] for cell in ("retracts", "supersedes"))
    replaced, added = overlay.changes(book.register, base=packaged.register)
    done = {"withdrawn": withdrawn, "corrected": corrected, "read_otherwise": replaced, "added_series": added}
    if not any(done.values()):
        return []
    report["against_the_packaged"] = done
    said = []
    if withdrawn or corrected:
        said.append(
            f"Of the packaged rows {len(withdrawn)} are withdrawn there and {len(corrected)} corrected: rsi evidence diff --recorded lists them."
        )
    if replaced:
        said.append(f"Its register.toml reads packaged series in another way: {', '.join(replaced)}.")
    if added:
        said.append(f"Its register.toml adds {', '.join(added)}.")
    return said


evidence_add.register(commands)
evidence_diff.register(commands)
importing.register(commands)
fetching.register(commands)


def known_then(book: Ledger, *, as_of: str | None, recorded_by: str | None) -> tuple[Ledger, date]:
    """The rows recorded by the one day and the other day, which is by default the one, or the newest recorded."""
    if recorded_by is None:
        return book, parse_day(as_of, option="--as-of") if as_of is not None else today_of(book)
    last = parse_day(recorded_by, option="--recorded-by")
    rows = book.rows[book.rows["recorded_on"].dt.date <= last].reset_index(drop=True)
    return replace(book, rows=rows), parse_day(as_of, option="--as-of") if as_of is not None else last


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _unknown_series(series: str, *, known: Iterable[str]) -> Problem:
    near = difflib.get_close_matches(series, list(known), n=3, cutoff=0.4)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "List them with `rsi evidence list`."
    return Problem(
        file="command line", where="--series", found=ascii(series), expected="a series of the ledger", remedy=remedy
    )
