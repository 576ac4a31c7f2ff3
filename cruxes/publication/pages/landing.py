"""The first page: one figure, three findings, and what they rest on."""

from __future__ import annotations

import pandas as pd

from cruxes.publication import opened
from cruxes.publication.html import Html
from cruxes.publication.pages import common
from cruxes.publication.pages.common import bullets, frame, paragraph, records
from cruxes.publication.people import PEOPLE
from cruxes.wording import percent


def findings() -> Html:
    """Three sentences, each from the numbers."""
    return bullets([_dates(), _together(), _why()])


def _spread(event: str, view: str) -> tuple[tuple[float, str], tuple[float, str]]:
    found = sorted((common.by(name, event, 2030, view=view), name) for name in PEOPLE)
    return found[0], found[-1]


def _dates() -> str:
    (low, latest), (high, soonest) = _spread("LOOP", "updated")
    nevers = [common.never(name, "LOOP") for name in (latest, soonest)]
    return (
        f"A closed loop by the end of 2030: from {percent(low)} % after {common.title(latest)} "
        f"(never: {percent(nevers[0])} %) to {percent(high)} % after {common.title(soonest)} (never: "
        f"{percent(nevers[1])} %), all updated on the same evidence; the baseline without an author says "
        f"{percent(common.by('trend', 'LOOP', 2030))} % (never: {percent(common.never('trend', 'LOOP'))} %)."
    )


def _together() -> str:
    split = frame("split")
    own = split[(split["event"] == "LOOP") & split["quantity"].str.startswith("seen by")].set_index("view")[
        "share_between"
    ]
    (low, _), (high, _) = _spread("LOOP", "stated")
    (now_low, _), (now_high, _) = _spread("LOOP", "updated")
    before, after = round(100 * high) - round(100 * low), round(100 * now_high) - round(100 * now_low)
    fast = sorted((common.by(name, "SWX3", 2030), name) for name in PEOPLE)
    verb = "narrowed" if after < before else "widened" if after > before else "left"
    return (
        f"Evidence since each spoke has {verb} the gap between the highest and the lowest from {before} to {after} "
        f"points; disagreement between the five is now {100 * own['updated']:.0f} % of all uncertainty about it, "
        f"{100 * own['stated']:.0f} % as stated. On whether takeoff follows by 2030 (SWX3) they remain as far apart as "
        f"{percent(fast[0][0])} % ({common.title(fast[0][1])}) and {percent(fast[-1][0])} % ({common.title(fast[-1][1])})."
    )


def _why() -> str:
    edges = frame("map-edges")
    first, second = records(edges[edges["event"] == "LOOP"].nlargest(2, "share"))
    signal = frame("signals")
    watch = records(signal[(signal["event"] == "LOOP") & (signal["place"] == 1)])[0]
    return (
        f"What they disagree about most is {common.crux_name(first['name'])}: it carries {100 * first['share']:.0f} % of the "
        f"difference in dates of the loop, {common.crux_name(second['name'])} {100 * second['share']:.0f} %. The next thing to "
        f"watch: {watch['title']} (known by {watch['known_by']})."
    )


def state() -> Html:
    """As of when, on what, and what changed last."""
    book = opened()
    ledger = frame("ledger")
    newest = records(ledger.sort_values("published_on"))[-1]
    return paragraph(
        f"As of {book.day.isoformat()}. The ledger holds {book.rows:,} observations in {ledger['series'].nunique()} series; "
        f"the newest was published on {newest['published_on']} ({newest['source_title']}). Seed {book.seed}."
    )


def variants() -> Html:
    """The headline without one lab's chart, and without METR."""
    rows = []
    for name in (*PEOPLE, "trend"):
        rows.append([common.named(name), *(
            percent(common.by(name, "LOOP", 2030, without=without)) for without in ("", "share", "horizon")
        ), percent(common.never(name, "LOOP"))])  # fmt: skip
    heads = ["After", "All evidence", "Without R&D chart", "Without METR", "Never"]
    from cruxes.publication.html import table

    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        numbers=heads[1:],
        caption="P(LOOP by the end of 2030), updated, percent",
    )
