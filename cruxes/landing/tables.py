"""All that the page needs besides the draws: questions, codes, and the named worldviews with their published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

import priors
from cruxes import clock_bins, distances, signals, watch
from cruxes.landing import codes, files, pool
from cruxes.landing.columns import BANKS, CONTROLLED, EVENTS, Bank
from cruxes.landing.foreseen import Foreseen
from cruxes.landing.questions import Question, questions
from forecast import summary
from forecast.simulation import COMPETING
from forecast.view import View
from priors import Worldview
from priors.elicit import Elicited
from priors.worldview import BASELINE

FORMAT = 1
YEARS = (2028, 2030, 2035, 2050)
"""By the end of which probabilities are shown."""

LEVELS = (0.1, 0.5, 0.9)
LEAST_EFFECTIVE = 200
"""Independent draws below which no number is shown."""

HUMP_GRID = np.linspace(-6.0, 6.0, 481)
"""Standard normals of the bank at which a two-humped belief is tabulated."""


def tables(
    reader: Worldview, banks: Mapping[str, Bank], told: Foreseen, seen: Sequence[View], *, day: date, seed: int
) -> dict[str, Any]:
    """All that the page needs besides the draws."""
    named = [view for view in seen if view.worldview.name in priors.names() and not view.without]
    people = {view.worldview.name: view.worldview for view in named}
    elicited = reader.elicited()
    bins = clock_bins.bins(day, date(YEARS[1], 12, 31))
    return {
        "format": FORMAT,
        "day": day.isoformat(),
        "as_of": reader.as_of.isoformat(),
        "as_of_year": reader.as_of_year,
        "seed": seed,
        "least_effective": LEAST_EFFECTIVE,
        "codes": {"first_year": codes.FIRST_YEAR, "steps": codes.STEPS, "stopped": codes.STOPPED,
                  "never": codes.NEVER, "normal_span": codes.NORMAL_SPAN, "normal_steps": codes.NORMAL_STEPS},
        "events": [{"name": name, "controlled": CONTROLLED.index(name) if name in CONTROLLED else None}
                   for name in EVENTS],
        "years": list(YEARS),
        "levels": list(LEVELS),
        "first_year": distances.FIRST_YEAR,
        "questions": [_question(one, elicited, reader) for one in questions().values()],
        "banks": {name: {"file": BANKS[name], "draws": len(bank.columns), "columns": list(bank.names),
                         "chain": round(bank.chain, 4)} for name, bank in banks.items()},
        "people": [_person(who, people[who], named, elicited) for who in people],
        "baseline": BASELINE,
        "coarse": [codes.code_at(float(bins.edges[i - 1])) for i in bins.coarse[1:-1]],
        "signals": [_signal(name, told, day) for name in told.names],
        "worldview": files.table(reader.beliefs, as_of=reader.as_of, answered=()),
    }  # fmt: skip


def _question(one: Question, elicited: Mapping[str, Elicited], reader: Worldview) -> dict[str, Any]:
    variable = priors.variables()[one.name]
    said = {"name": one.name, "ask": one.ask, "help": one.help, "ends": list(one.ends), "symbol": variable.symbol,
            "low": one.low, "high": one.high, "unit": one.unit, "percent": one.unit == "share", "chance": one.chance,
            "called": variable.name, "crux": str(variable.crux)}  # fmt: skip
    if one.chance:
        return said | {"middle": reader.probabilities()[one.name]}
    prior = elicited[one.name]
    return said | {"link": str(prior.link), "loc": prior.loc, "scale": prior.scale}


def _person(
    who: str, worldview: Worldview, seen: Sequence[View], reader: Mapping[str, Elicited]
) -> dict[str, Any]:  # fmt: skip
    """A named worldview: its answers to the questions, and its published numbers."""
    beliefs, chances = worldview.elicited(), worldview.probabilities()
    own = {view.name: view for view in seen if view.worldview.name == who}
    answers: dict[str, Any] = {}
    for name in questions():
        if name in chances:
            answers[name] = {"value": chances[name]}
        else:
            answers[name] = _answer(beliefs[name], reader[name])
    return {
        "name": who,
        "label": worldview.label,
        "as_of": worldview.as_of.isoformat(),
        "answers": answers,
        "views": {name: {event: _shown(view, event) for event in EVENTS} for name, view in own.items()},
    }


def _answer(belief: Elicited, bank: Elicited) -> dict[str, Any]:
    """A person's interval; of a two-humped belief also the logarithm of its density over that of the bank, by z."""
    low, high = pool.interval_of(belief)
    said: dict[str, Any] = {"interval": [low, high], "median": float(priors.quantile(belief, 0.5))}
    if belief.jump:
        said["log_ratio"] = [round(float(x), 6) for x in log_ratio(belief, bank, HUMP_GRID)]
    return said


def log_ratio(belief: Elicited, bank: Elicited, z: np.ndarray) -> np.ndarray:
    """ln of the density of a belief over that of the (one-humped) bank, at standard normals z of the bank."""
    grid = np.linspace(-9.0, 9.0, 18_001)
    eta = np.asarray(priors.elicit.unconstrained(belief, grid))
    slope = np.gradient(eta, grid)
    at = bank.loc + bank.scale * z
    own = np.interp(at, eta, grid)
    return np.asarray(0.5 * z**2 - 0.5 * own**2 + np.log(bank.scale) - np.log(np.interp(at, eta, slope)))


def _shown(view: View, event: str) -> dict[str, Any]:
    """The published numbers of one view about one event, and its years for distances."""
    table = summary.table(view, events=[event])
    keys = zip(table["output_type"], table["output_type_id"], strict=True)
    found = dict(zip(keys, table["value"].to_numpy(dtype=float).tolist(), strict=True))
    by = [found["cdf", f"{year}-12-31"] for year in YEARS]
    quantiles = [found["quantile_if_ever", str(level)] for level in LEVELS]
    stopped = sum(found["stopped", cause] for cause in COMPETING)
    return {
        "by": by,
        "quantiles": [q if np.isfinite(q) else None for q in quantiles],
        "never": found["never", ""],
        "stopped": stopped,
        "years": [round(float(p), 6) for p in distances.years_and_not_seen(view, event)],
    }


def _signal(name: str, told: Foreseen, day: date) -> dict[str, Any]:
    signal = told.catalogue.signals[name]
    return {
        "name": name,
        "title": signal.title,
        "resolution": signal.resolution,
        "known_by": signal.known_by.isoformat(),
        "wait": watch.wait_years(signal, day),
        "source": signal.source or name,
        "reading": signals.reading_of(signal) is not None,
    }
