"""Parallel intervals: where each worldview stands on the variables of one crux, before and after evidence."""

from __future__ import annotations

from math import ceil, log10
from typing import TYPE_CHECKING, Any

import pandas as pd

from cruxes.figures.picture import Picture, Width
from cruxes.figures.spoken import after, number, percent
from cruxes.figures.style import bare, house, name_of
from cruxes.figures.whiskers import LEVELS, colour, key, marker, whisker
from cruxes.wording import year_month
from priors.worldview import BASELINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VIEWS = ("stated", "updated")
MOST_TICKS = 5
ROOM = 1.18
"""End of an axis of chances: the number of a chance of one stands behind it."""

BARE = ("share", "signed share", "elasticity")
"""Units that a number does without."""


def pictures(table: pd.DataFrame) -> tuple[Picture, ...]:
    """One for each crux of `cruxes.positions.positions`."""
    return tuple(picture(table, crux=crux) for crux in table["crux"].unique())


def picture(table: pd.DataFrame, *, crux: str) -> Picture:
    """From `cruxes.positions.positions`: a panel with an axis of its own for each variable of ``crux``.

    Raises ValueError where the table has no such crux.
    """
    own = table[table["crux"] == crux]
    if own.empty:
        raise ValueError(f"no crux {crux}; the table has {', '.join(table['crux'].unique())}")
    dated = bool((own["output_type"] == "never").any())
    return Picture(
        name=f"intervals-{crux.lower()}",
        title=_title(own),
        alt=_alt(own),
        caption=(
            f"{crux}, {own['name'].iloc[0]}. A mark at 50 %, a bar from 25 to 75 %, a line from 10 to 90 %; a chance is a "
            "mark alone. Hollow: as stated. Filled: with the evidence since. "
            + ("Dates are those if ever, among draws in which it comes by 2100; the rest is never, beside them. " if dated else "")
            + "Each variable has an axis of its own, over the range of all worldviews shown; logarithmic where only ratios "
            "mean something."
        ),
        data=own.drop(columns=["label", "symbol"]),
        draw=lambda width: _draw(own, width),
    )  # fmt: skip


def _title(own: pd.DataFrame) -> str:
    """The variable whose middles lie furthest apart between people, on the common scale of 0 to 1."""
    middles = own[(own["view"] == "updated") & (own["level"].eq(0.5) | own["output_type"].eq("chance"))]
    if len(people := middles[middles["worldview"] != BASELINE]):
        middles = people
    scaled = middles.groupby("variable", sort=False)["scaled"]
    apart = (scaled.max() - scaled.min()).idxmax()
    chosen = middles[middles["variable"] == apart].sort_values("value", kind="stable")
    ends = chosen.iloc[[0, -1]].to_dict(orient="records")
    crux, name = own["crux"].iloc[0], own["name"].iloc[0].partition(":")[0]
    about = f"{crux}, {name}: {ends[0]['label']}"
    said = [f"{_said(own, end)} ({after(end['worldview'])})" for end in ends]
    if len(chosen) == 1:
        return f"{about} is {said[0]} with the evidence"
    if len(own["variable"].unique()) == 1:
        return f"{about} runs from {said[0]} to {said[1]} with the evidence"
    return f"{about} divides most, from {said[0]} to {said[1]} with the evidence"


def _said(own: pd.DataFrame, row: Any, *, unit: bool = True) -> str:
    """One middle, with its unit where it is asked for; of a date, with the probability of never."""
    if row["output_type"] == "chance":
        return percent(row["value"])
    if row["output_type"] == "quantile":
        return number(row["value"]) + (f" {row['unit']}" if unit and row["unit"] not in BARE else "")
    never = own[
        (own["variable"] == row["variable"]) & (own["worldview"] == row["worldview"]) & (own["view"] == row["view"])
        & (own["output_type"] == "never")
    ]["value"].iloc[0]  # fmt: skip
    return f"{year_month(row['value'])} if ever (never {percent(never)})"


def _alt(own: pd.DataFrame) -> str:
    middles = own[own["level"].eq(0.5) | own["output_type"].eq("chance")]
    parts = []
    for _, of_one in middles.groupby("variable", sort=False):
        moves = []
        for worldview, both in of_one.groupby("worldview", sort=False):
            moves.append(
                f"{name_of(str(worldview))} "
                + " to ".join(_said(own, r, unit=False) for r in both.to_dict(orient="records"))
            )
        about = of_one.iloc[0]
        kind = "chance" if about["output_type"] == "chance" else f"middle, {about['unit']}"
        parts.append(f"{about['label']} ({kind}, stated to updated): {'; '.join(moves)}.")
    return (
        f"Intervals of {len(parts)} variable{'s' * (len(parts) > 1)} of crux {own['crux'].iloc[0]}. {' '.join(parts)}"
    )


def _draw(own: pd.DataFrame, width: Width) -> Figure:
    narrow = width == "narrow"
    names, variables = list(own["worldview"].unique()), list(own["variable"].unique())
    columns = 1 if narrow else min(2, len(variables))
    lines = ceil(len(variables) / columns)
    with house():
        figure = bare(width, 0.35 + lines * (0.85 + 0.36 * len(names)))
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
        panels = list(grid.flat)
        for axes, variable in zip(panels, variables, strict=False):
            _panel(axes, own[own["variable"] == variable], names)
        for axes in panels[len(variables) :]:
            axes.set_visible(False)
        figure.legend(handles=key(("as stated", "with evidence since")), loc="outside upper left",
                      ncols=2, frameon=False, borderpad=0.0, fontsize=8.5)  # fmt: skip
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    about = rows.iloc[0]
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [name_of(name) for name in names])
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    dated = about["output_type"] == "quantile_if_ever"
    axes.set_title(
        f"{about['label']}, {about['symbol']}", loc="left", fontsize=9.0, fontweight="bold", pad=15.0 if dated else 6.0
    )
    chance = about["output_type"] == "chance"
    _axis(axes, rows, chance=chance)
    for keys, own in rows.groupby(["worldview", "view"], sort=False):
        worldview, view = map(str, keys)
        y = names.index(worldview) + (-0.17 if view == "stated" else 0.17)
        if chance:
            _chance(axes, float(own["value"].iloc[0]), y=y, worldview=worldview, view=view)
            continue
        quantiles = own[own["level"].notna()].set_index("level")["value"]
        whisker(axes, [quantiles.loc[level] for level in LEVELS], y=y, worldview=worldview, view=view)
        for never in own.loc[own["output_type"] == "never", "value"]:
            axes.annotate(percent(never), (1.0, y), xycoords=axes.get_yaxis_transform(), xytext=(5.0, 0.0),
                          textcoords="offset points", va="center", fontsize=8.0, annotation_clip=False)  # fmt: skip
    if dated:
        axes.annotate("never", (1.0, -0.6), xycoords=axes.get_yaxis_transform(), xytext=(5.0, 1.0),
                      textcoords="offset points", va="bottom", fontsize=8.0, annotation_clip=False)  # fmt: skip


def _chance(axes: Axes, p: float, *, y: float, worldview: str, view: str) -> None:
    axes.plot([0.0, p], [y, y], color=colour(worldview, view), linewidth=1.3, zorder=3)
    axes.plot([p], [y], gid=f"{worldview} {view} mark", clip_on=False, **marker(worldview, view, alone=True))
    axes.annotate(percent(p), (p, y), xytext=(6.0, 0.0), textcoords="offset points", va="center", fontsize=8.0)


def _axis(axes: Axes, rows: pd.DataFrame, *, chance: bool) -> None:
    """Natural units, from the lowest 10 % point to the highest 90 % point and a little more."""
    from matplotlib.ticker import MaxNLocator

    axes.grid(axis="x")
    axes.set_axisbelow(True)
    if chance:
        axes.set_xlim(0.0, ROOM)
        axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
        axes.set_xlabel("chance, %")
        return
    shown = rows.loc[rows["level"].notna(), "value"]
    low, high = float(shown.min()), float(shown.max())
    axes.set_xlabel("year, if ever" if rows["output_type"].iloc[0] == "quantile_if_ever" else rows["unit"].iloc[0])
    if rows["scale"].iloc[0] == "log" and low < high:
        pad = (high / low) ** 0.04
        axes.set_xscale("log")
        axes.set_xlim(low / pad, high * pad)
        ticks = _ratios(low / pad, high * pad)
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
        return
    pad = 0.04 * (high - low) or 0.5
    axes.set_xlim(low - pad, high + pad)
    steps = MaxNLocator(nbins=MOST_TICKS).tick_values(low - pad, high + pad)
    ticks = [float(tick) for tick in steps if low - pad <= tick <= high + pad]
    axes.set_xticks(ticks, [f"{round(tick, 6):g}" for tick in ticks])


def _ratios(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within limits; powers of ten alone, or every other one, where those are too many."""
    for steps, every in (((1.0, 2.0, 5.0), 1), ((1.0, 3.0), 1), ((1.0,), 1), ((1.0,), 2)):
        powers = range(int(log10(low)) - 2, int(log10(high)) + 2)
        ticks = [step * 10.0**power for power in powers if power % every == 0 for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= MOST_TICKS:
            break
    return inside
