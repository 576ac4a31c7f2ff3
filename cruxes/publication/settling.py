"""What would settle it, as tables: each signal for each worldview, and each signal between each pair."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cruxes import double_cruxes, watch
from cruxes.publication.inputs import Inputs
from cruxes.publication.people import PEOPLE


def signals(inputs: Inputs) -> pd.DataFrame:
    """Per event and signal, in the order of the rate: name, title, resolution, source, known_by, unit, rate,
    bits_worldview, asked_itself, place (1 to 5 for those to watch, else 0); and per worldview: chance, or low, middle,
    high of the reading, bits about the date with mcse, if_event, if_not."""
    rows = []
    for event, survey in inputs.surveys.items():
        best = [one.name for one in watch.best(survey)]
        for one in survey.watched:
            for told in one.told:
                low, middle, high = told.quantiles or (np.nan, np.nan, np.nan)
                rows.append({
                    "event": event, "signal": one.name, "title": one.signal.title,
                    "resolution": one.signal.resolution, "source": one.signal.source,
                    "known_by": one.signal.known_by.isoformat(), "unit": one.unit, "rate": one.rate,
                    "bits_worldview": one.bits_worldview, "asked_itself": one.asked_itself,
                    "place": best.index(one.name) + 1 if one.name in best else 0, "worldview": told.worldview,
                    "chance": np.nan if told.chance is None else told.chance, "low": low, "middle": middle,
                    "high": high, "bits": told.bits_date.value, "bits_mcse": told.bits_date.mcse,
                    "if_event": told.if_event, "if_not": told.if_not,
                })  # fmt: skip
    return pd.DataFrame(rows)


def meetings(inputs: Inputs) -> pd.DataFrame:
    """Per event, pair of the named and signal: what it would do to the two (`double_cruxes.Meeting`), and ``best``: its
    place among the double cruxes of the pair, 0 for none."""
    rows = []
    for event, survey in inputs.surveys.items():
        of = watch.sources(survey)
        known_by = {one.name: one.signal.known_by.isoformat() for one in survey.watched}
        own = [m for m in survey.meetings if {m.a, m.b} <= set(PEOPLE)]
        places = {
            (m.a, m.b, m.signal): place
            for best in double_cruxes.by_pair(own, PEOPLE, sources=of).values()
            for place, m in enumerate(best, start=1)
        }
        for m in own:
            rows.append({
                "event": event, "a": m.a, "b": m.b, "signal": m.signal, "known_by": known_by[m.signal],
                "years_apart": m.apart.before, "narrowing": m.apart.narrowing.value,
                "narrowing_mcse": m.apart.narrowing.mcse, "closes": m.closes, "voi_a": m.voi[0], "voi_b": m.voi[1],
                "voi_share_a": m.voi_share[0], "voi_share_b": m.voi_share[1], "vod": m.vod, "bits": m.bits,
                "ratio": m.ratio, "double_crux": double_cruxes.is_double_crux(m),
                "best": places.get((m.a, m.b, m.signal), 0),
            })  # fmt: skip
    return pd.DataFrame(rows)


def by_hand(inputs: Inputs) -> pd.DataFrame:
    """Probabilities written by hand beside those computed: claim, signal, worldview, hand, stated, updated."""
    computed = {
        name: watch.expected(
            {v.worldview.name: v for v in inputs.views(name)}, inputs.evidence, inputs.catalogue
        )
        for name in ("stated", "updated")
    }  # fmt: skip
    return pd.DataFrame([
        {"claim": signal.claim, "signal": name, "title": signal.title, "worldview": who, "hand": hand,
         **{view: computed[view].get(name, {}).get(who, np.nan) for view in computed}}
        for name, signal in inputs.catalogue.signals.items()
        for who, hand in signal.hand.items()
    ])  # fmt: skip
