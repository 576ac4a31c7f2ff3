"""The tables of a book on disk: a folder named by all that its numbers depend on, and refused when that has changed.

A table is a csv, written whole; the manifest has its hash, so that one changed by hand is refused too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from priors.problems import Problem

if TYPE_CHECKING:
    from forecast.evidence.ledger import Ledger

FOLDER = "book"
"""Of the artefacts, where books are kept."""

MANIFEST = "manifest.json"
ROOT = Path(__file__).parent.parent
LOOKS = (
    "figures", "command", "publication/html.py", "publication/pages", "publication/equations.py", "publication/mathml.py",
)  # fmt: skip
"""Parts of this package that shape how numbers are shown, and none of them."""


class Stale(RuntimeError):
    """The tables are missing, or what they were computed from has changed since."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """The tables of one book: ``day`` and ``seed`` of its forecasts, ``rows`` in the ledger, its ``folder``."""

    day: date
    seed: int
    rows: int
    folder: Path
    sha256: Mapping[str, str]
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        """One table, floats as they were computed. Raises Stale where it is not there, or not the one written."""
        path = self.folder / f"{name}.csv"
        if name not in self.sha256 or not path.exists():
            raise Stale(f"The book has no table {name!r}: run `rsi book prepare`.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256[name]:
            raise Stale(f"{path} is not the table that was computed: delete it and run `rsi book prepare`.")
        return pd.read_csv(path, keep_default_na=False, na_values=["nan"])

    def put(self, name: str, to: Path) -> None:
        """Copy a set of files to where pages are served. Raises Stale where one is not there, or not the one written."""
        if name not in self.files:
            raise Stale(f"The book has no files {name!r}: run `rsi book prepare`.")
        to.mkdir(parents=True, exist_ok=True)
        for file, digest in self.files[name].items():
            path = self.folder / name / file
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise Stale(f"{path} is not the file that was computed: delete it and run `rsi book prepare`.")
            shutil.copyfile(path, to / file)


def root() -> Path:
    """Where books are kept: RSI_ARTEFACTS, else ``artefacts`` beside the packages."""
    return Path(os.environ.get("RSI_ARTEFACTS", ROOT.parent / "artefacts")) / FOLDER


@cache
def code_hash() -> str:
    """SHA-256 of all code that computes a table: forecasts (`forecast.artefacts.code_hash`) and crux analyses."""
    from forecast import artefacts

    digest = hashlib.sha256(artefacts.code_hash().encode())
    for file in sorted(ROOT.rglob("*")):
        name = file.relative_to(ROOT).as_posix()
        if file.suffix in {".py", ".toml"} and not name.startswith(LOOKS):
            digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def worldviews_hash() -> str:
    """SHA-256 of every packaged worldview, as validated."""
    import priors

    said = [priors.load(name).model_dump_json() for name in priors.packaged()]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def inputs(ledger: Ledger) -> dict[str, str]:
    """What a book depends on beside its day and seed."""
    return {"code": code_hash(), "worldviews": worldviews_hash(), "ledger": ledger.sha256}


def begin(ledger: Ledger, *, day: date, seed: int) -> Published:
    """The book of that day and seed, with the tables it already has; its folder is made where there is none."""
    said = {**inputs(ledger), "day": day.isoformat(), "seed": seed}
    key = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
    folder = root() / f"{day.isoformat()}-{key}"
    if not (folder / MANIFEST).exists():
        _write_manifest(folder, {**said, "rows": len(ledger.rows), "finished": False, "tables": {}, "files": {}})
    return _read(folder)


def add(book: Published, name: str, table: pd.DataFrame) -> Published:
    """The book with one table more."""
    from forecast.artefacts import write_whole

    path = book.folder / f"{name}.csv"
    write_whole(path, lambda to: table.to_csv(to, index=False, na_rep="nan"))
    manifest = _manifest(book.folder)
    manifest["tables"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    _write_manifest(book.folder, manifest)
    return _read(book.folder)


def add_files(book: Published, name: str, fill: Callable[[Path], object]) -> Published:
    """The book with one set of files more, which ``fill`` writes into an empty folder."""
    with tempfile.TemporaryDirectory(dir=book.folder) as empty:
        made = Path(empty) / name
        made.mkdir()
        fill(made)
        shutil.rmtree(book.folder / name, ignore_errors=True)
        os.replace(made, book.folder / name)
    manifest = _manifest(book.folder)
    manifest["files"][name] = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((book.folder / name).iterdir())
    }
    _write_manifest(book.folder, manifest)
    return _read(book.folder)


def finish(book: Published) -> None:
    """All tables are there: from now on pages may read them."""
    _write_manifest(book.folder, _manifest(book.folder) | {"finished": True})


@cache
def opened() -> Published:
    """The newest finished book, if what it was computed from is what is here now. Raises Stale, saying what changed."""
    from forecast.evidence import ledger, store

    finished = sorted(
        (path for path in root().glob(f"*/{MANIFEST}") if _manifest(path.parent).get("finished")),
        key=lambda path: (path.stat().st_mtime_ns, path),
    )
    if not finished:
        raise Stale(f"No book has been prepared in {root()}: run `rsi book prepare`.")
    folder = finished[-1].parent
    then, now = _manifest(folder), inputs(ledger.read(own=store.folder(None)))
    changed = [name for name in now if now[name] != then.get(name)]
    if changed:
        raise Stale(f"The tables in {folder} are stale ({', '.join(changed)} changed since): run `rsi book prepare`.")
    return _read(folder)


def _read(folder: Path) -> Published:
    said = _manifest(folder)
    return Published(
        day=date.fromisoformat(said["day"]),
        seed=said["seed"],
        rows=said["rows"],
        folder=folder,
        sha256=said["tables"],
        files=said["files"],
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        (
            date.fromisoformat(found["day"]),
            dict(found["tables"]),
            dict(found["files"]),
            int(found["seed"]),
            int(found["rows"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = Problem(file=str(path), where="the file", found=type(error).__name__,
                          expected="the manifest of a book", remedy="Delete its folder and run `rsi book prepare`.")  # fmt: skip
        raise Stale(str(problem)) from None
    return found


def _write_manifest(folder: Path, said: Mapping[str, Any]) -> None:
    from forecast.artefacts import write_whole

    text = json.dumps(said, indent=1, sort_keys=True)
    write_whole(folder / MANIFEST, lambda path: path.write_text(text, encoding="utf-8"))
