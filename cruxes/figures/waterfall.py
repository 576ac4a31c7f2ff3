"""From one worldview's forecast to another's, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cruxes.figures import style
from cruxes.figures.phrasing import end_of, in_text, percent, points, short, signed
from cruxes.figures.picture import Picture, Width
from cruxes.figures.sheet import BEHIND, SMALL, broken, sheet, write
from cruxes.figures.style import FAINT, GRID, INK, PAPER, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SURE = 2.0
"""Monte Carlo errors that a whisker is long to either side."""

ROW: dict[Width, float] = {"wide": 24.0, "narrow": 40.0}
LEFT: dict[Width, float] = {"wide": 208.0, "narrow": 44.0}
RIGHT: dict[Width, float] = {"wide": 640.0, "narrow": 296.0}
"""Pixels: of one step, and of the ends of the axis. The narrow figure has the words of a step above its bar."""

RISES = "#a6a6a6"

DATE = "quantile_if_ever"


def picture(table: pd.DataFrame, label: tuple[str, str, str], *, never: pd.DataFrame | None = None) -> Picture:
    """From `cruxes.attribution.waterfall` of the question ``label``. A median date takes the waterfall of P(never) of
    the same event with it. Steps that are exactly nothing are left out. Raises ValueError without that, and where a date is not defined.
    """
    if label[1] == DATE and never is None:
        raise ValueError("a date is not shown without the probability of never: give its waterfall as well")
    if not np.isfinite(table["value"]).all():
        raise ValueError(f"{label} has no value on one of the two sides")
    steps = laid_out(table[table["kind"].eq("level") | table["value"].ne(0.0) | table["mcse"].gt(0.0)])
    beside = {} if never is None else dict(zip(never["step"], never["value"], strict=True))
    a, b = (_who(step) for step in steps.loc[steps["step"].str.endswith(" stated"), "step"])
    return Picture(
        name=f"waterfall-{a}-{b}-{label[0].lower()}" + ("-date" if label[1] == DATE else ""),
        title=_title(steps, label, beside),
        alt=_alt(steps, label, beside),
        caption=(
            f"Top down from {name_of(a)} to {name_of(b)}. A mark on a line is a published forecast, open as stated, filled "
            "with the evidence since; a bar is one step, hatched where it goes left. Each crux is exchanged for the "
            "other's in every order, and its step is the mean of what that changes (its Shapley share), so the steps add "
            "up to the gap. Evidence is each side's own. \"Other draws\" is the difference between the draws behind the "
            f"steps and those of the published forecasts. Whiskers: {SURE:.0f} Monte Carlo errors. Encodings of published "
            "views, not endorsed by their authors."
        ),
        data=steps,
        draw=lambda width: _draw(steps, label, beside, width),
    )  # fmt: skip


def laid_out(table: pd.DataFrame) -> pd.DataFrame:
    """The steps with ``start`` and ``end``: of a change what it leads from and to, of a level its value twice."""
    start, now = [], math.nan
    for row in table.to_dict(orient="records"):
        level = row["kind"] == "level"
        start.append(row["value"] if level else now)
        now = row["value"] if level else now + row["value"]
    begun = np.array(start)
    level = table["kind"].eq("level").to_numpy()
    return table.assign(start=begun, end=np.where(level, begun, begun + table["value"].to_numpy()))


def _who(step: str) -> str:
    return step.rpartition(" ")[0]


def _level(step: str, value: float, label: tuple[str, str, str], beside: dict[str, float]) -> str:
    """A forecast; of a date with never."""
    if label[1] == DATE:
        return f"{value:.1f} if ever (never {percent(beside[step])})"
    return percent(value)


def _change(value: float, label: tuple[str, str, str]) -> str:
    return f"{signed(value, digits=1)} yr" if label[1] == DATE else points(value)


def _asked(label: tuple[str, str, str]) -> str:
    event, kind, which = label
    if kind == "cdf":
        return f"P({event} by {end_of(which)})"
    return f"P(never {event})" if kind == "never" else f"date of {event}"


def _largest(steps: pd.DataFrame, most: int) -> list[dict[str, Any]]:
    own = steps[steps["block"].ne("") & steps["kind"].eq("change")]
    ordered = own.loc[own["value"].abs().sort_values(ascending=False, kind="stable").index].head(most)
    return [{str(k): v for k, v in row.items()} for row in ordered.to_dict(orient="records")]


def _title(steps: pd.DataFrame, label: tuple[str, str, str], beside: dict[str, float]) -> str:
    ends = steps[steps["step"].str.endswith(" stated")].to_dict(orient="records")
    said = [f"{name_of(_who(e['step']))}, {_level(e['step'], e['value'], label, beside)}" for e in ends]
    by = style.listed([f"{short(s['step'])} {_change(s['value'], label)}" for s in _largest(steps, 2)])
    unit = "" if label[1] == DATE else " points"
    return f"{_asked(label)} as stated, from {said[0]}, to {said[1]}: most by {by}{unit}"


def _alt(steps: pd.DataFrame, label: tuple[str, str, str], beside: dict[str, float]) -> str:
    parts = []
    for row in steps.to_dict(orient="records"):
        step, value = str(row["step"]), float(row["value"])
        if row["kind"] == "level":
            parts.append(f"{in_text(step)} {_level(step, value, label, beside)}")
        else:
            parts.append(f"{in_text(short(step))} {_change(value, label)}")
    unit = "years" if label[1] == DATE else "points"
    return f"Waterfall of {_asked(label)}, changes in {unit}: {'; '.join(parts)}."


def _draw(steps: pd.DataFrame, label: tuple[str, str, str], beside: dict[str, float], width: Width) -> Figure:
    row, left, right = ROW[width], LEFT[width], RIGHT[width]
    top = 30.0
    floor = top + row * len(steps)
    low, high, ticks = _scale(steps, label)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    with style.house():
        figure, axes = sheet(width, floor + 10.0)
        for tick in ticks:
            axes.plot([x(tick)] * 2, [top - 6.0, floor], color=GRID, linewidth=0.6, zorder=0)
            said = f"{tick:.0f}" if label[1] == DATE else f"{100 * tick:.0f} %"
            write(axes, x(tick), top - 15.0, said, size=SMALL, color=FAINT, ha="center")
        rows = steps.to_dict(orient="records")
        for i, one in enumerate(rows):
            y = top + (i + 0.5) * row + (8.0 if width == "narrow" else 0.0)
            _words(axes, str(one["step"]), str(one["block"]), level=one["kind"] == "level", y=y, width=width)
            if i + 1 < len(rows):
                axes.plot([x(one["end"])] * 2, [y, y + row], color=FAINT, linewidth=0.7, zorder=1)
            if one["kind"] == "level":
                _mark(axes, str(one["step"]), x(one["value"]), y, _level_beside(one, label, beside), width)
            else:
                _bar(axes, i, x(one["start"]), x(one["end"]), y, _change(one["value"], label),
                     whisker=SURE * (x(low + one["mcse"]) - left), width=width)  # fmt: skip
    return figure


def _scale(steps: pd.DataFrame, label: tuple[str, str, str]) -> tuple[float, float, list[float]]:
    """Ends and ticks: from zero for a chance."""
    from matplotlib.ticker import MaxNLocator

    ends = pd.concat([steps["start"], steps["end"]])
    low, high = float(ends.min()), float(ends.max())
    if label[1] != DATE:
        low, high = min(low, 0.0), max(high, 0.01)
    ticks = [float(t) for t in MaxNLocator(5, integer=label[1] == DATE).tick_values(low, high)]
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    return low, high, ticks


def _level_beside(one: Any, label: tuple[str, str, str], beside: dict[str, float]) -> str:
    if label[1] == DATE:
        return f"{one['value']:.1f} (never {percent(beside[one['step']])})"
    return percent(one["value"])


def _words(axes: Axes, step: str, block: str, *, level: bool, y: float, width: Width) -> None:
    text = in_text(short(step) + (f" ({block})" if block.startswith("C") else ""))
    text = text[:1].upper() + text[1:]
    weight = "bold" if level else "normal"
    if width == "narrow":
        write(axes, 4.0, y - 18.0, text, size=SMALL, weight=weight, zorder=2, bbox=BEHIND)
    else:
        write(axes, 4.0, y, broken(text, 38), size=SMALL, weight=weight)


def _mark(axes: Axes, step: str, x: float, y: float, text: str, width: Width) -> None:
    who, _, view = step.rpartition(" ")
    own = style.mark(who)
    axes.plot([x], [y], marker=own.marker, markersize=7.0, linestyle="none", zorder=5, color=own.colour, gid=f"level-{step}",
              markerfacecolor=PAPER if view == "stated" else own.colour)  # fmt: skip
    _beside(axes, x - 7.0, x + 7.0, y, text, width, weight="bold")


def _bar(axes: Axes, i: int, start: float, end: float, y: float, text: str, *, whisker: float, width: Width) -> None:
    from matplotlib.patches import Rectangle

    falls = end < start
    axes.add_patch(
        Rectangle((min(start, end), y - 6.0), abs(end - start), 12.0, facecolor=PAPER if falls else RISES, zorder=3,
                  edgecolor=INK, linewidth=0.7, hatch="////" if falls else None, gid=f"step-{i}")
    )  # fmt: skip
    axes.plot([end - whisker, end + whisker], [y, y], color=INK, linewidth=1.0, zorder=4, gid=f"error-{i}")
    _beside(axes, min(start, end - whisker) - 3.0, max(start, end + whisker) + 3.0, y, text, width)


def _beside(axes: Axes, left: float, right: float, y: float, text: str, width: Width, **how: Any) -> None:
    """To the right of something, or to its left where there is no room."""
    room = style.INCHES[width] * 96.0 - 4.0
    if right + 7.2 * len(text) > room:
        write(axes, left, y, text, size=SMALL, ha="right", zorder=6, **how)
    else:
        write(axes, right, y, text, size=SMALL, zorder=6, **how)
