r"""The one mechanism: from crux values to the growth of software, written once.

Everything here is plain arithmetic over an array namespace ``xp`` (``exp``, ``expm1``, ``log1p``, ``minimum``,
``maximum``, ``where``, ``square``; see `forecast.namespaces`): the same lines run on floats, NumPy arrays,
PyTensor tensors and SymPy symbols.
`forecast.codegen` passes symbols to obtain the compiled kernels and their Jacobians, so the paper, the sampler and the
simulation cannot drift apart.

Semi-endogenous growth written as a deviation from the trend without AI (time in decimal years, natural logarithms)::

    ln h  = a + b (g_c (t - T0) + dc + g_s (t - T0) + v) + w          newest horizon, what METR measures
    dx/dt = (ln h - x) / tau                                          deployed horizon
    k     = logistic((x - theta) / omega), at most wall before T_par  share of AI R&D that AI can do
    f     = saturate(k) (1 - residual(t))                             share that labs let it do
    m     = ((1 - f) + f boost^(-1/kappa))^(-kappa)                   direct speed-up
    rate  = g_s m exp(kappa (D - v0 / r_eff(0) - u / r_eff(f)) + zeta dc) max(1 - u/H, 0),   u = v - v0
    rate0 = g_s   exp(kappa (  - v0 / r_eff(0)) + zeta dc)                                   the twin without AI
    dv/dt = rate - g_s     dv0/dt = rate0 - g_s     dD/dt = f (rate - rate0)

Friction that automation adds or removes weighs on what AI has added (u), not on v: once compute slows v falls below
zero, and there "ideas get harder to find" turns into relief, which more friction would enlarge.

At f = 1 this is the law of Davidson and Houlden (growth changes by 2^(kappa (1 - 1/r)) per software doubling); with
``feedback`` = 0, a large boost, kappa = alpha and r = alpha/beta it is Kwa's model. What AI adds is written as the
twin's rate times ``expm1`` of what AI adds to the exponent, so f = 0 for ever gives u = 0 to the last bit. The room
multiplies the capped rate, so that the approach to the ceiling is no stiffer than FASTEST / H.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log
from typing import Any, NamedTuple

LN2 = log(2.0)
LN10 = log(10.0)

T0 = 2025.0
"""Reference date (decimal year): mid-data, so that ``a`` and ``b`` are nearly independent given the METR rows."""

HISTORY_START = 2023.0
"""First date with automation worth the name; before it u = 0 and the horizon is a straight line."""

CLOSED = 0.95
"""Share of AI R&D tasks at which the loop counts as closed."""

CORNER = 0.02
"""Half-width of the smoothed corner at closure, as a share of it. f is 1 (times the permitted share) at
``CLOSED``: with a corner centred on it, the last percent would cap every speed-up at 0.01^-kappa."""

FASTEST = 500.0
"""Nats of software a year at which the rate is capped: hours to weeks, and never an overflow."""

LEAST_R_EFF = 0.1
"""Floor of r (1 - phi). Below it the equation is stiff and says the same: nothing compounds."""

COMPUTE_BEND = 0.5
"""Half-width in years of the bend of compute growth at ``t_slow``."""


class State(NamedTuple):
    """v, v0: software above trend in nats, with AI and without; D: gain of AI researchers in nats; x: ln hours."""

    v: Any
    v0: Any
    D: Any
    x: Any


class Parameters(NamedTuple):
    """Crux values of a draw. Rates per year, horizons in ln hours, headroom in nats, dates in decimal years.

    ``wall`` is the reachable share before ``T_par`` (2.0 where no new paradigm is needed: it never binds).
    ``feedback`` is 1; 0 switches D off, as in Kwa's model.
    """

    g_s: Any
    g_c: Any
    a: Any
    b: Any
    theta: Any
    omega: Any
    logit_rho0: Any
    tau_rho: Any
    ln_boost: Any
    kappa: Any
    r: Any
    phi0: Any
    phi1: Any
    headroom: Any
    tau: Any
    t_asof: Any
    zeta: Any = 0.65
    t_slow: Any = 2200.0
    g_c_late: Any = 0.0
    wall: Any = 2.0
    T_par: Any = 0.0
    feedback: Any = 1.0


TRAJECTORY = Parameters._fields[: Parameters._fields.index("t_asof") + 1]
"""Parameters that the past depends on; the last is a date."""

WALK_STEP = 0.5
"""Years between the shocks to the log horizon."""

WALK_KNOTS = tuple(HISTORY_START + WALK_STEP * i for i in range(9))
"""Where the intervals begin whose shocks rows may tell of; later ones are drawn when the future is."""

WALK = ("walk_sd", *(f"shock_{knot:.1f}".replace(".", "_") for knot in WALK_KNOTS))
"""Process noise of the past: its spread in ln hours per square root of a year, and each interval's shock in units of
what that makes in an interval."""

PAST = (*TRAJECTORY[:-1], *WALK, TRAJECTORY[-1])
"""All that the past depends on, in the order in which compiled code takes it."""


class Reading(NamedTuple):
    """What can be seen of the process at a moment: ln h, k, f, direct ln m, and nats of software a year."""

    ln_h: Any
    k: Any
    f: Any
    ln_m: Any
    rate: Any
    rate0: Any


def sigmoid(z: Any, xp: Any) -> Any:
    """1 / (1 + exp(-z))."""
    return 1.0 / (1.0 + xp.exp(-z))


def ramp(z: Any, width: float, xp: Any) -> Any:
    """max(z, 0) with a quadratic corner of half-width ``width``: smooth, and exact outside the corner."""
    corner = xp.minimum(xp.maximum(z + width, 0.0), 2.0 * width)
    return xp.square(corner) * (0.25 / width) + xp.maximum(z - width, 0.0)


class Structure(NamedTuple):
    """The lines of the mechanism that another author might have written otherwise, each a function of its own.

    ``growth``: nats by which ln h rises for nats of trend progress (b times compute and software). ``seen_by_labs``: the
    ln horizon that counts in a lab, of the deployed and the newest one. ``curve``: k of its distance from theta in units
    of omega. ``researchers``: D as it weighs. ``held``: what AI adds to the exponent, of that and of what it would be
    could research input grow no faster than compute has since T0.
    """

    name: str
    growth: Callable[[Any, Any], Any]
    seen_by_labs: Callable[[Any, Any, Any], Any]
    curve: Callable[[Any, Any], Any]
    researchers: Callable[[Any], Any]
    held: Callable[[Any, Any, Any], Any]


STANDARD = Structure(
    name="standard",
    growth=lambda y, xp: y,
    seen_by_labs=lambda deployed, newest, xp: deployed,
    curve=lambda z, xp: sigmoid(z, xp),
    researchers=lambda D: D,
    held=lambda exponent, most, xp: exponent,
)

_adopted: list[Structure] = []


def structure() -> Structure:
    """The structure of this process: STANDARD unless another was adopted (`forecast.trust.structures`)."""
    return _adopted[-1] if _adopted else STANDARD


def adopt(other: Structure) -> None:
    """Make another structure that of this process, before any code is generated from it.

    Raises RuntimeError where compiled code of this process already stands for another.
    """
    import sys

    if "forecast.kernels" in sys.modules:
        raise RuntimeError("a structure is adopted in a fresh process, before forecast.kernels is imported")
    _adopted.append(other)


def extra_compute(t: Any, p: Parameters, xp: Any) -> tuple[Any, Any]:
    """Deviation of log compute from its trend (nats) and its slope (nats a year), smooth around ``t_slow``."""
    since, change = t - p.t_slow, p.g_c_late - p.g_c
    slope = xp.minimum(xp.maximum(since * (0.5 / COMPUTE_BEND) + 0.5, 0.0), 1.0)
    return change * ramp(since, COMPUTE_BEND, xp), change * slope


def newest_horizon(v: Any, t: Any, dc: Any, noise: Any, p: Parameters, xp: Any) -> Any:
    """ln hours of the newest model at 50 % success."""
    return p.a + structure().growth(p.b * ((p.g_s + p.g_c) * (t - T0) + dc + v), xp) + noise


def walk(t: Any, q: Mapping[str, Any], xp: Any) -> Any:
    """Process noise of ln h at t: a random walk from HISTORY_START, linear between its knots, from `WALK` by name."""
    done = (
        q[name] * xp.minimum(xp.maximum((t - knot) / WALK_STEP, 0.0), 1.0)
        for name, knot in zip(WALK[1:], WALK_KNOTS, strict=True)
    )
    return q["walk_sd"] * WALK_STEP**0.5 * sum(done)


def capable_share(x: Any, t: Any, p: Parameters, xp: Any) -> Any:
    """k: the share of AI R&D tasks that AI can do, held at the wall until the paradigm comes."""
    return xp.minimum(structure().curve((x - p.theta) / p.omega, xp), xp.where(t < p.T_par, p.wall, 2.0))


def permitted_share(t: Any, p: Parameters, xp: Any) -> Any:
    """1 - residual: the odds of the human residual halve every ``tau_rho`` years, so it is a share at every t."""
    return sigmoid(LN2 * (t - p.t_asof) / p.tau_rho - p.logit_rho0, xp)


def saturate(k: Any, xp: Any) -> Any:
    """Linear in k, then 1 from k = CLOSED on, with a quadratic corner between; 0 at k = 0."""
    z = k * ((1.0 + CORNER) / CLOSED)
    return z - ramp(z - 1.0, CORNER, xp)


def log_speedup(f: Any, p: Parameters, xp: Any) -> Any:
    """ln m, Amdahl's form: exactly 0 at f = 0 and ln boost at f = 1."""
    return -p.kappa * xp.log((1.0 - f) + f * xp.exp(-p.ln_boost / p.kappa))


def effective_returns(f: Any, p: Parameters, xp: Any) -> Any:
    """r (1 - phi) with phi = phi0 (1 - phi1 f), smoothly held at LEAST_R_EFF and above."""
    returns = p.r * (1.0 - p.phi0 * (1.0 - p.phi1 * f))
    return LEAST_R_EFF + ramp(returns - LEAST_R_EFF, LEAST_R_EFF / 2, xp)


def derivatives(s: State, t: Any, noise: Any, p: Parameters, xp: Any) -> tuple[State, Reading]:
    """Time derivatives a year of v, v0, D, and in the place of x its target ln h; with what can be seen.

    The lag x is linear in its target, so the stepper moves it by the exact exponential (`step`).
    """
    dc, _ = extra_compute(t, p, xp)
    ln_h = newest_horizon(s.v, t, dc, noise, p, xp)
    k = capable_share(structure().seen_by_labs(s.x, ln_h, xp), t, p, xp)
    f = saturate(k, xp) * permitted_share(t, p, xp)
    ln_m = log_speedup(f, p, xp)
    u = s.v - s.v0
    exponent0 = p.zeta * dc - p.kappa * s.v0 / effective_returns(0.0, p, xp)
    harder = u / effective_returns(f, p, xp)
    exponent = ln_m + p.kappa * (p.feedback * structure().researchers(s.D) - harder)  # what AI adds to it
    most = xp.maximum(p.g_c * (t - T0) + dc, 0.0) - p.kappa * harder
    exponent = structure().held(exponent, most, xp)
    room = xp.maximum(1.0 - u / p.headroom, 0.0)
    rate0 = p.g_s * xp.exp(exponent0)
    added = xp.minimum(rate0 * xp.expm1(exponent), FASTEST) * room + rate0 * (room - 1.0)
    dv0 = p.g_s * xp.expm1(exponent0)
    rates = State(dv0 + added, dv0, f * added, ln_h)
    return rates, Reading(ln_h, k, f, ln_m, rate0 + added, rate0)


def initial_state(p: Parameters) -> State:
    """At HISTORY_START: no AI gain, and the deployed horizon trails the straight line by one generation."""
    slope = p.b * (p.g_s + p.g_c)
    newest = p.a + slope * (HISTORY_START - T0)
    zero = 0.0 * newest
    return State(zero, zero, zero, newest - slope * p.tau)


def step(s: State, t: Any, dt: Any, noise: Any, noise_mid: Any, p: Parameters, xp: Any) -> tuple[State, Reading]:
    """One midpoint Runge-Kutta step, exponential in the lag (stable for any tau); the reading is at its start."""
    rate, seen = derivatives(s, t, noise, p, xp)
    half, full = -xp.expm1(-0.5 * dt / p.tau), -xp.expm1(-dt / p.tau)
    mid = State(
        s.v + 0.5 * dt * rate.v, s.v0 + 0.5 * dt * rate.v0, s.D + 0.5 * dt * rate.D, s.x + half * (rate.x - s.x)
    )
    rate, _ = derivatives(mid, t + 0.5 * dt, noise_mid, p, xp)
    return State(s.v + dt * rate.v, s.v0 + dt * rate.v0, s.D + dt * rate.D, s.x + full * (rate.x - s.x)), seen


def progress_ratio(seen: Reading, compute_growth: Any) -> Any:
    """Overall frontier pace over that of the twin, compute included in both: M2 is its crossing of 2."""
    return (seen.rate + compute_growth) / (seen.rate0 + compute_growth)
