"""Half the step: the same draws through a simulation and a likelihood whose steps are divided, and what that moves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from forecast import kernels, rows, simulation, summary
from forecast.functionals import happened_by
from forecast.kernels import LARGEST_GAIN, MONTH, PATIENCE
from forecast.mechanism import HISTORY_START, LN10
from forecast.observations import KINDS
from forecast.simulation import EVENTS, HORIZON, MOST_STEPS, SNAPSHOT_YEARS, Weigh
from forecast.summary import HEADLINE_DAYS
from forecast.trust.findings import Finding
from forecast.trust.numerics_fits import Fit, worst
from forecast.view import View
from priors import Worldview

LARGEST_CHANGE_YEARS = 0.05
LARGEST_SWITCHED = 0.01
LEAST_DATED = 1000
"""Draws with a date, below which a 99th percentile is the story of fewer than ten of them and is not held."""

LEAST_EFFECTIVE_SHARE = 0.99
HELD = ("LOOP", "SWX3")
"""Events whose published numbers may not move by a Monte Carlo error."""


def divided(source: str, times: int) -> str:
    """Source of the generated simulation with all steps divided by ``times``, and no cache on disk.

    Raises RuntimeError where `kernels` no longer writes the step as it did.
    """
    for line, by in (
        (
            f"dt = min({MONTH!r}, {LARGEST_GAIN!r} / max(",
            f"dt = min({MONTH / times!r}, {LARGEST_GAIN / times!r} / max(",
        ),
        (
            f"dt = {MONTH!r} if steps > {PATIENCE!r} else",
            f"dt = {MONTH / times!r} if steps > {PATIENCE * times!r} else",
        ),
    ):
        if source.count(line) != 1:
            raise RuntimeError(f"the generated simulation has {source.count(line)} times {line!r}, not once")
        source = source.replace(line, by)
    return source.replace(", cache=True", "")


@cache
def simulation_with_steps_divided(times: int) -> Any:
    """As `kernels.forward`, compiled in memory: the cache of generated code is neither read nor written."""
    if times == 1:
        return kernels.forward()
    module = ModuleType(f"rsi_forward_steps_divided_by_{times}")
    exec(compile(divided(kernels._forward_module(), times), module.__name__, "exec"), module.__dict__)
    return module.simulate


def dates(
    eta: np.ndarray, worldview: Worldview, *, seed: int, times: int, weigh: Weigh | None = None
) -> dict[str, np.ndarray]:
    """Dates (n,) of all events as `simulation.simulate` finds them, with every step divided by ``times``."""
    future = simulation.future_values(worldview, len(eta), seed)
    if weigh is not None:
        future = simulation.weighed(future, weigh, seed)
    found, _, _ = simulation_with_steps_divided(times)(
        simulation.mechanism_parameters(eta, future, worldview.as_of_year),
        (4.0 + 6.0 * simulation.uniforms("ASI", len(eta), seed)) * LN10,
        simulation.drift(eta, seed),
        HISTORY_START,
        HISTORY_START,
        HORIZON,
        SNAPSHOT_YEARS,
        MOST_STEPS * times,
    )
    events = dict(zip(kernels.EVENT_ROWS, found.T, strict=True))
    return events | simulation.clocks(events, worldview, future, seed)


def changes(
    coarse: Mapping[str, np.ndarray], fine: Mapping[str, np.ndarray], *, events: Collection[str] = EVENTS
) -> pd.DataFrame:
    """One row per event: ``dated``, draws with a date in both; share with a date in one alone (``switched``); and among
    the former the median, 99th percentile and largest of |change| in years (nan where there are none)."""
    found = []
    for event in events:
        one, two = coarse[event], fine[event]
        both = np.isfinite(one) & np.isfinite(two)
        moved = np.abs(one[both] - two[both])
        at = np.quantile(moved, (0.5, 0.99, 1.0)) if both.any() else np.full(3, np.nan)
        switched = float((np.isfinite(one) != np.isfinite(two)).mean())
        found.append((event, int(both.sum()), switched, *at))
    return pd.DataFrame(found, columns=["event", "dated", "switched", "median", "p99", "largest"])


def moves(view: View, fine: Mapping[str, np.ndarray], *, events: Collection[str] = EVENTS) -> pd.DataFrame:
    """Rows of `summary.table` with what the finer dates make of them (``fine``), and ``errors``, the move over mcse."""
    other = replace(view, futures=replace(view.futures, dates=fine))
    found = summary.table(view, events)
    found["fine"] = summary.table(other, events)["value"]
    found["errors"] = (found["fine"] - found["value"]) / found["mcse"].where(found["mcse"] > 0)
    return found


def table_with_steps_divided(table: np.ndarray, times: int) -> np.ndarray:
    """Rows of `rows.table` placed on a grid ``times`` finer."""
    month, within = rows.LEADING.index("month"), rows.LEADING.index("within")
    place = (table[:, month] + table[:, within]) * times
    finer = table.copy()
    finer[:, month] = np.floor(place)
    finer[:, within] = place - finer[:, month]
    return finer


def log_likelihoods(eta: np.ndarray, t_asof: float, blocks: rows.Blocks, *, times: int) -> np.ndarray:
    """Log likelihood (n,) of draws with the steps of the past divided by ``times``."""
    table = table_with_steps_divided(rows.table(blocks), times)
    return np.array([kernels.log_likelihood()(one, t_asof, MONTH / times, table)[0] for one in eta])


def likelihood_changes(fit: Fit, *, times: int, draws: int) -> tuple[pd.DataFrame, np.ndarray]:
    """By kind of row: how far the log likelihood moves per row, its draws' common part taken off (it weighs nothing).

    Also the change of the whole for each of the first ``draws`` draws, spread over all chains.
    """
    eta = fit.posterior.eta[:: max(1, len(fit.posterior.eta) // draws)]
    t_asof, found, total = fit.stated.prior.t_asof, [], np.zeros(len(eta))
    for kind in KINDS:
        part = rows.blocks(fit.rows, without=[other for other in KINDS if other != kind])
        if not part[kind].counted:
            continue
        one, two = (log_likelihoods(eta, t_asof, part, times=n) for n in (1, times))
        total += two - one
        centred = np.abs(two - one - np.mean(two - one)) / len(part[kind].counted)
        found.append((kind, len(part[kind].counted), *np.quantile(centred, (0.5, 0.99, 1.0))))
    return pd.DataFrame(found, columns=["kind", "rows", "median", "p99", "largest"]), total


def effective_share(change: np.ndarray) -> float:
    """Effective share of draws once they are weighed by exp(change): 1 where the change is the same for all."""
    weights = np.exp(change - change.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))


def of_worldview(
    fit: Fit, *, seed: int, times: int = 2, draws: int = 1000
) -> tuple[list[Finding], dict[str, pd.DataFrame]]:
    """Findings and tables of one posterior."""
    view, name = fit.view, fit.view.worldview.name
    fine = dates(view.eta, view.worldview, seed=seed, times=times, weigh=fit.weigh)
    steps, quantiles = changes(view.futures.dates, fine), moves(view, fine)
    kinds, change = likelihood_changes(fit, times=times, draws=draws)
    found = step_findings(steps, quantiles, who=name)
    every = slice(None, None, len(view.eta) // len(change))
    loop, before = happened_by(view, "LOOP", HEADLINE_DAYS[1])[every][: len(change)], view.weights[every][: len(change)]
    after = before * np.exp(change - change.max())
    moved = after @ loop / after.sum() - before @ loop / before.sum()
    error = _error(quantiles, "LOOP")
    found += [
        Finding(
            item=f"draws left by half a month in the likelihood, {name}", value=effective_share(change), unit="share",
            low=LEAST_EFFECTIVE_SHARE,
            says="Effective share of the draws once they are weighed by what half the step makes of the likelihood.",
        ),
        Finding(
            item=f"LOOP by 2030 under the finer likelihood, {name}", value=float(moved / error), unit="Monte Carlo errors",
            low=-1.0, high=1.0,
            says="Move of that probability when the draws are weighed so.",
        ),
    ]  # fmt: skip
    tables = {"steps": steps, "step_quantiles": quantiles, "step_likelihood": kinds}
    return found, {key: table.assign(worldview=name) for key, table in tables.items()}


def _error(quantiles: pd.DataFrame, event: str) -> float:
    chosen = (quantiles["event"] == event) & (quantiles["output_type_id"] == HEADLINE_DAYS[1].isoformat())
    return float(quantiles.loc[chosen, "mcse"].iloc[0])


def step_findings(steps: pd.DataFrame, quantiles: pd.DataFrame, *, who: str) -> list[Finding]:
    """The bounds on what half the step may move."""
    frequent = steps[steps["dated"] >= LEAST_DATED]
    moved = worst(frequent, "p99") if len(frequent) else pd.Series({"event": "none", "p99": 0.0})
    switch = worst(steps, "switched")
    held = quantiles[quantiles["event"].isin(HELD)]
    return [
        Finding(
            item=f"dates at half the step, {who}", value=float(moved["p99"]), unit="years", high=LARGEST_CHANGE_YEARS,
            says=f"99th percentile of |change| over paired draws, of the event that moves most ({moved['event']}), of "
            f"{len(frequent)} events that at least {LEAST_DATED} draws date; the largest change of any is "
            f"{frequent['largest'].max():.2g} years.",
        ),
        Finding(
            item=f"draws dated by one step alone, {who}", value=float(switch["switched"]), unit="share",
            high=LARGEST_SWITCHED,
            says=f"Draws that have a date at one step and none at half of it, of the worst event ({switch['event']}).",
        ),
        Finding(
            item=f"LOOP and SWX3 at half the step, {who}", value=float(held["errors"].abs().max()),
            unit="Monte Carlo errors", high=1.0,
            says="Largest move of any published number of the two events, over its own Monte Carlo error.",
        ),
        Finding(
            item=f"all that is published at half the step, {who}", value=float(quantiles["errors"].abs().max()),
            unit="Monte Carlo errors", high=1.0,
            says="The same of every event: how far single dates move matters by what it does to these.",
        ),
    ]  # fmt: skip
