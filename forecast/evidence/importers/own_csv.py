"""Rows written by hand: a csv with the ledger's own columns."""

from __future__ import annotations

from collections.abc import Sequence

from forecast.evidence.importers import safe_csv
from forecast.evidence.importers.parsed import CELLS, Cells, Skipped, Source, Wishes, read_from, refuse
from forecast.evidence.rows import check, content_id, level_of, shown
from priors.problems import BadInput, Problem

NAME = "csv"
WHAT = "a csv with the ledger's columns"
_MAY_BE_MISSING = ("id", "recorded_on", "level", "bound", "read_from", "supersedes", "retracts")
_NEEDED = tuple(name for name in CELLS if name not in _MAY_BE_MISSING)


def recognises(header: Sequence[str]) -> bool:
    return {"series", "subject", "value"} <= set(header)


def parse(source: Source, wishes: Wishes) -> tuple[list[Cells], list[Skipped]]:
    """Every row, or BadInput with every problem: who wrote a row can mend it.

    Blank cells that can only be one thing are filled in: level from the interval, bound, read_from, unit from the
    register. A given id must be that of the row as it stands in the file.
    """
    found = safe_csv.parse(source.data, file=source.name, needed=_NEEDED, wanted=_MAY_BE_MISSING, strictly=True)
    cells: list[Cells] = []
    skipped: list[Skipped] = []
    problems: list[Problem] = []
    for number, given in enumerate(found, start=2):
        complete = dict.fromkeys(CELLS, "") | {name: cell for name, cell in given.items() if name in CELLS}
        if wishes.series not in (None, complete["series"]):
            skipped.append((f"row {number}, {complete['series']}", f"not {wishes.series}, which was asked for"))
            continue
        if (stated := given.get("id", "")) and stated != content_id(complete):
            expected = f"{content_id(complete)}, the hash of the row's content"
            problems.append(refuse(source, f"row {number}, id", shown(stated), expected, "Leave it blank."))
        entry = source.register.series.get(complete["series"])
        level = level_of(complete["interval"])
        has_ends = bool(complete["low"] or complete["high"])
        if not stated:  # a row that states its id is complete: filling it in would change what it says
            complete["level"] = complete["level"] or (f"{level:g}" if level is not None and has_ends else "")
            complete["bound"] = complete["bound"] or "exact"
            complete["read_from"] = complete["read_from"] or read_from(source)
            complete["unit"] = complete["unit"] or (entry.unit if entry else "")
        recorded = given.get("recorded_on") or source.fetched_on.isoformat()
        for fault in check({**complete, "id": content_id(complete), "recorded_on": recorded})[1]:
            where, cell = f"row {number}, {fault.field}", shown(complete.get(fault.field, recorded))
            problems.append(refuse(source, where, cell, fault.expected, fault.remedy))
        cells.append(complete)
    if problems:
        raise BadInput(problems)
    return cells, skipped
