"""What rows must be to one another: one unit a series, links that lead somewhere, one live row a key.

The rows may come from several files: the packaged ledger, the user's own, and rows about to be added to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forecast.evidence.register import Register
from forecast.evidence.rows import Row, shown
from priors.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A row that passed on its own, and where it stands; rows of one `origin` were edited as one."""

    row: Row
    file: str
    number: int
    origin: str

    def beside(self, file: str) -> str:
        """How a message about a row of `file` calls this one."""
        return f"row {self.number}" if self.file == file else f"row {self.number} of {self.file}"


def problems(rows: Sequence[Placed], *, register: Register) -> list[Problem]:
    """Every problem between rows, in the order of the kinds above."""
    withdrawn = {placed.row.retracts for placed in rows if placed.row.retracts}
    return [
        *_unit_problems(rows, withdrawn, register=register),
        *_link_problems(rows, withdrawn),
        *_duplicate_problems(rows),
    ]


def _problem(placed: Placed, field: str, found: str, expected: str, remedy: str) -> Problem:
    where = f"row {placed.number}, {field}"
    return Problem(file=placed.file, where=where, found=shown(found), expected=expected, remedy=remedy)


def _unit_problems(rows: Sequence[Placed], withdrawn: Collection[str], *, register: Register) -> Iterator[Problem]:
    units = {series: entry.unit for series, entry in register.series.items()}
    givers: dict[str, Placed] = {}
    for placed in rows:
        row = placed.row
        if row.retracts or row.id in withdrawn:
            continue
        unit = units.setdefault(row.series, row.unit)
        giver = givers.setdefault(row.series, placed)
        if row.unit != unit:
            where = "the register" if row.series in register.series else giver.beside(placed.file)
            expected = f"{unit!r}, the unit that {where} gives {row.series}"
            remedy = "Convert the numbers, or give the other unit a series of its own."
            yield _problem(placed, "unit", row.unit, expected, remedy)


def _link_problems(rows: Sequence[Placed], withdrawn: Collection[str]) -> Iterator[Problem]:
    """supersedes and retracts: an older observation of the same series, replaced or withdrawn once.

    A correction that was itself withdrawn leaves its target free for another. Where two origins deal with one row and
    one of them withdraws it, they agree well enough: the row is gone either way.
    """
    by_id = {placed.row.id: placed for placed in rows}
    corrections: dict[str, list[str]] = {}
    for placed in rows:
        if placed.row.supersedes:
            corrections.setdefault(placed.row.supersedes, []).append(placed.row.id)
    lost = _lost(corrections, withdrawn)
    taken: dict[str, Placed] = {}
    for placed in rows:
        row = placed.row
        target_id = row.retracts or row.supersedes
        if target_id is None:
            continue
        target, first = by_id.get(target_id), taken.get(target_id)
        expected, remedy = "", ""
        if target is None:
            expected, remedy = "the id of a row of this ledger", "Copy it from the row it is about."
        elif target.row.retracts:
            expected, remedy = "the id of an observation, not of a retraction", "Add the observation again instead."
        elif target.row.series != row.series:
            expected = f"a row of {row.series}, not of {target.row.series}"
            remedy = "Retract it there and add a row here."
        elif row.recorded_on < target.row.recorded_on:
            expected, remedy = "a row recorded no later than this one", "Correct recorded_on."
        elif first is not None and row.id not in lost and not _agree(first, placed):
            expected = f"a row that {first.beside(placed.file)} has not replaced already"
            ends = [_newest(one, corrections, lost) for one in (first.row.id, row.id)]
            remedy = f"Point at the newest row of the chain, or retract {ends[0]} or {ends[1]}."
        if expected:
            yield _problem(placed, "retracts" if row.retracts else "supersedes", target_id, expected, remedy)
        if row.id not in lost:
            taken.setdefault(target_id, placed)


def _agree(first: Placed, second: Placed) -> bool:
    return first.origin != second.origin and bool(first.row.retracts or second.row.retracts)


def _lost(corrections: Mapping[str, Sequence[str]], withdrawn: Collection[str]) -> set[str]:
    """Ids that were withdrawn, or whose every correction is lost."""
    lost = set(withdrawn)
    while more := {old for old, new in corrections.items() if old not in lost and lost.issuperset(new)}:
        lost |= more
    return lost


def _newest(found: str, corrections: Mapping[str, Sequence[str]], lost: Collection[str]) -> str:
    """The id at the live end of the chain of corrections that begins with `found`."""
    while standing := [one for one in corrections.get(found, ()) if one not in lost]:
        found = standing[0]
    return found


def _duplicate_problems(rows: Sequence[Placed]) -> Iterator[Problem]:
    """Two live rows with one key; a correction may share the key of what it corrects."""
    replaced = {target for placed in rows for target in (placed.row.supersedes, placed.row.retracts) if target}
    ids: dict[str, Placed] = {}
    keys: dict[tuple[object, ...], Placed] = {}
    for placed in rows:
        row = placed.row
        key = (row.series, row.subject, row.observed_on, row.published_on)
        if row.id in ids:
            expected = f"an id that {ids[row.id].beside(placed.file)} does not have"
            yield _problem(placed, "id", row.id, expected, "Remove the copy.")
        elif row.id not in replaced and not row.retracts and (first := keys.setdefault(key, placed)) is not placed:
            expected = f"a key that {first.beside(placed.file)} does not have"
            remedy = "Remove one of the two, or let the newer one supersede the older."
            if first.origin != placed.origin or placed.origin == "own":
                remedy = (
                    f"Let the newer one supersede {first.row.id}, or retract one of the two ({row.id} is the other)."
                )
            field = "series, subject, observed_on and published_on"
            yield _problem(placed, field, ", ".join(map(str, key)), expected, remedy)
        ids.setdefault(row.id, placed)
