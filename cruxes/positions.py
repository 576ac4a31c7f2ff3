"""Where each worldview stands on each crux variable, as stated and as updated: the table behind parallel intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

import priors
from cruxes.blocks import NAMES, OWNER, SHARED
from forecast.simulation import HORIZON, uniforms
from forecast.view import View

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
LOGARITHMIC = (priors.Support.POSITIVE, priors.Support.ABOVE_ONE)
"""Supports on which equal ratios are equal distances; the others are linear."""

DRAWN = {"psi": "psi", "A": "kept", "J": "jump"}
"""Chances, and the name under which `forecast.simulation` keeps whether each draw met them."""

COLUMNS = ("crux", "name", "variable", "label", "symbol", "unit", "scale", "worldview", "view", "output_type", "level",
           "value", "scaled")  # fmt: skip


def positions(views: Sequence[View]) -> pd.DataFrame:
    """One long table of several views, in the columns COLUMNS.

    ``name`` is the crux in plain words, ``label`` and ``symbol`` are the variable's. Output types:

    - ``quantile``: a value in ``unit`` at ``level``;
    - ``quantile_if_ever``: the same of a date, among draws in which it comes by 2100;
    - ``never``: of a date, the probability that it does not;
    - ``chance``: a belief that is a single probability, as the view's draws have it (a tilt moves it).

    ``scaled`` puts the quantiles of a variable on 0 (the lowest 10 % point of all these views) to 1 (the highest 90 %
    point), by logarithms where ``scale`` is "log"; probabilities stay as they are. Raises ValueError where no view is
    given, or one comes twice.
    """
    names = [(view.worldview.name, view.name, view.without) for view in views]
    if not names or any(without for _, _, without in names) or len(set(names)) < len(names):
        raise ValueError(f"{names}; expected views of all rows that differ in worldview or name")
    found = [row for name in priors.variables() if OWNER[name] != SHARED for view in views for row in _rows(view, name)]
    table = pd.DataFrame(found, columns=list(COLUMNS[:-1]))
    return table.assign(scaled=_scaled(table))


def _rows(view: View, name: str) -> list[tuple[object, ...]]:
    variable = priors.variables()[name]
    scale = "log" if variable.support in LOGARITHMIC else "linear"
    about = (OWNER[name], NAMES[OWNER[name]], name, variable.name, variable.symbol, variable.unit, scale,
             view.worldview.name, view.name)  # fmt: skip
    if variable.support is priors.Support.PROBABILITY:
        return [(*about, "chance", np.nan, _chance(view, name))]
    value = view.futures.values[name]
    if variable.support is not priors.Support.YEAR:
        return [(*about, "quantile", level, view.quantile(value, level)) for level in LEVELS]
    comes = value <= HORIZON
    quantiles = [(*about, "quantile_if_ever", level, view.quantile(value, level, comes)) for level in LEVELS]
    return [*quantiles, (*about, "never", np.nan, view.probability(~comes))]


def _chance(view: View, name: str) -> float:
    """Weighted share of the draws for which it came true, less what the luck of these draws has added to the belief."""
    values = view.futures.values
    drawn = np.isinf(values["T_par"]) if name == "pi_never" else values[DRAWN[name]] > 0
    belief = view.worldview.probabilities()[name]
    luck = float(np.mean(uniforms(name, len(drawn), view.seed) < belief)) - belief
    return min(max(view.probability(drawn) - luck, 0.0), 1.0)


def _scaled(table: pd.DataFrame) -> pd.Series:
    """Shares of the way from the lowest to the highest value of each variable; one half where there is but one."""
    by_quantile = table["level"].notna()
    place = table["value"].where(table["scale"] == "linear", np.log(table["value"].where(table["scale"] == "log")))
    ends = place.where(by_quantile).groupby(table["variable"])
    low, width = ends.transform("min"), ends.transform("max") - ends.transform("min")
    share = ((place - low) / width.where(width > 0.0)).fillna(0.5)
    return share.where(by_quantile & table["value"].notna(), table["value"])
