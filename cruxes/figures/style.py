"""How every figure looks: one colour, marker and line for each worldview, sizes, and SVG that is the same each time.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; none is used alone, so that a figure can be
printed in black and white.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from cruxes.figures.picture import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES: dict[Width, float] = {"narrow": 3.55, "wide": 7.2}
"""341 and 691 CSS pixels: drawn at the size at which it is read, so that text stays 11 to 12 pixels high."""

INK, FAINT, GRID, PAPER = "#1a1a1a", "#5f5f5f", "#d9d9d9", "#ffffff"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How one worldview is drawn."""

    colour: str
    marker: str
    line: str | tuple[float, tuple[float, ...]]


MARKS = {
    "clark": Mark(colour="#0072B2", marker="o", line="solid"),
    "krier": Mark(colour="#009E73", marker="s", line=(0.0, (6.0, 2.0))),
    "lambert": Mark(colour="#C77C00", marker="^", line=(0.0, (2.0, 1.5))),
    "yudkowsky": Mark(colour="#D55E00", marker="D", line=(0.0, (7.0, 2.0, 1.5, 2.0))),
    "drexler": Mark(colour="#A8548A", marker="v", line=(0.0, (4.0, 1.5, 1.0, 1.5, 1.0, 1.5))),
    "trend": Mark(colour="#555555", marker="X", line=(0.0, (1.0, 1.5))),
}
OTHER = Mark(colour="#6b6b6b", marker="P", line="solid")
"""Of every further voice: told apart by its label."""

RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "rsi",
}


def mark(worldview: str) -> Mark:
    return MARKS.get(worldview, OTHER)


def name_of(worldview: str) -> str:
    """As a reader writes it: "Clark"; the baseline is "trend (no author)"."""
    if worldview == "trend":
        return "trend (no author)"
    return " ".join(part[:1].upper() + part[1:] for part in worldview.replace("-", " ").split())


def bare(width: Width, height: float) -> Figure:
    """A figure without axes, to be filled inside `house`. Free of pyplot, so nothing has to be closed."""
    figure = Figure(figsize=(INCHES[width], height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure


@contextmanager
def house() -> Iterator[None]:
    """Every artist of a figure is made inside this."""
    with mpl.rc_context(RC):
        yield


def svg(figure: Figure) -> bytes:
    """The same bytes for the same figure: no date, no random names."""
    out = io.BytesIO()
    with mpl.rc_context(RC):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def png(figure: Figure, *, dots_per_inch: int = 96) -> bytes:
    """For looking at it."""
    out = io.BytesIO()
    with mpl.rc_context(RC):
        figure.savefig(out, format="png", dpi=dots_per_inch)
    return out.getvalue()


def year_axis(axes: Axes, low: float, high: float, *, every: int) -> None:
    """Years along x, as whole numbers, with light vertical lines."""
    axes.set_xlim(low, high)
    ticks = [year for year in range(int(low), int(high) + 1) if year % every == 0]
    axes.set_xticks(ticks, [str(year) for year in ticks])
    axes.grid(axis="x")
    axes.set_axisbelow(True)


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""
