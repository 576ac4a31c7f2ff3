"""The long table as csv that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it; other text as it is."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def text(table: pd.DataFrame) -> str:
    """The csv file. Text cells are made neutral and quoted; numbers stay numbers, negative ones too."""
    shown = table.copy()
    for name in shown.columns:
        if not pd.api.types.is_numeric_dtype(shown[name]):
            shown[name] = shown[name].map(lambda cell: neutral(str(cell)))
    return shown.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
