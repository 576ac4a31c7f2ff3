"""Every mixture of two stated views, block by block, simulated with the same luck.

One standard normal for each parameter and draw is pushed through the beliefs of whoever owns it, and what acts only
after today is drawn by name (`simulation.uniforms`), so two coalitions differ by their beliefs and by nothing else.
That no loop was closed on the day of the view enters as a weight here, where `views.state` accepts and rejects.

What the kernel is given has its columns from one owner or the other, so each side's are computed once. A draw that
needs no new paradigm under either side's beliefs is not run again when the two exchange what they believe of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from cruxes import blocks
from cruxes.blocks import CLOCKS, HONOURED, OWNER, SHARED, TRAJECTORY, Side
from cruxes.even_luck import STREAMS, Luck
from cruxes.precision import BATCHES
from forecast import kernels, likelihood, parameters, sampling, simulation, views
from forecast.mechanism import HISTORY_START, LN10, WALK, WALK_STEP, Parameters
from forecast.simulation import COMPETING, HORIZON, Futures

THREADS = 2

PARADIGM = "C6"

WALK_PARTS = (1.5, 6.5, 16.5)
"""Years since the last shock that rows can tell of; between them the process noise to come is summed up."""

_UNLIKE_THEIR_VARIABLE = {"logit_rho0": "rho0", "ln_boost": "boost", "headroom": "H"}
_INPUTS = tuple(OWNER.get(_UNLIKE_THEIR_VARIABLE.get(name, name), SHARED) for name in Parameters._fields)
_VALUES = tuple(OWNER.get(name, SHARED) for name in parameters.VECTOR)
"""Blocks of the kernel's inputs and of `parameters.VECTOR`; what no worldview has a say in goes with SHARED."""


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """One round of draws under all coalitions (bit i: player i is the other's).

    ``seen`` (coalitions, events, n): dates as seen, inf where not; ``never``: neither seen nor stopped, of the same
    shape; ``factor`` (coalitions, n): weights, not normalised, of one scale in all rounds.
    """

    seen: np.ndarray
    never: np.ndarray
    factor: np.ndarray
    luck: Luck


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Two sides under one luck. By owner of a block, then owner of SHARED (0: a, 1: b): unconstrained ``values`` and
    kernel ``inputs``; ``walk`` by owner of SHARED; ``future`` (`simulation.future_values`) by owner."""

    values: tuple[tuple[np.ndarray, np.ndarray], ...]
    inputs: tuple[tuple[np.ndarray, np.ndarray], ...]
    walk: tuple[np.ndarray, ...]
    future: tuple[Mapping[str, np.ndarray], ...]
    headroom: np.ndarray
    seed: int


def ordered(players: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Players that need the mechanism anew, those that act on stored dates, and the tilt."""
    return tuple(tuple(p for p in players if p in group) for group in (TRAJECTORY, CLOCKS, (HONOURED,)))


def mixed(a: Side, b: Side, players: Collection[str], *, events: Sequence[str], draws: int, seed: int) -> Mixed:
    """Run all coalitions of ``players``, bits in the order of `ordered`. Raises ArithmeticError where one is not finite."""
    pair = _pair(a, b, _normals(draws, seed), seed)
    moving, waiting, honoured = ordered(players)
    count = 1 << len(moving) + len(waiting) + len(honoured)
    seen = np.empty((count, len(events), draws))
    never = np.empty(seen.shape, dtype=bool)
    factor = np.empty((count, draws))
    bit = 1 << moving.index(PARADIGM) if PARADIGM in moving else 0

    def keep(mask: int, moved: frozenset[str], passages: np.ndarray, eta: np.ndarray, absent: np.ndarray) -> None:
        dates = dict(zip(kernels.EVENT_ROWS, passages.T, strict=True))
        for clock in range(1 << len(waiting)):
            futures = _with_clocks(dates, a, b, moved.union(_members(waiting, clock)), pair)
            outcomes = [outcome(futures, event) for event in events]
            for tilt in range(1 << len(honoured)):
                place = mask | clock << len(moving) | tilt << len(moving) + len(waiting)
                for i, (date, not_by_then) in enumerate(outcomes):
                    seen[place, i], never[place, i] = date, not_by_then
                factor[place] = absent * _tilted(b if tilt else a, futures, eta, seed)

    def run(mask: int) -> None:
        moved = frozenset(_members(moving, mask))
        eta = _owned(pair.values, _VALUES, moved)
        absent = np.exp(_log_absence(a, b, moved, eta))
        inputs, passages = _inputs(pair, moved), np.empty((draws, len(kernels.EVENT_ROWS)))
        passages[:] = _passages(pair, inputs, SHARED in moved, np.arange(draws))
        keep(mask, moved, passages, eta, absent)
        if bit:
            other = _inputs(pair, moved | {PARADIGM})
            again = np.flatnonzero((other != inputs).any(axis=1))
            passages[again] = _passages(pair, other, SHARED in moved, again)
            keep(mask | bit, moved | {PARADIGM}, passages, eta, absent)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(run, (mask for mask in range(1 << len(moving)) if not mask & bit)):
            pass
    return Mixed(seen=seen, never=never, factor=factor, luck=_luck(pair))


def _members(players: Sequence[str], mask: int) -> list[str]:
    return [p for i, p in enumerate(players) if mask >> i & 1]


def _normals(draws: int, seed: int) -> np.ndarray:
    """Standard normals (draws, len(VECTOR)), batch by batch."""
    rng = np.random.default_rng([seed, 17])
    d = len(parameters.VECTOR)
    return np.asarray(
        ndtri(np.concatenate([qmc.LatinHypercube(d, rng=rng).random(draws // BATCHES) for _ in range(BATCHES)]))
    )


def _pair(a: Side, b: Side, normals: np.ndarray, seed: int) -> _Pair:
    sides, n = (a, b), len(normals)
    future = tuple(simulation.future_values(side.worldview, n, seed) for side in sides)
    cruxes = [block for block in blocks.NAMES if block != SHARED]
    values = tuple(
        tuple(sampling.values_of(normals, blocks.prior_between(day.prior, owner.prior, cruxes)) for day in sides)
        for owner in sides
    )
    inputs = tuple(
        tuple(
            _no_idle_date(simulation.mechanism_parameters(values[i][j], future[i], sides[j].worldview.as_of_year))
            for j in (0, 1)
        )
        for i in (0, 1)
    )
    return _Pair(
        values=values,  # type: ignore[arg-type]
        inputs=inputs,  # type: ignore[arg-type]
        walk=tuple(simulation.drift(values[i][i], seed) for i in (0, 1)),
        future=future,
        headroom=(4.0 + 6.0 * simulation.uniforms("ASI", n, seed)) * LN10,
        seed=seed,
    )


def _no_idle_date(inputs: np.ndarray) -> np.ndarray:
    """Where there is no wall the date of the paradigm does nothing, and is the same for everybody."""
    wall, date = (Parameters._fields.index(name) for name in ("wall", "T_par"))
    inputs[inputs[:, wall] == Parameters._field_defaults["wall"], date] = Parameters._field_defaults["T_par"]
    return inputs


def _owned(
    parts: tuple[tuple[np.ndarray, np.ndarray], ...], owners: Sequence[str], moved: Collection[str]
) -> np.ndarray:
    """Columns (n, len(owners)) of whoever owns them in a coalition."""
    day = int(SHARED in moved)
    return np.where([block in moved for block in owners], parts[1][day], parts[0][day])


def _inputs(pair: _Pair, moved: Collection[str]) -> np.ndarray:
    return _owned(pair.inputs, _INPUTS, moved)


def _passages(pair: _Pair, inputs: np.ndarray, day: int, rows: np.ndarray) -> np.ndarray:
    """Dates (len(rows), len(EVENT_ROWS)), to the bit those of `simulation.simulate`, without what is not asked."""
    dates, _, _ = kernels.forward()(
        inputs[rows], pair.headroom[rows], pair.walk[day][rows], HISTORY_START, HISTORY_START, HORIZON,
        simulation.SNAPSHOT_YEARS[-1:], simulation.MOST_STEPS,
    )  # fmt: skip
    if np.isnan(dates).any():
        raise ArithmeticError(f"{int(np.isnan(dates).any(axis=1).sum())} of {len(rows)} did not reach {HORIZON}")
    return np.asarray(dates)


def _log_absence(a: Side, b: Side, moved: Collection[str], eta: np.ndarray) -> np.ndarray:
    """ln of the probability (n,) that no loop was shown by the day of the owner of SHARED."""
    owner = b if SHARED in moved else a
    by_row = likelihood.by_row_of_values(eta, owner.prior.t_asof, owner.absence)["absence"]
    return np.asarray(by_row @ owner.absence["absence"].weight)


def _with_clocks(dates: Mapping[str, np.ndarray], a: Side, b: Side, owned: Collection[str], pair: _Pair) -> Futures:
    """The same trajectories under the lags, steering and pauses of whoever owns them."""
    drawn = {name: pair.future[OWNER[name] in owned][name] for name in pair.future[0]}
    clocks = simulation.clocks(dates, blocks.between(a, b, owned), drawn, pair.seed)
    return Futures(dates={**dates, **clocks}, snapshots={}, values={})


def outcome(futures: Futures, event: str) -> tuple[np.ndarray, np.ndarray]:
    """Dates as seen, and whether never: neither seen nor stopped."""
    seen = futures.observed(event)
    stopped = np.any([futures.stopped_by(event, cause) for cause in COMPETING if cause != event], axis=0)
    return seen, (seen > HORIZON) & ~stopped


def _tilted(owner: Side, futures: Futures, eta: np.ndarray, seed: int) -> np.ndarray:
    """Factors (n,) under which the own numbers of ``owner`` are kept."""
    if not np.any(owner.tilt.multipliers):
        return np.ones(len(eta))
    view = replace(owner.view, eta=eta, futures=futures, weights=np.ones(len(eta)), seed=seed)
    return np.asarray(np.exp(views.indicators(owner.worldview, view)[0] @ owner.tilt.multipliers))


def _luck(pair: _Pair) -> Luck:
    """What of the draws has a known mean."""
    n = len(pair.headroom)
    wall = Parameters._fields.index("wall")
    free = [pair.inputs[i][i].copy() for i in (0, 1)]
    for inputs in free:
        inputs[:, wall] = Parameters._field_defaults["wall"]
    loop = kernels.EVENT_ROWS.index("LOOP")
    closing = [_passages(pair, free[i], i, np.arange(n))[:, loop] for i in (0, 1)]
    known = len(WALK) - 1
    spread = np.exp(pair.values[0][0][:, parameters.VECTOR.index("walk_sd")])
    at = [known, *(known + int(years / WALK_STEP) for years in WALK_PARTS)]
    walk = np.diff(pair.walk[0][:, at], axis=1) / spread[:, None]
    return Luck(
        uniforms={name: simulation.uniforms(name, n, pair.seed) for name in STREAMS},
        closing=np.array(closing),
        walk=walk,
        batch=np.repeat(np.arange(BATCHES), n // BATCHES),
    )
