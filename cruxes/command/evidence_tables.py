"""The ledger as tables: series by series, and row by row."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

from cruxes.command.options import SHORTEST_ID

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from forecast.evidence.ledger import Ledger


def series_table(book: Ledger, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One line per series of the ledger; `rows` is what `selection.use_on` gave for the day."""
    from forecast.evidence.selection import UNREGISTERED

    public = dict(list(rows.groupby("series")))
    table = []
    for name, part in book.rows[book.rows["retracts"] == ""].groupby("series", sort=True):
        series = str(name)
        entry, seen = book.register.series.get(series), public.get(name)
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


def as_records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as json has them: days as YYYY-MM-DD, nothing for NaN and NaT."""

    def plain(cell: Any) -> Any:
        if cell != cell:
            return None
        return cell.strftime("%Y-%m-%d") if isinstance(cell, date) else cell

    return [{str(name): plain(x) for name, x in row.items()} for row in rows.to_dict(orient="records")]


def print_series(console: Console, table: list[dict[str, Any]], *, day: date) -> None:
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


def print_rows(console: Console, rows: pd.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    grid.add_column("subject", overflow="fold", ratio=1)
    grid.add_column("observed", width=10)
    grid.add_column("public", width=11)
    grid.add_column("value", justify="right", width=9)
    grid.add_column("low to high", width=18)
    grid.add_column("used", width=4)
    grid.add_column("id", width=SHORTEST_ID)
    for row in rows.to_dict(orient="records"):
        public = ("~" if row["publication_assumed"] else "") + f"{row['public_on']:%Y-%m-%d}"
        observed, used = f"{row['observed_on']:%Y-%m-%d}", "yes" if row["used"] else "no"
        ends = span(row["low"], row["high"])
        grid.add_row(
            Text(row["subject"]),
            observed,
            public,
            number(row["value"], bound=row["bound"]),
            ends,
            used,
            row["id"][:SHORTEST_ID],
        )
    console.print()
    console.print(grid)
    if rows["publication_assumed"].any():
        console.print("~ day of publication unknown, taken as 90 days after the observation")


def number(value: float, *, bound: str = "exact") -> str:
    return {"upper": "< ", "lower": "> "}.get(bound, "") + f"{value:.4g}"


def span(low: float, high: float) -> str:
    """Both ends, a ? for an unknown one; "" where neither is known."""
    ends = [f"{end:.4g}" if math.isfinite(end) else "?" for end in (low, high)]
    return "" if ends == ["?", "?"] else " to ".join(ends)
