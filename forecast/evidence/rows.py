"""One row of the ledger: what each cell may hold, and the id that its content has."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

COLUMNS = (
    "id",
    "series",
    "subject",
    "observed_on",
    "published_on",
    "value",
    "low",
    "high",
    "interval",
    "level",
    "bound",
    "unit",
    "grade",
    "source_title",
    "source_url",
    "read_from",
    "note",
    "recorded_on",
    "supersedes",
    "retracts",
)
LONGEST_TEXT = 5_000
LONGEST_NUMBER = 40
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
ONE_SIGMA = 0.6827

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERCENT = re.compile(r"([0-9]{1,2}) ?% ?(CI|measurement interval)\b")
_HALF_WIDTH = re.compile(r"mean±1S(E|EM|D)\b")
_SCHEME = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*)://|^([A-Za-z][A-Za-z0-9+.-]*):")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with one cell; the ledger adds the file and the row."""

    field: str
    expected: str
    remedy: str


def level_of(interval: str) -> float | None:
    """Central mass that an interval claims to hold; None for ranges and whatever states no mass."""
    if found := _PERCENT.match(interval):
        return int(found[1]) / 100
    return ONE_SIGMA if _HALF_WIDTH.match(interval) else None


def content_id(cells: Mapping[str, str]) -> str:
    """First 16 hex digits of the SHA-256 of the row's content as text.

    When it was recorded is not content. Blank cells are left out, so that a new column changes no id.
    """
    content = {name: cell for name, cell in cells.items() if cell and name not in ("id", "recorded_on")}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()[:16]


def shown(cell: str) -> str:
    """Safe to print whatever is in it, and short."""
    return ascii(cell) if len(cell) <= 60 else f"{cell[:50]!a}... ({len(cell):,} characters)"


def _fault(expected: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("cell", "{expected}", {"expected": expected, "remedy": remedy})


def _blank_is_none[T](parse: Callable[[str], T]) -> Callable[[str], T | None]:
    return lambda cell: parse(cell) if cell else None


def _text(cell: str) -> str:
    if len(cell) > LONGEST_TEXT:
        raise _fault(f"at most {LONGEST_TEXT:,} characters", "Shorten it; a source is cited, not copied.")
    hidden = next((c for c in cell if unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}), None)
    if hidden is not None:
        raise _fault(f"visible characters only, not U+{ord(hidden):04X}", "Remove the control or format character.")
    if cell.startswith(("=", "+", "-", "@")):
        raise _fault("text that no spreadsheet takes for a formula", f"Do not begin it with {cell[0]!r}.")
    if cell != cell.strip():
        raise _fault("no space at either end", "Strip it.")
    return cell


def _some_text(cell: str) -> str:
    if not cell:
        raise _fault("some text", "Fill it in.")
    return _text(cell)


def _number(cell: str) -> float:
    if len(cell) > LONGEST_NUMBER or not _NUMBER.fullmatch(cell):
        raise _fault("a number such as 12.5 or 1e24", "Write plain digits with a point; no separators, units or NaN.")
    number = float(cell)
    if not math.isfinite(number):
        raise _fault("a finite number", "Correct the exponent.")
    return number


def _day(cell: str) -> date:
    if not _DAY.fullmatch(cell):
        raise _fault("a day as YYYY-MM-DD", "Write the day in full; a month is dated at its last day.")
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        raise _fault("a day that exists", "Correct the month or the day.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _fault(f"a day from {FIRST_DAY} to {LAST_DAY}", "Correct the year.")
    return day


def _series(cell: str) -> str:
    if len(cell) > 100 or not re.fullmatch(r"[a-z][a-z0-9_]*", cell):
        raise _fault("a snake_case series id of at most 100 characters", "Use the id in the register.")
    return cell


def _id(cell: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", cell):
        raise _fault("16 hexadecimal digits", "Give the id of a row.")
    return cell


def _url(cell: str) -> str:
    if not cell:
        return cell
    _text(cell)
    try:
        parts = urlsplit(cell)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"'`]", cell)
    except ValueError:
        usable = False
    if not usable:
        raise _fault("an http or https address, or nothing", "Give the address of the page that published the figure.")
    return cell


def _place(cell: str) -> str:
    """An address, `owner/repo:path@commit`, or words; only http and https may look like a link."""
    _some_text(cell)
    for found in _SCHEME.finditer(cell):
        if (found[1] or found[2]).lower() not in ("http", "https"):
            raise _fault("an http or https address, owner/repo:path@commit, or words", "Change the scheme.")
    return cell


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if cell not in words:
            raise _fault("one of " + ", ".join(words), "Choose one of them.")
        return cell

    return parse


type Text = Annotated[str, BeforeValidator(_text)]
type SomeText = Annotated[str, BeforeValidator(_some_text)]
type Number = Annotated[float | None, BeforeValidator(_blank_is_none(_number))]
type Id = Annotated[str | None, BeforeValidator(_blank_is_none(_id))]


class Row(BaseModel):
    """A row that has passed; built from text cells, blank meaning absent.

    `level` is the central mass of [low, high]; `bound` says whether the value is itself only an upper or lower bound.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    series: Annotated[str, BeforeValidator(_series)]
    subject: SomeText
    observed_on: Annotated[date, BeforeValidator(_day)]
    published_on: Annotated[date | None, BeforeValidator(_blank_is_none(_day))]
    value: Number
    low: Number
    high: Number
    interval: Text
    level: Number
    bound: Annotated[Literal["exact", "upper", "lower"], BeforeValidator(_one_of("exact", "upper", "lower"))]
    unit: SomeText
    grade: Annotated[Literal["primary", "copy", "secondary"], BeforeValidator(_one_of("primary", "copy", "secondary"))]
    source_title: SomeText
    source_url: Annotated[str, BeforeValidator(_url)]
    read_from: Annotated[str, BeforeValidator(_place)]
    note: Text
    recorded_on: Annotated[date, BeforeValidator(_day)]
    supersedes: Id
    retracts: Id

    # Each validator looks only at cells to its left that passed, so one row can report several faults.

    @field_validator("low")
    @classmethod
    def _low_is_not_above_the_value(cls, low: float | None, info: ValidationInfo) -> float | None:
        value = info.data.get("value")
        if low is not None and value is not None and low > value:
            raise _fault(f"at most the value, {value:g}", "Check both against the source.")
        return low

    @field_validator("high")
    @classmethod
    def _high_is_not_below_the_value(cls, high: float | None, info: ValidationInfo) -> float | None:
        floor = max((x for x in (info.data.get("value"), info.data.get("low")) if x is not None), default=None)
        if high is not None and floor is not None and high < floor:
            raise _fault(f"at least {floor:g}, the value or the low end", "Check both against the source.")
        return high

    @field_validator("interval")
    @classmethod
    def _ends_come_with_a_meaning(cls, interval: str, info: ValidationInfo) -> str:
        if not interval and _has_ends(info):
            raise _fault("what low and high are, such as 95%CI", "Say it, or leave low and high blank.")
        return interval

    @field_validator("level")
    @classmethod
    def _level_fits_the_interval(cls, level: float | None, info: ValidationInfo) -> float | None:
        if level is not None and not 0 < level < 1:
            raise _fault("a central mass between 0 and 1", "Write 0.95 for a 95 % interval.")
        if level is not None and not _has_ends(info):
            raise _fault("blank, as low and high are", "Leave it blank.")
        stated = level_of(info.data.get("interval", ""))
        if stated is not None and level != stated:
            raise _fault(f"{stated:g}, the mass that the interval states", "Make the two agree.")
        return level

    @field_validator("bound")
    @classmethod
    def _a_censored_value_has_no_interval(cls, bound: str, info: ValidationInfo) -> str:
        if bound != "exact" and _has_ends(info):
            raise _fault("exact, where low and high are given", "Choose: a bound, or a value with an interval.")
        return bound

    @field_validator("recorded_on")
    @classmethod
    def _nothing_is_recorded_before_it_is_public(cls, day: date, info: ValidationInfo) -> date:
        published = info.data.get("published_on")
        if published is not None and day < published:
            raise _fault(f"no earlier than published_on, {published}", "Correct one of the two.")
        return day

    @field_validator("retracts")
    @classmethod
    def _a_retraction_says_nothing_else(cls, target: str | None, info: ValidationInfo) -> str | None:
        if target is not None and (info.data.get("value") is not None or info.data.get("supersedes")):
            raise _fault("alone: no value and no supersedes beside it", "To correct a row, supersede it instead.")
        return target


def _has_ends(info: ValidationInfo) -> bool:
    return info.data.get("low") is not None or info.data.get("high") is not None


def check(cells: Mapping[str, str]) -> tuple[Row | None, list[Fault]]:
    """The row, or None with every fault found in its cells."""
    faults = []
    row = None
    try:
        row = Row.model_validate(dict(cells))
    except ValidationError as bad:
        for error in bad.errors():
            context = error.get("ctx", {})
            expected = str(context.get("expected", error["msg"]))
            faults.append(Fault(field=str(error["loc"][0]), expected=expected, remedy=context.get("remedy", "Fix it.")))
    if not cells["value"] and not cells["retracts"]:
        faults.append(Fault(field="value", expected="a number", remedy="Only a retraction has no value."))
    if cells["id"] != (right := content_id(cells)):
        remedy = "Give a new row that id; if a recorded row was edited, restore it and add one that supersedes it."
        faults.append(Fault(field="id", expected=f"{right}, the hash of the row's content", remedy=remedy))
    return row, faults
