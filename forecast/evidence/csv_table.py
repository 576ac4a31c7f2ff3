"""A csv file as numbered rows of text cells, and what is wrong with its form; what the cells say is not looked at."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Sequence
from pathlib import Path

from forecast.evidence.rows import COLUMNS, shown
from priors.problems import BadInput, Problem

LARGEST_FILE = 64 * 2**20
_csv_limit = threading.Lock()


def load(path: Path) -> bytes:
    """The file's content. Raises BadInput where it is too large or not readable."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            expected = f"at most {LARGEST_FILE:,} bytes"
            raise BadInput([_file_problem(path.name, f"{size:,} bytes long", expected, "Split it.")])
        return path.read_bytes()
    except OSError as bad:
        reason = bad.strerror or "unreadable"
        problem = _file_problem(str(path), f"not readable ({reason})", "a csv file", "Check the name and the rights.")
        raise BadInput([problem]) from None


def table(data: bytes, *, file: str) -> tuple[list[tuple[int, dict[str, str]]], list[Problem]]:
    """Numbered rows of the right width (the header is row 1), and what is wrong with the others."""
    if len(data) > LARGEST_FILE:
        return [], [_file_problem(file, f"{len(data):,} bytes long", f"at most {LARGEST_FILE:,} bytes", "Split it.")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        return [], [_file_problem(file, f"not UTF-8 at byte {bad.start}", "UTF-8 text", "Save it as UTF-8.")]
    rows: list[tuple[int, dict[str, str]]] = []
    found: list[Problem] = []
    records, error = _records(text)
    for number, cells in enumerate(records, start=1):
        if number == 1:
            if found := _header_problems(cells, file=file):
                return [], found
        elif len(cells) != len(COLUMNS):
            wide, expected = f"{len(cells)} cells wide", f"{len(COLUMNS)} cells"
            remedy = "Quote cells that contain commas; leave no blank lines."
            found.append(Problem(file=file, where=f"row {number}", found=wide, expected=expected, remedy=remedy))
        else:
            rows.append((number, dict(zip(COLUMNS, cells, strict=True))))
    if error:
        remedy = "Close every quote, and double a quote inside a quoted cell. Rows below it were not read."
        where = f"row {len(records) + 1}"
        found.append(Problem(file=file, where=where, found=f"not csv ({error})", expected="a csv row", remedy=remedy))
    elif not records:
        found.append(_file_problem(file, "empty", "a header and rows", "Begin with the line " + ",".join(COLUMNS)))
    return rows, found


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
        f"{word} {', '.join(shown(name) for name in names[:20])}"
        for word, names in (("lacking", missing), ("with the unknown", unknown), ("with twice", twice))
        if names
    ]
    remedy = "Write the columns in this order and no others."
    found = "; ".join(parts) or "in another order"
    return [Problem(file=file, where="row 1, the header", found=found, expected=expected, remedy=remedy)]


def _file_problem(file: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=file, where="the file", found=found, expected=expected, remedy=remedy)
