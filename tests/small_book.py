"""A whole book of small views, made without a sampler: every table and page as in the real one, the numbers worth nothing."""

from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

import priors
from cruxes import attribution, evidence_tables, record_tables
from cruxes.publication import prepare
from cruxes.publication.inputs import Inputs
from cruxes.publication.people import EVENTS, PEOPLE
from cruxes.publication.tables import TABLES
from forecast import run, summary
from priors.worldview import BASELINE
from tests import small_bank, small_views
from tests.conftest import TODAY

DRAWS = 300


class SmallInputs(Inputs):
    """Beliefs drawn as if they had been fitted, 300 draws each."""

    @cached_property
    def named(self):
        return self._of(priors.names(), run.VARIANTS)

    @cached_property
    def voices(self):
        return self._of(priors.voices(), ())

    def _of(self, names, variants):
        kept = []
        for name in names:
            stated, updated = (
                small_views.kept(name, view, DRAWS, seed) for view, seed in (("stated", 1), ("updated", 2))
            )
            kept += [stated, updated]
            kept += [
                replace(updated, key=f"{updated.key}-{without[0]}", view=replace(updated.view, without=without))
                for without in variants
            ]
        views = tuple(one.view for one in kept)
        return run.Forecast(
            day=self.day,
            seed=self.seed,
            views=views,
            not_yet_stated=(),
            table=summary.long_table(views),
            kept=tuple(kept),
        )

    @cached_property
    def attributions(self):
        """One pair taken apart with hardly any draws, and its shares said of every pair."""
        first, *others = combinations(PEOPLE, 2)
        a, b = (self.sides[name] for name in first)
        found = attribution.attribute(a, b, events=EVENTS, seed=self.seed, draws=20)
        return (found, *(replace(found, a=a, b=b) for a, b in others))

    @property
    def attributions_of_growth(self):
        return self.attributions

    @cached_property
    def scores(self):
        """Of two worldviews, with hardly any particles."""
        kept = [one for one in self.named.kept if one.view.worldview.name in ("clark", BASELINE)]
        found = dict(record_tables.scores(kept, self.ledger, day=self.day, seed=self.seed, others=1, particles=50))
        own = found["totals"]
        found["totals"] = pd.concat([own, *(own[own["worldview"] == "clark"].assign(worldview=n) for n in PEOPLE[1:])])
        return found


def encodings(inputs):
    """In place of `cruxes.other_encodings`, which samples: the published numbers, and some near them."""
    rng, rows = np.random.default_rng(5), []
    for view in (*inputs.views("stated"), *inputs.views("updated")):
        for event in ("LOOP", "SWX3"):
            p = view.probability(view.futures.observed(event) < 2031.0)
            for number in range(4):
                by = p if number == 0 else float(np.clip(p + 0.1 * rng.standard_normal(), 0.0, 1.0))
                how = "published" if number == 0 else "reweighted"
                rows.append((view.worldview.name, number, view.name, how, event, by, 0.02, 2031.0 + number))
    return pd.DataFrame(rows, columns=["worldview", "encoding", "view", "how", "event", "by", "never", "middle"])


def coverage(inputs):
    """In place of `forecast.backtest`, which samples."""
    rows = [
        (clock, stand, kind, 20, 2, 0.3, 0.35, level, level - 0.1, level - 0.25, min(level + 0.05, 1.0))
        for clock in ("observed", "published")
        for stand in ("2025-12-31", "all")
        for kind in ("horizon", "share")
        for level in (0.5, 0.8, 0.9)
    ]
    return pd.DataFrame(rows, columns=["clock", "stand", "kind", "outcomes", "censored", "crps_same", "crps_baseline",
                                       "level", "covered", "low", "high"])  # fmt: skip


def history(inputs):
    """In place of `cruxes.record_tables.history`, which samples: the stated view, one day between, and the updated view."""
    lines = []
    for view in inputs.named.views:
        if not view.without:
            days = [(view.day, view.name)] + ([(date(2026, 7, 1), "reweighted")] if view.name == "stated" else [])
            for day, how in days:
                lines += [{**line, "day": day.isoformat(), "rows": 10, "how": how}
                          for line in evidence_tables.answers(view, evidence_tables.EVENTS)]  # fmt: skip
    return pd.DataFrame(lines, columns=list(record_tables.HISTORY_COLUMNS))


def moved(inputs):
    """In place of `cruxes.evidence_tables.moved_whom`, whose views have seen rows."""
    rng, lines = np.random.default_rng(6), []
    for name in priors.names():
        for what, whole in (
            ("METR time horizons", True),
            ("Shares of R&D tasks at one lab", True),
            ("one chart", False),
        ):
            for event in evidence_tables.EVENTS:
                change = float(0.05 * rng.standard_normal())
                lines.append((name, what, 3, whole, event, 0.5, 0.5 - change, change, 0.01, "reweighted"))
    return pd.DataFrame(lines, columns=list(evidence_tables.INFLUENCE_COLUMNS))


SMALL = TABLES | {"encodings": encodings, "coverage": coverage, "history": history, "moved": moved}


def fill(ledger, *, report=lambda _: None):
    """The small book, in RSI_ARTEFACTS."""
    inputs = SmallInputs(ledger, day=TODAY, seed=1, cache=prepare.store.root().parent, report=report)
    return prepare.filled(inputs, SMALL, {"land": lambda inputs, folder: small_bank.write(folder, inputs.ledger)})
