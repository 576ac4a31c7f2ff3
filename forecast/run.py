"""The main job: every worldview, stated and updated, with the two headlines that leave a stream out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

import priors
from forecast import artefacts, rows, summary, views
from forecast.artefacts import Kept
from forecast.evidence.ledger import Ledger
from forecast.future import evidence as future
from forecast.rows import Blocks
from forecast.view import View
from forecast.views import Stated

VARIANTS: tuple[tuple[str, ...], ...] = (("share",), ("horizon",))
"""Kinds of rows left out of the updated view, each on its own: one chart by one lab must not decide unseen."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """``views``: stated, updated and the variants of every worldview already stated on ``day``.

    ``kept`` are the same with what an artefact keeps of each.
    """

    day: date
    seed: int
    views: tuple[View, ...]
    not_yet_stated: tuple[str, ...]
    table: pd.DataFrame
    kept: tuple[Kept, ...] = ()

    def view(self, worldview: str, name: str, without: tuple[str, ...] = ()) -> View:
        """One of the views. Raises KeyError where there is none."""
        for found in self.views:
            if (found.worldview.name, found.name, found.without) == (worldview, name, without):
                return found
        raise KeyError(f"no {name} view of {worldview} without {without}")


class Evidence:
    """The rows of a ledger as views read them, each question asked of it once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._known: dict[date, pd.DataFrame] = {}
        self._new: dict[tuple[date, date], pd.DataFrame] = {}
        self._later: dict[tuple[date, date, tuple[str, ...]], tuple[str, ...]] = {}

    def known(self, day: date, *, without: Collection[str] = ()) -> Blocks:
        """What was known on a day (`rows.known_by`)."""
        if day not in self._known:
            self._known[day] = rows.known_by(self.ledger, day)
        return rows.blocks(self._known[day], without=without)

    def new(self, after: date, until: date, *, without: Collection[str] = ()) -> Blocks:
        """What became known in (after, until] (`rows.new_between`)."""
        if (after, until) not in self._new:
            self._new[after, until] = rows.new_between(self.ledger, after, until)
        return rows.blocks(self._new[after, until], without=without)

    def later(self, after: date, until: date, *, without: Collection[str] = ()) -> tuple[str, ...]:
        """Ids of rows that became known in (after, until] about what acts only after today (`forecast.future`)."""
        key = (after, until, tuple(sorted(without)))
        if key not in self._later:
            self._later[key] = future.row_ids(self.ledger, after=after, until=until, without=without)
        return self._later[key]

    def described(self, after: date, until: date, ids: Collection[str]) -> pd.DataFrame:
        """Some of the rows that became known in (after, until], as the ledger has them, with their kind."""
        self.new(after, until)
        found = self._new[after, until]
        return found[found["id"].isin(ids)].reset_index(drop=True)


def counted(blocks: Blocks) -> tuple[str, ...]:
    """Ids of the rows that count, of all kinds."""
    return tuple(row for block in blocks.values() for row in block.counted)


def stated_key(worldview: priors.Worldview, evidence: Evidence, *, seed: int) -> str:
    """`artefacts.view_key` of the stated view."""
    as_of = worldview.as_of
    return artefacts.view_key(worldview, "stated", day=as_of, seed=seed, read=[evidence.known(as_of)])


def state(
    worldview: priors.Worldview, evidence: Evidence, *, seed: int, cache: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Kept:  # fmt: skip
    """The stated view: the one that ``cache`` (a folder of artefacts) has, else a new one, which is put there.

    Raises sampling.NotConverged.
    """
    key = stated_key(worldview, evidence, seed=seed)
    if cache is not None and (there := artefacts.find(cache, key)):
        return there
    report(f"{worldview.name}: stated view, as of {worldview.as_of}")
    found = views.state(worldview, evidence.ledger, seed=seed)
    seen = rows.blocks(rows.not_yet(worldview.as_of))
    kept = Kept(key=key, view=found.view, blocks=seen, how="drawn", tilt=found.tilt, prior=found.prior)
    if cache is not None:
        artefacts.keep(cache, kept)
    return kept


def stated_of(kept: Kept) -> Stated:
    """What an update starts from. Raises ValueError where the view was kept without its prior."""
    if kept.prior is None or kept.tilt is None:
        raise ValueError(f"the view {kept.key} is not a stated one, or was kept without its prior")
    return Stated(view=kept.view, prior=kept.prior, tilt=kept.tilt)


def updated_key(stated: Kept, evidence: Evidence, day: date, *, seed: int, without: Collection[str] = ()) -> str:
    """`artefacts.view_key` of the view that `update` fits."""
    worldview = stated.view.worldview
    read = [evidence.known(worldview.as_of), evidence.new(worldview.as_of, day, without=without)]
    later = evidence.later(worldview.as_of, day, without=without)
    return artefacts.view_key(worldview, "updated", day=day, seed=seed, read=read, later=later, without=without)


def update(
    stated: Kept, evidence: Evidence, day: date, *, seed: int, without: Collection[str] = (), cache: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Kept:  # fmt: skip
    """The updated view of that day: the one that ``cache`` has, else a new fit, which is put there.

    It depends on nothing but the worldview, the rows, the day and the seed, so rows that went away again leave no
    trace. Raises sampling.NotConverged.
    """
    key = updated_key(stated, evidence, day, seed=seed, without=without)
    if cache is not None and (there := artefacts.find(cache, key)):
        return there
    worldview = stated.view.worldview
    left_out = f", without {'+'.join(without)}" if without else ""
    report(f"{worldview.name}: updated to {day}{left_out}")
    view = views.update(stated_of(stated), evidence.ledger, day, seed=seed, without=without)
    blocks = evidence.new(worldview.as_of, day, without=without)
    fitted = view.eta is not stated.view.eta
    kept = Kept(key=key, view=view, blocks=blocks, how="fitted" if fitted else "reweighted",
                base="" if fitted else stated.key)  # fmt: skip
    if cache is not None:
        artefacts.keep(cache, kept)
    return kept


def run(
    names: Sequence[str] | None = None,
    *,
    ledger: Ledger,
    day: date,
    seed: int = 1,
    variants: Sequence[tuple[str, ...]] = VARIANTS,
    cache: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Forecast:
    """Forecast as of ``day``, for the worldviews named (or files given), all by default.

    ``cache`` is a folder of artefacts from which views are read whose inputs are the same, and to which others are
    added. ``report`` is told what is being done. Raises sampling.NotConverged where a fit fails its gate: nothing of a
    forecast is published then.
    """
    evidence = Evidence(ledger)
    kept: list[Kept] = []
    waiting = []
    for name in priors.names() if names is None else names:
        worldview = stated_by(name, day)
        if isinstance(worldview, str):
            waiting.append(worldview)
            continue
        stated = state(worldview, evidence, seed=seed, cache=cache, report=report)
        kept.append(stated)
        for without in ((), *variants):
            kept.append(update(stated, evidence, day, seed=seed, without=without, cache=cache, report=report))
    found = tuple(one.view for one in kept)
    return Forecast(
        day=day,
        seed=seed,
        views=found,
        not_yet_stated=tuple(waiting),
        table=summary.long_table(found),
        kept=tuple(kept),
    )


def stated_by(name: str, day: date) -> priors.Worldview | str:
    """The worldview of a name or file as of ``day``; its bare name where it is not yet stated. Raises BadInput."""
    try:
        worldview = priors.load(name, as_of=None if name.endswith(".toml") else day)
    except priors.BadInput:
        if name not in priors.packaged():
            raise
        return name
    return worldview.name if worldview.as_of > day else worldview
