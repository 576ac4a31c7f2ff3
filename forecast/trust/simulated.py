"""Ledgers that the model says might have been: true values drawn from a prior, rows simulated from them.

A row that no chance produced in the model stays as it was read (KEPT), and so do the scores of a benchmark that were
public before: true values are drawn given the former, new scores given the latter. Dates, errors, limits and editions
of all rows stay. The rows are then draws from exactly what `forecast.likelihood` gives the density of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from forecast import likelihood, parameters, sampling
from forecast.namespaces import NumPy
from forecast.observations import Block, Readings, benchmark, last_month, speed
from forecast.observations.base import DEGREES_OF_FREEDOM, log_normal_density
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks

KEPT = ("pace", "absence")
"""Kinds that stay as they are: a statement "at most" and "not yet" have no reading that might have been another."""

BATCH = 64
MOST_CANDIDATES = 1_000_000

type Natural = Mapping[str, float]


def truths(prior: Prior, blocks: Blocks, *, n: int, rng: np.random.Generator) -> np.ndarray:
    """Standard normals (n, len(VECTOR)) of the prior given the rows that stay, exactly: by rejection.

    Raises ValueError where those rows are all but impossible under the prior.
    """
    kept = {name: blocks[name] for name in KEPT}
    most = _most(blocks)
    found: list[np.ndarray] = []
    for _ in range(MOST_CANDIDATES // BATCH):
        z = rng.standard_normal((BATCH, len(VECTOR)))
        accepted = np.log(rng.random(BATCH)) < likelihood.total(z, prior, kept) - most
        found.append(z[accepted])
        if sum(map(len, found)) >= n:
            return np.concatenate(found)[:n]
    raise ValueError(f"fewer than {n} of {MOST_CANDIDATES} draws of the prior agree with the rows that stay")


def _most(blocks: Blocks) -> float:
    """The largest log likelihood that the rows of KEPT can have: densities at their mode, probabilities of 1."""
    pace = blocks["pace"]
    at_mode = float(log_normal_density(0.0, speed.PACE_SE, NumPy))
    return float(np.sum(pace.weight * np.where(pace.columns["at_most"] > 0, 0.0, at_mode))) if pace.ids else 0.0


def ledger(z: np.ndarray, prior: Prior, blocks: Blocks, *, rng: np.random.Generator) -> Blocks:
    """The same rows on the same dates, as they might read were z (len(VECTOR),) true."""
    eta = sampling.values_of(z[None], prior)
    q = parameters.natural(parameters.by_name(eta), NumPy)
    grid = likelihood.past(q, prior.t_asof, last_month(blocks))
    slope = q["b"] * (q["g_s"] + q["g_c"])
    one = {name: float(value[0, 0]) for name, value in q.items()}
    found = dict(blocks)
    for name, simulate in SIMULATORS.items():
        if blocks[name].ids:
            seen = Readings(*(column[0] for column in likelihood.at_rows(grid, blocks[name], slope)))
            found[name] = replace(blocks[name], columns=simulate(seen, one, blocks[name], rng))
    return found


def _horizon(seen: Readings, q: Natural, rows: Block, rng: np.random.Generator) -> dict[str, Any]:
    """A censored row is one whose draw lies above its limit; where it does not, the draw itself is seen.

    A partner stays: only the ratio to it is read.
    """
    d = dict(rows.columns)
    partnered = d["has_partner"] > 0
    level = seen.ln_h + q["horizon_vintage_shift"] * d["other_vintage"] - q["horizon_p80_ratio"] * d["p80"]
    middle = np.where(partnered, d["partner"] - q["horizon_p80_ratio"], level)
    variance = q["horizon_p80_scatter"] ** 2 * d["p80"] + np.where(
        partnered, 0.0, q["horizon_scatter"] ** 2 + q["walk_sd"] ** 2 * d["years_before"]
    )
    limited = d["censored"] > 0
    high_se = np.where(limited, d["se_low"], d["se_high"])
    low = np.sqrt(variance + np.where(partnered, 0.0, d["se_low"] ** 2))
    high = np.sqrt(variance + np.where(partnered, 0.0, high_se**2))
    size = np.abs(rng.standard_t(DEGREES_OF_FREEDOM, size=len(middle)))
    # published too low by the half-width above, or too high by the one below
    under = rng.random(len(middle)) < high / (low + high)
    y = middle + np.where(under, -high, low) * size
    above = limited & (y > d["y"])
    return d | {"y": np.where(above, d["y"], y), "se_high": high_se, "censored": above.astype(float)}


def _share(seen: Readings, q: Natural, rows: Block, rng: np.random.Generator) -> dict[str, Any]:
    """First the months that can be read, in their order; then those under the floor, from the first that can."""
    d, previous = dict(rows.columns), rows.previous
    k = np.clip(seen.k, 1e-12, 1.0 - 1e-9)
    at3 = d["level"] == 0
    slope = np.where(at3, q["share_slope_al3"], q["share_slope_al4"])
    shift = q["share_shift"] + np.where(at3, q["share_shift_al3"], q["share_shift_al4"])
    middle = slope * (np.log(k / (1.0 - k)) + q["gap"] - shift)
    y, floored = np.full(len(k), np.nan), d["floored"].copy()
    for i in sorted(range(len(k)), key=lambda i: (d["floored"][i], i)):
        before = 0.0 if previous[i] == i else y[previous[i]] - middle[previous[i]]
        new = np.hypot(q["share_error"] * np.sqrt(1.0 - d["kept"][i] ** 2), d["se"][i])
        y[i] = middle[i] + d["kept"][i] * before + new * rng.standard_normal()
        if d["floored"][i]:
            floored[i] = float(y[i] <= d["y"][i])
            y[i] = max(y[i], d["y"][i])
    return d | {"y": y, "floored": floored, "y_previous": y[previous]}


def _benchmark(seen: Readings, q: Natural, rows: Block, rng: np.random.Generator) -> dict[str, Any]:
    """Of each benchmark a level and a slope as its old scores leave them, then its new scores along that line."""
    d = dict(rows.columns)
    y, h = d["y"].copy(), np.broadcast_to(seen.ln_h, d["y"].shape)
    variance = q["benchmark_scatter"] ** 2 + d["se"] ** 2
    for group in np.unique(d["group"]):
        old = (d["group"] == group) & (d["context"] > 0)
        new = (d["group"] == group) & (d["context"] == 0)
        by = np.column_stack([np.ones(old.sum()), h[old]])
        precision = np.diag([benchmark.LEVEL_SD**-2.0, benchmark.SLOPE_SD**-2.0]) + by.T @ (by / variance[old, None])
        pull = np.array([0.0, benchmark.SLOPE_MEAN / benchmark.SLOPE_SD**2]) + by.T @ (y[old] / variance[old])
        factor = np.linalg.cholesky(precision)
        level, slope = np.linalg.solve(precision, pull) + np.linalg.solve(factor.T, rng.standard_normal(2))
        y[new] = level + slope * h[new] + np.sqrt(variance[new]) * rng.standard_normal(new.sum())
    return d | {"y": y}


def _around(
    middle: Callable[[Readings, Natural, Mapping[str, Any]], Any], scatter: str | None = None
) -> Callable[[Readings, Natural, Block, np.random.Generator], dict[str, Any]]:
    """Independent normal readings around ``middle``, with the error of each row and the parameter ``scatter``."""

    def simulate(seen: Readings, q: Natural, rows: Block, rng: np.random.Generator) -> dict[str, Any]:
        d = dict(rows.columns)
        sd = np.hypot(d["se"], q[scatter] if scatter else 0.0)
        return d | {"y": middle(seen, q, d) + sd * rng.standard_normal(len(rows.ids))}

    return simulate


def _uplift(seen: Readings, q: Natural, d: Mapping[str, Any]) -> Any:
    bias = np.where(d["self_report"] > 0, q["uplift_bias_self_report"], q["uplift_bias_rct"])
    return bias - np.log(np.maximum(1.0 - seen.f, 1e-6))


SIMULATORS: Mapping[str, Callable[[Readings, Natural, Block, np.random.Generator], dict[str, Any]]] = {
    "horizon": _horizon,
    "share": _share,
    "benchmark": _benchmark,
    "uplift": _around(_uplift, "uplift_scatter"),
    "returns": _around(lambda seen, q, d: np.log(q["r"] * (1.0 - q["phi0"])) + q["returns_bias"] * d["elasticity"]),
    "compute_growth": _around(lambda seen, q, d: q["g_c"]),
    "software_pace": _around(lambda seen, q, d: np.log(np.maximum(seen.rate, 1e-3))),
}
"""Per kind that is simulated: (readings at its rows, true natural values, rows, rng) -> the kind's columns."""
