"""What is put in comes out: true values of simulated ledgers lie inside their posterior intervals as often as claimed."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import priors
from forecast import likelihood, parameters, rows, sampling, views
from forecast.namespaces import NumPy
from forecast.observations import benchmark, last_month
from forecast.parameters import MEASURING, VECTOR

TODAY = date(2026, 11, 21)
LEDGERS = 20
CANDIDATES = 4000
MASS = 0.90
KEPT = ("pace", "absence")
"""Rows that stay as they are: true values are drawn given them."""

PARTS = {
    "shared": ("a", "b", "g_s", "g_c"),
    "theta": ("theta",),
    "omega": ("omega",),
    "rho0": ("rho0",),
    "gap": ("gap",),
    "measuring": MEASURING,
}


def truths(prior, blocks, rng):
    """Standard normals of the prior given the rows that stay: chosen among many by their likelihood."""
    kept = {n: b if n in KEPT else replace(b, weight=0.0 * b.weight) for n, b in blocks.items()}
    z = rng.standard_normal((CANDIDATES, len(VECTOR)))
    value = likelihood.total(z, prior, kept)
    weight = np.exp(value - value.max())
    assert weight.sum() ** 2 / np.sum(weight**2) > 20 * LEDGERS
    return z[rng.choice(CANDIDATES, size=LEDGERS, replace=False, p=weight / weight.sum())]


def horizon(seen, q, d, rng):
    """A censored row is one whose draw lies above its limit; where it does not, the draw itself is seen."""
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
    size = np.abs(rng.standard_t(4, size=len(middle)))
    # published too low by the half-width above, or too high by the one below
    under = rng.random(len(middle)) < high / (low + high)
    y = middle + np.where(under, -high, low) * size
    above = limited & (y > d["y"])
    return d | {"y": np.where(above, d["y"], y), "se_high": high_se, "censored": above.astype(float)}


def share(seen, q, d, previous, rng):
    """First the months that can be read, in their order; then those under the floor, from the first that can."""
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


def scores(seen, q, d, rng):
    """Of each benchmark a level and a slope, then its rows along that line."""
    y = np.array(d["y"])
    for group in np.unique(d["group"]):
        own = d["group"] == group
        level = benchmark.LEVEL_SD * rng.standard_normal()
        slope = benchmark.SLOPE_MEAN + benchmark.SLOPE_SD * rng.standard_normal()
        sd = np.hypot(q["benchmark_scatter"], d["se"][own])
        y[own] = level + slope * np.broadcast_to(seen.ln_h, y.shape)[own] + sd * rng.standard_normal(own.sum())
    return d | {"y": y}


def simulated(z, prior, blocks, rng):
    """The same rows on the same dates, as they would read were z true."""
    eta = sampling.values_of(z[None], prior)
    q = parameters.natural(parameters.by_name(eta), NumPy)
    grid = likelihood.past(q, prior.t_asof, last_month(blocks))
    slope = q["b"] * (q["g_s"] + q["g_c"])
    one = {name: float(value[0, 0]) for name, value in q.items()}
    found = dict(blocks)
    for name, b in blocks.items():
        if name in KEPT or not b.ids:
            continue
        seen = likelihood.at_rows(grid, b, slope)
        seen, d = seen._replace(**{f: getattr(seen, f)[0] for f in seen._fields}), dict(b.columns)
        if name == "horizon":
            d = horizon(seen, one, d, rng)
        elif name == "benchmark":
            d = scores(seen, one, d, rng)
        elif name == "share":
            d = share(seen, one, d, b.previous, rng)
        else:
            at_self = d.get("self_report", 0.0)
            bias = one["uplift_bias_self_report"] * at_self + one["uplift_bias_rct"] * (1.0 - at_self)
            middle = {
                "uplift": -np.log(np.maximum(1.0 - seen.f, 1e-6)) + bias,
                "returns": np.log(one["r"] * (1.0 - one["phi0"])) + one["returns_bias"] * d.get("elasticity", 0.0),
                "compute_growth": one["g_c"],
                "software_pace": np.log(np.maximum(seen.rate, 1e-3)),
            }[name]
            sd = np.hypot(d["se"], one["uplift_scatter"]) if name == "uplift" else d["se"]
            d["y"] = middle + sd * rng.standard_normal(len(b.ids))
        found[name] = replace(b, columns=d)
    return found


def test_simulated_rows_lie_around_what_the_model_says_of_them(all_blocks):
    """Simulator and likelihood agree: over many ledgers of one truth the slope of the log likelihood there is 0.

    Each of some forty mean slopes within 4.5 standard errors: a false alarm once in a few thousand seeds."""
    rng = np.random.default_rng(5)
    prior = parameters.of_worldview(priors.load("clark"))
    z = truths(prior, all_blocks, rng)[0]
    rest = {n: b if n not in KEPT else replace(b, weight=0.0 * b.weight) for n, b in all_blocks.items()}
    step = 1e-3 * np.concatenate([np.eye(len(VECTOR)), -np.eye(len(VECTOR))])
    slopes = []
    for _ in range(300):
        value = likelihood.total(z + step, prior, simulated(z, prior, rest, rng))
        slopes.append((value[: len(VECTOR)] - value[len(VECTOR) :]) / 2e-3)
    mean, error = np.mean(slopes, axis=0), np.std(slopes, axis=0) / np.sqrt(len(slopes))
    assert np.all(np.abs(mean) <= 4.5 * error + 1e-9), dict(zip(VECTOR, mean / (error + 1e-12), strict=True))


@pytest.mark.slow
def test_true_values_lie_in_nine_of_ten_intervals(ledger, monkeypatch):
    """Twenty ledgers, true values drawn from Clark's prior and the rows of his update simulated from them.

    A correct sampler has each true value inside its 90 % interval with probability 0.90. Fewer than 16 of 20 then
    come up with probability 0.043 for a part of one parameter (there are four), and more rarely for the pooled share of
    a part of several: at a fresh seed some part fails in about one of six correct programs. This seed is fixed.

    A count of hits can do with 100 effective draws, and leaving out ledgers that are hard to fit would bias it: here
    the gate is wider than that of a published fit."""
    monkeypatch.setattr(sampling, "LEAST_ESS", 100.0)
    monkeypatch.setattr(sampling, "LARGEST_R_HAT", 1.05)
    monkeypatch.setattr(sampling, "LARGEST_DIVERGENT_SHARE", 0.01)
    rng = np.random.default_rng(2)
    clark = priors.load("clark")
    prior = views.prior_of(clark, ledger, seed=1)
    blocks = rows.blocks(rows.new_between(ledger, clark.as_of, TODAY))
    hits = []
    for i, z in enumerate(truths(prior, blocks, rng)):
        found = sampling.fit(prior, simulated(z, prior, blocks, rng), seed=100 + i, draws=500)
        true = sampling.values_of(z[None], prior)[0]
        low, high = np.quantile(found.eta, [(1.0 - MASS) / 2.0, (1.0 + MASS) / 2.0], axis=0)
        hits.append((low <= true) & (true <= high))
    share_of = dict(zip(VECTOR, np.mean(hits, axis=0), strict=True))
    report = {part: float(np.mean([share_of[n] for n in names])) for part, names in PARTS.items()}
    assert all(s >= 16 / LEDGERS - 1e-9 for s in report.values()), (report, share_of)
    assert 0.85 <= np.mean(hits) <= 0.95, report
