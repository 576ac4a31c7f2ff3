"""What a view says that rows would read: replicated readings, and how surprising the actual ones are.

Each kind's law is its observation model (`forecast.observations`) solved for the reading: a location and a scale on
either side of it. `absence` predicts no reading and has no law.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp, ndtr, stdtr

from forecast import likelihood, parameters
from forecast.namespaces import NumPy
from forecast.observations import KINDS, Block, Readings, benchmark, last_month
from forecast.observations.base import DEGREES_OF_FREEDOM
from forecast.observations.speed import PACE_SE
from forecast.rows import Blocks
from forecast.view import View


@dataclass(frozen=True, kw_only=True)
class Law:
    """A normal, or a Student-t with DEGREES_OF_FREEDOM, in two pieces that meet at the location; arrays (n, rows)."""

    location: np.ndarray
    below: np.ndarray
    above: np.ndarray
    student: bool = False


type Columns = Mapping[str, Any]


def _horizon(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    """The published half-width belongs to the truth: the reading lies *under* it by the upper one, and conversely."""
    own, alone = 1.0 - d["has_partner"], d["p80"] * (1.0 - d["has_partner"])
    level = seen.ln_h + q["horizon_vintage_shift"] * d["other_vintage"] - alone * q["horizon_p80_ratio"]
    walk = q["walk_sd"] ** 2 * d["years_before"]
    variance = own * (q["horizon_scatter"] ** 2 + walk) + d["p80"] * q["horizon_p80_scatter"] ** 2
    return Law(
        location=np.where(d["has_partner"] > 0, d["partner"] - q["horizon_p80_ratio"], level),
        below=np.sqrt(variance + own * np.square(d["se_high"])),
        above=np.sqrt(variance + own * np.square(d["se_low"])),
        student=True,
    )


def _share(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    at4 = d["level"]
    shift = q["share_shift"] + q["share_shift_al3"] * (1.0 - at4) + q["share_shift_al4"] * at4
    slope = q["share_slope_al3"] * (1.0 - at4) + q["share_slope_al4"] * at4

    def mean(readings: Readings) -> np.ndarray:
        k = np.clip(readings.k, 1e-12, 1.0 - 1e-9)
        return np.asarray(slope * (np.log(k) - np.log1p(-k) + q["gap"] - shift))

    sd = np.sqrt(q["share_error"] ** 2 * (1.0 - np.square(d["kept"])) + np.square(d["se"]))
    return _normal(mean(seen) + d["kept"] * (d["y_previous"] - mean(previous)), sd)


def _benchmark(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    """Given the scores before it in the block, those that are only context first (as `benchmark.joint`)."""
    h, scatter = np.broadcast_arrays(seen.ln_h, q["benchmark_scatter"])
    location, variance = np.empty(h.shape), np.empty(h.shape)
    for group in np.unique(d["group"]):
        own = np.flatnonzero(d["group"] == group)
        n = h.shape[:-1]
        a11, a12, a22 = np.full(n, benchmark.LEVEL_SD**-2.0), np.zeros(n), np.full(n, benchmark.SLOPE_SD**-2.0)
        b1, b2 = np.zeros(n), np.full(n, benchmark.SLOPE_MEAN / benchmark.SLOPE_SD**2)
        for i in own[np.argsort(d["context"][own] == 0, kind="stable")]:
            x, error = h[..., i], scatter[..., i] ** 2 + d["se"][i] ** 2
            determinant = a11 * a22 - a12 * a12
            level, slope = (a22 * b1 - a12 * b2) / determinant, (a11 * b2 - a12 * b1) / determinant
            location[..., i] = level + slope * x
            variance[..., i] = error + (a22 - 2.0 * a12 * x + a11 * x * x) / determinant
            a11, a12, a22 = a11 + 1.0 / error, a12 + x / error, a22 + x * x / error
            b1, b2 = b1 + d["y"][i] / error, b2 + d["y"][i] * x / error
    return _normal(location, np.sqrt(variance))


def _uplift(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    bias = q["uplift_bias_self_report"] * d["self_report"] + q["uplift_bias_rct"] * (1.0 - d["self_report"])
    sd = np.sqrt(q["uplift_scatter"] ** 2 + np.square(d["se"]))
    return _normal(bias - np.log(np.maximum(1.0 - seen.f, 1e-6)), sd)


def _pace(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    return _normal(np.log((seen.rate + q["g_c"]) / (seen.rate0 + q["g_c"])), np.asarray(PACE_SE))


def _returns(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    return _normal(np.log(q["r"] * (1.0 - q["phi0"])) + q["returns_bias"] * d["elasticity"], d["se"])


def _compute_growth(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    return _normal(q["g_c"], d["se"])


def _software_pace(seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    return _normal(np.log(np.maximum(seen.rate, 1e-3)), d["se"])


def _normal(location: Any, sd: Any) -> Law:
    return Law(location=location, below=sd, above=sd)


LAWS: Mapping[str, Callable[[Readings, Readings, Columns, Columns], Law]] = {
    "horizon": _horizon,
    "share": _share,
    "benchmark": _benchmark,
    "uplift": _uplift,
    "pace": _pace,
    "returns": _returns,
    "compute_growth": _compute_growth,
    "software_pace": _software_pace,
}
"""Kinds of rows that have something to predict."""

CENSORED_BY = {"horizon": "censored", "share": "floored", "pace": "at_most"}
"""Column that is 1 where of a row only the side of its bound is known."""


def law(kind: str, seen: Readings, previous: Readings, q: Columns, d: Columns) -> Law:
    """The law of the readings ``y`` of rows with columns ``d``, given the process; broadcast to (n, rows).

    A row's own ``d["y"]`` is not read; an autoregressive kind reads ``d["y_previous"]``, which may be (rows,) or
    (n, rows), and a benchmark the ``y`` of the rows before.
    """
    found = LAWS[kind](seen, previous, q, d)
    location, below, above, _ = np.broadcast_arrays(found.location, found.below, found.above, seen.k)
    return Law(location=location, below=below, above=above, student=found.student)


def draw(kind: str, seen: Readings, previous: Readings, q: Columns, d: Columns, rng: np.random.Generator) -> np.ndarray:
    """Replicated readings (n, rows), on the scale of the block's ``y`` and not cut at any bound."""
    return draw_from(law(kind, seen, previous, q, d), rng)


def draw_from(found: Law, rng: np.random.Generator) -> np.ndarray:
    """One reading for every location."""
    size = found.location.shape
    noise = np.abs(rng.standard_t(DEGREES_OF_FREEDOM, size) if found.student else rng.standard_normal(size))
    under = rng.random(size) * (found.below + found.above) < found.below
    return np.asarray(found.location + noise * np.where(under, -found.below, found.above))


def probability_below(found: Law, y: Any) -> np.ndarray:
    """P(reading < y), (n, rows)."""
    away = y - found.location
    under = away < 0
    z = -np.abs(away) / np.where(under, found.below, found.above)
    tail = stdtr(DEGREES_OF_FREEDOM, z) if found.student else ndtr(z)
    tail = 2.0 * tail * np.where(under, found.below, found.above) / (found.below + found.above)
    return np.where(under, tail, 1.0 - tail)


def on_reading_scale(kind: str, y: Any) -> np.ndarray:
    """Readings ``y`` on the scale on which errors are compared: shares and scores between floor and ceiling
    as such, all else as it is (logarithms)."""
    return np.asarray(expit(y) if kind in ("share", "benchmark") else y)


def censored(kind: str, d: Columns) -> np.ndarray:
    """(rows,): whether of a row only the side of its bound is known."""
    column = CENSORED_BY.get(kind)
    return np.asarray(d[column] > 0) if column else np.zeros(len(d["y"]), dtype=bool)


@dataclass(frozen=True, kw_only=True)
class AtRows:
    """One kind's rows with the process there: readings (n, rows) at each row and at the row before it."""

    kind: str
    rows: Block
    seen: Readings
    previous: Readings
    q: Columns


def at_rows(eta: np.ndarray, t_asof: float, blocks: Blocks) -> Iterator[AtRows]:
    """The past of draws ``eta`` (n, len(VECTOR)) at the rows of every kind that has any."""
    q = parameters.natural(parameters.by_name(eta), NumPy)
    grid = likelihood.past(q, t_asof, last_month(blocks))
    slope = q["b"] * (q["g_s"] + q["g_c"])
    for kind, rows in blocks.items():
        if rows.ids:
            seen = likelihood.at_rows(grid, rows, slope)
            previous = Readings(*(column[..., rows.previous] for column in seen))
            yield AtRows(kind=kind, rows=rows, seen=seen, previous=previous, q=q)


def replicates(eta: np.ndarray, t_asof: float, blocks: Blocks, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Replicated readings of every row, kind -> (n, rows): one for each draw, given the actual reading of the row
    before it where errors are correlated."""
    return {
        at.kind: draw(at.kind, at.seen, at.previous, at.q, at.rows.columns, rng)
        for at in at_rows(eta, t_asof, blocks)
        if at.kind in LAWS
    }


def surprise(view: View, blocks: Blocks) -> pd.DataFrame:
    """How a view from before the rows foresaw each of them: id, kind, log_score, tail_probability, mcse.

    ``log_score`` is ln of the predictive density in nats, on the scale of ``y`` (of the probability beyond the bound
    for a censored row), ``mcse`` its Monte Carlo error. ``tail_probability`` is two-sided: twice the smaller of the
    probabilities of a lower and of a higher reading; for a censored row the probability beyond its bound. Rows stand
    each on their own: they do not learn from one another, but for the correlated error of the row before and for the scores of
    one benchmark, which are judged in order. Rows of weight 0 are left out.
    """
    eta, weights = _distinct(view)
    frames = []
    for at in at_rows(eta, view.worldview.as_of_year, blocks):
        if at.kind not in LAWS:
            continue
        d, kind = at.rows.columns, KINDS[at.kind]
        if kind.joint is not None:
            value = kind.joint(at.seen, at.q, d, at.rows.weight)
        elif kind.log_likelihood is not None:
            value = kind.log_likelihood(at.seen, at.previous, at.q, d, NumPy)
        score, mcse = log_mean(value, weights)
        below = weights @ probability_below(law(at.kind, at.seen, at.previous, at.q, d), d["y"])
        two_sided = 2.0 * np.minimum(below, 1.0 - below)
        tail = np.where(censored(at.kind, d), np.exp(score), two_sided)
        found = {"id": at.rows.ids, "kind": at.kind, "log_score": score, "tail_probability": tail, "mcse": mcse}
        frames.append(pd.DataFrame(found)[at.rows.weight > 0])
    columns = ["id", "kind", "log_score", "tail_probability", "mcse"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def log_mean(value: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln of the weighted mean of exp(value) over draws (first axis; weights sum to 1), and its Monte Carlo error."""
    with np.errstate(divide="ignore"):
        mean = logsumexp(value, axis=0, b=weights[:, None])
    ratio = np.exp(value - np.where(np.isfinite(mean), mean, 0.0))
    return np.asarray(mean), np.sqrt(np.square(weights) @ np.square(ratio - 1.0))


def _distinct(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Draws without the repeats that differ in their futures only, and their summed weights."""
    eta, index = np.unique(view.eta, axis=0, return_inverse=True)
    return eta, np.bincount(index.ravel(), weights=view.weights)
