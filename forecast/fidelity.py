"""Is a view faithful to the person? Each fidelity target of its worldview, asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from forecast import functionals
from forecast.functionals import OutOfReach
from forecast.view import View
from priors import Target

type Verdict = Literal["met", "missed", "not expressible"]

COLUMNS = (
    "number", "says", "kind", "functional", "value", "mcse", "low", "high", "asked", "untilted", "verdict", "needs"
)  # fmt: skip
RESAMPLES = 100
HONOURED_WITHIN = 0.01
"""How near a number to be met exactly has to be met."""

LARGEST_BEND = 0.3
"""Nats of tilt above which the priors are wrong, not the person."""

_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Counts of targets. ``explicit`` are numbers of the person's own; ``other`` are those read into their words."""

    explicit: int
    explicit_met: int
    other: int
    other_met: int
    not_expressible: int

    @property
    def expressible(self) -> int:
        return self.explicit + self.other

    @property
    def met(self) -> int:
        return self.explicit_met + self.other_met

    @property
    def other_share_met(self) -> float:
        """Share of the expressible targets without a number of the person's own that are met; nan where none is."""
        return self.other_met / self.other if self.other else float("nan")


def check(view: View) -> pd.DataFrame:
    """One row per target, in the order of the file.

    ``mcse`` is the Monte Carlo standard error of ``value``, the tilt held as it is. ``asked`` and ``untilted`` (under
    equal weights) are there where the tilt honours the target. A value that is not a number is a miss. ``needs`` says
    what a target that is not expressible would take.
    """
    rows = []
    if view.worldview.targets:
        resampled = _resampled_weights(view)
        rows = [_row(target, view, resampled) for target in view.worldview.targets]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summary(table: pd.DataFrame) -> Summary:
    expressible = table["verdict"] != "not expressible"
    met, explicit = table["verdict"] == "met", table["kind"] == "explicit"
    return Summary(
        explicit=int((expressible & explicit).sum()),
        explicit_met=int((met & explicit).sum()),
        other=int((expressible & ~explicit).sum()),
        other_met=int((met & ~explicit).sum()),
        not_expressible=int((~expressible).sum()),
    )


def _row(target: Target, view: View, resampled: np.ndarray) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(("value", "mcse", "low", "high", "asked", "untilted"), float("nan"))
    row |= {"number": target.number, "says": target.says, "kind": str(target.kind), "needs": ""}
    row |= {"functional": target.functional or "", "verdict": "not expressible"}
    if target.functional is None or target.accept is None:
        return row | {"needs": target.not_expressible}
    row["low"], row["high"] = target.accept
    try:
        row["value"] = functionals.evaluate(target.functional, target.arguments, view)
    except OutOfReach as beyond:
        return row | {"needs": str(beyond)}
    row["mcse"] = _standard_error(target.functional, target.arguments, view, row["value"], resampled)
    if target.honour is not None:
        row["asked"] = target.honour.value
        level = replace(view, weights=np.full_like(view.weights, 1.0 / len(view.weights)))
        row["untilted"] = functionals.evaluate(target.functional, target.arguments, level)
    return row | {"verdict": _verdict(target, row["value"])}


def _verdict(target: Target, value: float) -> Verdict:
    low, high = target.accept or (np.inf, -np.inf)
    met = low - _ROUNDING <= value <= high + _ROUNDING
    if target.honour is not None and target.honour.relation == "equal":
        met = met and abs(value - target.honour.value) <= HONOURED_WITHIN
    return "met" if met else "missed"


def _resampled_weights(view: View) -> np.ndarray:
    """Weights (RESAMPLES, n) of bootstrap resamples of the draws; the same ones each time for the same view."""
    n = len(view.weights)
    rng = np.random.default_rng([view.seed, RESAMPLES, n])
    weights = rng.multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES) * view.weights
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _standard_error(name: str, arguments: Mapping[str, Any], view: View, value: float, resampled: np.ndarray) -> float:
    """Bootstrap standard error; nan where the value, or that of a resample, is not finite."""
    if not np.isfinite(value):
        return float("nan")
    again = np.array([functionals.evaluate(name, arguments, replace(view, weights=weights)) for weights in resampled])
    if not np.isfinite(again).all():
        return float("nan")
    return float(again.std(ddof=1)) if np.ptp(again) > 0.0 else 0.0
