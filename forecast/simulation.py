"""From draws of the parameters to dated futures: the mechanism run to 2100, and the clocks that follow from it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

import priors
from forecast import kernels, parameters
from forecast.future import evidence
from forecast.mechanism import HISTORY_START, LN10, WALK, WALK_STEP, Parameters
from forecast.namespaces import NumPy
from priors import Worldview

HORIZON = 2100.0
"""Last date that counts; what has not happened by then is "never"."""

EVENTS = ("RE", "LOOP", "M2", "SWX3", "SWX5", "SWX10", "X100", "ASI", "ECON10", "ECON30")
"""Clocks that loss of control or a pause may stop."""

COMPETING = ("LOC", "PAUSE")

SNAPSHOT_YEARS = np.arange(2023.0, 2042.0)

LOSS_OF_CONTROL_MEAN_YEARS = 2.0
FLATLINE_YEARS = 10.0
SLOW_START_YEARS = 3.0
"""ECON10 follows the closed loop after this long where there is no SWX3 by then."""

MOST_STEPS = 14_000

type Weigh = Callable[[Mapping[str, np.ndarray]], np.ndarray]
"""What rows say of draws of `future_values`: logarithms of weights (n,), see `forecast.future.evidence.log_weight`."""


@dataclass(frozen=True, kw_only=True)
class Futures:
    """What n draws lead to. Dates are decimal years, inf where not by HORIZON, before any censoring.

    ``dates``: every event, LOC, PAUSE, and the mechanism's own CORE and HALF (f first at 0.3 and 0.5). ``snapshots``:
    (n, len(SNAPSHOT_YEARS)) of each `kernels.SNAPSHOT_FIELDS`. ``values``: crux values by name in the units of
    `priors.variables`, and what functionals need besides.
    """

    dates: Mapping[str, np.ndarray]
    snapshots: Mapping[str, np.ndarray]
    values: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.dates["LOOP"])

    def first_stop(self, event: str) -> np.ndarray:
        """The date at which a competing event stops the clock of ``event``: LOC or PAUSE, whichever is first."""
        return np.min([self.dates[name] for name in COMPETING if name != event], axis=0)

    def observed(self, event: str) -> np.ndarray:
        """Dates at which the event is seen to happen: inf where something stopped its clock first, or never."""
        date = self.dates[event]
        return np.where(date <= self.first_stop(event), date, np.inf)

    def stopped_by(self, event: str, cause: str) -> np.ndarray:
        """Draws in which ``cause`` stopped the clock of ``event`` before it rang."""
        stop = self.dates[cause]
        return (stop < self.dates[event]) & (stop == self.first_stop(event)) & np.isfinite(stop)

    def take(self, index: np.ndarray) -> Futures:
        """Some of the draws, or all in another order."""
        return Futures(
            dates={k: v[index] for k, v in self.dates.items()},
            snapshots={k: v[index] for k, v in self.snapshots.items()},
            values={k: v[index] for k, v in self.values.items()},
        )


def uniforms(name: str, n: int, seed: int) -> np.ndarray:
    """One stream for each random quantity, so that a change in one belief leaves the luck of all others as it was."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return np.clip(rng.random(n), 1e-12, 1.0 - 1e-12)


def future_values(worldview: Worldview, n: int, seed: int) -> dict[str, np.ndarray]:
    """Draws of what acts only after today, by name; psi is drawn as 0 or 1, T_par is inf where it never comes."""
    beliefs, chances = worldview.elicited(), worldview.probabilities()
    drawn = {
        name: priors.values(beliefs[name], ndtri(uniforms(name, n, seed)))
        for name, variable in priors.variables().items()
        if variable.role is priors.Role.FUTURE and name in beliefs
    }
    drawn["psi"] = (uniforms("psi", n, seed) < chances["psi"]).astype(float)
    drawn["T_par"] = np.where(uniforms("pi_never", n, seed) < chances["pi_never"], np.inf, drawn["T_par"])
    return drawn


def mechanism_parameters(eta: np.ndarray, future: Mapping[str, np.ndarray], t_asof: float) -> np.ndarray:
    """The kernel's input, (n, len(Parameters._fields)), from unconstrained values (n, len(VECTOR))."""
    q = {k: v[:, 0] for k, v in parameters.natural(parameters.by_name(eta), NumPy).items()}
    known: dict[str, Any] = {name: q[name] for name in Parameters._fields if name in q}
    known |= {name: future[name] for name in ("zeta", "t_slow", "g_c_late")}
    p = Parameters(
        **known,
        t_asof=t_asof,
        wall=np.where(future["psi"] > 0, future["wall"], 2.0),
        T_par=future["T_par"],
        feedback=1.0,
    )
    return np.column_stack([np.broadcast_to(column, len(eta)) for column in p]).astype(float)


def drift(eta: np.ndarray, seed: int) -> np.ndarray:
    """Process noise of the log horizon every WALK_STEP years from HISTORY_START on, from draws (n, len(VECTOR)).

    The walk of the past, as rows have found it, goes on with shocks of the same spread: futures scatter more than
    parameters do, and start from where the horizon is, not from the line through its past.
    """
    at = {name: parameters.VECTOR.index(name) for name in WALK}
    steps = int(np.ceil((HORIZON - HISTORY_START) / WALK_STEP)) + 1
    shocks = np.random.default_rng([seed, zlib.crc32(b"process noise")]).standard_normal((len(eta), steps))
    shocks[:, : len(WALK) - 1] = eta[:, [at[name] for name in WALK[1:]]]
    walk = np.cumsum(shocks, axis=1) * np.exp(eta[:, at["walk_sd"]])[:, None] * WALK_STEP**0.5
    return np.concatenate([np.zeros((len(eta), 1)), walk], axis=1)


def weighed(future: Mapping[str, np.ndarray], weigh: Weigh, seed: int) -> dict[str, np.ndarray]:
    """Draws of `future_values` after rows have weighed them: those that rows speak of are taken anew by their weights."""
    log_weight = weigh(future)
    if np.ptp(log_weight) == 0.0:
        return dict(future)
    index = evidence.resample(log_weight, uniform=float(uniforms("future evidence", 1, seed)[0]))
    return dict(future) | {name: future[name][index] for name in evidence.WEIGHED}


def simulate(
    eta: np.ndarray,
    worldview: Worldview,
    *,
    seed: int,
    noise: float = 1.0,
    weigh: Weigh | None = None,
) -> Futures:
    """Run each draw (unconstrained values, (n, len(VECTOR))) to HORIZON.

    ``noise`` multiplies the process noise (0: none). ``weigh``: what rows say of what acts only after today (nothing
    where it is left out).
    Raises ArithmeticError where a trajectory is not finite.
    """
    n = len(eta)
    future = future_values(worldview, n, seed)
    if weigh is not None:
        future = weighed(future, weigh, seed)
    headroom_oom = 4.0 + 6.0 * uniforms("ASI", n, seed)
    dates, u_at_loop, snaps = kernels.forward()(
        mechanism_parameters(eta, future, worldview.as_of_year),
        headroom_oom * LN10,
        noise * drift(eta, seed),
        HISTORY_START,
        HISTORY_START,
        HORIZON,
        SNAPSHOT_YEARS,
        MOST_STEPS,
    )
    if np.isnan(dates).any():
        raise ArithmeticError(f"{int(np.isnan(dates).any(axis=1).sum())} of {n} trajectories did not reach {HORIZON}")
    events = dict(zip(kernels.EVENT_ROWS, dates.T, strict=True))
    events |= clocks(events, worldview, future, seed)
    beliefs, names = worldview.elicited(), parameters.CRUXES
    values = {name: priors.from_real(beliefs[name].link, eta[:, i]) for i, name in enumerate(names)}
    values |= future
    values["jump"] = (uniforms("J", n, seed) < worldview.probabilities()["J"]).astype(float)
    values["kept"] = (uniforms("A", n, seed) < worldview.probabilities()["A"]).astype(float)
    values["r_eff"] = values["r"] * (1.0 - values["phi0"])
    values["u_at_loop"] = u_at_loop
    return Futures(
        dates=events,
        snapshots=dict(zip(kernels.SNAPSHOT_FIELDS, np.moveaxis(snaps, 2, 0), strict=True)),
        values=values,
    )


def clocks(
    events: Mapping[str, np.ndarray], worldview: Worldview, future: Mapping[str, np.ndarray], seed: int
) -> dict[str, np.ndarray]:
    """Dates of what follows: the economy by way of the loop or by diffusion alone, loss of control, a pause."""
    n = len(future["L"])
    lost = uniforms("A", n, seed) >= worldview.probabilities()["A"]
    wait = -LOSS_OF_CONTROL_MEAN_YEARS * np.log(uniforms("LOC", n, seed))
    by_loop = np.minimum(events["SWX3"], events["LOOP"] + SLOW_START_YEARS) + future["L"]
    econ10 = np.minimum(by_loop, future["T_broad"])
    clocks = {
        "ECON10": econ10,
        "ECON30": econ10 + future["L30"],
        "LOC": np.where(lost, events["LOOP"] + wait, np.inf),
        "PAUSE": events["HALF"] - np.log(uniforms("PAUSE", n, seed)) / future["gam"],
    }
    return {name: np.where(date <= HORIZON, date, np.inf) for name, date in clocks.items()}


def join(parts: Sequence[Futures]) -> Futures:
    """Draws of several runs, one after the other."""
    first = parts[0]
    return Futures(
        dates={k: np.concatenate([p.dates[k] for p in parts]) for k in first.dates},
        snapshots={k: np.concatenate([p.snapshots[k] for p in parts]) for k in first.snapshots},
        values={k: np.concatenate([p.values[k] for p in parts]) for k in first.values},
    )
