"""Where readings lie in the laws that updated views have for them: too high or too low, too tight or too wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import MaxNLocator

from cruxes import wording
from cruxes.figures import style, ticks
from cruxes.figures.picture import Picture, Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST = 5
"""Readings of a stream that is drawn."""

DOUBTFUL = 0.05
"""Probability under a right model below which a mark is filled."""

CAPTION = (
    "Streams of at least five readings, each placed in the law that a view has for it given the rows before. Left: the mean "
    "place, 0.5 where readings are neither above nor below what is said. Right: their spread, 1 where the law is as wide as "
    "it should be, more where it is too narrow. Filled marks: a right model would look as bad less than once in twenty "
    "times; with {tests} marks some of these come by chance."
)
PANELS = {"mean_pit": ("p_mean", 0.5, "mean place"), "spread": ("p_spread", 1.0, "spread of normal scores")}


def residuals(streams: pd.DataFrame) -> Picture:
    """``streams``: worldview, stream, n, mean_pit, p_mean, spread, p_spread (`forecast.trust.predictive_checks`)."""
    table = streams[streams["n"] >= FEWEST].reset_index(drop=True)
    table["stream"] = table["stream"].map(wording.stream_name)
    named = list(dict.fromkeys(table["stream"]))
    by_stream = table.groupby("stream", sort=False)
    off = [name for name in named if (by_stream.get_group(name)["p_mean"] < DOUBTFUL).any()]
    wide = [name for name in named if (by_stream.get_group(name)["p_spread"] < DOUBTFUL).any()]
    title = f"Of {len(named)} streams, {_counted(len(off))} off centre for some view and {_counted(len(wide))} too tight or too wide"
    alt = f"{title}. " + " ".join(
        f"{name}, {_of(group['n'], '{:.0f}')} readings: mean place {_of(group['mean_pit'], '{:.2f}')} (0.5 is right), "
        f"spread {_of(group['spread'], '{:.2f}')} (1 is right)."
        for name, group in by_stream
    )
    return Picture(name="residuals", title=title, alt=alt, caption=CAPTION.format(tests=2 * len(table)),
                   data=table[["worldview", "stream", "n", *(c for k, v in PANELS.items() for c in (k, v[0]))]],
                   draw=lambda width: _draw(table, named, width))  # fmt: skip


def _counted(n: int) -> str:
    return "none is" if n == 0 else f"{n} is" if n == 1 else f"{n} are"


def _of(values: pd.Series, form: str) -> str:
    """A range over worldviews, or the one value."""
    low, high = form.format(values.min()), form.format(values.max())
    return low if low == high else f"{low} to {high}"


def _draw(table: pd.DataFrame, named: list[str], width: Width) -> Figure:
    with style.house():
        narrow = width == "narrow"
        height = 0.3 * len(named)
        figure = style.bare(width, 1.6 + 2.0 * height if narrow else 1.1 + height)
        panels = figure.subplots(2, 1) if narrow else figure.subplots(1, 2, sharey=True)
        for place, (column, (p, right, words)) in zip(panels, PANELS.items(), strict=True):
            _panel(place, table, named, column=column, p=p, right=right)
            place.set_xlabel(words)
            place.xaxis.set_major_locator(MaxNLocator(4 if narrow else 5))
            ticks.keep_inside(place)
        labels = [_folded(name) if narrow else name for name in named]
        for place in panels if narrow else panels[:1]:
            place.set_yticks(range(len(named)), labels)
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=3 if narrow else 6, frameon=False, fontsize=8.0)
        return figure


def _folded(name: str) -> str:
    """Long names on two lines."""
    words, half = name.split(), len(name) / 2
    if len(name) < 20 or len(words) == 1:
        return name
    cut = min(range(1, len(words)), key=lambda i: abs(len(" ".join(words[:i])) - half))
    return f"{' '.join(words[:cut])}\n{' '.join(words[cut:])}"


def _panel(place: Axes, table: pd.DataFrame, named: list[str], *, column: str, p: str, right: float) -> None:
    place.axvline(right, color=style.FAINT, linewidth=0.8, linestyle=(0.0, (3.0, 2.0)))
    names = list(dict.fromkeys(table["worldview"]))
    for i, name in enumerate(names):
        look, own = style.mark(name), table[table["worldview"] == name]
        nudge = (i - (len(names) - 1) / 2) * 0.13
        for row in own.to_dict(orient="records"):
            doubtful = row[p] < DOUBTFUL
            place.plot(row[column], named.index(row["stream"]) + nudge, marker=look.marker, markersize=4.6,
                       linestyle="none", color=look.colour, markerfacecolor=look.colour if doubtful else style.PAPER,
                       gid=f"{column}-{name}-{row['stream']}")  # fmt: skip
        place.plot([], [], marker=look.marker, markersize=4.6, linestyle="none", color=look.colour, label=_short(name))
    place.set_ylim(len(named) - 0.5, -0.5)
    place.tick_params(axis="y", length=0)
    place.grid(axis="x")


def _short(name: str) -> str:
    return "trend" if name == "trend" else style.name_of(name)
