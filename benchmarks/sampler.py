"""Effective draws per second of NUTS: our model, and the same posterior through a plain scan over the months."""

from __future__ import annotations

from datetime import date
from time import perf_counter
from typing import Any

import arviz as az
import numpy as np
import nutpie
import pymc as pm
import pytensor
import pytensor.tensor as pt

import priors
from forecast import coordinates, likelihood, mechanism, model, parameters, rows
from forecast.evidence import ledger
from forecast.likelihood import MONTH
from forecast.mechanism import HISTORY_START, Parameters, State
from forecast.namespaces import pytensor_namespace
from forecast.observations import KINDS, Readings, last_month
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks

TODAY = date(2026, 11, 21)
WORLDVIEW = "lambert"


def plain_model(prior: Prior, blocks: Blocks, *, months: int) -> pm.Model:
    """The posterior of `forecast.model.build`, its months stepped by `pytensor.scan` instead of compiled code."""
    xp = pytensor_namespace()
    with pm.Model(coords={"parameter": VECTOR}) as built:
        z = pm.Normal("z", 0.0, 1.0, dims="parameter")
        matrix = pt.as_tensor(prior.matrix())
        eta = parameters.unconstrained(z, matrix, xp, matmul=lambda z, mixing: pt.dot(mixing, z))
        q = parameters.natural({name: eta[i] for i, name in enumerate(VECTOR)}, xp)
        p = likelihood.trajectory_parameters(q, prior.t_asof)

        def month(t: Any, noise: Any, noise_mid: Any, *known: Any) -> list[Any]:
            state, vector = State(*known[:-1]), known[-1]
            given = Parameters(*(vector[i] for i in range(len(Parameters._fields))))
            after, seen = mechanism.step(state, t, MONTH, noise, noise_mid, given, xp)
            return [*after, *(getattr(seen, name) for name in Readings._fields)]

        start = mechanism.initial_state(p)
        times = HISTORY_START + MONTH * np.arange(months + 1)
        walks = [mechanism.walk(pt.as_tensor(at), q, xp) for at in (times, times + 0.5 * MONTH)]
        outputs = pytensor.scan(
            month,
            sequences=[pt.as_tensor(times), *walks],
            outputs_info=[*start, *([None] * len(Readings._fields))],
            non_sequences=[pt.stack([pt.cast(value, "float64") for value in p])],
            strict=True,
            return_updates=False,
        )
        grid = Readings(*outputs[len(State._fields) :])
        total = pt.zeros(())
        for name, block in blocks.items():
            if not block.ids:
                continue
            seen = likelihood.at_rows(grid, block, q["b"] * (q["g_s"] + q["g_c"]))
            previous = Readings(*(column[block.previous] for column in seen))
            value = KINDS[name].log_likelihood(seen, previous, q, block.columns, xp)
            total = total + (value * block.weight).sum()
        pm.Potential("log_likelihood", total)
    return built


def _run(built: pm.Model, *, chains: int, draws: int, tune: int) -> dict[str, float]:
    """Seconds to compile and to sample, effective draws, and means that both ways must share."""
    start = perf_counter()
    compiled = nutpie.compile_pymc_model(built)
    compile_seconds = perf_counter() - start
    start = perf_counter()
    tree = nutpie.sample(
        compiled, chains=chains, cores=2, draws=draws, tune=tune, seed=1, target_accept=0.95, adaptation="low_rank",
        progress_bar=False, save_warmup=False,
    )  # fmt: skip
    seconds = perf_counter() - start
    name = "y" if "y" in tree["posterior"] else "z"
    effective = float(az.ess(tree, var_names=[name])[name].min())
    return {
        "compile_seconds": compile_seconds,
        "seconds": seconds,
        "min_ess_bulk": effective,
        "ess_per_second": effective / seconds,
        "mean_log_density": float(tree["sample_stats"]["logp"].mean()),
    }


def measure(*, quick: bool) -> dict[str, float]:
    """The same seed, target acceptance and adaptation for both."""
    pytensor.config.numba__fastmath = False
    view = priors.load(WORLDVIEW)
    prior = parameters.of_worldview(view)
    alone = [name for name, kind in KINDS.items() if kind.joint is not None]  # judged together: not in the plain model
    blocks = rows.blocks(rows.new_between(ledger.read(), view.as_of, TODAY), without=alone)
    months = last_month(blocks)
    chains, draws, tune = (2, 200, 300) if quick else (2, 500, 500)
    ours, plain = model.build(prior, blocks), plain_model(prior, blocks, months=months)
    y = np.random.default_rng(1).standard_normal((1, len(VECTOR)))
    z = coordinates.standard_normals(y, prior.matrix(), coordinates.pivot(blocks))
    apart = abs(float(ours.compile_logp()({"y": y[0]})) / float(plain.compile_logp()({"z": z[0]})) - 1.0)
    if apart > 1e-9:
        raise AssertionError(f"the two posteriors differ by a factor of 1 + {apart:.1e}")
    fast = _run(ours, chains=chains, draws=draws, tune=tune)
    slow = _run(plain, chains=chains, draws=draws, tune=tune)
    return {
        **{f"ours_{name}": value for name, value in fast.items()},
        **{f"scan_{name}": value for name, value in slow.items()},
        "ratio_of_ess_per_second": fast["ess_per_second"] / slow["ess_per_second"],
        "ratio_of_seconds_compiling_included": (slow["compile_seconds"] + slow["seconds"])
        / (fast["compile_seconds"] + fast["seconds"]),
    }
