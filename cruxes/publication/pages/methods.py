"""The methods pages: equations, symbols, observation models, diagnostics, straight from the code and its tables."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pandas as pd

import priors
from cruxes.figures.style import name_of
from cruxes.publication import equations as printed
from cruxes.publication import mathml
from cruxes.publication.html import Html, escape, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, named, records
from cruxes.wording import MEANINGS, VARIANT_NAMES, percent

READS = {
    "horizon": "the newest task horizon",
    "share": "what AI can do of R&D, with an offset and a slope of the chart",
    "benchmark": "the newest task horizon, with a level and a slope of the benchmark",
    "uplift": "the share that AI does, through a person's speed-up",
    "pace": "overall pace over pace without AI",
    "returns": "returns to research after friction",
    "compute_growth": "growth of training compute",
    "software_pace": "pace of software",
    "absence": "that no closed loop has been shown",
    "diffusion": "the diffusion lag and growth without a loop",
    "inputs": "when compute slows, and its growth after",
    "paradigm": "when the missing idea comes",
}
"""What each kind of rows tells of, in the order of the page."""


def equations(*names: str) -> Html:
    """Equations of the mechanism, each with what it says and whose form it is."""
    found = printed.equations()
    blocks = []
    for name in names:
        one = found[name]
        blocks.append(
            f'<div class="rsi-step">{mathml.display(printed.latex(name))}'
            f'<p>{escape(one.says)} <span class="rsi-quiet">Source: {escape(one.source)}.</span></p></div>'
        )
    return Html("".join(blocks))


def symbols() -> Html:
    """Every variable of the mechanism that somebody may hold a belief about."""
    rows = [
        (one.symbol, one.name, one.meaning, one.unit, str(one.crux)) for one in priors.variables().values()
    ]  # fmt: skip
    heads = ["Symbol", "Name", "What it is", "Unit", "Crux"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), caption="Variables, and the crux that each belongs to"
    )


def events() -> Html:
    """The codes of events, in the words used everywhere."""
    return table(
        pd.DataFrame(list(MEANINGS.items()), columns=["Code", "What happens"]), caption="Events and their codes"
    )


@cache
def _kinds() -> pd.DataFrame:
    """Per kind of rows: series in the register and rows in the ledger."""
    from forecast.evidence import ledger

    book = ledger.read()
    kind = {name: entry.kind for name, entry in book.register.series.items()}
    series, rows = Counter(kind.values()), Counter(book.rows["series"].map(kind))
    return pd.DataFrame({"series": series, "rows": rows}).fillna(0).astype(int)


def kinds() -> Html:
    """Kinds of rows, what each reads, and how many there are."""
    counts = _kinds().to_dict(orient="index")
    rows = [
        (kind.replace("_", " "), reads, counts.get(kind, {}).get("series", 0), counts.get(kind, {}).get("rows", 0))
        for kind, reads in READS.items()
    ]
    frame = pd.DataFrame(rows, columns=["Kind", "Tells of", "Series", "Rows"], dtype=object)
    return table(frame, caption="Kinds of observation in the packaged ledger", numbers=["Series", "Rows"])


def unread() -> Html:
    """Why series are in the ledger and read by no model."""
    from forecast.evidence import ledger

    register = ledger.read().register
    why = Counter(str(entry.why) for entry in register.series.values() if entry.kind == "none")
    found = pd.DataFrame(why.most_common(), columns=["Reason", "Series"])
    shown = table(found, caption="Series that are kept and not read", numbers=["Series"])
    return Html(
        f'<details class="rsi-details"><summary>All {len(found)} reasons, for {found["Series"].sum()} series</summary>'
        f"{shown}</details>"
    )


def measurements(*kinds: str) -> Html:
    """Parameters of the measuring: what they mean, and the central 80 % of their prior."""
    from forecast.observations import KINDS

    rows = []
    for kind in kinds:
        for one in KINDS[kind].measurements:
            ends = one.loc + one.scale * 1.2816 * np.array([-1.0, 0.0, 1.0])
            low, middle, high = np.exp(ends) if one.positive else ends
            rows.append((one.name.replace("_", " "), one.meaning, f"{middle:.2g}", f"{low:.2g} to {high:.2g}"))
    heads = ["Parameter", "What it is", "Prior median", "Central 80 %"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        caption="Parameters of the measuring, the same for every worldview",
        numbers=heads[2:],
    )


def gate() -> Html:
    """What a fit has to pass to be published."""
    from forecast import sampling

    rows = [
        ("R-hat", f"{sampling.LARGEST_R_HAT:g} or less", "chains that began apart agree"),
        ("Bulk effective draws", f"{sampling.LEAST_ESS:.0f} or more", "enough for the middle of every parameter"),
        ("Tail effective draws", f"{sampling.LEAST_ESS:.0f} or more", "enough for its 5 % ends"),
        ("Divergent share", f"{100 * sampling.LARGEST_DIVERGENT_SHARE:g} % or less", "the sampler got everywhere"),
        ("E-BFMI", f"{sampling.LEAST_E_BFMI:g} or more", "it moved between energies"),
    ]
    return table(
        pd.DataFrame(rows, columns=["Diagnostic", "Passes at", "What it shows"], dtype=object),
        caption="The gate",
        numbers=[],
    )


def diagnostics() -> Html:
    """How each published view of the named came about."""
    rows = []
    for row in records(frame("made")):
        if row["view"] != "updated":
            continue
        sampled = row["r_hat"] == row["r_hat"]
        rows.append((
            named(row["worldview"]), VARIANT_NAMES.get(row["without"], row["without"]), row["rows"],
            f"{row['r_hat']:.3f}" if sampled else "–", f"{row['ess_bulk']:.0f}" if sampled else "–",
            f"{row['ess_tail']:.0f}" if sampled else "–", f"{100 * row['divergent_share']:.2f}" if sampled else "–",
            f"{row['e_bfmi']:.2f}" if sampled else "–", f"{row['attempts']:.0f}" if sampled else "–",
        ))  # fmt: skip
    heads = ["After", "Evidence", "Rows", "R-hat", "Bulk", "Tail", "Divergent, %", "E-BFMI", "Attempt"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), caption="Worst diagnostic over all parameters of each updated view",
        numbers=heads[2:], row_heads=2,
    )  # fmt: skip


def bends() -> Html:
    """How far each stated view had to be tilted to say what the person said."""
    rows = [
        (named(row["worldview"]), f"{row['bend']:.3f}", f"{row['draws']:,}", f"{row['effective']:,.0f}")
        for row in records(frame("made"))
        if row["view"] == "stated"
    ]
    heads = ["After", "Bend, nats", "Draws", "Effective after the tilt"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), caption="The tilt of each stated view", numbers=heads[1:]
    )


def moved() -> Html:
    """Per crux variable and worldview: by how much evidence has moved and narrowed a belief."""
    found = {(row["worldview"], row["variable"]): row for row in records(frame("reached"))}
    names = [name for name in priors.names() if any(name == key[0] for key in found)]
    rows = []
    for variable, one in priors.variables().items():
        own = [found.get((name, variable)) for name in names]
        if any(row and row["contraction"] == row["contraction"] for row in own):
            rows.append((one.name, *(_moved(row["shift"], row["contraction"]) if row else "" for row in own)))
    titles = [name_of(name) for name in names]
    return table(
        pd.DataFrame(rows, columns=["Belief", *titles], dtype=object), numbers=titles,
        caption="What evidence has done to each belief: shift of its median in former standard deviations, and narrowing",
    )  # fmt: skip


def _moved(shift: float, contraction: float) -> str:
    """A dot where neither shows in the digits that are printed."""
    if round(shift, 1) == 0.0 and round(100 * contraction) == 0:
        return "·"
    return f"{shift:+.1f}, {100 * contraction:+.0f} %".replace("-", "−").replace("−0.0", "0.0").replace("−0 ", "0 ")


def leaning() -> Html:
    """On which kinds of rows the updated probability of LOOP by 2030 leans."""
    found = {(row["worldview"], row["kind"]): row["sensitivity"] for row in records(frame("leaning"))}
    names = [name for name in priors.names() if any(name == key[0] for key in found)]
    rows = []
    for kind in dict.fromkeys(key[1] for key in found):
        cells = [f"{100 * found[name, kind]:+.0f}" if (name, kind) in found else "" for name in names]
        rows.append((kind.replace("_", " "), *cells))
    titles = [name_of(name) for name in names]
    return table(
        pd.DataFrame(rows, columns=["Kind of rows", *titles], dtype=object), numbers=titles,
        caption="Points by which P(LOOP by the end of 2030) would move if a kind of rows were given twice its weight",
    )  # fmt: skip


def untouched(least: float = 0.1) -> Html:
    """Beliefs that nobody's evidence has moved or narrowed by this much, as a sentence."""
    rows = [row for row in records(frame("reached")) if row["worldview"] in priors.names()]
    rows = [row for row in rows if row["contraction"] == row["contraction"]]
    moved = {row["variable"] for row in rows if max(abs(row["shift"]), abs(row["contraction"])) >= least}
    still = [
        priors.variables()[name].name for name in dict.fromkeys(row["variable"] for row in rows) if name not in moved
    ]
    if not still:
        return common.paragraph(
            f"Evidence has moved every belief of somebody by {least:g} standard deviations or more."
        )
    return common.paragraph(
        f"Nobody's evidence has moved these by {least:g} of a standard deviation, or narrowed them by "
        f"{100 * least:.0f} %: {', '.join(still)}. On these the forecast is belief and nothing else."
    )


def variants() -> Html:
    """P(LOOP by the end of 2030) with all rows, and with a stream left out."""
    rows = [
        (named(name), *(percent(common.by(name, "LOOP", 2030, without=one)) for one in VARIANT_NAMES),
         percent(common.never(name, "LOOP")))
        for name in priors.names()
    ]  # fmt: skip
    heads = ["After", *VARIANT_NAMES.values(), "never (all rows)"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object),
        caption="P(LOOP by the end of 2030), updated, percent",
        numbers=heads[1:],
    )


def beliefs_that_matter(most: int = 3) -> Html:
    """Of each worldview, the beliefs whose weight moves P(LOOP by the end of 2030) most."""
    found = [row for row in records(frame("reached")) if row["prior_sensitivity"] == row["prior_sensitivity"]]
    rows = []
    for name in priors.names():
        own = sorted((row for row in found if row["worldview"] == name), key=lambda row: -abs(row["prior_sensitivity"]))
        said = (f"{priors.variables()[r['variable']].name} ({100 * r['prior_sensitivity']:+.0f})" for r in own[:most])
        rows.append(
            (named(name), percent(common.by(name, "LOOP", 2030)), percent(common.never(name, "LOOP")), "; ".join(said))
        )
    heads = ["After", "By 2030, %", "Never, %", "Beliefs, and points per doubling of their weight"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), numbers=heads[1:3],
        caption="LOOP, updated, and the beliefs to which it is most sensitive",
    )  # fmt: skip


def cruxes() -> Html:
    """The codes of cruxes, and the variables of each."""
    from cruxes.blocks import NAMES

    rows = [
        (str(code), name, ", ".join(one.name for one in priors.variables().values() if str(one.crux) == str(code)))
        for code, name in NAMES.items()
    ]
    return table(
        pd.DataFrame(rows, columns=["Code", "Crux", "Variables"], dtype=object), caption="Cruxes and their variables"
    )
