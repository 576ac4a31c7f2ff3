"""Does the data matter, and does it push where common sense says?

Counterfactual readings, power-scaling of belief and rows, contraction, and the headlines without each stream, for every
worldview (`data_tables`), held against what was expected before any of it was computed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import priors
from forecast import posteriors
from forecast.trust import data_tables
from forecast.trust.counterfactuals import CHANGES
from forecast.trust.data_tables import BY, POINTS, Piece
from forecast.trust.findings import Context, Finding, Measured, table

CHECK = "data"

ERRORS = 2.0
"""Monte Carlo errors within which a change may go the wrong way."""

SMALLEST = 0.5
"""Points below which no table shows a change: wrong ways smaller than this are none."""

SURE_ERRORS = 4.0
"""For the largest of some thirty."""

LEAST_REACH = 0.1
"""Former standard deviations of shift, or share of contraction, from which a variable counts as reached."""

WAYS = {1: "up", -1: "down", 0: "either way"}


def measure(context: Context, *, worldviews: Sequence[str] | None = None) -> Measured:
    """Findings, and the tables of `data_tables.Piece` with copies and common_sense (what the book shows).

    Raises sampling.NotConverged where a published view fails its gate; a counterfactual that does is a finding that
    falls short.
    """
    names = list(priors.names() if worldviews is None else worldviews)
    one = partial(data_tables.of_worldview, ledger=context.ledger, day=context.day, seed=context.seed)
    pieces: list[Piece] = []
    for piece in map(one, names) if context.executor is None else context.executor.map(one, names):
        pieces.append(piece)
        context.report(len(pieces), len(names), names[len(pieces) - 1])
    tables = {
        part: pd.concat([getattr(piece, part) for piece in pieces], ignore_index=True)
        for part in Piece.__dataclass_fields__
    }
    tables["copies"] = data_tables.copies(context.ledger, day=context.day, worldviews=names)
    tables["common_sense"] = common_sense(tables["other_worlds"], tables["silence"])
    found = [
        *of_worlds(tables["other_worlds"]),
        *of_silence(tables["silence"]),
        *of_copies(tables["copies"]),
        *of_sensitivity(tables["sensitivity"]),
        *of_contraction(tables["contraction"]),
        *of_streams(tables["streams"]),
    ]
    return Measured(check=CHECK, findings=table(CHECK, found), tables=tables)


def of_worlds(other_worlds: pd.DataFrame) -> Iterator[Finding]:
    """For each counterfactual, worldview and event: the change goes the way it should, or hardly anywhere. And the mean
    over worldviews goes there beyond doubt where it ought to matter."""
    for row in other_worlds[other_worlds["expected"] != 0].to_dict(orient="records"):
        yield _one_way(
            f"{row['counterfactual']}: {row['event']}, after {row['worldview']}", row["change"], row["expected"],
            -_tolerance(row["error"]), _says_change(row),
        )  # fmt: skip
    for one in CHANGES:
        for event in one.matters:
            part = other_worlds[(other_worlds["counterfactual"] == one.name) & (other_worlds["event"] == event)]
            if part.empty:
                continue
            toward = part["change"] * part["expected"]
            error = float(np.sqrt(np.square(part["error"]).sum(skipna=False))) / len(part)
            yield Finding(
                item=f"{one.name}: {event}, mean of all", value=float(toward.mean(skipna=False)), unit="points",
                low=ERRORS * error,
                says=f"With {one.says}, P({event} by the end of {BY.year}) moves this far, on average, in the direction "
                "that common sense expects; it must be more than chance.",
            )  # fmt: skip


def _one_way(item: str, value: float, way: int, least: float, says: str) -> Finding:
    """``least``: the smallest change in that direction, negative where it may go the wrong way a little."""
    low, high = (least, np.inf) if way > 0 else (-np.inf, -least)
    if not np.isfinite(least):
        low = high = np.nan
    return Finding(item=item, value=value, unit="points", low=low, high=high, says=says)


def _says_change(row: Mapping[Hashable, Any]) -> str:
    if row["how"] == "not converged":
        return "The sampler did not converge on these rows, so there is no answer."
    wrong = -row["change"] * row["expected"] > _tolerance(row["error"])
    return (
        f"P({row['event']} by the end of {BY.year}) from {row['before']:.0f} to {row['after']:.0f} %, "
        f"Monte Carlo error {row['error']:.1f} points; expected: {WAYS[row['expected']]}."
        + (" It goes the other way, by more than chance." if wrong else "")
    )


def _tolerance(error: float) -> float:
    """Points by which a change may go the wrong way; not a number where there was no answer."""
    return max(ERRORS * error, SMALLEST) if np.isfinite(error) else np.nan


def of_silence(silence: pd.DataFrame) -> Iterator[Finding]:
    """Without a row since, the stated view but for no loop having been shown."""
    for name, part in silence.groupby("worldview", sort=False):
        yield Finding(
            item=f"nothing published since: weights, after {name}", value=float(part["apart"].max()),
            unit="relative difference", low=0.0, high=1e-9,
            says="With no row since the as-of date the view is the stated one times the chance that no loop had been "
            "shown, and nothing else.",
        )  # fmt: skip
        loop = part[part["event"] == "LOOP"].iloc[0]
        yield _one_way(
            f"nothing published since: LOOP, after {name}", float(loop["change"]), -1,
            -_tolerance(float(loop["error"])),
            "Months without a loop, and without any other news, bring nobody closer to it.",
        )  # fmt: skip


def of_copies(copies: pd.DataFrame) -> Iterator[Finding]:
    """A row twice is one row where the ledger can know it."""
    filed = copies[copies["what"] == "in a file"].iloc[0]
    yield Finding(
        item="copies in a file that were let in", value=float(filed["again"]), unit="rows", low=0.0, high=0.0,
        says=f"Each of {filed['rows']} rows a second time, under a new and right id: the reader refuses them by series, "
        "subject and days.",
    )  # fmt: skip
    later = copies[copies["what"] == "in memory, a day later"]
    share = later["again"].sum() / later["rows"].sum()
    yield Finding(
        item="copies that count if published a day later", value=float(POINTS * share), unit="percent of new rows",
        says="Nobody can tell a copy that is published again another day from a second measurement: it counts as one. "
        "Provenance, and what each row did (`rsi update`), are what would show it.",
    )  # fmt: skip


def of_sensitivity(sensitivity: pd.DataFrame) -> Iterator[Finding]:
    """How much hangs on belief and on rows, for information; that the weights may be trusted."""
    for (name, event), part in sensitivity.groupby(["worldview", "event"], sort=False):
        change = part.set_index("factor")["change"]
        error = part.set_index("factor")["error"]
        yield Finding(
            item=f"rows at twice the weight: {event}, after {name}", value=float(change["rows"]), unit="points",
            says=f"Error {error['rows']:.1f}; the belief at twice the weight: {change['belief']:+.1f} "
            f"(error {error['belief']:.1f}). Per doubling, from powers of 0.8 and 1.25.",
        )  # fmt: skip
    for name, part in sensitivity.groupby("worldview", sort=False):
        yield Finding(
            item=f"tail of the power-scaled weights, after {name!s}", value=float(part["shape"].max()), unit="Pareto k",
            high=posteriors.LARGEST_SHAPE,
            says=f"Below {posteriors.LARGEST_SHAPE} the weights behind the numbers on belief and rows may be trusted; "
            f"they are worth at least {part['effective'].min():.0f} draws.",
        )  # fmt: skip


def reached(contraction: pd.DataFrame) -> pd.Series:
    """Which variables rows have moved or narrowed: by at least LEAST_REACH, and by more than chance."""
    parts = [
        (contraction[what].abs() >= LEAST_REACH)
        & (contraction[what].abs() > SURE_ERRORS * contraction[f"{what}_error"])
        for what in ("shift", "contraction")
    ]
    return parts[0] | parts[1]


def of_contraction(contraction: pd.DataFrame) -> Iterator[Finding]:
    """Which cruxes rows have reached; that they have reached some, and none of those that no row speaks of."""
    found = contraction.assign(reached=reached(contraction))
    for name, part in found.groupby("worldview", sort=False):
        hit = part.groupby("crux", sort=False)["reached"].any()
        left = [str(crux) for crux in hit.index[~hit]]
        yield Finding(
            item=f"cruxes not reached, after {name}", value=float(len(left)), unit=f"of {len(hit)} cruxes",
            says=f"Still as stated: {', '.join(left) or 'none'}. Reached: {', '.join(map(str, hit.index[hit]))}.",
        )  # fmt: skip
        most = part.iloc[int(part["shift"].abs().to_numpy().argmax())]
        yield Finding(
            item=f"largest shift of a belief, after {name}", value=abs(float(most["shift"])), unit="standard deviations",
            low=max(LEAST_REACH, SURE_ERRORS * float(most["shift_error"])),
            says=f"Of {most['variable']}, by {most['shift']:+.2f}: were there none, data would not matter.",
        )  # fmt: skip
        unread = part[~part["read"]]
        errors = pd.concat([(unread[w] / unread[f"{w}_error"]).abs() for w in ("shift", "contraction")])
        yield Finding(
            item=f"beliefs that no row speaks of, after {name}", value=float(errors.max()), unit="errors",
            low=0.0, high=SURE_ERRORS,
            says=f"Largest change of {', '.join(unread['variable'])}, the tilt apart: they must be as they were stated.",
        )  # fmt: skip


def of_streams(streams: pd.DataFrame) -> Iterator[Finding]:
    """For each worldview and event the stream that carries most, for information; that each has an answer."""
    for (name, event), part in streams.groupby(["worldview", "event"], sort=False):
        known = part[part["change"].notna()]
        most = known.iloc[int(known["change"].abs().to_numpy().argmax())]
        yield Finding(
            item=f"largest stream: {event}, after {name}", value=float(most["change"]), unit="points",
            says=f"{most['kind']} ({most['rows']} rows): P({event} by the end of {BY.year}) is {most['with']:.0f} % with "
            f"it and {most['without']:.0f} % without, error {most['error']:.1f} points.",
        )  # fmt: skip
    yield Finding(
        item="streams left out without an answer", value=float(streams["change"].isna().sum()), unit="fits",
        low=0.0, high=0.0, says="Fits without one kind of rows that did not converge.",
    )  # fmt: skip


def common_sense(other_worlds: pd.DataFrame, silence: pd.DataFrame) -> pd.DataFrame:
    """For a reader: one row for each counterfactual and event with what would have been published, what common sense
    expects of P(event by the end of 2030), and by worldview what happened, in points with the error in brackets."""
    says = {one.name: one.says for one in CHANGES} | {QUIET: "nothing at all since the worldview spoke"}
    quiet = silence.assign(counterfactual=QUIET, expected=-1)
    every = pd.concat([other_worlds, quiet], ignore_index=True)
    found = []
    for (name, event), part in every.groupby(["counterfactual", "event"], sort=False):
        ways = {WAYS[way] for way in part["expected"]}
        expects = ways.pop() if len(ways) == 1 else "towards what was stated"
        happened = {
            str(row["worldview"]): f"{row['change']:+.1f} ({row['error']:.1f})"
            for row in part.to_dict(orient="records")
        }
        found.append(
            {"counterfactual": name, "published": says[str(name)], "event": event, "expects": expects, **happened}
        )
    return pd.DataFrame(found)


QUIET = "nothing published since"
