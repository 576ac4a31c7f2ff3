"""A reader's position as a worldview file, from a worldview file, and as the link that opens the page there."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from cruxes.landing import pool
from cruxes.landing.questions import questions
from priors import Worldview
from priors.elicit import AnyBelief
from priors.schema import TwoHumpedBelief

VERSION = 1
"""Of the link."""

PAGE = "land.html"
READER = "the-reader"
NAME = "reader"
ANSWERED = 'Set by the reader on the page "Where do you land?".'
SIGNIFICANT = 6
"""Digits of a number in a link and in a file."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """What a reader has set: ``intervals`` from the 10 % to the 90 % point in the variable's own unit, ``chances``.

    ``evidence``: whether the rows since the as-of date count.
    """

    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    chances: Mapping[str, float] = field(default_factory=dict)
    evidence: bool = True


def of_worldview(worldview: Worldview) -> Reader:
    """The nearest position on the page: beliefs on what is asked there, two humps as the interval of their mixture."""
    elicited, chances = worldview.elicited(), worldview.probabilities()
    asked = questions().values()
    return Reader(
        intervals={one.name: pool.interval_of(elicited[one.name]) for one in asked if not one.chance},
        chances={one.name: chances[one.name] for one in asked if one.chance},
    )


def humped(worldview: Worldview) -> tuple[str, ...]:
    """Variables asked for on the page whose two humps it cannot show."""
    return tuple(name for name in questions() if isinstance(worldview.beliefs[name], TwoHumpedBelief))


def link(reader: Reader, *, page: str = PAGE) -> str:
    """The address that opens the page at a position."""
    parts = [f"v={VERSION}"]
    for name in questions():
        if name in reader.intervals:
            parts.append(f"{name}=" + "~".join(number(x) for x in reader.intervals[name]))
        elif name in reader.chances:
            parts.append(f"{name}={number(reader.chances[name])}")
    return f"{page}#{'&'.join(parts)}&on={int(reader.evidence)}"


def number(value: float) -> str:
    """As JavaScript writes ``Number(value.toPrecision(6))``, and never with an exponent."""
    text = format(Decimal(f"{value:.{SIGNIFICANT}g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def worldview(reader: Reader, middle: Worldview) -> dict[str, Any]:
    """The table of a reader's file: what was set, and for the rest what the page assumed."""
    beliefs = {name: _as_table(belief) for name, belief in middle.beliefs.items()}
    for name, (low, high) in reader.intervals.items():
        beliefs[name] = _answer({"interval": [float(number(low)), float(number(high))], "mass": 0.8})
    for name, value in reader.chances.items():
        beliefs[name] = _answer({"value": float(number(value))})
    return table(beliefs, as_of=middle.as_of, answered=(*reader.intervals, *reader.chances))


def _answer(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"strength": "stated", "source": READER, "why": ANSWERED}


def table(
    beliefs: Mapping[str, AnyBelief | dict[str, Any]], *, as_of: date, answered: Collection[str]
) -> dict[str, Any]:
    """A worldview's table with the beliefs of a reader and of the middle of the five."""
    said = "The reader set " + ", ".join(answered) if answered else "The reader set nothing"
    return {
        "name": NAME,
        "label": "A reader",
        "as_of": as_of,
        "as_of_basis": "assumed",
        "summary": f"{said}; all else is the middle of the five named worldviews.",
        "sources": [
            {"key": READER, "title": "The reader", "date": as_of.isoformat(), "grade": "P"},
            {"key": pool.SOURCE, "title": "The five named worldviews of this project", "date": as_of.isoformat(),
             "grade": "P"},
        ],
        "beliefs": {name: belief if isinstance(belief, dict) else _as_table(belief) for name, belief in beliefs.items()},
    }  # fmt: skip


def _as_table(belief: AnyBelief) -> dict[str, Any]:
    return belief.model_dump(mode="json", exclude_none=True)


def toml(found: Mapping[str, Any]) -> str:
    """A worldview's table as the text of its file."""
    lines = [f"{key} = {_value(value)}" for key, value in found.items() if key not in ("sources", "beliefs")]
    for source in found["sources"]:
        lines += ["", "[[sources]]", *(f"{key} = {_value(value)}" for key, value in source.items())]
    for name, belief in found["beliefs"].items():
        lines += ["", f"[beliefs.{name}]", *(f"{key} = {_value(value)}" for key, value in belief.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Strings of JSON are strings of TOML; a day stands without quotes."""
    return str(value) if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
