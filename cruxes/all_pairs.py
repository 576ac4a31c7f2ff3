"""Why every two of several worldviews differ, in one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import pandas as pd

from cruxes.attribution import HEADLINE_DAY, Attribution, attribute
from cruxes.blocks import Side


@dataclass(frozen=True, kw_only=True)
class AllPairs:
    """``shares``: a, b, event, output_type, output_type_id, block, name, share, mcse. ``gaps``: a, b, event,
    output_type, output_type_id, a_value, b_value, gap, mcse, a_published, a_mcse, b_published, b_mcse, draws. Names are
    those of worldviews, changes are b less a in probability or years, and each pair stands once. ``attributed``: the
    same pair by pair."""

    shares: pd.DataFrame
    gaps: pd.DataFrame
    attributed: tuple[Attribution, ...]


def all_pairs(
    sides: Sequence[Side], *, events: Sequence[str] = ("LOOP", "SWX3"), days: Sequence[date] = (HEADLINE_DAY,), seed: int,
    draws: int | None = None, report: Callable[[str], None] | None = None,
) -> AllPairs:  # fmt: skip
    """`attribution.attribute` for each two of ``sides``, in their order.

    ``draws`` for each coalition; None: as many as the errors asked for need (`cruxes.precision`), pair by pair.
    ``report`` hears of every pair before it starts. Raises ValueError for fewer than two sides, or two of one name.
    """
    names = [side.worldview.name for side in sides]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(f"{', '.join(names) or 'nobody'}; expected two worldviews or more, each once")
    found = []
    for a, b in combinations(sides, 2):
        if report is not None:
            report(f"{a.worldview.name} and {b.worldview.name}")
        found.append(attribute(a, b, events=events, days=days, seed=seed, draws=draws))
    return AllPairs(
        shares=pd.concat([_named(one, one.shares) for one in found], ignore_index=True),
        gaps=pd.concat(
            [
                _named(one, one.gaps.rename(columns={"a": "a_value", "b": "b_value"})).assign(draws=one.draws)
                for one in found
            ],
            ignore_index=True,
        ),
        attributed=tuple(found),
    )


def _named(found: Attribution, table: pd.DataFrame) -> pd.DataFrame:
    named = table.copy()
    named.insert(0, "a", found.a)
    named.insert(1, "b", found.b)
    return named
