"""A small picture of what one crux does to the trajectory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

import priors
from cruxes.figures import style
from cruxes.figures.picture import Picture, Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = {"narrow": 2.1, "wide": 2.3}
LINES: dict[str, dict[str, Any]] = {
    "low": {"color": "#0072B2", "linestyle": (0, (2.0, 1.5))},
    "middle": {"color": style.FAINT, "linestyle": "solid"},
    "high": {"color": "#D55E00", "linestyle": (0, (6.0, 2.0))},
}
HUNDREDFOLD = 2.0
"""Powers of ten above the trend at which the pictures are compared."""


def picture(table: pd.DataFrame, crux: str) -> Picture:
    """From `cruxes.effects.effects`: software gained over time with the crux low, in the middle and high."""
    own = table[table["crux"] == crux].reset_index(drop=True)
    if own.empty:
        raise ValueError(f"{crux} does not act on the trajectory")
    variable = priors.variables()[own["variable"].iloc[0]]
    said = {
        str(setting): _label(variable, float(part["value"].iloc[0]))
        for setting in LINES
        if len(part := own[own["setting"] == setting])
    }
    reached = {setting: _reached(own[own["setting"] == setting]) for setting in said}
    ends = [setting for setting in ("low", "high") if setting in said]
    parts = [f"{said[setting]} {_when(reached[setting])}" for setting in ends]
    last = {setting: float(own[own["setting"] == setting]["gained"].iloc[-1]) for setting in ends}
    return Picture(
        name=f"effect-{crux.lower()}",
        title=f"A hundredfold beyond the trend with {parts[0]}; with {parts[1]}",
        alt=(
            f"Lines of software gained over what it would be without AI, {own['year'].min():.0f} to {own['year'].max():.0f}, "
            f"with {variable.name} low and high. " + " ".join(
                f"With {said[setting]} it reaches 10 to the {last[setting]:.1f} in the end, a hundredfold {_when(reached[setting])}."
                for setting in ends
            )
        ),
        caption=(
            f"{variable.name[:1].upper() + variable.name[1:]}, all else in the middle of the five and without noise: "
            "what the crux does, not a forecast."
        ),
        data=own,
        draw=lambda width: draw(own, said, width),
    )  # fmt: skip


def draw(own: pd.DataFrame, said: dict[str, str], width: Width) -> Figure:
    """One panel; each line is named at its end."""
    with style.house():
        figure = style.bare(width, HEIGHT[width])
        axes: Axes = figure.add_subplot()
        for setting, text in said.items():
            part = own[own["setting"] == setting]
            axes.plot(part["year"], part["gained"], gid=setting, label=text, **LINES[setting])
        style.year_axis(axes, own["year"].min(), 2042.0, every=4)
        top = max(4.0, float(own["gained"].max()) * 1.08)
        axes.set_ylim(0.0, top)
        ticks = [tick for tick in (0, 2, 4, 6, 8, 10, 14, 18) if tick <= top]
        axes.set_yticks(ticks, ["as without AI" if tick == 0 else f"×10$^{{{tick}}}$" for tick in ticks])
        axes.grid(axis="y")
        axes.set_ylabel("software gained")
        axes.legend(loc="best", frameon=False, handlelength=2.6, fontsize=8.0, borderaxespad=0.1)
    return figure


def _label(variable: priors.Variable, value: float) -> str:
    if variable.support is priors.Support.PROBABILITY:
        return "a new paradigm needed" if value > 0.5 else "none needed"
    if variable.unit == "share":
        return f"{100 * value:.0f} % lost" if variable.id == "phi0" else f"{100 * value:.0f} %"
    number = f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"
    return (
        f"{variable.symbol} = {number}"
        if variable.unit in {"elasticity", "doublings per doubling"}
        else f"{number} {variable.unit}"
    )


def _reached(part: pd.DataFrame) -> float | None:
    above = part[part["gained"] >= HUNDREDFOLD]
    return None if above.empty else float(above["year"].iloc[0])


def _when(year: float | None) -> str:
    return "not by 2042" if year is None else f"in {int(year)}"
