"""The ledger: the packaged observations and the user's own rows, read together or refused with every problem."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from forecast.evidence import consistency, csv_table, overlay, store
from forecast.evidence import register as registers
from forecast.evidence.consistency import Placed
from forecast.evidence.register import Register
from forecast.evidence.rows import COLUMNS, Row, check, shown
from forecast.evidence.store import Appended, Cells
from priors.problems import BadInput, Problem

PACKAGED = "observations.csv"
NEW = "new rows"
_DATES = ("observed_on", "published_on", "recorded_on")
_NUMBERS = ("value", "low", "high", "level")


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """`rows` has one line per row and the columns of `rows.COLUMNS`; the user's own come last.

    Days are datetime64 (NaT where unknown), numbers float (NaN where blank), text str ("" where blank).
    `register` is the one the rows were checked against, `own_head` the head of the user's own rows ("" without any).
    `sha256` is that of everything that was read, the register included, for whoever must say later what it was.
    """

    file: str
    sha256: str
    rows: pd.DataFrame
    register: Register
    own_head: str = ""


def read(path: Path | str | None = None, *, register: Register | None = None, own: Path | None = None) -> Ledger:
    """The packaged ledger, or the file at `path`, and the rows and the register of the folder `own` on top.

    A row that both hold counts once, as recorded where it was recorded first. Raises BadInput with every problem at
    once; a broken chain or register of `own` is told alone, since nothing else can be checked before it is mended.
    """
    if path is None and register is None and own is None:
        return _packaged()
    file, digest, base = _base(path)
    register = register or registers.read()
    stored = store.Stored(rows=[], head="")
    if own is not None:
        register = overlay.read(own, base=register)
        stored = store.read(own)
    rows, found = _examine(base, stored.rows, register=register)
    if found:
        raise BadInput(found)
    parts = {"file": digest, "own": stored.head, "register": register.model_dump(mode="json")}
    sha256 = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return Ledger(file=file, sha256=sha256, rows=_frame(rows), register=register, own_head=stored.head)


@cache
def _packaged() -> Ledger:
    return read(None, register=registers.read())


def add(
    own: Path,
    cells: Sequence[Mapping[str, str]],
    *,
    recorded_on: date | None = None,
    path: Path | str | None = None,
    register: Register | None = None,
) -> Appended:
    """Store rows in the folder `own` if the whole ledger with them is in order, else raise BadInput and store none.

    `recorded_on` (default: today) is moved up to the newest day on which anything in the ledger was recorded, should
    the clock be behind.
    """
    _, _, base = _base(path)
    register = overlay.read(own, base=register or registers.read())

    def problems_with(stored: Sequence[Cells], new: Sequence[Cells]) -> list[Problem]:
        return _examine(base, stored, new, register=register)[1]

    newest = max((placed.row.recorded_on for placed in base.rows), default=date.min)
    return store.append(
        own,
        cells,
        recorded_on=max(recorded_on or date.today(), newest),
        check=problems_with,
        elsewhere={placed.row.id for placed in base.rows},
    )


def cells_by_id(own: Path | None = None) -> dict[str, Cells]:
    """Every row as text, packaged and own, whether or not the two are in order together."""
    table, _ = csv_table.table(_packaged_bytes(), file=PACKAGED)
    stored = store.read(own).rows if own is not None else []
    return {cells["id"]: cells for cells in (*(cells for _, cells in table), *stored)}


def problems(path: Path | str | None = None, *, register: Register | None = None) -> list[Problem]:
    """Every problem of the packaged ledger or of the file at `path`; empty if there is none."""
    try:
        read(path, register=register or registers.read())
    except BadInput as bad:
        return list(bad.problems)
    return []


def examine(data: bytes, *, file: str, register: Register) -> tuple[list[Row], list[Problem]]:
    """The rows that pass on their own, and every problem of the file; raises nothing."""
    return _examine(_placed_csv(data, file=file), register=register)


@dataclass(frozen=True, kw_only=True)
class _Checked:
    """Rows that passed on their own, and what is wrong with the others."""

    rows: tuple[Placed, ...]
    problems: tuple[Problem, ...]


def _examine(
    base: _Checked, stored: Sequence[Cells] = (), new: Sequence[Cells] = (), *, register: Register
) -> tuple[list[Row], list[Problem]]:
    """The rows of all three together, one of each id across them, and every problem."""
    own = _placed(list(enumerate(stored, start=1)), file=store.FILE, origin="own")
    fresh = _placed(list(enumerate(new, start=1)), file=NEW, origin="own")
    recorded = {placed.row.id: placed.row.recorded_on for placed in own.rows}
    rows = [_recorded_by(placed, recorded.get(placed.row.id)) for placed in base.rows]
    packaged = {placed.row.id for placed in rows}
    rows += [placed for placed in (*own.rows, *fresh.rows) if placed.row.id not in packaged]
    found = [*base.problems, *own.problems, *fresh.problems, *consistency.problems(rows, register=register)]
    return [placed.row for placed in rows], found


def _recorded_by(placed: Placed, day: date | None) -> Placed:
    if day is None or day >= placed.row.recorded_on:
        return placed
    return replace(placed, row=placed.row.model_copy(update={"recorded_on": day}))


def _base(path: Path | str | None) -> tuple[str, str, _Checked]:
    """The packaged file or another: the name to call it by, its SHA-256 and its rows. Raises BadInput."""
    if path is None:
        data = _packaged_bytes()
        return PACKAGED, hashlib.sha256(data).hexdigest(), _packaged_rows()
    data, file = csv_table.load(Path(path)), Path(path).name
    return file, hashlib.sha256(data).hexdigest(), _placed_csv(data, file=file)


@cache
def _packaged_bytes() -> bytes:
    return files("forecast.evidence").joinpath(PACKAGED).read_bytes()


@cache
def _packaged_rows() -> _Checked:
    return _placed_csv(_packaged_bytes(), file=PACKAGED)


def _placed_csv(data: bytes, *, file: str) -> _Checked:
    table, found = csv_table.table(data, file=file)
    checked = _placed(table, file=file, origin=file)
    return _Checked(rows=checked.rows, problems=(*found, *checked.problems))


def _placed(table: Sequence[tuple[int, Mapping[str, str]]], *, file: str, origin: str) -> _Checked:
    rows: list[Placed] = []
    found: list[Problem] = []
    for number, cells in table:
        row, faults = check(cells)
        for fault in faults:
            where, what = f"row {number}, {fault.field}", shown(cells[fault.field])
            found.append(Problem(file=file, where=where, found=what, expected=fault.expected, remedy=fault.remedy))
        if row is not None:
            rows.append(Placed(row=row, file=file, number=number, origin=origin))
    return _Checked(rows=tuple(rows), problems=tuple(found))


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    frame = pd.DataFrame([row.model_dump() for row in rows], columns=list(COLUMNS))
    for name in _DATES:
        frame[name] = pd.to_datetime(frame[name])
    for name in _NUMBERS:
        frame[name] = frame[name].astype(float)
    for name in set(COLUMNS).difference(_DATES, _NUMBERS):
        frame[name] = frame[name].fillna("").astype(str)
    return frame
