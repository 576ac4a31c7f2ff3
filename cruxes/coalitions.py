"""What is asked of every mixture of two stated views, and how many draws the answers need.

The mixtures and their luck are those of `cruxes.mixtures`; weights that even the luck are those of `cruxes.even_luck`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np

from cruxes import blocks, even_luck, mixtures, precision
from cruxes.blocks import Side
from cruxes.mixtures import Mixed
from cruxes.precision import BATCHES
from forecast.functionals import end_of
from forecast.simulation import HORIZON
from forecast.view import View

DRAWS = 1500
"""For each coalition, where their number is given and not found."""

FIRST, MOST = 800, 6000
"""Draws for each coalition of a first round, and of all rounds, where their number is found."""

AIM = 0.95
"""Of what `precision.allowed` allows."""

GROWTH = 2.5
"""By which a round may multiply all draws so far: ten batches tell a standard error to a quarter of itself, and the
weights that even the luck do better with more draws."""

RARE = 0.005
"""Probability of ever, below which a median date "if ever" is not defined here."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """``values`` (2**len(players), 1 + BATCHES, len(labels)): by coalition (bit i: player i is the other's), with all
    draws and then with one batch left out, for each label (event, output_type, output_type_id) as in
    `forecast.summary`. Not a number where a median is not defined. ``draws``: of each coalition."""

    players: tuple[str, ...]
    labels: tuple[tuple[str, str, str], ...]
    values: np.ndarray
    draws: int


def labels(events: Sequence[str], days: Sequence[date]) -> tuple[tuple[str, str, str], ...]:
    """What is asked: P(by), P(never) and the median date if ever, of each event."""
    asked = [*(("cdf", day.isoformat()) for day in days), ("never", ""), ("quantile_if_ever", "0.5")]
    return tuple((event, *one) for event in events for one in asked)


def answers(
    a: Side, b: Side, *, events: Sequence[str], days: Sequence[date], seed: int, draws: int | None = DRAWS,
    players: Collection[str] | None = None,
) -> Answers:  # fmt: skip
    """Ask every coalition of the blocks in which the two differ, as far as they can move one of the events.

    ``players`` asks of these blocks instead. Where ``draws`` is None there are rounds of them until every share is as
    exact as `precision.allowed` says, or there are MOST. Raises ValueError where draws do not make up whole batches.
    """
    if draws is not None and draws % BATCHES:
        raise ValueError(f"{draws} draws; expected a multiple of {BATCHES}")
    can = {block for event in events for block in blocks.acting(event)}
    chosen = [p for p in (blocks.differing(a, b) if players is None else players) if p in can]
    order = tuple(p for part in mixtures.ordered(chosen) for p in part)
    asked = labels(events, days)
    rounds = [mixtures.mixed(a, b, order, events=events, draws=draws or FIRST, seed=seed)]
    while True:
        done = sum(one.factor.shape[1] for one in rounds)
        values = _values(rounds, a, b, days)
        more = 0 if draws is not None else _more(precision.worst(values, asked), done)
        if not more:
            return Answers(players=order, labels=asked, values=values, draws=done)
        rounds.append(
            mixtures.mixed(a, b, order, events=events, draws=more, seed=_seed_of_round(seed, len(rounds)))
        )  # fmt: skip


def _more(worst: float, done: int) -> int:
    """Draws that are missing, in whole batches: errors shrink as the root of their number."""
    if worst <= 1.0:
        return 0
    needed = min(done * (worst / AIM) ** 2, done * GROWTH, MOST)
    return BATCHES * int(np.ceil(max(needed - done, 0) / BATCHES))


def _seed_of_round(seed: int, number: int) -> int:
    """Luck of its own for each round."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _values(rounds: Sequence[Mixed], a: Side, b: Side, days: Sequence[date]) -> np.ndarray:
    """As in `Answers`, from all rounds together."""
    even = even_luck.evened(even_luck.join([one.luck for one in rounds]), [a.chances, b.chances])
    events = rounds[0].seen.shape[1]

    def value(place: int) -> np.ndarray:
        factor = np.concatenate([one.factor[place] for one in rounds])
        weights = even * factor
        weights /= weights.sum(axis=1, keepdims=True)
        found = []
        for event in range(events):
            seen = np.concatenate([one.seen[place, event] for one in rounds])
            never = np.concatenate([one.never[place, event] for one in rounds])
            found.append(_answered(seen, never, days, weights))
        return np.concatenate(found, axis=1)

    with ThreadPoolExecutor(mixtures.THREADS) as pool:
        return np.array(list(pool.map(value, range(len(rounds[0].factor)))))


def _answered(seen: np.ndarray, never: np.ndarray, days: Sequence[date], weights: np.ndarray) -> np.ndarray:
    """(len(weights), len(days) + 2) of one event: P(by), P(never) and the median date if ever."""
    order = np.argsort(seen, kind="stable")
    dates = seen[order]
    cumulative = np.cumsum(weights[:, order], axis=1)
    reached = np.concatenate([np.zeros((len(weights), 1)), cumulative], axis=1)
    by = [reached[:, np.searchsorted(dates, end_of(day))] for day in days]
    ever = reached[:, np.searchsorted(dates, HORIZON, side="right")]
    place = [int(np.searchsorted(c, 0.5 * e)) for c, e in zip(cumulative, ever, strict=True)]
    median = np.where(ever >= RARE, dates[np.minimum(place, len(dates) - 1)], np.nan)
    return np.column_stack([*by, weights[:, never].sum(axis=1), median])


def published(view: View, label: tuple[str, str, str]) -> tuple[float, float]:
    """The answer of a view itself, and its Monte Carlo standard error."""
    event, kind, which = label
    days = [date.fromisoformat(which)] if kind == "cdf" else []
    seen, never = mixtures.outcome(view.futures, event)
    column = {"cdf": 0, "never": -2, "quantile_if_ever": -1}[kind]
    value = float(_answered(seen, never, days, view.weights[None, :])[0, column])
    draws = min(view.effective_draws, view.diagnostics.get("ess_bulk", np.inf))
    ever = seen <= HORIZON
    happens = {"cdf": seen < end_of(days[0]) if days else ever, "never": never, "quantile_if_ever": ever}[kind]
    share = view.probability(happens)
    if kind != "quantile_if_ever":
        return value, float(np.sqrt(max(share * (1.0 - share), 0.0) / draws))
    if np.isnan(value):
        return value, float("nan")
    step = 0.5 / np.sqrt(draws * share)
    high, low = (view.quantile(seen, float(np.clip(0.5 + s, 0.0, 1.0)), ever) for s in (step, -step))
    return value, (high - low) / 2.0
