"""The page of one pair: how far apart, why, whether evidence has narrowed it, and what would settle it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cruxes.publication.html import Html, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import bullets, frame, percent_change, records
from cruxes.wording import percent


def _meetings(a: str, b: str, event: str) -> pd.DataFrame:
    own = frame("meetings")
    return own[(own["event"] == event) & (own["a"] == a) & (own["b"] == b)]


def _cruxes(a: str, b: str, event: str) -> list[dict[str, object]]:
    """The cruxes that carry the gap in P(event by 2030), largest first; the day of speaking and own numbers count too."""
    own = frame("shares")
    asked = own[(own["a"] == a) & (own["b"] == b) & (own["event"] == event) & (own["output_type"] == "cdf")]
    return records(asked.reindex(asked["share"].abs().sort_values(ascending=False).index))


def answers(a: str, b: str) -> Html:
    """The four answers of the page, as sentences: the gap, what carries it, what evidence did, what would settle it."""
    return bullets([_gap(a, b), _carried(a, b), _narrowed(a, b), _settled(a, b)])


def _gap(a: str, b: str) -> str:
    said, now = ({name: common.by(name, "LOOP", 2030, view=view) for name in (a, b)} for view in common.VIEWS)
    apart = frame("apart")
    own = apart[(apart["event"] == "LOOP") & (apart["a"] == a) & (apart["b"] == b)]
    years = {row["view"]: row["years_capped"] for row in records(own)}
    return (
        f"The gap. A closed loop by the end of 2030 had {percent(said[a])} % after {common.title(a)} and "
        f"{percent(said[b])} % after {common.title(b)} as stated; now {percent(now[a])} and {percent(now[b])} %. Never by 2100: "
        f"{percent(common.never(a, 'LOOP'))} and {percent(common.never(b, 'LOOP'))} %. Their dates are {years['updated']:.1f} "
        f"years apart ({years['stated']:.1f} as stated; not seen counts as 2100)."
    )


def _carried(a: str, b: str) -> str:
    every = _cruxes(a, b, "LOOP")
    first, second = [row for row in every if _is_crux(row)][:2]
    beside = [row for row in every if not _is_crux(row) and abs(_points(row)) > abs(_points(second))]
    more = "".join(
        f" {common.crux_name(str(row['name'])).capitalize()}, no crux, makes {_with_error(row)}." for row in beside
    )
    return (
        f"What carries it. Of the stated gap from {common.title(a)} to {common.title(b)}, {common.crux_name(str(first['name']))} "
        f"makes {_with_error(first)} points and {common.crux_name(str(second['name']))} {_with_error(second)}.{more} The picture "
        "below has the rest."
    )


def _is_crux(row: Mapping[str, object]) -> bool:
    """C1 to C10; the day of speaking and own numbers are none."""
    return str(row["block"]).startswith("C")


def _points(row: Mapping[str, object]) -> float:
    return 100 * float(str(row["share"]))


def _with_error(row: Mapping[str, object]) -> str:
    return f"{percent_change(row['share'])} (± {100 * float(str(row['mcse'])):.1f})"


def _narrowed(a: str, b: str) -> str:
    """A change of less than two Monte Carlo errors is none."""
    gaps = frame("pair-gaps")
    row = records(gaps[(gaps["event"] == "LOOP") & (gaps["a"] == a) & (gaps["b"] == b)])[0]
    change, error = row["updated"] - row["stated"], (row["updated_mcse"] ** 2 + row["stated_mcse"] ** 2) ** 0.5
    if abs(change) <= 2.0 * error:
        return (
            f"Evidence since they spoke has left it where it was, {100 * row['stated']:.0f} points then and "
            f"{100 * row['updated']:.0f} now, within the Monte Carlo error of {100 * error:.1f}."
        )
    verb = "narrowed" if change < 0 else "widened"
    return (
        f"Evidence since they spoke has {verb} it, from {100 * row['stated']:.0f} to {100 * row['updated']:.0f} points "
        f"(± {100 * error:.1f})."
    )


def _settled(a: str, b: str) -> str:
    own = _meetings(a, b, "LOOP")
    titles = frame("signals").drop_duplicates("signal").set_index("signal")["title"]
    best = records(own[own["best"] > 0].sort_values("best"))
    soon = f"{common.today().year + 1}{common.today().isoformat()[4:]}"
    near = [row for row in best if row["known_by"] <= soon]
    if not best:
        return (
            "What would settle it. No coming observation is expected to bring the two together by more than its error."
        )
    first = (near or best)[0]
    when = "Within the next twelve months" if near else "Nothing known within the next twelve months would; later"
    return (
        f"What would settle it. {when}, most of all: {titles[first['signal']]} (known by {first['known_by']}), expected to "
        f"close {first['narrowing']:.1f} of {first['years_apart']:.1f} years (± {first['narrowing_mcse']:.2f})."
    )


def forecasts(a: str, b: str, event: str) -> Html:
    """Both, stated and updated."""
    return common.forecasts([a, b], event)


def shares(a: str, b: str, event: str) -> Html:
    """Every crux's share of the gap, in points of P(by 2030) and in years of the median date if ever."""
    own = frame("shares")
    pair = own[(own["a"] == a) & (own["b"] == b) & (own["event"] == event)]
    by_block: dict[str, dict[str, str]] = {}
    for row in records(pair[pair["output_type"] == "cdf"]):
        by_block[common.crux_name(row["name"])] = {
            "points": f"{percent_change(row['share'])} ± {100 * row['mcse']:.1f}"
        }
    for output_type, scale, digits in (("never", 100, 1), ("quantile_if_ever", 1, 2)):
        for row in records(pair[pair["output_type"] == output_type]):
            value = row["share"]
            by_block[common.crux_name(row["name"])][output_type] = (
                "–" if value != value else f"{scale * value:+.{digits}f} ± {scale * row['mcse']:.{digits}f}"
            )
    heads = ["Crux", f"P({event} by 2030), points", "P(never), points", "Median date if ever, years"]
    rows = [
        (name, *(found.get(key, "–") for key in ("points", "never", "quantile_if_ever")))
        for name, found in by_block.items()
    ]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:],
        caption=f"From {common.title(a)} to {common.title(b)}, {event}: what each crux contributes to the stated gap",
    )  # fmt: skip


def settling(a: str, b: str, event: str) -> Html:
    """What coming observations would do to the two."""
    own = _meetings(a, b, event).sort_values("closes", ascending=False)
    titles = frame("signals").drop_duplicates("signal").set_index("signal")["title"]
    rows = [
        (titles[row["signal"]], row["known_by"], f"{-row['narrowing']:+.2f} ± {row['narrowing_mcse']:.2f}",
         f"{100 * row['voi_share_a']:.1f}", f"{100 * row['voi_share_b']:.1f}", f"{row['vod']:+.4f}", f"{row['bits']:.2f}",
         "yes" if row["double_crux"] else "")
        for row in records(own)
    ]  # fmt: skip
    heads = ["Observation", "Known by", "Change of distance, years", f"Learns: {common.short(a)}, %",
             f"Learns: {common.short(b)}, %", "VOD", "Bits about who is right", "Double crux"]  # fmt: skip
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[2:7],
                 caption=f"Every coming observation between the two, {event}", sortable=True)  # fmt: skip
