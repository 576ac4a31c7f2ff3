"""Does the structure matter? Every view rebuilt under other mechanisms, held against the standard one.

Nothing is carried over: under each structure the cut is fitted anew, stated views are drawn and tilted anew, updates
sampled anew, each structure in a process of its own (`structures.under`). The score of a structure is the log
of the marginal likelihood of the rows since a view's as-of date, given the stated view (`bridge`), tilt included; and,
of nobody's beliefs, that of the whole ledger. Rows are those that an update takes, so that some with an assumed date of
publication count. The standard with another seed is the floor of all comparisons.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import pickle
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import priors
from forecast import fidelity, likelihood, parameters, rows, sampling, scoring, summary, tilt, views
from forecast.evidence.ledger import Ledger
from forecast.mechanism import STANDARD
from forecast.trust import bridge, findings, records, structures
from forecast.trust.bridge import Estimate
from forecast.trust.findings import Context, Finding, Measured
from forecast.view import View
from priors import Worldview, decimal_year

CHECK = "structure"
FLOOR = "standard, another seed"
NOBODY = "nobody's beliefs"
"""The broad envelope of all beliefs, given every row of the ledger."""

HEADLINES: Mapping[str, tuple[str, str, str]] = {
    "LOOP by 2030": ("LOOP", "cdf", "2030-12-31"),
    "SWX3 by 2030": ("SWX3", "cdf", "2030-12-31"),
    "ECON10 by 2035": ("ECON10", "cdf", "2035-12-31"),
    "LOOP never": ("LOOP", "never", ""),
    "LOOP 10 %": ("LOOP", "quantile_if_ever", "0.1"),
    "LOOP 50 %": ("LOOP", "quantile_if_ever", "0.5"),
    "LOOP 90 %": ("LOOP", "quantile_if_ever", "0.9"),
}
"""Event, output type and its id in the long table of `summary`; probabilities are in percent here, dates in years."""

SURE = 2.0
"""Standard errors by which another structure has to score better."""

STRAY = 4.0
"""Standard errors that no number moves by chance: of some eighty, one in two hundred times."""


def measure(
    context: Context,
    *,
    alternatives: Sequence[str] = tuple(structures.ALTERNATIVES),
    worldviews: Sequence[str] = priors.names(),
    work: Path | None = None,
    workers: int = 1,
) -> Measured:
    """Every structure on every worldview; ``workers`` structures at a time, each in a fresh process.

    ``work``: a folder that keeps what is finished of each structure, so that a run that was stopped goes on from there.
    Tables: `headlines`, `movers`, `scores`, `fidelity`, `structures`. Raises KeyError for an unknown structure,
    priors.problems.BadInput for an unknown worldview or one not yet stated.
    """
    jobs = {STANDARD.name: context.seed, FLOOR: context.seed + 1} | dict.fromkeys(alternatives, context.seed)
    for name in alternatives:
        structures.structure(name)
    for worldview in worldviews:
        priors.load(worldview, as_of=context.day)
    found = dict(_each(jobs, tuple(worldviews), context, work, workers))
    return _compared({name: found[name] for name in jobs}, context)


def _each(
    jobs: Mapping[str, int], worldviews: tuple[str, ...], context: Context, work: Path | None, workers: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, what was rebuilt under it) as they are done, those kept in ``work`` first."""
    inputs = json.dumps([records.inputs(context.ledger), structures.edition(), context.day.isoformat(), worldviews])
    files = {
        name: work / f"{name} {hashlib.sha256(f'{inputs}{name}{seed}'.encode()).hexdigest()[:12]}.json"
        for name, seed in jobs.items()
        if work is not None
    }
    kept = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.exists()}
    yield from kept.items()
    done = len(kept)
    context.report(done, len(jobs), "structures rebuilt")
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh, max_tasks_per_child=1) as pool:
        tasks = {}
        for name, seed in jobs.items():
            if name not in kept:
                call = pickle.dumps((rebuilt, (worldviews, context.ledger, context.day), {"seed": seed}))
                adopted = STANDARD.name if name == FLOOR else name
                tasks[pool.submit(structures.under, adopted, call)] = name
        try:
            for task in as_completed(tasks):
                name, one = tasks[task], task.result()
                if work is not None:
                    _keep(one, files[name])
                done += 1
                context.report(done, len(jobs), f"structures rebuilt, last: {name}")
                yield name, one
        except BaseException:  # an interrupt too: what has not begun need not be waited for
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _keep(one: Mapping[str, Any], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(json.dumps(one), encoding="utf-8")
    os.replace(temporary, file)


def rebuilt(names: Collection[str], ledger: Ledger, day: date, *, seed: int) -> dict[str, Any]:
    """Everything under the structure of this process, as lists of lines: headlines, scores, fidelity.

    What cannot be had (no tilt honours a number, a fit does not converge) is missing and named under "fails".
    """
    lines: dict[str, Any] = {"headlines": [], "scores": [], "fidelity": [], "fails": []}
    for name in names:
        worldview = priors.load(name, as_of=day)
        try:
            _rebuild(worldview, ledger, day, seed, lines)
        except sampling.NotConverged as failure:
            lines["fails"].append([name, "; ".join(failure.faults)])
    try:
        blocks = rows.blocks(rows.known_by(ledger, day))
        prior = parameters.broad(decimal_year(day))
        posterior = sampling.fit(prior, blocks, seed=seed)
        score = bridge.log_evidence(posterior.z, prior, blocks, chains=sampling.CHAINS, seed=seed)
        lines["scores"].append([NOBODY, _counted(blocks), score.value, score.error])
    except sampling.NotConverged as failure:
        lines["fails"].append([NOBODY, "; ".join(failure.faults)])
    return lines


def _rebuild(worldview: Worldview, ledger: Ledger, day: date, seed: int, lines: dict[str, Any]) -> None:
    prior = views.prior_of(worldview, ledger, seed=seed)
    plain = worldview.model_copy(
        update={"targets": tuple(target.model_copy(update={"honour": None}) for target in worldview.targets)}
    )
    try:
        before, kept = views.state_from(prior, worldview, seed=seed), True
    except tilt.NoTilt:
        before, kept = views.state_from(prior, plain, seed=seed), False
    lines["headlines"] += _headlines(before.view)
    lines["fidelity"] += _fidelity(before.view, kept=kept)
    blocks = rows.blocks(rows.new_between(ledger, worldview.as_of, day))
    posterior = sampling.fit(prior, blocks, seed=seed)
    weigh = views.weigher(ledger, worldview, day)
    after = views.update_from(before, posterior, day=day, without=(), seed=seed, weigh=weigh)
    lines["headlines"] += _headlines(after)
    score = _score(before, after, posterior, blocks, seed)
    lines["scores"].append([worldview.name, _counted(blocks), score.value, score.error])


def _counted(blocks: rows.Blocks) -> int:
    return sum(len(block.counted) for kind, block in blocks.items() if kind != "absence")


def _headlines(view: View) -> list[list[Any]]:
    table = summary.table(view, events=sorted({event for event, _, _ in HEADLINES.values()}))
    found = []
    for name, asked in HEADLINES.items():
        line = table[(table[["event", "output_type", "output_type_id"]] == list(asked)).all(axis=1)].iloc[0]
        scale = 1.0 if asked[1] == "quantile_if_ever" else 100.0
        found.append([view.worldview.name, view.name, name, scale * float(line["value"]), scale * float(line["mcse"])])
    return found


def _fidelity(view: View, *, kept: bool) -> list[list[Any]]:
    """One line: the fidelity targets met by a stated view, and how far its own numbers had to be bent to."""
    counts = fidelity.summary(fidelity.check(view))
    return [[view.worldview.name, counts.met, counts.expressible, view.bend, kept]]


def _score(
    before: views.Stated, after: View, posterior: sampling.Posterior, blocks: rows.Blocks, seed: int
) -> Estimate:
    """ln p(new rows | stated view). A stated view is a prior, given that the loop had not closed by then, times a tilt.

    Rows about what acts only after today enter by the tilt alone: their own likelihood is the same under all structures.
    """
    prior, as_of = before.prior, before.view.worldview.as_of
    every = bridge.log_evidence(posterior.z, prior, blocks, chains=sampling.CHAINS, seed=seed)
    z = np.random.default_rng([seed, 41]).standard_normal((len(before.view.weights), len(parameters.VECTOR)))
    open_then = _log_mean(np.exp(likelihood.total(z, prior, rows.blocks(rows.not_yet(as_of)))), len(z))
    tilted = [
        _log_mean(np.exp(views.indicators(before.view.worldview, view)[0] @ before.tilt.multipliers), effective)
        for view, effective in (
            (before.view, float(len(before.view.weights))), (after, after.diagnostics["ess_bulk"])
        )
    ]  # fmt: skip
    value = every.value - open_then.value + tilted[1].value - tilted[0].value
    return Estimate(value, float(np.linalg.norm([every.error, open_then.error, *(one.error for one in tilted)])))


def _log_mean(weights: np.ndarray, effective: float) -> Estimate:
    mean = float(weights.mean())
    return Estimate(log(mean), float(weights.std() / mean / np.sqrt(effective)))


def _compared(found: Mapping[str, dict[str, Any]], context: Context) -> Measured:
    headlines, movers = _moves(found)
    scores = _scores(found)
    tables = {
        "headlines": headlines, "movers": movers, "scores": scores, "fidelity": _faithful(found),
        "structures": _described(found),
    }  # fmt: skip
    every = [*_scored(scores, found), *_moved(movers), _stray(headlines), *_honoured(tables["fidelity"], found)]
    return Measured(check=CHECK, findings=findings.table(CHECK, every), tables=tables)


def _frame(found: Mapping[str, dict[str, Any]], part: str, columns: Sequence[str]) -> pd.DataFrame:
    lines = [[name, *line] for name, one in found.items() for line in one[part]]
    return pd.DataFrame(lines, columns=["structure", *columns])


def _moves(found: Mapping[str, dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every headline with its move against the standard, and per structure and headline the mean absolute move."""
    key = ["worldview", "view", "headline"]
    table = _frame(found, "headlines", [*key, "value", "mcse"])
    standard = table[table["structure"] == STANDARD.name].drop(columns="structure")
    table = table.merge(standard, on=key, how="left", suffixes=("", "_standard"))
    table["move"] = table["value"] - table["value_standard"]
    table["error"] = np.hypot(table["mcse"], table["mcse_standard"])
    headlines = table.drop(columns=["value_standard", "mcse_standard"])
    moved = headlines[headlines["structure"] != STANDARD.name]
    lines = []
    for (structure, view, headline), part in moved.groupby(["structure", "view", "headline"], sort=False):
        known = part[np.isfinite(part["move"])]
        size = known["move"].abs()
        widest = known.loc[size.idxmax()] if len(known) else None
        lines.append(
            {"structure": structure, "view": view, "headline": headline, "unit": _unit(str(headline)),
             "worldviews": len(known), "mean_move": known["move"].mean(), "mean_absolute_move": size.mean(),
             "error": float(np.linalg.norm(known["error"].fillna(0.0)) / max(len(known), 1)),
             "most": np.nan if widest is None else widest["move"],
             "most_of": "" if widest is None else widest["worldview"]}
        )  # fmt: skip
    movers = pd.DataFrame(lines).sort_values(
        ["view", "headline", "mean_absolute_move"], ascending=[False, True, False], kind="stable", ignore_index=True
    )
    return headlines, movers


def _unit(headline: str) -> str:
    return "years" if HEADLINES[headline][1] == "quantile_if_ever" else "points"


def _scores(found: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """Log scores in nats, their difference to the standard's, and its error.

    Of a view the error has two parts: of the two estimates, and what another seed of everything before them makes of the
    standard (root mean square over worldviews), since a cut is fitted to draws. Of nobody's beliefs there is no cut.
    """
    table = _frame(found, "scores", ["worldview", "rows", "log_score", "mcse"])
    standard = table[table["structure"] == STANDARD.name][["worldview", "log_score", "mcse"]]
    table = table.merge(standard, on="worldview", how="left", suffixes=("", "_standard"))
    table["difference"] = table["log_score"] - table["log_score_standard"]
    floor = table[(table["structure"] == FLOOR) & (table["worldview"] != NOBODY)]["difference"]
    refit = float(np.sqrt(np.mean(np.square(floor)))) if len(floor) else 0.0
    of_view = (table["worldview"] != NOBODY) & (table["structure"] != STANDARD.name)
    table["error"] = np.hypot(np.hypot(table["mcse"], table["mcse_standard"]), np.where(of_view, refit, 0.0))
    table["favours"] = [scoring.words(one / log(2.0)) for one in table["difference"]]
    return table.drop(columns=["log_score_standard", "mcse_standard"])


def _faithful(found: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    return _frame(found, "fidelity", ["worldview", "met", "expressible", "bend", "numbers_kept"])


def _described(found: Mapping[str, Any]) -> pd.DataFrame:
    chosen = [structures.ALTERNATIVES[name] for name in found if name in structures.ALTERNATIVES]
    return pd.DataFrame(
        [{"structure": one.name, "line": one.function, "says": one.says, "argued_by": one.argued_by,
          "source": one.source} for one in chosen],
        columns=["structure", "line", "says", "argued_by", "source"],
    )  # fmt: skip


def _scored(scores: pd.DataFrame, found: Mapping[str, Any]) -> Iterator[Finding]:
    """Two for each alternative: on the rows since the views (their mean: the rows are partly the same), and on all."""
    for name in (one for one in found if one in structures.ALTERNATIVES):
        own = scores[scores["structure"] == name]
        for what, part in (
            ("rows since, mean of the views", own[own["worldview"] != NOBODY]),
            ("the whole ledger, nobody's beliefs", own[own["worldview"] == NOBODY]),
        ):
            if not len(part):
                continue
            value, error = float(part["difference"].mean()), float(part["error"].mean())
            yield Finding(
                item=f"{name}: {what}",
                value=value,
                unit="nats above the standard",
                high=SURE * error,
                says=_verdict(name, value, error),
            )


def _verdict(name: str, value: float, error: float) -> str:
    size = f"by {abs(value):.2f} nats (error {error:.2f}), {scoring.words(value / log(2.0))} in bits"
    if value > SURE * error:
        return f"Falls short: with '{name}' the model predicts better than as it stands, {size}."
    if value < -SURE * error:
        return f"With '{name}' the model predicts worse, {size}."
    return f"The rows do not tell '{name}' from the model as it stands: {value:+.2f} nats, error {error:.2f}."


def _moved(movers: pd.DataFrame) -> Iterator[Finding]:
    """Of each headline of the updated views the structure that moves it most; for information."""
    now = movers[(movers["view"] == "updated") & (movers["structure"] != FLOOR)]
    for headline in HEADLINES:
        part = now[now["headline"] == headline].sort_values("mean_absolute_move", ascending=False)
        part = part[np.isfinite(part["mean_absolute_move"])]
        if not len(part):
            continue
        first = part.iloc[0]
        yield Finding(
            item=f"largest mover of {headline}",
            value=float(first["mean_absolute_move"]),
            unit=f"{first['unit']}, mean absolute move",
            says=f"'{first['structure']}' moves it most: by {first['mean_move']:+.1f} {first['unit']} in the mean over "
            f"{first['worldviews']} views, by {first['most']:+.1f} for {first['most_of']}.",
        )


def _stray(headlines: pd.DataFrame) -> Finding:
    again = headlines[(headlines["structure"] == FLOOR) & (headlines["error"] > 0)]
    worst = (again["move"].abs() / again["error"]).max()
    return Finding(
        item="another seed moves no headline of the standard",
        value=float(worst),
        unit="standard errors, the largest",
        high=STRAY,
        says="What another seed does to the model as it stands is the floor under every move in this table.",
    )


def _honoured(faithful: pd.DataFrame, found: Mapping[str, dict[str, Any]]) -> Iterator[Finding]:
    """Where an alternative leaves a person's own number out of reach, and what could not be fitted; for information."""
    other = faithful[faithful["structure"].isin(list(structures.ALTERNATIVES))]
    lost = other[~other["numbers_kept"].astype(bool) | (other["bend"] > fidelity.LARGEST_BEND)]
    named = "; ".join(f"{one.worldview} under '{one.structure}'" for one in lost.itertuples())
    yield Finding(
        item="views whose own numbers another structure puts out of reach",
        value=float(len(lost)),
        unit=f"of {len(other)}",
        says=f"No tilt of {fidelity.LARGEST_BEND} nats or less brings them back: {named}."
        if named
        else "Every number of a person's own can still be honoured, whatever the structure.",
    )
    fails = [f"{who} under '{name}' ({why})" for name, one in found.items() for who, why in one["fails"]]
    yield Finding(
        item="fits that did not converge",
        value=float(len(fails)),
        unit="fits",
        high=0.0,
        says=f"Not published, and missing in the tables: {'; '.join(fails)}."
        if fails
        else "Every fit passed the gate.",
    )
