"""Every table of the book by name, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from cruxes.publication import settling, views
from cruxes.publication.inputs import Inputs

type Make = Callable[[Inputs], pd.DataFrame]

TABLES: dict[str, Make] = {
    "forecast": views.forecast,
    "made": views.made,
    "targets": views.targets,
    "apart": views.apart,
    "split": views.split,
    "pooled": views.pooled,
    "tornado": views.tornado,
    "reached": views.reached,
    "leaning": views.leaning,
    "signals": settling.signals,
    "meetings": settling.meetings,
    "by-hand": settling.by_hand,
}
