"""Every mixture of two stated views, block by block, simulated with the same luck, and what is asked of each.

One standard normal for each parameter and draw is pushed through the beliefs of whoever owns it, and what acts only
after today is drawn by name (`simulation.uniforms`), so two coalitions differ by their beliefs and by nothing else.
That no loop was closed on the day of the view enters as a weight here, where `views.state` accepts and rejects.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from cruxes import blocks
from cruxes.blocks import CLOCKS, HONOURED, SHARED, TRAJECTORY, Side
from forecast import likelihood, parameters, sampling, simulation, views
from forecast.functionals import end_of
from forecast.simulation import COMPETING, HORIZON, Futures
from forecast.view import View
from priors import Role, variables

DRAWS = 1500
"""For each coalition."""

BATCHES = 10
"""Groups of draws that are independent of one another; within each they are spread evenly (a Latin hypercube)."""

RARE = 0.005
"""Probability of ever, below which a median date "if ever" is not defined here."""

THREADS = 2


@dataclass(frozen=True, kw_only=True)
class Answers:
    """``values`` (2**len(players), 1 + BATCHES, len(labels)): by coalition (bit i: player i is the other's), with all
    draws and then with one batch left out, for each label (event, output_type, output_type_id) as in
    `forecast.summary`. Not a number where a median is not defined."""

    players: tuple[str, ...]
    labels: tuple[tuple[str, str, str], ...]
    values: np.ndarray


def labels(events: Sequence[str], days: Sequence[date]) -> tuple[tuple[str, str, str], ...]:
    """What is asked: P(by), P(never) and the median date if ever, of each event."""
    asked = [*(("cdf", day.isoformat()) for day in days), ("never", ""), ("quantile_if_ever", "0.5")]
    return tuple((event, *one) for event in events for one in asked)


def answers(
    a: Side, b: Side, *, events: Sequence[str], days: Sequence[date], seed: int, draws: int = DRAWS,
    players: Collection[str] | None = None,
) -> Answers:  # fmt: skip
    """Ask every coalition of the blocks in which the two differ, as far as they can move one of the events.

    ``players`` asks of these blocks instead. Raises ValueError where draws do not make up whole batches.
    """
    if draws % BATCHES:
        raise ValueError(f"{draws} draws; expected a multiple of {BATCHES}")
    can = {block for event in events for block in blocks.acting(event)}
    chosen = [p for p in (blocks.differing(a, b) if players is None else players) if p in can]
    parts = [[p for p in chosen if p in group] for group in (TRAJECTORY, CLOCKS, (HONOURED,))]
    order = tuple(p for part in parts for p in part)
    asked = labels(events, days)
    luck = _luck(draws, seed)
    even = evened(a, b, draws, seed)
    absences: dict[frozenset[str], np.ndarray] = {}
    values = np.empty((1 << len(order), 1 + BATCHES, len(asked)))

    def run(mask: int) -> None:
        moved = frozenset(_members(parts[0], mask))
        futures, eta = _simulated(a, b, moved, luck, seed)
        key = moved & _ACT_ON_THE_PAST
        if key not in absences:
            absences[key] = _log_absence(a, b, moved, eta)
        for clock in range(1 << len(parts[1])):
            owners = moved | set(_members(parts[1], clock))
            seen = _with_clocks(futures, a, b, owners, seed) if clock else futures
            happens, dates = _asked_of(seen, events, days)
            for tilt in range(1 << len(parts[2])):
                bent = _bent(b if tilt else a, seen, eta, absences[key], seed)
                place = mask | clock << len(parts[0]) | tilt << (len(parts[0]) + len(parts[1]))
                values[place] = _answered(happens, dates, _normalised(even * bent))

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(run, range(1 << len(parts[0]))):
            pass
    return Answers(players=order, labels=asked, values=values)


_ACT_ON_THE_PAST = frozenset(
    {SHARED, *(str(v.crux) for v in variables().values() if v.role is Role.TRAJECTORY)} & set(TRAJECTORY)
)


def _members(players: Sequence[str], mask: int) -> list[str]:
    return [p for i, p in enumerate(players) if mask >> i & 1]


def _luck(draws: int, seed: int) -> np.ndarray:
    """Standard normals (draws, len(VECTOR)), batch by batch."""
    rng = np.random.default_rng([seed, 17])
    d = len(parameters.VECTOR)
    return np.asarray(
        ndtri(np.concatenate([qmc.LatinHypercube(d, rng=rng).random(draws // BATCHES) for _ in range(BATCHES)]))
    )


def _simulated(a: Side, b: Side, moved: Collection[str], luck: np.ndarray, seed: int) -> tuple[Futures, np.ndarray]:
    """The futures of one coalition, with the clocks of ``a``, and the parameters they come from."""
    worldview = blocks.between(a, b, moved)
    eta = sampling.values_of(luck, blocks.prior_between(a.prior, b.prior, moved))
    return simulation.simulate(eta, worldview, seed=seed), eta


def _log_absence(a: Side, b: Side, moved: Collection[str], eta: np.ndarray) -> np.ndarray:
    """ln of the probability (n,) that no loop was shown by the day of the owner of SHARED."""
    owner = b if SHARED in moved else a
    by_row = likelihood.by_row_of_values(eta, owner.prior.t_asof, owner.absence)["absence"]
    return np.asarray(by_row @ owner.absence["absence"].weight)


def _with_clocks(futures: Futures, a: Side, b: Side, from_b: Collection[str], seed: int) -> Futures:
    """The same trajectories under other lags, steering and pauses."""
    worldview = blocks.between(a, b, from_b)
    drawn = simulation.future_values(worldview, len(futures), seed)
    dates = dict(futures.dates) | simulation.clocks(futures.dates, worldview, drawn, seed)
    return Futures(dates=dates, snapshots=futures.snapshots, values=futures.values)


def _bent(owner: Side, futures: Futures, eta: np.ndarray, log_absence: np.ndarray, seed: int) -> np.ndarray:
    """Factors (n,) on the draws of a coalition in which the own numbers of ``owner`` are kept."""
    factor = np.exp(log_absence - log_absence.max())
    if np.any(owner.tilt.multipliers):
        view = replace(owner.view, eta=eta, futures=futures, weights=factor, seed=seed)
        factor = factor * owner.tilt.weights(views.indicators(owner.worldview, view)[0])
    return np.asarray(factor)


def _normalised(weights: np.ndarray) -> np.ndarray:
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def evened(a: Side, b: Side, n: int, seed: int) -> np.ndarray:
    """Weights (1 + BATCHES, n), near 1, under which the luck of what acts only after today is as even as it should be:
    all draws, and then with each batch left out.

    Whether a new paradigm is needed, never comes, or comes late would otherwise be the largest error of all shares,
    though all three chances are known. Weights are calibrated (generalised regression) to the exact means.
    """
    luck = {name: simulation.uniforms(name, n, seed) for name in ("psi", "pi_never", "A")}
    normal = {name: ndtri(simulation.uniforms(name, n, seed)) for name in ("T_par", "wall", "t_slow", "PAUSE", "gam")}
    columns, means = [*normal.values()], [0.0] * len(normal)
    for one in (a, b):
        hits = {name: luck[name] < one.chances[name] for name in luck}
        psi, never = one.chances["psi"], one.chances["pi_never"]
        columns += [hits["psi"], hits["psi"] & hits["pi_never"], hits["psi"] * normal["T_par"], hits["A"]]
        means += [psi, psi * never, 0.0, one.chances["A"]]
    away = np.column_stack(columns) - np.array(means)
    weights = np.zeros((1 + BATCHES, n))
    for i, left_out in enumerate([np.zeros(0, dtype=int), *np.array_split(np.arange(n), BATCHES)]):
        kept = np.setdiff1d(np.arange(n), left_out)
        x, mean = away[kept], away[kept].mean(axis=0)
        slope = np.linalg.pinv(np.cov(x.T), rcond=1e-10, hermitian=True) @ mean
        weights[i, kept] = np.maximum(1.0 - (x - mean) @ slope, 0.0)
    return weights


def _asked_of(futures: Futures, events: Sequence[str], days: Sequence[date]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Per event, columns that happen or not (n, events * (days + 2)), with 1 for "ever" in place of the median; and the
    dates seen."""
    columns, dates = [], []
    for event in events:
        seen = futures.observed(event)
        stopped = np.any([futures.stopped_by(event, cause) for cause in COMPETING if cause != event], axis=0)
        columns += [seen < end_of(day) for day in days]
        columns += [(seen > HORIZON) & ~stopped, seen <= HORIZON]
        dates.append(seen)
    return np.column_stack(columns).astype(float), dates


def _answered(happens: np.ndarray, dates: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """(len(weights), columns of ``happens``): probabilities, and a median where "ever" stands."""
    found = weights @ happens
    per_event = happens.shape[1] // len(dates)
    for i, seen in enumerate(dates):
        column = (i + 1) * per_event - 1
        ever = found[:, column].copy()
        order = np.argsort(seen, kind="stable")
        cumulative = np.cumsum(weights[:, order], axis=1)
        place = [int(np.searchsorted(c, 0.5 * e)) for c, e in zip(cumulative, ever, strict=True)]
        found[:, column] = np.where(ever >= RARE, seen[order][np.minimum(place, len(order) - 1)], np.nan)
    return np.asarray(found)


def published(view: View, label: tuple[str, str, str]) -> tuple[float, float]:
    """The answer of a view itself, and its Monte Carlo standard error."""
    event, kind, which = label
    days = [date.fromisoformat(which)] if kind == "cdf" else []
    happens, dates = _asked_of(view.futures, [event], days)
    column = {"cdf": 0, "never": -2, "quantile_if_ever": -1}[kind]
    value = float(_answered(happens, dates, view.weights[None, :])[0, column])
    draws = min(view.effective_draws, view.diagnostics.get("ess_bulk", np.inf))
    share = view.probability(happens[:, column])
    if kind != "quantile_if_ever":
        return value, float(np.sqrt(max(share * (1.0 - share), 0.0) / draws))
    if np.isnan(value):
        return value, float("nan")
    step = 0.5 / np.sqrt(draws * share)
    ever = dates[0] <= HORIZON
    high, low = (view.quantile(dates[0], float(np.clip(0.5 + s, 0.0, 1.0)), ever) for s in (step, -step))
    return value, (high - low) / 2.0


def jackknife(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """(all draws, standard error) of an axis of 1 + BATCHES: everything, then each batch left out."""
    whole, left_out = np.take(values, 0, axis=axis), np.take(values, range(1, 1 + BATCHES), axis=axis)
    away = left_out - left_out.mean(axis=axis, keepdims=True)
    return whole, np.sqrt((BATCHES - 1) / BATCHES * np.square(away).sum(axis=axis))
