"""What a view says that every stream would read, month by month, and the readings that there are.

A band is posterior predictive: the process with its noise, the measurement with its biases, and one error of reading as
large as the stream's usually are. Each month of a chart is read anew, as if no other month of it had been seen; a
benchmark is read after its known scores, which have taught its level and slope. Laws are those of `forecast.predictive`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from forecast import kernels, likelihood, parameters, predictive, rows, simulation
from forecast.evidence import asof, selection, transforms
from forecast.evidence.ledger import Ledger
from forecast.evidence.register import Entry
from forecast.mechanism import HISTORY_START
from forecast.namespaces import NumPy
from forecast.observations import Block, Readings
from forecast.observations.base import MONTHS_PER_YEAR
from forecast.observations.horizon import MINUTES_PER_HOUR
from forecast.observations.share import SERIES as SHARES
from forecast.predictive import Law
from forecast.rows import Blocks
from forecast.view import View
from priors import decimal_year

type Group = Literal["horizon", "share", "speed", "benchmark"]

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
YEARS_AHEAD = 2.0
DRAWS = 1000
"""Of a view: a share near 0.05 is then known to 0.007."""

BENCHMARKS = {
    "cobench_pct": "CoBench",
    "core_bench_hard_hal_pct": "CORE-Bench Hard",
    "gso_opt1_pct": "GSO",
    "kernelbench_v3_h100_problems": "KernelBench v3",
    "mle_bench_medal_pct": "MLE-bench",
    "posttrainbench_v1_1_score": "PostTrainBench",
    "programbench_almost_resolved_pct": "ProgramBench",
    "weirdml_pct": "WeirdML",
}
"""Names of benchmarks as their authors write them; a new one goes by that of its series."""

BAND_COLUMNS = ("stream", "worldview", "view", "year", "level", "value")
POINT_COLUMNS = (
    "stream", "series", "id", "subject", "observed_on", "public_on", "year", "value", "low", "high", "censored", "used",
    "why_unused",
)  # fmt: skip
PLACE_COLUMNS = ("stream", "worldview", "view", "id", "probability_below", "inside_80", "inside_90", "news")


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Series that are readings of one thing in one unit. ``entry`` is the register's of the first of them; ``shown``
    takes the model's scale to the unit (`predictive`'s ``y``)."""

    name: str
    title: str
    unit: str
    group: Group
    series: tuple[str, ...]
    entry: Entry
    shown: Callable[[np.ndarray], np.ndarray]


def _percent(y: np.ndarray) -> np.ndarray:
    return np.asarray(100.0 * expit(y))


def streams(ledger: Ledger, day: date) -> tuple[Stream, ...]:
    """Everything that can be shown as a line of readings on a day: METR's horizons in the edition then current, one
    lab's shares, speed-ups by method, the pace of a lab, and each benchmark."""
    register = ledger.register.series
    bounds = tuple(name for name, one in register.items() if one.kind == "horizon" and one.family is None)
    found = []
    for family, share, more in (("metr_p50", "50", bounds), ("metr_p80", "80", ())):
        current = asof.vintage_on(day, family=family, register=ledger.register)
        if current is not None:
            found.append(_stream(f"horizon-p{share}", f"METR time horizon at {share} % success", "hours", "horizon",
                                 (current, *more), register, np.exp))  # fmt: skip
    for series, level in zip(SHARES, ("AL3", "AL4"), strict=True):
        found.append(_stream(f"share-{level.lower()}", f"R&D tasks of one lab at {level} or above", "percent", "share",
                             (series,), register, _percent))  # fmt: skip
    for method, title in (
        ("self_report", "Speed-up of people, as they report it"),
        ("rct", "Speed-up of people, by trial"),
    ):
        own = tuple(name for name, one in register.items() if one.method == method)
        found.append(
            _stream(f"uplift-{method.replace('_', '-')}", title, "times as fast", "speed", own, register, np.exp)
        )
    pace = tuple(name for name, one in register.items() if one.kind == "pace")
    found.append(_stream("pace", "Pace of a lab's progress", "times that without AI", "speed", pace, register, np.exp))
    for name, one in register.items():
        if one.kind == "benchmark":
            title = BENCHMARKS.get(name, name.replace("_", " "))
            unit = "percent" if one.unit.startswith("percent") else one.unit.split()[0]
            found.append(_stream(name, title, unit, "benchmark", (name,), register, _scored(one)))
    return tuple(found)


def described(ledger: Ledger, day: date) -> pd.DataFrame:
    """One line for each of `streams`: stream, title, unit, group, series."""
    return pd.DataFrame(
        [(one.name, one.title, one.unit, one.group, " ".join(one.series)) for one in streams(ledger, day)],
        columns=["stream", "title", "unit", "group", "series"],
    )


def _stream(
    name: str, title: str, unit: str, group: Group, series: tuple[str, ...], register: Mapping[str, Entry],
    shown: Callable[[np.ndarray], np.ndarray],
) -> Stream:  # fmt: skip
    return Stream(name=name, title=title, unit=unit, group=group, series=series, entry=register[series[0]], shown=shown)


def _scored(entry: Entry) -> Callable[[np.ndarray], np.ndarray]:
    floor, ceiling = float(entry.floor or 0.0), float(entry.ceiling or 1.0)
    return lambda y: np.asarray(floor + (ceiling - floor) * expit(y))


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Some equally weighted draws of a view, month by month from HISTORY_START. ``seen`` (n, months) is what
    observation models read; ``eta`` (n, len(VECTOR)); ``q`` the natural parameters (n, 1); ``growth`` (n, months) is
    that of compute, in nats a year."""

    view: View
    years: np.ndarray
    eta: np.ndarray
    q: Mapping[str, np.ndarray]
    seen: Readings
    growth: np.ndarray


def paths(view: View, *, until: float, draws: int = DRAWS) -> Paths:
    """The view's own futures again, its luck included, but every month until a decimal year."""
    chosen = _evenly(view.weights, draws)
    months = int(np.ceil((until - HISTORY_START) * MONTHS_PER_YEAR)) + 1
    years = HISTORY_START + np.arange(months) / MONTHS_PER_YEAR
    eta = view.eta[chosen]
    values = {name: column[chosen] for name, column in view.futures.values.items()}
    _, _, snaps = kernels.forward()(
        simulation.mechanism_parameters(eta, values, view.worldview.as_of_year),
        np.ones(len(eta)),
        simulation.drift(view.eta, view.seed)[chosen],
        HISTORY_START,
        HISTORY_START,
        years[-1] + 1.0 / MONTHS_PER_YEAR,
        years,
        simulation.MOST_STEPS,
    )
    kept = dict(zip(kernels.SNAPSHOT_FIELDS, np.moveaxis(snaps, 2, 0), strict=True))
    q = parameters.natural(parameters.by_name(eta), NumPy)
    seen = Readings(*(kept[name] for name in Readings._fields))
    return Paths(view=view, years=years, eta=eta, q=q, seen=seen, growth=kept["compute_growth"])


def _evenly(weights: np.ndarray, n: int) -> np.ndarray:
    """Places of n draws, each as often as its weight says (systematic resampling)."""
    reached = np.cumsum(weights) / weights.sum()
    return np.searchsorted(reached, (np.arange(n) + 0.5) / n).clip(0, len(weights) - 1)


def bands(
    views: Sequence[View], ledger: Ledger, *, day: date, levels: Sequence[float] = LEVELS, draws: int = DRAWS
) -> pd.DataFrame:
    """BAND_COLUMNS: quantiles of a reading in the stream's unit, every month from 2023 to YEARS_AHEAD after ``day``."""
    asked = streams(ledger, day)
    frames = []
    for view in views:
        known = rows.blocks(rows.known_by(ledger, view.day))
        usual = rows.blocks(rows.known_by(ledger, day))
        at = paths(view, until=decimal_year(day) + YEARS_AHEAD, draws=draws)
        for stream in asked:
            law = _law(stream, at, known, usual, ledger, day)
            value = stream.shown(_quantiles(law, levels, seed=view.seed))
            frames.append(pd.DataFrame({
                "stream": stream.name, "worldview": view.worldview.name, "view": view.name,
                "year": np.repeat(at.years, len(levels)), "level": np.tile(levels, len(at.years)), "value": value.T.ravel(),
            }))  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(BAND_COLUMNS))


def _quantiles(law: Law, levels: Sequence[float], *, seed: int) -> np.ndarray:
    """(levels, months); each draw errs alike in all months, so that a line is no rougher than its process."""
    found = []
    for month in range(law.location.shape[1]):
        at = slice(month, month + 1)
        one = Law(
            location=law.location[:, at], below=law.below[:, at], above=law.above[:, at], student=law.student
        )  # fmt: skip
        drawn = predictive.draw_from(one, np.random.default_rng([seed, 23]))
        found.append(np.quantile(drawn[:, 0], levels))
    return np.array(found).T


def _law(stream: Stream, at: Paths, known: Blocks, usual: Blocks, ledger: Ledger, day: date) -> Law:
    """Of a reading in every month, (n, months)."""
    kind = stream.entry.kind
    own = _of_series(ledger, stream)
    if kind == "benchmark":
        return _after_known_scores(at, _own(known["benchmark"], own), _own(usual["benchmark"], own))
    d: dict[str, Any] = _usual_errors(kind, _own(usual[kind], own))
    match kind:
        case "horizon":
            d |= {"other_vintage": float(_edition_changed(at.view, ledger, day)), "p80": float("p80" in stream.name),
                  "has_partner": 0.0, "partner": 0.0, "years_before": 0.0}  # fmt: skip
        case "share":
            d |= {"level": float(SHARES.index(stream.series[0])), "kept": 0.0, "y_previous": 0.0}
        case "uplift":
            d |= {"self_report": float(stream.entry.method == "self_report")}
    return predictive.law(kind, at.seen, at.seen, dict(at.q) | {"g_c": at.growth}, d)


def _of_series(ledger: Ledger, stream: Stream) -> set[str]:
    return set(ledger.rows.loc[ledger.rows["series"].isin(stream.series), "id"])


def _own(block: Block, ids: set[str]) -> Block:
    """The rows of some series."""
    chosen = np.array([row in ids for row in block.ids], dtype=bool)
    return replace(
        block, ids=tuple(row for row in block.ids if row in ids), month=block.month[chosen], within=block.within[chosen],
        before=block.before[chosen], weight=block.weight[chosen], previous=np.arange(int(chosen.sum())),
        columns={name: column[chosen] for name, column in block.columns.items()},
    )  # fmt: skip


def _usual_errors(kind: str, block: Block) -> dict[str, float]:
    """The middle one of the errors with which the stream's rows were read; none where it has no rows."""
    names = ("se_low", "se_high") if kind == "horizon" else ("se",)
    seen = ~predictive.censored(kind, block.columns)
    return {
        name: float(np.median(block.columns[name][seen])) if name in block.columns and seen.any() else 0.0
        for name in names
    }


def _edition_changed(view: View, ledger: Ledger, day: date) -> bool:
    """Whether METR's suite is another one than at the as-of date, so that readings carry the shift between the two."""
    register = ledger.register
    return any(
        asof.vintage_on(view.worldview.as_of, family=name, register=register)
        != asof.vintage_on(day, family=name, register=register)
        for name in register.families
    )


def _after_known_scores(at: Paths, known: Block, usual: Block) -> Law:
    """Of the next score in every month; draws and months stand side by side in what `predictive.law` reads."""
    n, months = at.seen.ln_h.shape
    error = float(np.median(usual.columns["se"])) if usual.ids else 0.0
    if known.ids:
        slope = at.q["b"] * (at.q["g_s"] + at.q["g_c"])
        before = likelihood.at_rows(at.seen, known, slope).ln_h
        y, se = known.columns["y"], known.columns["se"]
    else:
        before, y, se = np.zeros((n, 0)), np.zeros(0), np.zeros(0)
    h = np.concatenate([np.repeat(before, months, axis=0), at.seen.ln_h.reshape(-1, 1)], axis=1)
    d = {"y": np.append(y, 0.0), "se": np.append(se, error), "group": np.zeros(len(y) + 1),
         "context": np.append(np.ones(len(y)), 0.0)}  # fmt: skip
    q = {"benchmark_scatter": np.repeat(at.q["benchmark_scatter"], months, axis=0)}
    found = predictive.law("benchmark", Readings(h, h, h, h, h), Readings(h, h, h, h, h), q, d)
    location, sd = (column[:, -1].reshape(n, months) for column in (found.location, found.below))
    return Law(location=location, below=sd, above=sd)


def points(ledger: Ledger, *, day: date) -> pd.DataFrame:
    """POINT_COLUMNS: every public row of the streams in the stream's unit, and why it is not read, where it is not.

    Days are ISO text. ``censored`` is "above" or "below" where only the side on which the truth lies is known.
    """
    every = selection.use_on(ledger, day)
    frames = []
    for stream in streams(ledger, day):
        for series in stream.series:
            entry, part = ledger.register.series[series], every[every["series"] == series]
            shown = _in_unit(part, entry)
            frames.append(part[["series", "id", "subject", "observed_on", "public_on", "used", "why_unused"]].assign(
                stream=stream.name, year=[decimal_year(when.date()) for when in part["observed_on"]],
                value=shown["reading"], low=shown["reading_low"], high=shown["reading_high"],
                censored=_side_of_truth(part, entry),
            ))  # fmt: skip
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(POINT_COLUMNS))
    found = found.sort_values(["stream", "observed_on", "id"])[list(POINT_COLUMNS)].reset_index(drop=True)
    return found.assign(**{name: found[name].dt.strftime("%Y-%m-%d") for name in ("observed_on", "public_on")})


def _in_unit(part: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    """Columns reading, reading_low, reading_high in what `Stream.shown` gives."""
    found = transforms.apply(entry.transform or "identity", part)
    if entry.kind == "horizon":
        return found.map(np.exp) / MINUTES_PER_HOUR
    return 100.0 * found if entry.kind == "share" else found


def _side_of_truth(part: pd.DataFrame, entry: Entry) -> list[str]:
    lower = entry.reads_as == "lower_bound"
    top, floor = entry.censored_above, entry.censored_below
    return [
        "above" if lower or bound == "lower" or (top is not None and value >= top)
        else "below" if bound == "upper" or (floor is not None and value <= floor) else ""
        for bound, value in zip(part["bound"], part["value"], strict=True)
    ]  # fmt: skip


def placed(views: Sequence[View], ledger: Ledger, *, day: date, draws: int = DRAWS) -> pd.DataFrame:
    """PLACE_COLUMNS: where each row that is read lies in what a view says of it, by the row's own law and error.

    ``probability_below`` is P(reading < row); of a censored row the probability on the bound's other side. A month of a
    chart and an 80 % horizon are asked without the row that they are usually read beside; a score of a benchmark after
    those before it. ``news``: public after the as-of date, and no second edition of what was public then.
    """
    known = rows.known_by(ledger, day)
    name_of = {row: stream for stream in streams(ledger, day) for row in _of_series(ledger, stream)}
    frames = []
    for view in views:
        blocks = {kind: _alone(kind, block, _edition_changed(view, ledger, day))
                  for kind, block in rows.blocks(known).items()}  # fmt: skip
        eta = view.eta[_evenly(view.weights, draws)]
        for at in predictive.at_rows(eta, view.worldview.as_of_year, blocks):
            asked = [row in name_of for row in at.rows.ids]
            if at.kind not in predictive.LAWS or not any(asked):
                continue
            law = predictive.law(at.kind, at.seen, at.previous, at.q, at.rows.columns)
            below = predictive.probability_below(law, at.rows.columns["y"]).mean(axis=0)
            cut = predictive.censored(at.kind, at.rows.columns)
            frames.append(pd.DataFrame({
                "stream": [name_of[row].name if row in name_of else "" for row in at.rows.ids],
                "worldview": view.worldview.name, "view": view.name, "id": at.rows.ids, "probability_below": below,
                "inside_80": _inside(at.kind, below, cut, 0.8), "inside_90": _inside(at.kind, below, cut, 0.9),
            })[asked])  # fmt: skip
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(PLACE_COLUMNS))
    fresh = {view.worldview.name: _news(ledger, view.worldview.as_of, day) for view in views}
    news = [row in fresh[who] for row, who in zip(found["id"], found["worldview"], strict=True)]
    return found.assign(news=news)[list(PLACE_COLUMNS)]


def _news(ledger: Ledger, as_of: date, day: date) -> set[str]:
    found = rows.new_between(ledger, as_of, day)
    return set(found.loc[~found["context"], "id"])


def _inside(kind: str, below: np.ndarray, cut: np.ndarray, level: float) -> np.ndarray:
    """Whether a row lies in the central interval; a censored one, whether the interval reaches beyond its bound."""
    low, high = 0.5 - level / 2.0, 0.5 + level / 2.0
    beyond = below < high if kind == "horizon" else below > low
    return np.where(cut, beyond, (low <= below) & (below <= high))


def _alone(kind: str, block: Block, other_edition: bool) -> Block:
    """The rows of a kind, asked each without the one that it is read beside."""
    columns = dict(block.columns)
    if kind == "share":
        columns["kept"] = np.zeros(len(block.ids))
        columns["se"] = np.where(columns["se"] > 1e3, 0.0, columns["se"])
    if kind == "horizon":
        columns["has_partner"] = np.zeros(len(block.ids))
        columns["other_vintage"] = np.full(len(block.ids), float(other_edition))
    return replace(block, columns=columns)
