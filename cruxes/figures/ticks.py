"""Ticks that lie on their axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def keep_inside(axes: Axes) -> None:
    """Fix the limits and drop the ticks beyond them, whose labels would still be laid out. A shared axis without labels
    of its own is left alone."""
    for which in (axes.xaxis, axes.yaxis):
        low, high = sorted(which.get_view_interval())
        labels = [label.get_text() for label in which.get_ticklabels()]
        places = which.get_ticklocs()
        if len(labels) != len(places):
            continue
        kept = [(at, text) for at, text in zip(places, labels, strict=True) if low <= at <= high]
        which.set_ticks([at for at, _ in kept], [text for _, text in kept])
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
