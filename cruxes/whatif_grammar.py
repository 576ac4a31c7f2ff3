"""What a reader may ask "what if" about, from a line of text.

    see     <quantity> [of|above|below] <number> <unit> [by|on] <date>     metr_horizon_p50 of 40 h by 2027-03-31
            [no] <EVENT> by <date>                                         no LOOP by 2028-12-31
            <parameter> above|below <number>                               boost above 10
    set     <parameter>=<number or date>                                   boost=20, T_par=2030
            LOOP|SWX3|PAUSE|LOC=<date>                                     LOOP=2028-06

A date is YYYY-MM-DD, or YYYY-MM for the last day of a month.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Literal

import priors
from cruxes import scales
from cruxes.signals import LAST_YEAR, Catalogue
from forecast.evidence.register import Register
from priors.elicit import inside
from priors.problems import BadInput, Problem

SETTABLE = ("LOOP", "SWX3", "PAUSE", "LOC")
"""Events from which other clocks start, or that stop them."""

SEE = (
    "<quantity> [of|above|below] <number> <unit> [by|on] <date>, or [no] <EVENT> by <date>, or "
    "<parameter> above|below <number>"
)
SET = "<parameter>=<number or date>, or LOOP|SWX3|PAUSE|LOC=<date>"

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_DATE = r"\d{4}-\d{2}(?:-\d{2})?"
_MEASUREMENT = re.compile(
    rf"(?P<name>\w+)\s+(?:(?P<relation>of|above|below)\s+)?(?P<number>{_NUMBER})\s*(?P<unit>[^\s\d]\S*)\s+"
    rf"(?:(?:by|on)\s+)?(?P<date>{_DATE})"
)
_EVENT = re.compile(rf"(?P<no>no\s+)?(?P<name>[A-Z][A-Z0-9]*)\s+by\s+(?P<date>{_DATE})")
_PARAMETER = re.compile(rf"(?P<name>\w+)\s+(?P<relation>above|below)\s+(?P<number>{_NUMBER})")
_SET = re.compile(rf"(?P<name>\w+)\s*=\s*(?:(?P<date>{_DATE})|(?P<number>{_NUMBER}))")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Something to condition on. ``value`` is on the scale of the observation model (measurements) or in the units of
    `priors.variables` (parameters); ``published`` is a measurement's value in the ledger's unit."""

    text: str
    kind: Literal["measurement", "event", "parameter"]
    name: str
    relation: Literal["of", "above", "below", "seen", "not seen"]
    value: float = 0.0
    published: float = 0.0
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Put:
    """Something to set: an event to a decimal year, or a parameter to a value in the units of `priors.variables`."""

    text: str
    kind: Literal["event", "parameter"]
    name: str
    value: float


def see(text: str, *, catalogue: Catalogue, register: Register, today: date) -> Seen:
    """What to condition on. Raises BadInput with the grammar."""
    said = " ".join(text.split())
    if m := _EVENT.fullmatch(said):
        return _seen_event(text, m)
    if m := _PARAMETER.fullmatch(said):
        _known_parameter(m["name"], where="--observe")
        value = _inside(m["name"], float(m["number"]), where="--observe")
        return Seen(text=text, kind="parameter", name=m["name"], relation=_relation(m["relation"]), value=value)
    if m := _MEASUREMENT.fullmatch(said):
        return _seen_measurement(text, m, catalogue=catalogue, register=register, today=today)
    raise BadInput([_problem("--observe", ascii(text)[:80], SEE,
                             "Write, for example, 'metr_horizon_p50 of 40 h by 2027-03-31'.")])  # fmt: skip


def put(text: str) -> Put:
    """What to set. Raises BadInput with the grammar."""
    m = _SET.fullmatch(text.strip())
    if m is None:
        raise BadInput([_problem("--do", ascii(text)[:80], SET, "Write, for example, 'boost=20' or 'LOOP=2028-06'.")])
    name = m["name"]
    if name in {event.value for event in priors.Event}:
        if name not in SETTABLE:
            raise BadInput([_problem("--do", name, f"one of {', '.join(SETTABLE)}, or a parameter",
                                     f"No other clock starts from {name} in this model; set what it comes from.")])  # fmt: skip
        when = priors.decimal_year(_day(m["date"], where="--do")) if m["date"] else float(m["number"])
        return Put(text=text, kind="event", name=name, value=when)
    variables = _known_parameter(name, where="--do")
    if m["date"] and variables[name].support is not priors.Support.YEAR:
        raise BadInput([_problem("--do", ascii(text), f"a number in {variables[name].unit}", "Give a number.")])
    value = priors.decimal_year(_day(m["date"], where="--do")) if m["date"] else float(m["number"])
    return Put(text=text, kind="parameter", name=name, value=_inside(name, value, where="--do"))


def _seen_event(text: str, m: re.Match[str]) -> Seen:
    known = [event.value for event in priors.Event]
    if m["name"] not in known:
        raise BadInput([_problem("--observe", m["name"], f"one of {', '.join(known)}", "Correct the event's code.")])
    relation: Literal["seen", "not seen"] = "not seen" if m["no"] else "seen"
    return Seen(text=text, kind="event", name=m["name"], relation=relation, on=_day(m["date"], where="--observe"))


def _seen_measurement(text: str, m: re.Match[str], *, catalogue: Catalogue, register: Register, today: date) -> Seen:
    name, problems = m["name"], []
    quantity = catalogue.quantities.get(name)
    if quantity is None:
        problems.append(_problem("--observe", ascii(name), f"one of {', '.join(catalogue.quantities)}",
                                 f"Correct the name. The form is: {SEE}."))  # fmt: skip
    elif m["unit"] not in quantity.units:
        problems.append(_problem("--observe", ascii(m["unit"]), f"one of {', '.join(quantity.units)}",
                                 "Correct the unit."))  # fmt: skip
    on = _day(m["date"], where="--observe")
    if not today < on <= date(LAST_YEAR, 12, 31):
        problems.append(_problem("--observe", on.isoformat(), f"a day after {today} and by the end of {LAST_YEAR}",
                                 "What has been published is no what-if: rsi evidence add."))  # fmt: skip
    if problems or quantity is None:
        raise BadInput(problems)
    entry = register.series[quantity.series]
    published = float(m["number"]) * quantity.units[m["unit"]]
    value = scales.to_model(entry, published, where="--observe")
    return Seen(text=text, kind="measurement", name=name, relation=_relation(m["relation"] or "of"), value=value,
                published=published, on=on)  # fmt: skip


def _relation(word: str) -> Literal["of", "above", "below"]:
    return "above" if word == "above" else "below" if word == "below" else "of"


def _known_parameter(name: str, *, where: str) -> Mapping[str, priors.Variable]:
    variables = priors.variables()
    if name not in variables:
        raise BadInput([_problem(where, ascii(name), f"one of {', '.join(variables)}",
                                 f"Correct the name. The form is: {SET if where == '--do' else SEE}.")])  # fmt: skip
    return variables


def _inside(name: str, value: float, *, where: str) -> float:
    variable = priors.variables()[name]
    if not isfinite(value) or not inside(variable.support, value):
        raise BadInput([_problem(where, f"{name} of {value:g}", f"{variable.support.value} ({variable.unit})",
                                 "Give a value that it can have.")])  # fmt: skip
    return value


def _day(text: str, *, where: str) -> date:
    parts = [int(part) for part in text.split("-")]
    try:
        return date(parts[0], parts[1], parts[2] if len(parts) == 3 else calendar.monthrange(parts[0], parts[1])[1])
    except (ValueError, calendar.IllegalMonthError):
        raise BadInput([_problem(where, ascii(text), "a day of the calendar", "Correct the date.")]) from None


def _problem(where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file="rsi whatif", where=where, found=found, expected=expected, remedy=remedy)
