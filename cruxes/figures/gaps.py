"""Who differs from whom, and by how much, before and after the evidence."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cruxes.figures import style
from cruxes.figures.phrasing import end_of, in_text
from cruxes.figures.picture import Picture, Width
from cruxes.figures.sheet import SMALL, TEXT, sheet, write
from cruxes.figures.style import FAINT, INK, PAPER, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL: dict[Width, tuple[float, float]] = {"wide": (100.0, 34.0), "narrow": (50.0, 34.0)}
NAMES: dict[Width, float] = {"wide": 110.0, "narrow": 86.0}
TOP = 60.0
DARKEST = 0.75
"""Share of black at the largest gap."""


def picture(table: pd.DataFrame, *, event: str, by: date) -> Picture:
    """From `cruxes.crux_map.pair_gaps`."""
    then, now = (table.sort_values(view, ascending=False, kind="stable").iloc[0] for view in ("stated", "updated"))
    asked = f"P({event} by {end_of(by)})"
    return Picture(
        name=f"gaps-{event.lower()}",
        title=(
            f"Farthest apart on {asked}: as stated {_pair(then)}, {100 * then['stated']:.0f} points; with the evidence since "
            f"{_pair(now)}, {100 * now['updated']:.0f}"
        ),
        alt=(
            f"Table of the distances between {asked} of each pair in points, stated to updated: "
            + "; ".join(
                f"{_pair(r)} {100 * r['stated']:.0f} to {100 * r['updated']:.0f}" for _, r in table.iterrows()
            )
            + "."
        ),
        caption=(
            f"Distance between {asked} of two worldviews, in points: below the diagonal as stated, above it updated with the "
            "evidence since. The darker, the farther apart. Monte Carlo errors are up to "
            f"{100 * max(table['stated_mcse'].max(), table['updated_mcse'].max()):.1f} points."
        ),
        data=table,
        draw=lambda width: _draw(table, width),
    )  # fmt: skip


def _pair(row: pd.Series) -> str:
    return f"{in_text(str(row['a']))} and {in_text(str(row['b']))}"


def _draw(table: pd.DataFrame, width: Width) -> Figure:
    people = list(dict.fromkeys([*table["a"], *table["b"]]))
    wide, high = CELL[width]
    largest = float(table[["stated", "updated"]].max().max()) or 1.0
    with style.house():
        figure, axes = sheet(width, TOP + high * len(people) + 8.0)
        write(axes, 4.0, 10.0, "↙ as stated   ↗ updated, points", size=SMALL, color=FAINT)
        for i, person in enumerate(people):
            shown = name_of(person) if person != "trend" else "trend"
            colour = style.mark(person).colour
            write(axes, 4.0, TOP + (i + 0.5) * high, shown, size=SMALL, weight="bold", color=colour)
            above = 12.0 + 15.0 * (i % 2 if width == "narrow" else 0)
            write(
                axes,
                NAMES[width] + (i + 0.5) * wide,
                TOP - above,
                shown,
                size=SMALL,
                weight="bold",
                color=colour,
                ha="center",
            )
        for r in table.to_dict(orient="records"):
            i, j = people.index(r["a"]), people.index(r["b"])
            for view, line, column in (("stated", j, i), ("updated", i, j)):
                _cell(axes, NAMES[width] + column * wide, TOP + line * high, wide, high, float(r[view]), largest,
                      gid=f"{r['a']}-{r['b']}-{view}")  # fmt: skip
    return figure


def _cell(axes: Axes, x: float, y: float, wide: float, high: float, gap: float, largest: float, *, gid: str) -> None:
    from matplotlib.patches import Rectangle

    black = DARKEST * gap / largest
    axes.add_patch(
        Rectangle((x + 1.0, y + 1.0), wide - 2.0, high - 2.0, facecolor=str(round(1.0 - black, 4)), edgecolor=FAINT,
                  linewidth=0.5, gid=gid)
    )  # fmt: skip
    write(
        axes,
        x + 0.5 * wide,
        y + 0.5 * high,
        f"{100 * gap:.0f}",
        size=TEXT,
        ha="center",
        color=PAPER if black > 0.45 else INK,
    )
