"""A prepared book held against its manifest and against what it would be made from here and now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from forecast.evidence.ledger import Ledger
    from forecast.verification import Input


@dataclass(frozen=True, kw_only=True)
class CheckedBook:
    """``files`` are whole; ``verified`` tells whether ``inputs`` (code, worldviews, ledger) are those here now."""

    day: date
    seed: int
    files: int
    inputs: tuple[Input, ...]
    verified: bool


def check(folder: Path, manifest: Mapping[str, Any], *, ledger: Ledger) -> CheckedBook:
    """Every table and file of a finished book against its hash. Raises BadInput with all that are not as written."""
    from cruxes.publication import store
    from forecast.verification import Input

    try:
        day, seed = date.fromisoformat(manifest["day"]), int(manifest["seed"])
        hashes = {f"{name}.csv": str(digest) for name, digest in manifest["tables"].items()}
        hashes |= {
            f"{name}/{file}": str(one) for name, files in manifest["files"].items() for file, one in files.items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput([_problem(folder, "manifest.json", "not the manifest of a book")]) from None
    found = [
        _problem(folder, name, fault) for name, digest in hashes.items() if (fault := _fault(folder / name, digest))
    ]
    if manifest.get("finished") is not True:
        found.append(_problem(folder, "manifest.json", "that of a book not finished"))
    if found:
        raise BadInput(found)
    now = store.inputs(ledger)
    inputs = tuple(
        Input(name=name, then=str(manifest.get(name, "")), now=here, same=manifest.get(name) == here)
        for name, here in now.items()
    )
    return CheckedBook(day=day, seed=seed, files=len(hashes), inputs=inputs, verified=all(one.same for one in inputs))


def _fault(path: Path, digest: str) -> str:
    """What is wrong with a file; "" where nothing is."""
    try:
        data = path.read_bytes()
    except OSError:
        return "missing, or not readable"
    return "" if hashlib.sha256(data).hexdigest() == digest else "not the file that was written"


def _problem(folder: Path, name: str, found: str) -> Problem:
    return Problem(file=str(folder), where=name, found=found, expected="the file whose hash the manifest holds",
                   remedy="Delete the folder and run rsi book prepare.")  # fmt: skip
