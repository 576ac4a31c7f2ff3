"""`rsi evidence add` and `rsi evidence retract`: a row into the user's own ledger, or one out of the count."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from cruxes.command.options import SHORTEST_ID, JsonFlag, LedgerOption, open_ledger
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from forecast.evidence.ledger import Ledger

type Held = Mapping[str, Mapping[str, str]]
"""Every row of the ledger as text, by id."""


def register(commands: typer.Typer) -> None:
    commands.command("add")(add)
    commands.command("retract")(retract)


def add(
    series: Annotated[str, typer.Option(metavar="ID", help="As in `rsi evidence list`, or a new one.")] = "",
    subject: Annotated[str, typer.Option(metavar="TEXT", help="What was measured: a model, a firm, a survey.")] = "",
    observed_on: Annotated[str, typer.Option(metavar="DATE", help="The day the figure is about.")] = "",
    published_on: Annotated[
        str, typer.Option(metavar="DATE", help="The day it became public (blank: 90 days after, flagged).")
    ] = "",
    value: Annotated[str, typer.Option(metavar="NUMBER", help="As published, in the unit of the series.")] = "",
    low: Annotated[str, typer.Option(metavar="NUMBER", help="Lower end of the published interval.")] = "",
    high: Annotated[str, typer.Option(metavar="NUMBER", help="Upper end of the published interval.")] = "",
    interval: Annotated[str, typer.Option(metavar="TEXT", help="What low and high are, such as 95%CI.")] = "",
    level: Annotated[
        str, typer.Option(metavar="MASS", help="Central mass of the interval (default: what --interval says).")
    ] = "",
    bound: Annotated[
        str, typer.Option(metavar="exact|upper|lower", help="Whether the value is itself only a bound.")
    ] = "exact",
    unit: Annotated[str, typer.Option(metavar="TEXT", help="Default: the unit that the series has.")] = "",
    grade: Annotated[str, typer.Option(metavar="primary|copy|secondary", help="How near to who published it.")] = "",
    source_title: Annotated[str, typer.Option(metavar="TEXT", help="What published the figure.")] = "",
    source_url: Annotated[str, typer.Option(metavar="URL", help="Its http or https address.")] = "",
    read_from: Annotated[
        str, typer.Option(metavar="PLACE", help="Where you read it (default: the source's address).")
    ] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="What a reader of the figure must know.")] = "",
    supersedes: Annotated[str, typer.Option(metavar="ID", help="The row that this one corrects.")] = "",
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Store one observation in your own ledger.

    It is stored if the whole ledger with it is in order. A correction names the corrected row with --supersedes. It counts from its --published-on: where the slip was ours
    and not the publisher's, give the day that the corrected row has.
    """
    from forecast.evidence import ledger as ledgers
    from forecast.evidence import rows, store

    folder = store.folder(ledger)
    book = open_ledger(ledger)
    cells = {
        "series": series, "subject": subject, "observed_on": observed_on, "published_on": published_on,
        "value": value, "low": low, "high": high, "interval": interval, "level": level, "bound": bound,
        "unit": unit or unit_of(series, book), "grade": grade, "source_title": source_title, "source_url": source_url,
        "read_from": read_from or source_url, "note": note, "retracts": "", "supersedes": "",
    }  # fmt: skip
    mass = rows.level_of(interval)
    if not level and mass is not None and (low or high):
        cells["level"] = f"{mass:g}"
    held = ledgers.cells_by_id(folder)
    if supersedes:
        cells["supersedes"] = find(supersedes, held, option="--supersedes")
    if found := list(faults(cells, held)):
        raise BadInput(found)
    done = ledgers.add(folder, [cells])
    (key,) = done.added + done.known
    stored = ledgers.cells_by_id(folder)[key]
    if as_json:
        report = {"ledger": str(folder), "added": done.added, "known": done.known, "row": stored}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
        return
    typer.echo(f"Stored in {folder}:" if done.added else "Nothing to store: the ledger has this row already.")
    for name, cell in stored.items():
        if cell:
            typer.echo(f"  {name:<13} {cell}")
    if done.added and (why := why_unread(series, book)):
        typer.echo(f"No model reads it: {why}", err=True)


def retract(
    row: Annotated[str, typer.Argument(metavar="ID", help="Of the row, or how it begins (6 digits or more).")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason; it stays in the ledger.")] = "",
    published_on: Annotated[
        str,
        typer.Option(metavar="DATE", help="The day the publisher withdrew it (blank: it should never have counted)."),
    ] = "",
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Withdraw a row, ours or yours.

    It no longer counts, but nothing is deleted: the withdrawal is a row too.
    """
    from forecast.evidence import ledger as ledgers
    from forecast.evidence import store

    folder = store.folder(ledger)
    held = ledgers.cells_by_id(folder)
    target = held[find(row, held, option="ID")]
    if found := list(_not_withdrawable(target, held)):
        raise BadInput(found)
    blank = dict.fromkeys(("id", "value", "low", "high", "interval", "level", "supersedes", "recorded_on"), "")
    cells = {**target, **blank, "bound": "exact", "published_on": published_on, "retracts": target["id"], "note": why}
    wrong = [] if why.strip() else [_problem("--why", "''", "the reason in a line", "Say it; it is kept with the row.")]
    if found := [*wrong, *faults(cells, held)]:
        raise BadInput(found)
    done = ledgers.add(folder, [cells])
    (key,) = done.added
    if as_json:
        typer.echo(json.dumps({"ledger": str(folder), "added": done.added, "withdrawn": target}, ensure_ascii=False))
        return
    since = f"since {published_on}" if published_on else "on any day"
    typer.echo(
        f"Withdrawn: {target['series']}, {target['subject']}, observed on {target['observed_on']}, value ", nl=False
    )
    typer.echo(f"{target['value']} {target['unit']}.")
    typer.echo(f"Row {target['id']} no longer counts {since}; the withdrawal is row {key} in {folder}.")
    if earlier := target["supersedes"]:
        typer.echo(
            f"The row that it corrected stays replaced. To return to it, add it again with --supersedes {earlier}."
        )


def find(start: str, held: Held, *, option: str) -> str:
    """The one id that begins with `start`. Raises BadInput."""
    remedy = "`rsi evidence list --series SERIES` shows the ids of its rows."
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_ID},16}}", start):
        expected = f"the first {SHORTEST_ID} to 16 hexadecimal digits of a row's id"
        raise BadInput([_problem(option, ascii(start)[:40], expected, remedy)])
    ids = [one for one in held if one.startswith(start)]
    if not ids:
        raise BadInput([_problem(option, start, "the id of a row", remedy)])
    if len(ids) > 1:
        remedy = f"Say which: {', '.join(ids[:5])}."
        raise BadInput([_problem(option, f"the beginning of {len(ids)} ids", "that of one", remedy)])
    return ids[0]


def faults(cells: Mapping[str, str], held: Held) -> Iterator[Problem]:
    """What is wrong with the cells on their own, told by the options that they came from."""
    from forecast.evidence import rows

    today = max([date.today().isoformat(), *(one["recorded_on"] for one in held.values())])
    row = {**cells, "recorded_on": today}
    for fault in rows.check({**row, "id": rows.content_id(row)})[1]:
        field, expected = fault.field, fault.expected
        if field == "recorded_on":
            field, expected = "published_on", f"no later than today, {today}"
        option = "--why" if field == "note" and cells["retracts"] else f"--{field.replace('_', '-')}"
        yield _problem(option, rows.shown(cells[field]), expected, fault.remedy)


def unit_of(series: str, book: Ledger) -> str:
    """What the register or else the rows give the series; "" where neither knows it."""
    if (entry := book.register.series.get(series)) is not None:
        return entry.unit
    units = book.rows.loc[book.rows["series"] == series, "unit"]
    return str(units.iloc[0]) if len(units) else ""


def why_unread(series: str, book: Ledger) -> str:
    """Why no row of the series is read by a model; "" if a model reads it."""
    entry = book.register.series.get(series)
    if entry is not None:
        return f"{entry.why}." if entry.why else ""
    near = difflib.get_close_matches(series, list(book.register.series), n=1)
    return f"{series} is not in the register." + (f" Did you mean {near[0]}?" if near else "")


def _not_withdrawable(target: Mapping[str, str], held: Held) -> Iterator[Problem]:
    key = target["id"]
    withdrawals = {one["retracts"]: one["id"] for one in held.values() if one["retracts"]}
    newer = [one["id"] for one in held.values() if one["supersedes"] == key and one["id"] not in withdrawals]
    if target["retracts"]:
        yield _problem("ID", f"{key}, a withdrawal", "an observation", "Add what it withdrew again instead.")
    elif key in withdrawals:
        yield _problem("ID", key, f"a row that {withdrawals[key]} has not withdrawn already", "Nothing is left to do.")
    elif newer:
        remedy = f"Withdraw {newer[0]} instead."
        yield _problem("ID", key, f"a row that {newer[0]} has not replaced already", remedy)


def _problem(where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file="command line", where=where, found=found, expected=expected, remedy=remedy)
