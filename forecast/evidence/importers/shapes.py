"""A file whose shape has changed, said in words: which key is missing and what stands there instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from forecast.evidence.importers.parsed import Source, refuse
from priors.problems import Problem

MOST_PROBLEMS = 20


def schema_problems(bad: ValidationError, *, source: Source) -> Iterator[Problem]:
    """One problem per error, at most MOST_PROBLEMS."""
    remedy = "If the publisher has changed the file, its importer must learn the new shape; tell us."
    for error in bad.errors()[:MOST_PROBLEMS]:
        where = ".".join(ascii(part)[1:-1][:60] if isinstance(part, str) else str(part) for part in error["loc"])
        yield refuse(source, where or "the file", _found(error), _expected(error), remedy)


def _expected(error: Any) -> str:
    return "a plain number" if "Decimal" in error["msg"] else error["msg"]


def _found(error: Any) -> str:
    if error["type"] != "missing":
        return ascii(error["input"])[:80]
    there = error["input"]
    if not isinstance(there, dict):
        return "missing"
    keys = ", ".join(ascii(key)[:40] for key in list(there)[:8])
    return f"missing (there are {keys or 'no keys'})"
