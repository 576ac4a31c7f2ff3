"""Ranks of true values as curves: by how much more, or less, of them lie below each value than uniform ones would."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.trust import ecdf


def curves(ranks: pd.DataFrame) -> pd.DataFrame:
    """``ranks``: worldview, part, quantity, rank, of, a row a simulated ledger. -> the same names with ``at`` (normalised
    rank), ``share`` (of ranks below it, less that of uniform ones), ``low`` and ``high`` (simultaneous 99 % bands of a
    single quantity, likewise).

    Säilynoja, Bürkner and Vehtari 2022, ECDF difference plot.
    """
    found = []
    for (worldview, part, quantity, of), own in ranks.groupby(["worldview", "part", "quantity", "of"], sort=False):
        at = np.arange(1, of + 1) / (of + 1)
        low, high = ecdf.bands(len(own), of=of)
        share = ecdf.counts(own["rank"].to_numpy(int), of=of) / len(own)
        found.append(pd.DataFrame({
            "worldview": worldview, "part": part, "quantity": quantity, "at": at, "share": share - at,
            "low": low - at, "high": high - at,
        }))  # fmt: skip
    return pd.concat(found, ignore_index=True)
