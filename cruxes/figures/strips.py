"""Bars for what is no date, never and stopped, in a strip of their own at the right of a figure of dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cruxes.figures.spoken import percent
from cruxes.figures.style import FAINT, PAPER
from cruxes.figures.whiskers import colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

KINDS = ("never", "stopped")
THICK = 0.2


def strip(
    axes: Axes, rows: pd.DataFrame, kind: str, *, heights: Sequence[float], most: float, longest: float = 0.42
) -> None:
    """A bar from 0 to the probability ``kind`` of each row (worldview, view), with its number behind it.

    ``most`` is the highest probability of all strips, so that they have one scale: its bar takes ``longest`` of the
    width, the rest is for numbers. The gids are "worldview view kind".
    """
    axes.set_xlim(0.0, 1.0)
    for row, y in zip(rows.to_dict(orient="records"), heights, strict=True):
        p, shade = float(row[kind]), colour(row["worldview"], row["view"])
        length = longest * p / most if most > 0.0 else 0.0
        hollow = row["view"] == "stated"
        axes.barh([y], [length], height=THICK, facecolor=PAPER if hollow else shade,
                  edgecolor=shade, linewidth=1.1, gid=f"{row['worldview']} {row['view']} {kind}")  # fmt: skip
        axes.annotate(percent(p), (length, y), xytext=(3.0, 0.0),
                      textcoords="offset points", va="center", fontsize=8.0)  # fmt: skip
    axes.set_title(kind, fontsize=8.5, loc="left", x=0.0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_color(FAINT)
    axes.tick_params(left=False, labelleft=False)
