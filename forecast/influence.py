"""What each row did to a forecast: the same view without it, by re-weighting draws whose likelihood is known row by row.

Every left-out set is a re-weighting of the same few thousand draws, so the trajectories are stepped once. Months of one
chart are also left out together: errors are correlated from month to month, and each alone hides what all of them weigh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

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
    smooth, shape = posteriors.smoothed(total(draws.scored, weight) - draws.seen)
    combined = np.repeat(smooth, draws.repeats) * draws.view.weights
    combined /= combined.sum()
    by_draw = combined.reshape(-1, draws.repeats).sum(axis=1)
    return Moved(
        weights=combined,
        shape=shape,
        effective=float(1.0 / np.sum(by_draw**2)),
        passes=posteriors.passes(by_draw, shape),
    )


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


def name_of(row: Mapping[str, object]) -> str:
    """A row in words: its series, subject and the day observed."""
    return f"{row['series']}: {row['subject']}, {row['observed_on']:%Y-%m-%d}"


def of_rows(
    groups: Sequence[Group],
    blocks: Blocks,
    candidates: Sequence[Draws],
    *,
    now: View,
    events: Sequence[str],
) -> tuple[pd.DataFrame, tuple[Group, ...]]:
    """What each group did to the view ``now``, which has seen ``blocks``: a long table of COLUMNS, and the groups that
    only a refit can answer for.

    The first of the ``candidates`` whose weights pass is used: the draws of ``now`` themselves, or others for which the
    rest of the rows is a smaller step (those from before the rows came). ``change`` is with less without; ``mcse`` is
    that of the change. A group that no candidate can weigh away, but that cannot have moved any probability by half a
    point, is ``bounded``.
    """
    found, unanswered = [], []
    here = measures(now, events)
    for group in groups:
        weight = leaving_out(blocks, group.ids)
        answer: tuple[Draws, Moved] | None = None
        for draws in candidates:
            moved = move(draws, weight)
            if moved.passes:
                answer = draws, moved
                break
        how: Literal["reweighted", "bounded"] = "reweighted"
        if answer is None:
            moved = move(candidates[0], weight)
            if distance(now.weights, moved.weights) > NEGLIGIBLE:
                unanswered.append(group)
                continue
            answer, how = (candidates[0], moved), "bounded"
        draws, moved = answer
        without = replace(draws.view, weights=moved.weights)
        found.append(_compared(group, here, now, without, events, how=how, moved=moved, paired=draws))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))
    return table, tuple(unanswered)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Total variation of two sets of weights of the same draws; 1 where they are of different ones."""
    return float(0.5 * np.abs(one - other).sum()) if len(one) == len(other) else 1.0


def of_refit(group: Group, now: View, without: View, events: Sequence[str]) -> pd.DataFrame:
    """The same table for a group whose absence was fitted."""
    moved = Moved(weights=without.weights, shape=0.0, effective=without.effective_draws, passes=True)
    return _compared(group, measures(now, events), now, without, events, how="refitted", moved=moved, paired=None)


def measures(view: View, events: Sequence[str]) -> pd.DataFrame:
    """event, output_type, output_type_id and value: P(by the end of HEADLINE_DAYS), P(never), median if ever."""
    found = []
    for event in events:
        found += [(event, kind, which, view.probability(x)) for kind, which, x in _indicators(view, event)]
        seen = view.futures.observed(event)
        found.append((event, "quantile_if_ever", "0.5", view.quantile(seen, 0.5, seen <= HORIZON)))
    return pd.DataFrame(found, columns=["event", "output_type", "output_type_id", "value"])


def _indicators(view: View, event: str) -> list[tuple[str, str, np.ndarray]]:
    seen = view.futures.observed(event)
    stopped = np.any([view.futures.stopped_by(event, cause) for cause in COMPETING if cause != event], axis=0)
    by = [("cdf", day.isoformat(), happened_by(view, event, day)) for day in HEADLINE_DAYS]
    return [*by, ("never", "", (seen > HORIZON) & ~stopped)]


def _compared(
    group: Group, here: pd.DataFrame, now: View, without: View, events: Sequence[str], *, how: str, moved: Moved,
    paired: Draws | None,
) -> pd.DataFrame:  # fmt: skip
    there = measures(without, events)
    error = [
        _change_error(now, without, event, kind, which, paired)
        for event, kind, which in zip(here["event"], here["output_type"], here["output_type_id"], strict=True)
    ]
    frame = here.assign(
        value_without=there["value"], change=here["value"] - there["value"], mcse=error, what=group.what,
        rows=len(group.ids), ids=" ".join(group.ids), how=how, shape=moved.shape, effective=moved.effective,
    )  # fmt: skip
    return frame[list(COLUMNS)]


def _change_error(now: View, without: View, event: str, kind: str, which: str, paired: Draws | None) -> float:
    """Standard error of a change in probability; not a number for a date.

    Of weights on the same draws that of the difference, draw by draw; otherwise that of two independent shares.
    """
    if kind == "quantile_if_ever":
        return float("nan")
    shares = []
    for view in (now, without):
        x = next(x for k, w, x in _indicators(view, event) if (k, w) == (kind, which))
        shares.append(view.weights * (x - view.probability(x)))
    chain = [min(1.0, v.diagnostics.get("ess_bulk", np.inf) / len(v.weights)) for v in (now, without)]
    if paired is not None and len(shares[0]) == len(shares[1]) and np.array_equal(now.eta[0], without.eta[0]):
        by_draw = (shares[0] - shares[1]).reshape(-1, paired.repeats).sum(axis=1)
        return float(np.sqrt(np.sum(by_draw**2) / min(1.0, chain[0] * paired.repeats)))
    return float(np.sqrt(sum(np.sum(s**2) / c for s, c in zip(shares, chain, strict=True))))
