"""One worldview seen one way on one day: weighted draws with the futures they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np

from forecast.simulation import Futures
from priors import Worldview

type Name = Literal["stated", "updated"]


@dataclass(frozen=True, kw_only=True)
class Honoured:
    """An explicit number that the tilt keeps: its probability before, as asked, and after."""

    number: str
    relation: Literal["equal", "at_least"]
    asked: float
    untilted: float
    tilted: float


@dataclass(frozen=True, kw_only=True)
class View:
    """``stated``: beliefs at the as-of date, with what earlier rows say of shared and measuring parameters (a cut).
    ``updated``: that times the likelihood of the rows public in (as-of date, day].

    ``eta`` (n, len(parameters.VECTOR)) are unconstrained values, ``weights`` (n,) the tilt's, summing to 1; where no
    explicit number is honoured they are equal. ``without`` names the kinds of rows left out. ``diagnostics`` has the
    sampler's r_hat, ess and divergences where a sampler ran. ``bend`` is the KL divergence of the tilt in nats.
    """

    worldview: Worldview
    name: Name
    day: date
    without: tuple[str, ...] = ()
    eta: np.ndarray
    weights: np.ndarray
    futures: Futures
    honoured: tuple[Honoured, ...] = ()
    bend: float = 0.0
    row_ids: tuple[str, ...] = ()
    seed: int
    diagnostics: Mapping[str, float] = field(default_factory=dict)

    @property
    def effective_draws(self) -> float:
        """Effective sample size of the weights."""
        return float(1.0 / np.sum(self.weights**2))

    def probability(self, happened: np.ndarray) -> float:
        """Weighted share of draws for which a condition (n,) holds."""
        return float(self.weights @ happened)

    def given(self, happened: np.ndarray, condition: np.ndarray) -> float:
        """The same among draws that meet a condition; not a number where none does."""
        mass = self.probability(condition)
        return self.probability(happened & condition) / mass if mass > 0 else float("nan")

    def quantile(self, value: np.ndarray, level: float, where: np.ndarray | None = None) -> float:
        """Weighted quantile of a value (n,) (inf allowed), among draws ``where`` a condition holds."""
        chosen = np.ones(len(self.weights), dtype=bool) if where is None else where
        if not chosen.any() or self.weights[chosen].sum() <= 0:
            return float("nan")
        order = np.argsort(value[chosen], kind="stable")
        weight = self.weights[chosen][order]
        place = np.searchsorted(np.cumsum(weight) / weight.sum(), level).clip(0, len(order) - 1)
        return float(value[chosen][order][place])
