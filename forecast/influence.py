"""What each row did to a forecast: the same view without it, by re-weighting draws whose likelihood is known row by row.

Every left-out set is a re-weighting of the same few thousand draws, so the trajectories are stepped once. Months of one
chart are also left out together: errors are correlated from month to month, and each alone hides what all of them weigh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from forecast import posteriors, predictive
from forecast.functionals import happened_by
from forecast.namespaces import NumPy
from forecast.observations import KINDS
from forecast.rows import Blocks
from forecast.simulation import COMPETING, HORIZON
from forecast.summary import HEADLINE_DAYS
from forecast.view import View

type Weight = Mapping[str, np.ndarray]
"""Of each row of each kind, in the order of the block: 1 counts, 0 is left out."""

COLUMNS = (
    "what", "rows", "ids", "event", "output_type", "output_type_id", "value", "value_without", "change", "mcse", "how",
    "shape", "effective",
)  # fmt: skip
NEGLIGIBLE = 0.005
"""Total variation between two views below which no probability can have moved by half a point."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Draws (n) at the rows of some blocks. ``parts``: the process at the rows of each kind; ``by_row``: log likelihood
    (n, rows) of the kinds whose rows stand each on their own (given the row before)."""

    parts: Mapping[str, predictive.AtRows]
    by_row: Mapping[str, np.ndarray]
    size: int


def score(eta: np.ndarray, t_asof: float, blocks: Blocks) -> Scored:
    """Step the draws ``eta`` (n, len(VECTOR)) to the rows, once."""
    parts = {at.kind: at for at in predictive.at_rows(eta, t_asof, blocks)}
    by_row = {}
    for kind, at in parts.items():
        if (rule := KINDS[kind].log_likelihood) is not None:
            by_row[kind] = np.asarray(rule(at.seen, at.previous, at.q, at.rows.columns, NumPy))
    return Scored(parts=parts, by_row=by_row, size=len(eta))


def total(scored: Scored, weight: Weight) -> np.ndarray:
    """Log likelihood (n,) of the rows under other weights."""
    found = np.zeros(scored.size)
    for kind, at in scored.parts.items():
        if kind in scored.by_row:
            found += (scored.by_row[kind] * weight[kind]).sum(axis=-1)
        elif (joint := KINDS[kind].joint) is not None:
            found += (joint(at.seen, at.q, at.rows.columns, weight[kind]) * weight[kind]).sum(axis=-1)
    return found


def as_they_are(blocks: Blocks) -> Weight:
    """The weights that the rows have."""
    return {kind: block.weight for kind, block in blocks.items()}


def leaving_out(blocks: Blocks, ids: Sequence[str]) -> Weight:
    """The same with 0 for some rows."""
    return {
        kind: block.weight * np.array([row not in ids for row in block.ids], dtype=float)
        for kind, block in blocks.items()
    }


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Draws that can be moved to other rows by re-weighting.

    ``view`` has the futures and, as weights (n * repeats,), the tilt's alone; ``scored`` holds the rows asked about at
    each of the n fitted draws, ``seen`` (n,) the log likelihood of the rows that they were fitted to.
    """

    view: View
    repeats: int
    scored: Scored
    seen: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Weights (n * repeats,) of the draws under other rows, and whether they may be trusted."""

    weights: np.ndarray
    shape: float
    effective: float
    passes: bool


def move(draws: Draws, weight: Weight) -> Moved:
    """Re-weight to the rows asked about under ``weight``; `posteriors.passes` judges by the fitted draws."""
    smooth, shape = _smoothed(total(draws.scored, weight) - draws.seen)
    combined = np.repeat(smooth, draws.repeats) * draws.view.weights
    combined /= combined.sum()
    by_draw = combined.reshape(-1, draws.repeats).sum(axis=1)
    return Moved(
        weights=combined,
        shape=shape,
        effective=float(1.0 / np.sum(by_draw**2)),
        passes=posteriors.passes(by_draw, shape),
    )


def _smoothed(log_ratio: np.ndarray) -> tuple[np.ndarray, float]:
    """`posteriors.smoothed`; a tail of equal ratios, which ArviZ refuses, has nothing to smooth."""
    try:
        return posteriors.smoothed(log_ratio)
    except ValueError:
        weight = np.exp(log_ratio - log_ratio.max())
        return weight / weight.sum(), 0.0


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that are left out together, and what to call them."""

    what: str
    ids: tuple[str, ...]


def groups(rows: pd.DataFrame) -> tuple[Group, ...]:
    """Charts and then single rows, of ledger rows with the columns id, kind, series, subject, observed_on, published_on.

    A chart is the rows of one series that were published on one day; charts of one kind and day are one as well.
    """
    known = rows[rows["published_on"].notna()]
    charts = []
    for (kind, _), part in known.groupby(["kind", "published_on"], sort=True):
        if part["series"].nunique() > 1 and len(part) > part["series"].nunique():
            what = f"{kind}: {part['series'].nunique()} series together"
            charts.append(Group(what=what, ids=tuple(part["id"])))
        for series, own in part.groupby("series", sort=True):
            if len(own) > 1:
                charts.append(Group(what=str(series), ids=tuple(own["id"])))
    single = [Group(what=name_of(row), ids=(row["id"],)) for row in rows.to_dict(orient="records")]
    return (*charts, *single)


def name_of(row: Mapping[Any, Any]) -> str:
    """A row in words: its series, subject and the day observed."""
    return f"{row['series']}: {row['subject']}, {row['observed_on']:%Y-%m-%d}"


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What is asked of some futures: P(by the end of HEADLINE_DAYS), P(never) and the median if ever, of each event.

    ``labels``: (event, output_type, output_type_id); ``happens`` (draws, len(labels)) with a column of zeros for a
    median, whose dates (draws,) are in ``seen``.
    """

    labels: tuple[tuple[str, str, str], ...]
    happens: np.ndarray
    seen: Mapping[str, np.ndarray]


def questions(view: View, events: Sequence[str]) -> Questions:
    """Asked of the futures of a view; `answers` then takes any weights of its draws."""
    labels, columns, dates = [], [], {}
    for event in events:
        dates[event] = seen = view.futures.observed(event)
        stopped = np.any([view.futures.stopped_by(event, cause) for cause in COMPETING if cause != event], axis=0)
        for day in HEADLINE_DAYS:
            labels.append((event, "cdf", day.isoformat()))
            columns.append(happened_by(view, event, day))
        labels += [(event, "never", ""), (event, "quantile_if_ever", "0.5")]
        columns += [(seen > HORIZON) & ~stopped, np.zeros(len(seen), dtype=bool)]
    return Questions(labels=tuple(labels), happens=np.column_stack(columns).astype(float), seen=dates)


def answers(asked: Questions, view: View) -> np.ndarray:
    """One number for each label, under the weights of a view with the futures that were asked."""
    found = view.weights @ asked.happens
    for i, (event, kind, _) in enumerate(asked.labels):
        if kind == "quantile_if_ever":
            seen = asked.seen[event]
            found[i] = view.quantile(seen, 0.5, seen <= HORIZON)
    return np.asarray(found)


def of_rows(
    groups: Sequence[Group], blocks: Blocks, candidates: Sequence[Draws], *, now: View, events: Sequence[str]
) -> tuple[pd.DataFrame, tuple[Group, ...]]:
    """What each group did to the view ``now``, which has seen ``blocks``: a long table of COLUMNS, and the groups that
    only a refit can answer for.

    The first of the ``candidates`` whose weights pass is used: the draws of ``now`` themselves, or others for which the
    rest of the rows is a smaller step (those from before the rows came). ``change`` is with less without; ``mcse`` is
    that of the change. A group that no candidate can weigh away, but that cannot have moved any probability by half a
    point, is ``bounded``.
    """
    asked = [questions(draws.view, events) for draws in candidates]
    here = questions(now, events)
    found, unanswered = [], []
    for group in groups:
        weight = leaving_out(blocks, group.ids)
        tried = []
        for draws, q in zip(candidates, asked, strict=True):
            tried.append((draws, q, move(draws, weight)))
            if tried[-1][2].passes:
                break
        draws, q, moved = tried[-1] if tried[-1][2].passes else tried[0]
        how = "reweighted" if moved.passes else "bounded"
        if not moved.passes and not (len(draws.view.eta) == len(now.eta) and np.array_equal(draws.view.eta, now.eta)
                                     and distance(now.weights, moved.weights) <= NEGLIGIBLE):  # fmt: skip
            unanswered.append(group)
            continue
        without = replace(draws.view, weights=moved.weights)
        found.append(_compared(group, now, here, without, q, repeats=draws.repeats, how=how,
                               shape=moved.shape, effective=moved.effective))  # fmt: skip
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))
    return table, tuple(unanswered)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Total variation of two sets of weights of the same draws: the most that any probability can differ."""
    return float(0.5 * np.abs(one - other).sum())


def of_refit(group: Group, now: View, without: View, events: Sequence[str]) -> pd.DataFrame:
    """The same table for a group whose absence was fitted."""
    return _compared(group, now, questions(now, events), without, questions(without, events), repeats=1,
                     how="refitted", shape=0.0, effective=without.effective_draws)  # fmt: skip


def _compared(
    group: Group, now: View, here: Questions, without: View, there: Questions, *, repeats: int, how: str, shape: float,
    effective: float,
) -> pd.DataFrame:  # fmt: skip
    value, other = answers(here, now), answers(there, without)
    error = _change_errors(now, here, without, there, repeats)
    error[[kind == "quantile_if_ever" for _, kind, _ in here.labels]] = np.nan
    frame = pd.DataFrame(list(here.labels), columns=["event", "output_type", "output_type_id"]).assign(
        what=group.what, rows=len(group.ids), ids=" ".join(group.ids), value=value, value_without=other,
        change=value - other, mcse=error, how=how, shape=shape, effective=effective,
    )  # fmt: skip
    return frame[list(COLUMNS)]


def _change_errors(now: View, here: Questions, without: View, there: Questions, repeats: int) -> np.ndarray:
    """Standard errors of changes in probability (len(labels),).

    Of two sets of weights on the same draws that of the difference, draw by draw; else that of independent shares.
    """
    sides = [
        view.weights[:, None] * (asked.happens - view.weights @ asked.happens)
        for view, asked in ((now, here), (without, there))
    ]
    thinned = [max(1.0, len(v.weights) / v.diagnostics.get("ess_bulk", np.inf)) for v in (now, without)]
    if here.happens.shape == there.happens.shape and np.array_equal(here.happens, there.happens):
        by_draw = (sides[0] - sides[1]).reshape(-1, repeats, len(here.labels)).sum(axis=1)
        return np.asarray(np.sqrt(max(1.0, thinned[0] / repeats) * np.square(by_draw).sum(axis=0)))
    return np.asarray(np.sqrt(sum(t * np.square(s).sum(axis=0) for s, t in zip(sides, thinned, strict=True))))


def largest(table: pd.DataFrame, unanswered: Sequence[Group] = ()) -> tuple[pd.DataFrame, tuple[Group, ...]]:
    """Of both only the groups that are not part of a larger one: charts instead of their months."""
    answered = {what: frozenset(ids.split()) for what, ids in zip(table["what"], table["ids"], strict=True)}
    open_ones = {group.what: frozenset(group.ids) for group in unanswered}
    every = [*answered.values(), *open_ones.values()]

    def inside(ids: frozenset[str]) -> bool:
        return any(ids < other for other in every)

    shown = {what for what, ids in answered.items() if not inside(ids)}
    left = tuple(group for group in unanswered if not inside(open_ones[group.what]))
    return table[table["what"].isin(shown)], left
