"""Everything that tables are made of, each thing computed once and only when a table asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

import priors
from cruxes import all_pairs, record_tables, signals, watch
from cruxes.attribution import HEADLINE_DAY, Attribution
from cruxes.blocks import Side, side
from cruxes.publication.people import PEOPLE
from cruxes.signals import Catalogue
from cruxes.watch import Survey
from forecast import run
from forecast.artefacts import Kept
from forecast.evidence.ledger import Ledger
from forecast.run import Evidence, Forecast
from forecast.view import View

DRAWS_OF_GROWTH = 300
"""For each coalition: the map shows shares of ECON10 to a percent or two."""


class Inputs:
    """Forecasts and what is read off them, of one ledger, day and seed; views come from ``cache`` where it has them."""

    def __init__(self, ledger: Ledger, *, day: date, seed: int, cache: Path, report: Callable[[str], None]) -> None:
        self.ledger, self.day, self.seed, self.cache, self.report = ledger, day, seed, cache, report
        self.evidence = Evidence(ledger)

    @cached_property
    def named(self) -> Forecast:
        """The five and the baseline, with the headlines that leave a stream out."""
        return self._run(priors.names(), run.VARIANTS)

    @cached_property
    def voices(self) -> Forecast:
        """All others, without those variants."""
        return self._run(priors.voices(), ())

    def compute(self, name: str) -> None:
        """The views of one worldview, put into the cache."""
        self._run((name,), run.VARIANTS if name in priors.names() else ())

    def _run(self, names: tuple[str, ...], variants: tuple[tuple[str, ...], ...]) -> Forecast:
        return run.run(names, ledger=self.ledger, day=self.day, seed=self.seed, variants=variants, cache=self.cache,
                       report=self.report)  # fmt: skip

    @cached_property
    def kept(self) -> tuple[Kept, ...]:
        """Every view of everybody, the named first."""
        return (*self.named.kept, *self.voices.kept)

    def views(self, name: str, *, of: tuple[str, ...] | None = None) -> tuple[View, ...]:
        """The stated or the updated views, nothing left out; of these worldviews, all by default."""
        views = (one.view for one in self.kept)
        return tuple(
            view for view in views
            if view.name == name and not view.without and (of is None or view.worldview.name in of)
        )  # fmt: skip

    @cached_property
    def sides(self) -> dict[str, Side]:
        """The stated views of the five, in parts."""
        return {
            one.view.worldview.name: side(run.stated_of(one))
            for one in self.named.kept
            if one.view.name == "stated" and one.view.worldview.name in PEOPLE
        }

    @cached_property
    def attributions(self) -> tuple[Attribution, ...]:
        """Every pair of the five taken apart, as exactly as `cruxes.precision` asks."""
        return self._apart(("LOOP", "SWX3"), None)

    @cached_property
    def attributions_of_growth(self) -> tuple[Attribution, ...]:
        """The same of ECON10, for the map alone, and so with fewer draws."""
        return self._apart(("ECON10",), DRAWS_OF_GROWTH)

    def _apart(self, events: Sequence[str], draws: int | None) -> tuple[Attribution, ...]:
        sides = [self.sides[name] for name in PEOPLE]
        return all_pairs.all_pairs(sides, events=events, seed=self.seed, draws=draws, report=self.report).attributed

    @cached_property
    def scores(self) -> Mapping[str, pd.DataFrame]:
        """The track record of the named (`forecast.scoring.tables`)."""
        return record_tables.scores(self.named.kept, self.ledger, day=self.day, seed=self.seed, report=self.report)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """What past stands would have forecast, and what came (`forecast.backtest`)."""
        return record_tables.outcomes(self.ledger, day=self.day, seed=self.seed, report=self.report)

    @cached_property
    def catalogue(self) -> Catalogue:
        return signals.read()

    @cached_property
    def surveys(self) -> dict[str, Survey]:
        """What would settle it, by event, between the five and the baseline."""
        views = self.views("updated", of=priors.names())
        return {
            event: watch.survey(
                views, self.evidence, self.catalogue, event=event, by=HEADLINE_DAY, seed=self.seed
            )
            for event in ("LOOP", "SWX3")
        }  # fmt: skip
