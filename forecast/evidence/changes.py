"""What importing a file would change: rows the ledger lacks, values it has otherwise, and what nobody but the user can
decide. Nothing is stored here.

Rows meet by series, subject and observed_on. A value that differs becomes a row that supersedes the old one and is
public from the day of the fetch, so the old value stays the truth of the days before it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from forecast.evidence.importers import own_csv
from forecast.evidence.importers.parsed import Cells, Parsed, Skipped
from forecast.evidence.ledger import Ledger
from forecast.evidence.rows import content_id

_CLOSE = Decimal("1e-9")
_ONE_DECIMAL = -1

type Recorded = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """`row` replaces the ledger's row `old` (or withdraws it, where `row` has no value)."""

    old: Recorded
    row: Cells


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`new` and `changed` can be stored as they are. `known` holds ids of rows that say the same already.

    `conflicts` says what each row was and why it is left to the user.
    """

    new: tuple[Cells, ...]
    changed: tuple[Change, ...]
    known: tuple[str, ...]
    conflicts: tuple[Skipped, ...]


def rows_to_add(plan: Plan) -> list[Cells]:
    return [*plan.new, *(change.row for change in plan.changed)]


def plan(ledger: Ledger, parsed: Parsed, *, day: date) -> Plan:
    """Compare with the rows of the ledger that nothing has replaced; `day` is that of the fetch."""
    held = _Held(ledger)
    new: dict[tuple[str, ...], Cells] = {}
    changed: dict[str, Change] = {}
    known: list[str] = []
    conflicts: list[Skipped] = []
    for row in parsed.cells:
        what = f"{row['series']}, {row['subject']}, {row['observed_on']}"
        if (found := content_id(row)) in held.by_id:
            known.append(found)
            continue
        if row["supersedes"] or row["retracts"]:
            target = held.live.get(row["supersedes"] or row["retracts"])
            if target is None:
                conflicts.append((what, "replaces a row that the ledger does not have or has replaced already"))
            else:
                _note_change(changed, conflicts, what, Change(old=target, row=row))
            continue
        key = (row["series"], row["subject"], row["observed_on"])
        there = held.by_key.get(key, [])
        equal = next((old for old in there if same(row, old)), None)
        if equal is not None:
            known.append(str(equal["id"]))
        elif not there:
            if (why := _why_not_new(row, held, parsed)) is not None:
                conflicts.append((what, why))
            elif new.setdefault((*key, row["published_on"]), row) is not row:
                conflicts.append((what, "there twice in the file, with the same day of publication"))
        elif len(there) > 1:
            conflicts.append((what, f"the ledger has {len(there)} rows of that day; say in supersedes which one"))
        elif (old := there[0])["unit"] != row["unit"]:
            conflicts.append((what, f"in {row['unit']}, the ledger's row in {old['unit']}"))
        elif _iso(old["published_on"]) > day.isoformat():
            why = f"the ledger's value, {_number(old['value'])}, was published {_iso(old['published_on'])}, after {day}"
            conflicts.append((what, why + "; an older file corrects nothing"))
        else:
            replacing = {**row, "supersedes": str(old["id"]), "published_on": day.isoformat()}
            replacing["note"] = f"{row['note']} Replaces {_number(old['value'])}.".strip()
            _note_change(changed, conflicts, what, Change(old=old, row=replacing))
    return Plan(
        new=tuple(new.values()), changed=tuple(changed.values()), known=tuple(known), conflicts=tuple(conflicts)
    )


def same(row: Cells, old: Recorded) -> bool:
    """Equal value, interval and bound; where the ledger rounded, equal at the ledger's own digits.

    Ends that are mean±error may be off by a whole digit, since both were rounded before they were added.
    """
    halves = 2 if row["interval"].startswith("mean±") else 1
    ends = all(_equal(row[name], old[name], halves=halves) for name in ("low", "high"))
    return row["bound"] == old["bound"] and ends and _equal(row["value"], old["value"])


def _equal(published: str, recorded: float, *, halves: int = 1) -> bool:
    if not published or math.isnan(recorded):
        return not published and math.isnan(recorded)
    exact, kept = Decimal(published), Decimal(repr(float(recorded)))
    exponent = kept.as_tuple().exponent
    half_a_digit = Decimal(5).scaleb(min(int(exponent), _ONE_DECIMAL) - 1)
    return abs(exact - kept) <= max(_CLOSE * abs(kept), halves * half_a_digit)


class _Held:
    """The ledger's rows by id, and those that nothing has replaced by id and by key."""

    def __init__(self, ledger: Ledger) -> None:
        rows: list[Recorded] = [
            {str(name): cell for name, cell in row.items()} for row in ledger.rows.to_dict(orient="records")
        ]
        gone = {row["supersedes"] for row in rows} | {row["retracts"] for row in rows}
        retracted = {row["retracts"] for row in rows}
        observations = [row for row in rows if not row["retracts"]]
        self.by_id = {str(row["id"]): row for row in rows}
        self.live = {str(row["id"]): row for row in observations if row["id"] not in gone}
        self.by_key = _grouped(list(self.live.values()))
        self.retracted = _grouped([row for row in observations if row["id"] in retracted])
        self.days: dict[tuple[str, str], set[str]] = {}
        for series, subject, observed_on in self.by_key:
            self.days.setdefault((series, subject), set()).add(observed_on)


def _grouped(rows: list[Recorded]) -> dict[tuple[str, str, str], list[Recorded]]:
    found: dict[tuple[str, str, str], list[Recorded]] = {}
    for row in rows:
        found.setdefault((row["series"], row["subject"], _iso(row["observed_on"])), []).append(row)
    return found


def _why_not_new(row: Cells, held: _Held, parsed: Parsed) -> str | None:
    key = (row["series"], row["subject"], row["observed_on"])
    if any(same(row, old) for old in held.retracted.get(key, [])):
        return "was withdrawn from the ledger with this very value"
    days = held.days.get(key[:2])
    if days and parsed.format != own_csv.NAME:  # a model is measured once; a survey is taken many times
        return f"the ledger dates this subject {', '.join(sorted(days))}; correct the one that is wrong by hand"
    return None


def _note_change(changed: dict[str, Change], conflicts: list[Skipped], what: str, change: Change) -> None:
    if changed.setdefault(str(change.old["id"]), change) is not change:
        conflicts.append((what, "another row of the file replaces the same row of the ledger"))


def _iso(day: Any) -> str:
    """YYYY-MM-DD, "" for an unknown day."""
    return "" if day != day or day is None else f"{day:%Y-%m-%d}"


def _number(value: float) -> str:
    return f"{value:.6g}"
