"""What several pages show: forecasts as a table, and sentences with numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

import priors
from cruxes.figures.style import name_of
from cruxes.publication import opened
from cruxes.publication.html import Html, escape, table
from cruxes.wording import BY, LEVELS, MEANINGS, RARE, percent, year_month
from priors.worldview import BASELINE

VIEWS = ("stated", "updated")


@cache
def frame(name: str) -> pd.DataFrame:
    """One table of the book."""
    return opened().table(name)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings from column to value."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict(orient="records")]


def paragraph(text: str) -> Html:
    """Escaped text as a paragraph."""
    return Html(f"<p>{escape(text)}</p>")


def bullets(lines: Sequence[str]) -> Html:
    """Escaped lines as a list; lines that are `Html` stay as they are."""
    items = "".join(f"<li>{line if isinstance(line, Html) else escape(line)}</li>" for line in lines)
    return Html(f"<ul>{items}</ul>")


def title(worldview: str) -> str:
    """Whom a row is after: "Jack Clark"; the baseline is "trend (no author)"."""
    if worldview == BASELINE:
        return "trend (no author)"
    found = priors.load(worldview)
    return found.person or found.label


def short(worldview: str) -> str:
    """The same where there is little room: "Clark"."""
    return name_of(worldview)


def crux_name(name: str) -> str:
    """A crux in a word or two: what stands before the colon of `cruxes.blocks.NAMES`."""
    return name.split(":")[0]


def page_of(worldview: str) -> str:
    """Address of its page."""
    return f"{worldview}.html"


def named(worldview: str) -> Html:
    """A worldview as a link to its page, for tables."""
    return Html(f'<a class="rsi-name" href="{page_of(worldview)}">{escape(short(worldview))}</a>')


def number(
    worldview: str, event: str, output_type: str, which: object = "", *, view: str = "updated", without: str = ""
) -> float:
    """One number of the long table."""
    rows = _indexed()
    return float(rows.loc[(worldview, view, without, event, output_type, str(which))])


@cache
def _indexed() -> pd.Series:
    keys = ["worldview", "view", "without", "event", "output_type", "output_type_id"]
    return frame("forecast").set_index(keys)["value"].sort_index()


def by(worldview: str, event: str, year: int, *, view: str = "updated", without: str = "") -> float:
    """P(event seen by the end of a year)."""
    return number(worldview, event, "cdf", f"{year}-12-31", view=view, without=without)


def never(worldview: str, event: str, *, view: str = "updated") -> float:
    """P(neither seen nor stopped by 2100)."""
    return number(worldview, event, "never", view=view)


def stopped(worldview: str, event: str, *, view: str = "updated") -> float:
    """P(loss of control or a pause came first)."""
    return sum(number(worldview, event, "stopped", cause, view=view) for cause in ("LOC", "PAUSE") if cause != event)


def date_text(worldview: str, event: str, level: float, *, view: str = "updated") -> str:
    """A date among the futures in which the event is seen; a dash where these are too few."""
    ever = number(worldview, event, "cdf", "2099-12-31", view=view)
    return year_month(number(worldview, event, "quantile_if_ever", level, view=view)) if ever >= RARE else "–"


def forecasts(worldviews: Sequence[str], event: str, *, linked: bool = True) -> Html:
    """Stated and updated, side by side: chances by year, never, stopped, and dates if ever."""
    rows = []
    for name in worldviews:
        for view in VIEWS:
            who = named(name) if linked else short(name)
            rows.append([
                who, view,
                *(percent(by(name, event, year, view=view)) for year in BY),
                percent(never(name, event, view=view)), percent(stopped(name, event, view=view)),
                *(date_text(name, event, level, view=view) for level in LEVELS),
            ])  # fmt: skip
    heads = ["After", "View", *(f"by {year}" for year in BY), "never", "stopped", "10 %", "50 %", "90 %"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[2:], row_heads=2,
        caption=f"{event}, {MEANINGS[event]}: chances in percent, dates if it ever happens",
    )  # fmt: skip


def percent_change(change: object) -> str:
    """A change of a probability in points, with its sign; nothing has none."""
    said = f"{100 * float(str(change)):+.1f}"
    return "0.0" if said in {"+0.0", "-0.0"} else said


def today() -> date:
    """The day of the book."""
    return opened().day
