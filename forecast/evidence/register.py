"""The register: which series speaks to which kind of observation model, on what scale, and why the others do not."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecast.evidence.transforms import Transform
from priors.problems import BadInput, Problem

Kind = Literal[
    "horizon",
    "share",
    "benchmark",
    "uplift",
    "pace",
    "returns",
    "compute_growth",
    "software_pace",
    "diffusion",
    "inputs",
    "paradigm",
    "none",
]
Crux = Literal["shared", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10"]
type Word = Annotated[str, Field(min_length=1)]
type Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Entry(BaseModel):
    """One series.

    `cruxes` are the blocks that a reading bears on. `exclude` maps a subject to the reason why its rows are not read.
    `censored_above` and `censored_below` are in the unit of the ledger: beyond them only the side is known.
    `reads_as = "lower_bound"` says that the truth is at least the value, whatever interval it came with.
    A benchmark has a `floor` and a `ceiling` (the scores of guessing and of perfection, in the unit of the ledger) and,
    where they are counted, its number of `items`.
    `self_reported_by` names an employer that reports on its own work, in the rows whose subject starts with
    `self_reported_subjects` (all, where blank).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    unit: Word
    cruxes: tuple[Crux, ...]
    transform: Transform | None = None
    method: Literal["rct", "self_report"] | None = None
    family: Word | None = None
    reads_as: Literal["value", "lower_bound"] = "value"
    censored_above: Number | None = None
    censored_below: Number | None = None
    threshold_subject: Word | None = None
    floor: Number | None = None
    ceiling: Number | None = None
    items: Annotated[int, Field(strict=True, gt=0)] | None = None
    exclude: dict[Word, Word] = Field(default_factory=dict)
    self_reported_by: Word | None = None
    self_reported_subjects: str = ""
    why: Word | None = None


class Vintage(BaseModel):
    """One edition of the same measurements, the current one from a day until the next edition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    series: Word
    current_from: date


class Family(BaseModel):
    """Series that are editions of one another. `same_subject` maps a subject to the name it has elsewhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Word
    vintages: tuple[Vintage, ...]
    same_subject: dict[Word, Word] = Field(default_factory=dict)


class Register(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    families: dict[str, Family]
    series: dict[str, Entry]


def read(path: Path | str | None = None) -> Register:
    """The packaged register, or the file at `path`. Raises BadInput with every problem at once."""
    if path is None:
        return _packaged()
    return parse(Path(path).read_text(encoding="utf-8"), file=Path(path).name)


@cache
def _packaged() -> Register:
    text = files("forecast.evidence").joinpath("register.toml").read_text(encoding="utf-8")
    return parse(text, file="register.toml")


def parse(text: str, *, file: str) -> Register:
    """TOML to a register. Raises BadInput with every problem at once."""
    try:
        register = Register.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as bad:
        problem = Problem(
            file=file, where="the file", found=f"not TOML ({bad})", expected="TOML", remedy="Correct that line."
        )
        raise BadInput([problem]) from None
    except ValidationError as bad:
        raise BadInput(schema_problems(bad, file=file)) from None
    if found := list(problems_of(register, file=file)):
        raise BadInput(found)
    return register


def schema_problems(bad: ValidationError, *, file: str) -> Iterator[Problem]:
    for error in bad.errors():
        unknown, absent = error["type"] == "extra_forbidden", error["type"] == "missing"
        remedy = "Remove it or correct its name." if unknown else "Add it." if absent else "Correct it."
        shown: Any = "absent" if absent else ascii(error["input"])[:80]
        where = ".".join(map(str, error["loc"])) or "the file"
        yield Problem(file=file, where=where, found=shown, expected=error["msg"], remedy=remedy)


def problems_of(register: Register, *, file: str) -> Iterator[Problem]:
    """What the schema of one entry cannot see."""

    def problem(where: str, found: object, expected: str, remedy: str) -> Problem:
        return Problem(file=file, where=where, found=str(found), expected=expected, remedy=remedy)

    for name, entry in register.series.items():
        at, unused = f"series.{name}", entry.kind == "none"
        if unused != (entry.why is not None):
            expected = "given where kind is none, and only there"
            yield problem(f"{at}.why", entry.why, expected, "Say in a line why the series is not read.")
        if unused == (entry.transform is not None):
            expected = "given unless kind is none"
            yield problem(f"{at}.transform", entry.transform, expected, "Name the scale that the model reads.")
        if (entry.kind == "uplift") != (entry.method is not None):
            expected = "given where kind is uplift, and only there"
            yield problem(f"{at}.method", entry.method, expected, "Say rct or self_report.")
        limits = (entry.floor, entry.ceiling)
        if (entry.kind == "benchmark") != (None not in limits):
            expected = "floor and ceiling given where kind is benchmark, and only there"
            yield problem(f"{at}.ceiling", limits, expected, "Say what guessing and perfection score.")
        elif entry.floor is not None and entry.ceiling is not None and entry.floor >= entry.ceiling:
            yield problem(
                f"{at}.ceiling", entry.ceiling, f"above the floor, {entry.floor:g}", "Correct one of the two."
            )
        if (entry.transform == "ratio_to_threshold") != (entry.threshold_subject is not None):
            expected = "given with the transform ratio_to_threshold, and only then"
            yield problem(f"{at}.threshold_subject", entry.threshold_subject, expected, "Name the threshold's subject.")
        if entry.threshold_subject is not None and entry.threshold_subject not in entry.exclude:
            expected = "to hold the threshold's subject"
            yield problem(f"{at}.exclude", sorted(entry.exclude), expected, "A threshold is not an observation.")
        if entry.family is not None and entry.family not in register.families:
            known = ", ".join(register.families)
            yield problem(f"{at}.family", entry.family, f"one of {known}", "Correct it or add the family.")
        if entry.self_reported_subjects and entry.self_reported_by is None:
            yield problem(f"{at}.self_reported_by", None, "the employer of those subjects", "Name it.")
    for name, family in register.families.items():
        at = f"families.{name}.vintages"
        if any(old.current_from >= new.current_from for old, new in pairwise(family.vintages)):
            days = [str(vintage.current_from) for vintage in family.vintages]
            yield problem(at, days, "days in order, no two alike", "Sort the vintages, oldest first.")
        listed = {vintage.series for vintage in family.vintages}
        claimed = {series for series, entry in register.series.items() if entry.family == name}
        if listed != claimed:
            expected = f"the series whose family is {name}: {', '.join(sorted(claimed)) or 'none'}"
            yield problem(at, sorted(listed), expected, "Make the two lists agree.")
