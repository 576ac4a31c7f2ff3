"""Other people's models and forecasts beside ours."""

from __future__ import annotations

import pandas as pd

from cruxes.publication.html import Html, link, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, records
from cruxes.publication.people import PEOPLE
from cruxes.wording import percent


def beside() -> Html:
    """Theirs, ours after each of the five, and what keeps the two apart."""
    rows = []
    table_ = frame("others")
    for number in table_["number"].unique():
        own = records(table_[table_["number"] == number])
        one = own[0]
        told = {row["worldview"]: _ours(row) for row in own}
        source = link(one["url"], one["source"]) if one["url"] == one["url"] and one["url"] else one["source"]
        rows.append((one["who"], one["when"], one["says"], str(one["numbers"]) + (" (rerun)" if one["rerun"] else ""), one["event"],
                     *(told[name] for name in PEOPLE), one["difference"], source))  # fmt: skip
    heads = ["Who", "When", "Theirs", "Their numbers", "Our nearest event", *(common.short(name) for name in PEOPLE),
             "What keeps them apart", "Source"]  # fmt: skip
    return table(pd.DataFrame(rows, columns=heads, dtype=object),
                 caption="Published numbers beside ours: probabilities in percent, or 10, 50 and 90 % dates if ever with the chance of never")  # fmt: skip


def _ours(row: dict[str, object]) -> str:
    value, low, middle, high, never = (float(str(row[name])) for name in ("value", "low", "middle", "high", "never"))
    if value == value:
        return f"{percent(value)} %"
    if low != low:
        return f"hardly ever (never: {percent(never)} %)"
    return f"{low:.1f}, {middle:.1f}, {high:.1f} (never: {percent(never)} %)"


def reproduced() -> Html:
    """Their results computed with our equations."""
    rows = [
        (
            row["model"],
            row["quantity"],
            *(f"{row[k]:.1f}" if row["unit"] == "year" else f"{row[k]:.2f}" for k in ("theirs", "ours")),
        )
        for row in records(frame("reproduced"))
    ]
    return table(pd.DataFrame(rows, columns=["Model", "Quantity", "Published", "Ours"], dtype=object), numbers=["Published", "Ours"],
                 caption="Published results as special cases")  # fmt: skip
