"""Whether readings scatter about the model as it says they do: posterior predictive checks of every stream.

*Given a draw.* The reading of each row, put into its own law given one posterior draw and the readings before it, is
uniform under the model, independently of all others: the chain rule takes care of what rows of one publication, one
chart or one benchmark share. Draw and rows together are a draw of the joint law, so the reference distribution of any
statistic of these numbers is that of as many independent uniforms, whatever else is uncertain (Johnson 2007, Bayesian
Analysis 2:719). A replicated data set is judged against the draw that made it, and has just this distribution. P-values
of single draws depend on one another; twice their mean is a p-value (Rüschendorf 1982), a cautious one.

*Left out.* Each reading under the other rows, by Pareto-smoothed weights. For the eye: rows that share something with
the one left out, such as the months of a chart, are still there, so these lie somewhat too near the middle. A row
from before the as-of date is taken out of the shared parameters, all that it has taught. Where the shape of
the weights' tail is above 0.7 (`posteriors`) a row can hardly be taken out this way: firsts of a chart, lone studies.

*Before.* Each reading as `forecast.prequential` foresees it from all rows before it: independent uniforms under the
model and the beliefs together, so a surprise may be the author's.

Of a reading beyond the range of its instrument only the side is known, and it is placed at random there; statements
that are bounds by nature predict no reading and are left out, as are rows about what acts only after today
(`forecast.future`), which have no law.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import chi2, kstwo
from scipy.stats import t as student

import priors
from forecast import artefacts, bands, likelihood, posteriors, predictive, prequential, rows, run
from forecast.artefacts import Kept
from forecast.evidence.ledger import Ledger
from forecast.mechanism import HISTORY_START, WALK, WALK_KNOTS, WALK_STEP
from forecast.observations.base import MONTHS_PER_YEAR
from forecast.observations.share import SAYS_NOTHING
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks
from forecast.trust import findings
from forecast.trust.findings import Context, Finding, Measured
from forecast.view import View
from priors import Worldview, decimal_year

CHECK = "predictive"
BENCHMARKS, NOISE, EVERYTHING = "benchmarks", "process noise", "all rows"
"""Streams of our own: all benchmarks together, the steps of the random walk that leads to the horizons, and all that
has been read."""

LEAST_ROWS = 5
"""Of a stream that is held against a bound; of fewer no statistic tells much."""

FAMILY = 0.05
"""Probability that a model without fault falls short anywhere among the findings of one kind, at most (Bonferroni)."""

DRAWS = 2000
"""Of a view, at most: a probability is then known to 0.01."""

PARTICLES = 1200
FARTHEST = 1e-9
"""No probability is taken for nearer to 0 or 1 than this."""

REFERENCE = 40_000
"""Simulated series of independent normals, for statistics whose law has no closed form."""

PIT_COLUMNS = ("worldview", "stream", "id", "date", "censored", "pit_loo", "shape", "pit_before", "z")
STREAM_COLUMNS = (
    "worldview", "stream", "n", "mean_pit", "p_mean", "spread", "p_spread", "p_pit", "slope_per_year", "p_slope", "lag1",
    "p_lag1", "p_unlike", "mean_loo", "spread_loo", "inside_50", "inside_90", "n_before", "mean_before", "spread_before",
    "p_before",
)  # fmt: skip

QUESTIONS = {
    "p_pit": "calibration",
    "p_spread": "spread",
    "p_slope": "trend",
    "p_lag1": "neighbours",
    "p_unlike": "one scatter",
}
"""Columns of p-values that are held against a bound, and their names. The last, whether one scatter serves all
benchmarks, was added when single ones had been seen to differ."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Rows of one worldview: ``table`` has stream, series, id, year, censored; ``below`` (draws, rows) is P(reading <
    row) given each draw and the rows before, a censored row placed at random beyond its bound; ``log_likelihood``
    (draws, rows)."""

    table: pd.DataFrame
    below: np.ndarray
    log_likelihood: np.ndarray


def measure(context: Context) -> Measured:
    """Every stream under the views of the five and the baseline, taken from the artefacts where they are there."""
    forecast = run.run(priors.names(), ledger=context.ledger, day=context.day, seed=context.seed, variants=(),
                       cache=_artefacts())  # fmt: skip
    kept = {(one.view.worldview.name, one.view.name): one for one in forecast.kept}
    jobs = [_job(kept[name, "stated"], updated, context) for (name, view), updated in kept.items() if view == "updated"]
    frames = []
    for done, (pit, streams) in enumerate(_each(jobs, context), start=1):
        frames.append((pit, streams))
        context.report(done, len(jobs), str(pit["worldview"].iloc[0]))
    pit = pd.concat([one for one, _ in frames], ignore_index=True)
    streams = pd.concat([two for _, two in frames], ignore_index=True)
    return Measured(
        check=CHECK, findings=findings.table(CHECK, found(streams)), tables={"pit": pit, "streams": streams}
    )


def _artefacts() -> Path:
    return Path(os.environ.get("RSI_ARTEFACTS", "artefacts"))


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What one worldview is measured on; picklable."""

    view: View
    prior: Prior
    seen: tuple[Blocks, ...]
    series: Mapping[str, tuple[str, str]]
    observed: Mapping[str, str]
    said: prequential.Sequence
    bounds: frozenset[str]
    seed: int


def _job(stated: Kept, updated: Kept, context: Context) -> _Job:
    if stated.prior is None:
        raise ValueError(f"the stated view of {stated.view.worldview.name} was kept without its prior")
    worldview, ledger = stated.view.worldview, context.ledger
    before = rows.known_by(ledger, worldview.as_of)
    blocks = rows.blocks(before[before["kind"] != "absence"])
    return _Job(
        view=updated.view, prior=stated.prior, seen=(blocks, updated.blocks), series=_series(ledger, context),
        observed=dict(zip(ledger.rows["id"], ledger.rows["observed_on"].dt.strftime("%Y-%m-%d"), strict=True)),
        said=prequential.sequence(worldview, ledger, context.day), bounds=stated_bounds(ledger), seed=context.seed,
    )  # fmt: skip


def _series(ledger: Ledger, context: Context) -> Mapping[str, tuple[str, str]]:
    """Row id -> its stream, where it has one, and its series."""
    named = {series: stream.name for stream in bands.streams(ledger, context.day) for series in stream.series}
    pairs = zip(ledger.rows["id"], ledger.rows["series"], strict=True)
    return {row: (named.get(series, ""), series) for row, series in pairs}


def stated_bounds(ledger: Ledger) -> frozenset[str]:
    """Rows that state a bound and no reading."""
    stated = ledger.rows["bound"].isin(["lower", "upper"])
    reads = [ledger.register.series[name].reads_as == "lower_bound" for name in ledger.rows["series"]]
    return frozenset(ledger.rows.loc[stated | np.array(reads, dtype=bool), "id"])


def _each(jobs: Sequence[_Job], context: Context) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    if context.executor is None:
        yield from map(_of_worldview, jobs)
        return
    tasks: list[Future[tuple[pd.DataFrame, pd.DataFrame]]] = [
        context.executor.submit(_of_worldview, job) for job in jobs
    ]
    yield from (task.result() for task in tasks)


def _of_worldview(job: _Job) -> tuple[pd.DataFrame, pd.DataFrame]:
    """PIT_COLUMNS of every row and STREAM_COLUMNS of every stream."""
    once = artefacts.once(job.view.eta)
    every = max(1, len(once) // DRAWS)
    draws, weights = once[::every], job.view.weights.reshape(len(once), -1).sum(axis=1)[::every]
    weights = weights / weights.sum()
    seen = placed(draws, job.view.worldview.as_of_year, job.seen, series=job.series, bounds=job.bounds, seed=job.seed)
    loo, shape = left_out(seen, weights)
    before = foreseen(job.prior, job.said, job.view.worldview, bounds=job.bounds, seed=job.seed)
    name = job.view.worldview.name
    pit = seen.table.assign(worldview=name, pit_loo=loo, shape=shape, z=scores(loo))
    pit = pit.merge(before, on="id", how="left")
    streams = summary(seen, weights, pit, noise=walk(draws, until=decimal_year(job.view.day)), seed=job.seed)
    shown = pit.assign(date=[job.observed[row] for row in pit["id"]])
    return shown[list(PIT_COLUMNS)], streams.assign(worldview=name)[list(STREAM_COLUMNS)]


def placed(
    eta: np.ndarray, t_asof: float, seen: Sequence[Blocks], *, series: Mapping[str, tuple[str, str]],
    bounds: frozenset[str], seed: int,
) -> Placed:  # fmt: skip
    """Where the counted rows of some blocks lie in their laws given draws ``eta`` (n, len(VECTOR))."""
    rng, tables, below, scored = np.random.default_rng([seed, 31]), [], [], []
    for blocks in seen:
        by_row = likelihood.by_row_of_values(eta, t_asof, blocks)
        for at in predictive.at_rows(eta, t_asof, blocks):
            if at.kind not in predictive.LAWS:
                continue
            d = at.rows.columns
            told = [at.kind != "share" or se < SAYS_NOTHING for se in d.get("se", np.zeros(len(at.rows.ids)))]
            chosen = np.flatnonzero((at.rows.weight > 0) & [i not in bounds for i in at.rows.ids] & np.array(told))
            if not len(chosen):
                continue
            law = predictive.law(at.kind, at.seen, at.previous, at.q, d)
            at_y = predictive.probability_below(law, d["y"])[:, chosen]
            cut = predictive.censored(at.kind, d)[chosen]
            ids = [at.rows.ids[i] for i in chosen]
            tables.append(pd.DataFrame({
                "stream": [_stream(at.kind, series.get(row, ("", ""))[0], p80)
                           for row, p80 in zip(ids, d.get("p80", np.zeros(len(at.rows.ids)))[chosen], strict=True)],
                "series": [series.get(row, ("", at.kind))[1] for row in ids], "kind": at.kind, "id": ids,
                "year": HISTORY_START + ((at.rows.month + at.rows.within) / MONTHS_PER_YEAR + at.rows.before)[chosen],
                "censored": cut,
            }))  # fmt: skip
            below.append(beyond(at.kind, at_y, cut, rng))
            scored.append(np.broadcast_to(by_row[at.kind], (len(eta), len(at.rows.ids)))[:, chosen])
    table = pd.concat(tables, ignore_index=True)
    order = table.sort_values(["stream", "series", "year", "id"]).index.to_numpy()
    return Placed(
        table=table.loc[order].reset_index(drop=True), below=np.concatenate(below, axis=1)[:, order],
        log_likelihood=np.concatenate(scored, axis=1)[:, order],
    )  # fmt: skip


def _stream(kind: str, named: str, p80: float) -> str:
    """Horizons of an earlier edition of the suite belong to the same stream."""
    if kind == "horizon":
        return "horizon-p80" if p80 > 0 else "horizon-p50"
    return named or kind


def beyond(kind: str, below: np.ndarray, cut: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """P(reading < row) (..., rows), where ``cut`` (rows,) at random on the side of the bound on which the truth lies."""
    part = rng.random(below.shape)
    side = below + part * (1.0 - below) if kind == "horizon" else part * below
    return np.asarray(np.where(cut, side, below))


def left_out(seen: Placed, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows,): P(reading < row) under all other rows, and the shape of the weights' tail."""
    found, shapes = np.empty(len(seen.table)), np.empty(len(seen.table))
    for i in range(len(seen.table)):
        ratio, shapes[i] = posteriors.smoothed(-seen.log_likelihood[:, i])
        weight = ratio * weights
        found[i] = weight @ seen.below[:, i] / weight.sum()
    return found, shapes


def foreseen(
    prior: Prior, said: prequential.Sequence, worldview: Worldview, *, bounds: frozenset[str], seed: int,
    particles: int = PARTICLES,
) -> pd.DataFrame:  # fmt: skip
    """id, pit_before: P(reading < row) of rows in the order of publication, each under all before it."""
    rng = np.random.default_rng([seed, 37])
    cloud = prequential._Cloud(
        [prior], said, prequential.numbers(worldview), np.random.default_rng([seed, 17]), particles
    )
    stood: np.ndarray | None = None
    found = []
    for i, line in enumerate(said.table.itertuples(index=False)):
        kind, row = str(line.kind), str(line.id)
        if kind in predictive.LAWS and row not in bounds:
            if stood is not cloud.eta:
                stood = cloud.eta
                known = {at.kind: at for at in predictive.at_rows(stood, prior.t_asof, said.blocks)}
            at = known[kind]
            law = predictive.law(kind, at.seen, at.previous, at.q, at.rows.columns)
            log_weight = cloud._log_weights()[:, 0]
            weight = np.exp(log_weight - log_weight.max())
            here = at.rows.ids.index(row)
            below = weight @ predictive.probability_below(law, at.rows.columns["y"])[:, here] / weight.sum()
            found.append((row, float(beyond(kind, np.array([below]), np.array([line.censored]), rng)[0])))
        cloud.let_in(i)
    return pd.DataFrame(found, columns=["id", "pit_before"])


def walk(eta: np.ndarray, *, until: float) -> tuple[np.ndarray, np.ndarray]:
    """P(step < drawn) (draws, steps) of the process noise that leads to the horizons, and the years of its steps.

    Standard normal under the model like a row's error; steps that swing wider, run on in one direction or follow one
    another say that the noise is not what the horizons need.
    """
    years = np.array(WALK_KNOTS) + 0.5 * WALK_STEP
    known = np.flatnonzero(years < until)
    return ndtr(eta[:, [VECTOR.index(WALK[1 + i]) for i in known]]), years[known]


def summary(
    seen: Placed, weights: np.ndarray, pit: pd.DataFrame, *, noise: tuple[np.ndarray, np.ndarray] | None = None, seed: int
) -> pd.DataFrame:  # fmt: skip
    """STREAM_COLUMNS but the worldview. ``weights`` (draws,) sum to 1; ``pit`` has pit_loo and pit_before of the same rows."""
    groups = {name: part.index.to_numpy() for name, part in pit.groupby("stream", sort=True)}
    groups[BENCHMARKS] = np.flatnonzero(pit["kind"] == "benchmark")
    groups[EVERYTHING] = np.arange(len(pit))
    lines = []
    for name, own in groups.items():
        if not len(own):
            continue
        part = pit.iloc[own]
        given = statistics(seen.below[:, own], part["year"].to_numpy(float), runs=part["series"].to_numpy(), seed=seed)
        if name == BENCHMARKS:
            given["p_unlike"] = unlike(seen.below[:, own], part["series"].to_numpy(), seed=seed)
        before = part["pit_before"].dropna().to_numpy()
        loo = part["pit_loo"].to_numpy()
        away = np.abs(loo - 0.5)
        lines.append(
            {"stream": name, "n": len(own), **_over_draws(given, weights), "mean_loo": loo.mean(),
             "spread_loo": _spread(loo), "inside_50": np.mean(away <= 0.25), "inside_90": np.mean(away <= 0.45),
             "n_before": len(before), "mean_before": before.mean() if len(before) else np.nan,
             "spread_before": _spread(before), "p_before": uniform(before) if len(before) else np.nan}
        )  # fmt: skip
    if noise is not None:
        below, years = noise
        given = statistics(below, years, runs=np.zeros(len(years)), seed=seed)
        lines.append({"stream": NOISE, "n": len(years), **_over_draws(given, weights), "n_before": 0})
    return pd.DataFrame(lines, columns=[name for name in STREAM_COLUMNS if name != "worldview"])


def _spread(pit: np.ndarray) -> float:
    return float(scores(pit).std(ddof=1)) if len(pit) > 1 else float("nan")


def _over_draws(given: pd.DataFrame, weights: np.ndarray) -> dict[str, float]:
    """Means over draws; of p-values twice the mean."""
    mean = {str(name): float(weights @ column.to_numpy()) for name, column in given.items()}
    return {name: min(1.0, 2.0 * value) if name.startswith("p_") else value for name, value in mean.items()}


def scores(pit: np.ndarray) -> np.ndarray:
    """Normal scores, standard normal where ``pit`` is uniform."""
    return np.asarray(ndtri(np.clip(pit, FARTHEST, 1.0 - FARTHEST)))


def uniform(pit: np.ndarray) -> float:
    """P-value of the greatest distance of the ECDF (rows,) from that of independent uniforms (Kolmogorov-Smirnov)."""
    return float(_farther(_distance(pit[None]), len(pit))[0])


def _distance(pit: np.ndarray) -> np.ndarray:
    """(sets,): greatest distance between the ECDF of each set (sets, rows) and the uniform distribution."""
    ordered, n = np.sort(pit, axis=1), pit.shape[1]
    steps = np.arange(1, n + 1) / n
    return np.asarray(np.maximum(steps - ordered, ordered - steps + 1.0 / n).max(axis=1))


def _farther(distance: np.ndarray, n: int) -> np.ndarray:
    """(sets,): probability that n independent uniforms lie as far off, read between points of the exact law."""
    grid, log_sf = _kolmogorov(n)
    return np.asarray(np.exp(np.interp(distance, grid, log_sf)))


@cache
def _kolmogorov(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances, from the least possible one, and ln of the probability of a greater one."""
    grid = np.linspace(0.5 / n, min(1.0 - 1e-9, 3.0 / np.sqrt(n)), 120)
    return grid, np.log(kstwo.sf(grid, n))


def statistics(below: np.ndarray, years: np.ndarray, *, runs: np.ndarray, seed: int) -> pd.DataFrame:
    """One line for each set of numbers ``below`` (sets, rows) that should be independent and uniform.

    mean_pit with p_mean (normal scores against the normal with known spread); spread of normal scores with p_spread
    (chi-squared); p_pit (Kolmogorov-Smirnov); slope_per_year of normal scores on ``years`` (rows,), least squares, with
    p_slope (Student, whatever the spread); lag1, the correlation of neighbours in one of ``runs`` (rows,; rows are in
    order of time within each), with p_lag1 (simulated). All but p_pit two-sided. Not a number, or a p-value of 1, where
    there are too few rows or days.
    """
    z, (sets, n) = scores(below), below.shape
    nothing, sure = np.full(sets, np.nan), np.ones(sets)
    found = {"mean_pit": below.mean(axis=1), "p_mean": 2.0 * ndtr(-np.abs(z.mean(axis=1)) * np.sqrt(n)),
             "p_pit": _farther(_distance(below), n)}  # fmt: skip
    found |= {
        "spread": nothing,
        "p_spread": sure,
        "slope_per_year": nothing,
        "p_slope": sure,
        "lag1": nothing,
        "p_lag1": sure,
    }
    if n >= 2:
        squares = np.square(z - z.mean(axis=1, keepdims=True)).sum(axis=1)
        under = chi2.cdf(squares, n - 1)
        found |= {"spread": np.sqrt(squares / (n - 1)), "p_spread": 2.0 * np.minimum(under, chi2.sf(squares, n - 1))}
    x = years - years.mean()
    if n >= 3 and np.ptp(years) > 0:
        slope = z @ x / (x @ x)
        left = np.square(z - z.mean(axis=1, keepdims=True) - slope[:, None] * x).sum(axis=1) / (n - 2)
        error = np.sqrt(np.maximum(left, 1e-300) / (x @ x))
        found |= {"slope_per_year": slope, "p_slope": 2.0 * student.sf(np.abs(slope) / error, n - 2)}
    pairs = np.flatnonzero(runs[1:] == runs[:-1])
    if n >= 3 and len(pairs):
        reference = _lags(n, tuple(int(i) for i in pairs), seed)
        lag = _lag(z, pairs)
        lower = np.searchsorted(reference, lag) / len(reference)
        found |= {"lag1": lag, "p_lag1": np.maximum(2.0 * np.minimum(lower, 1.0 - lower), 1.0 / len(reference))}
    return pd.DataFrame(found)


def _lag(z: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(sets,): correlation of neighbours, over as many squares as there are pairs."""
    away = z - z.mean(axis=1, keepdims=True)
    product = (away[:, pairs] * away[:, pairs + 1]).mean(axis=1)
    return np.asarray(product / np.maximum(np.square(away).mean(axis=1), 1e-300))


@cache
def _lags(n: int, pairs: tuple[int, ...], seed: int) -> np.ndarray:
    """Sorted correlations of neighbours in REFERENCE series of ``n`` independent normals."""
    z = np.random.default_rng([seed, 41, n]).standard_normal((REFERENCE, n))
    return np.sort(_lag(z, np.array(pairs)))


def unlike(below: np.ndarray, groups: np.ndarray, *, seed: int) -> np.ndarray:
    """(sets,): p-value of Bartlett's statistic for one spread of normal scores in all ``groups`` (rows,) of 3 or more."""
    names, sizes = np.unique(groups, return_counts=True)
    places = [np.flatnonzero(groups == name) for name in names[sizes >= 3]]
    if len(places) < 2:
        return np.ones(len(below))
    reference = _unlikeness(len(groups), tuple(tuple(int(i) for i in one) for one in places), seed)
    higher = len(reference) - np.searchsorted(reference, _bartlett(scores(below), places))
    return np.asarray((higher + 1.0) / (len(reference) + 1.0))


def _bartlett(z: np.ndarray, places: Sequence[Sequence[int] | np.ndarray]) -> np.ndarray:
    """(sets,): sum over groups of (n - 1) ln(variance of all / variance of the group), one mean for each group."""
    free = np.array([len(one) - 1 for one in places])
    variances = np.stack([z[:, np.asarray(one)].var(axis=1, ddof=1) for one in places], axis=1)
    pooled = variances @ free / free.sum()
    return np.asarray(np.log(pooled) * free.sum() - np.log(np.maximum(variances, 1e-300)) @ free)


@cache
def _unlikeness(n: int, places: tuple[tuple[int, ...], ...], seed: int) -> np.ndarray:
    """Sorted statistics of REFERENCE sets of ``n`` independent normals."""
    z = np.random.default_rng([seed, 43, n]).standard_normal((REFERENCE, n))
    return np.sort(_bartlett(z, places))


def found(streams: pd.DataFrame) -> Iterator[Finding]:
    """For each stream and question the least p-value over worldviews, which read the same rows and so count once; and
    of each worldview whether what was published since was foreseen."""
    held = streams[(streams["n"] >= LEAST_ROWS) & (streams["stream"] != EVERYTHING)]
    asked = [
        (str(name), column, part[part[column].notna()].reset_index(drop=True))
        for name, part in held.groupby("stream", sort=True)
        for column in QUESTIONS
        if part[column].notna().any()
    ]
    least = FAMILY / max(len(asked), 1)
    for name, column, part in asked:
        worst = part.iloc[int(part[column].to_numpy().argmin())]
        value = float(worst[column])
        yield Finding(item=f"{QUESTIONS[column]} of {name}", value=value, unit="p-value", low=least,
                      says=_says(worst, column, asked=len(asked), short=value < least))  # fmt: skip
    later = streams[(streams["stream"] == EVERYTHING) & (streams["n_before"] > 0)].reset_index(drop=True)
    for line in later.to_dict("records"):
        least = FAMILY / len(later)
        says = (
            f"{int(line['n_before'])} rows since the as-of date, each foreseen from those before it: mean probability of a lower "
            f"reading {line['mean_before']:.2f}, errors {line['spread_before']:.2f} times as wide as expected."
        )
        if line["p_before"] < least:
            says += " What came was not what this encoding and the model together led one to expect."
        yield Finding(item=f"foreseen after {line['worldview']}", value=float(line["p_before"]), unit="p-value", low=least,
                      says=says)  # fmt: skip


def _says(line: pd.Series, column: str, *, asked: int, short: bool) -> str:
    rows = f"{int(line['n'])} {'steps' if line['stream'] == NOISE else 'rows'}"
    match column:
        case "p_pit":
            what = f"mean probability of a lower reading {line['mean_pit']:.2f} (0.5 expected)"
            asks = "a shift, or another shape of the error"
        case "p_spread":
            what = f"errors {line['spread']:.2f} times as wide as the model says"
            asks = f"a {'wider' if line['spread'] > 1.0 else 'narrower'} scatter, {line['spread']:.2f} times the error in all"
        case "p_slope":
            what = f"errors drift by {line['slope_per_year']:+.2f} of their size a year"
            asks = "process noise, or a trend of its own"
        case "p_lag1":
            what = f"correlation of neighbouring errors {line['lag1']:+.2f}"
            asks = "process noise or correlated errors" if line["lag1"] > 0 else "errors that share less"
        case _:
            what = (
                "errors of some benchmarks wider than of others beyond chance"
                if short
                else "one scatter for all benchmarks"
            )
            asks = "a scatter of each benchmark's own; the question was added when single benchmarks had been seen to differ"
    least = f"{rows}; least of the worldviews, after {line['worldview']}; bound {FAMILY:g} over {asked} questions"
    return f"{what.capitalize()} ({least}).{f' It asks for {asks}.' if short else ''}"
