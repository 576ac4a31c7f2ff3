"""Benchmarks of AI R&D: a score between a floor and a ceiling, through a logit that is linear in the newest ln horizon.

logit((score - floor) / (ceiling - floor)) = level + slope ln h + error. Level (how hard the benchmark is) and slope
belong to the benchmark and to nobody's beliefs; they are integrated out in closed form, so that a new benchmark costs
one entry of the register and no parameter. Rows of one benchmark are therefore judged together. Rows that were public
before count only for what they say of level and slope: ln p(old and new) - ln p(old).

Only models that were best when they came out are read, since the horizon they are set against is the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, pi
from typing import Any

import numpy as np
import pandas as pd

from forecast.observations.base import Measurement, Readings, central_width

KIND = "benchmark"

MEASUREMENTS = (
    Measurement(name="benchmark_scatter", positive=True, loc=log(0.4), scale=0.4,
                meaning="spread of a best model's logit score around its benchmark's line, beyond the error of sampling"),
)  # fmt: skip

LEVEL_SD = 3.0
SLOPE_MEAN, SLOPE_SD = 0.8, 0.5
"""Logits per nat of horizon. METR's own success curves fall by about 0.9 a nat of task length; a benchmark of tasks of
many lengths rises more slowly, one of tasks much alike faster."""

NO_ITEMS_SE = 0.3
"""Logit error of sampling where neither an interval nor the number of items is known."""

COLUMNS = ("y", "se", "group", "context")


def columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Per row: y (logit between floor and ceiling), se (its error of sampling), group (number of its benchmark) and
    context (1: public before, tells of level and slope only).

    With k of n items solved, y = ln((k + 1/2) / (n - k + 1/2)); scores at the floor or the ceiling stay finite and say
    little.
    """
    floor, ceiling = rows["floor"].to_numpy(float), rows["ceiling"].to_numpy(float)
    share = (rows["reading"].to_numpy(float) - floor) / (ceiling - floor)
    low, high = ((rows[end].to_numpy(float) - floor) / (ceiling - floor) for end in ("reading_low", "reading_high"))
    items, level = rows["items"].to_numpy(float), rows["level"].to_numpy(float)
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(level)
    z = np.array([central_width(m) if ok else np.nan for m, ok in zip(level, known, strict=True)], dtype=float)
    sd = np.where(known, (high - low) / (2.0 * z), np.nan)
    inside = np.clip(share, 0.0, 1.0)
    counted = np.where(
        np.isfinite(items), items, np.where(known, inside * (1.0 - inside) / np.maximum(sd, 1e-3) ** 2, np.nan)
    )
    counted = np.where(np.isfinite(counted), np.maximum(counted, 1.0), 1.0 / NO_ITEMS_SE**2)
    right, wrong = counted * inside + 0.5, counted * (1.0 - inside) + 0.5
    return {
        "y": np.log(right / wrong),
        "se": np.sqrt(1.0 / right + 1.0 / wrong),
        "group": pd.factorize(rows["series"])[0].astype(float),
        "context": rows["context"].to_numpy(float),
    }


def marginal(y: Any, variance: Any, weight: Any, h: Any, sign: float, by_h: Any, by_variance: Any) -> float:
    """``sign`` times ln of the rows' density with level and slope integrated out; gradients are added to ``by_*``.

    y, variance, weight, h: (rows,), of one benchmark. A row of weight w counts as its density to the power w.
    """
    a11, a12, a22 = 1.0 / LEVEL_SD**2, 0.0, 1.0 / SLOPE_SD**2
    b1, b2 = 0.0, SLOPE_MEAN / SLOPE_SD**2
    total = 0.5 * (log(a11) + log(a22) - SLOPE_MEAN**2 / SLOPE_SD**2)
    for i in range(len(y)):
        w = weight[i] / variance[i]
        a11 += w
        a12 += w * h[i]
        a22 += w * h[i] * h[i]
        b1 += w * y[i]
        b2 += w * y[i] * h[i]
        total -= 0.5 * (weight[i] * log(2.0 * pi * variance[i]) + w * y[i] * y[i])
    determinant = a11 * a22 - a12 * a12
    c11, c12, c22 = a22 / determinant, -a12 / determinant, a11 / determinant
    level, slope = c11 * b1 + c12 * b2, c12 * b1 + c22 * b2
    total += 0.5 * (b1 * level + b2 * slope - log(determinant))
    for i in range(len(y)):
        w = weight[i] / variance[i]
        error = y[i] - level - slope * h[i]
        by_h[i] += sign * w * (error * slope - c12 - c22 * h[i])
        square = error * error + c11 + 2.0 * c12 * h[i] + c22 * h[i] * h[i]
        by_variance[i] += sign * 0.5 * (w * square - weight[i]) / variance[i]
    return sign * total


def joint(seen: Readings, q: Mapping[str, Any], d: Mapping[str, np.ndarray], weight: np.ndarray) -> np.ndarray:
    """Log likelihood (draws, rows) over many draws, split by the chain rule in the order of the rows.

    Each entry is per unit of its row's weight, so that the weighted sum is that of `marginal`, new rows given context.
    """
    h, scatter = seen.ln_h, q["benchmark_scatter"]
    n = np.broadcast_shapes(h.shape[:-1], np.shape(scatter)[:-1])
    found = np.zeros((*n, len(d["y"])))
    for group in np.unique(d["group"]):
        own = np.flatnonzero(d["group"] == group)
        own = own[np.argsort(d["context"][own] == 0, kind="stable")]
        a11, a12, a22 = np.full(n, 1.0 / LEVEL_SD**2), np.zeros(n), np.full(n, 1.0 / SLOPE_SD**2)
        b1, b2, squares = np.zeros(n), np.full(n, SLOPE_MEAN / SLOPE_SD**2), np.zeros(n)

        def value(a11: Any, a12: Any, a22: Any, b1: Any, b2: Any, squares: Any) -> Any:
            determinant = a11 * a22 - a12 * a12
            fitted = (a22 * b1 * b1 - 2.0 * a12 * b1 * b2 + a11 * b2 * b2) / determinant
            return 0.5 * (fitted - np.log(determinant)) - squares

        before = value(a11, a12, a22, b1, b2, squares)
        for i in own:
            at = weight[i] + d["context"][i]
            if at == 0.0:
                continue
            variance = np.broadcast_to(np.square(scatter)[..., 0] + d["se"][i] ** 2, n)
            w, x = at / variance, np.broadcast_to(h[..., i], n)
            a11, a12, a22 = a11 + w, a12 + w * x, a22 + w * x * x
            b1, b2 = b1 + w * d["y"][i], b2 + w * d["y"][i] * x
            squares = squares + 0.5 * (at * np.log(2.0 * np.pi * variance) + w * d["y"][i] ** 2)
            after = value(a11, a12, a22, b1, b2, squares)
            if d["context"][i] == 0.0:
                found[..., i] = (after - before) / at
            before = after
    return found


def predicted(
    seen: Readings, q: Mapping[str, Any], d: Mapping[str, np.ndarray], weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (draws, rows) of each logit score given the context and the rows before it."""
    h, scatter = seen.ln_h, q["benchmark_scatter"]
    n = np.broadcast_shapes(h.shape[:-1], np.shape(scatter)[:-1])
    mean, sd = np.zeros((*n, len(d["y"]))), np.ones((*n, len(d["y"])))
    for group in np.unique(d["group"]):
        own = np.flatnonzero(d["group"] == group)
        a11, a12, a22 = np.full(n, 1.0 / LEVEL_SD**2), np.zeros(n), np.full(n, 1.0 / SLOPE_SD**2)
        b1, b2 = np.zeros(n), np.full(n, SLOPE_MEAN / SLOPE_SD**2)
        for i in own[np.argsort(d["context"][own] == 0, kind="stable")]:
            variance = np.broadcast_to(np.square(scatter)[..., 0] + d["se"][i] ** 2, n)
            x = np.broadcast_to(h[..., i], n)
            determinant = a11 * a22 - a12 * a12
            level, slope = (a22 * b1 - a12 * b2) / determinant, (a11 * b2 - a12 * b1) / determinant
            mean[..., i] = level + slope * x
            sd[..., i] = np.sqrt(variance + (a22 - 2.0 * a12 * x + a11 * x * x) / determinant)
            w = (weight[i] + d["context"][i]) / variance
            a11, a12, a22 = a11 + w, a12 + w * x, a22 + w * x * x
            b1, b2 = b1 + w * d["y"][i], b2 + w * d["y"][i] * x
    return mean, sd
