"""The crux map as tables: where each worldview stands on each crux, and how much of today's disagreement it carries.

Thickness is of the disagreement as stated, for that is what `cruxes.attribution` splits; `gaps` says how much of it
evidence has closed since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd

from cruxes import blocks
from cruxes.attribution import HEADLINE_DAY, Attribution, one
from cruxes.coalitions import published
from forecast.view import View
from priors.worldview import BASELINE

EVENTS = ("LOOP", "SWX3", "ECON10")
"""The loop, takeoff, and what follows for everybody."""

LEAST_TO_SPLIT = 0.01
"""Probability: a pair whose cruxes move less than this between them has no disagreement that could be shared out, and
fractions of it would be noise."""


@dataclass(frozen=True, kw_only=True)
class Lead:
    """The variable that stands for a crux. ``asks``: what it measures, in words, ``brief``: the same for a telephone.
    ``sooner``: which end of its axis makes events come sooner, or be seen at all; "" where neither does."""

    variable: str
    asks: str
    brief: str
    sooner: str


LEADS = {
    "C1": Lead(variable="theta", asks="task length at which AI can do half of AI R&D", brief="task length for half of AI R&D", sooner="low"),
    "C2": Lead(variable="tau_rho", asks="years in which people's part of the work halves", brief="years to halve people's part", sooner="low"),
    "C3": Lead(variable="r", asks="doublings of software per doubling of research", brief="doublings per doubled effort", sooner="high"),
    "C4": Lead(variable="phi0", asks="share of each gain that is lost", brief="share of each gain lost", sooner="low"),
    "C5": Lead(variable="kappa", asks="how far labour alone drives progress (elasticity)", brief="elasticity to labour alone", sooner="high"),
    "C6": Lead(variable="psi", asks="chance that a new idea is needed", brief="chance that one is needed", sooner="low"),
    "C7": Lead(variable="H", asks="powers of ten that software can still gain", brief="powers of ten left to gain", sooner="high"),
    "C8": Lead(variable="L", asks="years from takeoff to growth of 10 %", brief="years, takeoff to 10 % growth", sooner="low"),
    "C9": Lead(variable="J", asks="chance that one runs away (moves no date)", brief="one runs away: moves no date", sooner=""),
    "C10": Lead(variable="A", asks="chance that AI still obeys two years on", brief="chance that AI still obeys", sooner="high"),
}  # fmt: skip


def edges(found: Sequence[Attribution], *, events: Sequence[str] = EVENTS, day: date = HEADLINE_DAY) -> pd.DataFrame:
    """From each block to each event that it can move: columns event, block, name, share, mcse, pairs.

    ``share`` of the disagreement on P(event by ``day``): |Shapley share| over the sum of those of all blocks, averaged
    over the ``pairs`` of worldviews that move by LEAST_TO_SPLIT at least; the shares of an event add up to 1 (or are not
    numbers where no pair does). ``mcse`` takes the errors of the pairs to go together, since coalitions share their luck.
    """
    rows = []
    for event in events:
        label = (event, "cdf", day.isoformat())
        split = [_fractions(own) for own in (one(each.shares, label) for each in found) if _moves(own)]
        for block in blocks.acting(event):
            parts = [part.get(block, (0.0, 0.0)) for part in split]
            share, error = np.mean(parts, axis=0) if parts else (np.nan, np.nan)
            rows.append((event, block, blocks.NAMES[block], float(share), float(error), len(split)))
    return pd.DataFrame(rows, columns=["event", "block", "name", "share", "mcse", "pairs"])


def _moves(own: pd.DataFrame) -> bool:
    return float(own["share"].abs().sum()) >= LEAST_TO_SPLIT


def _fractions(own: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Block -> (its part of all movement of one pair, standard error by the delta method)."""
    size, error = own["share"].abs().to_numpy(), own["mcse"].to_numpy()
    part = size / size.sum()
    others = np.sum(error**2) - error**2
    wrong = np.sqrt(((1.0 - part) * error) ** 2 + part**2 * others) / size.sum()
    return {block: (float(p), float(e)) for block, p, e in zip(own["block"], part, wrong, strict=True)}


def gaps(views: Sequence[View], *, events: Sequence[str] = EVENTS, day: date = HEADLINE_DAY) -> pd.DataFrame:
    """Mean distance between two people's P(event by ``day``), as stated and updated: columns event, day, stated,
    stated_mcse, updated, updated_mcse, closed, closed_mcse.

    ``closed``: the share of the stated distance that evidence has taken away, below 0 where it has added some; not a
    number where there was none. The baseline has no part in it.
    """
    rows = []
    for event in events:
        label = (event, "cdf", day.isoformat())
        cells: list[float] = []
        for name in ("stated", "updated"):
            own = [v for v in views if v.name == name and not v.without and v.worldview.name != BASELINE]
            cells += _mean_distance([published(view, label) for view in own])
        then, then_error, now, now_error = cells
        kept = now / then if then > 0.0 else np.nan
        error = np.hypot(now_error, kept * then_error) / then if then > 0.0 else np.nan
        rows.append((event, day.isoformat(), *cells, 1.0 - kept, float(error)))
    return pd.DataFrame(
        rows,
        columns=["event", "day", "stated", "stated_mcse", "updated", "updated_mcse", "closed", "closed_mcse"],
    )


def _mean_distance(chances: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Mean over all pairs of the distance of (value, standard error), and its standard error."""
    value, error = np.array(chances).T
    pull = np.sum(np.sign(value[:, None] - value[None, :]), axis=1)
    distances = [abs(a - b) for a, b in combinations(value, 2)]
    return float(np.mean(distances)), float(np.sqrt(np.sum((pull * error) ** 2)) / len(distances))


def nodes(positions: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Where each worldview stands on the variable that stands for each crux; the two blocks that are no crux come last,
    one row each with nothing but block, name and feeds.

    Columns block, name, feeds (events, parted by spaces), variable, asks, brief, unit, worldview, view, low, middle, high (10,
    50 and 90 % in natural units; a chance has a middle alone), at_low, at_middle, at_high: the same from 0 to 1, with 1
    on the side where events come sooner. ``positions`` are those of `cruxes.positions`. Cruxes come in the order of
    the event they carry most of, then of how much.
    """
    rows: list[dict[str, object]] = []
    for block in ordered(edges):
        head: dict[str, object] = {"block": block, "name": blocks.NAMES[block], "feeds": _feeds(block, edges)}
        lead = LEADS.get(block)
        if lead is None:
            rows.append(head)
            continue
        own = positions[positions["variable"] == lead.variable]
        turn = lead.sooner == "low"
        for (worldview, view), each in own.groupby(["worldview", "view"], sort=False):
            value, place = _at_levels(each, "value"), _at_levels(each, "scaled")
            if turn:
                place = [1.0 - p for p in place]
            rows.append(
                head
                | {"variable": lead.variable, "asks": lead.asks, "brief": lead.brief, "unit": each["unit"].iloc[0]}
                | {"worldview": worldview, "view": view}
                | dict(zip(("low", "middle", "high", "at_low", "at_middle", "at_high"), value + place, strict=True))
            )
    columns = ["block", "name", "feeds", "variable", "asks", "brief", "unit", "worldview", "view"]
    return pd.DataFrame(rows, columns=[*columns, "low", "middle", "high", "at_low", "at_middle", "at_high"])


def ordered(edges: pd.DataFrame) -> list[str]:
    """Every block: by the event of which it carries most, most first; what moves no event, then what is no crux, last."""
    events = list(dict.fromkeys(edges["event"]))

    def place(block: str) -> tuple[bool, int, float]:
        own = edges[(edges["block"] == block) & (edges["share"] > 0.0)]
        if own.empty:
            return (block not in LEADS, len(events), 0.0)
        most = own.sort_values("share").iloc[-1]
        return (block not in LEADS, events.index(str(most["event"])), -float(most["share"]))

    return sorted(blocks.NAMES, key=place)


def _feeds(block: str, edges: pd.DataFrame) -> str:
    return " ".join(edges.loc[edges["block"] == block, "event"])


def _at_levels(own: pd.DataFrame, column: str) -> list[float]:
    """The 10, 50 and 90 % points; of a chance, whose one row is no quantile, nothing but the middle."""
    by_level = dict(zip(own["level"], own[column], strict=True))
    if 0.5 not in by_level:
        return [np.nan, float(own[column].iloc[0]), np.nan]
    return [float(by_level.get(level, np.nan)) for level in (0.1, 0.5, 0.9)]


def pair_gaps(views: Sequence[View], event: str, *, day: date = HEADLINE_DAY) -> pd.DataFrame:
    """Distance between the P(event by ``day``) of each pair: columns a, b, stated, stated_mcse, updated, updated_mcse."""
    label = (event, "cdf", day.isoformat())
    chances = {(v.worldview.name, v.name): published(v, label) for v in views if not v.without}
    people = list(dict.fromkeys(name for name, _ in chances))
    rows = []
    for a, b in combinations(people, 2):
        cells: list[float] = []
        for name in ("stated", "updated"):
            (p, p_error), (q, q_error) = chances[a, name], chances[b, name]
            cells += [abs(q - p), float(np.hypot(p_error, q_error))]
        rows.append((a, b, *cells))
    return pd.DataFrame(rows, columns=["a", "b", "stated", "stated_mcse", "updated", "updated_mcse"])
