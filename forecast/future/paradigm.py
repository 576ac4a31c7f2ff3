"""Records in which an idea of the paradigm class by AI would have shown -> T_par.

Such ideas arrive as a Poisson process: a BACKGROUND rate before T_par, and after it an uncertain rate of about
RATE a year, the same for all records. A record shows a share of them (`paradigm.toml`). What the ledger has are counts
of smaller things of which, by those who looked, none was of this class; so the rows say "none seen by this date in
that corner". That is a soft statement: with T_par before the date, none is still likely, the less so the longer ago.

Weakness: exposures are guesses, nobody keeps such a record on purpose, and every T_par lies after the as-of date of its
worldview, so that there is hardly a year to look at. T_par stays where the beliefs put it, and the numbers say so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from scipy.special import logsumexp

from priors import decimal_year
from priors.problems import BadInput, Problem

BACKGROUND = 0.02
"""Ideas a year before T_par: a count that was credited too generously."""

RATE = 1.0
RATE_SD = 0.8
"""ln of ideas a year after T_par."""

FILE = "paradigm.toml"

_NODES = np.linspace(-4.0, 4.0, 41)


class Record(BaseModel):
    """One series, as `paradigm.toml` explains."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    window_start: date
    exposure: Annotated[float, Field(gt=0.0, le=1.0)]
    counts: Literal["none", "value"]
    why: Annotated[str, Field(min_length=1)]


@cache
def records() -> Mapping[str, Record]:
    """The packaged judgements, by series."""
    text = files("forecast.future").joinpath(FILE).read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Record]).validate_python(tomllib.loads(text))


def log_density(
    rows: pd.DataFrame, values: Mapping[str, np.ndarray], *, judged: Mapping[str, Record] | None = None
) -> np.ndarray:
    """ln p(what the records show | T_par), (n,); T_par is inf where the idea never comes.

    ``rows`` have columns series, year and value (cumulative). ``judged`` defaults to `records`. Raises BadInput for
    a series that has not been judged.
    """
    judged = records() if judged is None else judged
    _refuse_unjudged(rows, judged)
    arrival = np.asarray(values["T_par"], dtype=float)[:, None]
    rate = RATE * np.exp(RATE_SD * _NODES)
    total = np.broadcast_to(-0.5 * _NODES**2, (len(arrival), len(_NODES))).copy()
    for series, part in rows.groupby("series", sort=True):
        record = judged[str(series)]
        for start, end, count in _looks(part, record):
            after = np.clip(end - np.maximum(arrival, start), 0.0, None)
            expected = record.exposure * (BACKGROUND * (end - start) + rate * after)
            total += count * np.log(expected) - expected
    return logsumexp(total, axis=1) - logsumexp(-0.5 * _NODES**2)


def _looks(rows: pd.DataFrame, record: Record) -> list[tuple[float, float, float]]:
    """Windows that follow on one another, and how many ideas of the class each showed; subjects of a day are one look."""
    found, start, before = [], decimal_year(record.window_start), 0.0
    most = rows.groupby("year", sort=True)["value"].max()
    for end, value in zip(most.index.to_numpy(float), most.to_numpy(float), strict=True):
        count = value if record.counts == "value" else 0.0
        if end > start:
            found.append((start, end, max(count - before, 0.0)))
            start, before = end, max(count, before)
    return found


def _refuse_unjudged(rows: pd.DataFrame, judged: Mapping[str, Record]) -> None:
    problems = [
        Problem(
            file=FILE,
            where=series,
            found="absent",
            expected="what its rows say of ideas of the paradigm class",
            remedy='Judge it there, or register the series as kind "none" with a why.',
        )
        for series in sorted(set(rows["series"]).difference(judged))
    ]
    if problems:
        raise BadInput(problems)
