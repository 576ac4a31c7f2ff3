"""What the data does to one worldview: the tables of the check `forecast.trust.data`.

Its forecast had the readings been others (`counterfactuals`), how much hangs on belief and how much on rows
(power-scaling), which cruxes the rows have reached (contraction), and the two headlines without each stream. Where draws
cannot be weighed anew the posterior is sampled again. Changes are in points, hundredths of a probability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

import priors
from forecast import influence, likelihood, posteriors, rows, sampling, views
from forecast.evidence import ledger as ledgers
from forecast.evidence.ledger import Ledger
from forecast.functionals import happened_by
from forecast.future import evidence
from forecast.observations import KINDS
from forecast.parameters import CRUXES, VECTOR
from forecast.posteriors import Answer
from forecast.rows import Blocks
from forecast.simulation import HORIZON
from forecast.trust import contrasts, counterfactuals
from forecast.trust.counterfactuals import CHANGES, Counterfactual
from forecast.view import View
from forecast.views import REPEATS, Stated
from priors.elicit import to_real

EVENTS = ("LOOP", "SWX3")
BY = date(2030, 12, 31)
POINTS = 100.0

ALPHAS = (0.8, 1.25)
"""Powers at which a prior or a likelihood is weighed anew; one is to the other as 1 is to 1.5625."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """A worldview as it is published, with what is needed to ask what else it might have said.

    ``z`` (draws, len(VECTOR)): the standard normals of the fit; ``rows`` those since the as-of date, ``known`` all.
    """

    stated: Stated
    updated: View
    z: np.ndarray
    rows: pd.DataFrame
    known: pd.DataFrame
    blocks: Blocks
    weigh: Callable[[Mapping[str, np.ndarray]], np.ndarray]
    seed: int

    @property
    def name(self) -> str:
        """Of the worldview."""
        return self.updated.worldview.name


def base(name: str, ledger: Ledger, *, day: date, seed: int) -> Base:
    """Fit one worldview. Raises sampling.NotConverged."""
    worldview = priors.load(name)
    stated = views.state(worldview, ledger, seed=seed)
    new = rows.new_between(ledger, worldview.as_of, day)
    blocks = rows.blocks(new)
    posterior = sampling.fit(stated.prior, blocks, seed=seed)
    weigh = views.weigher(ledger, worldview, day)
    updated = views.update_from(stated, posterior, day=day, without=(), seed=seed, weigh=weigh)
    return Base(
        stated=stated, updated=updated, z=posterior.z, rows=new, known=rows.known_by(ledger, day), blocks=blocks,
        weigh=weigh, seed=seed,
    )  # fmt: skip


def happens(view: View, event: str) -> np.ndarray:
    """Draws (n,) in which the event is seen by the end of 2030."""
    return happened_by(view, event, BY).astype(float)


def compared(before: View, after: View, event: str) -> dict[str, float]:
    """P(event by 2030) of both and the change with its error, all in points; of both the median date among draws in
    which it happens by 2100, and the probability that it has neither happened nor been stopped by then."""
    moved, error = contrasts.change(before, after, happens(before, event), happens(after, event))
    found = {"before": before.probability(happens(before, event)), "after": after.probability(happens(after, event))}
    found = {name: POINTS * p for name, p in found.items()} | {"change": POINTS * moved, "error": POINTS * error}
    for when, view in (("before", before), ("after", after)):
        seen = view.futures.observed(event)
        never = (view.futures.dates[event] > HORIZON) & (view.futures.first_stop(event) > HORIZON)
        found[f"median_if_ever_{when}"] = view.quantile(seen, 0.5, seen <= HORIZON)
        found[f"never_{when}"] = POINTS * view.probability(never)
    return found


def asked(base: Base, after: Blocks, *, refit: bool = True) -> Answer | None:
    """The view had the rows been others; None where it could be neither weighed nor fitted."""
    try:
        return posteriors.with_weights(
            base.updated, base.stated, base.blocks, after, seed=base.seed, refit=refit, weigh=base.weigh
        )
    except sampling.NotConverged:
        return None


NOT_ANSWERED = {"after": np.nan, "change": np.nan, "error": np.nan, "how": "not converged"}


def _answered(base: Base, answer: Answer | None) -> list[dict[str, object]]:
    """One row for each event."""
    if answer is None:
        return [{"worldview": base.name, "event": event, **NOT_ANSWERED} for event in EVENTS]
    told = {"how": answer.how, "shape": answer.shape, "effective": answer.effective}
    return [
        {"worldview": base.name, "event": event, **compared(base.updated, answer.view, event), **told}
        for event in EVENTS
    ]


def expected(one: Counterfactual, event: str, stated: View) -> int:
    """The way that P(event by 2030) should go: without an estimate of returns towards what the person had said of them."""
    if one.change is counterfactuals.returns_unknown and event == "SWX3":
        r = stated.futures.values["r"] * (1.0 - stated.futures.values["phi0"])
        return 1 if stated.quantile(r, 0.5) > counterfactuals.RETURN_PUBLISHED else -1
    return one.loop if event == "LOOP" else one.swx3


def other_worlds(base: Base, changes: Sequence[Counterfactual] = CHANGES, *, refit: bool = True) -> pd.DataFrame:
    """One row for each counterfactual and event: columns counterfactual, worldview, event, expected (+1, -1 or 0), those
    of `compared`, and how, shape and effective of the answer."""
    found = []
    for one in changes:
        answer = asked(base, rows.blocks(one.change(base.rows, base.known)), refit=refit)
        for row in _answered(base, answer):
            way = expected(one, str(row["event"]), base.stated.view)
            found.append({"counterfactual": one.name, "expected": way, **row})
    return pd.DataFrame(found)


def streams(base: Base, ledger: Ledger, *, day: date) -> pd.DataFrame:
    """One row for each kind with new rows and event, without that kind: worldview, kind, rows, event, with, without,
    change (with less without), error, how, shape."""
    found = []
    as_of = base.updated.worldview.as_of
    for kind in KINDS:
        if not (count := len(base.blocks[kind].counted)):
            continue
        for row in _answered(base, asked(base, rows.blocks(base.rows, without=(kind,)))):
            found.append({"kind": kind, "rows": count, **row})
    later = evidence.row_ids(ledger, after=as_of, until=day)
    for kind in evidence.KINDS:
        left = evidence.row_ids(ledger, after=as_of, until=day, without=(kind,))
        if len(left) == len(later):
            continue
        weigh = views.weigher(ledger, base.updated.worldview, day, without=(kind,))
        view = views.update_from(base.stated, _posterior(base), day=day, without=(), seed=base.seed, weigh=weigh)
        answer = Answer(view=view, how="reweighted", shape=0.0, effective=view.effective_draws)
        for row in _answered(base, answer):
            found.append({"kind": kind, "rows": len(later) - len(left), **row})
    table = pd.DataFrame(found)
    table["change"] = -table["change"]
    table = table.rename(columns={"before": "with", "after": "without"})
    return table[["worldview", "kind", "rows", "event", "with", "without", "change", "error", "how", "shape"]]


def _posterior(base: Base) -> sampling.Posterior:
    """The fit that the updated view came from."""
    return sampling.Posterior(
        z=base.z, eta=base.updated.eta[::REPEATS], table=pd.DataFrame(), diagnostics=dict(base.updated.diagnostics)
    )


def power_scaled(view: View, log_factor: np.ndarray, alpha: float) -> tuple[np.ndarray, float]:
    """Weights (n,) of the draws were a factor of the posterior, whose logarithm is given for each fitted draw
    (n / REPEATS,), taken to the power alpha; and the shape of their tail."""
    weight, shape = posteriors.smoothed((alpha - 1.0) * log_factor)
    weight = np.repeat(weight, len(view.weights) // len(weight)) * view.weights
    return weight / weight.sum(), shape


def sensitivity(base: Base) -> pd.DataFrame:
    """By how much P(event by 2030) changes for each doubling of the weight of the beliefs (of cruxes that rows can speak
    of, as standard normals) and of the rows since, after Kallioinen et al. (2024) with alpha of ALPHAS. Columns
    worldview, event, factor, change, error (points a doubling), shape, effective (the worst of the two powers)."""
    factors = {
        "belief": -0.5 * np.square(base.z[:, : len(CRUXES)]).sum(axis=1),
        "rows": _log_likelihood(base),
    }
    doublings = float(np.log2(ALPHAS[1] / ALPHAS[0]))
    found = []
    for factor, log_factor in factors.items():
        scaled = [power_scaled(base.updated, log_factor, alpha) for alpha in ALPHAS]
        (low, _), (high, _) = scaled
        for event in EVENTS:
            hit = happens(base.updated, event)
            pulls = [weight * (hit - weight @ hit) for weight in (low, high)]
            found.append(
                {
                    "worldview": base.name,
                    "event": event,
                    "factor": factor,
                    "change": POINTS * float((high - low) @ hit) / doublings,
                    "error": POINTS * contrasts.standard_error(base.updated, pulls[1] - pulls[0]) / doublings,
                    "shape": max(shape for _, shape in scaled),
                    "effective": min(_effective(weight) for weight, _ in scaled),
                }
            )
    return pd.DataFrame(found)


def _log_likelihood(base: Base) -> np.ndarray:
    """Of all rows since the as-of date, at each fitted draw."""
    seen = influence.score(base.updated.eta[::REPEATS], base.updated.worldview.as_of_year, base.blocks)
    return influence.total(seen, influence.as_they_are(base.blocks))


def _effective(weight: np.ndarray) -> float:
    """Fitted draws that these weights (n,) are worth."""
    return float(1.0 / np.sum(np.square(weight.reshape(-1, REPEATS).sum(axis=1))))


def contraction(base: Base) -> pd.DataFrame:
    """Per variable of the beliefs: columns worldview, crux, variable, read (whether any row speaks of it), shift (of the
    mean, in former standard deviations), contraction (1 less the ratio of standard deviations), both from stated to
    updated on the whole line and where finite, and their errors."""
    worldview, found = base.updated.worldview, []
    beliefs, variables = worldview.elicited(), priors.variables()
    for name in variables:
        if name not in beliefs:
            continue
        read = name in CRUXES or name in evidence.WEIGHED
        sides = []
        for view in (base.stated.view, base.updated):
            with np.errstate(divide="ignore"):
                value = to_real(beliefs[name].link, view.futures.values[name], origin=beliefs[name].origin)
            if name in VECTOR:
                value = view.eta[:, VECTOR.index(name)]
            sides.append(_spread(view, np.asarray(value), tilted=read))
        (mean, sd, *_), (new_mean, new_sd, *_) = sides
        (_, _, mean_error, sd_error), (_, _, new_mean_error, new_sd_error) = sides
        found.append(
            {
                "worldview": base.name,
                "crux": variables[name].crux,
                "variable": name,
                "read": read,
                "shift": (new_mean - mean) / sd,
                "shift_error": float(np.hypot(mean_error, new_mean_error)) / sd,
                "contraction": 1.0 - new_sd / sd,
                "contraction_error": new_sd / sd * float(np.hypot(sd_error, new_sd_error)),
            }
        )
    return pd.DataFrame(found)


def _spread(view: View, value: np.ndarray, *, tilted: bool) -> tuple[float, float, float, float]:
    """Mean, standard deviation, error of the mean, relative error of the standard deviation, of what is finite."""
    weights = view.weights if tilted else np.full(len(value), 1.0 / len(value))
    known = np.isfinite(value)
    x, w = np.where(known, value, 0.0), weights * known / weights[known].sum()
    mean = float(w @ x)
    variance = float(w @ np.square(x - mean))
    pulls = w * (x - mean), w * (np.square(x - mean) / variance - 1.0) / 2.0
    mean_error, sd_error = (contrasts.standard_error(view, one) for one in pulls)
    return mean, float(np.sqrt(variance)), mean_error, sd_error


def silence(base: Base, ledger: Ledger, *, day: date) -> pd.DataFrame:
    """Had nothing become public since the as-of date: for each event the columns of `compared`, from the stated view,
    and ``apart``, the largest relative difference of a weight from the stated one times the chance that no loop had
    been shown."""
    stated = base.stated.view
    quiet = counterfactuals.forgotten(ledger, after=stated.worldview.as_of)
    view = views.update(base.stated, quiet, day, seed=base.seed)
    by_day = [_no_loop(stated.eta, stated.worldview.as_of_year, when) for when in (stated.worldview.as_of, day)]
    weight = stated.weights * np.exp(by_day[1] - by_day[0])
    apart = float(np.max(np.abs(view.weights / (weight / weight.sum()) - 1.0)))
    return pd.DataFrame(
        [{"worldview": base.name, "event": event, **compared(stated, view, event), "apart": apart} for event in EVENTS]
    )


def _no_loop(eta: np.ndarray, t_asof: float, day: date) -> np.ndarray:
    """ln of the chance (n,) that by that day no loop had been shown."""
    block = rows.blocks(rows.not_yet(day))
    return np.asarray(likelihood.by_row_of_values(eta, t_asof, block)["absence"][:, 0])


@dataclass(frozen=True, kw_only=True)
class Piece:
    """All that is measured of one worldview."""

    other_worlds: pd.DataFrame
    streams: pd.DataFrame
    sensitivity: pd.DataFrame
    contraction: pd.DataFrame
    silence: pd.DataFrame
    moved: pd.DataFrame


def of_worldview(
    name: str, *, ledger: Ledger, day: date, seed: int, changes: Sequence[Counterfactual] = CHANGES
) -> Piece:
    """Measure one worldview; some minutes. Raises sampling.NotConverged where the published view itself fails."""
    one = base(name, ledger, day=day, seed=seed)
    moved = [{"worldview": name, "event": event, **compared(one.stated.view, one.updated, event)} for event in EVENTS]
    return Piece(
        other_worlds=other_worlds(one, changes),
        streams=streams(one, ledger, day=day),
        sensitivity=sensitivity(one),
        contraction=contraction(one),
        silence=silence(one, ledger, day=day),
        moved=pd.DataFrame(moved),
    )


def copies(ledger: Ledger, *, day: date, worldviews: Sequence[str]) -> pd.DataFrame:
    """How often a row counts that is there twice: columns what, worldview, rows, again (copies that were let in, or
    counted beside the first).

    In a file each copy has another note, and the id that is right for it. In memory nobody checks: the copies are dated
    as the first, or published a day later, where no reader would see that they are copies.
    """
    cells = list(ledgers.cells_by_id().values())
    _, problems = ledgers.examine(counterfactuals.file_with_copies(cells), file="copies.csv", register=ledger.register)
    refused = {int(p.where.removeprefix("row ").split(",")[0]) for p in problems if p.where.startswith("row ")}
    first_copy = len(cells) + FIRST_ROW
    found = [("in a file", "", len(cells), len(cells) - sum(number >= first_copy for number in refused))]
    for days, what in ((0, "in memory, of the same day"), (1, "in memory, a day later")):
        twice = counterfactuals.repeated(ledger, days_later=days)
        for name in worldviews:
            as_of = priors.load(name).as_of
            once, both = (_counted(one, as_of, day) for one in (ledger, twice))
            found.append((what, name, once, both - once))
    return pd.DataFrame(found, columns=["what", "worldview", "rows", "again"])


FIRST_ROW = 2
"""Number of the first row of a file, as problems name it: the header is row 1."""


def _counted(ledger: Ledger, after: date, until: date) -> int:
    """New rows that count, past and future; that no loop had been shown is in no ledger."""
    blocks = rows.blocks(rows.new_between(ledger, after, until))
    past = sum(len(block.counted) for kind, block in blocks.items() if kind != "absence")
    return past + len(evidence.row_ids(ledger, after=after, until=until))
