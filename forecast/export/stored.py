"""The last stored forecast, and parts of its long table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from forecast import artefacts
from priors.problems import BadInput, Problem

REMEDY = "Run rsi forecast first."


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A finished run: its folder, long table and manifest."""

    folder: Path
    table: pd.DataFrame
    manifest: dict[str, Any]


def latest(folder: Path, *, worldviews: Sequence[str] = (), day: date | None = None) -> Stored:
    """The last finished run in a folder of artefacts that has all these worldviews, of a day if one is named.

    Raises BadInput where there is none, and where that run was changed after it was written.
    """
    finished = sorted(folder.glob("*/manifest.json"), key=lambda path: (path.stat().st_mtime_ns, path), reverse=True)
    newest: Stored | None = None
    for path in finished:
        found = artefacts.load(path.parent, run_key=path.parent.name.rpartition("-")[2])
        if found is None or (day is not None and found[1]["day"] != day.isoformat()):
            continue
        stored = Stored(folder=path.parent, table=found[0], manifest=found[1])
        newest = newest or stored
        if set(worldviews) <= set(stored.table["worldview"]):
            return stored
    if newest is None:
        shown = "without a finished forecast" + (f" as of {day}" if day else "")
        remedy = REMEDY.replace(" first", f" --as-of {day} first") if day else REMEDY
        raise BadInput([_problem(str(folder), "the folder", shown, "one", remedy)])
    known = sorted(set(newest.table["worldview"]))
    raise BadInput(
        _problem(newest.folder.name, "the forecast", f"without {name!a}", f"one of {', '.join(known)}",
                 f"Correct the name, or run rsi forecast {' '.join(worldviews)}.")
        for name in worldviews
        if name not in known
    )  # fmt: skip


def select(
    stored: Stored, *, views: Sequence[str] = (), worldviews: Sequence[str] = (), events: Sequence[str] = (),
    variants: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Rows of some views, worldviews and events (all of each, where none is named).

    With ``variants``, those that leave a stream of evidence out as well.

    Raises BadInput with everything that the forecast does not have.
    """
    table = stored.table
    asked = {"view": views, "worldview": worldviews, "event": events}
    problems = []
    chosen = (table["without"] == "") | variants
    for column, names in asked.items():
        known = list(table[column].unique())
        problems += [
            _problem(stored.folder.name, f"the forecast's {column}", ascii(name), f"one of {', '.join(map(str, known))}",
                     "Correct the option.")
            for name in names
            if name not in known
        ]  # fmt: skip
        if names:
            chosen &= table[column].isin(names)
    if not problems and not chosen.any():
        found = f"without the {' or '.join(views)} view of {' or '.join(worldviews) or 'any worldview'}"
        problems = [_problem(stored.folder.name, "the forecast", found, "one that it has", "Ask for another view.")]
    if problems:
        raise BadInput(problems)
    return table[chosen].reset_index(drop=True)


def starts(stored: Stored) -> dict[tuple[str, str], tuple[date, date]]:
    """(worldview, view) -> the as-of date of the belief, and the day up to which evidence counted."""
    day = date.fromisoformat(stored.manifest["day"])
    found = {}
    for said in stored.manifest["views"]:
        as_of = date.fromisoformat(said["as_of"])
        found[said["worldview"], said["view"]] = (as_of, as_of if said["view"] == "stated" else day)
    return found


def _problem(file: str, where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=file, where=where, found=found, expected=expected, remedy=remedy)
