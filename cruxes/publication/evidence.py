"""Evidence and track record, as tables of the book."""

from __future__ import annotations

import pandas as pd

from cruxes import evidence_tables, record_tables
from cruxes.publication.inputs import Inputs
from forecast import bands
from forecast.view import View


def ledger(inputs: Inputs) -> pd.DataFrame:
    """Every public row: its stream, or why it is not read."""
    return evidence_tables.rows_of(inputs.ledger, day=inputs.day)


def series(inputs: Inputs) -> pd.DataFrame:
    """One line for each series."""
    return evidence_tables.streams(inputs.ledger, day=inputs.day)


def unused(inputs: Inputs) -> pd.DataFrame:
    """What is not read, and why."""
    return evidence_tables.unused(inputs.ledger, day=inputs.day)


def moved(inputs: Inputs) -> pd.DataFrame:
    """What moved whom: the effect of leaving each group of rows out."""
    return evidence_tables.moved_whom(
        inputs.named.kept, inputs.ledger, day=inputs.day, seed=inputs.seed, report=inputs.report
    )


def surprises(inputs: Inputs) -> pd.DataFrame:
    """How each encoding foresaw the rows since."""
    return evidence_tables.surprises(inputs.kept, inputs.ledger, day=inputs.day)


def headlines(inputs: Inputs) -> pd.DataFrame:
    """The headline with all rows, and without each of two streams."""
    return evidence_tables.headlines(inputs.named.kept)


def described(inputs: Inputs) -> pd.DataFrame:
    """The streams of which there are bands."""
    return bands.described(inputs.ledger, inputs.day)


def predicted(inputs: Inputs) -> pd.DataFrame:
    """Posterior predictive bands of each stream."""
    return bands.bands(_plain(inputs), inputs.ledger, day=inputs.day)


def points(inputs: Inputs) -> pd.DataFrame:
    """The readings over them."""
    return bands.points(inputs.ledger, day=inputs.day)


def placed(inputs: Inputs) -> pd.DataFrame:
    """Where each reading lies in what each view says of it."""
    return bands.placed(_plain(inputs), inputs.ledger, day=inputs.day)


def _plain(inputs: Inputs) -> list[View]:
    return [view for view in inputs.named.views if not view.without]


def totals(inputs: Inputs) -> pd.DataFrame:
    """Prequential scores of each encoding against the baseline."""
    return inputs.scores["totals"]


def pairs(inputs: Inputs) -> pd.DataFrame:
    """How far evidence separates any two, in bits."""
    return inputs.scores["pairs"]


def coverage(inputs: Inputs) -> pd.DataFrame:
    """How many of the outcomes since past stands lay within what would have been forecast."""
    return record_tables.coverage(inputs.outcomes)


def history(inputs: Inputs) -> pd.DataFrame:
    """Forecasts over time."""
    return record_tables.history(
        inputs.named.kept, inputs.ledger, day=inputs.day, seed=inputs.seed, report=inputs.report
    )
