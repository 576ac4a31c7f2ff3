"""The further worldviews: who, what they expect, and how faithful the encodings are."""

from __future__ import annotations

import pandas as pd

import priors
from cruxes.publication.html import Html, table
from cruxes.publication.pages import common
from cruxes.publication.pages.common import frame, named
from cruxes.publication.pages.worldview import share_of_inference

ALL = priors.packaged()


def who() -> Html:
    """Each with its date, its summary and whose numbers it is made of."""
    rows = []
    for name in priors.voices():
        found = priors.load(name)
        rows.append((named(name), found.as_of.isoformat(), found.summary, f"{100 * share_of_inference(name):.0f} %"))
    heads = ["After", "As of", "In short", "Of their numbers, inferred by us"]
    return table(pd.DataFrame(rows, columns=heads, dtype=object), caption="More voices", numbers=heads[3:])


def forecasts(event: str) -> Html:
    """Dates of all of them."""
    return common.forecasts(priors.voices(), event)


def fidelity() -> Html:
    """How many targets each meets, and by how much its view had to be bent."""
    targets, made = frame("targets"), frame("made")
    rows = []
    for name in ALL:
        own = targets[targets["worldview"] == name]
        asked = own[own["verdict"] != "not expressible"]
        bend = made[(made["worldview"] == name) & (made["view"] == "stated")]["bend"].iloc[0]
        missed = "; ".join(asked[asked["verdict"] == "missed"]["says"])
        if len(own):
            rows.append((named(name), f"{(asked['verdict'] == 'met').sum()} of {len(asked)}", missed or "–",
                         str(len(own) - len(asked)), f"{float(bend):.3f}"))  # fmt: skip
    heads = ["After", "Targets met", "Missed", "Not expressible", "Bend, nats"]
    return table(
        pd.DataFrame(rows, columns=heads, dtype=object), caption="Fidelity of every encoding", numbers=heads[3:]
    )
