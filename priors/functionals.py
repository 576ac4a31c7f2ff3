"""The questions a fidelity target may ask of a forecast: their names and arguments. The answers live downstream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from priors.schema import EARLIEST_YEAR, LATEST_YEAR, Event

SOFTWARE_OR_LOOP = "SWX3_OR_LOOP+3"
"""The clock that starts the diffusion lag: `SWX3`, or three years after `LOOP` where none has come by then."""

QUANTITIES = ("r", "r_eff", "phi", "boost", "kappa", "psi", "H", "L")


def _real(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _event(value: Any) -> bool:
    return isinstance(value, str) and value in Event.__members__


class Kind(Enum):
    """What an argument may be, and how to say so."""

    EVENT = (f"one of {', '.join(Event)}", _event)
    CLOCK = (f"an event or {SOFTWARE_OR_LOOP}", lambda v: _event(v) or v == SOFTWARE_OR_LOOP)
    EVENTS = (f"a list of {', '.join(Event)}", lambda v: isinstance(v, tuple) and len(v) > 0 and all(map(_event, v)))
    QUANTITY = (f"one of {', '.join(QUANTITIES)}", lambda v: v in QUANTITIES)
    DATE = ("a date, without quotes", lambda v: isinstance(v, date))
    YEAR = (
        f"a whole year from {EARLIEST_YEAR} to {LATEST_YEAR}",
        lambda v: _whole(v) and EARLIEST_YEAR <= v <= LATEST_YEAR,
    )
    YEARS_SPAN = (
        "two whole years in order",
        lambda v: isinstance(v, tuple) and len(v) == 2 and all(map(_real, v)) and v[0] <= v[1],
    )
    DURATION = ("a number of years, 0 or more", lambda v: _real(v) and v >= 0)
    SHARE = ("a share from 0 to 1", lambda v: _real(v) and 0 <= v <= 1)
    NUMBER = ("a number", _real)
    COUNT = ("a whole number, 1 or more", lambda v: _whole(v) and v >= 1)
    FLAG = ("true or false", lambda v: isinstance(v, bool))

    def __init__(self, expected: str, accepts: Callable[[Any], bool]) -> None:
        self.expected = expected
        self.accepts = accepts


@dataclass(frozen=True)
class Functional:
    """`probability`: its value lies between 0 and 1, so that it may be honoured by tilting."""

    arguments: Mapping[str, Kind]
    probability: bool


def _probability(**arguments: Kind) -> Functional:
    return Functional(arguments, True)


def _quantity(**arguments: Kind) -> Functional:
    return Functional(arguments, False)


_E, _D = Kind.EVENT, Kind.DATE

FUNCTIONALS: Mapping[str, Functional] = {
    "p_by": _probability(event=_E, by=_D),
    "p_by_without_pause": _probability(event=_E, by=_D),
    "p_by_given_not_by": _probability(event=_E, by=_D, not_by=_D),
    "p_between": _probability(event=_E, after=_D, by=_D),
    "p_within": _probability(event=_E, of=_E, years=Kind.DURATION),
    "p_tempo_between": _probability(event=_E, of=_E, min_years=Kind.DURATION, max_years=Kind.DURATION),
    "p_new_paradigm_needed_given_not_by": _probability(event=_E, by=_D),
    "p_variable_above": _probability(quantity=Kind.QUANTITY, above=Kind.NUMBER),
    "p_pace_above": _probability(**{"year": Kind.YEAR, "from": Kind.YEAR, "to": Kind.YEAR}),
    "p_speedup_above_at_share": _probability(share=Kind.SHARE, speedup=Kind.NUMBER),
    "p_ai_paradigm_by": _probability(by=_D),
    "p_loss_of_control_by": _probability(by=_D, instruction_following=Kind.FLAG),
    "p_core_without_loop": _probability(on=_D),
    "p_flatline": _probability(),
    "p_instruction_following_kept": _probability(),
    "p_full_year_before": _probability(event=_E, before=Kind.EVENTS),
    "p_jump_given": _probability(event=_E),
    "p_jump_by": _probability(by=_D),
    "median_date": _quantity(event=_E),
    "median_years": _quantity(event=_E, of=_E),
    "median_variable": _quantity(quantity=Kind.QUANTITY),
    "log10_spread": _quantity(event=_E, of=_E, mass=Kind.SHARE),
    "date_width": _quantity(event=_E, mass=Kind.SHARE),
    "median_multiplier": _quantity(year=Kind.YEAR),
    "median_speedup_at_share": _quantity(share=Kind.SHARE),
    "median_lag": _quantity(**{"to": _E, "from": Kind.CLOCK}),
    "shift_from_observing": _quantity(observed=_E, event=_E, years=Kind.DURATION),
    "median_shift_from_observing": _quantity(observed=_E, event=_E),
    "median_log_gain_ratio": _quantity(late=Kind.YEARS_SPAN, early=Kind.YEARS_SPAN),
    "flatline_odds_factor": _quantity(years=Kind.DURATION),
    "compounding_fidelity": _quantity(per_generation=Kind.SHARE, generations=Kind.COUNT),
}
