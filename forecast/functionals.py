"""What a fidelity target asks of a view, as code: one small function for each name in `priors.functionals`.

Three conventions. "By" a day means by the end of that day. Events in the world are read as observed, so loss of
control and a pause end the other clocks; questions about the mechanism ("within", "tempo", "years", "spread",
"flatline", "lag", "without pause") read the dates as they would be with neither. A question about the time after an
event is asked of the draws in which it happens early enough for the whole window to end by HORIZON.

Pace is overall pace: nats of software a year plus those of compute, as for `M2`. Only `median_multiplier` reads the
pace of research, which is software alone.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from forecast.simulation import FLATLINE_YEARS, HORIZON, SLOW_START_YEARS, SNAPSHOT_YEARS
from forecast.view import View
from priors import decimal_year
from priors.functionals import SOFTWARE_OR_LOOP

SHORTEST_YEARS = 1.0 / 8766.0
"""An hour. Passages shorter than this count as this long where a logarithm is taken."""


class OutOfReach(ValueError):
    """A question that is well put and that no view holds the answer to; the message says what it would need."""


FUNCTIONS: dict[str, Callable[..., float]] = {}


def evaluate(name: str, arguments: Mapping[str, Any], view: View) -> float:
    """The answer of a view; not a number where no draw meets the condition of the question.

    ``arguments`` as in a worldview's file. Raises OutOfReach, and KeyError for a name that is no functional.
    """
    if name not in FUNCTIONS:
        raise KeyError(f"unknown functional {name!r}; known are {', '.join(FUNCTIONS)}")
    named = {f"{key}_" if keyword.iskeyword(key) else key: value for key, value in arguments.items()}
    return float(FUNCTIONS[name](view, **named))


def happened_by(view: View, event: str, by: date) -> np.ndarray:
    """Draws (n,) in which the event is seen to happen by the end of the day ``by``."""
    return view.futures.observed(event) < end_of(by)


def end_of(day: date) -> float:
    """Decimal year of the midnight that ends a day."""
    return decimal_year(day + timedelta(days=1))


def _functional(function: Callable[..., float]) -> Callable[..., float]:
    FUNCTIONS[function.__name__] = function
    return function


def _passage_years(view: View, event: str, of: str) -> np.ndarray:
    """Years (n,) from ``of`` to ``event``, uncensored: below 0 where it came first, inf where either never comes."""
    start, end = view.futures.dates[of], view.futures.dates[event]
    return np.subtract(end, start, out=np.full(len(start), np.inf), where=np.isfinite(start))


def _window_seen(view: View, of: str, years: float) -> np.ndarray:
    """Draws in which ``of`` happens at least ``years`` before HORIZON."""
    return view.futures.dates[of] <= HORIZON - years


def _snapshot(view: View, field: str, year: float) -> np.ndarray:
    """A snapshot (n,) at the start of a year."""
    place = int(np.searchsorted(SNAPSHOT_YEARS, year))
    if place == len(SNAPSHOT_YEARS) or SNAPSHOT_YEARS[place] != year:
        first, last = SNAPSHOT_YEARS[0], SNAPSHOT_YEARS[-1]
        raise OutOfReach(f"the state of the mechanism at the start of {year:g}; kept are {first:.0f} to {last:.0f}")
    return view.futures.snapshots[field][:, place]


def _year_mean(view: View, field: str, year: int) -> np.ndarray:
    """Mean (n,) over a calendar year, from the snapshots at the new years that bound it."""
    return (_snapshot(view, field, year) + _snapshot(view, field, year + 1)) / 2.0


def _pace(view: View, year: int) -> np.ndarray:
    """Overall pace (n,) in a calendar year, nats a year."""
    return _year_mean(view, "rate", year) + _year_mean(view, "compute_growth", year)


def _speedup(view: View, share: float) -> np.ndarray:
    """m (n,) at a share of research done by AI: `mechanism.log_speedup` in the form that is exact at 0 and at 1."""
    kappa, boost = view.futures.values["kappa"], view.futures.values["boost"]
    return np.asarray(((1.0 - share) + share * boost ** (-1.0 / kappa)) ** -kappa)


def _central_width(view: View, value: np.ndarray, mass: float, where: np.ndarray) -> float:
    low, high = (view.quantile(value, level, where) for level in ((1.0 - mass) / 2.0, (1.0 + mass) / 2.0))
    return high - low


def _quantity(view: View, name: str) -> np.ndarray:
    """Draws (n,) of one of `priors.functionals.QUANTITIES`."""
    return view.futures.values[{"phi": "phi0"}.get(name, name)]


def _flat(view: View) -> np.ndarray:
    """Draws without X100 in the FLATLINE_YEARS after LOOP; to be read among those of `_window_seen`."""
    return _passage_years(view, "X100", "LOOP") > FLATLINE_YEARS


@_functional
def p_by(view: View, event: str, by: date) -> float:
    return view.probability(happened_by(view, event, by))


@_functional
def p_by_without_pause(view: View, event: str, by: date) -> float:
    """As if nobody could pause, nor anything else stop the clock."""
    return view.probability(view.futures.dates[event] < end_of(by))


@_functional
def p_by_given_not_by(view: View, event: str, by: date, not_by: date) -> float:
    return view.given(happened_by(view, event, by), ~happened_by(view, event, not_by))


@_functional
def p_between(view: View, event: str, after: date, by: date) -> float:
    """Later than the day ``after``, and by the end of ``by``."""
    return view.probability(happened_by(view, event, by) & ~happened_by(view, event, after))


@_functional
def p_within(view: View, event: str, of: str, years: float) -> float:
    """No later than ``years`` after ``of``, given ``of``; what came before ``of`` has happened by then as well."""
    return view.given(_passage_years(view, event, of) <= years, _window_seen(view, of, years))


@_functional
def p_tempo_between(view: View, event: str, of: str, min_years: float, max_years: float) -> float:
    """The passage takes that long, ends included, given ``of``."""
    passage = _passage_years(view, event, of)
    return view.given((min_years <= passage) & (passage <= max_years), _window_seen(view, of, max_years))


@_functional
def p_new_paradigm_needed_given_not_by(view: View, event: str, by: date) -> float:
    return view.given(view.futures.values["psi"] > 0, ~happened_by(view, event, by))


@_functional
def p_variable_above(view: View, quantity: str, above: float) -> float:
    """``r_eff`` = r (1 - phi) and ``phi`` are those of the as-of date, where phi is phi0; ``psi`` is 1 where needed."""
    return view.probability(_quantity(view, quantity) > above)


@_functional
def p_pace_above(view: View, year: int, from_: int, to: int) -> float:
    """Overall pace in ``year`` above its mean over the calendar years ``from_`` to ``to``, both included."""
    if from_ > to:
        raise OutOfReach("two years in order")
    earlier = np.mean([_pace(view, one) for one in range(from_, to + 1)], axis=0)
    return view.probability(_pace(view, year) > earlier)


@_functional
def p_speedup_above_at_share(view: View, share: float, speedup: float) -> float:
    return view.probability(_speedup(view, share) > speedup)


@_functional
def p_ai_paradigm_by(view: View, by: date) -> float:
    """The one paradigm date there is, needed for closure or not, and found with help from AI or by it alone."""
    return view.probability(view.futures.values["T_par"] < end_of(by))


@_functional
def p_loss_of_control_by(view: View, by: date, instruction_following: bool) -> float:
    """Given that the systems do, or do not, follow instructions after LOOP."""
    return view.given(happened_by(view, "LOC", by), (view.futures.values["kept"] > 0) == instruction_following)


@_functional
def p_core_without_loop(view: View, on: date) -> float:
    """At the end of a day AI does CORE's share of research and the loop has not been seen to close."""
    return view.probability(happened_by(view, "CORE", on) & ~happened_by(view, "LOOP", on))


@_functional
def p_flatline(view: View) -> float:
    """Given LOOP: no X100 in the FLATLINE_YEARS after it."""
    return view.given(_flat(view), _window_seen(view, "LOOP", FLATLINE_YEARS))


@_functional
def p_instruction_following_kept(view: View) -> float:
    """Through ASI and after, given no PAUSE before it (where ASI never comes: ever). A pause decides nothing here."""
    dates = view.futures.dates
    paused_before = np.isfinite(dates["PAUSE"]) & (dates["PAUSE"] < dates["ASI"])
    return view.given(view.futures.values["kept"] > 0, ~paused_before)


@_functional
def p_full_year_before(view: View, event: str, before: Sequence[str]) -> float:
    """The event is seen, and a year after it none of ``before`` has come."""
    first = np.min([view.futures.dates[one] for one in before], axis=0)
    seen = view.futures.observed(event)
    return view.probability(np.isfinite(seen) & (seen + 1.0 <= first))


@_functional
def p_jump_given(view: View, event: str) -> float:
    return view.given(view.futures.values["jump"] > 0, np.isfinite(view.futures.observed(event)))


@_functional
def p_jump_by(view: View, by: date) -> float:
    """A jump comes with the closing of the loop, where there is one."""
    return view.probability((view.futures.values["jump"] > 0) & happened_by(view, "LOOP", by))


@_functional
def median_date(view: View, event: str) -> float:
    """Of the whole distribution, as seen: inf where the event is seen in fewer than half of the draws."""
    return view.quantile(view.futures.observed(event), 0.5)


@_functional
def median_years(view: View, event: str, of: str) -> float:
    """Given that both happen."""
    passage = _passage_years(view, event, of)
    return view.quantile(passage, 0.5, np.isfinite(passage))


@_functional
def median_variable(view: View, quantity: str) -> float:
    """In the units of `priors.variables`, read as by `p_variable_above`."""
    return view.quantile(_quantity(view, quantity), 0.5)


@_functional
def log10_spread(view: View, event: str, of: str, mass: float) -> float:
    """Width of the central ``mass`` of log10 years, given that both happen."""
    passage = _passage_years(view, event, of)
    return _central_width(view, np.log10(np.maximum(passage, SHORTEST_YEARS)), mass, np.isfinite(passage))


@_functional
def date_width(view: View, event: str, mass: float) -> float:
    """Width in years of the central ``mass`` of the date, given that the event is seen."""
    seen = view.futures.observed(event)
    return _central_width(view, seen, mass, np.isfinite(seen))


@_functional
def median_multiplier(view: View, year: int) -> float:
    """Pace of research in a calendar year over that of the twin without AI: software only, compute is not research."""
    return view.quantile(_year_mean(view, "rate", year) / _year_mean(view, "rate0", year), 0.5)


@_functional
def median_speedup_at_share(view: View, share: float) -> float:
    """Direct speed-up, compute and software as they are, when AI does a share of the research."""
    return view.quantile(_speedup(view, share), 0.5)


@_functional
def median_lag(view: View, to: str, from_: str) -> float:
    """Median date of ``to`` less median date of ``from_``, both given that both happen."""
    dates = view.futures.dates
    start = np.minimum(dates["SWX3"], dates["LOOP"] + SLOW_START_YEARS) if from_ == SOFTWARE_OR_LOOP else dates[from_]
    both = np.isfinite(start) & np.isfinite(dates[to])
    return view.quantile(dates[to], 0.5, both) - view.quantile(start, 0.5, both)


@_functional
def shift_from_observing(view: View, observed: str, event: str, years: float) -> float:
    """P(event in the ``years`` after ``observed``, given ``observed``) less what the same dates hold in all draws.

    The second term takes each date at which ``observed`` is seen to all draws, whatever they hold of ``observed``.
    """
    cue, seen = view.futures.observed(observed), view.futures.observed(event)
    cued = np.isfinite(cue) & (view.weights > 0)
    if not cued.any():
        return float("nan")
    start, weight = cue[cued], view.weights[cued]
    follows = (seen[cued] > start) & (seen[cued] <= start + years)
    order = np.argsort(seen)
    reached, sorted_dates = np.concatenate([[0.0], np.cumsum(view.weights[order])]), seen[order]
    first, last = (np.searchsorted(sorted_dates, when, side="right") for when in (start, start + years))
    return float(weight @ (follows - (reached[last] - reached[first])) / weight.sum())


@_functional
def median_shift_from_observing(view: View, observed: str, event: str) -> float:
    """Median date of ``event`` among draws in which ``observed`` is seen, less that of all; nan where both are inf."""
    seen = view.futures.observed(event)
    told, before = view.quantile(seen, 0.5, np.isfinite(view.futures.observed(observed))), view.quantile(seen, 0.5)
    return told - before if np.isfinite(told) or np.isfinite(before) else float("nan")


@_functional
def median_log_gain_ratio(view: View, late: tuple[float, float], early: tuple[float, float]) -> float:
    """Yearly gain of the newest log horizon between two new years, over that between two earlier ones."""

    def yearly(span: tuple[float, float]) -> np.ndarray:
        if not span[0] < span[1]:
            raise OutOfReach("spans of a year or more")
        return np.asarray((_snapshot(view, "ln_h", span[1]) - _snapshot(view, "ln_h", span[0])) / (span[1] - span[0]))

    before, after = yearly(early), yearly(late)
    return view.quantile(np.divide(after, before, out=np.full(len(before), np.inf), where=before != 0.0), 0.5)


@_functional
def flatline_odds_factor(view: View, years: float) -> float:
    """By what the odds of a flatline multiply on seeing no X100 in the first ``years`` after LOOP."""
    closed = _window_seen(view, "LOOP", max(years, FLATLINE_YEARS))
    flat, quiet = _flat(view), _passage_years(view, "X100", "LOOP") > years
    if_flat, if_not = view.given(quiet, closed & flat), view.given(quiet, closed & ~flat)
    return if_flat / if_not if if_not != 0.0 else float("inf") * if_flat


@_functional
def compounding_fidelity(view: View, per_generation: float, generations: int) -> float:
    """Arithmetic; no view enters it."""
    return float(per_generation**generations)
