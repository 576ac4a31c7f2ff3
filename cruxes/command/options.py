"""Options that several commands share, and what they are turned into."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from forecast.evidence.ledger import Ledger

SHORTEST_ID = 6
"""Hexadecimal digits by which a row may be named, where they name only one."""

JsonFlag = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]
LedgerOption = Annotated[
    Path | None,
    typer.Option(
        "--ledger", metavar="DIR", help="Folder of your own rows (default: RSI_LEDGER, else your data folder)."
    ),
]
AsOfOption = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="What was public that day.")]
RecordedByOption = Annotated[
    str | None, typer.Option("--recorded-by", metavar="DATE", help="The ledger as it was recorded by that day.")
]


def open_ledger(option: Path | None) -> Ledger:
    """The packaged rows with the user's own on top. Raises BadInput."""
    from forecast.evidence import ledger, store

    return ledger.read(own=store.folder(option))


def today_of(ledger: Ledger) -> date:
    """The day up to which the ledger knows: the newest on which a row was recorded."""
    newest: date = ledger.rows["recorded_on"].max().date()
    return newest


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
