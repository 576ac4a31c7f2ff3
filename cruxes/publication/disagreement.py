"""Why they differ, as tables: all pairs of the five taken apart, and the crux map."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from cruxes import crux_map, date_curves, effects, other_encodings, positions, signal_table
from cruxes.attribution import HEADLINE_DAY, Attribution, waterfall
from cruxes.publication.inputs import Inputs
from cruxes.publication.people import EVENTS, PEOPLE
from forecast.artefacts import Kept
from forecast.view import View

OTHER_ENCODINGS = {True: 12, False: 6}
"""How many others of the five, and of anybody else; the latter are updated where re-weighting can do it."""

ASKED = (("LOOP", "cdf", HEADLINE_DAY.isoformat()), ("SWX3", "cdf", HEADLINE_DAY.isoformat()),
         ("LOOP", "never", ""), ("LOOP", "quantile_if_ever", "0.5"))  # fmt: skip
"""Questions of which the pages show every step from one worldview to the other."""


def shares(inputs: Inputs) -> pd.DataFrame:
    """Shapley shares of every crux block, all pairs and questions (`cruxes.attribution`)."""
    return _all(inputs, lambda found: found.shares)


def gaps(inputs: Inputs) -> pd.DataFrame:
    """The gaps that those shares add up to."""
    return _all(inputs, lambda found: found.gaps.drop(columns=["a", "b"]).rename(
        columns={"a_published": "at_a", "b_published": "at_b"}))  # fmt: skip


def interactions(inputs: Inputs) -> pd.DataFrame:
    """What the two largest blocks of each question do together."""
    return _all(inputs, lambda found: found.interactions)


def _all(inputs: Inputs, part: Callable[[Attribution], pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part(found).assign(a=found.a, b=found.b) for found in inputs.attributions], ignore_index=True)


def waterfalls(inputs: Inputs) -> pd.DataFrame:
    """Step by step from one to the other, evidence at both ends: a, b, event, output_type, output_type_id, and the
    columns of `cruxes.attribution.waterfall`."""
    updated = {view.worldview.name: view for view in inputs.views("updated", of=PEOPLE)}
    found = []
    for one in inputs.attributions:
        for event, output_type, which in ASKED:
            steps = waterfall(one, (event, output_type, which), a_updated=updated[one.a], b_updated=updated[one.b])
            found.append(steps.assign(a=one.a, b=one.b, event=event, output_type=output_type, output_type_id=which))
    return pd.concat(found, ignore_index=True)


def map_edges(inputs: Inputs) -> pd.DataFrame:
    """How much of today's disagreement each crux carries."""
    two, growth = inputs.attributions, inputs.attributions_of_growth
    found = [crux_map.edges(two, events=("LOOP", "SWX3")), crux_map.edges(growth, events=("ECON10",))]
    return pd.concat(found, ignore_index=True)


def map_nodes(inputs: Inputs) -> pd.DataFrame:
    """Where the five stand on the variable that stands for each crux."""
    placed = stands(inputs)
    return crux_map.nodes(placed[placed["worldview"].isin(PEOPLE)], map_edges(inputs))


def map_gaps(inputs: Inputs) -> pd.DataFrame:
    """How much of the disagreement evidence has taken away."""
    return crux_map.gaps(_five(inputs))


def pair_gaps(inputs: Inputs) -> pd.DataFrame:
    """How far each pair is apart on P(event by 2030)."""
    found = [crux_map.pair_gaps(_five(inputs), event).assign(event=event) for event in EVENTS]
    return pd.concat(found, ignore_index=True)


def stands(inputs: Inputs) -> pd.DataFrame:
    """Where each of the named stands on each crux variable, scaled over these alone."""
    return positions.positions([view for view in inputs.named.views if not view.without])


def stands_of_all(inputs: Inputs) -> pd.DataFrame:
    """The same of everybody."""
    return positions.positions([*inputs.views("stated"), *inputs.views("updated")])


def curves(inputs: Inputs) -> pd.DataFrame:
    """P(seen by) by quarters."""
    return date_curves.date_curves([*inputs.views("stated"), *inputs.views("updated")], EVENTS)


def coming(inputs: Inputs) -> pd.DataFrame:
    """Coming observations, one row each, for the settle-it chart."""
    found = [signal_table.signal_table(survey).assign(event=event) for event, survey in inputs.surveys.items()]
    return pd.concat(found, ignore_index=True)


def crux_effects(inputs: Inputs) -> pd.DataFrame:
    """What each crux does to the trajectory."""
    return effects.effects(inputs.views("updated", of=PEOPLE))


def encodings(inputs: Inputs) -> pd.DataFrame:
    """Other fair encodings of everybody (`cruxes.other_encodings`)."""
    by_name: dict[str, dict[str, Kept]] = {}
    for one in inputs.kept:
        if not one.view.without:
            by_name.setdefault(one.view.worldview.name, {})[one.view.name] = one
    found = []
    for name, own in by_name.items():
        inputs.report(f"{name}: other fair encodings")
        found.append(other_encodings.dates(
            own["stated"], own["updated"], inputs.evidence, events=("LOOP", "SWX3"), by=HEADLINE_DAY, seed=inputs.seed,
            others=OTHER_ENCODINGS[name in PEOPLE], refit=name in PEOPLE,
        ))  # fmt: skip
    return pd.concat(found, ignore_index=True)


def _five(inputs: Inputs) -> list[View]:
    return [*inputs.views("stated", of=PEOPLE), *inputs.views("updated", of=PEOPLE)]
