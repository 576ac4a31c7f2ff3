"""A sheet on which a figure is laid out by hand, in CSS pixels from the top left corner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cruxes.figures import style
from cruxes.figures.picture import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PIXELS_PER_INCH = 96.0
POINTS = 0.75
"""Per CSS pixel."""

TEXT, SMALL = 11.5, 10.5
"""Heights of text in pixels."""


BEHIND = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.6}
"""Behind text that lines may cross."""


def sheet(width: Width, height: float) -> tuple[Figure, Axes]:
    """An empty figure of so many pixels' height and its one set of axes, with y growing downwards; used in `style.house`."""
    figure = style.bare(width, height / PIXELS_PER_INCH)
    figure.set_layout_engine("none")
    right = style.INCHES[width] * PIXELS_PER_INCH
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, right), ylim=(height, 0.0))
    axes.set_axis_off()
    return figure, axes


def write(axes: Axes, x: float, y: float, text: str, *, size: float = TEXT, **how: Any) -> None:
    """``y`` is the middle of the line unless ``va`` says otherwise; ``size`` in pixels."""
    axes.text(x, y, text, fontsize=size * POINTS, **{"va": "center", "ha": "left", "color": style.INK} | how)


def broken(text: str, most: int) -> str:
    """In lines of at most so many characters, where words allow it."""
    return "\n".join(line for part in text.split("\n") for line in _lines(part, most))


def _lines(text: str, most: int) -> Iterable[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
