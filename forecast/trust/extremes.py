"""The compiled simulation far outside anybody's beliefs: dates finite or never, in their order, and the right way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

import priors
from forecast import kernels, parameters, sampling, simulation
from forecast.kernels import EVENT_ROWS, MONTH
from forecast.mechanism import HISTORY_START, LN10, WALK_STEP, Parameters
from forecast.simulation import HORIZON, MOST_STEPS, SNAPSHOT_YEARS
from forecast.trust.findings import Finding
from forecast.trust.numerics_fits import worst

NAMED = {"r": 5.0, "ln_boost": np.log(1000.0), "headroom": 30.0 * LN10, "tau": 0.01}
"""The extremes that the issue names, in the mechanism's units."""

RANGES: Mapping[str, tuple[float, float]] = {
    "g_s": (0.2, 4.0), "g_c": (0.05, 4.0), "a": (-5.0, 3.0), "b": (0.1, 4.0), "theta": (-3.0, 15.0),
    "omega": (0.05, 6.0), "logit_rho0": (-12.0, 12.0), "tau_rho": (0.02, 30.0), "ln_boost": (0.001, np.log(1000.0)),
    "kappa": (0.01, 0.99), "r": (0.01, 5.0), "phi0": (0.0, 0.999), "phi1": (-1.0, 1.0), "headroom": (0.1, 30.0 * LN10),
    "tau": (0.01, 10.0), "zeta": (0.0, 1.0), "t_slow": (2020.0, 2200.0), "g_c_late": (0.0, 4.0), "wall": (0.01, 2.0),
    "T_par": (2023.0, np.inf),
}  # fmt: skip
"""Beyond what anybody believes, in the mechanism's units; corners are combinations of these."""

TINY, HUGE = 1e-6, 1e3
ENDS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("g_s", "g_c", "b", "omega", "tau_rho", "r", "headroom", "tau", "g_c_late"), (TINY, HUGE)),
    "a": (-20.0, 20.0), "theta": (-20.0, 20.0), "logit_rho0": (-40.0, 40.0), "ln_boost": (TINY, np.log(1e9)),
    "kappa": (TINY, 1.0 - TINY), "phi0": (TINY, 1.0 - TINY), "phi1": (-1.0, 1.0), "zeta": (TINY, 1.0 - TINY),
    "t_slow": (1900.0, np.inf), "wall": (TINY, 2.0), "T_par": (1900.0, np.inf),
}  # fmt: skip
"""Where a variable's support ends, one at a time: a millionth and a thousand where it is any positive number."""

ORDER = (
    ("RE", "LOOP"), ("SWX3", "SWX5"), ("SWX5", "SWX10"), ("LOOP", "X100"), ("X100", "ASI"), ("CORE", "HALF"),
)  # fmt: skip
"""Which date cannot come before which, whatever the parameters. M2 has no place: it compares paces, not levels."""

ROUNDING_YEARS = 1e-9


class Lever(NamedTuple):
    """``of``: more of what; ``changed``: the new values of fields, from the old; ``events``: none of them may come
    later. ``roomy``: only where no ceiling is near; ``steady``: only where compute stays on trend."""

    of: str
    changed: Mapping[str, tuple[float, float]]
    events: tuple[str, ...]
    roomy: bool = False
    steady: bool = False


CLOSING = ("RE", "LOOP", "CORE", "HALF")
TAKING_OFF = ("SWX3", "SWX5", "SWX10")
LEVERS = (
    Lever("easier tasks", {"theta": (1.0, -0.5)}, CLOSING, steady=True),
    Lever("faster generations", {"tau": (0.5, 0.0)}, CLOSING, steady=True),
    Lever("less left to people", {"logit_rho0": (1.0, -1.0)}, CLOSING, steady=True),
    Lever("higher wall", {"wall": (1.1, 0.0)}, CLOSING, steady=True),
    Lever("earlier paradigm", {"T_par": (1.0, -2.0)}, CLOSING, steady=True),
    Lever("greater boost", {"ln_boost": (1.0, np.log(1.5))}, CLOSING),
    Lever("greater r", {"r": (1.3, 0.0)}, CLOSING, steady=True),
    Lever("greater boost, takeoff", {"ln_boost": (1.0, np.log(1.5))}, TAKING_OFF, roomy=True, steady=True),
    Lever("greater r, takeoff", {"r": (1.3, 0.0)}, TAKING_OFF, roomy=True, steady=True),
)
"""New value = factor x old + summand. Signs that hold only under conditions are measured under them: near a ceiling who
gains more early has less room left, and once compute slows "ideas get harder to find" may turn into relief. A residual
that fades faster is no lever: its odds turn on the as-of date, before which more was left to people."""


def beliefs(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws (n for each named worldview, len(Parameters._fields)) of stated beliefs, and nats by which ASI is ahead."""
    found, ahead = [], []
    for name, worldview in priors.load_all().items():
        z = np.random.default_rng([seed, sum(map(ord, name))]).standard_normal((n, len(parameters.VECTOR)))
        eta = sampling.values_of(z, parameters.of_worldview(worldview))
        future = simulation.future_values(worldview, n, seed)
        found.append(simulation.mechanism_parameters(eta, future, worldview.as_of_year))
        ahead.append((4.0 + 6.0 * simulation.uniforms("ASI", n, seed)) * LN10)
    return np.concatenate(found), np.concatenate(ahead)


def changed(draws: np.ndarray, values: Mapping[str, float | np.ndarray]) -> np.ndarray:
    """The same draws with some fields set."""
    other = draws.copy()
    for name, value in values.items():
        other[:, Parameters._fields.index(name)] = value
    return other


def corners(n: int, *, seed: int) -> np.ndarray:
    """n random corners of RANGES, all different, (n, len(Parameters._fields))."""
    rng = np.random.default_rng([seed, 5])
    p = Parameters._field_defaults | {"t_asof": 2026.3}
    sides = np.unique(rng.integers(0, 2, (2 * n, len(RANGES))), axis=0)
    chosen = rng.permutation(sides)[:n]
    columns = {name: np.asarray(ends)[chosen[:, i]] for i, (name, ends) in enumerate(RANGES.items())}
    return np.column_stack([np.broadcast_to(columns[f] if f in columns else p[f], n) for f in Parameters._fields])


def dates(draws: np.ndarray, asi: np.ndarray, *, shaken: bool = False, seed: int = 1) -> np.ndarray:
    """Dates (n, len(EVENT_ROWS)) of the compiled simulation, nan where it does not arrive. ``shaken``: with process
    noise of one nat per square root of a year, more than twice what rows show."""
    knots = int((HORIZON - HISTORY_START) / WALK_STEP) + 2
    rng = np.random.default_rng([seed, 17])
    noise = np.cumsum(rng.standard_normal((len(draws), knots)), axis=1) * WALK_STEP**0.5 * shaken
    start = HISTORY_START
    return np.asarray(kernels.forward()(draws, asi, noise, start, start, HORIZON, SNAPSHOT_YEARS, MOST_STEPS)[0])


def faults(found: np.ndarray) -> dict[str, float]:
    """Draws whose dates are not numbers, lie outside the simulated years, or come in the wrong order (`ORDER`), and
    the years by which the worst of these come too early."""
    at = {name: i for i, name in enumerate(EVENT_ROWS)}
    missing = np.isnan(found).any(axis=1)
    with np.errstate(invalid="ignore"):
        outside = ((found < HISTORY_START) | ((found > HORIZON) & np.isfinite(found))).any(axis=1)
        pairs = [np.where(found[:, i] == found[:, j], 0.0, found[:, i] - found[:, j]) for i, j in _order(at)]
    early = np.nan_to_num(np.max(pairs, axis=0))
    return {
        "not a number": int(missing.sum()),
        "outside": int(outside.sum()),
        "unordered": int((early > ROUNDING_YEARS).sum()),
        "years_early": float(max(early.max(), 0.0)),
    }


def _order(at: Mapping[str, int]) -> list[tuple[int, int]]:
    return [(at[first], at[then]) for first, then in ORDER]


def cases(n: int, *, seed: int) -> pd.DataFrame:
    """One row for each kind of extreme: what, draws, the counts of `faults`, and the share that closes the loop."""
    draws, asi = beliefs(n, seed=seed)
    sets = {"as believed": draws, "r 5, boost 1000, H 30, tau 0.01": changed(draws, NAMED)}
    sets |= {f"{name} alone": changed(draws, {name: value}) for name, value in NAMED.items()}
    sets |= {"the same, kappa 0.99": changed(draws, NAMED | {"kappa": 0.99})}
    found = [_case(what, some, asi) for what, some in sets.items()]
    edge = corners(50 * n, seed=seed)
    ahead = np.resize(np.array([4.0, 10.0]) * LN10, len(edge))
    found += [_case("corners of all ranges", edge, ahead), _case("corners, shaken", edge, ahead, shaken=True)]
    for name, ends in ENDS.items():
        found += [_case(f"{name} at {end:g}", changed(draws, {name: end}), asi) for end in ends]
    return pd.DataFrame(found)


def _case(what: str, draws: np.ndarray, asi: np.ndarray, *, shaken: bool = False) -> dict[str, object]:
    found = dates(draws, asi, shaken=shaken)
    loop = float(np.isfinite(found[:, EVENT_ROWS.index("LOOP")]).mean())
    return {"what": what, "draws": len(draws), **faults(found), "loop": loop}


def levers(n: int, *, seed: int) -> pd.DataFrame:
    """One row for each lever and event: the largest delay in years that more of it brings to any of paired draws, and
    the share delayed by more than a step."""
    draws, asi = beliefs(n, seed=seed)
    at = {name: i for i, name in enumerate(Parameters._fields)}
    found = []
    for lever in LEVERS:
        fixed = {"headroom": 1e4} if lever.roomy else {}
        before = changed(draws, fixed | ({"g_c_late": draws[:, at["g_c"]]} if lever.steady else {}))
        after = changed(before, {f: a * before[:, at[f]] + b for f, (a, b) in lever.changed.items()})
        one, two = dates(before, asi), dates(after, asi)
        for event in lever.events:
            i = EVENT_ROWS.index(event)
            delay = np.where(one[:, i] == two[:, i], 0.0, two[:, i] - np.where(np.isinf(one[:, i]), HORIZON, one[:, i]))
            found.append((lever.of, event, max(float(delay.max()), 0.0), float((delay > MONTH).mean()), bound(lever)))
    return pd.DataFrame(found, columns=["more", "event", "largest", "delayed", "bound"])


def bound(lever: Lever) -> float:
    """A step, since a takeoff that begins inside one is dated to within it; two where a window has two such ends."""
    return 2.0 * MONTH if lever.events == TAKING_OFF else MONTH


def findings(found: pd.DataFrame, moved: pd.DataFrame) -> list[Finding]:
    """No date that is not a number, none out of order, none delayed by more of what brings it."""
    total = int(found["draws"].sum())
    says = {
        "not a number": "trajectories that do not arrive in 2100",
        "outside": "trajectories with a date before 2023 or after 2100",
        "unordered": "trajectories with a date before one that has to come first",
    }
    rows = []
    for fault, text in says.items():
        most_in = worst(found, fault)
        most = f"; most of them: {most_in['what']}" if most_in[fault] else ""
        most += (
            f", by at most {found['years_early'].max():.2g} years" if fault == "unordered" and most_in[fault] else ""
        )
        rows.append(
            Finding(
                item=f"extremes, {fault}", value=float(found[fault].sum()), unit="draws", high=0.0,
                says=f"Of {total} {text}, in {len(found)} kinds of extreme{most}.",
            )
        )  # fmt: skip
    for of, part in moved.groupby("more", sort=False):
        late = worst(part, "largest")
        rows.append(
            Finding(
                item=f"delay by {of}", value=float(late["largest"]), unit="years", high=float(late["bound"]),
                says=f"Largest delay over paired draws of {', '.join(part['event'])} ({late['event']}); "
                f"{late['delayed']:.2%} of draws are delayed by more than a step.",
            )
        )  # fmt: skip
    return rows
