"""From a worldview and the ledger to its two views: what it stated, and what it says after the rows since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from forecast import likelihood, parameters, rows, sampling, simulation, tilt
from forecast.evidence.ledger import Ledger
from forecast.functionals import happened_by
from forecast.future import evidence
from forecast.parameters import CRUXES, Prior
from forecast.rows import Blocks
from forecast.simulation import Weigh
from forecast.view import Honoured, View
from priors import Worldview, decimal_year

STATED_DRAWS = 8000
CUT_DRAWS = 500
"""For each chain: a mean and a covariance are all that is taken from a cut."""

REPEATS = 2
"""Futures for each draw of a fit: what acts only after today is drawn anew."""


class NotYetStated(ValueError):
    """Asked for a worldview on a day before its as-of date."""


_cuts: dict[tuple[str, date, int], tuple[np.ndarray, np.ndarray]] = {}


def cut(ledger: Ledger, as_of: date, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What the rows public by ``as_of`` say of shared and measuring parameters, nobody's beliefs being moved.

    Fitted under the broad envelope of all beliefs; returns mean and Cholesky factor on the unconstrained scale, in the
    order of parameters.NUISANCE.
    """
    key = (ledger.sha256, as_of, seed)
    if key not in _cuts:
        blocks = rows.blocks(rows.known_by(ledger, as_of))
        posterior = sampling.fit(parameters.broad(decimal_year(as_of)), blocks, seed=seed, draws=CUT_DRAWS)
        nuisance = posterior.eta[:, len(CRUXES) :]
        _cuts[key] = nuisance.mean(axis=0), np.linalg.cholesky(np.cov(nuisance.T))
    return _cuts[key]


def prior_of(worldview: Worldview, ledger: Ledger, *, seed: int) -> Prior:
    """Beliefs at the as-of date, with the nuisance parameters as the rows until then leave them."""
    return parameters.with_nuisance(parameters.of_worldview(worldview), *cut(ledger, worldview.as_of, seed))


def _day(argument: object) -> date:
    """An argument of a target that the schema knows to be a date."""
    if not isinstance(argument, date):
        raise TypeError(f"expected a date, found {argument!r}")
    return argument


def indicators(worldview: Worldview, view: View) -> tuple[np.ndarray, list[tuple[str, str, float]]]:
    """Per draw, whether the event of each honoured number happens; (number, relation, value) of each."""
    asked = [t for t in worldview.targets if t.honour is not None]
    columns = [happened_by(view, str(t.arguments["event"]), _day(t.arguments["by"])) for t in asked]
    meta = [(t.number, str(t.honour.relation), float(t.honour.value)) for t in asked if t.honour is not None]
    n = len(view.weights)
    return (np.column_stack(columns).astype(float) if columns else np.zeros((n, 0))), meta


@dataclass(frozen=True, kw_only=True)
class Stated:
    """The stated view, with what an update needs: the prior it came from and the tilt, found once."""

    view: View
    prior: Prior
    tilt: tilt.Tilt


def state(worldview: Worldview, ledger: Ledger, *, seed: int, draws: int = STATED_DRAWS) -> Stated:
    """Draw the stated view and find the tilt that honours the person's explicit numbers."""
    return state_from(prior_of(worldview, ledger, seed=seed), worldview, seed=seed, draws=draws)


def state_from(prior: Prior, worldview: Worldview, *, seed: int, draws: int = STATED_DRAWS) -> Stated:
    """`state` from a prior that is known already."""
    eta = _not_yet_closed(prior, worldview, draws=draws, seed=seed)
    futures = simulation.simulate(eta, worldview, seed=seed)
    view = View(
        worldview=worldview, name="stated", day=worldview.as_of, eta=eta, weights=np.full(draws, 1.0 / draws),
        futures=futures, seed=seed,
    )  # fmt: skip
    happens, asked = indicators(worldview, view)
    if not asked:
        return Stated(view=view, prior=prior, tilt=tilt.Tilt(multipliers=np.zeros(0), bend=0.0))
    found, reached = tilt.honour(happens, [r for _, r, _ in asked], [v for _, _, v in asked])
    honoured = tuple(
        Honoured(number=number, relation=relation, asked=value, untilted=float(before), tilted=float(after))  # type: ignore[arg-type]
        for (number, relation, value), before, after in zip(asked, happens.mean(axis=0), reached, strict=True)
    )
    tilted = replace(view, weights=found.weights(happens), honoured=honoured, bend=found.bend)
    return Stated(view=tilted, prior=prior, tilt=found)


def _not_yet_closed(prior: Prior, worldview: Worldview, *, draws: int, seed: int) -> np.ndarray:
    """Draws of the beliefs in which the loop is not closed at the as-of date, as every author writes of it as to come.

    Accepted with the probability of `observations.absence`; that of a later date, in the update, includes it.
    """
    rng = np.random.default_rng([seed, 11])
    absence = rows.blocks(rows.not_yet(worldview.as_of))
    kept: list[np.ndarray] = []
    while sum(map(len, kept)) < draws:
        z = rng.standard_normal((draws, len(parameters.VECTOR)))
        kept.append(z[np.log(rng.random(draws)) < likelihood.total(z, prior, absence)])
    return sampling.values_of(np.concatenate(kept)[:draws], prior)


def stated(worldview: Worldview, ledger: Ledger, *, seed: int) -> View:
    """The stated view alone."""
    return state(worldview, ledger, seed=seed).view


def update(before: Stated, ledger: Ledger, day: date, *, seed: int, without: Collection[str] = ()) -> View:
    """The stated view times the likelihood of the rows public in (as-of date, ``day``]; kinds in ``without`` left out.

    With no such rows the stated view itself is returned, under the new name and date. The tilt stays as it was.
    Raises NotYetStated before the as-of date, NotConverged where the sampler's gate fails.
    """
    worldview = before.view.worldview
    if day < worldview.as_of:
        raise NotYetStated(f"{worldview.name} is as of {worldview.as_of}, after {day}: not yet stated")
    new = rows.new_between(ledger, worldview.as_of, day)
    blocks = rows.blocks(new, without=without)
    ids = tuple(i for b in blocks.values() for i in b.counted)
    later = evidence.row_ids(ledger, after=worldview.as_of, until=day, without=without)
    left_out = tuple(sorted(without))
    if day == worldview.as_of or not (ids or later):
        return replace(before.view, name="updated", day=day, without=left_out)
    weigh = weigher(ledger, worldview, day, without=without)
    if set(ids) <= set(blocks["absence"].ids):
        return _reweighted(before, blocks, weigh, day=day, without=left_out, row_ids=ids + later)
    posterior = sampling.fit(before.prior, blocks, seed=seed)
    return update_from(before, posterior, day=day, without=left_out, row_ids=ids + later, seed=seed, weigh=weigh)


def weigher(
    ledger: Ledger, worldview: Worldview, day: date, *, without: Collection[str] = (), leave_out: Collection[str] = ()
) -> Weigh:
    """What the rows public in (as-of date, ``day``] say of what acts only after today (`forecast.future`)."""
    return partial(
        evidence.log_weight, ledger=ledger, after=worldview.as_of, until=day, without=without, leave_out=leave_out
    )


def _reweighted(
    before: Stated, now: Blocks, weigh: Weigh, *, day: date, without: tuple[str, ...], row_ids: tuple[str, ...]
) -> View:
    """No new row needs the past anew: the stated draws, re-weighted exactly by another day without a loop and by rows
    about what acts only after today."""
    view, as_of = before.view, before.view.worldview.as_of
    then = rows.blocks(rows.not_yet(as_of))
    total = weigh(view.futures.values)
    if now["absence"].ids:
        for sign, block in ((1.0, now), (-1.0, then)):
            total = (
                total + sign * likelihood.by_row_of_values(view.eta, view.worldview.as_of_year, block)["absence"][:, 0]
            )
    weights = view.weights * np.exp(total - np.max(total))
    return replace(view, name="updated", day=day, without=without, weights=weights / weights.sum(), row_ids=row_ids)


def update_from(
    before: Stated,
    posterior: sampling.Posterior,
    *,
    day: date,
    without: tuple[str, ...],
    row_ids: tuple[str, ...] = (),
    seed: int,
    weigh: Weigh | None,
) -> View:
    """The updated view that a posterior leads to; the tilt of the stated view stays in place, unchanged.

    ``weigh``: see `weigher`.
    """
    worldview = before.view.worldview
    eta = np.repeat(posterior.eta, REPEATS, axis=0)
    n = len(eta)
    view = View(
        worldview=worldview, name="updated", day=day, without=without, eta=eta, weights=np.full(n, 1.0 / n),
        futures=simulation.simulate(eta, worldview, seed=seed, weigh=weigh), honoured=before.view.honoured,
        bend=before.view.bend, row_ids=row_ids, seed=seed, diagnostics=posterior.diagnostics,
    )  # fmt: skip
    happens, asked = indicators(worldview, view)
    return replace(view, weights=before.tilt.weights(happens)) if asked else view
