"""The ledger, what its rows did to whom, and what each encoding did not expect."""

from __future__ import annotations

import pandas as pd

from cruxes.publication.html import Html, link, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, paragraph, records

SURE = 2.0
"""Standard errors beyond which a change is shown as one."""


def summary() -> Html:
    """How much there is, and how much of it is read."""
    ledger, series = frame("ledger"), frame("series")
    return paragraph(
        f"The ledger holds {len(ledger):,} public observations in {ledger['series'].nunique()} series. "
        f"{int(ledger['used'].sum()):,} of them, in {int((series['used'] > 0).sum())} series, are read by an observation model; "
        "for every other one the table says why not."
    )


def streams() -> Html:
    """One line for each series that is read."""
    own = frame("series")
    own = own[own["used"] > 0]
    rows = own[["stream", "series", "unit", "cruxes", "used", "public", "first", "last", "acts_on"]]
    heads = {"stream": "Stream", "series": "Series", "unit": "Unit", "cruxes": "Cruxes", "used": "Read", "public": "Public",
             "first": "From", "last": "To", "acts_on": "Acts on"}  # fmt: skip
    return table(rows, caption="Series that are read", heads=heads, numbers=["used", "public"], sortable=True)


def unused() -> Html:
    """What is not read, and why."""
    heads = {"reason": "Why it is not read", "rows": "Rows", "series": "Series"}
    return table(frame("unused"), caption="What we do not use, and why", heads=heads, numbers=["rows"])


def ledger() -> Html:
    """Every row, to search and sort."""
    own = frame("ledger")
    rows = [
        (r["series"], r["subject"], r["observed_on"], r["published_on"] or "unknown", _value(r), r["unit"],
         link(r["source_url"], r["source_title"]), r["grade"], r["stream"] if r["used"] else r["why_unused"])
        for r in records(own)
    ]  # fmt: skip
    heads = ["Series", "Of", "Observed", "Published", "Value", "Unit", "Source", "Grade", "Read as, or why not"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        caption="Every observation, newest first",
        numbers=["Value"],
        sortable=True,
    )


def _value(row: dict[str, object]) -> str:
    value, low, high = (float(str(row[name])) for name in ("value", "low", "high"))
    shown = "" if value != value else f"{value:g}"
    bound = {"upper": "≤ ", "lower": "≥ "}.get(str(row["bound"]), "")
    return f"{bound}{shown}" + (f" ({low:g} to {high:g})" if low == low and high == high else "")


def surprises(name: str) -> Html:
    """The readings that a stated view held least likely."""
    own = frame("surprises")
    own = own[own["worldview"] == name]
    if own.empty:
        return paragraph("No row that it could be asked about has been published since.")
    rows = [
        (r["series"], r["subject"], r["observed_on"], f"{r['value']:g} {r['unit']}", _tail(r["tail_probability"]))
        for r in records(own.head(6))
    ]
    surprising = int((own["tail_probability"] < 0.1).sum())
    heads = ["Series", "Of", "Observed", "Reading", "Chance of one as far out"]
    said = paragraph(
        f"Of {len(own)} readings published since, {surprising} lay where the stated view gave less than one chance in ten to "
        f"anything as far out ({0.1 * len(own):.0f} would be expected of a perfect forecast)."
    )
    return Html(
        said
        + table(
            pd.DataFrame(rows, columns=heads, dtype=object),
            caption="What this encoding held least likely",
            numbers=heads[3:],
        )
    )


def _tail(p: float) -> str:
    return "<1 %" if p < 0.005 else f"{100 * p:.0f} %"


def moved(name: str) -> Html:
    """Which rows moved this view."""
    own = frame("moved")
    own = own[own["worldview"] == name]
    rows = []
    for what in dict.fromkeys(own["what"]):
        cells = {r["event"]: r for r in records(own[own["what"] == what])}
        rows.append((what, str(next(iter(cells.values()))["rows"]), *(_change(cells.get(e)) for e in ("LOOP", "SWX3"))))
    if not rows:
        return paragraph("No row that it could be moved by has been published since.")
    heads = ["Rows", "How many", "Points of P(LOOP by 2030)", "Points of P(SWX3 by 2030)"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:],
                 caption="What moved this view: by how much the updated chance would fall, were these rows not there")  # fmt: skip


def _change(row: dict[str, float] | None) -> str:
    if row is None or row["change"] != row["change"]:
        return "only a refit can tell"
    error = 100 * row["mcse"]
    points = common.percent_change(row["change"])
    return f"{points} ± {error:.1f}" if error == error else points


def placed() -> Html:
    """How many readings of each stream lie in the bands."""
    titles = {r["stream"]: r["title"] for r in records(frame("streams"))}
    own = frame("placed")
    own = own[own["view"] == "updated"]
    rows = []
    for stream, title in titles.items():
        part = own[own["stream"] == stream]
        if part.empty:
            continue
        cells = []
        for name in dict.fromkeys(own["worldview"]):
            told = part[part["worldview"] == name]
            cells.append(f"{int(told['inside_80'].sum())}, {int(told['inside_90'].sum())}")
        rows.append((title, str(part.groupby("worldview").size().max()), *cells))
    heads = ["Stream", "Readings", *(common.short(name) for name in dict.fromkeys(own["worldview"]))]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:],
                 caption="Readings that lie in the central 80 % and 90 % of what each updated view says of them")  # fmt: skip
