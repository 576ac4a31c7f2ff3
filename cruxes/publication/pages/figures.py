"""Every figure of the book, from the tables of the book, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

import priors
from cruxes.figures import (
    bands,
    dates,
    effects,
    gaps,
    influence,
    intervals,
    ranks,
    record,
    residuals,
    ridgelines,
    settle,
    tornado,
    untouched,
    waterfall,
)
from cruxes.figures import crux_map as map_figure
from cruxes.figures.picture import Picture
from cruxes.publication import opened
from cruxes.publication.html import Html, figure
from cruxes.publication.pages import trust
from cruxes.publication.pages.common import by, frame
from forecast.trust import rank_curves

BY = date(2030, 12, 31)


def _shown(picture: Picture, part: str = "") -> Html:
    """With its own file name where a page shows a part of what another shows."""
    return figure(replace(picture, name=f"{picture.name}-{part}") if part else picture)


def _of(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Rows of these worldviews, in the order of ``names``."""
    own = table[table["worldview"].isin(names)].copy()
    own["worldview"] = pd.Categorical(own["worldview"], categories=list(names))
    own = own.sort_values("worldview", kind="stable")
    own["worldview"] = own["worldview"].astype(str)
    return own.reset_index(drop=True)


def of_dates(event: str = "LOOP", *, names: Sequence[str] | None = None, part: str = "") -> Html:
    """Dates before and after the evidence, never and stopped beside them; the named by default."""
    return _shown(dates.picture(_of(frame("forecast"), names or priors.names()), event=event), part)


def of_ridgelines(event: str = "LOOP", *, names: Sequence[str] | None = None, part: str = "") -> Html:
    """Whole distributions, with bars for never."""
    return _shown(ridgelines.picture(_of(frame("curves"), names or priors.names()), event=event), part)


def of_intervals(crux: str) -> Html:
    """Where each of the named stands on each variable of a crux."""
    return _shown(intervals.picture(frame("positions"), crux=crux))


def of_effect(crux: str) -> Html:
    """What a crux does to the trajectory."""
    return _shown(effects.picture(frame("effects"), crux))


def of_map() -> Html:
    """The crux map."""
    return _shown(map_figure.picture(frame("map-nodes"), frame("map-edges"), frame("map-gaps")))


def of_gaps(event: str = "LOOP") -> Html:
    """Who is how far from whom."""
    table = frame("pair-gaps")
    return _shown(gaps.picture(table[table["event"] == event].drop(columns="event"), event=event, by=BY))


def of_untouched() -> Html:
    """Which arguments evidence has reached."""
    return _shown(untouched.picture(_of(frame("reached"), priors.names()), event="LOOP", by=BY))


def of_tornado(worldview: str, event: str = "LOOP") -> Html:
    """On what the uncertainty of one worldview hangs."""
    table = frame("tornado").fillna({"variable": ""})
    own = table[(table["worldview"] == worldview) & (table["event"] == event)].drop(columns=["worldview", "event"])
    return _shown(tornado.picture(own, worldview=worldview, event=event, by=BY, chance=by(worldview, event, BY.year)))


def of_waterfall(a: str, b: str, event: str, *, output_type: str = "cdf", which: str = BY.isoformat()) -> Html:
    """From one worldview's forecast to the other's, crux by crux."""
    table = frame("waterfalls")
    pair = table[(table["a"] == a) & (table["b"] == b) & (table["event"] == event)]
    asked = pair[(pair["output_type"] == output_type) & (pair["output_type_id"].astype(str) == which)]
    steps = ["step", "block", "kind", "value", "mcse"]
    never = pair[pair["output_type"] == "never"][steps].reset_index(drop=True)
    return _shown(
        waterfall.picture(asked[steps].reset_index(drop=True), (event, output_type, which),
                          never=never if output_type == "quantile_if_ever" else None)
    )  # fmt: skip


def of_settling(event: str = "LOOP") -> Html:
    """Expected information against the day by which it is known."""
    table = frame("coming")
    own = table[table["event"] == event].drop(columns="event").reset_index(drop=True)
    own["known_by"] = [date.fromisoformat(day) for day in own["known_by"]]
    return _shown(settle.picture(own, event=event, day=opened().day))


def of_bands(stream: str) -> Html:
    """A stream's readings over what each worldview says that it would read."""
    return _shown(
        bands.of_stream(
            stream, described=frame("streams"), bands=frame("bands"), points=frame("points"), placed=frame("placed")
        )
    )


def of_benchmarks() -> Html:
    """The same of every benchmark."""
    return _shown(
        bands.benchmarks(
            described=frame("streams"), bands=frame("bands"), points=frame("points"), placed=frame("placed")
        )
    )


def of_influence() -> Html:
    """What moved whom."""
    return _shown(influence.picture(frame("moved")))


def of_scores() -> Html:
    """Track record of the encodings against the baseline."""
    return _shown(record.scores(frame("scores")))


def of_coverage() -> Html:
    """How often past intervals held what came."""
    return _shown(record.coverage(frame("coverage")))


def of_variants(event: str = "LOOP") -> Html:
    """The headline with all rows, and without each of two streams."""
    return _shown(record.without(frame("headlines"), event=event))


def of_history(event: str = "LOOP") -> Html:
    """Forecasts over time."""
    return _shown(record.history(frame("history"), event=event))


@trust.shows("calibration")
def of_ranks() -> Html:
    """Ranks of simulated truths, every prior."""
    known = trust.data("calibration", "ranks")
    return figure(ranks.ranks(rank_curves.curves(known[known["fault"].isna()])))


@trust.shows("predictive")
def of_residuals() -> Html:
    """Where readings lie in what each updated view says of them."""
    return figure(residuals.residuals(trust.data("predictive", "streams")))
