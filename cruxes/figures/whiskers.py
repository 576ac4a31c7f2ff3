"""One quantity of one view on a row: a line from 10 to 90 %, a bar from 25 to 75 %, a mark at 50 %."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cruxes.figures.style import INK, PAPER, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
PALE = 0.45
"""Share of white in the colour of what was stated, before evidence."""


def colour(worldview: str, view: str) -> str:
    """Strong where updated, pale where stated: told apart in black and white as well."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = (c + (1.0 - c) * (PALE if view == "stated" else 0.0) for c in to_rgb(mark(worldview).colour))
    return to_hex((red, green, blue))


def whisker(axes: Axes, quantiles: Sequence[float], *, y: float, worldview: str, view: str) -> None:
    """Draw the quantiles at LEVELS along x at height ``y``; hollow for what was stated.

    What lies beyond the limits of the axes, which have to be set, is cut there, and an arrow says that it goes on. The
    artists' gids are "worldview view line", "... bar", "... mark" and "... beyond".
    """
    from matplotlib.patches import Rectangle

    low, high = axes.get_xlim()
    inside = [min(max(q, low), high) for q in quantiles]
    shade, name = colour(worldview, view), f"{worldview} {view}"
    hollow = view == "stated"
    line: dict[str, Any] = {"color": shade, "linewidth": 1.3, "solid_capstyle": "butt", "zorder": 3}
    axes.plot([inside[0], inside[4]], [y, y], gid=f"{name} line", **line)
    thick = 0.2
    axes.add_patch(Rectangle((inside[1], y - thick / 2), inside[3] - inside[1], thick, facecolor=PAPER if hollow else shade,
                             edgecolor=shade, linewidth=1.1, zorder=4, gid=f"{name} bar"))  # fmt: skip
    if low <= quantiles[2] <= high:
        axes.plot([quantiles[2]], [y], gid=f"{name} mark", clip_on=False, **marker(worldview, view))
    for end, beyond, shape in ((low, quantiles[0] < low, "<"), (high, quantiles[4] > high, ">")):
        if beyond:
            axes.plot([end], [y], marker=shape, markersize=4.5, color=shade, clip_on=False, zorder=5,
                      gid=f"{name} beyond")  # fmt: skip


def marker(worldview: str, view: str, *, alone: bool = False) -> dict[str, Any]:
    """How the middle of a view is marked: hollow in the worldview's colour, or filled: black on a bar of that colour, in
    that colour where it stands ``alone``."""
    own = mark(worldview)
    hollow = view == "stated"
    filled = own.colour if alone else INK
    return {
        "marker": own.marker, "markersize": 5.6 if hollow else 6.8, "markerfacecolor": PAPER if hollow else filled,
        "markeredgecolor": own.colour if hollow else PAPER, "markeredgewidth": 1.2 if hollow else 0.9,
        "linestyle": "none", "zorder": 6,
    }  # fmt: skip


def key(labels: Sequence[str]) -> list[Line2D]:
    """Handles of a legend for stated and updated, in the colour of nobody."""
    from matplotlib.lines import Line2D

    stated, updated = labels
    common: dict[str, Any] = {"marker": "o", "markersize": 5.6, "linewidth": 1.3}
    return [
        Line2D([], [], color="#9a9a9a", markerfacecolor=PAPER, markeredgecolor="#6b6b6b", label=stated, **common),
        Line2D([], [], color="#3a3a3a", markerfacecolor="#3a3a3a", markeredgecolor=INK, label=updated, **common),
    ]
