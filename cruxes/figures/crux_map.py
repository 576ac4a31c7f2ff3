"""The crux map: who stands where on each crux, and how much of the disagreement on each event runs through it.

Laid out by hand in CSS pixels, top down: a row for each crux with a lane for each worldview, ribbons from the rows into
the events at the right. The narrow map has the words of a row above its lanes instead of beside them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cruxes.figures import style
from cruxes.figures.phrasing import in_unit, percent, short
from cruxes.figures.picture import Picture, Width
from cruxes.figures.sheet import POINTS, SMALL, broken, sheet, write
from cruxes.figures.style import FAINT, GRID, INK, PAPER, listed, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EVENT_WORDS = {"LOOP": "the loop closes", "SWX3": "takeoff", "ECON10": "world growth\nof 10 %"}
EVENT_IN_TEXT = {"LOOP": "the loop", "SWX3": "takeoff", "ECON10": "the economy"}

DARK, LIGHT = "#444444", "#cfcfcf"
SAYS_ITS_SHARE = 0.095
"""Share from which a ribbon is thick enough for its percentage."""

LEAST = 0.01
"""Share below which a ribbon is left to the table."""

STUB = 30.0
"""Pixels that a ribbon goes straight on, with its percentage."""

SURE = 2.0
"""Monte Carlo errors within which two cruxes carry the same."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Pixels. ``words``: how high the words above the lanes of a row are; 0 where they stand beside them.
    ``whole``: thickness of all the disagreement on one event."""

    width: float
    lanes: tuple[float, float]
    ribbons: tuple[float, float]
    top: float
    words: float
    lane: float
    whole: float

    @property
    def row(self) -> float:
        """From one crux to the next, of five lanes."""
        return self.words + 5 * self.lane + 24.0


LAYOUTS: dict[Width, Layout] = {
    "wide": Layout(
        width=691.0, lanes=(212.0, 448.0), ribbons=(456.0, 582.0), top=76.0, words=0.0, lane=8.0, whole=112.0
    ),
    "narrow": Layout(
        width=341.0, lanes=(6.0, 186.0), ribbons=(192.0, 266.0), top=118.0, words=29.0, lane=8.0, whole=112.0
    ),
}
BARE_ROW = 34.0
"""Height of a block without lanes."""


def picture(nodes: pd.DataFrame, edges: pd.DataFrame, gaps: pd.DataFrame) -> Picture:
    """From the tables of `cruxes.crux_map`."""
    people = list(dict.fromkeys(nodes["worldview"].dropna()))
    first = gaps.iloc[0]
    year = str(first["day"])[:4]
    return Picture(
        name="crux-map",
        title=_title(edges),
        alt=_alt(nodes, edges, gaps, people, year),
        caption=_caption(gaps, edges, year),
        data=_table(nodes, edges),
        draw=lambda width: _draw(nodes, edges, gaps, people, width),
    )


def leading(edges: pd.DataFrame, event: str) -> pd.DataFrame:
    """The rows of the one or two cruxes that carry most of an event: two where their errors do not tell them apart."""
    own = edges[(edges["event"] == event) & edges["block"].str.startswith("C")].sort_values("share", ascending=False)
    first, second = own.iloc[0], own.iloc[1]
    near = first["share"] - second["share"] <= SURE * np.hypot(first["mcse"], second["mcse"])
    return own.head(2 if near else 1)


def _events(edges: pd.DataFrame) -> list[str]:
    """Those on which somebody differs."""
    return list(dict.fromkeys(edges.loc[edges["share"].notna(), "event"]))


def _title(edges: pd.DataFrame) -> str:
    parts = []
    for event in _events(edges):
        most = leading(edges, event)
        named = listed([f"{short(m['name'])} ({percent(m['share'])})" for m in most.to_dict(orient="records")])
        parts.append(f"{named} on {EVENT_IN_TEXT.get(event, event)}")
    return "What divides them most: " + "; ".join(parts)


def _caption(gaps: pd.DataFrame, edges: pd.DataFrame, year: str) -> str:
    closed = [
        f"{EVENT_IN_TEXT.get(g['event'], g['event'])} {_moved(g)}"
        for g in gaps.to_dict(orient="records")
        if g["stated"] > 0.0
    ]
    worst = edges["mcse"].max()
    return (
        "Each row is a crux, with the variable that stands for it; each lane one worldview: pale band and open mark as "
        "stated, line and filled mark updated with the evidence since (10, 50 and 90 %; a chance is a mark alone). Right "
        "is the side on which events come sooner. Below each row, whose updated middles lie farthest apart. A ribbon is "
        f"as thick as the share of the disagreement on P(event by the end of {year}) that the crux carries: its Shapley "
        "share without the sign, mean over all pairs of people; the dark ones carry most, those under 1 % are left to the table. That is the disagreement as "
        f"stated, with Monte Carlo errors of up to {100 * worst:.0f} points. Evidence has since moved the mean gap between "
        f"two people on {listed(closed)}. Dashed ribbons are no cruxes: the day on which each spoke, and numbers that "
        "they gave outright. Encodings of published views, not endorsed by their authors."
    )


def _moved(gap: Mapping[Hashable, Any]) -> str:
    """A gap before and after, in points, with what that closes."""
    text = f"from {100 * gap['stated']:.0f} to {100 * gap['updated']:.0f} points"
    if abs(gap["closed"]) <= SURE * gap["closed_mcse"]:
        return f"{text} (no sure change)"
    return f"{text} ({abs(100 * gap['closed']):.0f} % {'closed' if gap['closed'] > 0.0 else 'added'})"


def _alt(nodes: pd.DataFrame, edges: pd.DataFrame, gaps: pd.DataFrame, people: list[str], year: str) -> str:
    cruxes = nodes.dropna(subset="worldview")["block"].nunique()
    parts = [
        f"Map of {cruxes} cruxes, on each the positions of {listed([name_of(p) for p in people])}, with ribbons to "
        f"{len(_events(edges))} events as thick as the share of the disagreement by {year} that each crux carries."
    ]
    for event in _events(edges):
        own = edges[(edges["event"] == event) & (edges["share"] >= 0.005)].sort_values("share", ascending=False).head(4)
        carried = listed([f"{short(e['name'])} {percent(e['share'])}" for e in own.to_dict(orient="records")])
        gap = gaps[gaps["event"] == event].iloc[0]
        parts.append(
            f"{event}: {carried}; mean gap {100 * gap['stated']:.0f} points as stated, {100 * gap['updated']:.0f} updated."
        )
    for block in dict.fromkeys(b for event in _events(edges) for b in leading(edges, event)["block"]):
        later, sooner = _ends(nodes, block)
        parts.append(
            f"{short(later['name']).capitalize()} ({later['asks']}): {_end_said(later)} is farthest to the later side, "
            f"{_end_said(sooner)} to the sooner."
        )
    return " ".join(parts)


def _ends(nodes: pd.DataFrame, block: str) -> tuple[pd.Series, pd.Series]:
    """Who stands farthest to either side, updated."""
    own = nodes[(nodes["block"] == block) & (nodes["view"] == "updated")]
    ordered = own.sort_values("at_middle", kind="stable")
    return ordered.iloc[0], ordered.iloc[-1]


def _end_said(one: pd.Series) -> str:
    return f"{name_of(str(one['worldview']))} {in_unit(one['middle'], one['unit'])}"


def _table(nodes: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """One row for each crux and worldview: both positions, and what the crux carries of each event."""
    keys = ["block", "name", "variable", "asks", "unit", "worldview"]
    levels = ["low", "middle", "high"]
    sides = [
        nodes.loc[nodes["view"] == view, [*keys, *levels]].rename(columns={x: f"{view}_{x}" for x in levels})
        for view in ("stated", "updated")
    ]
    both = sides[0].merge(sides[1], on=keys, how="outer", sort=False)
    alone = nodes.loc[nodes["worldview"].isna(), keys]
    table = pd.concat([both, alone], ignore_index=True)
    order = {block: i for i, block in enumerate(dict.fromkeys(nodes["block"]))}
    table = table.sort_values("block", key=lambda c: c.map(order), kind="stable")
    carried = edges.pivot(index="block", columns="event", values=["share", "mcse"])
    carried.columns = pd.Index(["_".join(pair) for pair in carried.columns])
    return table.merge(carried, on="block", how="left").reset_index(drop=True)


def _draw(nodes: pd.DataFrame, edges: pd.DataFrame, gaps: pd.DataFrame, people: list[str], width: Width) -> Figure:
    at = LAYOUTS[width]
    blocks = list(dict.fromkeys(nodes["block"]))
    with_lanes = set(nodes.dropna(subset="worldview")["block"])
    tops = at.top + np.cumsum([0.0, *(_height(block, with_lanes, people, at) for block in blocks)])
    height = float(tops[-1]) + 6.0
    with style.house():
        figure, axes = sheet(width, height)
        _header(axes, at, people)
        centres = {}
        for block, top in zip(blocks, tops, strict=False):
            own = nodes[nodes["block"] == block]
            if block in with_lanes:
                _row(axes, at, own, people, float(top))
                centres[block] = float(top) + at.words + 0.5 * len(people) * at.lane
            else:
                _bare_row(axes, at, own.iloc[0], float(top))
                centres[block] = float(top) + 0.5 * BARE_ROW - 4.0
        _ribbons(axes, at, edges, gaps, centres)
    return figure


def _height(block: str, with_lanes: set[str], people: list[str], at: Layout) -> float:
    return at.row + (len(people) - 5) * at.lane if block in with_lanes else BARE_ROW


def _header(axes: Axes, at: Layout, people: list[str]) -> None:
    """Who is who, in the order of the lanes; how a lane is read; which side is which."""
    narrow = at.words > 0.0
    left, right = at.lanes
    x, y = (left, 9.0) if narrow else (4.0, 10.0)
    for person in people:
        wide = 28.0 + 8.0 * len(name_of(person))
        if x + wide > at.width:
            x, y = left, y + 17.0
        mark = style.mark(person)
        axes.plot([x + 5.0], [y], marker=mark.marker, color=mark.colour, markersize=5.0, linestyle="none")
        write(axes, x + 13.0, y, name_of(person), weight="bold", color=mark.colour)
        x += wide
    y += 19.0 if narrow else 20.0
    x = left if narrow else 4.0
    axes.plot([x, x + 30.0], [y, y], color=FAINT, alpha=0.35, linewidth=5.0 * POINTS, solid_capstyle="butt")
    axes.plot([x + 15.0], [y], marker="o", color=FAINT, markerfacecolor=PAPER, markersize=4.0, linestyle="none")
    write(axes, x + 36.0, y, "as stated", size=SMALL)
    x += 100.0
    axes.plot([x, x + 30.0], [y, y], color=FAINT, linewidth=1.3 * POINTS)
    axes.plot([x + 15.0], [y], marker="o", color=FAINT, markersize=5.0, linestyle="none")
    write(
        axes,
        x + 36.0,
        y,
        "updated" + (" (10, 50, 90 %)" if narrow else " with the evidence since (10, 50 and 90 %)"),
        size=SMALL,
    )
    y = at.top - (26.0 if narrow else 14.0)
    write(axes, left, y, "← later", size=SMALL, color=FAINT)
    write(axes, right, y, "sooner →", size=SMALL, color=FAINT, ha="right")
    middle = 0.5 * (at.ribbons[0] + at.width)
    write(
        axes,
        middle,
        y,
        "share of the\ndisagreement" if narrow else "share of the disagreement",
        size=SMALL,
        color=FAINT,
        ha="center",
    )


def _row(axes: Axes, at: Layout, own: pd.DataFrame, people: list[str], top: float) -> None:
    """The words of a crux, its lanes, and who is farthest out."""
    one = own.iloc[0]
    block = str(one["block"])
    left, right = at.lanes
    if at.words > 0.0:
        write(axes, left - 2.0, top + 7.0, f"{short(one['name']).capitalize()} ({block})", weight="bold")
        write(axes, left - 2.0, top + 20.0, str(one["brief"]), size=SMALL, color=FAINT)
    else:
        write(axes, 4.0, top + 8.0, f"{short(one['name']).capitalize()} ({block})", weight="bold")
        write(axes, 4.0, top + 17.0, broken(str(one["asks"]), 32), size=SMALL, color=FAINT, va="top")
    ground = top + at.words
    floor = ground + len(people) * at.lane
    for x in (left, 0.5 * (left + right), right):
        axes.plot([x, x], [ground, floor], color=GRID, linewidth=0.6, zorder=0)
    for i, person in enumerate(people):
        y = ground + (i + 0.5) * at.lane
        for view in ("stated", "updated"):
            _lane(axes, at, own[(own["worldview"] == person) & (own["view"] == view)], y, updated=view == "updated")
    later, sooner = _ends(own, block)
    write(axes, left, floor + 8.0, _end_said(later), size=SMALL)
    write(axes, right, floor + 8.0, _end_said(sooner), size=SMALL, ha="right")


def _lane(axes: Axes, at: Layout, own: pd.DataFrame, y: float, *, updated: bool) -> None:
    if own.empty:
        return
    one = own.iloc[0]
    left, right = at.lanes
    low, middle, high = (left + float(one[c]) * (right - left) for c in ("at_low", "at_middle", "at_high"))
    mark = style.mark(str(one["worldview"]))
    gid = f"{one['block']}-{one['worldview']}-{one['view']}"
    if updated:
        axes.plot([low, high], [y, y], color=mark.colour, linewidth=1.3 * POINTS, zorder=3, gid=f"{gid}-interval")
    else:
        axes.plot([low, high], [y, y], color=mark.colour, alpha=0.3, linewidth=5.0 * POINTS, solid_capstyle="butt",
                  zorder=2, gid=f"{gid}-interval")  # fmt: skip
    axes.plot([middle], [y], marker=mark.marker, color=mark.colour, markersize=5.0 if updated else 4.0, linestyle="none",
              markerfacecolor=mark.colour if updated else PAPER, markeredgewidth=0.8, zorder=5 if updated else 4,
              gid=gid)  # fmt: skip


def _bare_row(axes: Axes, at: Layout, one: pd.Series, top: float) -> None:
    """A block that is no crux has a name and a ribbon."""
    x = at.lanes[1]
    name, _, about = str(one["name"]).partition(":")
    write(axes, x, top + 6.0, name if at.words > 0.0 else f"{name} (no crux)", ha="right", weight="bold", color=FAINT)
    write(axes, x, top + 19.0, about.strip(), ha="right", size=SMALL, color=FAINT)


def _ribbons(axes: Axes, at: Layout, edges: pd.DataFrame, gaps: pd.DataFrame, centres: dict[str, float]) -> None:
    """From each row into each event, and the events one below the other, each leading to the next."""
    from matplotlib.patches import FancyArrowPatch, Rectangle

    events = _events(edges)
    drawn = edges[edges["share"].notna()]
    share = {(e["event"], e["block"]): float(e["share"]) for e in drawn.to_dict(orient="records")}
    bars = _bars(events, share, centres, at)
    most = {(event, block) for event in events for block in leading(edges, event)["block"]}
    end = {event: bars[event] for event in events}
    for block, centre in centres.items():
        y = centre - 0.5 * at.whole * sum(share.get((event, block), 0.0) for event in events)
        for event in events:
            part = share.get((event, block), 0.0)
            thick = part * at.whole
            if part >= LEAST:
                dark = (event, block) in most
                _ribbon(axes, at, y, end[event], thick, dark=dark, crux=block.startswith("C"), gid=f"{block}-{event}")
                if part >= SAYS_ITS_SHARE:
                    write(axes, at.ribbons[0] + 3.0, y + 0.5 * thick, percent(part), size=SMALL, weight="bold" if dark else "normal",
                           color=PAPER if dark else INK, zorder=8)  # fmt: skip
            y += thick
            end[event] += thick
    x = at.ribbons[1]
    for event, below in zip(events, [*events[1:], ""], strict=True):
        top = bars[event]
        axes.add_patch(Rectangle((x, top), 6.0, at.whole, facecolor=INK, zorder=6))
        gap = gaps[gaps["event"] == event].iloc[0]
        narrow = at.words > 0.0
        write(axes, x + 11.0, top + 2.0, event, weight="bold", va="top")
        said_so = f"{EVENT_WORDS.get(event, event)}\n\nmean gap:\n{100 * gap['stated']:.0f} → {100 * gap['updated']:.0f} points"
        write(
            axes,
            x + 11.0,
            top + 18.0,
            broken(said_so, 10) if narrow else said_so,
            size=SMALL,
            va="top",
            linespacing=1.2,
        )
        if below:
            axes.add_patch(
                FancyArrowPatch((x + 3.0, top + at.whole + 2.0), (x + 3.0, bars[below] - 2.0), arrowstyle="-|>",
                                mutation_scale=9.0, color=INK, linewidth=1.4, zorder=6)
            )  # fmt: skip


def _bars(
    events: list[str], share: dict[tuple[str, str], float], centres: dict[str, float], at: Layout
) -> dict[str, float]:
    """Top of each event: level with what feeds it most, but one below the other, and all inside the figure."""
    apart = at.whole + 34.0
    tops = {}
    floor = at.top - 2.0
    for event in events:
        pull = {block: share.get((event, block), 0.0) ** 2 for block in centres}
        level = sum(pull[block] * y for block, y in centres.items()) / sum(pull.values())
        tops[event] = max(level - 0.5 * at.whole, floor)
        floor = tops[event] + apart
    ceiling = max(centres.values()) + 20.0 - at.whole
    for event in reversed(events):
        tops[event] = min(tops[event], ceiling)
        ceiling = tops[event] - apart
    return tops


def _ribbon(
    axes: Axes, at: Layout, start: float, end: float, thick: float, *, dark: bool, crux: bool, gid: str
) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    a, b = at.ribbons
    c = a + STUB
    bend = 0.5 * (c + b)
    corners = [(a, start), (c, start), (bend, start), (bend, end), (b, end), (b, end + thick),
               (bend, end + thick), (bend, start + thick), (c, start + thick), (a, start + thick), (a, start)]  # fmt: skip
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO,
             Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO, Path.CLOSEPOLY]  # fmt: skip
    axes.add_patch(
        PathPatch(Path(corners, codes), facecolor=(DARK if dark else LIGHT) if crux else PAPER, gid=gid,
                  edgecolor=PAPER if crux else FAINT, linewidth=0.6, linestyle="solid" if crux else "dashed",
                  zorder=5 if dark else 4 if crux else 3)
    )  # fmt: skip
