"""The trust report as a page: every check with its figures, what falls short first, and on what it was measured."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from cruxes.publication.html import Html, escape, table
from cruxes.publication.pages.common import paragraph, records
from cruxes.wording import bound, figure_with_unit
from forecast.trust import checks
from forecast.trust import records as kept
from forecast.trust.records import Record


@cache
def record(name: str) -> Record | None:
    """One packaged record, compared with the model and the ledger that the book is made of; None where there is none."""
    from forecast.evidence import ledger

    if not (kept.PACKAGED / name / kept.MANIFEST).is_file():
        return None
    return kept.read(kept.PACKAGED, name, ledger=ledger.read())


def data(check: str, name: str) -> pd.DataFrame:
    """One table behind a check. Raises LookupError where the check has not been measured."""
    found = record(check)
    if found is None:
        raise LookupError(f"check {check!r} has not been measured")
    return found.tables[name]


def summary() -> Html:
    """How many figures pass, in a table by check."""
    rows: list[tuple[object, ...]] = []
    for name, check in checks.CHECKS.items():
        found = record(name)
        if found is None:
            rows.append((check.asks, "not measured", "", "", ""))
            continue
        good = int(found.findings["passes"].sum())
        rows.append((
            check.asks, good, len(found.findings) - good, str(found.manifest["measured_on"]),
            f"other {' and '.join(found.differs)}" if found.differs else "as here",
        ))  # fmt: skip
    heads = ["Question", "Figures that pass", "Fall short", "Measured on", "Model, ledger, beliefs"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:3], caption="The trust report in short"
    )


def falls_short() -> Html:
    """What falls short, over all checks, each with its reason."""
    rows = [
        (row["check"], row["item"], figure_with_unit(row["value"], row["unit"]), bound(row["low"], row["high"]), row["says"])
        for name in checks.CHECKS
        for row in _rows(name)
        if not row["passes"]
    ]  # fmt: skip
    if not rows:
        return paragraph("Nothing falls short.")
    heads = ["Check", "Figure", "Found", "Wanted", "Why"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), row_heads=2, caption="Figures that fall short")


def _rows(check: str) -> list[dict[str, Any]]:
    found = record(check)
    return [] if found is None else records(found.findings)


def findings(check: str) -> Html:
    """All figures of one check."""
    found = record(check)
    one = checks.CHECKS[check]
    if found is None:
        return paragraph(f"Not measured yet; {one.command or f'rsi trust run {check}'} does it.")
    rows = [
        (
            row["item"], figure_with_unit(row["value"], row["unit"]), bound(row["low"], row["high"]),
            "passes" if row["passes"] else "falls short", row["says"],
        )
        for row in records(found.findings)
    ]  # fmt: skip
    heads = ["Figure", "Found", "Wanted", "Verdict", "What it means"]
    shown = table(
        pd.DataFrame(rows, columns=heads, dtype=object), caption=f"{one.asks} All figures", sortable=len(rows) > 20
    )
    return Html(f"<p>{escape(measured_on(found))}</p>{shown}")


def measured_on(found: Record) -> str:
    """When, on how much, and whether on what the book is made of."""
    said = found.manifest
    since = (
        f" Measured on another {' and '.join(found.differs)} than that of this book: until it is measured again, read it "
        "as of then."
        if found.differs
        else ""
    )
    minutes = float(said["seconds"]) / 60.0
    how_long = f"{minutes:.0f} minutes" if minutes >= 1.5 else f"{float(said['seconds']):.0f} seconds"
    return f"Measured on {said['measured_on']} in {how_long}, seed {said['seed']}.{since}"
