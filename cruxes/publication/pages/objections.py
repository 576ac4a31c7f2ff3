"""The number that bears on each objection to this model, from the book's tables; functions in the order of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations
from math import hypot
from typing import Any

import numpy as np
import pandas as pd

import priors
from cruxes.figures.style import name_of
from cruxes.publication.html import Html, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import named, paragraph, records, title
from cruxes.publication.people import PEOPLE
from cruxes.wording import LEVELS, STREAMS, percent
from forecast.scoring import ALL, NOT_OWN, NOT_REPORTED
from priors import decimal_year
from priors.schema import Strength
from priors.worldview import BASELINE

YEAR = 2030
"""To whose end the headline of the book looks."""

WRITTEN_ON = date(2026, 11, 21)
"""Day on which the worldview files of the named five were first committed."""

HALTS = (0.01, 0.03)
"""Chances a year of a halt from outside, as examples: nobody here has given one."""

HALTED_BY = (2030, 2050)
NOTHING = "–"


def last_percent() -> Html:
    """How often AI can do four fifths of the research and the loop is not closed, and how often takeoff follows.

    LOOP is never seen before RE, so the first is P(RE seen) less P(LOOP seen).
    """
    rows = []
    for name in PEOPLE:
        most, closed, fast = (common.by(name, event, YEAR) for event in ("RE", "LOOP", "SWX3"))
        waiting = max(most - closed, 0.0)
        rows.append((named(name), *map(percent, (most, waiting, closed, fast)), percent(common.never(name, "LOOP"))))
    heads = ["After", "RE", "RE and no LOOP", "LOOP", "SWX3", "LOOP never"]
    return _table(
        rows, heads, caption=f"Between RE (four fifths of AI R&D) and LOOP: seen by the end of {YEAR}, updated, percent"
    )


def horizons() -> Html:
    """The headline without METR's readings since each date, and how many readings are only bounds."""
    points = common.frame("points")
    own = points[points["stream"] == "horizon-p50"]
    bounds = int((own["censored"] == "above").sum())
    newest = own.sort_values("observed_on").tail(5)
    late = int((newest["censored"] == "above").sum())
    said = paragraph(
        f"Of {len(own)} published horizons {bounds} {'is' if bounds == 1 else 'are'} read as a lower bound, {late} of them "
        f"among the newest {len(newest)}."
    )
    return Html(_left_out("horizon", "METR's horizons") + said)


def self_reports() -> Html:
    """How many of the rows since are reports by a lab on itself, and each score with and without them."""
    rows = []
    for name in PEOPLE:
        every, rest = (_score(name, which) for which in (ALL, NOT_REPORTED))
        reported = int(every["rows"]) - int(rest["rows"]) if every and rest else 0
        rows.append((
            named(name), str(int(every["rows"])) if every else "0", str(reported), _gained(every), _gained(rest),
            *(_moved(name, STREAMS[kind]) for kind in ("share", "pace")),
        ))  # fmt: skip
    heads = ["After", "Rows", "Self-reports", "Nats, all", "Nats, without", "Shares", "Pace"]
    return _table(rows, heads, caption="Reports by a laboratory on itself: nats over the baseline on the rows scored, with and "
                  f"without them; points by which shares of tasks and statements on pace move P(LOOP by the end of {YEAR})")  # fmt: skip


def one_laboratory() -> Html:
    """The headline without one lab's chart, and the score of whoever it employs, with and without its rows."""
    lines = []
    for name in PEOPLE:
        every, rest = _score(name, ALL), _score(name, NOT_OWN)
        if every and rest:
            lines.append(
                f"{title(name)} ({priors.load(name).affiliation}): {_gained(every)} nats over the baseline on all "
                f"{int(every['rows'])} rows scored, {_gained(rest)} on the {int(rest['rows'])} that are not their employer's."
            )
    return Html(_left_out("share", "the R&D-share chart") + common.bullets(lines))


def stand_ins() -> Html:
    """What could not be asked of an encoding, and how far one can be told from the next at all."""
    targets, apart = common.frame("targets"), common.frame("apart")
    own = apart[(apart["view"] == "updated") & (apart["event"] == "LOOP")]
    overlap = {frozenset((r["a"], r["b"])): float(r["overlap"]) for r in records(own)}
    rows = []
    for name in PEOPLE:
        asked = targets[targets["worldview"] == name]
        missing = int((asked["verdict"] == "not expressible").sum())
        shared = sorted((overlap[frozenset((name, other))], other) for other in PEOPLE if other != name)
        (far, farthest), (near, nearest) = shared[0], shared[-1]
        rows.append((named(name), f"{missing} of {len(asked)}", f"{name_of(nearest)} ({percent(near)} %)",
                     f"{name_of(farthest)} ({percent(far)} %)"))  # fmt: skip
    bands = {name: _band(name, "updated") for name in PEOPLE}
    pairs = list(combinations([name for name in PEOPLE if bands[name]], 2))
    alike = sum(_meet(bands[a], bands[b]) for a, b in pairs)
    said = paragraph(
        f"In {alike} of {len(pairs)} pairs the ranges that fair encodings of the two give to P(LOOP by the end of {YEAR}), "
        "updated, meet: which of such a pair gives the loop the higher chance hangs on our choice of numbers."
    )
    heads = ["After", "Cannot be asked", "Most alike", "Least alike"]
    return Html(_table(rows, heads, caption="Targets that the model cannot be asked, and the share of probability that the "
                       "forecast of LOOP has in common with that of another of the five, updated") + said)  # fmt: skip


def tuned() -> Html:
    """Targets met, by whose number it is; the bend; rows that nobody could have tuned to; and coverage of the backtest."""
    targets, made = common.frame("targets"), common.frame("made")
    rows = []
    for name in PEOPLE:
        asked = targets[(targets["worldview"] == name) & (targets["verdict"] != "not expressible")]
        explicit = asked["kind"] == "explicit"
        counts = [
            f"{int((part['verdict'] == 'met').sum())} of {len(part)}" for part in (asked[explicit], asked[~explicit])
        ]
        stated = made[(made["worldview"] == name) & (made["view"] == "stated")]
        since, unseen = _unseen(name)
        rows.append((named(name), *counts, f"{float(stated['bend'].iloc[0]):.3f}", str(since), str(unseen)))
    heads = ["After", "Own numbers met", "Readings of ours met", "Bend, nats", "Rows since", "Published after the file"]
    return Html(
        _table(rows, heads, caption="Targets of the stated views, and rows that could not have been tuned to")
        + common.bullets(_coverage())
    )


def numbers_of_ours() -> Html:
    """Whose numbers an encoding is made of, and how far other fair numbers move it."""
    rows = []
    for name in PEOPLE:
        found = priors.load(name)
        counts = Counter(belief.strength for belief in found.beliefs.values())
        kept = sum(target.honour is not None for target in found.targets)
        rows.append((
            named(name), *(str(counts[strength]) for strength in (Strength.STATED, Strength.QUALITATIVE, Strength.INFERRED)),
            str(kept), *(_range(_band(name, view)) for view in common.VIEWS), _range(_band(name, "updated", "never")),
        ))  # fmt: skip
    heads = ["After", "Theirs", "On words", "Inferred", "Kept", "Stated", "Updated", "Never"]
    return _table(rows, heads, caption="Numbers put in: theirs, ours on words of theirs, inferred by us; numbers of theirs kept by "
                  f"the tilt; and over fair encodings the range of P(LOOP by the end of {YEAR}) and, updated, of never, percent")  # fmt: skip


def counted_twice() -> Html:
    """Rows and the sources behind them, each score with one vote for each source, and what twice the weight would do.

    Sensitivities are derivatives by log2 of the weight, so those of kinds add up to that of all rows.
    """
    leaning = common.frame("leaning")
    rows = []
    for name in PEOPLE:
        every = _score(name, ALL)
        own = leaning[leaning["worldview"] == name].sort_values("sensitivity", key=abs)
        twice, heaviest = NOTHING, NOTHING
        if len(own):
            kind, most = own["kind"].iloc[-1], float(own["sensitivity"].iloc[-1])
            twice, heaviest = _signed(100 * float(own["sensitivity"].sum())), f"{_kind(kind)} ({_signed(100 * most)})"
        rows.append((
            named(name), *(str(int(every[what])) if every else "0" for what in ("rows", "votes")),
            *(_signed(every.get(what, np.nan)) for what in ("difference", "difference_one_vote_each")), twice, heaviest,
        ))  # fmt: skip
    heads = ["After", "Rows", "Sources", "Nats", "One vote each", "All twice", "Heaviest kind twice"]
    return _table(rows, heads, caption="Rows scored and the sources behind them; nats over the baseline, by row and with one vote "
                  f"a source; points of P(LOOP by the end of {YEAR}) if rows had twice their weight (to first order)")  # fmt: skip


def halts() -> Html:
    """What a halt from outside would take: LOOP under a constant hazard, independent of all else."""
    rows = []
    for name in PEOPLE:
        years, chances = _curve(name)
        cells = []
        for year in HALTED_BY:
            cells += [percent(common.by(name, "LOOP", year))]
            cells += [percent(seen_despite(years, chances, until=year + 1.0, halt=halt)) for halt in HALTS]
        rows.append((named(name), percent(common.stopped(name, "LOOP")), percent(common.never(name, "LOOP")), *cells))
    heads = ["After", "Stopped", "Never"]
    heads += [f"{year}{how}" for year in HALTED_BY for how in ("", *(f", {100 * halt:g} %" for halt in HALTS))]
    return _table(rows, heads, caption="LOOP, updated, percent: stopped by loss of control or a pause, never, and seen by the end of a "
                  "year, as published and with a halt from outside that has the given chance in every year")  # fmt: skip


def seen_despite(years: np.ndarray, chances: np.ndarray, *, until: float, halt: float) -> float:
    """P(seen before ``until`` and before a halt) from P(seen before each of ``years``), both (n,), increasing.

    ``halt`` is the chance of one in any year from the first of ``years`` on, independent of the event; what is seen between
    two years is seen in their middle.
    """
    inside = years <= until
    years, chances = years[inside], chances[inside]
    middle = 0.5 * (years[1:] + years[:-1]) - years[0]
    return float(chances[0] + np.diff(chances) @ (1.0 - halt) ** middle)


def economy() -> Html:
    """When output grows by a tenth, how much of the disagreement the lag carries, and whether evidence has reached it."""
    rows = [
        (named(name), *(percent(common.by(name, "ECON10", year)) for year in (YEAR, 2050)), percent(common.never(name, "ECON10")),
         percent(common.stopped(name, "ECON10")), *(common.date_text(name, "ECON10", level) for level in LEVELS))
        for name in PEOPLE
    ]  # fmt: skip
    heads = ["After", f"by {YEAR}", "by 2050", "never", "stopped", *(f"{100 * level:.0f} %" for level in LEVELS)]
    edges = common.frame("map-edges")
    lag = edges[(edges["event"] == "ECON10") & (edges["block"] == "C8")]["share"]
    reached = common.frame("reached")
    own = reached[reached["worldview"].isin(PEOPLE) & reached["variable"].isin(["L", "T_broad"])]
    narrowed = own.sort_values("contraction").iloc[-1]
    said = paragraph(
        f"Of what the five disagree about on ECON10 by the end of {YEAR}, diffusion carries {percent(float(lag.sum()))} %. The most "
        f"that evidence has narrowed anybody's belief about it is {100 * float(narrowed['contraction']):.0f} % "
        f"({priors.variables()[narrowed['variable']].name}, {title(narrowed['worldview'])})."
    )
    return Html(_table(rows, heads, caption="ECON10, updated: chances in percent, and dates if it ever happens") + said)


def _table(rows: Sequence[Sequence[object]], heads: list[str], *, caption: str) -> Html:
    return table(pd.DataFrame(rows, columns=heads, dtype=object), caption=caption, numbers=heads[1:])


def _left_out(kind: str, what: str) -> Html:
    """The headline with all rows and without a kind of them, the baseline last."""
    rows = []
    for name in (*PEOPLE, BASELINE):
        every, rest = (_first("headlines", worldview=name, event="LOOP", without=one) for one in ("", kind))
        change = 100 * (float(every["p"]) - float(rest["p"]))
        rows.append((named(name), percent(every["p"]), percent(rest["p"]), f"{_signed(change)} ± {100 * hypot(every['mcse'], rest['mcse']):.1f}",
                     percent(every["never"]), percent(rest["never"])))  # fmt: skip
    heads = ["After", "All rows", "Without", "Points that they add", "Never", "Never, without"]
    return _table(
        rows, heads, caption=f"P(LOOP by the end of {YEAR}), updated, percent, without {what} since each date"
    )


def _first(name: str, **keys: object) -> dict[str, Any]:
    """The first line of a table with these values; empty where there is none."""
    found = common.frame(name)
    for column, value in keys.items():
        found = found[found[column] == value]
    return records(found.head(1))[0] if len(found) else {}


def _score(worldview: str, selection: str) -> dict[str, Any]:
    return _first("scores", worldview=worldview, selection=selection)


def _gained(score: Mapping[str, Any]) -> str:
    """Nats over the baseline, with the range over fair encodings."""
    if not score or score["difference"] != score["difference"]:
        return NOTHING
    return f"{score['difference']:+.1f} ({score['difference_low']:+.1f} to {score['difference_high']:+.1f})"


def _signed(value: float) -> str:
    """With its sign and one digit, and no minus on a nought."""
    return NOTHING if value != value else f"{round(value, 1) + 0.0:+.1f}"


def _moved(worldview: str, stream: str) -> str:
    """By how many points a whole stream moves P(LOOP by the end of 2030)."""
    row = _first("moved", worldview=worldview, what=stream, event="LOOP")
    if not row:
        return NOTHING
    if row["change"] != row["change"]:
        return "only a refit can tell"
    return f"{_signed(100 * row['change'])} ± {100 * row['mcse']:.1f}"


def _band(worldview: str, view: str, what: str = "by") -> tuple[float, float] | None:
    """Lowest and highest P(LOOP by the end of 2030), or of never, over fair encodings; None where there is none."""
    table = common.frame("encodings")
    own = table[(table["worldview"] == worldview) & (table["view"] == view) & (table["event"] == "LOOP")]
    found = own[what].dropna().to_numpy(float)
    return (float(found.min()), float(found.max())) if len(found) else None


def _meet(a: tuple[float, float] | None, b: tuple[float, float] | None) -> bool:
    return a is not None and b is not None and max(a[0], b[0]) <= min(a[1], b[1])


def _range(band: tuple[float, float] | None) -> str:
    return NOTHING if band is None else f"{percent(band[0])} to {percent(band[1])}"


def _unseen(worldview: str) -> tuple[int, int]:
    """Rows since a view was stated, and those of them that were published after its file was written."""
    rows, ledger = common.frame("surprises"), common.frame("ledger")
    own = rows[rows["worldview"] == worldview]["id"]
    published = ledger.set_index("id")["published_on"].reindex(own).fillna("")
    return len(own), int((published > WRITTEN_ON.isoformat()).sum())


def _coverage() -> list[str]:
    own = common.frame("coverage")
    own = own[(own["stand"] == "all") & (own["level"] == 0.8)]
    return [
        f"Backtest, {_kind(row['kind'])}, rows dated by when they were {row['clock']}: {100 * row['level']:.0f} % intervals "
        f"held {100 * row['covered']:.0f} % of {row['outcomes']} outcomes ({100 * row['low']:.0f} to {100 * row['high']:.0f}, were they independent)."
        for row in records(own)
    ]  # fmt: skip


def _kind(kind: str) -> str:
    return STREAMS.get(kind, "No loop shown so far")


def _curve(worldview: str) -> tuple[np.ndarray, np.ndarray]:
    """Years since the day of the book, and P(LOOP seen before each), updated; the day itself comes first."""
    own = common.frame("curves")
    own = own[
        (own["worldview"] == worldview)
        & (own["view"] == "updated")
        & (own["event"] == "LOOP")
        & (own["output_type"] == "cdf")
    ]
    years, chances = own["year"].to_numpy(float), own["value"].to_numpy(float)
    start = decimal_year(common.today())
    later = years > start
    first = float(np.interp(start, years, chances))
    return np.append(start, years[later]), np.append(first, chances[later])
