"""csv as text: the columns asked for, by name and in any order; everything else about the shape is checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from priors.problems import BadInput, Problem

LARGEST_FILE = 16 * 2**20
MOST_COLUMNS = 200
MOST_ROWS = 100_000
LONGEST_CELL = 5_000
MOST_PROBLEMS = 20


def parse(
    data: bytes, *, file: str, needed: Sequence[str], wanted: Sequence[str] = (), strictly: bool = False
) -> list[dict[str, str]]:
    """One dict per row with the columns of `needed` and, where the file has them, of `wanted`; cells are stripped.

    Raises BadInput with every problem; where a needed column is missing, or `strictly` any is unknown, it names
    what changed.
    """
    if len(data) > LARGEST_FILE:
        raise BadInput([_bad(file, "the file", f"{len(data):,} bytes long", f"at most {LARGEST_FILE:,} bytes")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise BadInput([_bad(file, "the file", f"not UTF-8 at byte {bad.start}", "UTF-8 text")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[Problem] = []
    rows: list[dict[str, str]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, file=file, needed=needed, wanted=wanted, strictly=strictly)
        at = {name: header.index(name) for name in (*needed, *wanted) if name in header}
        for number, cells in enumerate(reader, start=2):
            if not cells:
                continue  # a blank line
            if number > MOST_ROWS:
                found.append(_bad(file, "the file", "longer", f"at most {MOST_ROWS:,} rows"))
            elif len(cells) != len(header):
                found.append(_bad(file, f"row {number}", f"{len(cells)} cells wide", f"{len(header)} cells"))
            else:
                row = {name: cells[position].strip() for name, position in at.items()}
                rows.append(row)
                for name, cell in row.items():
                    if len(cell) > LONGEST_CELL:
                        shown = f"{len(cell):,} characters long"
                        found.append(_bad(file, f"row {number}, {name}", shown, f"at most {LONGEST_CELL:,}"))
            if len(found) >= MOST_PROBLEMS or number > MOST_ROWS:
                break
    except csv.Error as bad:
        found.append(_bad(file, f"row {reader.line_num}", f"not csv ({bad})", "a csv row"))
    if found:
        raise BadInput(found)
    return rows


def header(data: bytes) -> list[str]:
    """The names of the columns; empty where the file does not begin with a line of csv."""
    line, _, _ = data[:20_000].partition(b"\n")
    try:
        return [name.strip() for name in next(csv.reader([line.decode("utf-8-sig").strip()], strict=True), [])]
    except (UnicodeDecodeError, csv.Error):
        return []


def _check_header(
    header: Sequence[str], *, file: str, needed: Sequence[str], wanted: Sequence[str], strictly: bool
) -> None:
    if len(header) > MOST_COLUMNS:
        raise BadInput([_bad(file, "row 1, the header", f"{len(header):,} columns", f"at most {MOST_COLUMNS}")])
    missing = [name for name in needed if name not in header]
    unknown = [name for name in header if name not in needed and name not in wanted]
    twice = sorted({name for name in header if header.count(name) > 1 and name in (*needed, *wanted)})
    if not (missing or twice or (strictly and unknown)):
        return
    words = (("lacking", missing), ("with the unknown", unknown), ("with twice", twice))
    shown = "; ".join(f"{word} {', '.join(ascii(name)[:60] for name in names[:20])}" for word, names in words if names)
    raise BadInput([_bad(file, "row 1, the header", shown, "the columns " + ", ".join(needed))])


def _bad(file: str, where: str, found: str, expected: str) -> Problem:
    remedy = "If the publisher has changed the file, its importer must learn the new shape; tell us."
    return Problem(file=file, where=where, found=found, expected=expected, remedy=remedy)
