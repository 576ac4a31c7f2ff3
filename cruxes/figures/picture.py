"""A figure with the words and the table that belong to it: none of them is published without the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

type Width = Literal["narrow", "wide"]
"""For a telephone (375 px) and for a column of prose (about 700 px)."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """``title`` says the finding, ``alt`` what there is to see, both with numbers from ``data``, the table that is
    drawn and published beside it. ``caption`` says how to read it. ``draw`` makes the figure anew for each width.
    """

    name: str
    title: str
    alt: str
    caption: str
    data: pd.DataFrame
    draw: Callable[[Width], Figure]
