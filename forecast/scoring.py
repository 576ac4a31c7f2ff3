"""The track record of encodings: scores of what was published since, against the baseline on the same rows.

Two numbers are given for correlated rows. The sum over rows is the log evidence: correlation that the model knows (one
chart's error from month to month, one model's two horizons) is in it already, so a chart counts once, by its joint
density. The sum over votes takes the mean over the rows that share a model, a chart, a benchmark or a publication, so
that no source decides by its number of rows even where the model understates what its rows share.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from math import log, sqrt

import numpy as np
import pandas as pd

import priors
from forecast import parameters, prequential, views
from forecast.artefacts import Kept
from forecast.evidence.ledger import Ledger
from priors import Worldview, encodings
from priors.worldview import BASELINE

ENCODINGS = 20
RUNS, PARTICLES = 3, 2500
"""Runs are independent: their spread is the Monte Carlo error. So few particles put the log evidence of a long record
some tenths of a nat too low, for all worldviews alike; differences gain from that."""

THREADS = 2
SPREAD = (0.1, 0.9)
"""Quantiles over encodings that are reported."""

WORDS = ((1.0, "not distinguished"), (3.0, "weak"), (7.0, "moderate"), (np.inf, "strong"))
"""How bits read, each up to its bound."""

ALL, NOT_OWN, NOT_REPORTED = "all", "without own employer's", "without self-reports"
SELECTIONS = (ALL, NOT_OWN, NOT_REPORTED)


@dataclass(frozen=True, kw_only=True)
class Record:
    """Scores of one worldview: ``table`` as in `prequential.Sequence`; arrays (runs, encodings, rows), the first
    encoding the published one; ``effective`` is the least effective size of any encoding's weights in any run."""

    worldview: Worldview
    table: pd.DataFrame
    log_score: np.ndarray
    crps: np.ndarray
    effective: float


type Fitted = tuple[np.ndarray, np.ndarray]
"""Mean and Cholesky factor of the nuisance parameters (`views.cut`)."""


def of_priors(stated: Iterable[Kept]) -> dict[date, Fitted]:
    """By as-of date, the cut that the prior of a stated view holds."""
    first = len(parameters.CRUXES)
    return {
        one.view.worldview.as_of: (one.prior.loc[first:], one.prior.mixing[first:, first:])
        for one in stated
        if one.prior is not None
    }


def records(
    worldviews: Sequence[Worldview],
    ledger: Ledger,
    day: date,
    *,
    seed: int,
    others: int = ENCODINGS,
    runs: int = RUNS,
    particles: int = PARTICLES,
    without: Collection[str] = (),
    fitted: Mapping[date, Fitted] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Score worldviews on the rows published in (as-of date, ``day``], with ``others`` more encodings of each.

    Only rows whose day of publication is known count. ``fitted`` has, by as-of date, what the rows until then say of the
    shared parameters, where that is at hand (`of_priors`); the others are fitted. Raises sampling.NotConverged where the shared parameters cannot
    be fitted, tilt.NoTilt where an encoding cannot honour a number.
    """
    marks = {worldview.as_of for worldview in worldviews}
    for worldview in worldviews:
        table = prequential.sequence(worldview, ledger, day, without=without).table
        marks |= {when.date() for when in table["public_on"]}
    jobs: list[tuple[Worldview, prequential.Sequence, list[parameters.Prior], prequential.Numbers]] = []
    for worldview in worldviews:
        report(f"{worldview.name}: rows since {worldview.as_of}, shared parameters from the rows before")
        before = (fitted or {}).get(worldview.as_of) or views.cut(ledger, worldview.as_of, seed)
        every = encodings.plausible(worldview, others, seed)
        beliefs = [parameters.with_nuisance(parameters.of_worldview(one), *before) for one in every]
        said = prequential.sequence(worldview, ledger, day, marks=marks, without=without)
        jobs.append((worldview, said, beliefs, prequential.numbers(worldview)))

    def run(job: int, number: int) -> prequential.Scores:
        worldview, said, beliefs, honoured = jobs[job]
        found = prequential.score(beliefs, said, honoured=honoured, seed=1000 * seed + number, particles=particles)
        report(f"{worldview.name}: {len(beliefs)} encodings scored, run {number + 1} of {runs}")
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        tasks = {(j, r): pool.submit(run, j, r) for j in range(len(jobs)) for r in range(runs)}
        try:
            done = {key: task.result() for key, task in tasks.items()}
        except BaseException:  # an interrupt too: what has not begun need not be waited for
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [
        Record(
            worldview=worldview,
            table=said.table,
            log_score=np.stack([done[j, r].log_score for r in range(runs)]),
            crps=np.stack([done[j, r].crps for r in range(runs)]),
            effective=min(float(done[j, r].effective.min()) for r in range(runs)),
        )
        for j, (worldview, said, _, _) in enumerate(jobs)
    ]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """``value`` of the published encoding (mean over runs), its Monte Carlo error, and SPREAD over all encodings."""

    value: float
    mcse: float
    low: float
    high: float


def figure(by_run: np.ndarray) -> Figure:
    """Of one quantity under every encoding in every run, (runs, encodings); with one run the error is unknown (nan)."""
    own = by_run[:, 0]
    low, high = np.quantile(by_run.mean(axis=0), SPREAD)
    mcse = float(own.std(ddof=1) / sqrt(len(own))) if len(own) > 1 else float("nan")
    return Figure(value=float(own.mean()), mcse=mcse, low=float(low), high=float(high))


def common(left: pd.DataFrame, right: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Places in two tables of the rows that both have, in the order of the first."""
    at = {row: i for i, row in enumerate(right["id"])}
    pairs = [(i, at[row]) for i, row in enumerate(left["id"]) if row in at]
    return np.array([i for i, _ in pairs], dtype=int), np.array([j for _, j in pairs], dtype=int)


def selected(table: pd.DataFrame, which: str, employer: str | None) -> np.ndarray:
    """(rows,): whether a row belongs to one of SELECTIONS for an author with this employer.

    The rows that remain are still scored given all before them, those left out among them.
    """
    reporter = table["self_reported_by"].fillna("")
    if which == NOT_OWN:
        return np.asarray(reporter != employer) if employer else np.ones(len(table), dtype=bool)
    if which == NOT_REPORTED:
        return np.asarray(reporter == "")
    return np.ones(len(table), dtype=bool)


def one_vote_each(log_score: np.ndarray, votes: pd.Series) -> np.ndarray:
    """Sum (...) over votes of the mean log score (..., rows) of their rows."""
    counts = votes.map(votes.value_counts()).to_numpy(float)
    return np.asarray((log_score / counts).sum(axis=-1))


def totals(found: Sequence[Record]) -> pd.DataFrame:
    """One line per worldview and selection of rows: log scores in nats, their difference to the baseline on the rows
    after both as-of dates (with Monte Carlo error and SPREAD over encodings), and mean CRPS.

    Encodings of the two are paired by number, so that the spread has both. The columns of the difference are missing
    where the baseline was not scored.
    """
    baseline = next((record for record in found if record.worldview.name == BASELINE), None)
    lines = []
    for record in sorted(found, key=lambda record: record.worldview.name):
        for which in SELECTIONS:
            chosen = np.flatnonzero(selected(record.table, which, record.worldview.affiliation))
            if which == NOT_OWN and len(chosen) == len(record.table):
                continue
            lines.append(_total(record, baseline, which, chosen))
    return pd.DataFrame(lines)


def _total(record: Record, baseline: Record | None, which: str, chosen: np.ndarray) -> dict[str, object]:
    part = record.table.iloc[chosen].reset_index(drop=True)
    log_score = record.log_score[..., chosen]
    own, votes = figure(log_score.sum(axis=-1)), figure(one_vote_each(log_score, part["vote"]))
    published = part["kind"] != "absence"
    ranked = np.isfinite(record.crps[0, 0, chosen])
    line: dict[str, object] = {
        "worldview": record.worldview.name, "as_of": record.worldview.as_of.isoformat(), "selection": which,
        "rows": int(published.sum()), "votes": int(part.loc[published, "vote"].nunique()),
        "log_score": own.value, "log_score_mcse": own.mcse, "log_score_low": own.low, "log_score_high": own.high,
        "one_vote_each": votes.value, "rows_ranked": int(ranked.sum()), "rows_censored": int(part["censored"].sum()),
        "crps": _mean(record.crps[:, 0][..., chosen][..., ranked]),
    }  # fmt: skip
    if baseline is not None:
        here, there = common(part, baseline.table)
        excess = log_score[..., here] - baseline.log_score[..., there]
        gain, by_vote = figure(excess.sum(axis=-1)), figure(one_vote_each(excess, part["vote"].iloc[here]))
        both = np.isfinite(record.crps[0, 0, chosen[here]]) & np.isfinite(baseline.crps[0, 0, there])
        line |= {
            "rows_common": int(published.iloc[here].sum()), "difference": gain.value, "difference_mcse": gain.mcse,
            "difference_low": gain.low, "difference_high": gain.high, "difference_one_vote_each": by_vote.value,
            "crps_common": _mean(record.crps[:, 0][:, chosen[here][both]]),
            "crps_baseline": _mean(baseline.crps[:, 0][:, there[both]]),
        }  # fmt: skip
    return line


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def pairs(found: Sequence[Record]) -> pd.DataFrame:
    """Bits by which the rows after both as-of dates separate two encodings: log2 of their Bayes factor (positive where
    they favour ``left``), with Monte Carlo error, SPREAD over encodings, the same with one vote each, and its words."""
    lines = []
    ordered = sorted(found, key=lambda record: record.worldview.name)
    for i, left in enumerate(ordered):
        for right in ordered[i + 1 :]:
            here, there = common(left.table, right.table)
            excess = (left.log_score[..., here] - right.log_score[..., there]) / log(2.0)
            votes = left.table["vote"].iloc[here]
            bits, by_vote = figure(excess.sum(axis=-1)), figure(one_vote_each(excess, votes))
            lines.append(
                {"left": left.worldview.name, "right": right.worldview.name,
                 "rows": int((left.table["kind"].iloc[here] != "absence").sum()), "bits": bits.value, "mcse": bits.mcse,
                 "low": bits.low, "high": bits.high, "bits_one_vote_each": by_vote.value, "words": words(bits.value)}
            )  # fmt: skip
    columns = ["left", "right", "rows", "bits", "mcse", "low", "high", "bits_one_vote_each", "words"]
    return pd.DataFrame(lines, columns=columns)


def words(bits: float) -> str:
    """How a number of bits reads, whichever way it points."""
    return next(word for bound, word in WORDS if abs(bits) < bound or bound == np.inf)


def by_row(found: Sequence[Record]) -> pd.DataFrame:
    """Every row under the published encoding of every worldview, in order of publication; missing CRPS is nan."""
    frames = []
    for record in sorted(found, key=lambda record: record.worldview.name):
        runs = len(record.log_score)
        own = record.log_score[:, 0]
        spread = own.std(axis=0, ddof=1) / sqrt(runs) if runs > 1 else np.full(own.shape[1], np.nan)
        frames.append(
            record.table.assign(
                worldview=record.worldview.name, log_score=own.mean(axis=0), mcse=spread,
                crps=record.crps[:, 0].mean(axis=0),
                public_on=[when.date().isoformat() for when in record.table["public_on"]],
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def asked_for(names: Sequence[str], day: date) -> tuple[list[Worldview], list[str]]:
    """The worldviews named (all by default) and the baseline, and the names of those not yet stated on ``day``.

    Raises BadInput for an unknown name or a bad file.
    """
    wanted = [*names, *([] if BASELINE in names else [BASELINE])] if names else list(priors.names())
    ready: dict[str, Worldview] = {}
    waiting = []
    for name in wanted:
        versions = name in priors.packaged()
        try:
            worldview = priors.load(name, as_of=day if versions else None)
        except priors.BadInput:
            if not versions:
                raise
            waiting.append(name)
            continue
        if worldview.as_of > day:
            waiting.append(worldview.name)
        else:
            ready[worldview.name] = worldview
    return list(ready.values()), waiting


def tables(found: Sequence[Record]) -> Mapping[str, pd.DataFrame]:
    """Everything that is published of a track record."""
    return {"totals": totals(found), "pairs": pairs(found), "rows": by_row(found)}
