"""The user's own register: entries and families laid over the packaged ones, in a `register.toml` beside their rows."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from forecast.evidence import register as registers
from forecast.evidence.register import Register
from priors.problems import BadInput, Problem

FILE = "register.toml"
NAME = "your register.toml"
LARGEST_FILE = 2**20


def read(folder: Path, *, base: Register) -> Register:
    """`base` with the series and families of the folder's register in it or in their places; `base` without one.

    The merged register must hold together as a packaged one must, and a series keeps the unit that `base` gives it.
    Raises BadInput with every problem at once.
    """
    try:
        with (folder / FILE).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return base
    except OSError as bad:
        raise _refused(f"not readable ({bad.strerror})", "a readable file", "Check its name and rights.") from None
    if len(data) > LARGEST_FILE:
        raise _refused("longer", f"at most {LARGEST_FILE:,} bytes", "Shorten it.")
    try:
        tables = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as bad:  # not UTF-8, not TOML, or nested without end
        raise _refused(f"not TOML ({ascii(str(bad))[:80]})", "TOML", "Correct that line.") from None
    try:
        own = Register.model_validate({"families": {}, "series": {}, **tables})
    except ValidationError as bad:
        raise BadInput(registers.schema_problems(bad, file=NAME)) from None
    merged = Register(families={**base.families, **own.families}, series={**base.series, **own.series})
    found = list(registers.problems_of(merged, file=NAME))
    for name, entry in own.series.items():
        if name in base.series and entry.unit != (unit := base.series[name].unit):
            expected, remedy = f"{unit!r}, as in the packaged rows", "Keep the unit, or name another series."
            where = f"series.{name}.unit"
            found.append(Problem(file=NAME, where=where, found=ascii(entry.unit), expected=expected, remedy=remedy))
    if found:
        raise BadInput(found)
    return merged


def changes(own: Register, *, base: Register) -> tuple[list[str], list[str]]:
    """Series and families of `base` that `own` reads in another way, and those that it adds, each by name in order."""
    found: tuple[list[str], list[str]] = ([], [])
    for kind in ("series", "families"):
        ours = getattr(base, kind)
        for name, entry in getattr(own, kind).items():
            if name not in ours:
                found[1].append(name)
            elif entry != ours[name]:
                found[0].append(name)
    return sorted(found[0]), sorted(found[1])


def _refused(found: str, expected: str, remedy: str) -> BadInput:
    return BadInput([Problem(file=NAME, where="the file", found=found, expected=expected, remedy=remedy)])
