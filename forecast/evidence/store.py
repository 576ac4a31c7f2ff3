"""The user's own rows: a folder with an append-only file that survives kills, full disks and two writers at once.

`observations.jsonl` holds one row a line: the text cells of `rows.COLUMNS`, `seq` (the line's number), `prev` (the hash
of the line above) and `hash` (SHA-256 of the rest of the line). Lines are added under a lock and never changed, so the
last hash, the head, stands for the whole file. What a killed writer left of a line is passed over, and cut by the next
writer. The lock holds between processes of one machine; on a network drive write from one machine only.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock, Timeout

from forecast.evidence.rows import COLUMNS, content_id
from priors.problems import BadInput, Problem

FILE = "observations.jsonl"
LARGEST_FILE = 64 * 2**20
LOCK_SECONDS = 30
_CHAIN = ("seq", "prev", "hash")

type Cells = dict[str, str]
type Check = Callable[[Sequence[Cells], Sequence[Cells]], Sequence[Problem]]
"""(rows already stored, rows to be added) -> every problem of the ledger that they would make."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """`rows` in the order in which they were added; `head` is the hash of the last one, "" before the first."""

    rows: list[Cells]
    head: str


@dataclass(frozen=True, kw_only=True)
class Appended:
    """Ids of the rows that were stored, and of those that were there already."""

    added: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """`length` counts the bytes of whole rows; `open_end` says that the last of them lacks its line end."""

    stored: Stored
    length: int
    open_end: bool


def folder(option: Path | None = None) -> Path:
    """Where the user's rows live: the option, else RSI_LEDGER, else the user's data folder. Need not exist."""
    if option is not None:
        return option
    if named := os.environ.get("RSI_LEDGER"):
        return Path(named).expanduser()
    return platformdirs.user_data_path("rsi-cruxes", appauthor=False) / "ledger"


def read(folder: Path) -> Stored:
    """Every row of the folder; none where there is no such folder. Raises BadInput where the chain is broken."""
    with _in_words(folder, found="not readable", expected="a readable folder", remedy="Check its name and rights."):
        return _scan(folder).stored


def append(
    folder: Path,
    cells: Sequence[Mapping[str, str]],
    *,
    recorded_on: date | None = None,
    check: Check,
    elsewhere: Collection[str] = (),
) -> Appended:
    """Store all of the rows or, with BadInput, none of them. `ledger.add` supplies the check of the whole ledger.

    Absent cells are blank. `recorded_on` is set here (default: today, and never before the newest row stored), and so
    is a blank id. Rows whose id is stored already, or among the ids known `elsewhere`, are not stored again.
    """
    given = [_complete(row, number=number) for number, row in enumerate(cells, start=1)]
    remedy = "Nothing was stored. Make room or mend the rights of the folder, then add the rows again."
    with _in_words(folder, found="not writable", expected="a folder with room to write", remedy=remedy):
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        if made:
            _sync_folder(folder.parent)
        with _locked(folder):
            before = _scan(folder)
            stored = before.stored
            day = max([(recorded_on or date.today()).isoformat(), *(row["recorded_on"] for row in stored.rows)])
            seen = {row["id"] for row in stored.rows} | set(elsewhere)
            new: list[Cells] = []
            known: list[str] = []
            for row in given:
                if row["id"] in seen and row["id"] == content_id(row):
                    known.append(row["id"])
                else:
                    new.append({**row, "recorded_on": day})
                    seen.add(row["id"])
            if found := check(stored.rows, new):
                raise BadInput(found)
            if new:
                _write(folder, before, _lines(new, seq=len(stored.rows), head=stored.head))
    return Appended(added=tuple(row["id"] for row in new), known=tuple(known))


def _complete(row: Mapping[str, str], *, number: int) -> Cells:
    """All cells of the row, with the id of its content unless it has one. Raises BadInput for what is no cell."""
    found = [
        Problem(
            file="new rows",
            where=f"row {number}, {name!a}",
            found=ascii(cell)[:60],
            expected="text in one of the columns " + ", ".join(COLUMNS),
            remedy="Correct the name, or write the cell as text.",
        )
        for name, cell in row.items()
        if name not in COLUMNS or not isinstance(cell, str)
    ]
    if found:
        raise BadInput(found)
    cells = {name: row.get(name, "") for name in COLUMNS}
    return {**cells, "id": cells["id"] or content_id(cells)}


def _canonical(record: Mapping[str, object]) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _hash(record: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(record)).hexdigest()


def _lines(rows: Sequence[Cells], *, seq: int, head: str) -> bytes:
    lines = []
    for number, row in enumerate(rows, start=seq + 1):
        record: dict[str, object] = {**row, "seq": number, "prev": head}
        head = _hash(record)
        lines.append(_canonical({**record, "hash": head}) + b"\n")
    return b"".join(lines)


def _scan(folder: Path) -> _Scan:
    try:
        with (folder / FILE).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        data = b""
    _refuse_beyond_the_largest(len(data))
    rows: list[Cells] = []
    head, length = "", 0
    *whole, tail = data.split(b"\n")
    for number, line in enumerate(whole, start=1):
        row, head = _parse(line, number=number, head=head)
        rows.append(row)
        length += len(line) + 1
    if tail:  # a whole row that lost its line end is kept; less than a row is what a killed writer left
        try:
            row, head = _parse(tail, number=len(rows) + 1, head=head)
            rows.append(row)
            length += len(tail)
        except BadInput:
            if b"\r" in tail:  # no writer of ours makes one, so these are whole rows whose line ends were changed
                raise
            tail = b""
    return _Scan(stored=Stored(rows=rows, head=head), length=length, open_end=bool(tail))


def _refuse_beyond_the_largest(length: int) -> None:
    if length > LARGEST_FILE:
        expected, remedy = f"at most {LARGEST_FILE:,} bytes", "Begin another folder."
        raise BadInput([Problem(file=FILE, where="the file", found="longer", expected=expected, remedy=remedy)])


def _parse(line: bytes, *, number: int, head: str) -> tuple[Cells, str]:
    """The cells of one line and its hash. Raises BadInput unless the line is the one written after `head`."""
    try:
        record: Any = json.loads(line)
        names = record.keys()
        text = all(isinstance(record[name], str) for name in (*COLUMNS, "prev", "hash"))
        usable = text and names == {*COLUMNS, *_CHAIN} and _canonical(record) == line
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        usable = False
    if not usable:
        found, expected = "not a row as it was written", "one row as JSON"
    else:
        claimed = record.pop("hash")
        if record["prev"] == head and record["seq"] == number and _hash(record) == claimed:
            return {name: record[name] for name in COLUMNS}, claimed
        found, expected = "not what was written after the row above it", "a row whose hash fits its content and place"
    above = f"keep its first {number - 1} lines" if number > 1 else "remove it"
    remedy = f"The file was changed: restore it from a copy, or {above} and add the other rows again."
    raise BadInput([Problem(file=FILE, where=f"row {number}", found=found, expected=expected, remedy=remedy)])


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / f"{FILE}.lock", timeout=LOCK_SECONDS, poll_interval=0.01):
            yield
    except Timeout:
        found = f"locked by another process for {LOCK_SECONDS} s"
        remedy = "Nothing was stored. Wait for the other `rsi` to end, then try again."
        raise BadInput([Problem(file=str(folder), where="the folder", found=found, expected="no other writer",
                                remedy=remedy)]) from None  # fmt: skip


def _write(folder: Path, before: _Scan, lines: bytes) -> None:
    """Put `lines` after the whole rows, through to the disk, and read them back; on any failure take them away."""
    _refuse_beyond_the_largest(before.length + len(lines) + 1)
    path = folder / FILE
    created = not path.exists()
    with path.open("ab"):
        pass
    with path.open("r+b", buffering=0) as file:
        try:
            file.truncate(before.length)
            file.seek(before.length)
            _write_all(file.fileno(), b"\n" + lines if before.open_end else lines)
            os.fsync(file.fileno())
            if created:
                _sync_folder(folder)
            written = path.read_bytes()[before.length :].lstrip(b"\n")
            if written != lines:
                raise OSError("the disk does not hold what was written to it")
        except BaseException:
            file.truncate(before.length)
            raise


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _in_words(folder: Path, *, found: str, expected: str, remedy: str) -> Iterator[None]:
    """What the operating system refuses, as BadInput."""
    try:
        yield
    except OSError as bad:
        reason = bad.strerror or str(bad) or type(bad).__name__
        found = f"{found} ({reason})"
        problem = Problem(file=str(folder), where="the folder", found=found, expected=expected, remedy=remedy)
        raise BadInput([problem]) from None
