"""The ledger: a csv file of observations, read whole or refused with every problem it has."""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from forecast.evidence import register as registers
from forecast.evidence.rows import COLUMNS, Row, check
from priors.problems import BadInput, Problem

LARGEST_FILE = 64 * 2**20
_DATES = ("observed_on", "published_on", "recorded_on")
_NUMBERS = ("value", "low", "high", "level")
_csv_limit = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """`rows` has one line per row and the columns of `rows.COLUMNS`.

    Days are datetime64 (NaT where unknown), numbers float (NaN where blank), text str ("" where blank).
    `sha256` is that of the file, for whoever must say later what was read.
    """

    file: str
    sha256: str
    rows: pd.DataFrame


def read(path: Path | str | None = None, *, register: registers.Register | None = None) -> Ledger:
    """The packaged ledger, or the file at `path`. Raises BadInput with every problem at once."""
    if path is None and register is None:
        return _packaged()
    data, file = _bytes(path)
    rows, found = examine(data, file=file, register=register or registers.read())
    if found:
        raise BadInput(found)
    return Ledger(file=file, sha256=hashlib.sha256(data).hexdigest(), rows=_frame(rows))


@cache
def _packaged() -> Ledger:
    return read(None, register=registers.read())


def problems(path: Path | str | None = None, *, register: registers.Register | None = None) -> list[Problem]:
    """Every problem of the packaged ledger or of the file at `path`; empty if there is none."""
    try:
        data, file = _bytes(path)
    except BadInput as bad:
        return list(bad.problems)
    return examine(data, file=file, register=register or registers.read())[1]


def examine(data: bytes, *, file: str, register: registers.Register) -> tuple[list[Row], list[Problem]]:
    """The rows that pass on their own, and every problem of the file; raises nothing."""
    table, found = _table(data, file=file)
    rows: dict[int, Row] = {}
    for number, cells in table:
        row, faults = check(cells)
        for fault in faults:
            where = f"row {number}, {fault.field}"
            shown = _shown(cells[fault.field])
            found.append(Problem(file=file, where=where, found=shown, expected=fault.expected, remedy=fault.remedy))
        if row is not None:
            rows[number] = row
    found += _unit_problems(rows, file=file, register=register)
    found += _link_problems(rows, file=file)
    found += _duplicate_problems(rows, file=file)
    return list(rows.values()), found


def _bytes(path: Path | str | None) -> tuple[bytes, str]:
    """The file's content and the name to call it by."""
    if path is None:
        return files("forecast.evidence").joinpath("observations.csv").read_bytes(), "observations.csv"
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            expected = f"at most {LARGEST_FILE:,} bytes"
            raise BadInput([_file_problem(path.name, f"{size:,} bytes long", expected, "Split it.")])
        return path.read_bytes(), path.name
    except OSError as bad:
        reason = bad.strerror or "unreadable"
        problem = _file_problem(str(path), f"not readable ({reason})", "a csv file", "Check the name and the rights.")
        raise BadInput([problem]) from None


def _table(data: bytes, *, file: str) -> tuple[list[tuple[int, dict[str, str]]], list[Problem]]:
    """Numbered rows of the right width (the header is row 1), and what is wrong with the others."""
    if len(data) > LARGEST_FILE:
        return [], [_file_problem(file, f"{len(data):,} bytes long", f"at most {LARGEST_FILE:,} bytes", "Split it.")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        return [], [_file_problem(file, f"not UTF-8 at byte {bad.start}", "UTF-8 text", "Save it as UTF-8.")]
    table: list[tuple[int, dict[str, str]]] = []
    found: list[Problem] = []
    records, error = _records(text)
    for number, cells in enumerate(records, start=1):
        if number == 1:
            if found := _header_problems(cells, file=file):
                return [], found
        elif len(cells) != len(COLUMNS):
            shown, expected = f"{len(cells)} cells wide", f"{len(COLUMNS)} cells"
            remedy = "Quote cells that contain commas; leave no blank lines."
            found.append(Problem(file=file, where=f"row {number}", found=shown, expected=expected, remedy=remedy))
        else:
            table.append((number, dict(zip(COLUMNS, cells, strict=True))))
    if error:
        remedy = "Close every quote, and double a quote inside a quoted cell. Rows below it were not read."
        where = f"row {len(records) + 1}"
        found.append(Problem(file=file, where=where, found=f"not csv ({error})", expected="a csv row", remedy=remedy))
    elif not records:
        found.append(_file_problem(file, "empty", "a header and rows", "Begin with the line " + ",".join(COLUMNS)))
    return table, found


def _records(text: str) -> tuple[list[list[str]], str]:
    """csv records up to the first malformed one, and what is wrong with that; "" if nothing is.

    A huge cell is read here, so that the row check can name it, and refused there.
    """
    records: list[list[str]] = []
    with _csv_limit:  # the limit is global to the process
        before = csv.field_size_limit(LARGEST_FILE)
        try:
            records.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as bad:
            return records, str(bad)
        finally:
            csv.field_size_limit(before)
    return records, ""


def _header_problems(header: Sequence[str], *, file: str) -> list[Problem]:
    if tuple(header) == COLUMNS:
        return []
    expected = ",".join(COLUMNS)
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    twice = sorted({name for name in header if header.count(name) > 1})
    parts = [
        f"{word} {', '.join(_shown(name) for name in names[:20])}"
        for word, names in (("lacking", missing), ("with the unknown", unknown), ("with twice", twice))
        if names
    ]
    remedy = "Write the columns in this order and no others."
    shown = "; ".join(parts) or "in another order"
    return [Problem(file=file, where="row 1, the header", found=shown, expected=expected, remedy=remedy)]


def _unit_problems(rows: Mapping[int, Row], *, file: str, register: registers.Register) -> Iterator[Problem]:
    units = {series: (entry.unit, "the register") for series, entry in register.series.items()}
    for number, row in rows.items():
        unit, where = units.setdefault(row.series, (row.unit, f"row {number}"))
        if row.unit != unit:
            yield Problem(
                file=file,
                where=f"row {number}, unit",
                found=_shown(row.unit),
                expected=f"{unit!r}, the unit that {where} gives {row.series}",
                remedy="Convert the numbers, or give the other unit a series of its own.",
            )


def _link_problems(rows: Mapping[int, Row], *, file: str) -> Iterator[Problem]:
    """supersedes and retracts: an older observation of the same series, replaced or withdrawn once."""
    by_id = {row.id: row for row in rows.values()}
    taken: dict[str, int] = {}
    for number, row in rows.items():
        field = "retracts" if row.retracts else "supersedes"
        target_id = row.retracts or row.supersedes
        if target_id is None:
            continue
        target = by_id.get(target_id)
        expected, remedy = "", ""
        if target is None:
            expected, remedy = "the id of a row of this file", "Copy it from the row it is about."
        elif target.retracts:
            expected, remedy = "the id of an observation, not of a retraction", "Add the observation again instead."
        elif target.series != row.series:
            expected, remedy = f"a row of {row.series}, not of {target.series}", "Retract it there and add a row here."
        elif row.recorded_on < target.recorded_on:
            expected, remedy = "a row recorded no later than this one", "Correct recorded_on."
        elif target_id in taken:
            expected = f"a row that row {taken[target_id]} has not replaced already"
            remedy = "Point at the newest row of the chain."
        if expected:
            where = f"row {number}, {field}"
            yield Problem(file=file, where=where, found=_shown(target_id), expected=expected, remedy=remedy)
        taken.setdefault(target_id, number)


def _duplicate_problems(rows: Mapping[int, Row], *, file: str) -> Iterator[Problem]:
    """Two live rows with one key; a correction may share the key of what it corrects."""
    replaced = {target for row in rows.values() for target in (row.supersedes, row.retracts) if target}
    ids: dict[str, int] = {}
    keys: dict[tuple[object, ...], int] = {}
    for number, row in rows.items():
        key = (row.series, row.subject, row.observed_on, row.published_on)
        if row.id in ids:
            where, expected = f"row {number}, id", f"an id that row {ids[row.id]} does not have"
            yield Problem(file=file, where=where, found=_shown(row.id), expected=expected, remedy="Remove the copy.")
        elif row.id not in replaced and not row.retracts and keys.setdefault(key, number) != number:
            yield Problem(
                file=file,
                where=f"row {number}, series, subject, observed_on and published_on",
                found=_shown(", ".join(map(str, key))),
                expected=f"a key that row {keys[key]} does not have",
                remedy="Remove one of the two, or let the newer one supersede the older.",
            )
        ids.setdefault(row.id, number)


def _file_problem(file: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=file, where="the file", found=found, expected=expected, remedy=remedy)


def _shown(cell: str) -> str:
    """Safe to print whatever is in it, and short."""
    return ascii(cell) if len(cell) <= 60 else f"{cell[:50]!a}... ({len(cell):,} characters)"


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    frame = pd.DataFrame([row.model_dump() for row in rows], columns=list(COLUMNS))
    for name in _DATES:
        frame[name] = pd.to_datetime(frame[name])
    for name in _NUMBERS:
        frame[name] = frame[name].astype(float)
    for name in set(COLUMNS).difference(_DATES, _NUMBERS):
        frame[name] = frame[name].fillna("").astype(str)
    return frame
