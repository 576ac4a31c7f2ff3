"""Dates sorted into bins: fine ones to 2100 for distances, eight coarse ones and "not by 2100" for bits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from forecast.functionals import end_of
from forecast.simulation import HORIZON
from priors import decimal_year

STEP = 0.25
FINE_YEARS = 18.0
COARSE_YEARS = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0)
"""Ends of the coarse bins in years from today; the eighth ends at HORIZON, and a ninth is "not by then"."""


@dataclass(frozen=True, kw_only=True)
class Bins:
    """``edges`` (m,) ascending, the last HORIZON: row 0 lies before the first edge, row m after the last.

    ``coarse`` are the rows at which coarse bins start, ``by`` the first row that is after the day asked for.
    """

    edges: np.ndarray
    coarse: np.ndarray
    by: int

    @property
    def rows(self) -> int:
        """Number of fine bins."""
        return len(self.edges) + 1


def bins(day: date, by: date) -> Bins:
    """Fine and coarse bins from ``day`` on; ``by`` is an edge as well."""
    start = decimal_year(day)
    fine = start + STEP * np.arange(1, round(FINE_YEARS / STEP) + 1)
    late = np.arange(np.ceil((start + FINE_YEARS + 1.0) / 5.0) * 5.0, HORIZON + 1.0, 5.0)
    edges = np.unique(np.concatenate([fine, late, [end_of(by), HORIZON]]))
    edges = edges[edges <= HORIZON]
    starts = np.searchsorted(edges, [start + years - 1e-9 for years in COARSE_YEARS]) + 1
    never = len(edges)
    coarse = np.unique([0, *starts, never])
    return Bins(edges=edges, coarse=coarse, by=int(np.searchsorted(edges, end_of(by) - 1e-9)) + 1)


def row_of(dates: np.ndarray, found: Bins) -> np.ndarray:
    """Fine bin of every date (n,); one on an edge lies after it, and inf in the last."""
    return np.searchsorted(found.edges, dates, side="right")


def coarse(table: np.ndarray, found: Bins) -> np.ndarray:
    """Fine rows (..., rows, cells) added up to coarse ones."""
    return np.add.reduceat(table, found.coarse, axis=-2)


def halves(table: np.ndarray, found: Bins) -> np.ndarray:
    """Fine rows added up to two: by the day asked for, and not."""
    return np.add.reduceat(table, [0, found.by], axis=-2)
