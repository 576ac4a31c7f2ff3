"""How differently a person's words could fairly have been turned into numbers, and how far that moves the dates.

Other fair encodings (`priors.encodings`) keep every number that is the person's own and jitter ours. Each is stated as the
worldview itself is, and updated on the same rows: by re-weighting the draws of the published update with the ratio of the
beliefs, which is exact but for Monte Carlo error, where that passes the gate of `forecast.posteriors`; else by a refit.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from cruxes.reach import GRID
from forecast import artefacts, parameters, posteriors, sampling, simulation, views
from forecast.artefacts import Kept
from forecast.functionals import happened_by
from forecast.parameters import CRUXES, Prior
from forecast.run import Evidence, stated_of
from forecast.simulation import HORIZON
from forecast.view import View
from forecast.views import Stated
from priors import Worldview, encodings
from priors.elicit import STEEPNESS

OTHERS = 12
DRAWS = 2000
"""Of each stated view: its error is small beside the spread between encodings."""


def dates(
    stated: Kept, updated: Kept, evidence: Evidence, *, events: tuple[str, ...], by: date, seed: int, others: int = OTHERS,
    refit: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """P(event by ``by``) and P(never) under the published encoding (number 0) and ``others`` more.

    Columns worldview, encoding, view, how, event, by, never, middle (median date if ever, nan where never seen). An
    encoding whose refit does not converge, or that cannot keep the person's own numbers, has ``how`` "failed" and no
    numbers; one that would need a refit has no updated row where ``refit`` is False.
    """
    rows = []
    base = stated_of(stated)
    for number, worldview in enumerate(encodings.plausible(updated.view.worldview, others, seed)):
        if number == 0:
            found = [(base.view, "published"), (updated.view, "published")]
        else:
            prior = _prior(base.prior, worldview)
            try:
                own = views.state_from(prior, worldview, seed=seed, draws=DRAWS)
                after = _update(own, base.prior, updated, evidence, seed=seed, refit=refit)
                found = [(own.view, "drawn"), *([after] if after is not None else [])]
            except (ArithmeticError, RuntimeError):  # NotConverged, NoTilt
                rows += [(worldview.name, number, view, "failed", event, np.nan, np.nan, np.nan)
                         for view in ("stated", "updated") for event in events]  # fmt: skip
                continue
        rows += [(worldview.name, number, view.name, how, event, *_answers(view, event, by))
                 for view, how in found for event in events]  # fmt: skip
    return pd.DataFrame(rows, columns=["worldview", "encoding", "view", "how", "event", "by", "never", "middle"])


def _prior(base: Prior, worldview: Worldview) -> Prior:
    """Beliefs of another encoding, with the nuisance parameters where the rows before the as-of date leave them."""
    first = len(CRUXES)
    own = parameters.of_worldview(worldview)
    loc, scale, mixing = own.loc.copy(), own.scale.copy(), own.mixing.copy()
    loc[first:], scale[first:], mixing[first:, first:] = (
        base.loc[first:],
        base.scale[first:],
        base.mixing[first:, first:],
    )
    return replace(own, loc=loc, scale=scale, mixing=mixing)


def _update(
    own: Stated, base: Prior, updated: Kept, evidence: Evidence, *, seed: int, refit: bool
) -> tuple[View, str] | None:
    """The updated view of another encoding, and how it was come by; None where only a refit could tell, and may not."""
    worldview, day = own.view.worldview, updated.view.day
    eta = artefacts.once(updated.view.eta)
    weight, shape = posteriors.smoothed(log_beliefs(own.prior, eta) - log_beliefs(base, eta))
    weigh = views.weigher(evidence.ledger, worldview, day)
    if not posteriors.passes(weight, shape):
        if not refit:
            return None
        posterior = sampling.fit(own.prior, updated.blocks, seed=seed)
        return views.update_from(own, posterior, day=day, without=(), seed=seed, weigh=weigh), "refitted"
    futures = simulation.simulate(eta, worldview, seed=seed, weigh=weigh)
    view = replace(updated.view, worldview=worldview, eta=eta, weights=weight, futures=futures)
    happens, asked = views.indicators(worldview, view)
    if asked:
        tilted = weight * own.tilt.weights(happens)
        view = replace(view, weights=tilted / tilted.sum())
    return view, "reweighted"


def log_beliefs(prior: Prior, eta: np.ndarray) -> np.ndarray:
    """ln density (n,) of the crux variables of a prior at unconstrained values (n, len(VECTOR)), up to a constant.

    eta = loc + scale z + jump S(8 (z - z0)) is inverted variable by variable; the z are jointly normal.
    """
    first = len(CRUXES)
    z, log_slope = np.empty((len(eta), first)), np.zeros(len(eta))
    for i in range(first):
        rise = 1.0 / (1.0 + np.exp(-STEEPNESS * (GRID - prior.z0[i])))
        curve = prior.loc[i] + prior.scale[i] * GRID + prior.jump[i] * rise
        z[:, i] = np.interp(eta[:, i], curve, GRID)
        at = 1.0 / (1.0 + np.exp(-STEEPNESS * (z[:, i] - prior.z0[i])))
        log_slope += np.log(prior.scale[i] + prior.jump[i] * STEEPNESS * at * (1.0 - at))
    independent = np.linalg.solve(prior.mixing[:first, :first], z.T)
    return np.asarray(-0.5 * np.square(independent).sum(axis=0) - log_slope)


def _answers(view: View, event: str, by: date) -> tuple[float, float, float]:
    seen = view.futures.observed(event)
    ever = seen <= HORIZON
    stopped = np.any([view.futures.stopped_by(event, c) for c in simulation.COMPETING if c != event], axis=0)
    return (
        view.probability(happened_by(view, event, by)), view.probability(~ever & ~stopped),
        view.quantile(seen, 0.5, ever),
    )  # fmt: skip
