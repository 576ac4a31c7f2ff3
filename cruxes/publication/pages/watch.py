"""What is coming that would settle something: ranked, dated, with what everybody expects of it."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from cruxes.publication.html import Html, escape, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, named, paragraph, records
from cruxes.publication.pages.worldview import expectation
from cruxes.publication.people import PEOPLE

ALL = (*PEOPLE, "trend")


def five(event: str = "LOOP") -> Html:
    """Those to watch: most bits about the date for each year of waiting, one of each source."""
    own = frame("signals")
    own = own[(own["event"] == event) & (own["place"] > 0)]
    rows = []
    for _, told in own.sort_values("place").groupby("place", sort=True):
        by_name = {row["worldview"]: row for row in records(told)}
        first = told.iloc[0]
        rows.append((
            first["title"], first["known_by"], *(expectation(by_name[name]) for name in ALL),
            f"{told['bits'].min():.2f} to {told['bits'].max():.2f}",
        ))  # fmt: skip
    heads = ["Watch", "Known by", *(common.short(name) for name in ALL), f"Bits about {event}"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        caption=f"Watch these: what each expects (chance, or the central four fifths of the reading), and how much it would learn about {event}",
    )


def in_words(event: str = "LOOP") -> Html:
    """The first of them in a sentence."""
    own = frame("signals")
    first = own[(own["event"] == event) & (own["place"] == 1)]
    told = sorted(records(first), key=lambda row: row["bits"])
    least, most = told[0], told[-1]
    return paragraph(
        f"If you watch one thing, watch this: {most['title']} (known by {most['known_by']}). It would tell "
        f"{common.title(most['worldview'])}'s encoding {most['bits']:.2f} bits about the date of {event}, and "
        f"{common.title(least['worldview'])}'s {least['bits']:.2f}."
    )


def everything(event: str = "LOOP") -> Html:
    """All signals with their wording, in the order of what they tell for each year of waiting."""
    own = frame("signals")
    own = own[(own["event"] == event) & own["worldview"].isin(ALL)]
    rows = []
    for _, told in own.groupby("signal", sort=False):
        first = told.iloc[0]
        expected = "; ".join(f"{row['worldview']} {expectation(row)}" for row in records(told))
        rows.append((first["title"], first["resolution"], first["known_by"], expected, f"{told['bits'].mean():.2f}",
                     f"{first['bits_worldview']:.2f}"))  # fmt: skip
    heads = ["Observation", "How it resolves", "Known by", "Expected", f"Bits about {event}", "Bits about who is right"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), caption="Every signal", numbers=heads[-2:], sortable=True
    )


def double_cruxes(event: str = "LOOP") -> Html:
    """For each pair, what would move both and bring them together."""
    own = frame("meetings")
    own = own[own["event"] == event]
    titles = frame("signals").drop_duplicates("signal").set_index("signal")["title"]
    rows = []
    for a, b in combinations(PEOPLE, 2):
        met = own[(own["a"] == a) & (own["b"] == b)]
        best = met[met["best"] > 0].sort_values("best")
        said = [
            f"{titles[row['signal']]} (known by {row['known_by']}; expected to close {row['narrowing']:.1f} ± "
            f"{row['narrowing_mcse']:.1f} years)"
            for row in records(best)
        ]
        pair = Html(
            f'<a href="pair-{escape(a)}-{escape(b)}.html">{escape(common.short(a))} and {escape(common.short(b))}</a>'
        )
        rows.append((pair, f"{met['years_apart'].iloc[0]:.1f}", "; ".join(said) or "none"))
    heads = ["Pair", "Years apart now", "Double cruxes"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:2], caption="Double cruxes of each pair"
    )


def by_hand() -> Html:
    """Chances written by hand in advance beside those computed, where they differ by more than 15 points."""
    own = frame("by-hand")
    far = own[(own["hand"] - own["stated"]).abs() > 0.15]
    rows = [
        (row["title"], named(row["worldview"]), *(percent_or_dash(row[c]) for c in ("hand", "stated", "updated")))
        for row in records(far)
    ]
    heads = ["Observation", "After", "By hand", "Stated view", "Updated view"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        numbers=heads[2:],
        caption="Hand-written chances that the stated view contradicts, percent",
    )


def percent_or_dash(p: float) -> str:
    """A chance, or a dash where there is none."""
    from cruxes.wording import percent

    return percent(p) if p == p else "–"
