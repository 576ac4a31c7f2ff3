"""What each worldview expects of an observation: the chance of a yes, or the law of the reading, draw by draw.

Laws are those of `forecast.predictive`, at a row that is not there yet; the process on its day comes from the simulated
future, with its noise. Biases and errors of measuring come from the draws, so that what a chart has taught about itself
is used when its next month is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from scipy.special import logit, ndtr

from cruxes import scales
from cruxes.outlook import STATES, Outlook, at, readings
from cruxes.signals import (
    Catalogue,
    EventRead,
    IdeaRead,
    JumpRead,
    MeasurementRead,
    Signal,
    StateRead,
    reading_of,
)
from forecast import predictive
from forecast.evidence import selection
from forecast.evidence.register import Entry
from forecast.functionals import end_of, happened_by
from forecast.future import diffusion
from forecast.namespaces import NumPy
from forecast.observations import Readings
from forecast.observations.base import log_normal_density, log_student
from forecast.observations.share import MONTHLY_CORRELATION, SERIES
from forecast.predictive import Law
from forecast.simulation import HORIZON
from priors import decimal_year

CELLS = 24
"""Into which readings are sorted, each as likely as any other to the mean of the worldviews."""

PACES = 91
"""Points of the grid on which the pace of adoption is summed."""

type Prediction = np.ndarray | Law
"""P(yes | draw) (n,); or the law of a reading on its model's scale, with columns (n, 1)."""


def predict(signal: Signal, outlook: Outlook, catalogue: Catalogue) -> Prediction:
    """What one view expects of a signal."""
    if (measured := reading_of(signal)) is not None:
        return reading(measured, outlook, catalogue)
    return np.prod([_chance(one, outlook, catalogue) for one in signal.reads], axis=0)


def entry_of(name: str, catalogue: Catalogue, outlook: Outlook) -> Entry:
    """The register's entry of a quantity."""
    return outlook.evidence.ledger.register.series[catalogue.quantities[name].series]


def reading(one: MeasurementRead, outlook: Outlook, catalogue: Catalogue) -> Law:
    """The law of a measurement's value."""
    quantity = catalogue.quantities[one.quantity]
    return law(quantity.series, one.on, one.se or quantity.se, outlook)


def _chance(one: Any, outlook: Outlook, catalogue: Catalogue) -> np.ndarray:
    view = outlook.view
    match one:
        case EventRead():
            return happened_by(view, one.event, one.by).astype(float)
        case IdeaRead():
            return (view.futures.values["T_par"] < min(end_of(one.by), HORIZON)).astype(float)
        case JumpRead():
            return (view.futures.values["jump"] > 0).astype(float) * happened_by(view, "LOOP", one.by)
        case StateRead():
            value, scale = STATES[one.state]
            bound = one.above if one.above is not None else one.below
            away = (scale(value(view, decimal_year(one.on))) - scale(np.array(bound, dtype=float))) / one.sd
            return np.asarray(ndtr(away if one.above is not None else -away))
        case MeasurementRead():
            bound = one.above if one.above is not None else one.below
            y = scales.to_model(entry_of(one.quantity, catalogue, outlook), float(bound))  # type: ignore[arg-type]
            under = below(reading(one, outlook, catalogue), y)
            return 1.0 - under if one.above is not None else under
    raise TypeError(f"no way to read {one!r}")


def law(series: str, on: date, se: float, outlook: Outlook) -> Law:
    """The law of the reading of a series that will be taken on a day, its own error ``se`` on the model's scale."""
    entry = outlook.evidence.ledger.register.series[series]
    year = decimal_year(on)
    if entry.kind == "diffusion":
        return _adoption(series, year, outlook)
    if entry.kind == "benchmark":
        return _benchmark(series, year, se, outlook)
    seen = readings(outlook.view, year)
    q = dict(outlook.q) | {"g_c": at(outlook.view, "compute_growth", year)[:, None]}
    d: dict[str, Any] = {"se": np.array([se])}
    previous = seen
    match entry.kind:
        case "horizon":
            d |= {"se_low": d["se"], "se_high": d["se"], "other_vintage": float(outlook.other_edition), "partner": 0.0,
                  "p80": float("p80" in series), "has_partner": 0.0, "years_before": 0.0}  # fmt: skip
        case "share":
            d["level"] = np.array([float(SERIES.index(series))])
            previous, kept, y = _last_share(d["level"][0], on, seen, outlook)
            d |= {"kept": np.array([kept]), "y_previous": np.array([y])}
        case "uplift":
            d["self_report"] = float(entry.method == "self_report")
        case "returns":
            d["elasticity"] = float(series == "software_returns_r")
    return predictive.law(entry.kind, seen, previous, q, d)


def _last_share(level: float, on: date, seen: Any, outlook: Outlook) -> tuple[Any, float, float]:
    """The process at the last month of a chart that can be read, how much of its error is left by ``on``, and its
    logit; (seen, 0, 0) where there is none."""
    at_share = outlook.past.get("share")
    if at_share is None:
        return seen, 0.0, 0.0
    rows = at_share.rows
    use = np.flatnonzero((rows.columns["level"] == level) & (rows.columns["floored"] == 0) & (rows.weight > 0))
    if not use.size:
        return seen, 0.0, 0.0
    months = rows.month + rows.within
    last = int(use[np.argmax(months[use])])
    apart = max(float((decimal_year(on) - 2023.0) * 12.0 - months[last]), 0.0)
    previous = type(seen)(*(outlook.each(column[:, last : last + 1]) for column in at_share.seen))
    return previous, MONTHLY_CORRELATION**apart, float(rows.columns["y"][last])


def _benchmark(series: str, year: float, se: float, outlook: Outlook) -> Law:
    """After the known rows of the benchmark, which are the context of the next."""
    h = at(outlook.view, "ln_h", year)[:, None]
    rows = outlook.evidence.ledger.rows
    y, errors, before = np.zeros(0), np.zeros(0), np.zeros((len(h), 0))
    if (past := outlook.past.get("benchmark")) is not None:
        own = np.isin(past.rows.ids, rows.loc[rows["series"] == series, "id"]) & (past.rows.weight > 0)
        y, errors = past.rows.columns["y"][own], past.rows.columns["se"][own]
        before = outlook.each(past.seen.ln_h[:, own])
    n = len(y) + 1
    seen = Readings(*(np.concatenate([before, h], axis=1) if name == "ln_h" else h for name in Readings._fields))
    d = {"y": np.append(y, 0.0), "se": np.append(errors, se), "group": np.zeros(n), "context": np.arange(n) < n - 1}
    found = predictive.law("benchmark", seen, seen, dict(outlook.q), d)
    return Law(location=found.location[:, -1:], below=found.below[:, -1:], above=found.above[:, -1:])


def _adoption(series: str, year: float, outlook: Outlook) -> Law:
    """Log-odds of adoption: the last reading, and since then the pace that L and T_broad imply (`future.diffusion`) in
    the light of all curves so far, its mean and spread by draw."""
    ledger, values = outlook.evidence.ledger, outlook.view.futures.values
    known = selection.readings(selection.use_on(ledger, outlook.view.day), register=ledger.register)
    known = known[known["kind"] == "diffusion"].copy()
    known["year"] = [decimal_year(day.date()) for day in known["observed_on"]]
    last = known[known["series"] == series].sort_values("year").iloc[-1]
    precision, weighted = diffusion.pace(known)
    ln_pace = np.linspace(-3.0, 1.5, PACES)
    by_lag = np.log(diffusion.SPAN_LOG_ODDS / np.maximum(values["L"], 1e-6))
    by_date = np.log(diffusion.SPAN_LOG_ODDS * diffusion.BROAD_SPANS)
    by_date = by_date - np.log(np.maximum(values["T_broad"] - diffusion.START, 0.1))
    s = np.exp(ln_pace)
    log_weight = log_student((ln_pace - by_lag[:, None]) / diffusion.LINK_SCALE, NumPy)
    log_weight = log_weight + log_student((ln_pace - by_date[:, None]) / diffusion.BROAD_SCALE, NumPy)
    log_weight = log_weight + weighted * s - 0.5 * precision * s**2
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    mean = weight @ s
    since = year - float(last["year"])
    variance = (weight @ s**2 - mean**2 + diffusion.INSTRUMENT_SD**2) * since**2
    sd = np.sqrt(variance + diffusion.WALK_SD**2 * since + 2.0 * diffusion.READING_SD**2)[:, None]
    return Law(location=(float(logit(last["reading"])) + mean * since)[:, None], below=sd, above=sd)


def below(found: Law, y: float) -> np.ndarray:
    """P(reading < y) (n,)."""
    return predictive.probability_below(found, y)[:, 0]


def log_density(found: Law, y: float) -> np.ndarray:
    """ln of the density at y (n,)."""
    away = (y - found.location)[:, 0]
    under, over = found.below[:, 0], found.above[:, 0]
    z = away / np.where(away < 0, under, over)
    kernel = log_student(z, NumPy) if found.student else log_normal_density(z, 1.0, NumPy)
    return np.asarray(kernel + np.log(2.0 / (under + over)))


def sample(found: Law, rng: np.random.Generator) -> np.ndarray:
    """One reading for every draw (n,)."""
    return predictive.draw_from(found, rng)[:, 0]


def edges(found: Sequence[Law], weights: Sequence[np.ndarray], *, cells: int = CELLS, seed: int = 0) -> np.ndarray:
    """Bounds between cells of equal chance under the mean of several predictions; at most cells - 1 of them."""
    rng = np.random.default_rng(seed)
    value = np.concatenate([sample(one, rng) for one in found])
    weight = np.concatenate([w / w.sum() for w in weights])
    order = np.argsort(value, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    places = np.searchsorted(reached, np.arange(1, cells) / cells).clip(0, len(order) - 1)
    return np.unique(value[order][places])


def chances(found: Prediction, bounds: np.ndarray) -> np.ndarray:
    """P(cell | draw), (n, cells): "no" and "yes", or the cells between the bounds."""
    if isinstance(found, np.ndarray):
        return np.column_stack([1.0 - found, found])
    under = np.column_stack([np.zeros(len(found.location)), *(below(found, float(y)) for y in bounds),
                             np.ones(len(found.location))])  # fmt: skip
    return np.maximum(np.diff(under, axis=1), 0.0)
