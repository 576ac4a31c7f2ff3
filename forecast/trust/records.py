"""Checks on disk: for each a csv of findings, its tables, and a manifest that says what it was measured on.

A dear check is run by hand and its record travels with the package, so that a reader of the book sees it without an
hour of computing. A record whose code, ledger or worldviews are no longer those of here and now is shown as measured on
others; nothing is ever shown without that being said.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from forecast import artefacts, kernels
from forecast.evidence.ledger import Ledger
from forecast.trust.findings import COLUMNS, Context, Measured
from priors.problems import BadInput, Problem

PACKAGED = Path(__file__).parent / "measured"
MANIFEST = "manifest.json"
FINDINGS = "findings.csv"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One check as it was measured. ``differs``: what of code, ledger and worldviews has changed since."""

    check: str
    findings: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]
    differs: tuple[str, ...] = ()


def folder(option: Path | None = None) -> Path:
    """Where records are kept: ``option``, else RSI_TRUST, else those that came with the package."""
    chosen = option or os.environ.get("RSI_TRUST")
    return Path(chosen) if chosen else PACKAGED


MODEL = (
    "simulation.py", "likelihood.py", "model.py", "sampling.py", "views.py", "view.py", "tilt.py", "future/*.py",
    "future/*.toml", "evidence/selection.py", "evidence/transforms.py", "evidence/register.toml",
)  # fmt: skip
"""What makes a forecast besides the mechanism and the observation models."""


def inputs(ledger: Ledger) -> dict[str, str]:
    """Hashes of what a check's numbers depend on: the model, the rows, and the beliefs."""
    model = hashlib.sha256(kernels.sources_hash().encode())
    for pattern in MODEL:
        for file in sorted((artefacts.ROOT / "forecast").glob(pattern)):
            model.update(file.read_bytes())
    beliefs = hashlib.sha256()
    for file in sorted((artefacts.ROOT / "priors").rglob("*.toml")):
        beliefs.update(file.relative_to(artefacts.ROOT).as_posix().encode() + file.read_bytes())
    return {"model": model.hexdigest(), "ledger": ledger.sha256, "worldviews": beliefs.hexdigest()}


def write(measured: Measured, context: Context, *, where: Path, seconds: float, options: Mapping[str, Any]) -> Path:
    """Store one check in ``where``/check, in place of what was there, the manifest last."""
    target = where / measured.check
    target.mkdir(parents=True, exist_ok=True)
    (target / MANIFEST).unlink(missing_ok=True)
    for old in target.glob("*.csv"):
        old.unlink()
    files = {FINDINGS: measured.findings} | {f"{name}.csv": frame for name, frame in measured.tables.items()}
    hashes = {}
    for name, frame in files.items():
        text = frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        (target / name).write_text(text, encoding="utf-8")
        hashes[name] = hashlib.sha256(text.encode()).hexdigest()
    manifest = {
        "check": measured.check, "day": context.day.isoformat(), "measured_on": date.today().isoformat(),
        "seed": context.seed, "seconds": round(seconds, 1), "options": dict(options),
        "inputs": inputs(context.ledger), "versions": artefacts.versions(), "machine": artefacts.machine(),
        "files": hashes,
    }  # fmt: skip
    temporary = target / f".{MANIFEST}.{os.getpid()}"
    temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(temporary, target / MANIFEST)
    return target


def read(where: Path, check: str, *, ledger: Ledger | None = None) -> Record:
    """One stored check. ``ledger``: that of here and now, to say what has changed since; left out, nothing is compared.

    Raises BadInput where the record is not whole or a file is not the one that was written.
    """
    target = where / check
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        texts = {name: (target / name).read_text(encoding="utf-8") for name in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput([_problem(target, str(error), "a whole record", check)]) from None
    changed = [n for n, t in texts.items() if hashlib.sha256(t.encode()).hexdigest() != manifest["files"][n]]
    if changed:
        raise BadInput([_problem(target / n, "another content", "the one in the manifest", check) for n in changed])
    frames = {name: pd.read_csv(target / name) for name in texts}
    findings = frames.pop(FINDINGS)
    if tuple(findings.columns) != COLUMNS:
        raise BadInput([_problem(target / FINDINGS, ", ".join(findings.columns), ", ".join(COLUMNS), check)])
    now = inputs(ledger) if ledger is not None else manifest["inputs"]
    return Record(
        check=check,
        findings=findings.astype({"says": "str", "unit": "str"}).fillna({"says": "", "unit": ""}),
        tables={name.removesuffix(".csv"): frame for name, frame in frames.items()},
        manifest=manifest,
        differs=tuple(name for name, hash_ in now.items() if manifest["inputs"].get(name) != hash_),
    )


def _problem(file: Path, found: str, expected: str, check: str) -> Problem:
    return Problem(
        file=str(file),
        where="record",
        found=found,
        expected=expected,
        remedy=f"measure it again: rsi trust run {check}",
    )


def read_all(where: Path, *, ledger: Ledger | None = None) -> dict[str, Record]:
    """Every check that has been measured, by name."""
    names = sorted(path.parent.name for path in where.glob(f"*/{MANIFEST}"))
    return {name: read(where, name, ledger=ledger) for name in names}
