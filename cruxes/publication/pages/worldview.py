"""The page of one worldview: who, what they said, how it became numbers, what follows, and where it may be wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

import priors
from cruxes.publication.html import Html, escape, link, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, named, paragraph, records
from cruxes.wording import percent
from priors.schema import Crux, IntervalBelief, Strength, TwoHumpedBelief
from priors.worldview import BASELINE

GRADES = {
    "S": "read in full", "P": "the author's own page, read in part", "C": "a full copy, read",
    "X": "known from press or summary",
}  # fmt: skip
STRENGTHS = {
    Strength.STATED: "their number", Strength.QUALITATIVE: "their words, our number", Strength.INFERRED: "inferred by us"
}  # fmt: skip


def about(name: str) -> Html:
    """Who, as of when, and that this is an encoding."""
    found = priors.load(name)
    basis = "" if found.as_of_basis == "stated" else " (a day that we assumed)"
    who = f"{found.label}. " if found.label else ""
    ask = "" if name == BASELINE else ' <a href="#if-this-is-you">If we have it wrong, tell us.</a>'
    whose = (
        "It is nobody's view."
        if name == BASELINE
        else "This is our encoding of published words, not endorsed by their author."
    )
    return Html(
        f'<p class="rsi-lead">{escape(found.summary)}</p>'
        f"<p>{escape(who)}As of {found.as_of.isoformat()}{basis}: what was public by then is part of the view; "
        f"everything published since is evidence. {whose}{ask}</p>"
    )


def forecast(name: str, event: str) -> Html:
    """Its dates, with the baseline beneath."""
    return common.forecasts([name, "trend"] if name != "trend" else [name], event)


def in_a_sentence(name: str) -> Html:
    """The headline in words, never without the chance of never."""
    said, now = (common.by(name, "LOOP", 2030, view=view) for view in common.VIEWS)
    low, high = (common.date_text(name, "LOOP", level) for level in (0.1, 0.9))
    middle = common.date_text(name, "LOOP", 0.5)
    evidence = _evidence_in_words(said, now)
    return paragraph(
        f"The loop is seen closed by the end of 2030 with probability {percent(said)} % as stated and {percent(now)} % "
        f"after the evidence since ({evidence}). If it ever closes, the middle date is {middle} and four in five lie between {low} "
        f"and {high}; never by 2100: {percent(common.never(name, 'LOOP'))} %; stopped first by loss of control or a pause: "
        f"{percent(common.stopped(name, 'LOOP'))} %."
    )


def _evidence_in_words(said: float, now: float) -> str:
    points = round(100 * now) - round(100 * said)
    if points == 0:
        return "it has hardly moved the view"
    return f"it has moved the view by {points:+d} points"


def claims(name: str) -> Html:
    """What the person says, in our words, with the crux it bears on and its source."""
    found = priors.load(name)
    sources = {source.key: source for source in found.sources}
    rows = []
    for claim in found.claims:
        keys = [key.strip() for key in claim.source.split(",")]
        where = Html("; ".join(link(s.url, s.title) if (s := sources.get(key)) and s.url else
                               escape(s.title if s else key) for key in keys))  # fmt: skip
        rows.append((claim.id, claim.says, ", ".join(claim.crux), str(claim.strength), where))
    return table(
        pd.DataFrame(rows, columns=["Claim", "In our words", "Crux", "Strength", "Source"], dtype=object),
        caption=f"Claims of {found.label}",
    )


def sources(name: str) -> Html:
    """Where the words come from, and how well each was checked."""
    found = priors.load(name)
    rows = [
        (link(s.url, s.title) if s.url else s.title, str(s.date), GRADES[str(s.grade)]) for s in found.sources
    ]  # fmt: skip
    return table(pd.DataFrame(rows, columns=["Source", "Date", "Checked"], dtype=object), caption="Sources")


def beliefs(name: str) -> Html:
    """Every number put in, whose it is, and why."""
    found, variables = priors.load(name), priors.variables()
    rows = []
    for crux in Crux:
        for variable in variables.values():
            if variable.crux != crux or variable.id not in found.beliefs:
                continue
            belief = found.beliefs[variable.id]
            rows.append((
                f"{variable.symbol} {variable.name}", str(crux), _belief(belief), variable.unit,
                STRENGTHS[belief.strength], belief.why, belief.source,
            ))  # fmt: skip
    heads = ["Variable", "Crux", "Believed", "Unit", "Whose number", "Why", "From"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), caption="Beliefs as they were put in")


def _belief(belief: object) -> str:
    if isinstance(belief, IntervalBelief):
        low, high = belief.interval
        return f"{_short(low)} to {_short(high)} ({100 * belief.mass:.0f} %)"
    if isinstance(belief, TwoHumpedBelief):
        (a, b), (c, d) = belief.low, belief.high
        return (
            f"{_short(a)} to {_short(b)}, or {_short(c)} to {_short(d)} with probability "
            f"{100 * belief.weight_high:.0f} %"
        )  # fmt: skip
    return f"{100 * belief.value:.0f} %" if isinstance(belief, priors.schema.ValueBelief) else str(belief)


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:g}"


def whose_numbers(name: str) -> Html:
    """One line on how much of the encoding is the person's own."""
    found = priors.load(name)
    counts = Counter(belief.strength for belief in found.beliefs.values())
    total = sum(counts.values())
    own = sum(target.honour is not None for target in found.targets)
    kept = {0: "No date or probability", 1: "One probability"}.get(own, f"{own} probabilities")
    verb = "is" if own <= 1 else "are"
    return paragraph(
        f"Of {total} numbers put in, {counts[Strength.STATED]} are the author's own, {counts[Strength.QUALITATIVE]} are "
        f"ours on words of theirs, and {counts[Strength.INFERRED]} are inferred by us. {kept} of the author's {verb} kept "
        "exactly by the tilt described on the methods page."
    )


def fidelity(name: str) -> Html:
    """Does the stated view say what the person said? Every target with its value."""
    own = frame("targets")
    own = own[(own["worldview"] == name) & (own["verdict"] != "not expressible")]
    rows = [
        (row["number"] + ("*" if row["kind"] == "explicit" else ""), row["says"], _value(row["value"], row["mcse"]),
         f"{_short(row['low'])} to {_short(row['high'])}", row["verdict"])
        for row in records(own)
    ]  # fmt: skip
    return table(
        pd.DataFrame(rows, columns=["Target", "What a faithful forecast says", "Ours", "Accepted", "Verdict"], dtype=object),
        caption="Fidelity targets of the stated view (* a number of the author's own)", numbers=["Ours"],
    )  # fmt: skip


def _value(value: float, error: float) -> str:
    return f"{value:.3g}" if error != error or error == 0.0 else f"{value:.3g} ± {error:.1g}"


def fidelity_in_words(name: str) -> Html:
    """Counts, the bend, and what could not be asked."""
    own = frame("targets")
    own = own[own["worldview"] == name]
    asked = own[own["verdict"] != "not expressible"]
    missed = asked[asked["verdict"] == "missed"]
    made = frame("made")
    bend = float(made[(made["worldview"] == name) & (made["view"] == "stated")]["bend"].iloc[0])
    text = f"{(asked['verdict'] == 'met').sum()} of {len(asked)} targets are met"
    text += "." if missed.empty else f"; missed: {'; '.join(missed['says'])}."
    honoured = asked[asked["asked"].notna()]
    for row in records(honoured):
        text += f" Kept as stated: {row['says']} ({100 * row['value']:.1f} %; {100 * row['untilted']:.1f} % before the tilt)."
    text += f" The tilt bends the view by {bend:.3f} nats." if len(honoured) else " No tilt was needed."
    return paragraph(text)


def not_expressible(name: str) -> Html:
    """Targets that the mechanism cannot be asked, and what it would take."""
    own = frame("targets")
    own = own[(own["worldview"] == name) & (own["verdict"] == "not expressible")]
    if own.empty:
        return Html("")
    return common.bullets([f"{row['says']} It would need: {row['needs']}" for row in records(own)])


def moved_by(name: str) -> Html:
    """Coming observations that would move this view most, with what it expects of each."""
    own = frame("signals")
    own = own[(own["worldview"] == name) & (own["event"] == "LOOP") & ~own["asked_itself"]]
    own = own.sort_values("bits", ascending=False).head(6)
    rows = [(row["title"], row["known_by"], expectation(row), f"{row['bits']:.2f}") for row in records(own)]
    return table(
        pd.DataFrame(rows, columns=["Observation", "Known by", "This encoding expects", "Bits about LOOP"], dtype=object),
        caption="What would move this view most", numbers=["Bits about LOOP"],
    )  # fmt: skip


def expectation(row: Mapping[str, Any]) -> str:
    """A chance in percent, or the central four fifths of a reading."""
    if row["chance"] == row["chance"]:
        return f"{percent(row['chance'])} %"
    low, high = (_reading(row[end]) for end in ("low", "high"))
    return f"{low} to {high} {row['unit']}" if low != high else f"{low} {row['unit']}"


def _reading(value: float) -> str:
    return ">999" if value >= 1000 else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def neighbours(name: str) -> Html:
    """How far this forecast is from each of the others."""
    table_ = frame("apart")
    own = table_[(table_["event"] == "LOOP") & ((table_["a"] == name) | (table_["b"] == name))]
    rows: dict[str, dict[str, float]] = {}
    for row in records(own):
        other = row["b"] if row["a"] == name else row["a"]
        rows.setdefault(other, {})[row["view"]] = row["years_capped"]
    shown = [
        (named(other), f"{found['stated']:.1f}", f"{found['updated']:.1f}")
        for other, found in sorted(rows.items(), key=lambda item: item[1]["updated"])
    ]
    heads = ["From", "Years apart as stated", "Years apart after the evidence"]
    return table(
        pd.DataFrame(shown, columns=heads, dtype=object), numbers=heads[1:],
        caption="Distance between forecasts of LOOP (Wasserstein, not seen counting as 2100)",
    )  # fmt: skip


def share_of_inference(name: str) -> float:
    """Of the numbers put in, the share that is ours altogether."""
    strengths = [belief.strength for belief in priors.load(name).beliefs.values()]
    return sum(one is Strength.INFERRED for one in strengths) / len(strengths)


def other_encodings(name: str) -> Html:
    """The band of other fair encodings, and how much of the forecast it says is ours."""
    table_ = frame("encodings")
    own = table_[(table_["worldview"] == name) & (table_["how"] != "failed")]
    rows = []
    for event in ("LOOP", "SWX3"):
        for view in common.VIEWS:
            part = own[(own["event"] == event) & (own["view"] == view)]
            said, others = part[part["encoding"] == 0], part[part["encoding"] > 0]
            low, high = others["by"].quantile([0.1, 0.9])
            rows.append((event, view, percent(float(said["by"].iloc[0])), f"{percent(low)} to {percent(high)}",
                         _year_range(others["middle"]), f"{percent(float(others['never'].min()))} to {percent(float(others['never'].max()))}",
                         str(len(others))))  # fmt: skip
    heads = [
        "Event",
        "View",
        "by 2030, published",
        "by 2030, others (10 to 90 %)",
        "Middle date if ever, others",
        "Never, others",
        "Encodings",
    ]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[2:], row_heads=2,
                 caption=f"Other fair encodings of {priors.load(name).label}: percent, and dates")  # fmt: skip


def _year_range(middle: pd.Series) -> str:
    known = middle.dropna()
    return "–" if known.empty else f"{known.min():.1f} to {known.max():.1f}"


def correction(name: str) -> Html:
    """How the author can put us right."""
    found = priors.load(name)
    file = f"priors/worldviews/{found.name}-{found.as_of.isoformat()}.toml"
    return Html(
        "<p>Open an issue in this project's repository with the name of the file "
        f"<code>{escape(file)}</code> in its title, or propose a corrected file beside it; one number or one sentence is "
        "enough. Your correction becomes a second, dated file, shown under your name from that day with its source. The "
        "first one stays as it was, so that a track record cannot be rewritten, and nothing is ever changed silently. "
        'What we cannot express is shown in your words. <a href="land.html">The page that places you</a> writes such a '
        "file.</p>"
    )
