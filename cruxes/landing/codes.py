"""How a bank is stored: whole numbers of 16 bits, in columns, packed with gzip.

A date is counted in steps of 1/800 year from 2020, so that the end of every year is a whole number of steps; a clock
that a pause or loss of control stopped, and one that never rings, have codes of their own. A crux is kept as the
standard normal behind it.
"""

from __future__ import annotations

import gzip

import numpy as np

FIRST_YEAR = 2020.0
STEPS = 800
"""To a year."""

STOPPED, NEVER = 65534, 65535
NORMAL_SPAN = 6.0
"""Standard normals are kept from minus to plus this."""

NORMAL_STEPS = 65535
CELLS = 4
"""Into which the reading of a signal is sorted; two bits each."""

SIGNALS_TO_A_COLUMN = 8


def of_dates(dates: np.ndarray, stopped: np.ndarray) -> np.ndarray:
    """Codes (n,) of decimal years (n,), inf where not seen; ``stopped`` says which of those were stopped."""
    steps = np.clip(np.floor((np.where(np.isfinite(dates), dates, FIRST_YEAR) - FIRST_YEAR) * STEPS), 0, STOPPED - 1)
    return np.where(np.isfinite(dates), steps, np.where(stopped, STOPPED, NEVER)).astype(np.uint16)


def to_dates(codes: np.ndarray) -> np.ndarray:
    """The middle of each step, inf for what is not seen."""
    years = FIRST_YEAR + (codes.astype(float) + 0.5) / STEPS
    return np.where(codes < STOPPED, years, np.inf)


def code_at(year: float) -> int:
    """The first code at or after a date."""
    return round((year - FIRST_YEAR) * STEPS)


def of_normals(z: np.ndarray) -> np.ndarray:
    """Codes of standard normals."""
    share = (np.clip(z, -NORMAL_SPAN, NORMAL_SPAN) + NORMAL_SPAN) / (2.0 * NORMAL_SPAN)
    return np.round(share * NORMAL_STEPS).astype(np.uint16)


def to_normals(codes: np.ndarray) -> np.ndarray:
    """Undoes `of_normals`, up to its rounding."""
    return codes.astype(float) / NORMAL_STEPS * (2.0 * NORMAL_SPAN) - NORMAL_SPAN


def of_cells(cells: np.ndarray) -> np.ndarray:
    """Cells (n, signals) of 0 to 3, eight to a column: (n, columns)."""
    n, signals = cells.shape
    columns = -(-signals // SIGNALS_TO_A_COLUMN)
    packed = np.zeros((n, columns), dtype=np.uint16)
    for i in range(signals):
        packed[:, i // SIGNALS_TO_A_COLUMN] |= cells[:, i].astype(np.uint16) << 2 * (i % SIGNALS_TO_A_COLUMN)
    return packed


def to_cells(packed: np.ndarray, signals: int) -> np.ndarray:
    """Undoes `of_cells`."""
    return np.column_stack([
        packed[:, i // SIGNALS_TO_A_COLUMN] >> 2 * (i % SIGNALS_TO_A_COLUMN) & 3 for i in range(signals)
    ])  # fmt: skip


def pack(columns: np.ndarray) -> bytes:
    """Columns (n, m): one after the other, little-endian, the low bytes of each before its high bytes; the same bytes
    each time."""
    flat = np.ascontiguousarray(columns.T, dtype="<u2")
    planes = flat.view(np.uint8).reshape(columns.shape[1], columns.shape[0], 2)
    return gzip.compress(np.ascontiguousarray(planes.transpose(0, 2, 1)).tobytes(), 9, mtime=0)


def unpack(packed: bytes, columns: int) -> np.ndarray:
    """Undoes `pack`: (n, columns)."""
    planes = np.frombuffer(gzip.decompress(packed), dtype=np.uint8).reshape(columns, 2, -1)
    return (planes[:, 0].astype(np.uint16) | planes[:, 1].astype(np.uint16) << 8).T
