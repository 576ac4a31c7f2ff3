"""The trust report as a page: every check with its figures, what falls short first, and on what it was measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import pandas as pd

from cruxes.figures.style import name_of
from cruxes.publication.html import Html, escape, table
from cruxes.publication.pages.common import paragraph, records
from cruxes.wording import bound, figure_with_unit, stream_name
from forecast.trust import checks
from forecast.trust import records as kept
from forecast.trust.records import Record

MANY = 12
"""Figures of a check beyond which they are folded."""


@cache
def record(name: str) -> Record | None:
    """One packaged record, compared with the model and the ledger that the book is made of; None where there is none."""
    from forecast.evidence import ledger

    if not (kept.PACKAGED / name / kept.MANIFEST).is_file():
        return None
    return kept.read(kept.PACKAGED, name, ledger=ledger.read())


def data(check: str, name: str) -> pd.DataFrame:
    """One table behind a check. Raises LookupError where the check has not been measured."""
    found = record(check)
    if found is None:
        raise LookupError(f"check {check!r} has not been measured")
    return found.tables[name]


def shows(check: str) -> Callable[[Callable[[], Html]], Callable[[], Html]]:
    """Of a function that shows a check: where that has not been measured, it says so instead."""

    def shown(function: Callable[[], Html]) -> Callable[[], Html]:
        @wraps(function)
        def show() -> Html:
            return not_measured(check) if record(check) is None else function()

        return show

    return shown


def not_measured(check: str) -> Html:
    """What to do about it."""
    one = checks.CHECKS[check]
    return paragraph(f"Not measured yet; {one.command or f'rsi trust run {check}'} does it.")


def summary() -> Html:
    """How many figures pass, in a table by check."""
    rows: list[tuple[object, ...]] = []
    for name, check in checks.CHECKS.items():
        found = record(name)
        if found is None:
            rows.append((check.asks, "not measured", "", "", ""))
            continue
        good = int(found.findings["passes"].sum())
        rows.append((
            check.asks, good, len(found.findings) - good, str(found.manifest["measured_on"]),
            f"other {' and '.join(found.differs)}" if found.differs else "as here",
        ))  # fmt: skip
    heads = ["Question", "Figures that pass", "Fall short", "Measured on", "Model, ledger, beliefs"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:3], caption="The trust report in short"
    )


def falls_short() -> Html:
    """What falls short, over all checks, each with its reason; the same figure of several views is one row."""
    short: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name in checks.CHECKS:
        for row in _rows(name):
            if not row["passes"]:
                short.setdefault((name, row["item"].partition(", ")[0]), []).append(row)
    rows = [(check, *_together(what, group)) for (check, what), group in short.items()]
    if not rows:
        return paragraph("Nothing falls short.")
    heads = ["Check", "Figure", "Found", "Wanted", "Why"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), row_heads=2, caption="Figures that fall short")


def _together(what: str, group: list[dict[str, Any]]) -> tuple[str, str, str, str]:
    """Figure, found, wanted and why of one figure, or of the same figure of several views."""
    first = group[0]
    wanted, why = bound(first["low"], first["high"]), str(first["says"])
    if len(group) == 1:
        return first["item"], figure_with_unit(first["value"], first["unit"]), wanted, why
    each = [f"{figure_with_unit(row['value'], '')} ({row['item'].partition(', ')[2]})" for row in group]
    return what, f"{', '.join(each)}; {first['unit']}", wanted, f"{why} (Said of the first.)"


def _rows(check: str) -> list[dict[str, Any]]:
    found = record(check)
    return [] if found is None else records(found.findings)


def findings(check: str) -> Html:
    """All figures of one check."""
    found = record(check)
    one = checks.CHECKS[check]
    if found is None:
        return not_measured(check)
    rows = [
        (
            row["item"], figure_with_unit(row["value"], row["unit"]), bound(row["low"], row["high"]),
            "passes" if row["passes"] else "falls short", row["says"],
        )
        for row in records(found.findings)
    ]  # fmt: skip
    heads = ["Figure", "Found", "Wanted", "Verdict", "What it means"]
    shown = table(
        pd.DataFrame(rows, columns=heads, dtype=object), caption=f"{one.asks} All figures", sortable=len(rows) > 20
    )
    if len(rows) > MANY:
        short = sum(row[3] != "passes" for row in rows)
        said = f"All {len(rows)} figures, of which {short or 'none'} {'falls' if short == 1 else 'fall'} short"
        shown = Html(f'<details class="rsi-details"><summary>{said}</summary>{shown}</details>')
    return Html(f"<p>{escape(measured_on(found))}</p>{shown}")


def measured_on(found: Record) -> str:
    """When, on how much, and whether on what the book is made of."""
    said = found.manifest
    since = (
        f" Measured on another {' and '.join(found.differs)} than that of this book: until it is measured again, read it "
        "as of then."
        if found.differs
        else ""
    )
    minutes = float(said["seconds"]) / 60.0
    how_long = f"{minutes:.0f} minutes" if minutes >= 1.5 else f"{float(said['seconds']):.0f} seconds"
    return f"Measured on {said['measured_on']} in {how_long}, seed {said['seed']}.{since}"


@shows("data")
def common_sense() -> Html:
    """Counterfactual ledgers: what common sense expects, and what happened."""
    own = data("data", "common_sense")
    heads = {"counterfactual": "Had it been that", "published": "What would have been published", "event": "Event",
             "expects": "Expected"} | {name: name_of(name) for name in own.columns[4:]}  # fmt: skip
    return table(
        own.fillna(""), heads=heads, row_heads=1, numbers=list(own.columns[4:]),
        caption="Change of the probability by the end of 2030, in points (Monte Carlo error in brackets)",
    )  # fmt: skip


@shows("calibration")
def astray() -> Html:
    """Quantities whose ranks leave their bands, and fits that needed a second try."""
    bands, fits = data("calibration", "bands"), data("calibration", "fits")
    rows = []
    for name, own in bands[bands["fault"].isna()].groupby("worldview", sort=False):
        out, made = own[~own["inside"]], fits[(fits["worldview"] == name) & fits["fault"].isna()]
        rows.append((
            _of_whom(str(name)), len(made), len(own), len(out), f"{0.01 * len(own):.1f}", ", ".join(out["quantity"]) or "–",
            int(made["retried"].sum()), int(made["poor"].sum()),
        ))  # fmt: skip
    heads = ["Prior", "Ledgers", "Quantities", "Outside", "By chance", "Which", "Fitted twice", "Still poor"]
    shown = table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=[*heads[1:5], *heads[6:]],
        caption="Ranks of simulated truths against simultaneous 99 % bands",
    )  # fmt: skip
    return Html(f"{shown}{asked_again()}")


def asked_again() -> Html:
    """What came of those whose ranks strayed too far, over as many other ledgers; nothing where nobody was asked."""
    found = record("calibration")
    if found is None or "again" not in found.tables:
        return Html("")
    said = []
    for name, own in found.tables["again"].groupby("worldview", sort=False):
        out = own.loc[~own["inside"], "quantity"]
        named = f" ({', '.join(out)})" if len(out) else ""
        said.append(
            f"{_of_whom(str(name))}, {int(own['ledgers'].iloc[0])} ledgers: {len(out)} of {len(own)} outside{named}"
        )
    return paragraph(
        "Whose ranks stray further than once in a hundred by chance is asked again on as many other ledgers. "
        f"{'; '.join(said)}."
    )


@shows("calibration")
def planted() -> Html:
    """What the same check says of a fault that was put there."""
    bands = data("calibration", "bands")
    rows = []
    for (name, fault), own in bands[bands["fault"].notna()].groupby(["worldview", "fault"], sort=False):
        out = own[~own["inside"]].sort_values("probability")
        rows.append((str(fault), _of_whom(str(name)), int(own["ledgers"].iloc[0]), len(out),
                     ", ".join(out["quantity"].head(5)) or "–"))  # fmt: skip
    heads = ["Fault", "Prior", "Ledgers", "Quantities outside", "The furthest"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[2:4], caption="A planted fault")


def _of_whom(name: str) -> str:
    return "broad prior" if name == "broad" else name_of(name)


@shows("predictive")
def streams() -> Html:
    """Per stream and worldview: how evenly readings lie, how wide, and whether they drift or cling together."""
    own = data("predictive", "streams")
    rows = [
        (
            stream_name(row["stream"]), _of_whom(row["worldview"]), int(row["n"]), f"{row['mean_pit']:.2f}", f"{row['spread']:.2f}",
            *(_probability(row[name]) for name in ("p_pit", "p_spread", "p_slope", "p_lag1")),
        )
        for row in records(own)
    ]  # fmt: skip
    heads = ["Stream", "After", "Readings", "Mean", "Spread", "Evenness, p", "Spread, p", "Drift, p", "Neighbours, p"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[2:], row_heads=2, sortable=True,
        caption="Where readings lie in their laws: mean (0.5 is right), spread of normal scores (1 is right), p-values",
    )  # fmt: skip


def _probability(p: float) -> str:
    return "–" if p != p else "<0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


@shows("mutations")
def mutations() -> Html:
    """Every planted fault and the test that noticed."""
    own = data("mutations", "mutations").fillna("")
    heads = {"name": "Fault", "file": "Where", "caught": "Caught", "by": "By", "seconds": "Seconds"}
    return table(own[list(heads)], heads=heads, sortable=True, numbers=["seconds"],
                 shown={"caught": lambda yes: "yes" if yes else "no"}, caption="Faults planted one at a time")  # fmt: skip


HEADLINES_MOVED = ("LOOP by 2030", "SWX3 by 2030", "ECON10 by 2035")
NOBODY = "nobody's beliefs"


@shows("structure")
def structures() -> Html:
    """Other mechanisms: what each says, by how much it moves the headlines, and whether it predicts better."""
    described, movers, scores = (data("structure", name) for name in ("structures", "movers", "scores"))
    now = movers[movers["view"] == "updated"].set_index(["structure", "headline"])
    rows = []
    for row in records(described):
        name = row["structure"]
        moves = [now.loc[(name, headline)] for headline in HEADLINES_MOVED]
        own = scores[scores["structure"] == name]
        since, all_rows = own[own["worldview"] != NOBODY], own[own["worldview"] == NOBODY]
        rows.append((
            name,
            *(f"{float(one['mean_move']):+.1f} ({float(one['most']):+.1f} {name_of(str(one['most_of']))})" for one in moves),
            *(f"{part['difference'].mean():+.2f} ± {part['error'].mean():.2f}" for part in (since, all_rows)),
        ))  # fmt: skip
    heads = ["One line changed", *HEADLINES_MOVED, "Rows since, nats", "All rows, nats"]
    moved = table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:],
        caption="Other mechanisms: mean move of the updated views in points (the largest of any), and log score against "
        "the model as it stands",
    )  # fmt: skip
    named = {"structure": "One line changed", "says": "What it says", "argued_by": "Who would argue for it",
             "source": "Its form"}  # fmt: skip
    return Html(moved + table(described[list(named)], heads=named, caption="What each says about the world"))


def largest_mover() -> Html:
    """One sentence: which change of structure moves which headline most."""
    if record("structure") is None:
        return Html("")
    movers = data("structure", "movers")
    now = movers[(movers["view"] == "updated") & movers["structure"].isin(data("structure", "structures")["structure"])]
    parts = []
    for headline in HEADLINES_MOVED:
        own = now[now["headline"] == headline]
        first = own.sort_values("mean_absolute_move").iloc[-1]
        parts.append(
            f"{headline}: {first['structure']}, {float(first['mean_absolute_move']):.0f} points in the mean of the views"
        )
    return paragraph(f"What moves each headline most, of these: {'; '.join(parts)}.")


@shows("data")
def few_horizons() -> Html:
    """Why METR's horizons move so little: how many have come since each view was stated, and what leaving them out does."""
    own = data("data", "streams")
    own = own[(own["kind"] == "horizon") & (own["event"] == "LOOP")]
    most = own.iloc[int(own["change"].abs().to_numpy().argmax())]
    return paragraph(
        f"METR's horizons hardly move anybody here, which a reader would not expect. Most were public when the views were "
        f"stated and are priced into them: {int(own['rows'].min())} to {int(own['rows'].max())} have come since. "
        f"Leaving those out altogether moves the probability of LOOP by the end of 2030 by at most "
        f"{abs(float(most['change'])):.1f} points ({name_of(str(most['worldview']))})."
    )
