"""What may be observed: the packaged list `signals.toml`, checked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import priors
from forecast.evidence import register as registers
from priors.problems import BadInput, Problem

type Word = Annotated[str, Field(min_length=1)]
type Title = Annotated[str, Field(min_length=1, max_length=64)]
type Number = Annotated[float, Field(allow_inf_nan=False)]
type Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
type Chance = Annotated[float, Field(ge=0.0, le=1.0)]

State = Literal[
    "f", "k", "residual", "pace_ratio", "horizon_hours", "horizon_growth", "horizon_growth_ratio", "compute_growth"
]
MEASURED = frozenset(
    {"horizon", "share", "benchmark", "uplift", "pace", "returns", "compute_growth", "software_pace", "diffusion"}
)
"""Kinds of series whose next reading `observables` can foresee."""

FIRST_YEAR, LAST_YEAR = 2023, 2040
"""Days that the kept states of the process reach, inclusive; growth over a year needs one year more behind it."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantity(_Table):
    """What a publisher measures. ``units``: ledger units per unit that a reader may use. ``se`` on the model's scale."""

    series: Word
    units: Annotated[dict[Word, Positive], Field(min_length=1)]
    se: Positive


class EventRead(_Table):
    what: Literal["event"]
    event: priors.Event
    by: date


class StateRead(_Table):
    """Exactly one bound; ``sd`` is the error of observation on the scale of the state."""

    what: Literal["state"]
    state: State
    on: date
    above: Number | None = None
    below: Number | None = None
    sd: Positive


class IdeaRead(_Table):
    what: Literal["idea"]
    by: date


class JumpRead(_Table):
    what: Literal["jump"]
    by: date


class MeasurementRead(_Table):
    """A reading in the ledger's unit, or with one bound whether it lies beyond. ``se`` replaces the quantity's."""

    what: Literal["measurement"]
    quantity: Word
    on: date
    above: Number | None = None
    below: Number | None = None
    se: Positive | None = None


type Read = Annotated[EventRead | StateRead | IdeaRead | JumpRead | MeasurementRead, Field(discriminator="what")]


class Signal(_Table):
    """``source``: who publishes it, where one publisher's readings tell much the same."""

    title: Title
    resolution: Word
    known_by: date
    reads: Annotated[tuple[Read, ...], Field(min_length=1)]
    source: str = ""
    claim: int | None = None
    hand: dict[Word, Chance] = Field(default_factory=dict)


class NotExpressible(_Table):
    claim: int
    title: Word
    needs: Word


class Catalogue(_Table):
    quantities: dict[str, Quantity]
    signals: dict[str, Signal]
    not_expressible: tuple[NotExpressible, ...] = ()


def read(path: Path | None = None) -> Catalogue:
    """The packaged catalogue, or that of a file. Raises BadInput with every problem at once."""
    if path is None:
        return _packaged()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput([_problem(path.name, "the file", type(error).__name__, "a readable TOML file", "Check the path.")]) from None  # fmt: skip
    return parse(text, file=path.name)


@cache
def _packaged() -> Catalogue:
    return parse(files("cruxes").joinpath("signals.toml").read_text(encoding="utf-8"), file="signals.toml")


def parse(text: str, *, file: str) -> Catalogue:
    """Raises BadInput with every problem at once."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput([_problem(file, "the file", ascii(str(error))[:120], "TOML", "Mend the syntax.")]) from None
    try:
        found = Catalogue.model_validate(table)
    except ValidationError as error:
        raise BadInput(_field_problem(file, dict(one)) for one in error.errors()) from None
    if problems := [*_sense_problems(found, file)]:
        raise BadInput(problems)
    return found


def reading_of(signal: Signal) -> MeasurementRead | None:
    """The measurement whose value the signal is; None where the signal is a yes or no."""
    only = signal.reads[0]
    bare = isinstance(only, MeasurementRead) and only.above is None and only.below is None
    return only if bare and isinstance(only, MeasurementRead) else None


def _field_problem(file: str, error: dict[str, Any]) -> Problem:
    where = ".".join(str(part) for part in error["loc"])
    return _problem(file, where or "the file", ascii(error["input"])[:80], error["msg"], "Mend this field.")


def _sense_problems(found: Catalogue, file: str) -> Iterator[Problem]:
    """What the parts say about each other and about the register."""
    register = registers.read()
    for name, quantity in found.quantities.items():
        entry = register.series.get(quantity.series)
        if entry is None or entry.kind not in MEASURED:
            yield _problem(file, f"quantities.{name}.series", ascii(quantity.series),
                           f"a series of the register of kind {', '.join(sorted(MEASURED))}", "Correct the series.")  # fmt: skip
    for name, signal in found.signals.items():
        for i, one in enumerate(signal.reads):
            yield from _read_problems(found, signal, one, file=file, where=f"signals.{name}.reads.{i}")
        for who in signal.hand.keys() - set(priors.names()):
            yield _problem(file, f"signals.{name}.hand", ascii(who), f"one of {', '.join(priors.names())}",
                           "Correct the name.")  # fmt: skip


def _read_problems(found: Catalogue, signal: Signal, one: Any, *, file: str, where: str) -> Iterator[Problem]:
    day = one.by if isinstance(one, (EventRead, IdeaRead, JumpRead)) else one.on
    if day > signal.known_by:
        yield _problem(file, where, f"of {day}", f"a day up to known_by, {signal.known_by}", "Correct one of the two.")
    if isinstance(one, (StateRead, MeasurementRead)) and not FIRST_YEAR < day.year <= LAST_YEAR:
        yield _problem(file, where, f"of {day}", f"a day from {FIRST_YEAR + 1} to {LAST_YEAR}", "Choose another day.")
    bounds = (one.above, one.below) if isinstance(one, (StateRead, MeasurementRead)) else (0.0, None)
    if bounds.count(None) == 0 or (isinstance(one, StateRead) and bounds.count(None) == 2):
        yield _problem(file, where, f"above {bounds[0]} and below {bounds[1]}", "one bound", "Give one of the two.")
    if isinstance(one, MeasurementRead):
        if one.quantity not in found.quantities:
            yield _problem(
                file, where, ascii(one.quantity), f"one of {', '.join(found.quantities)}", "Correct the name."
            )
        if bounds.count(None) == 2 and len(signal.reads) > 1:
            yield _problem(file, where, "a reading among conditions", "a bound, or the reading alone", "Give a bound.")


def _problem(file: str, where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=file, where=where, found=found, expected=expected, remedy=remedy)
