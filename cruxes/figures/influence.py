"""Who was moved by what: each stream's effect on each worldview's probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from cruxes.figures import style, ticks
from cruxes.figures.picture import Picture, Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

CAPTION = (
    "Change in the probability of {events} by the end of 2030, in percentage points, between a forecast with all rows since "
    "the view was stated and one without the rows of that stream; bars are two standard errors. Streams share what they "
    "teach, so effects do not add up. Hollow: within two standard errors of nothing, or under half a point. A question mark "
    "counts the worldviews for which only a fit without the stream could tell."
)
LEAST = 0.005
"""Change in a probability below which nobody was moved, however small the error."""

APART = 0.11
"""Between the markers of one line, in lines."""


def picture(moved: pd.DataFrame) -> Picture:
    """``moved`` as of `cruxes.evidence_tables.moved_whom`; whole streams are drawn, one panel for each event."""
    table = moved[moved["whole_stream"]]
    largest = table.groupby("what")["change"].agg(lambda change: change.abs().max()).fillna(0.0)
    table = table.assign(size=table["what"].map(largest)).sort_values("size", ascending=False, kind="stable")
    table = table.drop(columns="size").reset_index(drop=True)
    events = list(dict.fromkeys(moved["event"]))
    return Picture(
        name="influence", title=_title(table), alt=_alt(table), caption=CAPTION.format(events=style.listed(events)),
        data=table, draw=lambda width: _draw(table, events, width),
    )  # fmt: skip


def _sure(table: pd.DataFrame) -> pd.DataFrame:
    """Changes that count, largest first."""
    found = table[[_counts(row) for row in table.to_dict(orient="records")]]
    return found.sort_values("change", key=abs, ascending=False)


def _counts(row: Mapping[Any, Any]) -> bool:
    return bool(abs(row["change"]) > max(2.0 * row["mcse"], LEAST))


def _title(table: pd.DataFrame) -> str:
    parts = []
    for event, part in table.groupby("event", sort=False):
        sure = _sure(part)
        if len(sure):
            top = sure.iloc[0]
            parts.append(f"{event}: {_lower(top['what'])} moved {style.name_of(top['worldview'])} by "
                         f"{100 * top['change']:+.0f} points, more than any stream moved anyone")  # fmt: skip
        else:
            parts.append(f"{event}: no stream alone moved anyone by more than its error")
    return "; ".join(parts)


def _lower(what: str) -> str:
    return what if what[:2].isupper() or what.startswith("R&D") else what[:1].lower() + what[1:]


def _alt(table: pd.DataFrame) -> str:
    parts = []
    for event, part in table.groupby("event", sort=False):
        for what, own in part.groupby("what", sort=False):
            sure = _sure(own)
            said = [
                f"{style.name_of(row['worldview'])} {100 * row['change']:+.1f}"
                for row in sure.to_dict(orient="records")
            ]
            unknown = int(own["change"].isna().sum())
            words = style.listed(said) if said else "nobody"
            parts.append(f"{what} moved {event} by 2030, in points: {words}"
                         + (f"; not known for {unknown}" if unknown else "") + ".")  # fmt: skip
    return " ".join(parts)


def _draw(table: pd.DataFrame, events: list[str], width: Width) -> Figure:
    with style.house():
        lines = list(dict.fromkeys(table["what"]))
        names = [name for name in style.MARKS if (table["worldview"] == name).any()]
        names += [name for name in dict.fromkeys(table["worldview"]) if name not in names]
        tall = 0.9 + 0.5 * len(lines) * (len(events) if width == "narrow" else 1)
        figure = style.bare(width, tall)
        shape = (len(events), 1) if width == "narrow" else (1, len(events))
        axes = figure.subplots(*shape, squeeze=False, sharey=width == "wide").flat
        for place, event in zip(axes, events, strict=True):
            _panel(place, table[table["event"] == event], lines, names)
            place.set_title(f"{event} by 2030", loc="left", pad=4)
            place.set_yticks(range(len(lines)), [_folded(line, width) for line in lines])
            place.set_ylim(len(lines) - 0.5, -0.5)
            place.tick_params(axis="y", length=0)
            place.set_xlabel("percentage points")
            ticks.keep_inside(place)
        handles = [_handle(name) for name in names]
        figure.legend(handles=handles, loc="outside lower center", ncols=3 if width == "narrow" else 6, frameon=False,
                      fontsize=8.0, handletextpad=0.2)  # fmt: skip
        return figure


def _handle(worldview: str) -> Line2D:
    """For the legend."""
    from matplotlib.lines import Line2D

    look = style.mark(worldview)
    return Line2D([], [], color=look.colour, marker=look.marker, linestyle="none", markersize=5.0,
                  label=style.name_of(worldview))  # fmt: skip


def _folded(text: str, width: Width) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 15 if width == "narrow" else 22))


def _panel(axes: Axes, table: pd.DataFrame, lines: list[str], names: list[str]) -> None:
    axes.axvline(0.0, color=style.FAINT, linewidth=0.8)
    axes.grid(axis="x")
    for i in range(0, len(lines), 2):
        axes.axhspan(i - 0.5, i + 0.5, color=style.GRID, alpha=0.35, linewidth=0)
    for row in table.to_dict(orient="records"):
        if row["change"] != row["change"]:
            continue
        look = style.mark(row["worldview"])
        at = lines.index(row["what"]) + (names.index(row["worldview"]) - (len(names) - 1) / 2.0) * APART
        sure = _counts(row)
        centre, half = 100.0 * row["change"], 200.0 * row["mcse"]
        axes.plot(
            [centre - half, centre + half], [at, at], color=look.colour, linewidth=1.0, alpha=1.0 if sure else 0.4
        )
        axes.plot(
            centre, at, marker=look.marker, color=look.colour, markersize=4.6, linestyle="none",
            markerfacecolor=look.colour if sure else style.PAPER, gid=f"{row['event']} {row['what']} {row['worldview']}",
        )  # fmt: skip
    for what, part in table[table["change"].isna()].groupby("what"):
        axes.text(0.99, lines.index(str(what)) + 0.36, f"? {len(part)}", transform=axes.get_yaxis_transform(), ha="right",
                  va="center", fontsize=8.0, color=style.FAINT)  # fmt: skip
