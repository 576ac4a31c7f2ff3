"""What if this were seen, and what if this were so: two questions with two answers.

Seeing is conditioning. A view's draws are re-weighted by how well each foresaw the reading, so everything that goes with
it moves as well, causes and effects alike. Setting is intervening: the parameter takes the value in every draw, or the
event the date, whatever the draw would have had; all other beliefs stay, and the future is simulated anew from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.special import expit

import priors
from cruxes import observables, outlook
from cruxes.outlook import Outlook
from cruxes.signals import Catalogue
from cruxes.whatif_grammar import Put, Seen
from forecast import parameters, posteriors, rows, run, simulation, views
from forecast.artefacts import Kept
from forecast.functionals import happened_by
from forecast.observations import KINDS
from forecast.run import Evidence
from forecast.simulation import COMPETING, HORIZON, SLOW_START_YEARS, Futures
from forecast.view import View
from priors.elicit import LINK_OF
from priors.problems import BadInput, Problem
from priors.schema import IntervalBelief, Strength, ValueBelief

LEAST_DRAWS = 50.0
"""Effective draws below which nothing is said of a view that could not be refitted."""

FARTHEST_REFIT_YEARS = 2.0
"""A refit reads the row off the trajectory without its later noise, which is fair for the near future only."""

NARROW = 1e-4
"""Half-width on the unconstrained scale of a belief that is set to a value."""

MOVES_WITH_LOOP = ("SWX3", "SWX5", "SWX10", "X100", "ASI", "LOC")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A view under the supposition. ``how`` it was come by; ``effective`` draws; ``doubtful`` where re-weighting did not
    pass and no refit was possible; ``left_out`` is the weight of draws in which the supposition cannot be placed."""

    view: View
    how: Literal["reweighted", "refitted", "simulated"]
    effective: float
    shape: float = 0.0
    doubtful: bool = False
    left_out: float = 0.0


def seen(
    kept: Kept, stated: Kept, what: Seen, evidence: Evidence, catalogue: Catalogue, *, seed: int, refit: bool = True
) -> Answer:
    """An updated view had this been seen; ``stated`` is its stated view, from which a refit starts.

    A yes or no, or a bound, leaves weights of at most 1 and no tail to smooth: there the effective draws decide alone.

    Raises BadInput where the view has next to no draws in which it could be, sampling.NotConverged from a refit.
    """
    view = kept.view
    looking = outlook.of_view(view, evidence)
    log_ratio = _log_ratio(looking, what, catalogue)
    if np.isneginf(np.max(log_ratio)):
        raise BadInput([_next_to_none(view, what, 0.0)])
    exact = what.relation == "of"
    weight, shape = posteriors.smoothed(log_ratio) if exact else (np.exp(log_ratio), 0.0)
    combined = weight * view.weights
    combined = combined / combined.sum()
    effective = float(1.0 / np.sum(combined**2))
    shifted = Answer(view=replace(view, weights=combined), how="reweighted", effective=effective, shape=shape)
    if posteriors.passes(combined, shape) if exact else effective >= posteriors.LEAST_EFFECTIVE:
        return shifted
    if refit and (blocks := with_row(looking, what, catalogue)) is not None:
        worldview = view.worldview
        found = posteriors.with_weights(
            view, run.stated_of(stated), evidence.new(worldview.as_of, view.day, without=view.without), blocks,
            seed=seed,
            weigh=views.weigher(evidence.ledger, worldview, view.day, without=view.without),
        )  # fmt: skip
        how: Literal["reweighted", "refitted"] = "refitted" if found.how == "refitted" else "reweighted"
        return Answer(view=found.view, how=how, effective=found.effective, shape=found.shape)
    if effective < LEAST_DRAWS:
        raise BadInput([_next_to_none(view, what, effective)])
    return replace(shifted, doubtful=True)


def _log_ratio(looking: Outlook, what: Seen, catalogue: Catalogue) -> np.ndarray:
    """ln P(what is seen | draw) (n,), of a value its density; minus infinity where it cannot be."""
    view = looking.view
    if what.kind == "event":
        assert what.on is not None
        happened = happened_by(view, what.name, what.on)
        chance = (happened if what.relation == "seen" else ~happened).astype(float)
    elif what.kind == "parameter":
        value = _values(view, what.name)
        chance = (value > what.value if what.relation == "above" else value < what.value).astype(float)
    else:
        assert what.on is not None
        quantity = catalogue.quantities[what.name]
        law = observables.law(quantity.series, what.on, quantity.se, looking)
        if what.relation == "of":
            return observables.log_density(law, what.value)
        under = observables.below(law, what.value)
        chance = under if what.relation == "below" else 1.0 - under
    return np.log(chance, out=np.full(len(chance), -np.inf), where=chance > 0.0)


def _values(view: View, name: str) -> np.ndarray:
    """A parameter (n,) in the units of `priors.variables`. Raises BadInput for one that has no draws."""
    if name in view.futures.values:
        return view.futures.values[name]
    if name in parameters.VECTOR:
        variable = priors.variables()[name]
        column = view.eta[:, parameters.VECTOR.index(name)]
        return np.asarray(priors.from_real(LINK_OF[variable.support], column))
    raise BadInput([Problem(file="rsi whatif", where="--observe", found=name, expected="a parameter with a distribution",
                            remedy=f"{name} is a single probability: set it with --do {name}=...")])  # fmt: skip


def with_row(looking: Outlook, what: Seen, catalogue: Catalogue) -> rows.Blocks | None:
    """The rows that the view was fitted to and one more; None where no observation model can take it.

    It is a row like the last one of its series, without a bound of the suite.
    """
    view, ledger = looking.view, looking.evidence.ledger
    near = what.on is not None and (what.on - view.day).days <= 365.25 * FARTHEST_REFIT_YEARS
    if what.kind != "measurement" or what.relation != "of" or not near or what.on is None:
        return None
    quantity = catalogue.quantities[what.name]
    entry = ledger.register.series[quantity.series]
    if entry.kind not in KINDS:
        return None
    known = rows.known_by(ledger, view.day)
    like = known[known["series"] == quantity.series].iloc[[-1]]
    if like.empty:
        return None
    reading, half = _on_row(entry.kind, what, quantity.se)
    row = like.assign(
        id="what-if", subject="what-if", same_subject="what-if", observed_on=np.datetime64(what.on.isoformat(), "us"),
        reading=reading, reading_low=half[0], reading_high=half[1], level=0.95, bound="", reads_as="value",
        censored_above=np.nan, other_vintage=looking.other_edition, context=False,
    )  # fmt: skip
    import pandas as pd

    new = rows.new_between(ledger, view.worldview.as_of, view.day)
    return rows.blocks(pd.concat([new, row], ignore_index=True), without=view.without)


def _on_row(kind: str, what: Seen, se: float) -> tuple[float, tuple[float, float]]:
    """Reading and ends of its interval, as `selection.readings` has them; a benchmark's error comes from its items."""
    ends = what.value - 1.96 * se, what.value + 1.96 * se
    match kind:
        case "horizon":
            shift = np.log(60.0)
            return what.value + shift, (ends[0] + shift, ends[1] + shift)
        case "share":
            return float(expit(what.value)), (float(expit(ends[0])), float(expit(ends[1])))
        case "benchmark":
            return what.published, (float("nan"), float("nan"))
        case "compute_growth":
            return what.value, ends
        case _:
            return float(np.exp(what.value)), (float(np.exp(ends[0])), float(np.exp(ends[1])))


def _next_to_none(view: View, what: Seen, effective: float) -> Problem:
    return Problem(file="rsi whatif", where="--observe", found=f"{what.text!a}, which {effective:.0f} draws of the view "
                   f"after {view.worldview.name} foresee", expected=f"{LEAST_DRAWS:.0f} or more",
                   remedy="Suppose something that this view holds possible, or an exact reading of the next two years.")  # fmt: skip


def put(kept: Kept, what: Put, evidence: Evidence) -> Answer:
    """An updated view were this so."""
    view = kept.view
    if what.kind == "event":
        futures, placed = event_set(view.futures, what.name, what.value)
        weights = view.weights * placed
        if weights.sum() <= 0.0:
            raise BadInput([Problem(file="rsi whatif", where="--do", found=f"{what.text!a} after {view.worldview.name}",
                                    expected="an event that some draw reaches by 2100", remedy="Set another one.")])  # fmt: skip
        left_out = 1.0 - float(weights.sum())
        changed = replace(view, futures=futures, weights=weights / weights.sum())
    else:
        changed, left_out = with_parameter(kept, what.name, what.value, evidence), 0.0
    return Answer(view=changed, how="simulated", effective=changed.effective_draws, left_out=left_out)


def with_parameter(kept: Kept, name: str, value: float, evidence: Evidence) -> View:
    """The parameter set in every draw, and every future run again with the same luck.

    A date of the new paradigm that is set does come: its chance of never goes with it.
    """
    variable = priors.variables()[name]
    view = kept.view
    worldview, eta = view.worldview, view.eta
    if name in parameters.VECTOR:
        eta = eta.copy()
        eta[:, parameters.VECTOR.index(name)] = priors.to_real(LINK_OF[variable.support], value)
    else:
        beliefs = dict(worldview.beliefs) | {name: _belief(variable, value, worldview.as_of_year)}
        if name == "T_par":
            beliefs["pi_never"] = _belief(priors.variables()["pi_never"], 0.0, worldview.as_of_year)
        worldview = worldview.model_copy(update={"beliefs": beliefs})
    return replace(view, eta=eta, futures=simulated(kept, eta, worldview, evidence))


def simulated(kept: Kept, eta: np.ndarray, worldview: priors.Worldview, evidence: Evidence) -> Futures:
    """The futures of draws under a worldview, with the luck, the process noise and the evidence of the view.

    What rows say of the view's own draws of what acts only later chooses among the new ones as well, so that whatever
    the worldviews share stays as it was.
    """
    view = kept.view
    fitted = kept.how == "fitted"  # or else the draws, and their futures, are those of the stated view
    said = np.zeros(len(eta))
    if fitted:
        weigh = views.weigher(evidence.ledger, view.worldview, view.day, without=view.without)
        said = weigh(simulation.future_values(view.worldview, len(eta), view.seed))
    return simulation.simulate(eta, worldview, seed=view.seed, weigh=lambda _: said)


def _belief(variable: priors.Variable, value: float, origin: float) -> IntervalBelief | ValueBelief:
    """A belief that holds one value and next to nothing else."""
    said: dict[str, Any] = {"source": "what if", "why": "Set for the sake of the question."}
    if variable.support is priors.Support.PROBABILITY:
        return ValueBelief.model_construct(value=value, strength=Strength.INFERRED, **said)
    link = LINK_OF[variable.support]
    middle = priors.to_real(link, value, origin=origin)
    ends = tuple(float(priors.from_real(link, middle + side * NARROW, origin=origin)) for side in (-1, 1))
    return IntervalBelief.model_construct(interval=ends, mass=0.8, strength=Strength.INFERRED, **said)


def event_set(futures: Futures, event: str, when: float) -> tuple[Futures, np.ndarray]:
    """Futures in which the event comes at a decimal year, and where (n,) that can be said.

    What comes before the event stays. After LOOP, progress and loss of control keep the time they took from it, so it
    is known only where the loop closes by HORIZON; the economy's clocks start again from the moved dates. A pause or a
    loss of control that would have come before the set day begins to wait anew on it.
    """
    dates = dict(futures.dates)
    n = len(futures)
    placed = np.ones(n, dtype=bool)
    if event == "LOOP":
        placed = np.isfinite(dates["LOOP"])
        shift = np.where(placed, when - np.where(placed, dates["LOOP"], when), 0.0)
        for name in MOVES_WITH_LOOP:
            follows = dates[name] >= dates["LOOP"]
            dates[name] = np.where(follows, dates[name] + shift, dates[name])
    dates[event] = np.full(n, when)
    if event in ("LOOP", "SWX3"):
        by_loop = np.minimum(dates["SWX3"], dates["LOOP"] + SLOW_START_YEARS) + futures.values["L"]
        dates["ECON10"] = np.minimum(by_loop, futures.values["T_broad"])
        dates["ECON30"] = dates["ECON10"] + futures.values["L30"]
    for cause in COMPETING:
        early = dates[cause] < when
        if cause != event and early.any():
            start = dates["HALF"] if cause == "PAUSE" else dates["LOOP"]
            waited = np.maximum(dates[cause][early] - start[early], 0.0)
            dates[cause] = dates[cause].copy()
            dates[cause][early] = when + waited
    cut = {name: np.where(one <= HORIZON, one, np.inf) for name, one in dates.items()}
    return replace(futures, dates=cut), placed


def why_they_differ(one: Seen, other: Put) -> str:
    """One sentence for those who confuse the two."""
    if one.name == other.name:
        return (f"Seeing {one.text!r} also tells of everything that goes with it; setting {other.text!r} changes "
                f"{other.name} and what follows from it, and tells of nothing else.")  # fmt: skip
    return ("What is seen re-weights every belief that had something to say of it; what is set changes itself and what "
            "follows from it, and no belief.")  # fmt: skip
