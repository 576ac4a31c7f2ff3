"""A worldview after other rows than those of its published view: draws weighed anew where they can be, or a fit.

Fits have fewer draws than what is published alone, since these numbers stand beside many others; the gate is the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from forecast import artefacts, influence, run, sampling, updating, views
from forecast.artefacts import Kept
from forecast.influence import Draws
from forecast.rows import Blocks
from forecast.run import Evidence
from forecast.view import View

DRAWS = 500
"""For each of four chains."""


def draws_of(kept: Kept, blocks: Blocks) -> Draws:
    """The draws of a fit, ready to be weighed by ``blocks``; its futures and their tilt as they are."""
    eta, t_asof = artefacts.once(kept.view.eta), kept.view.worldview.as_of_year
    seen = influence.score(eta, t_asof, kept.blocks)
    scored = seen if blocks is kept.blocks else influence.score(eta, t_asof, blocks)
    return Draws(
        view=kept.view, repeats=len(kept.view.eta) // len(eta), scored=scored,
        seen=influence.total(seen, influence.as_they_are(kept.blocks)),
    )  # fmt: skip


def fitted(stated: Kept, blocks: Blocks, evidence: Evidence, day: date, *, seed: int) -> Kept:
    """The view after these rows, by the sampler; what acts only after today is weighed by all rows until ``day``.

    Raises sampling.NotConverged.
    """
    before, worldview = run.stated_of(stated), stated.view.worldview
    posterior = sampling.fit(before.prior, blocks, seed=seed, draws=DRAWS)
    weigh = views.weigher(evidence.ledger, worldview, day)
    view = views.update_from(before, posterior, day=day, without=(), seed=seed, weigh=weigh)
    return Kept(key="", view=view, blocks=blocks, how="fitted")


def weighed(base: Kept, stated: Kept, blocks: Blocks, evidence: Evidence, day: date, *, seed: int) -> View | None:
    """The view after these rows from the draws of ``base``, with their futures from ``day`` on; None where weights cannot
    be trusted. Those that hardly differ from one another are, whatever their tail."""
    weight = influence.as_they_are(blocks)
    if not _trusted(draws_of(base, blocks), weight):
        return None
    draws = updating.draws_on(base, stated, blocks, evidence, day, seed=seed)
    if not _trusted(draws, weight):
        return None
    return replace(draws.view, weights=influence.move(draws, weight).weights)


def _trusted(draws: Draws, weight: influence.Weight) -> bool:
    moved = influence.move(draws, weight)
    return moved.passes or influence.distance(draws.view.weights, moved.weights) <= influence.NEGLIGIBLE
