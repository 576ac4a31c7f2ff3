"""What has happened since the last forecast: which rows are new, who moved, by how much, and why.

A view whose inputs are known is read. Otherwise the draws of the fit that the last view rests on are re-weighted to the
rows of now, and where that cannot be trusted the sampler runs. Weights are always taken against the fit, never against
other weights, so neither the order in which rows come nor how their arrival is split matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

import priors
from forecast import artefacts, influence, predictive, run, sampling, summary, views
from forecast.artefacts import Kept
from forecast.evidence.ledger import Ledger
from forecast.influence import Draws, Group
from forecast.parameters import CRUXES, VECTOR
from forecast.rows import Blocks
from forecast.run import Evidence, Forecast, counted
from forecast.view import View

LEVELS = ("0.1", "0.5", "0.9")
LEAST_SHIFT = 0.1
"""Former standard deviations below which a crux counts as unmoved; the same for its contraction."""

type How = Literal["unchanged", "known", "reweighted", "refitted", "newly stated"]


@dataclass(frozen=True, kw_only=True)
class Move:
    """One worldview between two days.

    ``new``, ``gone`` and ``reread`` are ids of rows that count now and did not, that did and do not (retracted or
    replaced), and that are read otherwise than before. ``stated_again``: rows public before the as-of date changed, so
    that the stated view is another one; ``recoded``: other code made the last one, and no draws of it are used. Tables: ``changes`` (event, output_type, output_type_id, before, after,
    change, mcse), ``cruxes`` (crux, before, after, shift, contraction), ``influence`` (`influence.COLUMNS`),
    ``surprise`` (`predictive.surprise`). ``unanswered`` are groups of rows whose weight only a refit can tell.
    """

    worldview: str
    how: How
    before: Kept | None
    after: Kept
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    reread: tuple[str, ...] = ()
    stated_again: bool = False
    recoded: bool = False
    effective: float
    changes: pd.DataFrame
    cruxes: pd.DataFrame
    influence: pd.DataFrame
    surprise: pd.DataFrame
    unanswered: tuple[Group, ...] = ()

    @property
    def only_time_has_passed(self) -> bool:
        """No row is new, gone or read otherwise, but the day is another one."""
        if self.before is None or self.new or self.gone or self.reread or self.stated_again or self.recoded:
            return False
        return self.before.view.day != self.after.view.day

    @property
    def charts(self) -> tuple[pd.DataFrame, tuple[Group, ...]]:
        """Influence and what is unanswered of it, charts instead of their months."""
        return influence.largest(self.influence, self.unanswered)


@dataclass(frozen=True, kw_only=True)
class Updated:
    """``forecast`` is the one of now; ``rows`` the ledger's rows that are new, gone or reread for anyone."""

    day_before: date
    forecast: Forecast
    moves: tuple[Move, ...]
    rows: pd.DataFrame


def update(
    before: Sequence[Kept],
    ledger: Ledger,
    day: date,
    *,
    seed: int,
    events: Sequence[str],
    names: Sequence[str] | None = None,
    cache: Path | None = None,
    with_influence: bool = True,
    refit: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> Updated:
    """From a finished forecast (its stated and updated views, `artefacts.load_kept`) to ``day``.

    ``names``: worldviews or files (default: those of ``before``, and packaged ones not yet stated then). ``cache`` is
    the folder of artefacts, for views that were computed on other days. ``refit`` lets the sampler answer for rows
    that cannot be weighed away. Raises sampling.NotConverged.
    """
    evidence = Evidence(ledger)
    old: dict[tuple[str, str], Kept] = {
        (kept.view.worldview.name, kept.view.name): kept for kept in before if not kept.view.without
    }
    moves, waiting, found = [], [], []
    for one in _worldviews(old, names, day):
        if isinstance(one, str):
            waiting.append(one)
            continue
        stated = _stated(old.get((one.name, "stated")), one, evidence, seed=seed, cache=cache, report=report)
        was = old.get((one.name, "updated"))
        recoded = was is not None and was.code != artefacts.code_hash()
        again = was is not None and not recoded and stated.key != old[one.name, "stated"].key
        moves.append(
            _moved(was, stated, evidence, day, seed=seed, cache=cache, events=events, refit=refit, stated_again=again,
                   recoded=recoded, with_influence=with_influence, report=report)
        )  # fmt: skip
        found += [stated, moves[-1].after]
    forecast = Forecast(
        day=day, seed=seed, views=tuple(k.view for k in found), not_yet_stated=tuple(waiting),
        table=summary.long_table(k.view for k in found), kept=tuple(found),
    )  # fmt: skip
    touched = {row for move in moves for row in (*move.new, *move.gone, *move.reread)}
    return Updated(
        day_before=max(kept.view.day for kept in before), forecast=forecast, moves=tuple(moves),
        rows=ledger.rows[ledger.rows["id"].isin(touched)].reset_index(drop=True),
    )  # fmt: skip


def _worldviews(
    old: dict[tuple[str, str], Kept], names: Sequence[str] | None, day: date
) -> list[priors.Worldview | str]:
    """Who is asked, in the order of ``names``; the bare name of whoever is not yet stated."""
    if names is not None:
        return [run.stated_by(name, day) for name in names]
    known = list(dict.fromkeys(name for name, _ in old))
    return [run.stated_by(n, day) if n in priors.packaged() else old[n, "stated"].view.worldview for n in known]


def _stated(
    old: Kept | None, worldview: priors.Worldview, evidence: Evidence, *, seed: int, cache: Path | None,
    report: Callable[[str], None],
) -> Kept:  # fmt: skip
    """The stated view: that of the last forecast, unless the worldview, its rows or the seed are others."""
    if old is not None and old.prior is not None and old.key == run.stated_key(worldview, evidence, seed=seed):
        return old
    return run.state(worldview, evidence, seed=seed, cache=cache, report=report)


def _moved(
    was: Kept | None, stated: Kept, evidence: Evidence, day: date, *, seed: int, cache: Path | None,
    events: Sequence[str], stated_again: bool, recoded: bool, with_influence: bool, refit: bool, report: Callable[[str], None],
) -> Move:  # fmt: skip
    worldview = stated.view.worldview
    blocks = evidence.new(worldview.as_of, day)
    key = run.updated_key(stated, evidence, day, seed=seed)
    base = _fit_of(was, stated, cache) if was is not None and not stated_again and not recoded else stated
    after, how, draws = _view_of_now(
        was, base, stated, blocks, evidence, day, key=key, seed=seed, cache=cache, report=report
    )
    if was is None:
        how = "newly stated"
    new, gone, reread = _differences(was.blocks if was is not None else stated.blocks, blocks)
    then = was.view if was is not None else stated.view
    later, earlier = evidence.later(worldview.as_of, day), set(then.row_ids) - {*counted(was.blocks if was else {})}
    about_later = tuple(row for row in later if row not in then.row_ids)
    gone += tuple(row for row in earlier if row not in later and not row.startswith("no-LOOP"))
    weighed, unanswered = _influence(
        new, after, blocks, draws, stated, base, evidence, events=events, seed=seed, refit=refit, report=report
    ) if with_influence and new else (pd.DataFrame(columns=list(influence.COLUMNS)), ())  # fmt: skip
    surprise = predictive.surprise(then, blocks) if new else pd.DataFrame(columns=["id"])
    by_draw = after.view.weights.reshape(len(artefacts.once(after.view.eta)), -1).sum(axis=1)
    return Move(
        worldview=worldview.name, how=how, before=was, after=after, new=new + about_later, gone=gone, reread=reread,
        stated_again=stated_again, recoded=recoded, effective=float(1.0 / np.sum(by_draw**2)),
        changes=changes(then, after.view, events), cruxes=cruxes(then, after.view), influence=weighed,
        surprise=surprise[surprise["id"].isin(new)].reset_index(drop=True), unanswered=unanswered,
    )  # fmt: skip


def _fit_of(kept: Kept, stated: Kept, cache: Path | None) -> Kept | None:
    """The draws that a view rests on: its own fit, or the one whose draws it weighs. None where that is gone."""
    if kept.how != "reweighted":
        return kept
    if kept.base == stated.key:
        return stated
    return artefacts.find(cache, kept.base) if cache is not None else None


def _view_of_now(
    was: Kept | None, base: Kept | None, stated: Kept, blocks: Blocks, evidence: Evidence, day: date, *, key: str,
    seed: int, cache: Path | None, report: Callable[[str], None],
) -> tuple[Kept, How, Draws | None]:  # fmt: skip
    """The updated view, how it was come by, and the draws from before that were tried, moved to ``day``."""
    worldview = stated.view.worldview
    if was is not None and was.key == key:
        return was, "unchanged", None
    if cache is not None and (there := artefacts.find(cache, key)):
        return there, "known", None
    if set(counted(blocks)) <= set(blocks["absence"].ids):
        return run.update(stated, evidence, day, seed=seed, cache=cache, report=report), "reweighted", None
    draws = None
    if base is not None:
        read, later = [evidence.known(worldview.as_of), blocks], evidence.later(worldview.as_of, day)
        own = artefacts.view_key(worldview, "updated", day=day, seed=seed, read=read, later=later, base=base.key)
        if was is not None and was.key == own:
            return was, "unchanged", None
        draws = draws_on(base, stated, blocks, evidence, day, seed=seed)
        moved = influence.move(draws, influence.as_they_are(blocks))
        if moved.passes:
            report(f"{worldview.name}: re-weighted to {day}")
            view = replace(draws.view, weights=moved.weights, row_ids=counted(blocks) + later)
            kept = Kept(key=own, view=view, blocks=blocks, how="reweighted", base=base.key, shape=moved.shape)
            return kept, "reweighted", draws
    return run.update(stated, evidence, day, seed=seed, cache=cache, report=report), "refitted", draws


def draws_on(base: Kept, stated: Kept, blocks: Blocks, evidence: Evidence, day: date, *, seed: int) -> Draws:
    """The draws of a fit with their futures from ``day`` on, ready to be weighed by rows of now."""
    eta = artefacts.once(base.view.eta)
    fit = sampling.Posterior(z=np.zeros((0, len(VECTOR))), eta=eta, table=pd.DataFrame(),
                             diagnostics=dict(base.view.diagnostics))  # fmt: skip
    view = views.update_from(run.stated_of(stated), fit, day=day, without=(), seed=seed,
                             weigh=views.weigher(evidence.ledger, base.view.worldview, day))  # fmt: skip
    return _ready(view, base, blocks)


def _ready(view: View, base: Kept, blocks: Blocks) -> Draws:
    eta, t_asof = artefacts.once(base.view.eta), base.view.worldview.as_of_year
    seen = influence.score(eta, t_asof, base.blocks)
    return Draws(
        view=view,
        repeats=len(view.eta) // len(eta),
        scored=influence.score(eta, t_asof, blocks),
        seen=influence.total(seen, influence.as_they_are(base.blocks)),
    )


def _influence(
    new: Sequence[str], after: Kept, blocks: Blocks, draws: Draws | None, stated: Kept, base: Kept | None,
    evidence: Evidence, *, events: Sequence[str], seed: int, refit: bool, report: Callable[[str], None],
) -> tuple[pd.DataFrame, tuple[Group, ...]]:  # fmt: skip
    """What the new rows did: from the draws of now if they were fitted, and from those of before."""
    worldview, day = after.view.worldview, after.view.day
    candidates = [_ready(after.view, after, blocks)] if after.how == "fitted" else []
    if draws is None and base is not None and base.key != after.key:
        draws = draws_on(base, stated, blocks, evidence, day, seed=seed)
    if draws is not None:
        candidates.append(draws)
    asked = influence.groups(evidence.described(worldview.as_of, day, new))
    table, unanswered = influence.of_rows(asked, blocks, candidates, now=after.view, events=events)
    if not refit:
        return table, unanswered
    fits = [table]
    for group in unanswered:
        report(f"{worldview.name}: fitted without {group.what}")
        weight = influence.leaving_out(blocks, group.ids)
        rest = {kind: replace(block, weight=weight[kind]) for kind, block in blocks.items()}
        before = run.stated_of(stated)
        posterior = sampling.fit(before.prior, rest, seed=seed)
        without = views.update_from(
            before, posterior, day=day, without=(), seed=seed, weigh=views.weigher(evidence.ledger, worldview, day)
        )
        fits.append(influence.of_refit(group, after.view, without, events))
    return pd.concat(fits, ignore_index=True), ()


def _differences(before: Blocks, after: Blocks) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Ids of rows that are new, gone, and read otherwise; "not yet" aside, which is new every day."""
    then, now = _readings(before), _readings(after)
    return (
        tuple(row for row in now if row not in then),
        tuple(row for row in then if row not in now),
        tuple(row for row in now if row in then and now[row] != then[row]),
    )


def _readings(blocks: Blocks) -> dict[str, tuple[float, ...]]:
    """id -> what a row itself reads, apart from what it is compared with."""
    found = {}
    for kind, block in blocks.items():
        if kind != "absence":
            own = [block.columns[name] for name in ("y", "other_vintage") if name in block.columns]
            for i, (row, weight) in enumerate(zip(block.ids, block.weight, strict=True)):
                if weight > 0:
                    found[row] = tuple(float(column[i]) for column in own)
    return found


def changes(before: View, after: View, events: Sequence[str]) -> pd.DataFrame:
    """P(by), P(never), P(stopped) and dates if ever, before and after; ``mcse`` is that of two independent views."""
    keys = ["event", "output_type", "output_type_id"]
    days = {day.isoformat() for day in summary.HEADLINE_DAYS}
    then, now = (
        table[table["event"].isin(events) & (~table["output_type"].isin(["cdf", "quantile_if_ever"])
              | table["output_type_id"].isin([*days, *LEVELS]))]
        for table in (summary.table(before, events), summary.table(after, events))
    )  # fmt: skip
    both = then[[*keys, "value", "mcse"]].merge(now[[*keys, "value", "mcse"]], on=keys, suffixes=("_before", "_after"))
    return pd.DataFrame(
        {
            **{name: both[name] for name in keys},
            "before": both["value_before"],
            "after": both["value_after"],
            "change": both["value_after"] - both["value_before"],
            "mcse": np.hypot(both["mcse_before"], both["mcse_after"]),
        }
    )


def cruxes(before: View, after: View) -> pd.DataFrame:
    """How far each belief moved: medians in its own unit, and on the unconstrained scale the shift of the median in
    former standard deviations and the contraction (1 less the ratio of standard deviations). Largest shift first."""
    found = []
    for i, name in enumerate(CRUXES):
        medians = [view.quantile(view.eta[:, i], 0.5) for view in (before, after)]
        sds = [_sd(view.eta[:, i], view.weights) for view in (before, after)]
        natural = [view.quantile(view.futures.values[name], 0.5) for view in (before, after)]
        found.append((name, *natural, (medians[1] - medians[0]) / sds[0], 1.0 - sds[1] / sds[0]))
    table = pd.DataFrame(found, columns=["crux", "before", "after", "shift", "contraction"])
    return table.sort_values("shift", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)


def _sd(value: np.ndarray, weights: np.ndarray) -> float:
    mean = weights @ value
    return float(np.sqrt(weights @ (value - mean) ** 2))
