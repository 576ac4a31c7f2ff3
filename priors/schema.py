"""The shape of everything people believe: variables, beliefs, claims, targets, worldviews. Data only."""

from __future__ import annotations

import math
import unicodedata
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    HttpUrl,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

EARLIEST_YEAR, LATEST_YEAR = 1950, 2100


class Support(StrEnum):
    """Where a variable lives; `elicit.LINK_OF` says how each is carried to the whole line."""

    REAL = "real"
    POSITIVE = "positive"
    SHARE = "share"
    ABOVE_ONE = "above_one"
    SIGNED_SHARE = "signed_share"
    YEAR = "year"
    PROBABILITY = "probability"


class Role(StrEnum):
    """A trajectory variable touches evidence we already have; a future one acts only after today."""

    SHARED = "shared"
    TRAJECTORY = "trajectory"
    FUTURE = "future"


class Crux(StrEnum):
    SHARED = "shared"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    C8 = "C8"
    C9 = "C9"
    C10 = "C10"


class Strength(StrEnum):
    """Stated: a number of theirs. Qualitative: their statement, our number. Inferred: ours altogether."""

    STATED = "stated"
    QUALITATIVE = "qualitative"
    INFERRED = "inferred"


class Grade(StrEnum):
    """S: read in full. P: the author's own page, part used. C: full public copy. X: press or summary, not quotable."""

    S = "S"
    P = "P"
    C = "C"
    X = "X"


class TargetKind(StrEnum):
    EXPLICIT = "explicit"
    QUALITATIVE = "qualitative"
    INFERRED = "inferred"


class Event(StrEnum):
    RE = "RE"
    LOOP = "LOOP"
    M2 = "M2"
    SWX3 = "SWX3"
    SWX5 = "SWX5"
    SWX10 = "SWX10"
    X100 = "X100"
    ASI = "ASI"
    ECON10 = "ECON10"
    ECON30 = "ECON30"
    LOC = "LOC"
    PAUSE = "PAUSE"


def refusal(expected: str, remedy: str, found: str | None = None) -> PydanticCustomError:
    """A validation error that already carries what a `Problem` needs to say."""
    return PydanticCustomError(
        "refused", "expected {expected}", {"expected": expected, "remedy": remedy, "found": found}
    )


def _plain(text: str) -> str:
    """Control characters and direction overrides can hide or forge what a reader sees."""
    hidden = sorted({f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs"}})
    if hidden:
        raise refusal("one line of visible characters", f"Remove {', '.join(hidden)}.", found=ascii(text)[:80])
    if not text.strip():
        raise refusal("some text", "Say it in a few words.", found="blank")
    return text


def _not_nan(number: float) -> float:
    if math.isnan(number):
        raise refusal("a number", "Write inf for an open end.", found="nan")
    return number


def _plausible(day: date) -> date:
    if not EARLIEST_YEAR <= day.year < LATEST_YEAR:
        raise refusal(f"a date between {EARLIEST_YEAR} and {LATEST_YEAR}", "Mend the year.")
    return day


Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=700), AfterValidator(_plain)]
Name = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Key = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
ClaimId = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{2,4}[0-9]{1,3}$")]
TargetNumber = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{1,3}[a-z]?$")]
PartialDate = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Bound = Annotated[float, Field(strict=True), AfterValidator(_not_nan)]
Fraction = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, lt=1)]
Probability = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
Correlation = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=-1, lt=1)]
Day = Annotated[date, Field(strict=True), AfterValidator(_plausible)]
Interval = tuple[Number, Number]
Word = Annotated[str, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Argument = Flag | Whole | Number | Day | Word | tuple[Word | Number, ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Variable(_Frozen):
    """One crux variable: what its symbol means, in what unit, and which crux it belongs to."""

    id: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z][A-Za-z0-9_]{0,19}$")]
    symbol: Text
    name: Text
    meaning: Text
    unit: Text
    support: Support
    crux: Crux
    block: Text
    role: Role


def _ordered(interval: tuple[float, float], *, strictly: bool = True) -> None:
    low, high = interval
    if low > high or (strictly and low == high):
        raise refusal(
            "low < high" if strictly else "low <= high", "Swap or part the two numbers.", found=f"[{low}, {high}]"
        )


class _Stated(_Frozen):
    """What every number must carry. `source` names claims or sources of the same file, parted by commas."""

    strength: Strength
    source: Text
    why: Text
    unit: Text | None = None


class IntervalBelief(_Stated):
    """The central `mass` of what the person believes lies between the two numbers."""

    interval: Interval
    mass: Fraction = 0.8

    @model_validator(mode="after")
    def _check(self) -> IntervalBelief:
        _ordered(self.interval)
        return self


class TwoHumpedBelief(_Stated):
    """Either low or high, seldom between: the central `mass` of each hump, and the weight of the high one."""

    low: Interval
    high: Interval
    weight_high: Fraction
    mass: Fraction = 0.8

    @model_validator(mode="after")
    def _check(self) -> TwoHumpedBelief:
        _ordered(self.low)
        _ordered(self.high)
        if self.low[1] > self.high[0]:
            raise refusal(
                "a low hump that ends below the high one",
                "Part the two humps, or state one interval.",
                found=f"low {list(self.low)}, high {list(self.high)}",
            )
        return self


class ValueBelief(_Stated):
    """A single probability, with no distribution about it."""

    value: Probability


def _shape(belief: Any) -> str:
    fields = belief if isinstance(belief, dict) else getattr(belief, "__dict__", {})
    if fields.keys() & {"low", "high", "weight_high"}:
        return "two_humped"
    return "value" if "value" in fields else "interval"


Belief = Annotated[
    Annotated[IntervalBelief, Tag("interval")]
    | Annotated[TwoHumpedBelief, Tag("two_humped")]
    | Annotated[ValueBelief, Tag("value")],
    Discriminator(_shape),
]


class Source(_Frozen):
    key: Key
    title: Text
    date: PartialDate
    url: HttpUrl | None = None
    grade: Grade


class Claim(_Frozen):
    """Something the person said, in our words; `crux` is empty where no crux variable carries it."""

    id: ClaimId
    says: Text
    crux: tuple[Crux, ...]
    strength: Strength
    source: Text


class Honour(_Frozen):
    """A probability the person put a number on; the stated view is tilted to meet it."""

    relation: Literal["equal", "at_least"]
    value: Probability


class Target(_Frozen):
    """A test of the worldview: a functional of its forecast and the range that is faithful to the person."""

    number: TargetNumber
    says: Text
    kind: TargetKind
    claim: Text
    functional: Text | None = None
    arguments: dict[str, Argument] = {}
    accept: tuple[Bound, Bound] | None = None
    honour: Honour | None = None
    not_expressible: Text | None = None

    @model_validator(mode="after")
    def _check(self) -> Target:
        if self.not_expressible is not None:
            if self.functional is not None or self.accept is not None or self.honour is not None or self.arguments:
                raise refusal("either a functional or not_expressible", "Keep one of the two.", found="both")
            return self
        if self.functional is None or self.accept is None:
            raise refusal("a functional with accept, or not_expressible", "Add what is missing.", found="neither")
        _ordered(self.accept, strictly=False)
        if self.honour is not None and self.functional != "p_by":
            remedy = "A tilt keeps the probability of an event by a date."
            raise refusal("honour only beside p_by", remedy, found=str(self.functional))
        if self.honour is not None and not self.accept[0] <= self.honour.value <= self.accept[1]:
            raise refusal("a value to honour inside accept", "Mend accept or honour.", found=str(self.honour.value))
        return self


class Link(_Frozen):
    """Two trajectory variables that go together: the correlation of their standard normals (Gaussian copula)."""

    between: tuple[Text, Text]
    correlation: Correlation
    why: Text


class Shared(_Frozen):
    """Broad priors over what no worldview disputes."""

    sources: tuple[Source, ...]
    beliefs: dict[str, Belief]


class WorldviewTable(_Frozen):
    """One person's view on one day; a later view of the same person is another file."""

    name: Name
    label: Text
    as_of: Day
    as_of_basis: Literal["stated", "assumed"]
    summary: Text
    person: Text | None = None
    affiliation: Text | None = None
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...] = ()
    beliefs: dict[str, Belief]
    links: tuple[Link, ...] = ()
    targets: tuple[Target, ...] = ()
