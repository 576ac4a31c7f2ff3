"""What numerical checks start from: the updated posterior of a worldview, fitted once a process, and the worst of a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

import priors
from forecast import rows, sampling, views
from forecast.evidence.ledger import Ledger
from forecast.rows import Blocks
from forecast.sampling import Posterior
from forecast.simulation import Weigh
from forecast.view import View
from forecast.views import Stated


@dataclass(frozen=True, kw_only=True)
class Fit:
    """``rows`` are those of the update and ``blocks`` the same as arrays; ``view`` is what ``posterior`` leads to."""

    stated: Stated
    rows: pd.DataFrame
    blocks: Blocks
    posterior: Posterior
    view: View
    weigh: Weigh


_fits: dict[tuple[str, str, date, int], Fit] = {}


def fitted(name: str, *, ledger: Ledger, day: date, seed: int) -> Fit:
    """Fit a worldview, by name, to the rows public in (as-of date, ``day``]. Raises sampling.NotConverged."""
    key = (name, ledger.sha256, day, seed)
    if key not in _fits:
        worldview = priors.load(name, as_of=day)
        stated = views.state(worldview, ledger, seed=seed)
        new = rows.new_between(ledger, worldview.as_of, day)
        blocks, weigh = rows.blocks(new), views.weigher(ledger, worldview, day)
        posterior = sampling.fit(stated.prior, blocks, seed=seed)
        view = views.update_from(stated, posterior, day=day, without=(), seed=seed, weigh=weigh)
        _fits[key] = Fit(stated=stated, rows=new, blocks=blocks, posterior=posterior, view=view, weigh=weigh)
    return _fits[key]


def worst(table: pd.DataFrame, column: str) -> pd.Series:
    """The row whose number is furthest from 0; what is not a number counts as 0."""
    return table.iloc[int(np.argmax(table[column].abs().fillna(0.0).to_numpy()))]
