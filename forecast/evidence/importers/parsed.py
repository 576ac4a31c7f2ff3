"""What an importer is given and what it hands back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from forecast.evidence.register import Register
from forecast.evidence.rows import COLUMNS, level_of
from priors.problems import Problem

CELLS = tuple(name for name in COLUMNS if name not in ("id", "recorded_on"))
type Cells = dict[str, str]
type Skipped = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """The rows of a publisher's file in the ledger's terms.

    `cells` are text and have the columns `CELLS`. `skipped` says of everything left out what it was and why.
    """

    format: str
    source: str
    cells: tuple[Cells, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file as it arrived. `data` is empty for an archive, which is read member by member from `path`.

    `register` has the units of the series that rows may go to.
    """

    name: str
    path: Path
    data: bytes
    sha256: str
    fetched_on: date
    register: Register


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What only the user can say, and what the ledger knows: `releases` gives the day a model came out, by name."""

    series: str | None = None
    allow_incomplete: bool = False
    releases: Mapping[str, date] = field(default_factory=dict)


def plain(text: str) -> str:
    """On one line; whatever else is wrong with a text is for `rows.check` to say."""
    return re.sub(r"\s+", " ", text).strip()


def read_from(source: Source) -> str:
    """Which file it was: its name, its hash, and the day, since publishers change files in place."""
    return f"file {plain(source.name)}, sha256 {source.sha256[:16]}, fetched {source.fetched_on}"


def row(
    source: Source,
    *,
    series: str,
    subject: str,
    observed_on: str,
    published_on: str,
    value: str,
    ends: tuple[str, str] | None = None,
    interval: str = "",
    title: str,
    url: str,
    note: str,
) -> Cells:
    """Text cells of one observation; unit from the register, level from the interval, grade "copy".

    A file on a disk is a copy, whoever published it.
    """
    low, high = ends or ("", "")
    interval = interval if ends else ""
    level = level_of(interval)
    cells = dict.fromkeys(CELLS, "")
    cells |= {
        "series": series,
        "subject": plain(subject),
        "observed_on": observed_on,
        "published_on": published_on,
        "value": value,
        "low": low,
        "high": high,
        "interval": interval,
        "level": "" if level is None else f"{level:g}",
        "bound": "exact",
        "unit": source.register.series[series].unit,
        "grade": "copy",
        "source_title": title,
        "source_url": url,
        "read_from": read_from(source),
        "note": plain(note),
    }
    return cells


def refuse(source: Source, where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=plain(source.name), where=where, found=found, expected=expected, remedy=remedy)
