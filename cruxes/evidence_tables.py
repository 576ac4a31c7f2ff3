"""The ledger as the book shows it, what its rows did to whom, and which of them each encoding held unlikely.

Tables hold text as the ledger has it; whoever shows them escapes it (`cruxes.publication.html`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cruxes import refits
from cruxes.wording import STREAMS
from forecast import influence, predictive, summary
from forecast.artefacts import Kept
from forecast.evidence import asof, selection
from forecast.evidence.ledger import Ledger
from forecast.future import evidence as future
from forecast.influence import Group
from forecast.observations import KINDS
from forecast.rows import Blocks
from forecast.run import Evidence
from forecast.view import View

EVENTS = ("LOOP", "SWX3")
BY = "2030-12-31"

ACTS = {
    **dict.fromkeys(KINDS, "past: fitted"),
    **dict.fromkeys(future.KINDS, "future: weighs what acts only after today"),
    "none": "",
}
"""How a kind of rows enters a forecast."""

LEDGER_COLUMNS = (
    "id", "series", "subject", "observed_on", "published_on", "value", "low", "high", "interval", "bound", "unit",
    "grade", "source_title", "source_url", "stream", "used", "why_unused",
)  # fmt: skip
INFLUENCE_COLUMNS = (
    "worldview", "what", "rows", "whole_stream", "event", "value", "value_without", "change", "mcse", "how",
)  # fmt: skip


def rows_of(ledger: Ledger, *, day: date) -> pd.DataFrame:
    """LEDGER_COLUMNS, every row public on a day, newest first: its stream, or why it is not read. Days are ISO text,
    "" where unknown."""
    found = selection.use_on(ledger, day)
    found = found.assign(stream=found["kind"].map(STREAMS))
    found.loc[~found["used"], "stream"] = STREAMS["none"]
    found = found.sort_values(["public_on", "series", "subject", "id"], ascending=[False, True, True, True])
    for name in ("observed_on", "published_on"):
        found[name] = found[name].dt.strftime("%Y-%m-%d").fillna("")
    return found[list(LEDGER_COLUMNS)].reset_index(drop=True)


def streams(ledger: Ledger, *, day: date) -> pd.DataFrame:
    """One line for each series: stream, series, unit, cruxes, rows, public, used, first, last (observed), what it
    acts on, and why what is not used is not. Kinds in the order of STREAMS."""
    every = ledger.rows[ledger.rows["retracts"] == ""]
    public = dict(list(selection.use_on(ledger, day).groupby("series")))
    order, lines = list(STREAMS), []
    for name, part in every.groupby("series", sort=True):
        entry, seen = ledger.register.series.get(str(name)), public.get(name)
        kind = entry.kind if entry else "none"
        why = [] if seen is None else [reason for reason in dict.fromkeys(seen["why_unused"]) if reason]
        lines.append({
            "stream": STREAMS[kind], "series": str(name), "unit": part["unit"].iloc[0],
            "cruxes": ", ".join(entry.cruxes) if entry else "", "rows": len(part),
            "public": 0 if seen is None else len(seen), "used": 0 if seen is None else int(seen["used"].sum()),
            "first": part["observed_on"].min().date().isoformat(), "last": part["observed_on"].max().date().isoformat(),
            "acts_on": ACTS[kind], "why_unused": "; ".join(why) or ("nothing of it was public" if seen is None else ""),
            "kind": kind,
        })  # fmt: skip
    table = pd.DataFrame(lines)
    place = table["kind"].map(order.index)
    return (
        table.assign(place=place)
        .sort_values(["place", "series"])
        .drop(columns=["place", "kind"])
        .reset_index(drop=True)
    )


def unused(ledger: Ledger, *, day: date) -> pd.DataFrame:
    """What is not read and why: reason, rows, series (names), most rows first."""
    found = selection.use_on(ledger, day)
    found = found[~found["used"]]
    parts = found.groupby("why_unused").agg(
        rows=("id", "size"), series=("series", lambda names: ", ".join(dict.fromkeys(names)))
    )
    return parts.reset_index(names="reason").sort_values(["rows", "reason"], ascending=[False, True], ignore_index=True)


def moved_whom(
    kept: Sequence[Kept],
    ledger: Ledger,
    *,
    day: date,
    seed: int,
    events: Sequence[str] = EVENTS,
    refit: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """INFLUENCE_COLUMNS: P(event by the end of 2030) with all rows since the as-of date, and with one group of them left
    out: whole streams, and charts and single rows within them.

    ``kept`` holds the stated and updated views of each worldview and the variants that leave a stream out, which answer
    for theirs by a fit of their own. Otherwise draws are re-weighted where that can be trusted; where it cannot, ``how``
    is "only a refit can tell" and the numbers are missing, unless ``refit`` lets the sampler answer for whole streams.
    Raises sampling.NotConverged.
    """
    by = {(one.view.worldview.name, one.view.name, one.view.without): one for one in kept}
    evidence, frames = Evidence(ledger), []
    for name in dict.fromkeys(one.view.worldview.name for one in kept):
        stated, after = by.get((name, "stated", ())), by.get((name, "updated", ()))
        if stated is None or after is None or not _counted(after.blocks):
            continue
        variants = {one.view.without[0]: one for (who, _, left), one in by.items() if who == name and len(left) == 1}
        found = _of_one(
            stated, after, variants, evidence, day=day, seed=seed, events=events, refit=refit, report=report
        )
        frames.append(found.assign(worldview=name))
    if not frames:
        return pd.DataFrame(columns=list(INFLUENCE_COLUMNS))
    return pd.concat(frames, ignore_index=True)[list(INFLUENCE_COLUMNS)]


def _of_one(
    stated: Kept, after: Kept, variants: dict[str, Kept], evidence: Evidence, *, day: date, seed: int,
    events: Sequence[str], refit: bool, report: Callable[[str], None],
) -> pd.DataFrame:  # fmt: skip
    as_of, blocks, now = after.view.worldview.as_of, after.blocks, after.view
    counted = _counted(blocks)
    whole = [Group(what=STREAMS[kind], ids=ids) for kind, ids in _by_kind(blocks).items()]
    parts = [group for group in influence.groups(evidence.described(as_of, day, counted))
             if not any(set(group.ids) == set(stream.ids) for stream in whole)]  # fmt: skip
    fitted = {STREAMS[kind]: one for kind, one in variants.items()}
    tables = [
        influence.of_refit(group, now, fitted[group.what].view, events) for group in whole if group.what in fitted
    ]
    asked = [group for group in (*whole, *parts) if group.what not in fitted]
    candidates = [refits.draws_of(after, blocks)] if after.how == "fitted" else []
    if candidates:
        weighed, open_ones = influence.of_rows(asked, blocks, candidates, now=now, events=events)
        tables.append(weighed)
    else:
        open_ones = tuple(asked)
    streams_left = [group for group in open_ones if group in whole] if refit else []
    for group in streams_left:
        report(f"{now.worldview.name}: fitted without {group.what}")
        weight = influence.leaving_out(blocks, group.ids)
        rest = {kind: replace(block, weight=weight[kind]) for kind, block in blocks.items()}
        without = refits.fitted(stated, rest, evidence, day, seed=seed)
        tables.append(influence.of_refit(group, now, without.view, events))
    table = pd.concat(tables, ignore_index=True)
    table = table[(table["output_type"] == "cdf") & (table["output_type_id"] == BY)]
    left = [group for group in open_ones if group not in streams_left]
    table = pd.concat([table, *(_unknown(group, events) for group in left)], ignore_index=True)
    names = {group.what for group in whole}
    return table.assign(whole_stream=table["what"].isin(names))


def _unknown(group: Group, events: Sequence[str]) -> pd.DataFrame:
    missing = dict.fromkeys(("value", "value_without", "change", "mcse"), np.nan)
    return pd.DataFrame([
        {"what": group.what, "rows": len(group.ids), "event": event, "how": "only a refit can tell", **missing}
        for event in events
    ])  # fmt: skip


def _counted(blocks: Blocks) -> tuple[str, ...]:
    """Ids of the rows that count; "not yet" aside, which nobody published."""
    return tuple(row for kind, block in blocks.items() if kind != "absence" for row in block.counted)


def _by_kind(blocks: Blocks) -> dict[str, tuple[str, ...]]:
    return {kind: block.counted for kind, block in blocks.items() if kind != "absence" and block.counted}


def surprises(kept: Sequence[Kept], ledger: Ledger, *, day: date) -> pd.DataFrame:
    """How each stated view foresaw every row published since: worldview, id, stream, series, subject, observed_on,
    value, unit, tail_probability, log_score, mcse; least likely first.

    ``tail_probability`` is that of a reading at least as far out on either side (`predictive.surprise`).
    """
    evidence, frames = Evidence(ledger), []
    for one in kept:
        if one.view.name != "stated" or one.view.without:
            continue
        found = predictive.surprise(one.view, evidence.new(one.view.worldview.as_of, day))
        frames.append(found.assign(worldview=one.view.worldview.name))
    columns = ["worldview", "id", "stream", "series", "subject", "observed_on", "value", "unit", "tail_probability",
               "log_score", "mcse"]  # fmt: skip
    if not frames:
        return pd.DataFrame(columns=columns)
    said = asof.public_on(ledger, day)[["id", "series", "subject", "observed_on", "value", "unit"]]
    table = pd.concat(frames, ignore_index=True).merge(said, on="id", how="left")
    table = table.assign(stream=table["kind"].map(STREAMS), observed_on=table["observed_on"].dt.strftime("%Y-%m-%d"))
    return table.sort_values(["tail_probability", "worldview", "id"])[columns].reset_index(drop=True)


def headlines(kept: Sequence[Kept], *, events: Sequence[str] = EVENTS) -> pd.DataFrame:
    """P(event by the end of 2030) and P(never) of the updated views, with all rows and with a stream left out:
    worldview, event, without ("" for none), p, mcse, never, stopped."""
    lines = []
    for one in kept:
        if one.view.name == "updated":
            lines += [{**line, "without": "+".join(one.view.without)} for line in answers(one.view, events)]
    return pd.DataFrame(lines, columns=["worldview", "event", "without", "p", "mcse", "never", "stopped"])


def answers(view: View, events: Sequence[str]) -> list[dict[str, Any]]:
    """One line per event: worldview, event, p (by the end of 2030), mcse, never, stopped (by LOC or PAUSE)."""
    table, lines = summary.table(view, events), []
    for event in events:
        part = table[table["event"] == event]
        by = part[(part["output_type"] == "cdf") & (part["output_type_id"] == BY)].iloc[0]
        lines.append({
            "worldview": view.worldview.name, "event": event, "p": float(by["value"]), "mcse": float(by["mcse"]),
            "never": float(part.loc[part["output_type"] == "never", "value"].sum()),
            "stopped": float(part.loc[part["output_type"] == "stopped", "value"].sum()),
        })  # fmt: skip
    return lines
