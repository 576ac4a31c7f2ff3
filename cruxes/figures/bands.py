"""Readings of a stream over what each worldview says that it would read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from cruxes.figures import spoken, style, ticks
from cruxes.figures.picture import Picture, Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

CAPTION = (
    "Line: median of a reading after the evidence, one measurement's error included; dark band 80 %, pale band 90 %. "
    "Dashed: the median as stated, before the evidence. Dots: readings, filled where they were published after the view was "
    "stated, open where they were public then; whiskers are published intervals, a triangle points to the side where the "
    "truth lies of a reading that is only a bound, and a cross is a reading that is not used. A month of a chart is read "
    "as if no other month had been seen."
)
BENCHMARKS_CAPTION = (
    "Lines: median of the next best score after the evidence, one for each worldview; band: 90 % of the baseline without an "
    "author. Dots: scores of models that were best when they came out, with published intervals. Level and slope of "
    "each benchmark are fitted to its own scores."
)
BEFORE = {"horizon": 2023.0, "share": 2025.4, "speed": 2024.4}
"""First year shown."""

CLIPPED = {"horizon": (0.005, 3000.0), "speed": (0.5, 20.0), "share": (0.0, 100.0)}
"""Ends of the axis in the stream's unit: what is beyond leaves the picture and stays in the table."""

HOURS = ((1 / 60, "1 min"), (1 / 6, "10 min"), (1.0, "1 h"), (10.0, "10 h"), (100.0, "100 h"), (1000.0, "1000 h"))
SPEEDS = ((0.5, "half"), (1.0, "1 x"), (2.0, "2 x"), (5.0, "5 x"), (10.0, "10 x"), (20.0, "20 x"))


@dataclass(frozen=True, kw_only=True)
class _Stream:
    """One stream's part of the tables, and what to call it."""

    name: str
    title: str
    unit: str
    group: str
    bands: pd.DataFrame
    points: pd.DataFrame
    placed: pd.DataFrame
    worldviews: tuple[str, ...]


def of_stream(
    stream: str, *, described: pd.DataFrame, bands: pd.DataFrame, points: pd.DataFrame, placed: pd.DataFrame
) -> Picture:
    """One panel for each worldview. The tables are those of `forecast.bands`. Raises KeyError for no such stream."""
    one = _part(stream, described=described, bands=bands, points=points, placed=placed)
    updated = one.placed[one.placed["view"] == "updated"]
    inside = updated.groupby("worldview", sort=False)["inside_90"].agg(["sum", "count"])
    read = int(inside["count"].max()) if len(inside) else 0
    fewest, most = (int(inside["sum"].min()), int(inside["sum"].max())) if len(inside) else (0, 0)
    span = f"{most}" if fewest == most else f"{fewest} to {most}"
    title = f"{one.title}: {span} of {read} readings lie in the 90 % bands"
    return Picture(
        name=f"bands-{_plain(stream)}", title=title, alt=_alt(one, title), caption=CAPTION, data=one.bands,
        draw=lambda width: _draw(one, width),
    )  # fmt: skip


def benchmarks(
    *, described: pd.DataFrame, bands: pd.DataFrame, points: pd.DataFrame, placed: pd.DataFrame, baseline: str = "trend"
) -> Picture:
    """One panel for each benchmark, all worldviews' medians in it and the baseline's band."""
    names = described.loc[described["group"] == "benchmark", "stream"]
    parts = [_part(str(n), described=described, bands=bands, points=points, placed=placed) for n in names]
    tested = [one.placed[(one.placed["view"] == "updated") & (one.placed["worldview"] == baseline)] for one in parts]
    inside, read = sum(int(t["inside_90"].sum()) for t in tested), sum(map(len, tested))
    outside = [
        f"{len(t) - int(t['inside_90'].sum())} of {len(t)} on {one.title}"
        for one, t in zip(parts, tested, strict=True)
        if not t["inside_90"].all()
    ]
    title = f"{len(parts)} R&D benchmarks: {inside} of {read} best scores lie in the 90 % bands"
    alt = f"{title} of the baseline, each asked after the scores before it"
    alt += f"; outside are {style.listed(outside)}. " if outside else ". "
    alt += " ".join(_expected(one, baseline) for one in parts)
    return Picture(
        name="bands-benchmarks", title=title, alt=alt, caption=BENCHMARKS_CAPTION,
        data=pd.concat([one.bands for one in parts], ignore_index=True),
        draw=lambda width: _draw_benchmarks(parts, baseline, width),
    )  # fmt: skip


def _part(
    stream: str, *, described: pd.DataFrame, bands: pd.DataFrame, points: pd.DataFrame, placed: pd.DataFrame
) -> _Stream:
    found = described[described["stream"] == stream]
    if len(found) != 1:
        raise KeyError(f"no stream {stream!r}")
    said = found.iloc[0]
    own = bands[bands["stream"] == stream]
    return _Stream(
        name=stream, title=str(said["title"]), unit=str(said["unit"]), group=str(said["group"]), bands=own,
        points=points[points["stream"] == stream], placed=placed[placed["stream"] == stream],
        worldviews=tuple(own["worldview"].unique()),
    )  # fmt: skip


def _plain(name: str) -> str:
    return name.replace("_", "-")


def _alt(one: _Stream, title: str) -> str:
    parts = [f"{title}, of {len(one.worldviews)} worldviews after the evidence."]
    return " ".join([*parts, *(_expected(one, name, named=True) for name in one.worldviews)])


def _expected(one: _Stream, worldview: str, *, named: bool = False) -> str:
    """What is expected a year before the end of the band, in words."""
    own = one.bands[(one.bands["worldview"] == worldview) & (one.bands["view"] == "updated")]
    if own.empty:
        return ""
    year = float(own["year"].max()) - 1.0
    last = own[(own["year"] - year).abs() < 0.01].set_index("level")["value"]
    who = spoken.after(worldview) if named else one.title
    who = who[:1].upper() + who[1:]
    return (
        f"{who}, expected at {year:.1f}: median {_short(last[0.5])}, 90 % between {_short(last[0.05])} and "
        f"{_short(last[0.95])} {one.unit}."
    )


def _short(value: float) -> str:
    return spoken.number(value) if value < 1e5 else "over 100000"


def _draw(one: _Stream, width: Width) -> Figure:
    with style.house():
        columns = 2 if width == "narrow" else 3
        rows = -(-len(one.worldviews) // columns)
        figure = style.bare(width, 0.35 + rows * (1.85 if width == "narrow" else 2.0))
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for i, place in enumerate(axes.flat):
            if i >= len(one.worldviews):
                place.set_visible(False)
                continue
            name = one.worldviews[i]
            _bands(place, one, name)
            _medians(place, one, name)
            _points(place, one.points, one.placed[one.placed["worldview"] == name], whose=name)
            place.set_title(style.name_of(name), loc="left", pad=3)
            _scale(place, one, width)
        if one.group == "share":
            figure.supylabel(one.unit, fontsize=8.5)
        return figure


def _bands(axes: Axes, one: _Stream, worldview: str) -> None:
    at = _levels(one, worldview, "updated")
    colour = style.mark(worldview).colour
    for low, high, alpha in ((0.05, 0.95, 0.18), (0.1, 0.9, 0.25)):
        axes.fill_between(at.index, at[low], at[high], color=colour, alpha=alpha, linewidth=0,
                          gid=f"{worldview} band {low}")  # fmt: skip


def _medians(axes: Axes, one: _Stream, worldview: str) -> None:
    look = style.mark(worldview)
    at, then = _levels(one, worldview, "updated"), _levels(one, worldview, "stated")
    axes.plot(at.index, at[0.5], color=look.colour, gid=f"{worldview} updated")
    if len(then):
        axes.plot(then.index, then[0.5], color=look.colour, linewidth=1.0, linestyle=(0.0, (4.0, 2.0)),
                  gid=f"{worldview} stated")  # fmt: skip


def _levels(one: _Stream, worldview: str, view: str) -> pd.DataFrame:
    own = one.bands[(one.bands["worldview"] == worldview) & (one.bands["view"] == view)]
    return own.pivot(index="year", columns="level", values="value")


def _points(axes: Axes, points: pd.DataFrame, placed: pd.DataFrame | None, *, whose: str) -> None:
    """Filled where news to the worldview (all, where nobody's)."""
    news = None if placed is None else dict(zip(placed["id"], placed["news"], strict=True))
    for row in points.to_dict(orient="records"):
        shown = {"": "o", "above": "^", "below": "v"}[row["censored"]] if row["used"] else "x"
        fresh = news is None or news.get(row["id"], False)
        if row["used"] and row["low"] == row["low"] and row["high"] == row["high"]:
            axes.plot([row["year"]] * 2, [row["low"], row["high"]], color=style.INK, linewidth=0.6, alpha=0.6)
        face = style.FAINT if shown == "x" else style.INK if fresh else style.PAPER
        axes.plot(
            row["year"], row["value"], marker=shown, markersize=3.6, color=style.FAINT if shown == "x" else style.INK,
            markerfacecolor=face, markeredgewidth=0.8, linestyle="none", gid=f"{whose} {row['id']}",
        )  # fmt: skip


def _scale(axes: Axes, one: _Stream, width: Width) -> None:
    last = float(one.bands["year"].max())
    first = BEFORE[one.group] if one.group in BEFORE else float(one.points["year"].min()) - 0.4
    low, high = CLIPPED[one.group]
    marks = {"horizon": HOURS, "speed": SPEEDS}.get(one.group)
    if marks is not None:
        axes.set_yscale("log")
        axes.set_yticks([value for value, _ in marks], [text for _, text in marks])
        axes.set_yticks([], minor=True)
    axes.set_ylim(low, high)
    axes.grid(axis="y")
    years = list(range(int(first) + 1, int(last) + 1))
    axes.set_xticks(years, [f"’{year % 100:02d}" if width == "narrow" else str(year) for year in years])
    axes.set_xlim(first, last)


def _draw_benchmarks(parts: Sequence[_Stream], baseline: str, width: Width) -> Figure:
    with style.house():
        columns = 2 if width == "narrow" else 4
        rows = -(-len(parts) // columns)
        figure = style.bare(width, 0.6 + rows * (1.6 if width == "narrow" else 1.8))
        axes = figure.subplots(rows, columns, squeeze=False)
        for i, place in enumerate(axes.flat):
            if i >= len(parts):
                place.set_visible(False)
                continue
            one = parts[i]
            band = _levels(one, baseline, "updated")
            place.fill_between(band.index, band[0.05], band[0.95], color=style.mark(baseline).colour, alpha=0.2,
                               linewidth=0, gid=f"{one.name} band 0.05")  # fmt: skip
            for name in one.worldviews:
                look, at = style.mark(name), _levels(one, name, "updated")
                place.plot(at.index, at[0.5], color=look.colour, linestyle=look.line, linewidth=1.1,
                           gid=f"{one.name} {name}")  # fmt: skip
            _points(place, one.points[one.points["used"]], None, whose=one.name)
            place.set_title(one.title, loc="left", pad=3, fontsize=8.5)
            _benchmark_scale(place, one)
        handles = [_line(name) for name in parts[0].worldviews]
        figure.legend(handles=handles, loc="outside lower center", ncols=3 if width == "narrow" else 6, frameon=False,
                      fontsize=8.0, handlelength=2.6)  # fmt: skip
        return figure


def _line(worldview: str) -> Line2D:
    """For the legend."""
    from matplotlib.lines import Line2D

    look: Any = style.mark(worldview)
    return Line2D([], [], color=look.colour, linestyle=look.line, label=style.name_of(worldview))


def _benchmark_scale(axes: Axes, one: _Stream) -> None:
    last, top = float(one.bands["year"].max()), float(one.bands["value"].max())
    first = float(one.points.loc[one.points["used"], "year"].min()) - 0.4
    axes.set_ylim(0.0, 54.0 if one.unit != "percent" else 100.0 if top > 54.0 else 60.0)
    axes.set_ylabel("" if one.unit == "percent" else one.unit)
    axes.grid(axis="y")
    years = list(range(int(first) + 1, int(last) + 1))
    axes.set_xticks(years, [f"’{year % 100:02d}" for year in years])
    axes.set_xlim(first, last)
    ticks.keep_inside(axes)
