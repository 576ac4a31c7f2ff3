"""Compiled faces of the mechanism: the simulation to 2100 and the gradient up to now.

The code that `forecast.codegen` prints is written to a cache folder under a name that holds the hash of everything it
was made from, so that numba's own disk cache can serve the next process and stale mathematics can never be loaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import platformdirs

from forecast import mechanism
from forecast.mechanism import Parameters

LANES = 64
"""Draws stepped together. A power of two; the working set stays in the first-level cache."""

LARGEST_GAIN = 0.1
"""Nats by which AI may move software in one step; a monthly grid cannot hold "hours to weeks"."""

PATIENCE = 12_000.0
"""Steps after which a draw goes on by whole months: only one that trembles at a ceiling of a few tenths of an OOM gets
so far, and nothing is dated there any more."""

MONTH = 1.0 / 12.0

EVENT_ROWS = ("RE", "LOOP", "M2", "SWX3", "SWX5", "SWX10", "X100", "ASI", "CORE", "HALF")
"""Dates that the simulation finds. CORE and HALF are f first at 0.3 and 0.5 (they start other clocks)."""

SNAPSHOT_FIELDS = ("ln_h", "k", "f", "rate", "rate0", "compute_growth")
"""What is kept at each new year: see `mechanism.Reading`; rates and growth in nats a year."""


def _cache_folder() -> Path:
    """Where generated code lives: RSI_CACHE, else the user's cache folder."""
    return Path(os.environ.get("RSI_CACHE") or platformdirs.user_cache_dir("rsi-cruxes")) / "kernels"


def _sources() -> str:
    """Everything that the generated code depends on, as text (modules are not imported to read them)."""
    here = Path(__file__).parent
    names = ("mechanism", "codegen", "kernels", "graph", "vector_math", "parameters", "coordinates", "rows")
    files = [*(here / f"{name}.py" for name in names), *sorted((here / "observations").glob("*.py"))]
    return "".join(file.read_text() for file in files)


@cache
def sources_hash() -> str:
    """SHA-256 of the mechanism and of all that turns it into machine code."""
    import numba

    other = mechanism.structure()
    named = "" if other is mechanism.STANDARD else other.name
    return hashlib.sha256(f"{_sources()}{numba.__version__}{np.__version__}{named}".encode()).hexdigest()


def _load(kind: str) -> ModuleType:
    """Import the generated module ``kind``, generating it first when the mechanism has changed."""
    name = f"rsi_{kind}_{sources_hash()[:16]}"
    path = _cache_folder() / f"{name}.py"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text({"forward": _forward_module, "likelihood": _likelihood_module}[kind]())
        os.replace(temporary, path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load generated code {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba looks its cached functions up by module name
    spec.loader.exec_module(module)
    return module


def _indent(lines: list[str], spaces: int) -> str:
    return "\n".join(" " * spaces + line for line in lines)


def _forward_module() -> str:
    from forecast import codegen

    head, constants, body = codegen.forward_source()
    rows = [*constants, "asi", *(f for f in ("headroom", "per_tau", "g_s", "g_c") if f not in constants)]
    rows += ["v", "v0", "D", "x", "t", "end", "w0", "w1", "u_loop", "steps"]
    seen = ("k", "f", "u", "m2", "t")
    rows += ["flag", *(f"o_{q}" for q in seen), *(f"n_{q}" for q in seen)]
    rows += [f"e_{name}" for name in EVENT_ROWS] + [f"s_{name}" for name in SNAPSHOT_FIELDS]
    index = {name: i for i, name in enumerate(rows)}

    def row(name: str) -> str:
        return f"W[{index[name] * LANES} + l]"

    load = [f"{name} = {row(name)}" for name in rows[: index["flag"]]]
    call = "v, v0, D, x, t, noise, " + ", ".join(constants)
    unpack = ", ".join(Parameters._fields)
    # first crossings: (event, quantity, level); the vector loop only flags them, each happens once per draw
    first = [
        ("LOOP", "k", repr(mechanism.CLOSED)),
        ("RE", "k", "0.8"),
        ("CORE", "f", "0.3"),
        ("HALF", "f", "0.5"),
        ("M2", "m2", "0.0"),
        ("X100", "u", f"(u_loop + {np.log(100.0)!r})"),
        ("ASI", "u", "(u_loop + asi)"),
    ]
    flag = " | ".join(f"(({now} >= {level}) & ({row(f'e_{name}')} == INF))" for name, now, level in first)
    found = []
    for name, now, level in first:
        event = row(f"e_{name}")
        found.append(f"if {row(f'n_{now}')} >= {level} and {event} == INF:")
        found.append(f"    share = ({level} - {row(f'o_{now}')}) / ({row(f'n_{now}')} - {row(f'o_{now}')})")
        found.append("    share = min(max(share, 0.0), 1.0) if share == share else 1.0")
        found.append(f"    {event} = {row('o_t')} + ({row('n_t')} - {row('o_t')}) * share")
        if name == "LOOP":
            found.append(f"    u_loop = {row('o_u')} + ({row('n_u')} - {row('o_u')}) * share")
            found.append(f"    {row('u_loop')} = u_loop")
    # near its ceiling software is stiff; held at it, it may tremble by a step's worth below, which dates nothing
    store = {
        "v": "min(v + dt * dv, v0 + dt * dv0 + headroom)",
        "v0": "v0 + dt * dv0",
        "D": "D + dt * dD",
        "x": "x + full * (target - x)",
        "steps": "steps + 1.0",
    }
    saved = {f"o_{q}": row(f"n_{q}") for q in seen} | {f"n_{q}": q for q in seen}
    saved |= {"flag": f"1.0 if {flag} else 0.0"}
    saved |= {"s_ln_h": "target", "s_k": "k", "s_f": "f", "s_rate": "g_s + dv", "s_rate0": "g_s + dv0"}
    saved |= {"s_compute_growth": "g_c + dcdt"}
    return f'''"""Generated from forecast/mechanism.py by forecast/kernels.py; do not edit."""
import numpy as np
from numba import njit
from forecast.vector_math import exp, expm1, log
INF = np.inf
L = {LANES}

@njit(error_model="numpy", inline="always")
def rhs({call}):
{_indent(body, 4)}
    return dv, dv0, dD, target, k, f, dcdt

@njit(error_model="numpy", cache=True, fastmath={{"contract"}})
def advance(W):
    """Find what the last step crossed, then take the next midpoint step, in every lane."""
    for l in range(L):
{_indent(load, 8)}
        noise = w0 + w1 * t
        dv, dv0, dD, target, k, f, dcdt = rhs({call})
        u = v - v0
        m2 = (dv - dv0) - (g_s + dv0 + g_c + dcdt)  # M2 where the ratio of paces reaches 2
{_indent([f"W[{index[r] * LANES} + l] = {e}" for r, e in saved.items()], 8)}
        dt = min({MONTH!r}, {LARGEST_GAIN!r} / max(dv - dv0, 0.1))
        dt = {MONTH!r} if steps > {PATIENCE!r} else dt
        dt = min(dt, end - t)
        kept = exp(-0.5 * dt * per_tau)
        half, full = 1.0 - kept, 1.0 - kept * kept
        xm = x + half * (target - x)
        vm, v0m, Dm, tm = v + 0.5 * dt * dv, v0 + 0.5 * dt * dv0, D + 0.5 * dt * dD, t + 0.5 * dt
        noise = w0 + w1 * tm
        dv, dv0, dD, target, k, f, dcdt = rhs(vm, v0m, Dm, xm, tm, noise, {", ".join(constants)})
{_indent([f"W[{index[r] * LANES} + l] = {e}" for r, e in store.items()], 8)}
        W[{index["t"] * LANES} + l] = t + dt

@njit(error_model="numpy", cache=True)
def constants(P, asi, l, W, start, end):
    """Load one draw into lane l: per-draw constants, the initial state, empty events."""
    {unpack} = P
    per_tau = 1.0 / tau
{_indent(head, 4)}
{_indent([f"W[{index[c] * LANES} + l] = {c}" for c in rows[: index["v"]]], 4)}
    slope = b * (g_s + g_c)
    x = a + slope * (start - {mechanism.T0!r}) - slope * tau
    for row in range({index["v"]}, {len(rows)}):
        W[row * L + l] = 0.0
    W[{index["x"]} * L + l] = x
    W[{index["t"]} * L + l] = start
    W[{index["n_t"]} * L + l] = start
    W[{index["end"]} * L + l] = end
    W[{index["u_loop"]} * L + l] = INF
    for e in range({len(EVENT_ROWS)}):
        W[({index["e_RE"]} + e) * L + l] = INF

@njit(error_model="numpy", cache=True, nogil=True)
def simulate(P, asi, noise, noise_start, start, end, snapshot_years, max_steps):
    """P (n, parameters), asi (n,) nats, noise (n, knots) of ln h every {mechanism.WALK_STEP} years from noise_start on (linear between).

    Returns event dates (n, {len(EVENT_ROWS)}), inf where not by ``end``; u at LOOP (n,); and snapshots
    (n, len(snapshot_years), {len(SNAPSHOT_FIELDS)}).
    """
    n, knots = P.shape[0], noise.shape[1]
    dates = np.full((n, {len(EVENT_ROWS)}), INF)
    u_at_loop = np.full(n, np.nan)
    snaps = np.full((n, snapshot_years.size, {len(SNAPSHOT_FIELDS)}), np.nan)
    W = np.zeros({len(rows)} * L)
    draw = np.full(L, -1)
    at, back, year = np.zeros(L, np.int64), np.zeros(L, np.int64), np.zeros(L, np.int64)
    hot = np.zeros(L, np.bool_)
    before = np.zeros((L, {len(SNAPSHOT_FIELDS)}))
    T, V = np.zeros((L, max_steps)), np.zeros((L, max_steps))
    upcoming, busy = 0, 0
    for l in range(L):
        if upcoming < n:
            constants(P[upcoming], asi[upcoming], l, W, start, end)
            draw[l] = upcoming
            upcoming += 1
            busy += 1
        else:
            constants(P[0], asi[0], l, W, start, end)
    last_snapshot = snapshot_years[-1] if snapshot_years.size else start
    while busy:
        for l in range(L):
            place = (W[{index["t"]} * L + l] - noise_start) / {mechanism.WALK_STEP!r}
            if place >= 0.0:
                j = min(int(place), knots - 2)
                slope = (noise[draw[l], j + 1] - noise[draw[l], j]) / {mechanism.WALK_STEP!r}
                W[{index["w1"]} * L + l] = slope
                W[{index["w0"]} * L + l] = noise[draw[l], j] - slope * (noise_start + j * {mechanism.WALK_STEP!r})
        advance(W)
        for l in range(L):
            if draw[l] < 0:
                continue
            d = draw[l]
            i = at[l]
            t = W[{index["n_t"]} * L + l]
            if W[{index["flag"]} * L + l] > 0.0:
                u_loop, asi_nats = W[{index["u_loop"]} * L + l], asi[d]
{_indent([line.replace("asi)", "asi_nats)") for line in found], 16)}
            g_s, g_c = W[{index["g_s"]} * L + l], W[{index["g_c"]} * L + l]
            v = W[{index["v"]} * L + l]
            T[l, i], V[l, i] = W[{index["t"]} * L + l], v + g_s * W[{index["t"]} * L + l]
            rate = W[{index["s_rate"]} * L + l]
            hot[l] = hot[l] or rate > 2.0 * (g_s + g_c)
            if i > 0 and not hot[l]:  # a burst that begins and ends within one step
                hot[l] = V[l, i] - V[l, i - 1] > 2.0 * (g_s + g_c) * (T[l, i] - T[l, i - 1])
            if hot[l] and W[{index["e_SWX10"]} * L + l] == INF:
                since = T[l, i] - 1.0
                j = back[l]
                while j < i and T[l, j + 1] <= since:
                    j += 1
                back[l] = j
                if j < i and T[l, j] <= since:
                    was = V[l, j] + (V[l, j + 1] - V[l, j]) * (since - T[l, j]) / (T[l, j + 1] - T[l, j])
                else:
                    was = g_s * since
                done = (V[l, i] - was) / (g_s + g_c)
                if i > 0:
                    since = T[l, i - 1] - 1.0
                    q = j
                    while q > 0 and T[l, q] > since:
                        q -= 1
                    if T[l, q] <= since:
                        was = V[l, q] + (V[l, q + 1] - V[l, q]) * (since - T[l, q]) / (T[l, q + 1] - T[l, q])
                    else:
                        was = g_s * since
                    earlier = (V[l, i - 1] - was) / (g_s + g_c)
                    for e, level in (({index["e_SWX3"]}, 3.0), ({index["e_SWX5"]}, 5.0), ({index["e_SWX10"]}, 10.0)):
                        if done >= level and W[e * L + l] == INF:
                            share = (level - earlier) / (done - earlier) if earlier < level else 1.0
                            W[e * L + l] = T[l, i - 1] + (T[l, i] - T[l, i - 1]) * share
            while year[l] < snapshot_years.size and snapshot_years[year[l]] <= t:
                for s in range({len(SNAPSHOT_FIELDS)}):
                    snaps[d, year[l], s] = W[({index["s_ln_h"]} + s) * L + l]
                year[l] += 1
            at[l] = i + 1
            # nothing more can happen once all is seen, or at the ceiling, where software keeps the pace of its twin
            settled = W[{index["e_LOOP"]} * L + l] < INF and W[{index["e_HALF"]} * L + l] < INF and t > last_snapshot
            all_seen = W[{index["e_ASI"]} * L + l] < INF and W[{index["e_SWX10"]} * L + l] < INF
            all_seen = all_seen and W[{index["e_M2"]} * L + l] < INF
            settled = settled and (all_seen or W[{index["n_u"]} * L + l] > 0.999 * W[{index["headroom"]} * L + l])
            if t >= end - 1e-9 or settled or at[l] >= max_steps:
                for e in range({len(EVENT_ROWS)}):
                    dates[d, e] = W[({index["e_RE"]} + e) * L + l] if at[l] < max_steps else np.nan
                u_at_loop[d] = W[{index["u_loop"]} * L + l]
                at[l], back[l], year[l], hot[l] = 0, 0, 0, False
                if upcoming < n:
                    constants(P[upcoming], asi[upcoming], l, W, start, end)
                    draw[l] = upcoming
                    upcoming += 1
                else:
                    draw[l] = -1
                    constants(P[0], asi[0], l, W, start, end)
                    busy -= 1
    return dates, u_at_loop, snaps
'''


def _gradient_code() -> str:
    """The past with its Jacobian, as one compiled function ``trajectory``."""
    from forecast import codegen

    lines, pairs = codegen.gradient_source()
    order = list(mechanism.PAST)
    P, O, G = len(order), len(codegen.GRADED) - 1, len(codegen.GRADED)  # noqa: E741
    tau = order.index("tau")
    names = ", ".join(order)
    sums = [
        f"out[{i}, n] = " + " + ".join([f"g[{i}, n]", *(f"j[{i}, {k}] * S[{k}, n]" for o, k in pairs if o == i)])
        for i in range(G)
    ]
    a, b, g_s, g_c = (order.index(n) for n in ("a", "b", "g_s", "g_c"))
    lead = mechanism.HISTORY_START - mechanism.T0
    return f'''@njit(error_model="numpy", cache=True)
def rhs(y, t, theta, o, j, g):
    """o: derivatives of v, v0, D and the readings; j, g: their partials by state and by parameter."""
    v, v0, D, x = y[0], y[1], y[2], y[3]
    {names} = theta
{_indent(lines, 4)}

@njit(error_model="numpy", cache=True)
def total(j, g, S, out):
    """out[i] = j[i] S + g[i]: total derivatives by the parameters."""
    for n in range({P}):
{_indent(sums, 8)}

@njit(error_model="numpy", cache=True, nogil=True)
def trajectory(theta, n, dt):
    """Readings (n+1, {O}) on a grid from HISTORY_START on, with their Jacobian (n+1, {O}, {P})."""
    values, jacobian = np.empty((n + 1, {O})), np.empty((n + 1, {O}, {P}))
    o, j, g = np.zeros({G}), np.zeros(({G}, 4)), np.zeros(({G}, {P}))
    d = np.zeros(({G}, {P}))
    y, mid = np.zeros(4), np.zeros(4)
    S, M = np.zeros((4, {P})), np.zeros((4, {P}))
    tau, slope = theta[{tau}], theta[{b}] * (theta[{g_s}] + theta[{g_c}])
    y[3] = theta[{a}] + slope * ({lead!r} - tau)
    S[3, {a}] = 1.0
    S[3, {b}] = (theta[{g_s}] + theta[{g_c}]) * ({lead!r} - tau)
    S[3, {g_s}] = theta[{b}] * ({lead!r} - tau)
    S[3, {g_c}] = theta[{b}] * ({lead!r} - tau)
    S[3, {tau}] = -slope
    half, full = -expm1(-0.5 * dt / tau), -expm1(-dt / tau)
    dhalf = -exp(-0.5 * dt / tau) * 0.5 * dt / tau**2
    dfull = -exp(-dt / tau) * dt / tau**2
    for half_step in range(2 * n + 1):  # one call site: the code of rhs is long
        step, first = half_step // 2, half_step % 2 == 0
        t = {mechanism.HISTORY_START!r} + 0.5 * half_step * dt
        rhs(y if first else mid, t, theta, o, j, g)
        total(j, g, S if first else M, d)
        if first:
            for i in range({O}):
                values[step, i] = o[i] + theta[{g_s}] if i < 2 else o[i + 1]
                for q in range({P}):
                    jacobian[step, i, q] = d[i if i < 2 else i + 1, q]
                if i < 2:
                    jacobian[step, i, {g_s}] += 1.0
            for i in range(3):
                mid[i] = y[i] + 0.5 * dt * o[i]
                for q in range({P}):
                    M[i, q] = S[i, q] + 0.5 * dt * d[i, q]
            mid[3] = y[3] + half * (o[3] - y[3])
            for q in range({P}):
                M[3, q] = S[3, q] + half * (d[3, q] - S[3, q])
            M[3, {tau}] += dhalf * (o[3] - y[3])
        else:
            for i in range(3):
                y[i] += dt * o[i]
                for q in range({P}):
                    S[i, q] += dt * d[i, q]
            for q in range({P}):
                S[3, q] += full * (d[3, q] - S[3, q])
            S[3, {tau}] += dfull * (o[3] - y[3])
            y[3] += full * (o[3] - y[3])
    return values, jacobian
'''


def _likelihood_module() -> str:
    """The log likelihood of a table of rows, with its gradient: trajectory and observation models in one function."""
    from forecast import codegen
    from forecast.coordinates import LEVELS, MOVED, PLACED_BY, away
    from forecast.observations import KINDS, Readings, benchmark
    from forecast.parameters import READ, VECTOR, natural
    from forecast.rows import LEADING
    from priors.elicit import STEEPNESS

    P, Q, O, lead = len(mechanism.PAST), len(READ), len(Readings._fields), len(LEADING)  # noqa: E741
    horizon = Readings._fields.index("ln_h")
    at = {name: i for i, name in enumerate(LEADING)}
    widest = max(len(kind.columns_read) for kind in KINDS.values())
    b, g_s, g_c = (READ.index(n) for n in ("b", "g_s", "g_c"))
    models: list[str] = []
    calls: list[str] = []
    scored = list(KINDS).index(benchmark.KIND)
    y, se, group, context = (lead + benchmark.COLUMNS.index(name) for name in ("y", "se", "group", "context"))
    for code, (name, kind) in enumerate(KINDS.items()):
        if kind.log_likelihood is None:
            continue
        lines = codegen.observation_source(kind.log_likelihood, kind.columns_read, READ, Readings)
        models.append(
            f"""@njit(error_model="numpy", cache=True)
def {name}(R, B, q, c, weight, pr, pb, gq):
{_indent(lines, 4)}
    return ll
"""
        )
        word = "elif" if calls else "if"
        calls.append(f"{word} kind == {code}:")
        calls.append(f"    value = {name}(R, B, q, rows[i, {lead}:], weight, pr, pb, gradient)")
    return f'''"""Generated from forecast/mechanism.py and forecast/observations by forecast/kernels.py; do not edit."""
import numpy as np
from numba import carray, cfunc, njit, types
from math import erfc, exp, expm1, log, log1p, pi, sqrt
from typing import Any

@njit(error_model="numpy", cache=True)
def log_ndtr(z):
    """ln of the normal distribution function; far out by its asymptotic series."""
    if z > -12.0:
        return log(0.5 * erfc(-z / sqrt(2.0)))
    w = 1.0 / (z * z)
    series = -w * (1.0 - w * (3.0 - w * (15.0 - w * (105.0 - w * 945.0))))
    return -0.5 * z * z - log(-z) - 0.5 * log(2.0 * pi) + log1p(series)

{_gradient_code()}
{"".join(models)}
LEVEL_SD, SLOPE_MEAN, SLOPE_SD = {benchmark.LEVEL_SD!r}, {benchmark.SLOPE_MEAN!r}, {benchmark.SLOPE_SD!r}

@njit(error_model="numpy", cache=True)
{inspect.getsource(benchmark.marginal)}
@njit(error_model="numpy", cache=True)
def look(values, month, within, out):
    """Readings at one row: linear inside a month."""
    for o in range({O}):
        out[o] = values[month, o] * (1.0 - within) + values[month + 1, o] * within

@njit(error_model="numpy", cache=True)
def pull(jacobian, month, within, partial, weight, gradient):
    """Add the chain rule through the readings of one row."""
    for o in range({O}):
        if partial[o] != 0.0:
            left, right = weight * partial[o] * (1.0 - within), weight * partial[o] * within
            for p in range({P - 1}):
                gradient[p] += left * jacobian[month, o, p] + right * jacobian[month + 1, o, p]

@njit(error_model="numpy", cache=True, nogil=True)
def log_likelihood(eta, t_asof, dt, rows):
    """eta ({len(VECTOR)},) in the order of parameters.VECTOR. Returns the weighted log likelihood and its gradient.

    The trajectory runs to the last row and not a month further.
    """
    months = 1
    for i in range(rows.shape[0]):
        if rows[i, {at["weight"]}] != 0.0 or int(rows[i, {at["kind"]}]) == {scored}:
            j = int(rows[i, {at["previous"]}])
            months = max(months, int(max(rows[i, {at["month"]}], rows[j, {at["month"]}])) + 1)
    q, slope, source = np.empty({Q}), np.empty({Q}), np.empty({Q}, np.int64)
{_indent(codegen.natural_source(natural, VECTOR, READ), 4)}
    theta = np.empty({P})
    theta[: {P - 1}] = q[: {P - 1}]
    theta[{P - 1}] = t_asof
    values, jacobian = trajectory(theta, months, dt)
    gradient = np.zeros({Q})
    R, B, pr, pb = np.zeros({O}), np.zeros({O}), np.zeros({O}), np.zeros({O})
    total = 0.0
    for i in range(rows.shape[0]):
        weight = rows[i, {at["weight"]}]
        if weight == 0.0 or int(rows[i, {at["kind"]}]) == {scored}:
            continue
        j = int(rows[i, {at["previous"]}])
        month, month_j = int(rows[i, {at["month"]}]), int(rows[j, {at["month"]}])
        within, within_j = rows[i, {at["within"]}], rows[j, {at["within"]}]
        before, before_j = rows[i, {at["before"]}], rows[j, {at["before"]}]
        kind = int(rows[i, {at["kind"]}])
        pr[:] = 0.0
        pb[:] = 0.0
        look(values, month, within, R)
        look(values, month_j, within_j, B)
        R[{horizon}] += q[{b}] * (q[{g_s}] + q[{g_c}]) * before
        B[{horizon}] += q[{b}] * (q[{g_s}] + q[{g_c}]) * before_j
        value = 0.0
{_indent(calls, 8)}
        total += weight * value
        pull(jacobian, month, within, pr, weight, gradient)
        pull(jacobian, month_j, within_j, pb, weight, gradient)
        early = weight * (pr[{horizon}] * before + pb[{horizon}] * before_j)
        gradient[{b}] += early * (q[{g_s}] + q[{g_c}])
        gradient[{g_s}] += early * q[{b}]
        gradient[{g_c}] += early * q[{b}]
    scatter = q[{READ.index("benchmark_scatter")}]
    first = 0
    while first < rows.shape[0]:
        last = first + 1
        if int(rows[first, {at["kind"]}]) != {scored}:
            first = last
            continue
        while last < rows.shape[0] and int(rows[last, {at["kind"]}]) == {scored} and rows[last, {group}] == rows[first, {group}]:
            last += 1
        h, by_h, by_variance = np.empty(last - first), np.zeros(last - first), np.zeros(last - first)
        for i in range(first, last):
            month = int(rows[i, {at["month"]}])
            look(values, month, rows[i, {at["within"]}], R)
            h[i - first] = R[{horizon}] + q[{b}] * (q[{g_s}] + q[{g_c}]) * rows[i, {at["before"]}]
        variance = scatter * scatter + rows[first:last, {se}] ** 2
        known = rows[first:last, {context}].copy()
        total += marginal(rows[first:last, {y}], variance, rows[first:last, {at["weight"]}] + known, h, 1.0, by_h, by_variance)
        total += marginal(rows[first:last, {y}], variance, known, h, -1.0, by_h, by_variance)
        for i in range(first, last):
            pr[:] = 0.0
            pr[{horizon}] = by_h[i - first]
            pull(jacobian, int(rows[i, {at["month"]}]), rows[i, {at["within"]}], pr, 1.0, gradient)
            early = by_h[i - first] * rows[i, {at["before"]}]
            gradient[{b}] += early * (q[{g_s}] + q[{g_c}])
            gradient[{g_s}] += early * q[{b}]
            gradient[{g_c}] += early * q[{b}]
            gradient[{READ.index("benchmark_scatter")}] += by_variance[i - first] * 2.0 * scatter
        first = last
    by_eta = np.zeros({len(VECTOR)})
    for n in range({Q}):
        by_eta[source[n]] += gradient[n] * slope[n]
    return total, by_eta

@njit(error_model="numpy", cache=True)
def place(eta, middle, partial):
    """`coordinates.away`, with its partials by eta."""
{_indent(codegen.away_source(away, VECTOR, PLACED_BY), 4)}
    return value

@njit(error_model="numpy", cache=True)
def unconstrained(z, beliefs, eta, slope):
    """eta of standard normals (`parameters.unconstrained`), and its slope by the mixed normals."""
    for i in range({len(VECTOR)}):
        mixed = 0.0
        for j in range(i + 1):
            mixed += beliefs[i, 4 + j] * z[j]
        s = 1.0 / (1.0 + exp(-{STEEPNESS!r} * (mixed - beliefs[i, 3])))
        eta[i] = beliefs[i, 0] + beliefs[i, 1] * mixed + beliefs[i, 2] * s
        slope[i] = beliefs[i, 1] + beliefs[i, 2] * {STEEPNESS!r} * s * (1.0 - s)

@njit(error_model="numpy", cache=True)
def unmix(by_eta, slope, beliefs, out):
    """Gradient by the standard normals from that by eta."""
    out[:] = 0.0
    for i in range({len(VECTOR)}):
        by_mixed = by_eta[i] * slope[i]
        for j in range(i + 1):
            out[j] += by_mixed * beliefs[i, 4 + j]

@njit(error_model="numpy", cache=True, nogil=True)
def log_likelihood_of_coordinates(y, beliefs, pivot, t_asof, dt, rows):
    """Log likelihood where the sampler's coordinates y ({len(VECTOR)},) stand (`coordinates`), plus the log density of
    the standard normals there over that of y; and the gradient by y. Mixing in ``beliefs`` is lower triangular."""
    eta, slope, z, by_z = np.empty({len(VECTOR)}), np.empty({len(VECTOR)}), y.copy(), np.empty({len(VECTOR)})
    partial, by_y = np.zeros({len(VECTOR)}), np.zeros({len(VECTOR)})
    strength = 0.0
    if pivot[0] != 0.0:
        load = 0.0
        for i, part in (({MOVED}, 1.0), ({LEVELS[0]}, 0.5), ({LEVELS[1]}, 0.5)):
            load += part * beliefs[i, 1] * beliefs[i, {4 + MOVED}]
        strength = pivot[0] / load
        z[{MOVED}] = 0.0
        unconstrained(z, beliefs, eta, slope)
        z[{MOVED}] = y[{MOVED}] + strength * place(eta, pivot[1], partial)
        unmix(partial, slope, beliefs, by_y)
    unconstrained(z, beliefs, eta, slope)
    value, by_eta = log_likelihood(eta, t_asof, dt, rows)
    unmix(by_eta, slope, beliefs, by_z)
    value -= 0.5 * (z[{MOVED}] * z[{MOVED}] - y[{MOVED}] * y[{MOVED}])
    moved = by_z[{MOVED}] - z[{MOVED}]
    by_y[{MOVED}] = 0.0
    for i in range({len(VECTOR)}):
        by_y[i] = by_z[i] + moved * strength * by_y[i]
    by_y[{MOVED}] = moved + y[{MOVED}]
    return value, by_y

@cfunc(types.float64(types.CPointer(types.float64), types.CPointer(types.float64), types.int64, types.float64,
                     types.CPointer(types.float64)), error_model="numpy", cache=True)
def log_likelihood_c(y, known, length, dt, gradient):
    """The same behind a C signature, for callers that must not be compiled together with it; ``known`` as `model.known`."""
    data = carray(known, (length,))
    last = 3 + {len(VECTOR) * (4 + len(VECTOR))}
    beliefs = data[3:last].reshape(({len(VECTOR)}, {4 + len(VECTOR)}))
    table = data[last:].reshape(((length - last) // {lead + widest}, {lead + widest}))
    at = carray(y, ({len(VECTOR)},))
    value, by_y = log_likelihood_of_coordinates(at, beliefs, data[1:3], data[0], dt, table)
    out = carray(gradient, ({len(VECTOR)},))
    for i in range({len(VECTOR)}):
        out[i] = by_y[i]
    return value
'''


@cache
def forward() -> Any:
    """The compiled simulation: see the docstring of ``simulate`` in the generated module."""
    return _load("forward").simulate


@cache
def log_likelihood() -> Any:
    """The compiled likelihood: see the docstring of ``log_likelihood`` in the generated module."""
    return _load("likelihood").log_likelihood


@cache
def log_likelihood_of_coordinates() -> Any:
    """The compiled likelihood in the sampler's coordinates: see the docstring in the generated module."""
    return _load("likelihood").log_likelihood_of_coordinates


def joined(t_asof: float, pivot: np.ndarray, beliefs: np.ndarray, table: np.ndarray) -> np.ndarray:
    """What a fit is told, as the one vector that the compiled likelihood takes: every array costs a compiler a second."""
    return np.concatenate([[t_asof], pivot, beliefs.ravel(), table.ravel()])


def parts(known: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """The reverse of `joined`."""
    from forecast.parameters import VECTOR
    from forecast.rows import WIDTH

    n = len(VECTOR)
    last = 3 + n * (4 + n)
    return float(known[0]), known[1:3], known[3:last].reshape(n, 4 + n), known[last:].reshape(-1, WIDTH)


def log_likelihood_address() -> int:
    """Address of the same as a C function: double (y*, known*, length, dt, gradient*)."""
    return int(_load("likelihood").log_likelihood_c.address)


@cache
def trajectory() -> Any:
    """The compiled past: (parameters in the order of mechanism.PAST, steps, dt) -> readings, Jacobian."""
    return _load("likelihood").trajectory


def describe() -> str:
    """One line for manifests."""
    return f"mechanism {sources_hash()[:12]} ({inspect.getdoc(mechanism).splitlines()[0]})"  # type: ignore[union-attr]
