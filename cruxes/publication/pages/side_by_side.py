"""Pick any two; has evidence brought them together; all of them made into one."""

from __future__ import annotations

import pandas as pd

from cruxes.publication.html import Html, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import bullets, frame, records
from cruxes.publication.people import EVENTS, PEOPLE
from cruxes.wording import MEANINGS, percent, year_month


def matrix() -> Html:
    """Every pair of the five as a link, with the points between them on P(LOOP by 2030)."""
    rows = []
    for a in PEOPLE[:-1]:
        cells: list[object] = [common.named(a)]
        for b in PEOPLE[1:]:
            if PEOPLE.index(b) <= PEOPLE.index(a):
                cells.append("")
                continue
            apart = abs(common.by(a, "LOOP", 2030) - common.by(b, "LOOP", 2030))
            cells.append(Html(f'<a href="pair-{a}-{b}.html">{round(100 * apart)} points apart</a>'))
        rows.append(cells)
    heads = ["", *(common.short(name) for name in PEOPLE[1:])]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        caption="Every pair: points between them on a closed loop by 2030, updated",
    )


def together() -> Html:
    """Whether evidence has narrowed the disagreement, in a sentence for each event."""
    gaps = {row["event"]: row for row in records(frame("map-gaps"))}
    lines = []
    for event in EVENTS:
        row = gaps[event]
        how = "closed" if row["closed"] > 0 else "added"
        sure = abs(row["closed"]) > 2 * row["closed_mcse"]
        lines.append(
            f"{event} ({MEANINGS[event]}) by 2030: the five were {100 * row['stated']:.0f} points apart on average as stated and are "
            f"{100 * row['updated']:.0f} now; evidence has {how} {100 * abs(row['closed']):.0f} % of the distance"
            + ("." if sure else ", within its Monte Carlo error.")
        )
    return bullets(lines)


def split() -> Html:
    """How much of all uncertainty is disagreement."""
    rows = []
    own = records(frame("split"))
    for event in EVENTS:
        for quantity in dict.fromkeys(row["quantity"] for row in own):
            share = {
                row["view"]: row["share_between"] for row in own if (row["event"], row["quantity"]) == (event, quantity)
            }
            rows.append((event, quantity, *(f"{100 * share[view]:.0f} %" for view in common.VIEWS)))
    heads = ["Event", "Quantity", "Between people, stated", "Between people, updated"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        caption="Share of all variance that lies between the five",
        numbers=heads[2:],
    )


def pools() -> Html:
    """The five made into one, two ways."""
    rows = []
    own = frame("pooled")
    for event in EVENTS:
        for kind in own["pool"].unique():
            part = own[(own["event"] == event) & (own["pool"] == kind)]
            said = {(r["output_type"], str(r["output_type_id"])): r["value"] for r in records(part)}
            dates = [said.get(("quantile_if_ever", level), float("nan")) for level in ("0.1", "0.5", "0.9")]
            rows.append((event, kind, percent(said["cdf", "2030-12-31"]), percent(said["never", ""]),
                         *(year_month(d) if d == d else "–" for d in dates), part["assumes"].iloc[0]))  # fmt: skip
    heads = ["Event", "Pool", "by 2030", "never", "10 %", "50 %", "90 %", "What it assumes"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[2:7],
                 caption="The five made into one, equal weights, updated: percent, and dates if ever")  # fmt: skip


def everybody() -> Html:
    """All pairs of all worldviews."""
    own = frame("apart")
    rows = [
        (common.named(r["a"]), common.named(r["b"]), f"{100 * r['a_first']:.0f} %", f"{100 * r['overlap']:.0f} %",
         f"{r['years_capped']:.1f}", f"{100 * r['never']:+.0f}")
        for r in records(own[(own["event"] == "LOOP") & (own["view"] == "updated")])
    ]  # fmt: skip
    heads = ["First", "Second", "First is earlier", "Overlap", "Years apart", "Points of never: second less first"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[2:], sortable=True, row_heads=2,
                 caption="Every pair, LOOP, updated (years apart: not seen counts as 2100)")  # fmt: skip
