"""Simulation-based calibration (Talts and others 2018; Modrák and others 2023): truths in, ranks among posterior draws out.

A truth is drawn from a prior, a ledger is simulated from it, the posterior is sampled; were all three right, the rank of
the truth among independent draws would be uniform, for every parameter and for whatever is computed from parameters and
rows. Here that is every coordinate of `parameters.VECTOR`, the joint log likelihood of the rows, and the dates of a few
events, with luck of its own for the truth and for each draw.

Truths are drawn given the rows that stay (`simulated.KEPT`): strong as priors of worldviews are, what is tested is the
sampler near where it is used (posterior SBC, Säilynoja and others 2025). What is tested is the posterior before the tilt,
and what acts only after today is drawn from the stated beliefs alone.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import platformdirs
from scipy.stats import binom

import priors
from forecast import coordinates, likelihood, parameters, rows, sampling, simulation, views
from forecast.parameters import VECTOR, Prior
from forecast.rows import Blocks
from forecast.trust import ecdf, executors, records, simulated
from forecast.trust.findings import Context, Finding, Measured, table
from priors import Worldview
from priors.problems import BadInput, Problem

CHECK = "calibration"
LEDGERS = 200
BROAD = "broad"
FUTURES_OF_BROAD = "trend"
"""Whose beliefs of what acts only after today go with the broad prior: any would be exact, these have no author."""

RANKED = 49
"""Draws among which a truth is ranked, spread evenly over a fit: fewer than it has effective ones, so that they are all
but independent (a lag-one correlation of 0.13 at worst); 200 ranks could not fill finer places anyway."""

LOG_LIKELIHOOD = "log likelihood"
DATES = ("LOOP", "SWX3", "ECON10")
QUANTITIES = (*VECTOR, LOG_LIKELIHOOD, *DATES)
PARTS = {"parameters": VECTOR, "log likelihood": (LOG_LIKELIHOOD,), "dates": DATES}


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """How long a fit is; shorter than a published one, since ranks ask for RANKED independent draws only."""

    chains: int
    tune: int
    draws: int
    target: float


FIRST = Lengths(chains=1, tune=400, draws=700, target=0.95)
RETRY = Lengths(chains=2, tune=800, draws=1000, target=0.98)
LARGEST_DIVERGENT_SHARE = 0.01
LARGEST_R_HAT = 1.05
LEAST_ESS = float(RANKED)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is calibrated: a prior, the rows that are simulated anew, and beliefs of what acts only after today."""

    name: str
    prior: Prior
    blocks: Blocks
    worldview: Worldview


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A planted one, to see whether it is found. ``horizon_shift``: readings of horizons too high by that many standard
    deviations of their noise; ``spread``: posterior deviations from the mean multiplied."""

    horizon_shift: float = 0.0
    spread: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Task:
    """One simulated ledger of a subject. The same task has the same result wherever and whenever it is done."""

    subject: Subject
    number: int
    seed: int
    fault: Fault = Fault()
    first: Lengths = FIRST
    retry: Lengths = RETRY


def subjects(context: Context, names: Sequence[str]) -> list[Subject]:
    """What the names stand for: BROAD with all rows public by the day, or a worldview with those new since its own."""
    found = []
    for name in names:
        if name == BROAD:
            day = context.day
            worldview = priors.load(FUTURES_OF_BROAD).model_copy(update={"as_of": day})
            prior, known = parameters.broad(worldview.as_of_year), rows.known_by(context.ledger, day)
        else:
            worldview = priors.load(name)
            prior = views.prior_of(worldview, context.ledger, seed=context.seed)
            known = rows.new_between(context.ledger, worldview.as_of, context.day)
        found.append(Subject(name=name, prior=prior, blocks=rows.blocks(known), worldview=worldview))
    return found


def ranked(task: Task) -> dict[str, Any]:
    """Ranks of one truth, by quantity of QUANTITIES, and how its fit went: ``retried``, and of the last try ``r_hat``,
    ``ess`` (the least of any parameter), ``divergent`` and ``poor``."""
    subject, prior = task.subject, task.subject.prior
    rng = np.random.default_rng([task.seed, zlib.crc32(subject.name.encode()), task.number])
    seeds = [int(seed) for seed in rng.integers(2**31, size=3)]
    z = simulated.truths(prior, subject.blocks, n=1, rng=rng)
    truth = sampling.values_of(z, prior)
    blocks = _shifted(simulated.ledger(z[0], prior, subject.blocks, rng=rng), truth[0], by=task.fault.horizon_shift)
    for seed, lengths in zip(seeds, (task.first, task.retry), strict=False):
        eta, fit = _sampled(prior, blocks, lengths, seed=seed)
        if not fit["poor"]:
            break
    draws = eta.reshape(-1, len(VECTOR))
    draws = draws.mean(axis=0) + task.fault.spread * (draws - draws.mean(axis=0))
    chosen = draws[np.linspace(0, len(draws) - 1, RANKED).round().astype(int)]
    seen = _quantities(np.concatenate([truth, chosen]), subject, blocks, seed=seeds[2])
    found = {name: rank(values[0], values[1:], rng=rng) for name, values in seen.items()}
    return {"ranks": found, "retried": lengths is task.retry, **fit}


def rank(truth: float, draws: np.ndarray, *, rng: np.random.Generator) -> int:
    """How many draws lie below the truth; among draws equal to it (inf is "never") its place is drawn."""
    return int(np.sum(draws < truth) + rng.integers(np.sum(draws == truth) + 1))


def _shifted(blocks: Blocks, truth: np.ndarray, *, by: float) -> Blocks:
    """Readings of horizons moved by ``by`` standard deviations of their noise under the truth (len(VECTOR),)."""
    horizon = blocks["horizon"]
    if by == 0.0 or not horizon.ids:
        return blocks
    d = horizon.columns
    noise = np.hypot(np.exp(truth[VECTOR.index("horizon_scatter")]), 0.5 * (d["se_low"] + d["se_high"]))
    return {**blocks, "horizon": replace(horizon, columns={**d, "y": d["y"] + by * noise})}


def _sampled(prior: Prior, blocks: Blocks, lengths: Lengths, *, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Unconstrained values (chains, draws, len(VECTOR)) and how the fit went."""
    import arviz as az
    import xarray as xr

    y, divergent = sampling.draw(prior, blocks, seed=seed, **asdict(lengths))
    pivot = coordinates.pivot(blocks)
    z = coordinates.standard_normals(y.reshape(-1, len(VECTOR)), prior.matrix(), pivot)
    eta = sampling.values_of(z, prior).reshape(y.shape)
    chains = xr.DataArray(eta, dims=("chain", "draw", "parameter"))
    halves = xr.DataArray(eta.reshape(2 * lengths.chains, -1, len(VECTOR)), dims=chains.dims)
    r_hat = float(np.max(np.asarray(az.rhat(halves))))
    ess = float(np.min(np.asarray(az.ess(chains, method="bulk"))))
    well = divergent <= LARGEST_DIVERGENT_SHARE and r_hat <= LARGEST_R_HAT and ess >= LEAST_ESS
    return eta, {"divergent": divergent, "r_hat": round(r_hat, 4), "ess": round(ess, 1), "poor": not well}


def _quantities(eta: np.ndarray, subject: Subject, blocks: Blocks, *, seed: int) -> dict[str, np.ndarray]:
    """Of each row of unconstrained values (n, len(VECTOR)) every quantity of QUANTITIES (n,), with luck of its own."""
    parts = likelihood.by_row_of_values(eta, subject.prior.t_asof, blocks)
    joint = np.sum([(parts[name] * blocks[name].weight).sum(axis=-1) for name in parts], axis=0)
    futures = simulation.simulate(eta, subject.worldview, seed=seed)
    found = dict(zip(VECTOR, eta.T, strict=True)) | {LOG_LIKELIHOOD: np.broadcast_to(joint, len(eta))}
    return found | {event: futures.observed(event) for event in DATES}


FAULTS = {"": Fault(), "readings of horizons too high by one standard deviation": Fault(horizon_shift=1.0)}
PLANTED = 60
PLANTED_IN = "drexler"


def work_folder(option: Path | None = None) -> Path:
    """Where finished ledgers are kept: ``option``, else a folder of the user's cache."""
    return option or Path(os.environ.get("RSI_CACHE") or platformdirs.user_cache_dir("rsi-cruxes")) / CHECK


def journal(context: Context, *, work: Path) -> Path:
    """The file of finished ledgers: another one for other inputs, day, seed or lengths, and where what finds ranks here
    was edited."""
    own = [inspect.getsource(part) for part in (subjects, ranked, rank, _shifted, _sampled, _quantities, simulated)]
    options = {"day": context.day.isoformat(), "seed": context.seed, "ranked": RANKED, "dates": DATES}
    lengths = [asdict(FIRST), asdict(RETRY), LARGEST_DIVERGENT_SHARE, LARGEST_R_HAT, LEAST_ESS]
    key = json.dumps([records.inputs(context.ledger), own, options, lengths], sort_keys=True)
    return work / hashlib.sha256(key.encode()).hexdigest()[:16] / "ranks.jsonl"


def finished(file: Path) -> list[dict[str, Any]]:
    """Ledgers done so far. A last line that a kill has torn is cut off, so that the next one begins a line."""
    if not file.exists():
        return []
    whole, newline, _ = file.read_bytes().rpartition(b"\n")
    os.truncate(file, len(whole) + len(newline))
    return [json.loads(line) for line in whole.splitlines()]


def replicates(
    context: Context, tasks: Mapping[tuple[str, str, int], Task], *, file: Path
) -> dict[tuple[str, str, int], dict[str, Any]]:
    """What `ranked` gives for each task, by (worldview, planted fault, number); what ``file`` has is not done again.

    Raises BadInput where another run is writing there.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with _alone(file):
        found = {(d["worldview"], d["fault"], d["ledger"]): d for d in finished(file)}
        found = {key: d for key, d in found.items() if key in tasks}
        left = [(key, task) for key, task in tasks.items() if key not in found]
        with file.open("a", encoding="utf-8") as lines:
            for (key, _), done in executors.as_they_finish(_keyed, left, executor=context.executor):
                found[key] = {"worldview": key[0], "fault": key[1], "ledger": key[2], **done}
                lines.write(json.dumps(found[key]) + "\n")
                lines.flush()
                context.report(len(found), len(tasks), f"ledger {key[2]}, {key[0]}")
    return {key: found[key] for key in tasks}


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        lock = FileLock(f"{file}.lock", timeout=0).acquire()
    except Timeout:
        raise BadInput([Problem(
            file=str(file), where="lock", found="held by another run", expected="no other run",
            remedy="wait for it, or give another --work folder",
        )]) from None  # fmt: skip
    with lock:
        yield


def _keyed(task: tuple[tuple[str, str, int], Task]) -> dict[str, Any]:
    return ranked(task[1])


def measure(
    context: Context,
    *,
    ledgers: int = LEDGERS,
    names: Sequence[str] = (),
    planted: int = PLANTED,
    work: Path | None = None,
) -> Measured:
    """Ranks of true values in ``ledgers`` simulated ledgers for each of ``names`` (BROAD and `priors.names` by default).

    ``planted``: ledgers in which a fault is looked for that was put there. ``work``: see `work_folder`; what a run that
    was killed has finished there is not done again.

    Of some twenty probabilities held to 0.01 one falls below by chance every fifth time, so whoever falls short is asked
    again on as many other ledgers: both answers stand in the report.
    """
    asked = tuple(names) or (BROAD, *priors.names())
    with_fault = PLANTED_IN if PLANTED_IN in asked else asked[-1]
    tasks = {}
    known = subjects(context, asked)
    for name, fault in FAULTS.items():
        for number in range(planted if name else ledgers):
            for subject in known:
                if not name or subject.name == with_fault:
                    tasks[subject.name, name, number] = Task(
                        subject=subject, number=number, seed=context.seed, fault=fault
                    )
    file = journal(context, work=work_folder(work))
    found = summary(replicates(context, tasks, file=file))
    again = {
        (subject.name, "", number): Task(subject=subject, number=number, seed=context.seed, fault=FAULTS[""])
        for subject in known
        if subject.name in strays(found)
        for number in range(ledgers, 2 * ledgers)
    }
    return with_others(found, summary(replicates(context, again, file=file))) if again else found


def strays(found: Measured) -> set[str]:
    """Whose ranks stray further than the bound of their part allows."""
    findings = found.findings[~found.findings["passes"].astype(bool)]
    return {
        name for part in PARTS for name in found.tables["fits"]["worldview"].unique()
        if (findings["item"] == f"{part}, {name}").any()
    }  # fmt: skip


def with_others(found: Measured, others: Measured) -> Measured:
    """The findings on the ranks of ``others`` beside ``found``, and their bands as the table "again"."""
    parts = others.findings["item"].str.startswith(tuple(f"{part}, " for part in PARTS))
    told = others.findings[parts].assign(item=others.findings["item"] + ", on as many other ledgers")
    answers = dict(zip(others.findings["item"], others.findings["value"], strict=True))
    strayed = ~found.findings["passes"].astype(bool) & found.findings["item"].isin(others.findings.loc[parts, "item"])
    first = found.findings.copy()
    first.loc[strayed, "says"] += [
        f"; over as many other ledgers: {answers[item]:.2g}" for item in first.loc[strayed, "item"]
    ]
    return Measured(
        check=CHECK,
        findings=pd.concat([first, told], ignore_index=True),
        tables={**found.tables, "again": others.tables["bands"]},
    )


def summary(found: Mapping[tuple[str, str, int], Mapping[str, Any]]) -> Measured:
    """Findings and tables of finished ledgers. Bounds: see `_of_worldview`; they were set before any rank was seen."""
    ranks = pd.DataFrame(
        [
            {"worldview": worldview, "fault": fault, "quantity": name, "ledger": number, "rank": value, "of": RANKED}
            for (worldview, fault, number), done in found.items()
            for name, value in done["ranks"].items()
        ]
    )
    fits = pd.DataFrame([{k: v for k, v in done.items() if k != "ranks"} for done in found.values()])
    bands = _bands(ranks)
    honest, planted = bands[bands["fault"] == ""], bands[bands["fault"] != ""]
    findings = []
    for name in honest["worldview"].unique():
        findings += _of_worldview(name, honest[honest["worldview"] == name], fits[fits["worldview"] == name])
    if len(honest):
        findings += [_enough(honest), _outside("all", honest)]
    findings += [_planted(group) for _, group in planted.groupby(["worldview", "fault"], sort=False)]
    return Measured(
        check=CHECK, findings=table(CHECK, findings), tables={"ranks": _packed(ranks), "bands": bands, "fits": fits}
    )


def _packed(ranks: pd.DataFrame) -> pd.DataFrame:
    """A row a quantity, its ranks in the order of the ledgers and with spaces between: tens of thousands of rows would
    weigh more than all other records together."""
    part = {quantity: name for name, quantities in PARTS.items() for quantity in quantities}
    rows = [
        {"worldview": worldview, "fault": fault, "part": part[str(quantity)], "quantity": quantity, "of": RANKED,
         "ranks": " ".join(map(str, own.sort_values("ledger")["rank"]))}
        for (worldview, fault, quantity), own in ranks.groupby(["worldview", "fault", "quantity"], sort=False)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _bands(ranks: pd.DataFrame) -> pd.DataFrame:
    """Per worldview, fault and quantity, where its ranks lie: see `ecdf`."""
    rows = []
    for (worldview, fault, quantity), group in ranks.groupby(["worldview", "fault", "quantity"], sort=False):
        of = ecdf.probability(group["rank"].to_numpy(), of=RANKED)
        rows.append({
            "worldview": worldview, "fault": fault, "quantity": quantity, "ledgers": len(group), "probability": of,
            "excursion": ecdf.excursion(group["rank"].to_numpy(), of=RANKED), "inside": of > 1.0 - ecdf.LEVEL,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _of_worldview(name: str, bands: pd.DataFrame, fits: pd.DataFrame) -> list[Finding]:
    """Per part the smallest probability times the number of its quantities (Bonferroni), to be 0.01 at least; the number
    outside their own bands, and the fits that no second try made good."""
    found = []
    for part, names in PARTS.items():
        own = bands[bands["quantity"].isin(names)]
        worst = own.sort_values("probability").iloc[0]
        found.append(Finding(
            item=f"{part}, {name}", value=min(1.0, float(worst["probability"]) * len(own)), unit="probability",
            low=1.0 - ecdf.LEVEL,
            says=f"chance that uniform ranks stray as far as those of {worst['quantity']}, the furthest of {len(own)}, "
            f"over {int(worst['ledgers'])} ledgers; it strays {worst['excursion']:.2f} of the way to its 99 % band",
        ))  # fmt: skip
    found.append(_outside(name, bands))
    poor, n = fits.loc[fits["fault"] == "", "poor"], int((fits["fault"] == "").sum())
    retried = int(fits.loc[fits["fault"] == "", "retried"].sum())
    found.append(Finding(
        item=f"poor fits, {name}", value=float(poor.sum()), unit="fits", high=0.01 * n,
        says=f"of {n}, still poor after a longer second try, which {retried} needed; all are counted, since leaving out "
        "what is hard to fit would bias the ranks" + (WHY_POOR if poor.any() else ""),
    ))  # fmt: skip
    return found


WHY_POOR = (
    "; of the first nine looked into each had a simulated chart of R&D shares that spans 26 logits or more (the real one "
    "7): a sheet too thin for chains this short"
)


def _enough(bands: pd.DataFrame) -> Finding:
    """With fewer a fault has to be larger to be found."""
    return Finding(
        item="simulated ledgers, the fewest of any prior", value=float(bands["ledgers"].min()), unit="ledgers",
        low=float(LEDGERS), says="with fewer the bands are wider, and a small fault may hide in them; a run goes on where "
        "the last one was stopped",
    )  # fmt: skip


def _outside(name: str, bands: pd.DataFrame) -> Finding:
    """Bound: the 99 % quantile of that number were the quantities independent, each outside with probability 0.01."""
    n = len(bands)
    return Finding(
        item=f"outside their bands, {name}", value=float((~bands["inside"]).sum()), unit="quantities",
        high=float(binom.ppf(0.99, n, 1.0 - ecdf.LEVEL)),
        says=f"of {n}, outside simultaneous 99 % bands of their ranks; {n * (1.0 - ecdf.LEVEL):.1f} would be by chance",
    )  # fmt: skip


def _planted(bands: pd.DataFrame) -> Finding:
    """Of one planted fault, which is to be found out: the bound is from above."""
    worst = bands.sort_values("probability").iloc[0]
    return Finding(
        item=f"planted fault, {worst['worldview']}", value=min(1.0, float(worst["probability"]) * len(bands)), unit="probability",
        high=1.0 - ecdf.LEVEL,
        says=f"{worst['fault']}, in {int(worst['ledgers'])} ledgers: caught where this is small, here by {worst['quantity']}",
    )  # fmt: skip


def main() -> None:
    """Run from the command line, resumable: `python -m forecast.trust.calibration --work FOLDER`."""
    import argparse
    import time
    from datetime import date

    from forecast.evidence import ledger as ledgers

    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("--ledgers", type=int, default=LEDGERS)
    asked.add_argument("--planted", type=int, default=PLANTED)
    asked.add_argument("--names", nargs="*", default=[])
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--cluster")
    asked.add_argument("--work", type=Path)
    asked.add_argument("--day", type=date.fromisoformat, default=date.today())
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--out", type=Path, help="folder of records to write to (records.write)")
    options = asked.parse_args()
    begun = time.monotonic()

    def report(done: int, of: int, what: str) -> None:
        print(f"{time.monotonic() - begun:8.0f} s  {done} of {of}  {what}", flush=True)

    with executors.executor(workers=options.workers, cluster=options.cluster) as pool:
        context = Context(ledger=ledgers.read(), day=options.day, seed=options.seed, executor=pool, report=report)
        found = measure(
            context, ledgers=options.ledgers, names=options.names, planted=options.planted, work=options.work
        )
    print(found.findings.drop(columns="says").to_string())
    if options.out:
        chosen = {"ledgers": options.ledgers, "planted": options.planted}
        records.write(found, context, where=options.out, seconds=time.monotonic() - begun, options=chosen)


if __name__ == "__main__":
    main()
