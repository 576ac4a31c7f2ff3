"""Importers: publishers' files as they are, read into rows in the ledger's terms. Nothing is stored here.

parsed = importers.read(path, fetched_on=date(2026, 11, 21))
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import ModuleType

from forecast.evidence import register as registers
from forecast.evidence.importers import (
    eci,
    epoch,
    inspect_log,
    metr,
    own_csv,
    posttrainbench,
    safe_csv,
    safe_json,
    safe_yaml,
    safe_zip,
)
from forecast.evidence.importers.parsed import Cells, Parsed, Skipped, Source, Wishes, plain
from forecast.evidence.register import Register
from forecast.evidence.rows import check, content_id, shown
from priors.problems import BadInput, Problem

__all__ = ["FORMATS", "Parsed", "read"]

LARGEST_FILE = 16 * 2**20
LARGEST_ARCHIVE = 4 * 2**30
FORMATS: dict[str, ModuleType] = {one.NAME: one for one in (metr, epoch, eci, posttrainbench, inspect_log, own_csv)}
_MAGIC = b"PK"


def read(
    path: Path | str,
    *,
    fetched_on: date,
    format: str | None = None,
    series: str | None = None,
    allow_incomplete: bool = False,
    register: Register | None = None,
    releases: Mapping[str, date] | None = None,
) -> Parsed:
    """The rows of a file in one of `FORMATS`, found by its content where `format` is not given.

    `fetched_on` is the day by which the file was public; rows dated after it are skipped. `series` keeps only the
    rows of one series, or says where rows belong that the file does not place itself. `releases` gives the days
    on which models came out, for formats that do not. Raises BadInput with every problem at once.
    """
    source = _open(Path(path), fetched_on=fetched_on, register=register or registers.read())
    wishes = Wishes(series=series, allow_incomplete=allow_incomplete, releases=releases or {})
    found = [
        _option("--format", format, list(FORMATS)) if format not in (None, *FORMATS) else None,
        _option("--series", series, []) if series is not None and series not in source.register.series else None,
    ]
    if any(found):
        raise BadInput(problem for problem in found if problem)
    name = format or _recognise(source)
    parse: Callable[[Source, Wishes], tuple[list[Cells], list[Skipped]]] = FORMATS[name].parse
    cells, skipped = parse(source, wishes)
    if name != own_csv.NAME:
        cells, left_out = _usable(cells, source, series=series)
        skipped = [*skipped, *left_out]
    said = tuple((plain(what)[:200], plain(why)[:400]) for what, why in skipped)
    return Parsed(format=name, source=plain(source.name), cells=tuple(cells), skipped=said)


def _open(path: Path, *, fetched_on: date, register: Register) -> Source:
    if path.exists() and not path.is_file():
        raise BadInput([_file(path, "no regular file", "a file", "Give the name of the file itself.")])
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            archive = stream.read(2) == _MAGIC
            largest = LARGEST_ARCHIVE if archive else LARGEST_FILE
            if size > largest:
                raise BadInput([_file(path, f"{size:,} bytes long", f"at most {largest:,}", "Is it the right file?")])
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            data = b"" if archive else stream.read(largest)
    except OSError as bad:
        reason = bad.strerror or "unreadable"
        raise BadInput([_file(path, f"not readable ({reason})", "a file", "Check the name and the rights.")]) from None
    return Source(name=path.name, path=path, data=data, sha256=sha256, fetched_on=fetched_on, register=register)


def _recognise(source: Source) -> str:
    """The name of the format. Raises BadInput where there is none."""
    if not source.data:
        members = safe_zip.members(source.path, file=source.name) if _is_archive(source) else {}
        for one in (inspect_log, epoch):
            if one.recognises(members):
                return one.NAME
    elif source.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        if posttrainbench.recognises(safe_json.parse(source.data, file=source.name)):
            return posttrainbench.NAME
    else:
        header = safe_csv.header(source.data)
        if eci.recognises(header):
            return eci.NAME
        if own_csv.recognises(header):
            return own_csv.NAME
        if posttrainbench.recognises_header(header):
            return posttrainbench.NAME
        if b"benchmark_name" in source.data and metr.recognises(safe_yaml.parse(source.data, file=source.name)):
            return metr.NAME
    known = "; ".join(f"{one.WHAT} ({name})" for name, one in FORMATS.items())
    remedy = "If it is one of these, say which with --format and read what is wrong with it."
    raise BadInput([_file(source.path, "in no format known here", known, remedy)])


def _is_archive(source: Source) -> bool:
    with source.path.open("rb") as stream:
        return stream.read(2) == _MAGIC


def _usable(cells: list[Cells], source: Source, *, series: str | None) -> tuple[list[Cells], list[Skipped]]:
    """Rows that the ledger could hold; of the others, what is wrong with them."""
    kept: list[Cells] = []
    skipped: list[Skipped] = []
    keys: set[tuple[str, str, str]] = set()
    last = source.fetched_on.isoformat()
    for row in cells:
        key = (row["series"], row["subject"], row["observed_on"])
        what = f"{row['series']}, {ascii(row['subject'])[1:-1]}, {row['observed_on']}"
        faults = check({**row, "id": content_id(row), "recorded_on": last})[1]
        late = [f"its {name} is after {last}" for name in ("observed_on", "published_on") if row[name] > last]
        if series is not None and row["series"] != series:
            skipped.append((what, f"not {series}, which was asked for"))
        elif late:
            skipped.append((what, late[0] + ", the day of the fetch"))
        elif faults:
            said = "; ".join(
                f"{one.field} is {shown(row.get(one.field, ''))}, not {one.expected}" for one in faults[:3]
            )
            skipped.append((what, said))
        elif key in keys:
            skipped.append((what, "there twice; the first one counts"))
        else:
            kept.append(row)
            keys.add(key)
    return kept, skipped


def _option(name: str, given: str | None, known: list[str]) -> Problem:
    expected = f"one of {', '.join(known)}" if known else "a series of the register"
    remedy = "Correct it." if known else "List them with `rsi evidence list`."
    return Problem(file="command line", where=name, found=ascii(given)[:80], expected=expected, remedy=remedy)


def _file(path: Path, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=plain(path.name), where="the file", found=found, expected=expected, remedy=remedy)
