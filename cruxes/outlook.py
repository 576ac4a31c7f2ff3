"""What a view says of the process on days to come: its states between new years, and what recent rows leave behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from forecast import artefacts, parameters, predictive
from forecast.mechanism import LN2
from forecast.namespaces import NumPy
from forecast.observations import Readings
from forecast.predictive import AtRows
from forecast.rows import Blocks
from forecast.run import Evidence
from forecast.simulation import SNAPSHOT_YEARS
from forecast.view import View

LEAST_GROWTH = 1e-3
"""Nats of horizon a year below which its logarithm is not taken."""


@dataclass(frozen=True)
class Outlook:
    """A view with the rows that the next ones will be read beside. ``other_edition``: METR's suite has changed since
    the as-of date, so that new horizons carry the shift between editions."""

    view: View
    evidence: Evidence
    known: Blocks
    other_edition: bool

    @cached_property
    def q(self) -> Mapping[str, np.ndarray]:
        """Parameters in the mechanism's own form, (n, 1) each."""
        return parameters.natural(parameters.by_name(self.view.eta), NumPy)

    @cached_property
    def past(self) -> Mapping[str, AtRows]:
        """The process at the known rows of shares and benchmarks, for the distinct draws (`artefacts.once`)."""
        blocks = {kind: self.known[kind] for kind in ("share", "benchmark")}
        eta = artefacts.once(self.view.eta)
        return {at.kind: at for at in predictive.at_rows(eta, self.view.worldview.as_of_year, blocks)}

    def each(self, column: np.ndarray) -> np.ndarray:
        """A column of the distinct draws, for all of them."""
        return np.repeat(column, len(self.view.eta) // len(column), axis=0)


def of_view(view: View, evidence: Evidence) -> Outlook:
    """The outlook of a view on the day that it speaks of."""
    as_of = view.worldview.as_of
    new = evidence.new(as_of, view.day) if view.day > as_of else {}
    shifted = bool(new) and bool(np.any(new["horizon"].columns["other_vintage"] > 0))
    return Outlook(view, evidence, evidence.known(view.day), shifted)


def at(view: View, field: str, year: float) -> np.ndarray:
    """A kept field (n,) at a decimal year: linear between new years, shares in logits and rates in logarithms.

    Raises ValueError where the year lies outside of what is kept.
    """
    if not SNAPSHOT_YEARS[0] <= year <= SNAPSHOT_YEARS[-1]:
        raise ValueError(f"states are kept from {SNAPSHOT_YEARS[0]:.0f} to {SNAPSHOT_YEARS[-1]:.0f}, not for {year:g}")
    left = min(int(np.searchsorted(SNAPSHOT_YEARS, year, side="right")) - 1, len(SNAPSHOT_YEARS) - 2)
    share = float((year - SNAPSHOT_YEARS[left]) / (SNAPSHOT_YEARS[left + 1] - SNAPSHOT_YEARS[left]))
    first, second = (view.futures.snapshots[field][:, i].astype(float) for i in (left, left + 1))
    if field in ("k", "f"):
        first, second = (logit(np.clip(x, 1e-12, 1.0 - 1e-9)) for x in (first, second))
        return np.asarray(expit(first + share * (second - first)))
    if field in ("rate", "rate0"):
        first, second = (np.log(np.maximum(x, 1e-6)) for x in (first, second))
        return np.asarray(np.exp(first + share * (second - first)))
    return np.asarray(first + share * (second - first))


def readings(view: View, year: float) -> Readings:
    """What observation models read, (n, 1) each."""
    return Readings(*(at(view, field, year)[:, None] for field in ("rate", "rate0", "ln_h", "k", "f")))


def _logit(share: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(share, 1e-12, 1.0 - 1e-9)))


def pace_ratio(view: View, year: float) -> np.ndarray:
    """Overall pace over that without AI, compute included in both."""
    c = at(view, "compute_growth", year)
    return np.asarray((at(view, "rate", year) + c) / (at(view, "rate0", year) + c))


def _horizon_growth(view: View, year: float) -> np.ndarray:
    """Nats of horizon over the year that ends then."""
    return at(view, "ln_h", year) - at(view, "ln_h", year - 1.0)


def _horizon_growth_ratio(view: View, year: float) -> np.ndarray:
    """Growth over the year that ends then, over the yearly growth in 2024 and 2025."""
    before = 0.5 * (at(view, "ln_h", 2026.0) - at(view, "ln_h", 2024.0))
    return np.maximum(_horizon_growth(view, year), LEAST_GROWTH) / np.maximum(before, LEAST_GROWTH)


def _residual(view: View, year: float) -> np.ndarray:
    """Share of what AI could do that stays with people."""
    q = parameters.natural(parameters.by_name(view.eta), NumPy)
    since = LN2 * (year - view.worldview.as_of_year) / q["tau_rho"][:, 0]
    return np.asarray(expit(q["logit_rho0"][:, 0] - since))


STATES: Mapping[str, tuple[Callable[[View, float], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "f": (lambda view, year: at(view, "f", year), _logit),
    "k": (lambda view, year: at(view, "k", year), _logit),
    "residual": (_residual, _logit),
    "pace_ratio": (pace_ratio, np.log),
    "horizon_hours": (lambda view, year: np.exp(at(view, "ln_h", year)), np.log),
    "horizon_growth": (_horizon_growth, np.asarray),
    "horizon_growth_ratio": (_horizon_growth_ratio, np.log),
    "compute_growth": (lambda view, year: at(view, "compute_growth", year), np.asarray),
}
"""States by name: how a view is read, and the scale on which an error of observation is stated."""
