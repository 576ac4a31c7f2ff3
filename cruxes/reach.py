"""Which arguments evidence has reached: what it moved, and what the forecast still takes from belief alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

import priors
from cruxes.blocks import NAMES, OWNER
from forecast import artefacts, likelihood
from forecast.functionals import happened_by
from forecast.rows import Blocks
from forecast.view import View
from priors import Elicited, Worldview
from priors.elicit import STEEPNESS, to_real, unconstrained

GRID = np.linspace(-9.0, 9.0, 3601)
"""Standard normals on which a belief is inverted."""


def reach(stated: View, updated: View, event: str, by: date) -> pd.DataFrame:
    """Per crux variable of one worldview: columns crux, name, variable, shift, contraction, prior_sensitivity.

    ``shift`` of the median, in former standard deviations, and ``contraction``, 1 less the ratio of standard
    deviations, both from stated to updated on the unconstrained scale (near 0 and 0: evidence has not reached it;
    below 0: it has become less certain). For a chance they are not numbers. ``prior_sensitivity``: by how much P(event
    by ``by``) of the updated view changes when the belief is given twice the weight (its density to the power alpha;
    the derivative by log2 alpha at 1).
    """
    worldview = updated.worldview
    happens = happened_by(updated, event, by).astype(float)
    beliefs, chances = worldview.elicited(), worldview.probabilities()
    found = []
    for name in priors.variables():
        if name in beliefs:
            before, after = (_real(beliefs[name], view, name) for view in (stated, updated))
            shift, contraction = _moved(before, stated.weights, after, updated.weights)
            sensitivity = _per_doubling(happens, log_density(beliefs[name], after), updated.weights)
        elif name in chances:
            shift = contraction = np.nan
            sensitivity = _per_doubling(happens, _log_chance(worldview, updated, name), updated.weights)
        else:
            continue
        found.append((OWNER[name], NAMES[OWNER[name]], name, shift, contraction, sensitivity))
    return pd.DataFrame(found, columns=["crux", "name", "variable", "shift", "contraction", "prior_sensitivity"])


def likelihood_sensitivity(
    updated: View, seen: Blocks, event: str, by: date, *, future: Mapping[str, np.ndarray] | None = None
) -> pd.DataFrame:
    """Per kind of rows: by how much P(event by ``by``) changes when these rows are given twice the weight.

    ``seen`` are the rows that the view was fitted to (`artefacts.Kept.blocks`); ``future`` the logarithms (n,) of what
    rows say of what acts only after today (`forecast.future.evidence.by_kind` of ``updated.futures.values``). Columns
    kind, rows, sensitivity.
    """
    happens = happened_by(updated, event, by).astype(float)
    draws = artefacts.once(updated.eta)
    repeats = len(updated.eta) // len(draws)
    by_row = likelihood.by_row_of_values(draws, updated.worldview.as_of_year, seen)
    found: list[tuple[str, float, float]] = []
    for kind, rows in by_row.items():
        log_likelihood = np.repeat((rows * seen[kind].weight).sum(axis=-1), repeats)
        if counted := len(seen[kind].counted):
            found.append((kind, counted, _per_doubling(happens, log_likelihood, updated.weights)))
    for kind, log_weight in (future or {}).items():
        found.append((kind, np.nan, _per_doubling(happens, log_weight, updated.weights)))
    return pd.DataFrame(found, columns=["kind", "rows", "sensitivity"])


def log_density(belief: Elicited, eta: np.ndarray) -> np.ndarray:
    """ln of the density (n,) of a belief at unconstrained values, up to a constant; where a date never comes, its mean
    over the rest, so that it has no say."""
    known = np.isfinite(eta)
    z = np.interp(eta[known], unconstrained(belief, GRID), GRID)
    rise = 1.0 / (1.0 + np.exp(-STEEPNESS * (z - belief.z0)))
    found = np.zeros(len(eta))
    found[known] = -0.5 * z**2 - np.log(belief.scale + belief.jump * STEEPNESS * rise * (1.0 - rise))
    found[~known] = found[known].mean() if known.any() else 0.0
    return found


def _real(belief: Elicited, view: View, name: str) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(to_real(belief.link, view.futures.values[name], origin=belief.origin))


def _log_chance(worldview: Worldview, view: View, name: str) -> np.ndarray:
    """ln of the chance of what was drawn."""
    values = view.futures.values
    drawn = {"psi": "psi", "A": "kept", "J": "jump"}
    hit = np.isinf(values["T_par"]) if name == "pi_never" else values[drawn[name]] > 0
    chance = worldview.probabilities()[name]
    return np.log(np.clip(np.where(hit, chance, 1.0 - chance), 1e-300, 1.0))


def _moved(
    before: np.ndarray, before_weights: np.ndarray, after: np.ndarray, after_weights: np.ndarray
) -> tuple[float, float]:
    (middle, sd), (new_middle, new_sd) = (_spread(before, before_weights), _spread(after, after_weights))
    return (new_middle - middle) / sd, 1.0 - new_sd / sd


def _spread(value: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Median and standard deviation of what is finite."""
    known = np.isfinite(value)
    x, w = value[known], weights[known] / weights[known].sum()
    order = np.argsort(x, kind="stable")
    middle = float(x[order][min(int(np.searchsorted(np.cumsum(w[order]), 0.5)), len(x) - 1)])
    return middle, float(np.sqrt(w @ (x - w @ x) ** 2))


def _per_doubling(happens: np.ndarray, log_density: np.ndarray, weights: np.ndarray) -> float:
    """dP / dlog2(alpha) at alpha = 1, where a factor of the posterior has the power alpha: ln 2 times a covariance."""
    away = log_density - weights @ log_density
    return float(np.log(2.0) * (weights @ (happens * away)))
