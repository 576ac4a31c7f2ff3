"""Published models that our mechanism contains as special cases, with their inputs and what they leave out switched off.

Only inputs and results were taken from the publications; no code was.
"""

from __future__ import annotations

import numpy as np

from forecast import kernels, mechanism
from forecast.kernels import EVENT_ROWS
from forecast.mechanism import HISTORY_START, LN10, Parameters, State
from forecast.namespaces import NumPy
from forecast.simulation import HORIZON, MOST_STEPS

LN99 = np.log(99.0)
"""Logit of 99 %."""

KWA = (2030.2, 2032.8, 2036.2)
"""Years of 99 % automation at 10/50/90 %, rerun from his published inputs (published headline: late 2032)."""

DAVIDSON_HOULDEN = {"SWX3": 0.60, "SWX10": 0.20}
"""Chances of 3 and 10 years of progress in one, given full automation (0.57 and 0.18 rerun)."""


def _triangular(rng: np.random.Generator, low: float, high: float, n: int) -> np.ndarray:
    """Symmetric, as Kwa draws each of his inputs."""
    return rng.triangular(low, (low + high) / 2.0, high, n)


def kwa() -> np.ndarray:
    """Years (4000,) in which 99 % of AI R&D is automated, for draws of Kwa's inputs; "A simple model of AI timelines"
    (METR, February 2026).

    Matched: his five triangular inputs; ln 5 of software progress in 2026.0 including the automation of that day;
    labour, growing 2-fold a year to 2029 and 1.1-fold after, folded into the elasticity of compute; compute growing
    2.6-fold a year, bent in 2029 to one slope in place of his falling yearly factors. In our terms feedback = 0,
    kappa = alpha, r = alpha / beta, no friction or lag, v = v0 = what puts the balanced path through his starting
    pace. Our saturation is undone by a constant permitted share, CLOSED / (1 + CORNER), so that f = k below the corner;
    above it f stays there, which moves 99 % by a month or two.
    """
    rng, n, start = np.random.default_rng(1), 4000, 2026.0
    inverse_v = _triangular(rng, 1.5, 4.2, n)
    f_start = _triangular(rng, 0.25, 0.5, n)
    labour_share = _triangular(rng, 0.12, 0.35, n)
    total = _triangular(rng, 0.8, 1.0, n)
    beta = _triangular(rng, 0.3, 1.0, n)
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
    return np.where(np.isinf(reached), HORIZON, reached)


def davidson_houlden() -> dict[str, np.ndarray]:
    """Dates (20000,) of LOOP, SWX3, SWX10 after a loop that closes at a stroke in 2026; "How quick and big would a
    software intelligence explosion be?" (Forethought, 2025).

    Matched: their log-uniform boost (2 to 32), r (0.4 to 3.6) and p, our kappa (0.15 to 0.6), and their ceiling, 6 to
    16 years of progress, as OOM of software at half an OOM a year for software and half for compute. Not matched: their
    pace before the boost (2.77 nats a year of software) and their ceiling's form, in which r falls to nought. The loop
    closes at a stroke in 2026 and compute stays on trend. Through the compiled simulation.
    """
    n = 20_000
    rng = np.random.default_rng(2)

    def log_uniform(low: float, high: float) -> np.ndarray:
        return np.exp(rng.uniform(np.log(low), np.log(high), n))

    half_oom = 0.5 * LN10
    p = Parameters(
        g_s=half_oom, g_c=half_oom, a=0.0, b=1.0, theta=2.0 * half_oom, omega=0.002, logit_rho0=-700.0, tau_rho=1e9,
        ln_boost=np.log(log_uniform(2.0, 32.0)), kappa=log_uniform(0.15, 0.6), r=log_uniform(0.4, 3.6),
        phi0=0.0, phi1=0.0, headroom=rng.uniform(6.0, 16.0, n) * LN10, tau=0.01, t_asof=2020.0, g_c_late=half_oom,
    )  # fmt: skip
    draws = np.column_stack([np.broadcast_to(column, n) for column in p]).astype(float)
    dates, _, _ = kernels.forward()(
        draws, np.full(n, 50.0), np.zeros((n, 120)), 2026.0, HISTORY_START, HORIZON, np.zeros(0), MOST_STEPS
    )
    at = dict(zip(EVENT_ROWS, dates.T, strict=True))
    return {name: at[name] for name in ("LOOP", "SWX3", "SWX10")}
