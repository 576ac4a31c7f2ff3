"""What one worldview's forecast hangs on: the chance where a variable is low and where it is high."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

import priors
from cruxes.figures import style
from cruxes.figures.phrasing import end_of, in_unit, percent, short
from cruxes.figures.picture import Picture, Width
from cruxes.figures.sheet import BEHIND, SMALL, sheet, write
from cruxes.figures.style import FAINT, GRID, INK, PAPER, listed, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 8
"""Variables shown, those first that tell most."""

SIGNS = {"yr": " yr", "OOM": " OOM", "x": "x", "per yr": "/yr"}
"""Units that go with a value; the others are in the name of the variable."""

SURE = 2.0
"""Monte Carlo errors that the bits of a variable must exceed, or its bar is pale."""

TOP = 42.0
ROW: dict[Width, float] = {"wide": 28.0, "narrow": 46.0}
AXIS: dict[Width, tuple[float, float]] = {"wide": (252.0, 590.0), "narrow": (66.0, 262.0)}
"""Pixels: of one variable, and where 0 and 100 % lie. The narrow figure has names above the bars."""


def picture(table: pd.DataFrame, *, worldview: str, event: str, by: date, chance: float) -> Picture:
    """From `cruxes.uncertainty.tornado` of one view; ``chance`` is its P(event by ``by``)."""
    own = table[table["variable"] != ""].head(MOST).reset_index(drop=True)
    own = own.assign(sure=own["bits"] > SURE * own["mcse"])
    who = name_of(worldview)
    return Picture(
        name=f"tornado-{worldview}-{event.lower()}",
        title=_title(table, own, who, event, by, chance),
        alt=_alt(own, who, event, by, chance),
        caption=(
            f"P({event} by {end_of(by)}) after {who} among the draws in which a variable is low (open, near its 10 % point) "
            "and high (filled, near its 90 % point), with everything linked to it moving along; of a chance, in which it "
            f"comes true or not. The broken line is the chance of them all, {percent(chance)}. Ordered by the bits that the "
            f"variable tells about the event; pale where that is no more than {SURE:.0f} Monte Carlo errors. An encoding of "
            "published views, not endorsed by its author."
        ),
        data=own,
        draw=lambda width: _draw(own, worldview, chance, width),
    )  # fmt: skip


def _title(table: pd.DataFrame, own: pd.DataFrame, who: str, event: str, by: date, chance: float) -> str:
    asked = f"{who}'s chance of {event} by {end_of(by)}, {percent(chance)},"
    if not own["sure"].any():
        return f"{asked} hangs on no single variable that the draws can tell"
    whole = table[table["variable"] == ""].sort_values("bits", ascending=False, kind="stable").iloc[0]
    first = own[own["crux"] == whole["crux"]]
    share = f"{short(str(whole['name']))}, with {percent(float(whole['share']))} of what there is to know"
    if first.empty:
        return f"{asked} hangs most on {share}"
    ends = first.iloc[0]
    variable = str(ends["variable"])
    low, high = (f"{percent(ends[f'p_{end}'])} where {{}} is {_value(variable, ends[end])}" for end in ("low", "high"))
    return f"{asked} hangs most on {share}: {low.format(priors.variables()[variable].name)}, {high.format('it')}"


def _value(variable: str, value: float) -> str:
    """Of a chance whether it comes true."""
    unit = priors.variables()[variable].unit
    if unit == "probability":
        return "yes" if value > 0.5 else "no"
    return in_unit(value, unit) + SIGNS.get(unit, "")


def _alt(own: pd.DataFrame, who: str, event: str, by: date, chance: float) -> str:
    parts = [
        f"{priors.variables()[r['variable']].name} {_value(r['variable'], r['low'])} gives {percent(r['p_low'])}, "
        f"{_value(r['variable'], r['high'])} {percent(r['p_high'])} ({r['bits']:.2f} bits)"
        for r in own.to_dict(orient="records")
    ]
    return (
        f"Tornado of {who}'s P({event} by {end_of(by)}), {percent(chance)} in all. Low and high ends of "
        f"{len(own)} variables: {'; '.join(parts)}. {_unsure(own)}"
    ).strip()


def _unsure(own: pd.DataFrame) -> str:
    pale = [priors.variables()[name].name for name in own.loc[~own["sure"], "variable"]]
    return f"Within Monte Carlo error: {listed(pale)}." if pale else ""


def _draw(own: pd.DataFrame, worldview: str, chance: float, width: Width) -> Figure:
    row = ROW[width]
    left, right = AXIS[width]
    floor = TOP + row * len(own)

    def x(p: float) -> float:
        return left + p * (right - left)

    with style.house():
        figure, axes = sheet(width, floor + 12.0)
        for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
            axes.plot([x(tick)] * 2, [TOP - 4.0, floor], color=GRID, linewidth=0.6, zorder=0)
            write(axes, x(tick), TOP - 12.0, f"{100 * tick:.0f} %", size=SMALL, color=FAINT, ha="center")
        axes.plot([x(chance)] * 2, [TOP - 4.0, floor], color=INK, linewidth=0.9, linestyle=(0.0, (4.0, 3.0)), zorder=1,
                  gid="chance")  # fmt: skip
        write(axes, x(chance), 10.0, f"all draws: {percent(chance)}", size=SMALL, ha="center")
        edge = style.INCHES[width] * 96.0 - 4.0
        write(axes, edge, TOP - 12.0, "bits", size=SMALL, color=FAINT, ha="right")
        for i, one in enumerate(own.to_dict(orient="records")):
            y = TOP + (i + 0.5) * row + (9.0 if width == "narrow" else 0.0)
            variable = str(one["variable"])
            words = f"{priors.variables()[variable].name} ({one['crux']})"
            shade = INK if one["sure"] else FAINT
            if width == "narrow":
                write(axes, 4.0, y - 19.0, words, size=SMALL, weight="bold" if one["sure"] else "normal", color=shade,
                      zorder=2, bbox=BEHIND)  # fmt: skip
            else:
                write(axes, 4.0, y, words, size=SMALL, weight="bold" if one["sure"] else "normal", color=shade)
            _bar(axes, variable, one, x(one["p_low"]), x(one["p_high"]), y, style.mark(worldview))
            write(
                axes,
                edge,
                y - (19.0 if width == "narrow" else 0.0),
                f"{one['bits']:.2f}",
                size=SMALL,
                ha="right",
                color=shade,
            )
    return figure


def _bar(axes: Axes, variable: str, one: Any, low: float, high: float, y: float, mark: style.Mark) -> None:
    pale = not one["sure"]
    axes.plot([low, high], [y, y], color=FAINT if pale else mark.colour, linewidth=6.0, alpha=0.3 if pale else 0.55,
              solid_capstyle="butt", zorder=3, gid=f"{variable}-bar")  # fmt: skip
    for at, end, filled in ((low, "low", False), (high, "high", True)):
        axes.plot([at], [y], marker=mark.marker, markersize=6.0, linestyle="none", zorder=4 + (not filled), gid=f"{variable}-{end}",
                  color=FAINT if pale else mark.colour, markerfacecolor=None if filled else PAPER)  # fmt: skip
    said = {end: _value(variable, one[end]) for end in ("low", "high")}
    first, second = ("low", "high") if low <= high else ("high", "low")
    write(axes, min(low, high) - 7.0, y, said[first], size=SMALL, ha="right", zorder=2, bbox=BEHIND)
    write(axes, max(low, high) + 7.0, y, said[second], size=SMALL, zorder=2, bbox=BEHIND)
