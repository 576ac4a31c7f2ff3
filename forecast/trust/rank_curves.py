"""Ranks of true values as curves: by how much more, or less, of them lie below each value than uniform ones would."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.trust import ecdf


def curves(ranks: pd.DataFrame) -> pd.DataFrame:
    """``ranks``: worldview, part, quantity, of, ranks (one of each simulated ledger, with spaces between). -> the same
    names with ``ledgers``, ``at`` (normalised rank), ``share`` (of ranks below it, less that of uniform ones), ``low`` and
    ``high`` (simultaneous 99 % bands of a single quantity, likewise).

    Säilynoja, Bürkner and Vehtari 2022, ECDF difference plot.
    """
    found = []
    for row in ranks.to_dict(orient="records"):
        of, own = int(row["of"]), np.array(str(row["ranks"]).split(), dtype=int)
        at = np.arange(1, of + 1) / (of + 1)
        low, high = ecdf.bands(len(own), of=of)
        share = ecdf.counts(own, of=of) / len(own)
        found.append(pd.DataFrame({
            "worldview": row["worldview"], "part": row["part"], "quantity": row["quantity"], "ledgers": len(own), "at": at,
            "share": share - at, "low": low - at, "high": high - at,
        }))  # fmt: skip
    return pd.concat(found, ignore_index=True)
