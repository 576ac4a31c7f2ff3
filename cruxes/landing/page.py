"""What the page shows without its script: the named worldviews' dates, as a table."""

from __future__ import annotations

import pandas as pd

from cruxes.figures.style import name_of
from cruxes.landing.tables import LEVELS, YEARS
from cruxes.publication.html import Html, table
from forecast import summary

EVENT = "LOOP"


def named_table(frame: pd.DataFrame) -> Html:
    """From the one long table (`forecast.summary`): when the loop closes, of the named, with the evidence."""
    import priors

    rows = [_row(frame, who) for who in priors.names() if (frame["worldview"] == who).any()]
    return table(
        pd.DataFrame(rows),
        caption="When the loop closes, with the evidence: percent by the end of the year, never or stopped by 2100, and dates if it happens",
        numbers=list(rows[0])[1:],
    )


def _row(frame: pd.DataFrame, who: str) -> dict[str, str]:
    def value(kind: str, which: object = "") -> float:
        return summary.value(frame, worldview=who, view="updated", event=EVENT, output_type=kind, which=which)

    seen = value("cdf", "2099-12-31")
    said = {"after": name_of(who)}
    said |= {f"by {year}": percent(value("cdf", f"{year}-12-31")) for year in YEARS}
    said |= {"never": percent(value("never")), "stopped": percent(max(1.0 - seen - value("never"), 0.0))}
    return said | {f"{100 * level:.0f} %": f"{value('quantile_if_ever', level):.1f}" for level in LEVELS}


def percent(p: float) -> str:
    """Whole percent; "<1" and ">99" where rounding would say never or surely."""
    if 0.0 < p < 0.005:
        return "<1"
    return ">99" if 0.995 < p < 1.0 else f"{100 * p:.0f}"
