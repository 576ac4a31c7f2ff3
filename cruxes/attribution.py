"""Why two worldviews differ: how much of the gap each crux carries, and what evidence has added since, in sums that close.

On the stated views the blocks in which two worldviews differ are exchanged in all combinations (`cruxes.coalitions`);
each gets its Shapley value, so the shares add up to the gap. The step from stated to updated is each side's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cruxes import coalitions, precision, shapley
from cruxes.blocks import NAMES, Side
from forecast.view import View

HEADLINE_DAY = date(2030, 12, 31)
LABEL = ["event", "output_type", "output_type_id"]


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """From worldview ``a`` to ``b``; changes are b less a, in probability or years.

    ``shares``: event, output_type, output_type_id, block, name, share, mcse; all blocks that take part, largest first
    within each question. ``gaps``: the same keys, a, b, gap, mcse from the draws of the coalitions, and a_published,
    a_mcse, b_published, b_mcse of the stated views themselves. ``interactions``: the two largest blocks of each
    question (first, second), what they do together beyond the sum of each alone, mcse.
    """

    a: str
    b: str
    draws: int
    shares: pd.DataFrame
    gaps: pd.DataFrame
    interactions: pd.DataFrame


def attribute(
    a: Side, b: Side, *, events: Sequence[str] = ("LOOP",), days: Sequence[date] = (HEADLINE_DAY,), seed: int,
    draws: int | None = coalitions.DRAWS,
) -> Attribution:  # fmt: skip
    """Exact Shapley values of all blocks for P(by), P(never) and the median date if ever, of each event.

    ``draws`` for each coalition; None: as many as the errors asked for need (`cruxes.precision`). Standard errors are
    those of a jackknife over batches of draws.
    """
    found = coalitions.answers(a, b, events=events, days=days, seed=seed, draws=draws)
    shares, errors = precision.jackknife(shapley.shapley(found.values), axis=1)
    ends = found.values[[0, -1]]
    gap, gap_error = precision.jackknife(ends[1] - ends[0], axis=0)
    share_rows, gap_rows, pair_rows = [], [], []
    for column, label in enumerate(found.labels):
        order = np.argsort(-np.abs(shares[:, column]), kind="stable")
        share_rows += [
            (*label, found.players[i], NAMES[found.players[i]], shares[i, column], errors[i, column]) for i in order
        ]
        (value_a, error_a), (value_b, error_b) = (coalitions.published(side.view, label) for side in (a, b))
        gap_rows.append(
            (*label, *ends[:, 0, column], gap[column], gap_error[column], value_a, error_a, value_b, error_b)
        )
        if len(order) > 1 and np.isfinite(gap[column]):
            i, j = order[:2]
            both = shapley.interaction(found.values[:, :, column], i, j)
            together, error = precision.jackknife(both, axis=0)
            pair_rows.append((*label, found.players[i], found.players[j], float(together), float(error)))
    return Attribution(
        a=a.worldview.name,
        b=b.worldview.name,
        draws=found.draws,
        shares=pd.DataFrame(share_rows, columns=[*LABEL, "block", "name", "share", "mcse"]),
        gaps=pd.DataFrame(
            gap_rows, columns=[*LABEL, "a", "b", "gap", "mcse", "a_published", "a_mcse", "b_published", "b_mcse"]
        ),
        interactions=pd.DataFrame(pair_rows, columns=[*LABEL, "first", "second", "interaction", "mcse"]),
    )


def one(frame: pd.DataFrame, label: tuple[str, str, str]) -> pd.DataFrame:
    """The rows of one question."""
    return frame[np.all([frame[name] == part for name, part in zip(LABEL, label, strict=True)], axis=0)]


def waterfall(
    found: Attribution, label: tuple[str, str, str], *, a_updated: View | None = None, b_updated: View | None = None
) -> pd.DataFrame:
    """From one worldview's forecast to the other's, step by step: columns step, block, kind, value, mcse.

    A ``level`` is a published forecast and a ``change`` leads from one to the next: every level is the one before plus
    the changes between, exactly. Draws of the coalitions are not those of the published views, so one change, "other
    draws", is the difference that this makes. ``a_updated`` and ``b_updated`` put the steps of evidence at the ends.
    """
    own_gap = one(found.gaps, label).iloc[0]
    gap = {name: float(own_gap[name]) for name in found.gaps.columns if name not in LABEL}
    rows: list[tuple[str, str, str, float, float]] = []
    own = one(found.shares, label)
    blocks = [
        (str(r["name"]), str(r["block"]), "change", float(r["share"]), float(r["mcse"]))
        for r in own.to_dict(orient="records")
    ]
    remainder = (gap["b_published"] - gap["a_published"]) - float(own["share"].sum())
    blocks.append(
        ("other draws", "", "change", remainder, float(np.hypot(gap["mcse"], np.hypot(gap["a_mcse"], gap["b_mcse"]))))
    )
    start = (f"{found.a} stated", "", "level", gap["a_published"], np.nan)
    end = (f"{found.b} stated", "", "level", gap["b_published"], np.nan)
    if a_updated is not None:
        value, error = coalitions.published(a_updated, label)
        rows += [
            (f"{found.a} updated", "", "level", value, error),
            (
                f"evidence since, {found.a}, taken back",
                "",
                "change",
                gap["a_published"] - value,
                float(np.hypot(error, gap["a_mcse"])),
            ),
        ]
    rows += [start, *blocks, end]
    if b_updated is not None:
        value, error = coalitions.published(b_updated, label)
        rows += [
            (
                f"evidence since, {found.b}",
                "",
                "change",
                value - gap["b_published"],
                float(np.hypot(error, gap["b_mcse"])),
            ),
            (f"{found.b} updated", "", "level", value, error),
        ]
    return pd.DataFrame(rows, columns=["step", "block", "kind", "value", "mcse"])
