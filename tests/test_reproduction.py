"""Published results of others that our mechanism contains as special cases, computed by our own code.

Only inputs and results were taken from the publications; no code was.
"""

import numpy as np
import pytest

from forecast import mechanism
from forecast.kernels import EVENT_ROWS
from forecast.mechanism import HISTORY_START, LN10, Parameters, State
from forecast.namespaces import NumPy
from forecast.simulation import HORIZON, MOST_STEPS

LN99 = np.log(99.0)
"""Logit of 99 %."""


def triangular(rng, low, high, n):
    """Symmetric, as Kwa draws each of his inputs."""
    return rng.triangular(low, (low + high) / 2.0, high, n)


def test_kwa_99_percent_automation():
    """Kwa, "A simple model of AI timelines" (METR, February 2026): 99 % of AI R&D automated at 10/50/90 %, rerun from
    his published inputs: 2030.2 / 2032.8 / 2036.2 (published headline: late 2032).

    Matched: his five triangular inputs; ln 5 of software progress in 2026.0 including the automation of that day;
    labour, growing 2-fold a year to 2029 and 1.1-fold after, folded into the elasticity of compute; compute growing
    2.6-fold a year, bent in 2029 to one slope in place of his falling yearly factors. In our terms feedback = 0,
    kappa = alpha, r = alpha / beta, no friction or lag, v = v0 = what puts the balanced path through his starting
    pace. Our saturation is undone by a constant permitted share, CLOSED / (1 + CORNER), so that f = k below the corner;
    above it f stays there, which moves 99 % by a month or two.
    """
    rng, n, start = np.random.default_rng(1), 4000, 2026.0
    inverse_v = triangular(rng, 1.5, 4.2, n)
    f_start = triangular(rng, 0.25, 0.5, n)
    labour_share = triangular(rng, 0.12, 0.35, n)
    total = triangular(rng, 0.8, 1.0, n)
    beta = triangular(rng, 0.3, 1.0, n)
    alpha, zeta = labour_share * total, (1.0 - labour_share) * total
    compute, labour, late_labour, late_compute = np.log(2.6), np.log(2.0), np.log(1.1), 0.68

    permitted = mechanism.CLOSED / (1.0 + mechanism.CORNER)
    g_s = (alpha * labour + zeta * compute) / beta
    v_start = np.log(g_s / (np.log(5.0) * (1.0 - f_start) ** alpha)) / beta
    tau = 0.02
    deployed = (g_s + compute) * (start - mechanism.T0) + v_start - tau * (np.log(5.0) + compute)
    p = Parameters(
        g_s=g_s, g_c=compute, a=0.0, b=1.0,
        theta=deployed - inverse_v * np.log(f_start / (1.0 - f_start)), omega=inverse_v,
        logit_rho0=np.log((1.0 - permitted) / permitted), tau_rho=1e9, ln_boost=np.log(32.0),
        kappa=alpha, r=alpha / beta, phi0=0.0, phi1=0.0, headroom=1e9, tau=tau, t_asof=start,
        zeta=zeta + alpha * (labour - late_labour) / (compute - late_compute), t_slow=2029.0, g_c_late=late_compute,
        feedback=0.0,
    )  # fmt: skip
    state = State(v_start, v_start, 0.0 * v_start, deployed)
    dt, reached, before = 1.0 / 12.0, np.full(n, np.inf), (deployed - p.theta) / p.omega
    for i in range(44 * 12):
        state, _ = mechanism.step(state, start + i * dt, dt, 0.0, 0.0, p, NumPy)
        now = (state.x - p.theta) / p.omega
        first = (now >= LN99) & np.isinf(reached)
        reached[first] = start + dt * (i + (LN99 - before[first]) / (now[first] - before[first]))
        before = now
    found = np.quantile(np.where(np.isinf(reached), HORIZON, reached), (0.1, 0.5, 0.9))
    np.testing.assert_allclose(found, [2030.2, 2032.8, 2036.2], rtol=0, atol=0.5)


def test_davidson_and_houlden_years_in_one_given_full_automation(compiled):
    """Davidson and Houlden, "How quick and big would a software intelligence explosion be?" (Forethought, 2025): at
    least 3 and 10 years of progress in one, given full automation: about 0.60 and 0.20, 0.57 and 0.18 rerun.

    Matched: their log-uniform boost (2 to 32), r (0.4 to 3.6) and p, our kappa (0.15 to 0.6), and their ceiling, 6 to
    16 years of progress, as OOM of software at half an OOM a year for software and half for compute. Not matched: their
    pace before the boost (2.77 nats a year of software) and their ceiling's form, in which r falls to nought. The loop
    closes at a stroke in 2026 and compute stays on trend. Through the compiled simulation.
    """
    n = 20_000
    rng = np.random.default_rng(2)

    def log_uniform(low, high):
        return np.exp(rng.uniform(np.log(low), np.log(high), n))

    half_oom = 0.5 * LN10
    p = Parameters(
        g_s=half_oom, g_c=half_oom, a=0.0, b=1.0, theta=2.0 * half_oom, omega=0.002, logit_rho0=-700.0, tau_rho=1e9,
        ln_boost=np.log(log_uniform(2.0, 32.0)), kappa=log_uniform(0.15, 0.6), r=log_uniform(0.4, 3.6),
        phi0=0.0, phi1=0.0, headroom=rng.uniform(6.0, 16.0, n) * LN10, tau=0.01, t_asof=2020.0, g_c_late=half_oom,
    )  # fmt: skip
    draws = np.column_stack([np.broadcast_to(column, n) for column in p]).astype(float)
    dates, _, _ = compiled(
        draws, np.full(n, 50.0), np.zeros((n, 120)), 2026.0, HISTORY_START, HORIZON, np.zeros(0), MOST_STEPS
    )
    at = dict(zip(EVENT_ROWS, dates.T, strict=True))
    np.testing.assert_allclose(at["LOOP"], 2026.0, rtol=0, atol=0.2)
    assert 0.52 <= np.isfinite(at["SWX3"]).mean() <= 0.66
    assert 0.13 <= np.isfinite(at["SWX10"]).mean() <= 0.25


@pytest.mark.parametrize(("level", "low", "high"), [(3.0, 0.52, 0.66), (10.0, 0.13, 0.25)])
def test_davidson_and_houlden_hold_without_the_simulation_too(level, low, high):
    """The same law at f = 1 integrated over software gained, dt = du / rate: no stepping in time, no kernel."""
    n, du = 4000, 0.05
    rng = np.random.default_rng(3)
    g = 0.5 * LN10
    boost, r, kappa = (np.exp(rng.uniform(np.log(a), np.log(b), n)) for a, b in ((2, 32), (0.4, 3.6), (0.15, 0.6)))
    ceiling = rng.uniform(6.0, 16.0, n) * LN10
    t, times = np.zeros(n), [np.zeros(n)]
    for i in range(int(16.0 * LN10 / du) + 400):
        u = i * du - g * t
        room = np.maximum(1.0 - u / ceiling, 0.0)
        rate = np.maximum(g * boost * np.exp(np.minimum(kappa * (1.0 - 1.0 / r) * u, 12.0)) * room, g)
        t = t + du / rate
        times.append(t)
    span = round(level * 2.0 * g / du)
    arrived = np.array(times)
    within = (arrived[span:] - arrived[:-span]).min(axis=0) < 1.0
    assert low <= within.mean() <= high
