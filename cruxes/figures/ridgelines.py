"""Ridgelines of dates: where each worldview's probability of one event lies in time, before and after evidence."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cruxes.figures.picture import Picture, Width
from cruxes.figures.spoken import PHRASES, after, percent
from cruxes.figures.strips import KINDS, strip
from cruxes.figures.style import FAINT, INK, PAPER, bare, house, mark, name_of, year_axis
from cruxes.figures.whiskers import colour
from cruxes.wording import RARE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LAST_YEAR = 2050
TITLE_YEAR = 2031
"""By the end of 2030, the day that the other tables take."""

VIEWS = ("stated", "updated")
FINE_UNTIL = 2030
"""From this year on steps are whole years: a quarter would hold so few draws that its height is mostly chance."""

RIDGE: dict[Width, float] = {"narrow": 0.62, "wide": 0.74}
"""Height of the highest step, where rows are 1 apart; names stand above the row where there is no room beside it."""


def picture(table: pd.DataFrame, *, event: str = "LOOP") -> Picture:
    """From `cruxes.date_curves.date_curves` of stated and updated views.

    Steps are differences of the curve: each quarter until FINE_UNTIL, each year from then on. Raises ValueError where a
    worldview lacks one of its two views.
    """
    rows, outcomes = ridges(table, event), _outcomes(table, event)
    return Picture(
        name=f"ridgelines-{event.lower()}",
        title=_title(rows, outcomes, event),
        alt=_alt(rows, outcomes, event),
        caption=(
            f"Probability per year that {event} is seen then: by quarters until {FINE_UNTIL}, by years from then on. Dashed: "
            "as stated. Filled: with the evidence since. Each worldview has a scale of its own, the same for both, with the "
            "height of its highest step written above it; so compare shapes down the page, and heights within a row only. "
            f"Futures that never see it, or are stopped first, have no date and stand at the right; what lies after "
            f"{LAST_YEAR} is in the table."
        ),
        data=rows.merge(outcomes, on=["worldview", "view"], how="outer", sort=False),
        draw=lambda width: _draw(rows, outcomes, width),
    )  # fmt: skip


def ridges(table: pd.DataFrame, event: str) -> pd.DataFrame:
    """Columns worldview, view, start, end, mass and per_year: a step for each span of years until LAST_YEAR."""
    curve = table[(table["event"] == event) & (table["output_type"] == "cdf") & (table["year"] <= LAST_YEAR)]
    found = []
    for worldview in curve["worldview"].unique():
        for view in VIEWS:
            part = curve[(curve["worldview"] == worldview) & (curve["view"] == view)]
            if part.empty:
                raise ValueError(f"no {view} view of {worldview} for {event}")
            kept = part[(part["year"] <= FINE_UNTIL) | (part["year"] % 1.0 == 0.0)]
            for (start, below), (end, above) in pairwise(zip(kept["year"], kept["value"], strict=True)):
                mass = max(above - below, 0.0)
                found.append((worldview, view, start, end, mass, mass / (end - start)))
    return pd.DataFrame(found, columns=["worldview", "view", "start", "end", "mass", "per_year"])


def _outcomes(table: pd.DataFrame, event: str) -> pd.DataFrame:
    """Per view: seen before the first step, after the last, never, stopped. Shares of all futures."""
    own = table[table["event"] == event]
    found = []
    for (worldview, view), part in own.groupby(["worldview", "view"], sort=False):
        cdf = part[part["output_type"] == "cdf"].set_index("year")["value"]
        kinds = part.groupby("output_type")["value"].sum()
        found.append((worldview, view, cdf.iloc[0], cdf.iloc[-1] - cdf.loc[LAST_YEAR], kinds["never"],
                      kinds.get("stopped", 0.0)))  # fmt: skip
    return pd.DataFrame(found, columns=["worldview", "view", "before", "after", "never", "stopped"])


def _peaks(rows: pd.DataFrame) -> pd.DataFrame:
    """The highest step of each view."""
    return rows.loc[rows.groupby(["worldview", "view"], sort=False)["per_year"].idxmax()].set_index(
        ["worldview", "view"]
    )


def _by(rows: pd.DataFrame, outcomes: pd.DataFrame, view: str) -> pd.Series:
    """P(seen before TITLE_YEAR) of each worldview."""
    until = rows[(rows["view"] == view) & (rows["end"] <= TITLE_YEAR)].groupby("worldview", sort=False)["mass"].sum()
    return until + outcomes[outcomes["view"] == view].set_index("worldview")["before"]


def _title(rows: pd.DataFrame, outcomes: pd.DataFrame, event: str) -> str:
    then, now = (_by(rows, outcomes, view) for view in VIEWS)
    low, high = (f"{percent(now[who])} ({after(who)})" for who in (str(now.idxmin()), str(now.idxmax())))
    span = low if len(now) == 1 else f"{low} to {high}"
    before = percent(then.iloc[0]) if len(then) == 1 else f"{percent(then.min())} to {percent(then.max())}"
    return (
        f"The chance that {PHRASES[event]} before {TITLE_YEAR} is {span} with the evidence; it was {before} as stated"
    )


def _alt(rows: pd.DataFrame, outcomes: pd.DataFrame, event: str) -> str:
    peaks = _peaks(rows)
    parts = []
    for worldview in rows["worldview"].unique():
        said = []
        for view in VIEWS:
            peak = peaks.loc[(worldview, view)]
            rest = outcomes[(outcomes["worldview"] == worldview) & (outcomes["view"] == view)].iloc[0]
            said.append(f"{view} highest in {int(peak['start'])} at {percent(peak['per_year'])} a year, "
                        f"after {LAST_YEAR} {percent(rest['after'])}, never {percent(rest['never'])}, stopped "
                        f"{percent(rest['stopped'])}")  # fmt: skip
        parts.append(f"{name_of(worldview)}: {'; '.join(said)}.")
    return (
        f"Ridgelines of the date of {event}, stated as a dashed outline over updated as a filled one. {' '.join(parts)}"
    )


def _draw(rows: pd.DataFrame, outcomes: pd.DataFrame, width: Width) -> Figure:
    narrow = width == "narrow"
    names = list(rows["worldview"].unique())
    with house():
        figure = bare(width, 1.05 + (0.74 if narrow else 0.62) * len(names))
        main, *strips = figure.subplots(1, 3, sharey=True, width_ratios=(2.4, 1, 1) if narrow else (5.2, 1, 1))
        main.set_ylim(len(names) - 0.55, -0.72 if narrow else -0.55)
        year_axis(main, float(rows["start"].min()), LAST_YEAR, every=10 if narrow else 5)
        for i, name in enumerate(names):
            _ridge(main, rows[rows["worldview"] == name], name, floor=i + 0.36, high=RIDGE[width])
        heights = [i // 2 + (0.02, 0.26)[i % 2] for i in range(len(outcomes))]
        most = float(outcomes[list(KINDS)].max().max())
        for axes, kind in zip(strips, KINDS, strict=True):
            strip(axes, outcomes, kind, heights=heights, most=most, longest=0.42 if narrow else 0.55)
        _label(main, names, narrow=narrow)
        main.set_xlabel(
            "probability per year" if narrow else "probability per year; each worldview on a scale of its own"
        )
        _key(figure)
    return figure


def _ridge(axes: Axes, rows: pd.DataFrame, name: str, *, floor: float, high: float) -> None:
    """Both views of a worldview, standing on ``floor``, the highest step ``high``. The gids are "worldview view ridge"."""
    top = float(rows["per_year"].max())
    if float(rows.groupby("view")["mass"].sum().max()) < RARE:  # a handful of draws has no shape
        axes.annotate(f"in under {percent(RARE)} of futures", (axes.get_xlim()[1], floor - 0.1), va="center", ha="right",
                      fontsize=8.0, color=FAINT)  # fmt: skip
        return
    for view in reversed(VIEWS):
        part = rows[rows["view"] == view]
        edges = np.append(part["start"].to_numpy(), part["end"].iloc[-1])
        height = floor - high * part["per_year"].to_numpy() / top
        if view == "updated":
            axes.stairs(height, edges, baseline=floor, fill=True, facecolor=colour(name, "stated"), edgecolor="none",
                        zorder=2)  # fmt: skip
        axes.stairs(height, edges, baseline=floor, color=mark(name).colour if view == "updated" else INK,
                    linewidth=1.2 if view == "updated" else 1.0, linestyle="solid" if view == "updated" else (0, (3.0, 1.6)),
                    zorder=3 if view == "updated" else 4, gid=f"{name} {view} ridge")  # fmt: skip
    peak, (_, last) = rows.iloc[int(rows["per_year"].argmax())], axes.get_xlim()
    axes.plot(
        [peak["end"], last], [floor - high] * 2, color=FAINT, linewidth=0.7, linestyle=(0.0, (1.0, 2.0)), zorder=1
    )
    axes.annotate(f"{percent(top)} a year", (last, floor - high), va="center", ha="right", fontsize=8.0,
                  bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0})  # fmt: skip


def _label(axes: Any, names: list[str], *, narrow: bool) -> None:
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    if not narrow:
        axes.set_yticks([i + 0.14 for i in range(len(names))], [name_of(name) for name in names])
        return
    axes.set_yticks([])
    for i, name in enumerate(names):
        axes.annotate(name_of(name), (0.0, i - 0.42), xycoords=axes.get_yaxis_transform(), va="center", ha="left",
                      fontsize=8.5, fontweight="bold")  # fmt: skip


def _key(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure.legend(
        handles=[
            Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, (3.0, 1.6)), label="as stated"),
            Patch(facecolor="#b0b0b0", edgecolor="#3a3a3a", linewidth=1.2, label="with evidence since"),
        ],
        loc="outside upper left", ncols=2, frameon=False, borderpad=0.0, fontsize=8.5,
    )  # fmt: skip
