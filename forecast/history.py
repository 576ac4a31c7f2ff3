"""Forecasts over time: one line for each, kept beside the user's own rows and never changed.

`forecasts.jsonl` holds one record a line: day, run, seed, and for each worldview and view the headline numbers of every
event, the ids of the rows seen, and which of them moved it. Lines are added under a lock; what a killed writer left of a
line is passed over, and cut by the next writer. `prev` is the hash of the line above and `hash` the SHA-256 of the rest
of the line, so that the last hash, the head, stands for the whole file. Lines from before there was a `prev` come first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

import priors
from forecast.evidence import store
from forecast.summary import HEADLINE_DAYS
from priors.problems import BadInput, Problem

FILE = "forecasts.jsonl"
LARGEST_FILE = 256 * 2**20
LOCK_SECONDS = 30
LEVELS = ("0.1", "0.5", "0.9")
DIGITS = 6
MOST_MOVERS = 5

type Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """`length` counts the bytes of whole lines; `open_end` says that the last of them lacks its line end; `chained`
    that it names the one above."""

    records: list[Record]
    head: str
    chained: bool
    length: int
    open_end: bool


COLUMNS = (
    "day", "run", "seed", "worldview", "view", "event", "by_2028", "by_2030", "by_2035", "by_2050", "q10_if_ever",
    "q50_if_ever", "q90_if_ever", "never", "stopped", "mcse_2030", "new", "gone", "moved_by",
)  # fmt: skip


def record(
    table: pd.DataFrame, *, day: date, run: str, seed: int, row_ids: Mapping[str, Sequence[str]],
    influence: Mapping[str, pd.DataFrame] | None = None,
) -> Record:  # fmt: skip
    """What is kept of a forecast: of its long table, the rows each worldview has seen, and `influence.largest` of each.

    Movers are the rows, or charts of them, that moved P(by the end of 2030) by more than two standard errors.
    """
    headline = table[table["without"] == ""]
    numbers: dict[str, dict[str, dict[str, Any]]] = {}
    for (name, view, event), part in headline.groupby(["worldview", "view", "event"], sort=False):
        numbers.setdefault(str(name), {}).setdefault(str(view), {})[str(event)] = _numbers(part)
    movers = {name: _movers(found) for name, found in (influence or {}).items()}
    worldviews = {
        name: {"views": views, "row_ids": list(row_ids.get(name, ())), "moved_by": movers.get(name, [])}
        for name, views in numbers.items()
    }
    return {"day": day.isoformat(), "run": run, "seed": seed, "worldviews": worldviews}


def _numbers(part: pd.DataFrame) -> dict[str, Any]:
    """Of one event of one view."""
    days = {day.isoformat(): str(day.year) for day in HEADLINE_DAYS}
    found: dict[str, Any] = {"by": {}, "quantiles_if_ever": {}, "stopped": 0.0}
    for row in part.to_dict(orient="records"):
        kind, which, value = row["output_type"], str(row["output_type_id"]), _number(row["value"])
        if kind == "cdf" and which in days:
            found["by"][days[which]] = value
            if days[which] == "2030":
                found["mcse_2030"] = _number(row["mcse"])
        elif kind == "quantile_if_ever" and which in LEVELS:
            found["quantiles_if_ever"][which] = value
        elif kind == "never":
            found["never"] = value
        elif kind == "stopped":
            found["stopped"] = _number(found["stopped"] + row["value"])
    return found


def _number(value: float) -> float | None:
    """Rounded, since a line is read by people too; None where there is no number."""
    return round(float(value), DIGITS) if value == value else None


def _movers(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table[table["output_type_id"] == "2030-12-31"]
    rows = rows[rows["change"].abs() > 2.0 * rows["mcse"]]
    found = []
    for _, part in rows.groupby("event", sort=False):
        largest = part.sort_values("change", key=abs, ascending=False).head(MOST_MOVERS)
        for row in largest.to_dict(orient="records"):
            change, error = _number(row["change"]), _number(row["mcse"])
            found.append({"what": row["what"], "rows": int(row["rows"]), "event": row["event"],
                          "change": change, "mcse": error})  # fmt: skip
    return found


def append(folder: Path, new: Record) -> bool:
    """Store a record, unless one of the same day, run and seed is there. Raises BadInput where it cannot be stored."""
    remedy = "Nothing was stored. Make room or mend the rights of the folder, then try again."
    with _in_words(folder, found="not writable", expected="a folder with room to write", remedy=remedy):
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            before = _scan(folder)
            if any(_name(one) == _name(new) for one in before.records):
                return False
            line = _line({**new, "prev": before.head})
            _write(folder, line, length=before.length, open_end=before.open_end)
    return True


def read(folder: Path) -> list[Record]:
    """Every record in the order of writing; none where there is no such folder.

    Raises BadInput for a line that was changed, and for one that is not below the line that it was written below.
    """
    return _read(folder).records


def head(folder: Path) -> str:
    """Hash of the last line, "" where there is none. Kept elsewhere it shows that lines were cut from the end."""
    return _read(folder).head


def _read(folder: Path) -> _Scan:
    with _in_words(folder, found="not readable", expected="a readable folder", remedy="Check its name and rights."):
        return _scan(folder)


def frame(
    records: Sequence[Record], *, worldview: str | None = None, event: str = "LOOP", view: str = "updated"
) -> pd.DataFrame:
    """One line for each worldview and day, of COLUMNS, days in order; of several forecasts of a day the last.

    ``new`` and ``gone`` are the ids of rows that came and went since the line before; ``moved_by`` is a list of
    (what, rows, change).
    """
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for one in records:
        for name, said in one["worldviews"].items():
            numbers = said["views"].get(view, {}).get(event)
            if numbers is None or (worldview is not None and name != worldview):
                continue
            quantiles = numbers["quantiles_if_ever"]
            lines[name, one["day"]] = {
                "day": one["day"], "run": one["run"], "seed": one["seed"], "worldview": name, "view": view,
                "event": event, **{f"by_{year}": p for year, p in numbers["by"].items()},
                **{f"q{100 * float(level):.0f}_if_ever": quantiles.get(level) for level in LEVELS},
                "never": numbers["never"], "stopped": numbers["stopped"], "mcse_2030": numbers.get("mcse_2030"),
                "row_ids": said["row_ids"],
                "moved_by": [(m["what"], m["rows"], m["change"]) for m in said["moved_by"] if m["event"] == event],
            }  # fmt: skip
    known = {name for one in records for name in one["worldviews"]}
    order = [*(name for name in priors.packaged() if name in known), *sorted(known - set(priors.packaged()))]
    found = []
    for name in order:
        before: set[str] | None = None
        for line in sorted((at for (who, _), at in lines.items() if who == name), key=lambda at: at["day"]):
            ids = {row for row in line.pop("row_ids") if not row.startswith("no-LOOP-by-")}
            line["new"] = sorted(ids - before) if before is not None else []
            line["gone"] = sorted(before - ids) if before is not None else []
            before = ids
            found.append(line)
    return pd.DataFrame(found, columns=list(COLUMNS))


def _name(one: Record) -> tuple[Any, ...]:
    return one["day"], one["run"], one["seed"]


def _line(new: Record) -> bytes:
    return store._canonical({**new, "hash": store._hash(new)}) + b"\n"


def _scan(folder: Path) -> _Scan:
    try:
        with (folder / FILE).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        data = b""
    if len(data) > LARGEST_FILE:
        raise BadInput([_problem("the file", "longer", f"at most {LARGEST_FILE:,} bytes", "Move it elsewhere.")])
    *whole, tail = data.split(b"\n")
    above = _Scan(records=[], head="", chained=False, length=0, open_end=False)
    for line in whole:
        above = _below(above, line, ends=1)
    if tail:  # a whole line that lost its end is kept; less is what a killed writer left
        with suppress(BadInput):
            above = replace(_below(above, tail, ends=0), open_end=True)
    return above


def _below(above: _Scan, line: bytes, *, ends: int) -> _Scan:
    """What is known after one more line. Raises BadInput unless the line is as it was written, and where."""
    said, claimed = _parse(line, number=len(above.records) + 1)
    chained = "prev" in said
    if said.pop("prev", "") != (above.head if chained else "") or (above.chained and not chained):
        raise _changed(
            len(above.records) + 1, "not what was written below the line above it", "the line that was there"
        )
    length = above.length + len(line) + ends
    return _Scan(records=[*above.records, said], head=claimed, chained=chained, length=length, open_end=False)


def _parse(line: bytes, *, number: int) -> tuple[Record, str]:
    """A line without its hash, and that."""
    try:
        said: Record = json.loads(line)
        claimed = said.pop("hash")
        if store._hash(said) == claimed and {"day", "run", "seed", "worldviews"} <= said.keys():
            return said, claimed
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        pass
    raise _changed(number, "not a forecast as it was written", "one as JSON, with its hash")


def _changed(number: int, found: str, expected: str) -> BadInput:
    kept = f"keep its first {number - 1} lines" if number > 1 else "remove it"
    remedy = f"The file was changed: restore it from a copy, or {kept}."
    return BadInput([_problem(f"line {number}", found, expected, remedy)])


def _write(folder: Path, line: bytes, *, length: int, open_end: bool) -> None:
    """Put a line after the whole ones, through to the disk; on any failure take it away."""
    path = folder / FILE
    created = not path.exists()
    with path.open("ab"):
        pass
    with path.open("r+b", buffering=0) as file:
        try:
            file.truncate(length)
            file.seek(length)
            store._write_all(file.fileno(), b"\n" + line if open_end else line)
            os.fsync(file.fileno())
            if created:
                store._sync_folder(folder)
        except BaseException:
            file.truncate(length)
            raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / f"{FILE}.lock", timeout=LOCK_SECONDS, poll_interval=0.01):
            yield
    except Timeout:
        raise BadInput([_problem("the file", f"locked by another process for {LOCK_SECONDS} s", "no other writer",
                                 "Nothing was stored. Wait for the other `rsi` to end, then try again.")]) from None  # fmt: skip


@contextmanager
def _in_words(folder: Path, *, found: str, expected: str, remedy: str) -> Iterator[None]:
    """What the operating system refuses, as BadInput."""
    try:
        yield
    except OSError as bad:
        reason = bad.strerror or type(bad).__name__
        raise BadInput([Problem(file=str(folder), where="the folder", found=f"{found} ({reason})", expected=expected,
                                remedy=remedy)]) from None  # fmt: skip


def _problem(where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=FILE, where=where, found=found, expected=expected, remedy=remedy)
