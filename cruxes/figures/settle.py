"""What would settle it: how much each coming observation is expected to tell, against the day on which it is known."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from cruxes.figures import style
from cruxes.figures.picture import Picture, Width
from cruxes.figures.sheet import BEHIND, SMALL, broken, sheet, write
from cruxes.figures.style import FAINT, GRID, INK, PAPER, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLOT: dict[Width, tuple[float, float, float, float]] = {
    "wide": (44.0, 670.0, 44.0, 330.0),
    "narrow": (36.0, 330.0, 58.0, 300.0),
}
"""Left, right, top and bottom of the plot in pixels. The names of the best stand by number below the narrow one, and in the wide one where longer
waits leave room."""

LINE = 15.0
DAYS_A_YEAR = 365.25


def picture(table: pd.DataFrame, *, event: str, day: date) -> Picture:
    """From `cruxes.signal_table`; ``day`` is that of the survey. Raises ValueError where no signal is to come."""
    if table.empty:
        raise ValueError("no signal is left to come")
    best = table[table["best"]]
    double = int((table["double_crux_of"] > 0).sum())
    return Picture(
        name=f"settle-{event.lower()}",
        title=(
            f"What would tell most about {event}, soon: {_with_bits(best.iloc[0])}; {double} of {len(table)} coming "
            "observations would bring two people together"
        ),
        alt=_alt(table, best, event),
        caption=(
            f"Each mark is an observation to come: across, the day by which it is known; up, the bits that it is expected "
            f"to tell about the date of {event}, mean over the worldviews, with a line from the worldview that would learn "
            "least to the one that would learn most. A filled diamond is a double crux of at least one pair of people: both "
            "would learn from it, and their dates are expected to come closer; a circle is none. Numbered are the five that tell "
            f"most for each year of waiting, one of each source. As of {day.isoformat()}, updated views. Monte Carlo errors "
            f"of the means are up to {table['mcse'].max():.3f} bits."
        ),
        data=table,
        draw=lambda width: _draw(table, best, event, day, width),
    )  # fmt: skip


def _with_bits(one: Any) -> str:
    title = str(one["title"])
    return f"{title[:1].lower() if title.startswith('A ') else title[:1]}{title[1:]} ({one['bits']:.2f} bits)"


def _alt(table: pd.DataFrame, best: pd.DataFrame, event: str) -> str:
    named = [
        f"{r['title']} (known by {r['known_by']}): {r['bits']:.2f} bits, from {r['least']:.2f} for {name_of(r['least_of'])} "
        f"to {r['most']:.2f} for {name_of(r['most_of'])}, {_pairs(int(r['double_crux_of']))}"
        for r in best.to_dict(orient="records")
    ]
    return (
        f"Chart of {len(table)} coming observations, what each is expected to tell about the date of {event} against the "
        f"day on which it is known, {min(table['known_by'])} to {max(table['known_by'])}. The best: {'; '.join(named)}."
    )


def _pairs(n: int) -> str:
    return "no double crux" if n == 0 else f"a double crux of {n} pair{'s' * (n > 1)}"


def _draw(table: pd.DataFrame, best: pd.DataFrame, event: str, day: date, width: Width) -> Figure:
    left, right, top, bottom = PLOT[width]
    years = (max(table["known_by"]) - day).days / DAYS_A_YEAR + 0.15
    ceiling = 1.08 * float(table["most"].max()) or 1.0
    number = {signal: i for i, signal in enumerate(best["signal"], start=1)}

    def x(known: date) -> float:
        return left + (known - day).days / DAYS_A_YEAR / years * (right - left)

    def y(bits: float) -> float:
        return bottom - bits / ceiling * (bottom - top)

    most = 50 if width == "narrow" else 62
    names = [broken(f"{number[r['signal']]}  {r['title']}", most) for r in best.to_dict(orient="records")]
    below = sum(LINE * (1 + name.count("\n")) + 3.0 for name in names) if width == "narrow" else 0.0
    with style.house():
        figure, axes = sheet(width, bottom + 28.0 + below)
        _key(axes, width)
        write(axes, 4.0, top - 14.0, f"expected information about the date of {event}, bits", size=SMALL, color=FAINT)
        _grid(axes, x, y, day=day, last=max(table["known_by"]), ceiling=ceiling, plot=PLOT[width])
        for r in table.iloc[::-1].to_dict(orient="records"):
            _signal(axes, r, x(r["known_by"]), y)
        _numbers(axes, best, number, x, y)
        left, line = (4.0, bottom + 28.0) if width == "narrow" else (right - 400.0, y(ceiling) + 6.0)
        for name in names:
            write(axes, left, line, name, size=SMALL, va="top", linespacing=1.25, zorder=6, bbox=BEHIND)
            line += LINE * (1 + name.count("\n")) + 3.0
    return figure


def _key(axes: Axes, width: Width) -> None:
    x = 9.0
    for diamond, text in ((True, "double crux of a pair"), (False, "of none")):
        axes.plot([x], [9.0], **_mark(diamond=diamond, best=False))
        write(axes, x + 9.0, 9.0, text, size=SMALL)
        x += 155.0
    y = 26.0 if width == "narrow" else 9.0
    x = 9.0 if width == "narrow" else x - 75.0
    axes.plot([x, x], [y - 7.0, y + 7.0], color=FAINT, linewidth=1.2)
    write(axes, x + 9.0, y, "from the worldview that learns least to most", size=SMALL)


def _grid(
    axes: Axes, x: Any, y: Any, *, day: date, last: date, ceiling: float, plot: tuple[float, float, float, float]
) -> None:
    from matplotlib.ticker import MaxNLocator

    left, right, _, bottom = plot
    for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(0.0, ceiling):
        if 0.0 <= tick <= ceiling:
            axes.plot([left, right], [y(tick)] * 2, color=GRID, linewidth=0.6, zorder=0)
            write(axes, left - 6.0, y(tick), f"{tick:.1f}", size=SMALL, color=FAINT, ha="right")
    for year in range(day.year + 1, last.year + 2):
        at = x(date(year, 1, 1))
        if at <= right:
            axes.plot([at, at], [bottom, bottom + 5.0], color=FAINT, linewidth=0.8)
            write(axes, at, bottom + 14.0, str(year), size=SMALL, color=FAINT, ha="center")


def _mark(*, diamond: bool, best: bool) -> dict[str, Any]:
    colour = INK if best else FAINT
    return {
        "marker": "D" if diamond else "o", "markersize": (11.5 if best else 5.5) - 1.5 * diamond, "linestyle": "none",
        "color": colour, "markerfacecolor": colour if diamond else PAPER, "zorder": 5 if best else 4,
    }  # fmt: skip


def _signal(axes: Axes, r: Any, x: float, y: Any) -> None:
    best = bool(r["best"])
    axes.plot([x, x], [y(r["least"]), y(r["most"])], color=INK if best else FAINT, linewidth=1.4 if best else 0.8,
              alpha=1.0 if best else 0.5, zorder=3 if best else 2, gid=f"{r['signal']}-range")  # fmt: skip
    axes.plot([x], [y(r["bits"])], gid=str(r["signal"]), **_mark(diamond=r["double_crux_of"] > 0, best=best))


def _numbers(axes: Axes, best: pd.DataFrame, number: dict[str, int], x: Any, y: Any) -> None:
    for r in best.to_dict(orient="records"):
        filled = r["double_crux_of"] > 0
        write(axes, x(r["known_by"]), y(r["bits"]) + 0.5, str(number[r["signal"]]), size=SMALL, weight="bold", ha="center",
              color=PAPER if filled else INK, zorder=7)  # fmt: skip
