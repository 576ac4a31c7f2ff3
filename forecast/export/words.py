"""What changed between two forecasts, in sentences that can stand in a pull request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd

HEADLINES = ("LOOP", "SWX3", "ECON10")
BY_YEAR = 2030
STANDARD_ERRORS = 2.0
"""A difference counts if it is larger than this many standard errors of itself."""
NOTHING = "Nothing moved by more than its Monte Carlo error."

type Number = tuple[float, float]


def difference(
    before: pd.DataFrame, after: pd.DataFrame, *, events: Sequence[str] = HEADLINES, view: str = "updated"
) -> str:
    """One sentence a line, per worldview and event that moved; NOTHING where none did.

    Both are long tables; rows that leave a stream out are not read. A worldview in only one of them is named.
    """
    return "\n".join(_sentences(before, after, events=events, view=view)) or NOTHING


def _sentences(before: pd.DataFrame, after: pd.DataFrame, *, events: Sequence[str], view: str) -> Iterator[str]:
    old, new = (_numbers(table, view=view) for table in (before, after))
    names = list(dict.fromkeys(name for name, _, _ in (*new, *old)))
    for name in names:
        ever_before, ever_after = (any(key[0] == name for key in table) for table in (old, new))
        if not ever_before or not ever_after:
            yield f"{_person(name)} is {'new' if ever_after else 'no longer there'}."
    for event in events:
        for name in names:
            by, never = ((name, event, kind) for kind in ("by", "never"))
            if any(key not in table for key in (by, never) for table in (old, new)):
                continue
            if _moved(old[by], new[by]) or _moved(old[never], new[never]):
                yield (
                    f"{event} by {BY_YEAR} after {_person(name)}: {_change(old[by], new[by])} "
                    f"(never {_change(old[never], new[never])})."
                )


def _numbers(table: pd.DataFrame, *, view: str) -> dict[tuple[str, str, str], Number]:
    """(worldview, event, "by" or "never") -> probability and its standard error."""
    rows = table[(table["view"] == view) & (table["without"] == "")]
    by = (rows["output_type"] == "cdf") & (rows["output_type_id"] == f"{BY_YEAR}-12-31")
    found = {}
    for kind, chosen in (("by", by), ("never", rows["output_type"] == "never")):
        part = rows[chosen]
        for name, event, p, error in zip(part["worldview"], part["event"], part["value"], part["mcse"], strict=True):
            found[str(name), str(event), kind] = (float(p), float(error))
    return found


def _moved(old: Number, new: Number) -> bool:
    return abs(new[0] - old[0]) > STANDARD_ERRORS * math.hypot(old[1], new[1])


def _change(old: Number, new: Number) -> str:
    """31 -> 36 %, with a decimal where whole numbers would hide a move; one number where there was none to see."""
    shown = [_percent(p) for p, _ in (old, new)]
    if shown[0] == shown[1] and _moved(old, new):
        shown = [f"{100 * p:.1f}" for p, _ in (old, new)]
    return f"{' -> '.join(dict.fromkeys(shown))} %"


def _percent(p: float) -> str:
    """Whole, and never 0 or 100 unless it is."""
    if p <= 0.0 or p >= 1.0:
        return f"{100 * p:.0f}"
    return "<1" if p < 0.005 else ">99" if p > 0.995 else f"{100 * p:.0f}"


def _person(name: str) -> str:
    return name[:1].upper() + name[1:]
