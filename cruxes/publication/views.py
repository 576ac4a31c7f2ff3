"""The views themselves, as tables: dates, diagnostics, fidelity, distances."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pandas as pd

from cruxes import distances, pools, reach, uncertainty
from cruxes.attribution import HEADLINE_DAY
from cruxes.publication.inputs import Inputs
from cruxes.publication.people import EVENTS, PEOPLE
from forecast import fidelity
from forecast.run import counted
from forecast.view import View


def forecast(inputs: Inputs) -> pd.DataFrame:
    """The one long table (`forecast.summary`), of everybody."""
    return pd.concat([inputs.named.table, inputs.voices.table], ignore_index=True)


def made(inputs: Inputs) -> pd.DataFrame:
    """How each view was made: rows counted, effective draws, the sampler's diagnostics, the tilt's bend in nats."""
    rows = []
    for one in inputs.kept:
        view = one.view
        said = {name: view.diagnostics.get(name, np.nan) for name in
                ("r_hat", "ess_bulk", "ess_tail", "divergent_share", "e_bfmi", "attempts")}  # fmt: skip
        rows.append({
            "worldview": view.worldview.name, "view": view.name, "without": "+".join(view.without),
            "day": view.day.isoformat(), "how": one.how, "rows": len(counted(one.blocks)),
            "draws": len(view.weights), "effective": view.effective_draws, "bend": view.bend, **said,
        })  # fmt: skip
    return pd.DataFrame(rows)


def targets(inputs: Inputs) -> pd.DataFrame:
    """Every fidelity target of everybody, asked of the stated view (`forecast.fidelity.check`)."""
    return pd.concat(
        [fidelity.check(view).assign(worldview=view.worldview.name) for view in inputs.views("stated")],
        ignore_index=True,
    )


def apart(inputs: Inputs) -> pd.DataFrame:
    """`cruxes.distances.pairs` of everybody, stated and updated."""
    found = [
        distances.pairs(inputs.views(name), event) for name in ("stated", "updated") for event in EVENTS
    ]  # fmt: skip
    return pd.concat(found, ignore_index=True)


def split(inputs: Inputs) -> pd.DataFrame:
    """How much of all uncertainty lies between the five, before and after the evidence (`cruxes.distances.split`)."""
    found = [
        distances.split(inputs.views(name, of=PEOPLE), event, HEADLINE_DAY).assign(view=name, event=event)
        for name in ("stated", "updated")
        for event in EVENTS
    ]
    return pd.concat(found, ignore_index=True)


def pooled(inputs: Inputs) -> pd.DataFrame:
    """The five made into one, linearly and logarithmically, equal weights, each with what it assumes."""
    found = []
    for event in EVENTS:
        for pool in (pools.linear, pools.logarithmic):
            one = pool(inputs.views("updated", of=PEOPLE), event, also=[HEADLINE_DAY])
            found.append(one.table.assign(pool=one.kind, assumes=one.assumes))
    return pd.concat(found, ignore_index=True)


def tornado(inputs: Inputs) -> pd.DataFrame:
    """On what the uncertainty of each of the named hangs (`cruxes.uncertainty.tornado`)."""
    return pd.concat([
        uncertainty.tornado(view, event, HEADLINE_DAY).assign(worldview=view.worldview.name, event=event)
        for view, event in _asked(inputs)
    ], ignore_index=True)  # fmt: skip


def reached(inputs: Inputs) -> pd.DataFrame:
    """What evidence has moved, and what is still belief alone (`cruxes.reach.reach`), for everybody."""
    stated = {view.worldview.name: view for view in inputs.views("stated")}
    return pd.concat([
        reach.reach(stated[view.worldview.name], view, "LOOP", HEADLINE_DAY).assign(worldview=view.worldview.name)
        for view in inputs.views("updated")
    ], ignore_index=True)  # fmt: skip


def leaning(inputs: Inputs) -> pd.DataFrame:
    """On which kinds of rows each updated view leans (`cruxes.reach.likelihood_sensitivity`)."""
    found = []
    for one in inputs.kept:
        view = one.view
        if view.name == "updated" and not view.without:
            table = reach.likelihood_sensitivity(view, one.blocks, "LOOP", HEADLINE_DAY)
            found.append(table.assign(worldview=view.worldview.name))
    return pd.concat(found, ignore_index=True)


def _asked(inputs: Inputs) -> list[tuple[View, str]]:
    named = [view for view in inputs.named.views if view.name == "updated" and not view.without]
    return list(chain.from_iterable([(view, event) for event in ("LOOP", "SWX3")] for view in named))
