"""What the runner found, as a record of the trust report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from forecast.trust.findings import Finding, Measured, table
from tests.mutations.runner import Outcome

CHECK = "mutations"
COLUMNS = ("name", "asked", "file", "why", "verdict", "caught", "by", "seconds")


def frame(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row each, in the order of the list."""
    rows = [
        (o.mutation.name, o.mutation.asked, o.mutation.file, o.mutation.why, o.verdict, o.verdict == "caught", o.by,
         round(o.seconds, 1))
        for o in outcomes
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def measured(outcomes: Sequence[Outcome]) -> Measured:
    """The share caught must be all, and those asked for by name are counted once more by themselves."""
    missed = [o.mutation.name for o in outcomes if o.verdict != "caught"]
    asked = {o.mutation.asked for o in outcomes if o.mutation.asked}
    open_ = {o.mutation.asked for o in outcomes if o.mutation.asked and o.verdict != "caught"}
    found = [
        Finding(
            item="planted faults that a test catches", value=float(len(outcomes) - len(missed)), unit="faults",
            low=float(len(outcomes)), high=float(len(outcomes)),
            says=f"Of {len(outcomes)} faults planted one at a time, "
            + (f"these were not caught: {', '.join(missed)}." if missed else "every one fails a test."),
        ),
        Finding(
            item="kinds of fault asked for, all of them caught", value=float(len(asked - open_)), unit="kinds",
            low=float(len(asked)), high=float(len(asked)),
            says="Kinds of fault listed before any test was looked at"
            + (f"; open: {', '.join(sorted(open_))}." if open_ else "."),
        ),
    ]  # fmt: skip
    return Measured(check=CHECK, findings=table(CHECK, found), tables={"mutations": frame(outcomes)})


def write(outcomes: Sequence[Outcome], *, where: Path, seconds: float) -> Path:
    """Store the record in ``where``, with the hashes of the model and the ledger that it was measured on."""
    from datetime import date

    from forecast.evidence import ledger
    from forecast.trust import records
    from forecast.trust.findings import Context

    context = Context(ledger=ledger.read(), day=date.today())
    return records.write(measured(outcomes), context, where=where, seconds=seconds, options={"number": len(outcomes)})
