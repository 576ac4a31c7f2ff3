"""Simulated truths among posterior draws: whether their ranks are as evenly spread as they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from cruxes.figures import style
from cruxes.figures.picture import Picture, Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAPTION = (
    "Of {ledgers} simulated ledgers for each view: the share of true values that lie below each rank among posterior draws, "
    "less what even ranks would give. Thin grey lines: one for each sampled parameter. Inside the pale band all is as it "
    "should be (99 %, for a whole line at once); a line that leaves it is drawn dark. A hump means a forecast that is too "
    "late or too early, an S one that is too narrow or too wide."
)
THINNED = 2
"""Every how many points of a line are drawn that is inside the band and one of hundreds: they are the weight of the page."""

LOOKS: dict[str, tuple[str, Any, str]] = {
    "LOOP": ("#0072B2", "solid", "date of LOOP"),
    "SWX3": ("#D55E00", (0.0, (6.0, 2.0)), "date of SWX3"),
    "ECON10": ("#009E73", (0.0, (2.0, 1.5)), "date of ECON10"),
    "log likelihood": ("#C77C00", (0.0, (7.0, 2.0, 1.5, 2.0)), "log likelihood"),
}
"""What is not a parameter, with its own colour and line."""


def ranks(curves: pd.DataFrame) -> Picture:
    """``curves`` as of `forecast.trust.rank_curves.curves`."""
    lines = curves.assign(outside=(curves["share"] < curves["low"]) | (curves["share"] > curves["high"]))
    by_line = lines.groupby(["worldview", "quantity"], sort=False)["outside"].any()
    title = f"{int((~by_line).sum())} of {len(by_line)} quantities come back as often as claimed"
    outside = by_line[by_line].reset_index()
    left = [f"{row['quantity']} ({_short(str(row['worldview']))})" for row in outside.to_dict(orient="records")]
    title += f", {len(left)} not" if left else ""
    counted = by_line.groupby("worldview", sort=False).agg(["sum", "size"])
    alt = f"{title}: each a line inside a 99 % band, or not. " + " ".join(
        f"{_short(str(name))}: {int(row['size'] - row['sum'])} of {int(row['size'])} inside."
        for name, row in counted.iterrows()
    )
    alt += f" Outside: {style.listed(left)}." if left else ""
    ledgers = int(curves["ledgers"].iloc[0])
    return Picture(name="simulated-truths", title=title, alt=alt, caption=CAPTION.format(ledgers=ledgers),
                   data=curves, draw=lambda width: _draw(lines, width))  # fmt: skip


def _short(name: str) -> str:
    return "broad prior" if name == "broad" else "trend" if name == "trend" else style.name_of(name)


def _draw(lines: pd.DataFrame, width: Width) -> Figure:
    names = list(dict.fromkeys(lines["worldview"]))
    across = 4 if width == "wide" else 2
    down = -(-len(names) // across)
    with style.house():
        figure = style.bare(width, 0.5 + 1.45 * down)
        grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        for place, name in zip(grid.flat, [*names, *[None] * (across * down - len(names))], strict=True):
            if name is None:
                place.set_visible(False)
            else:
                _panel(place, lines[lines["worldview"] == name], name)
        reach = 1.05 * float(lines[["share", "low", "high"]].abs().max().max())
        grid[0, 0].set_ylim(-reach, reach)
        grid[0, 0].set_yticks([-0.1, 0.0, 0.1], ["−.1", "0", ".1"])
        for row in grid:
            row[0].set_ylabel("more below" if width == "narrow" else "more below than even")
        for i, place in enumerate(grid.flat):
            if i < len(names) <= i + across:
                place.tick_params(labelbottom=True)
                if i >= across * (down - 1):
                    place.set_xlabel("rank")
        handles, words = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, words, loc="outside lower center", ncols=2 if width == "narrow" else 5, frameon=False,
                      fontsize=8.0)  # fmt: skip
        return figure


def _panel(place: Axes, own: pd.DataFrame, name: str) -> None:
    band = own.drop_duplicates("at").sort_values("at")
    place.fill_between(band["at"], band["low"], band["high"], color=style.GRID, linewidth=0, gid=f"band-{name}")
    first = True
    for quantity, line in own.groupby("quantity", sort=False):
        colour, dashes, words = LOOKS.get(str(quantity), (style.FAINT, "solid", "a parameter"))
        known, outside = str(quantity) in LOOKS, bool(line["outside"].any())
        drawn = line if known or outside else line.iloc[::THINNED]
        place.plot(drawn["at"], drawn["share"], color=style.INK if outside and not known else colour, linestyle=dashes,
                   linewidth=1.6 if known or outside else 0.5, alpha=1.0 if known or outside else 0.55, zorder=3 if known else 2,
                   label=words if known or (first and not outside) else None, gid=f"ranks-{name}-{quantity}")  # fmt: skip
        first = first and (known or outside)
    place.set_title(_short(name), loc="left", pad=3)
    place.set_xlim(0, 1)
    place.set_xticks([0, 0.5, 1], ["0", "½", "1"])
