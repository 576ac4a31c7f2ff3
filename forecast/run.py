"""The main job: every worldview, stated and updated, with the two headlines that leave a stream out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

import priors
from forecast import summary, views
from forecast.evidence.ledger import Ledger
from forecast.view import View

VARIANTS: tuple[tuple[str, ...], ...] = (("share",), ("horizon",))
"""Kinds of rows left out of the updated view, each on its own: one chart by one lab must not decide unseen."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """``views``: stated, updated and the variants of every worldview already stated on ``day``."""

    day: date
    seed: int
    views: tuple[View, ...]
    not_yet_stated: tuple[str, ...]
    table: pd.DataFrame

    def view(self, worldview: str, name: str, without: tuple[str, ...] = ()) -> View:
        """One of the views. Raises KeyError where there is none."""
        for found in self.views:
            if (found.worldview.name, found.name, found.without) == (worldview, name, without):
                return found
        raise KeyError(f"no {name} view of {worldview} without {without}")


def run(
    names: Sequence[str] | None = None,
    *,
    ledger: Ledger,
    day: date,
    seed: int = 1,
    variants: Sequence[tuple[str, ...]] = VARIANTS,
    report: Callable[[str], None] = lambda _: None,
) -> Forecast:
    """Forecast as of ``day``, for the worldviews named (or files given), all by default.

    ``report`` is told what is being done. Raises sampling.NotConverged where a fit fails its gate: nothing of a
    forecast is published then.
    """
    found: list[View] = []
    waiting = []
    for name in names or priors.names():
        try:
            worldview = priors.load(name, as_of=None if name.endswith(".toml") else day)
        except priors.BadInput:
            if name not in priors.names():
                raise
            waiting.append(name)
            continue
        if worldview.as_of > day:
            waiting.append(worldview.name)
            continue
        report(f"{worldview.name}: stated view, as of {worldview.as_of}")
        stated = views.state(worldview, ledger, seed=seed)
        found.append(stated.view)
        for without in ((), *variants):
            left_out = f", without {'+'.join(without)}" if without else ""
            report(f"{worldview.name}: updated to {day}{left_out}")
            found.append(views.update(stated, ledger, day, seed=seed, without=without))
    return Forecast(
        day=day, seed=seed, views=tuple(found), not_yet_stated=tuple(waiting), table=summary.long_table(found)
    )
