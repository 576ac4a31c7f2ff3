"""What evidence has not touched: per crux variable and worldview, how far it was moved, how much narrower it became, and
how much of the forecast still hangs on the belief itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import priors
from cruxes.figures.phrasing import end_of, short
from cruxes.figures.picture import Picture, Width
from cruxes.figures.style import FAINT, INK, PAPER, bare, house, listed, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOUCHED = 0.1
"""Shift, or contraction, from which a variable counts as reached by evidence: a tenth of the former standard deviation.

Two normal beliefs that differ by less overlap by more than 96 %, so that nobody could tell them apart by eye; and with
the some thousand effective draws of a view, chance alone moves either number by about a third of that.
"""

MOST_WORLDVIEWS = 8
"""Columns for which there is room."""

MEASURES = {
    "shift": "shift, in former sd",
    "contraction": "narrower by, %",
    "prior_sensitivity": "weight of belief, points",
}
FULL = {"shift": 1.0, "contraction": 0.5, "prior_sensitivity": 0.1}
"""Values that are shaded most."""


def picture(table: pd.DataFrame, *, event: str, by: date) -> Picture:
    """From `cruxes.reach.reach` for ``event`` and ``by``, of each worldview, with a column worldview.

    Raises ValueError for more than MOST_WORLDVIEWS worldviews.
    """
    names = list(table["worldview"].unique())
    if len(names) > MOST_WORLDVIEWS:
        raise ValueError(f"{len(names)} worldviews; expected {MOST_WORLDVIEWS} at most")
    data = table.assign(touched=touched(table)).reset_index(drop=True)
    return Picture(
        name=f"untouched-{event.lower()}",
        title=_title(data),
        alt=_alt(data, event, by),
        caption=(
            f"From stated to updated, per crux variable: the shift of its middle in former standard deviations, by how many "
            f"per cent its standard deviation shrank (below 0: it grew), and by how many points P({event} by {end_of(by)}) of the "
            f"updated view changes when the belief is given twice the weight. White: below {TOUCHED:g} sd or "
            f"{100 * TOUCHED:.0f} %, where evidence has left the belief as good as untouched. A crux counts as reached "
            "where that is exceeded, for one of its variables at least, in more than half of the worldviews. A chance (·) has "
            "neither middle nor width. A narrow screen shows, of each crux, the variable with the largest number, and a ring beside "
            "each crux that evidence has not reached."
        ),
        data=data,
        draw=lambda width: _draw(data, width),
    )  # fmt: skip


def touched(table: pd.DataFrame) -> pd.Series:
    """Whether evidence has moved or narrowed each variable by TOUCHED or more; never so for a chance."""
    return (table[["shift", "contraction"]].abs() >= TOUCHED).any(axis=1)


def reach_of_cruxes(data: pd.DataFrame) -> pd.DataFrame:
    """Per crux: columns crux, name, worldviews (in how many of them evidence has touched one of its variables), reached
    (whether that is more than half)."""
    per_worldview = data.groupby(["crux", "name", "worldview"], sort=False)["touched"].any()
    counts = per_worldview.groupby(["crux", "name"], sort=False).agg(["sum", "size"]).reset_index()
    counts = counts.assign(worldviews=counts["sum"], reached=counts["sum"] > counts["size"] / 2)
    return counts[["crux", "name", "worldviews", "reached"]]


def _title(data: pd.DataFrame) -> str:
    cruxes = reach_of_cruxes(data)
    left = cruxes[~cruxes["reached"]]
    if left.empty:
        return f"Evidence has reached all {len(cruxes)} cruxes"
    said = listed([f"{row['crux']} {short(row['name'])}" for row in left.to_dict(orient="records")])
    return f"Evidence has not reached {len(left)} of {len(cruxes)} cruxes: {said}"


def _alt(data: pd.DataFrame, event: str, by: date) -> str:
    number_of = data["worldview"].nunique()
    lines = [
        f"{row['crux']} {short(row['name'])}: in {row['worldviews']} of {number_of}"
        for row in reach_of_cruxes(data).to_dict(orient="records")
    ]
    shift, narrow, belief = (data.iloc[int(np.nanargmax(data[measure].abs()))] for measure in MEASURES)
    return (
        f"Table of {data['variable'].nunique()} crux variables for {number_of} worldviews. Worldviews in which evidence has "
        f"touched a crux: {'; '.join(lines)}. The largest shift is {shift['shift']:+.1f} standard deviations ({_label(shift)}, "
        f"{name_of(shift['worldview'])}), the largest change of width {100 * narrow['contraction']:+.0f} % narrower "
        f"({_label(narrow)}, {name_of(narrow['worldview'])}). P({event} by {end_of(by)}) hangs most on {_label(belief)} of "
        f"{name_of(belief['worldview'])}: {100 * belief['prior_sensitivity']:+.1f} points when that belief counts double."
    )  # fmt: skip


def _label(row: Any) -> str:
    """The plain name of a variable."""
    return priors.variables()[row["variable"]].name


def _of_largest_size(values: pd.Series) -> float:
    return float(values.iloc[int(np.nanargmax(values.abs()))]) if values.notna().any() else float("nan")


def _largest(data: pd.DataFrame) -> pd.DataFrame:
    """Per crux and worldview, of each measure the value that is largest in size."""
    groups = data.groupby(["crux", "name", "worldview"], sort=False)
    return groups[list(MEASURES)].agg(_of_largest_size).reset_index()


def _draw(data: pd.DataFrame, width: Width) -> Figure:
    names = list(data["worldview"].unique())
    with house():
        if width == "narrow":
            cruxes = reach_of_cruxes(data).to_dict(orient="records")
            labels = [(f"{'' if c['reached'] else '○ '}{c['crux']} {short(c['name'])}", c["crux"], "" if c["reached"] else "bold")
                      for c in cruxes]  # fmt: skip
            figure = bare(width, len(MEASURES) * (1.35 + 0.22 * len(labels)))
            panels = figure.subplots(len(MEASURES), 1)
            for axes, measure in zip(panels, MEASURES, strict=True):
                _panel(axes, _largest(data).rename(columns={"crux": "row"}), measure, labels, names)
                _rows(axes, labels)
            return figure
        labels = _labels_of_variables(data)
        figure = bare(width, 1.35 + 0.2 * len(labels))
        panels = figure.subplots(1, len(MEASURES), sharey=True)
        for axes, measure in zip(panels, MEASURES, strict=True):
            _panel(axes, data.rename(columns={"variable": "row"}), measure, labels, names)
        _rows(panels[0], labels)
        _headings(panels[0], data)
    return figure


def _labels_of_variables(data: pd.DataFrame) -> list[tuple[str, str, str]]:
    """A heading for each crux, then its variables: what is written, the row's name ("" for a heading), the weight."""
    known, found = priors.variables(), []
    for crux in reach_of_cruxes(data).to_dict(orient="records"):
        found.append((f"{crux['crux']} {short(crux['name'])}", "", "bold"))
        for variable in data.loc[data["crux"] == crux["crux"], "variable"].unique():
            found.append((known[variable].name, variable, ""))
    return found


def _headings(axes: Axes, data: pd.DataFrame) -> None:
    """Beside the heading of each crux, in how many worldviews evidence has reached it."""
    y, number_of = 0, data["worldview"].nunique()
    for crux in reach_of_cruxes(data).to_dict(orient="records"):
        text = f"{'reached' if crux['reached'] else 'not reached'}, {crux['worldviews']} of {number_of}"
        axes.text(-0.4, y, text, va="center", fontsize=8.0, color=FAINT if crux["reached"] else INK,
                  fontweight="normal" if crux["reached"] else "bold", gid=f"{crux['crux']} reached")  # fmt: skip
        y += 1 + data.loc[data["crux"] == crux["crux"], "variable"].nunique()


def _rows(axes: Axes, labels: Sequence[tuple[str, str, str]]) -> None:
    axes.tick_params(labelleft=True)
    axes.set_yticks(range(len(labels)), [text for text, _, _ in labels])
    for tick, (_, _, weight) in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_fontweight(weight or "normal")
        tick.set_fontsize(8.0)


def _panel(
    axes: Axes, data: pd.DataFrame, measure: str, labels: Sequence[tuple[str, str, str]], names: list[str]
) -> None:
    """One measure: a column to a worldview, a number to a cell, shaded the more the larger it is. The gids of the numbers
    are "measure row worldview"."""
    from matplotlib.patches import Rectangle

    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    values = data.set_index(["row", "worldview"])[measure]
    for y, (_, row, _) in enumerate(labels):
        for x, name in enumerate(names if row else []):
            value = float(values.loc[(row, name)]) if (row, name) in values.index else float("nan")
            share = _share(measure, value)
            if share > 0.0:
                axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1.0, 1.0, facecolor=_shade(share), edgecolor=PAPER,
                                         linewidth=0.8))  # fmt: skip
            axes.text(x, y, _cell(measure, value), ha="center", va="center", fontsize=7.8, gid=f"{measure} {row} {name}",
                      color=PAPER if share > 0.6 else INK if share > 0.0 else FAINT)  # fmt: skip
    axes.set_title(MEASURES[measure], fontsize=8.5, fontweight="bold", loc="left")
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(names)), [name_of(name).replace(" (no author)", "") for name in names],
                    rotation=60, ha="left", rotation_mode="anchor", fontsize=8.0)  # fmt: skip
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _share(measure: str, value: float) -> float:
    """How dark a cell is, 0 to 1: white below what counts."""
    least = 0.1 * FULL[measure] if measure == "prior_sensitivity" else TOUCHED
    return 0.0 if not abs(value) >= least else min(abs(value) / FULL[measure], 1.0)


def _shade(share: float) -> tuple[float, ...]:
    """From a light to a dark blue, so that black and white keep the order."""
    light, dark = np.array([0.85, 0.91, 0.96]), np.array([0.03, 0.27, 0.50])
    return tuple(light + share * (dark - light))


def _cell(measure: str, value: float) -> str:
    """A number short enough for its cell, with a real minus; a dot for what a chance does not have."""
    if value != value:
        return "·"
    text = f"{value:.1f}" if measure == "shift" else f"{100 * value:.0f}"
    return ("0" if float(text) == 0.0 else text).replace("-", "−")
