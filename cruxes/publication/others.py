"""Forecasts by others beside ours, and their models as special cases of ours, as tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cruxes import special_cases
from cruxes.publication.inputs import Inputs
from cruxes.publication.people import PEOPLE
from forecast.functionals import happened_by
from forecast.simulation import COMPETING, HORIZON
from forecast.view import View
from priors.schema import Source

LEVELS = (0.1, 0.5, 0.9)
FIELDS = {
    "who",
    "when",
    "says",
    "numbers",
    "rerun",
    "event",
    "ours",
    "difference",
    "source",
    "url",
    "of",
    "years",
    "year",
}


def published() -> list[dict[str, Any]]:
    """The packaged list. Raises ValueError for a field it does not know."""
    found: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "published.toml").read_text())["published"]
    for one in found:
        if unknown := one.keys() - FIELDS:
            raise ValueError(f"published.toml: unknown fields {sorted(unknown)} of {one.get('who')}")
        if "url" in one:
            Source.model_validate(
                {"key": "url", "title": one["source"], "date": one["when"], "url": one["url"], "grade": "X"}
            )
    return found


def beside(inputs: Inputs) -> pd.DataFrame:
    """Per published number and worldview of the five: who, says, numbers, difference, source, url, event, ours, worldview, value
    (a probability), or low, middle, high (dates if ever) with never."""
    rows = []
    for number, one in enumerate(published()):
        for view in inputs.views("updated", of=PEOPLE):
            rows.append(
                {
                    "number": number,
                    **{k: one.get(k, "") for k in FIELDS},
                    "worldview": view.worldview.name,
                    **_asked(one, view),
                }
            )
    return pd.DataFrame(rows)


def _asked(one: Mapping[str, Any], view: View) -> dict[str, float]:
    seen = view.futures.observed(one["event"])
    ever = seen <= HORIZON
    nothing = dict.fromkeys(("value", "low", "middle", "high", "never"), np.nan)
    if one["ours"] == "by":
        from datetime import date

        return nothing | {"value": view.probability(happened_by(view, one["event"], date(one["year"], 12, 31)))}
    if one["ours"] == "given":
        return nothing | {"value": view.given(ever, view.futures.observed("LOOP") <= HORIZON)}
    if one["ours"] == "within":
        start = view.futures.observed(one["of"])
        begun = start <= HORIZON
        within = np.zeros(len(seen), dtype=bool)
        within[begun] = seen[begun] - start[begun] < one["years"]
        return nothing | {"value": view.given(within, begun)}
    stopped = np.any([view.futures.stopped_by(one["event"], cause) for cause in COMPETING], axis=0)
    low, middle, high = (view.quantile(seen, level, ever) for level in LEVELS)
    return nothing | {"low": low, "middle": middle, "high": high, "never": view.probability(~ever & ~stopped)}


def reproduced(inputs: Inputs) -> pd.DataFrame:
    """Published results with our own computation of them: model, quantity, theirs, ours."""
    kwa = np.quantile(special_cases.kwa(), LEVELS)
    rows = [("Kwa (METR, 2026)", f"99 % of AI R&D automated, {100 * level:.0f} % point", theirs, float(ours), "year")
            for level, theirs, ours in zip(LEVELS, special_cases.KWA, kwa, strict=True)]  # fmt: skip
    at = special_cases.davidson_houlden()
    rows += [
        ("Davidson and Houlden (Forethought, 2025)", f"P({event}), given full automation", theirs,
         float(np.isfinite(at[event]).mean()), "probability")
        for event, theirs in special_cases.DAVIDSON_HOULDEN.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["model", "quantity", "theirs", "ours", "unit"])
