"""The landing figure: every worldview's dates of one event before and after evidence, and beside them never."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from cruxes.figures.picture import Picture, Width
from cruxes.figures.spoken import PHRASES, after, percent
from cruxes.figures.strips import KINDS, strip
from cruxes.figures.style import PAPER, bare, house, listed, name_of, year_axis
from cruxes.figures.whiskers import LEVELS, key, whisker
from cruxes.wording import RARE, year_month

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LAST_YEAR = 2050
QUANTILES = tuple(f"q{100 * level:.0f}" for level in LEVELS)
VIEWS = ("stated", "updated")
SURE = 3.0
"""Standard errors from which a title speaks of a move: one of sixteen worldviews would pass two by chance."""


def picture(table: pd.DataFrame, *, event: str = "LOOP") -> Picture:
    """From `forecast.summary.long_table` of stated and updated views. Views that leave rows out are passed over.

    Quantiles are those of dates if ever: among the futures in which the event is seen by 2100. Raises ValueError where
    a worldview lacks one of its two views.
    """
    rows = dates(table, event)
    return Picture(
        name=f"dates-{event.lower()}",
        title=_title(rows, event),
        alt=_alt(rows, event),
        caption=(
            f"Dates of {event} if ever, that is, among the futures in which it is seen by 2100: a mark at 50 %, a bar from "
            "25 to 75 %, a line from 10 to 90 %; an arrow where the line goes on. Hollow: as stated, on the worldview's own "
            "day. Filled: updated with the evidence since. The strips at the right say how many futures have no date at "
            "all: never by 2100, or the clock stopped by a loss of control or a pause. Worldviews are encodings of "
            "published views, not endorsed by their authors."
        ),
        data=rows.drop(columns=["q50_mcse", "ever_mcse"]),
        draw=lambda width: _draw(rows, width),
    )  # fmt: skip


def dates(table: pd.DataFrame, event: str) -> pd.DataFrame:
    """Per worldview, stated above updated: columns worldview, view, q10 to q90 (if ever; not a number where ever is rare),
    ever, stopped, never, and the Monte Carlo errors q50_mcse and ever_mcse."""
    own = table[(table["event"] == event) & (table["without"] == "")]
    found = []
    for worldview in own["worldview"].unique():
        for view in VIEWS:
            part = own[(own["worldview"] == worldview) & (own["view"] == view)]
            if part.empty:
                raise ValueError(f"no {view} view of {worldview} for {event}")
            quantiles = part[part["output_type"] == "quantile_if_ever"].set_index("output_type_id")
            stopped = float(part.loc[part["output_type"] == "stopped", "value"].sum())
            never = float(part.loc[part["output_type"] == "never", "value"].iloc[0])
            ever, error = part.loc[part["output_type"] == "cdf", ["value", "mcse"]].iloc[-1]
            shown = quantiles.loc[[str(level) for level in LEVELS], "value"] if ever >= RARE else [float("nan")] * 5
            found.append((worldview, view, *shown, ever, stopped, never, quantiles.loc["0.5", "mcse"], error))
    return pd.DataFrame(
        found, columns=["worldview", "view", *QUANTILES, "ever", "stopped", "never", "q50_mcse", "ever_mcse"]
    )


def _said(row: Any) -> str:
    """The middle of a date, and what is no date: not one without the other."""
    nowhere = f"never {percent(row['never'])}, stopped first {percent(row['stopped'])}"
    return f"{year_month(row['q50'])} ({after(row['worldview'])}; {nowhere})"


def _title(rows: pd.DataFrame, event: str) -> str:
    stated, updated = (rows[rows["view"] == view].set_index("worldview", drop=False) for view in VIEWS)
    known = updated[updated["q50"].notna()]
    if known.empty:
        return f"{_sentence(event)} in under {percent(RARE)} of the futures of every worldview"
    first, last = (known.loc[known["q50"] == at].iloc[0] for at in (known["q50"].min(), known["q50"].max()))
    span = f"is {_said(first)}" if len(known) == 1 else f"runs from {_said(first)} to {_said(last)}"
    return f"If {PHRASES[event]} at all, the middle date {span}; {_moved(stated, updated)}"


def _moved(stated: pd.DataFrame, updated: pd.DataFrame) -> str:
    """What evidence has done, as far as the draws can tell: to dates if ever, and to whether there is one at all."""
    both = int((updated["q50"].notna() & stated["q50"].notna()).sum())
    said = [f"moved it {way} for {n} of {both}" for n, way in zip(_turns(stated, updated, "q50"), ("earlier", "later"), strict=True)
            if n]  # fmt: skip
    chances = zip(_turns(stated, updated, "ever"), ("less", "more"), strict=True)
    said += [f"made it {way} likely at all for {n} of {len(updated)}" for n, way in chances if n]
    return f"evidence has {listed(said)}" if said else "evidence has moved nobody beyond what the draws can tell"


def _turns(stated: pd.DataFrame, updated: pd.DataFrame, column: str) -> tuple[int, int]:
    """In how many worldviews a column fell and rose by more than SURE standard errors of the difference."""
    moved = updated[column] - stated[column]
    noise = SURE * (updated[f"{column}_mcse"] ** 2 + stated[f"{column}_mcse"] ** 2) ** 0.5
    return int((moved < -noise).sum()), int((moved > noise).sum())


def _sentence(event: str) -> str:
    return PHRASES[event][:1].upper() + PHRASES[event][1:]


def _alt(rows: pd.DataFrame, event: str) -> str:
    parts = []
    for worldview in rows["worldview"].unique():
        both = rows[rows["worldview"] == worldview].to_dict(orient="records")
        parts.append(f"{name_of(worldview)}: " + "; ".join(f"{row['view']} {_row_said(row)}" for row in both) + ".")
    return (
        f"Intervals of the date of {event} if ever (10, 50 and 90 % points) for {rows['worldview'].nunique()} worldviews, "
        f"stated and updated, with the probability of never and of the clock being stopped. {' '.join(parts)}"
    )  # fmt: skip


def _row_said(row: Any) -> str:
    if row["q50"] != row["q50"]:
        when = f"seen in under {percent(RARE)} of futures"
    else:
        when = ", ".join(year_month(row[q]) for q in ("q10", "q50", "q90"))
    return f"{when}, never {percent(row['never'])}, stopped {percent(row['stopped'])}"


def _draw(rows: pd.DataFrame, width: Width) -> Figure:
    narrow = width == "narrow"
    names = list(rows["worldview"].unique())
    pitch = 0.60 if narrow else 0.48
    with house():
        figure = bare(width, 1.05 + pitch * len(names))
        main, *strips = figure.subplots(1, 3, sharey=True, width_ratios=(2.4, 1, 1) if narrow else (5.2, 1, 1))
        main.set_ylim(len(names) - 0.45, -0.55)
        known = rows["q10"].dropna()
        first = int(known.min()) if len(known) else LAST_YEAR - 25
        year_axis(main, first, LAST_YEAR, every=10 if narrow else 5)
        heights = [_height(i, narrow=narrow) for i in range(len(rows))]
        for row, y in zip(rows.to_dict(orient="records"), heights, strict=True):
            _one(main, row, y, narrow=narrow)
        most = float(rows[list(KINDS)].max().max())
        for axes, kind in zip(strips, KINDS, strict=True):
            strip(axes, rows, kind, heights=heights, most=most, longest=0.42 if narrow else 0.55)
        _label(main, names, narrow=narrow)
        main.set_xlabel("date if ever" if narrow else "date if ever: mark 50 %, bar 25 to 75 %, line 10 to 90 %")
        figure.legend(handles=key(("as stated", "with evidence since")), loc="outside upper left",
                      ncols=2, frameon=False, borderpad=0.0, fontsize=8.5)  # fmt: skip
    return figure


def _height(i: int, *, narrow: bool) -> float:
    """Of row ``i``: two to a worldview, below its name where there is no room beside them."""
    return i // 2 + ((0.06, 0.36) if narrow else (-0.16, 0.16))[i % 2]


def _one(axes: Any, row: Any, y: float, *, narrow: bool) -> None:
    quantiles = [row[q] for q in QUANTILES]
    if quantiles[2] != quantiles[2]:
        axes.annotate(f"seen in under {percent(RARE)}" + ("" if narrow else " of futures: no dates"),
                      (0.02, y), xycoords=axes.get_yaxis_transform(), va="center", fontsize=8.0)  # fmt: skip
        return
    whisker(axes, quantiles, y=y, worldview=row["worldview"], view=row["view"])


def _label(axes: Any, names: list[str], *, narrow: bool) -> None:
    """Names at the left of the rows; above them where the figure is narrow."""
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    if not narrow:
        axes.set_yticks(range(len(names)), [name_of(name) for name in names])
        return
    axes.set_yticks([])
    for i, name in enumerate(names):
        axes.annotate(name_of(name), (0.0, i - 0.28), xycoords=axes.get_yaxis_transform(), va="center", ha="left",
                      fontsize=8.5, fontweight="bold", bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6})  # fmt: skip
