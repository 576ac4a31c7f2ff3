"""Several worldviews in the one long table that every figure and page reads."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecast import summary
from forecast.view import View


def side_by_side(views: Sequence[View]) -> pd.DataFrame:
    """`forecast.summary.long_table` of several views. Raises ValueError where none is given, or one comes twice."""
    names = [(view.worldview.name, view.name, view.without) for view in views]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"{names}; expected views that differ in worldview, name or rows left out")
    return summary.long_table(views)
