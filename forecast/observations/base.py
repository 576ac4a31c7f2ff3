"""What all observation models share: their own parameters, the readings they look at, and how rows find them.

A kind of series has one observation model, whoever holds the beliefs. It is written once over an array namespace and
runs on the tensors of one draw (arrays of rows) and on NumPy arrays of many draws (arrays of draws x rows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi, sqrt
from typing import Any, NamedTuple

import numpy as np

from forecast.mechanism import HISTORY_START

MONTHS_PER_YEAR = 12
DEGREES_OF_FREEDOM = 4.0


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A parameter of the measuring, not of the world: shared by all worldviews, fitted under the cut.

    ``loc`` and ``scale`` are those of a normal on the unconstrained scale: the logarithm where ``positive``.
    """

    name: str
    positive: bool
    loc: float
    scale: float
    meaning: str


class Readings(NamedTuple):
    """Columns of the process at the rows of one kind, (..., rows): see `forecast.mechanism.Reading`."""

    rate: Any
    rate0: Any
    ln_h: Any
    k: Any
    f: Any


@dataclass(frozen=True, kw_only=True)
class Block:
    """The rows of one kind as arrays of one length.

    ``month`` and ``within`` place a row on the monthly grid from HISTORY_START; ``before`` is the years by which it
    precedes the grid (negative or 0). ``weight`` is 1 for a row that counts and 0 for one left out. ``previous`` is
    the row of the same block whose error a row's own is correlated with (itself where there is none). ``columns``
    are the kind's own numbers; ``ids`` the ledger rows.
    """

    ids: tuple[str, ...]
    month: np.ndarray
    within: np.ndarray
    before: np.ndarray
    weight: np.ndarray
    previous: np.ndarray
    columns: Mapping[str, np.ndarray]

    @property
    def counted(self) -> tuple[str, ...]:
        """Ids of the rows that count: not those left out, nor those that are only the context of others."""
        return tuple(row for row, weight in zip(self.ids, self.weight, strict=True) if weight > 0)


def block(ids: tuple[str, ...], years: np.ndarray, columns: Mapping[str, np.ndarray], weight: np.ndarray) -> Block:
    """Place rows observed at decimal ``years`` on the grid; ``columns`` may hold ``previous``."""
    own = {name: np.asarray(column) for name, column in columns.items() if name != "previous"}
    steps = np.maximum(years - HISTORY_START, 0.0) * MONTHS_PER_YEAR
    month = np.floor(steps).astype(np.int64)
    return Block(
        ids=ids,
        month=month,
        within=steps - month,
        before=np.minimum(years - HISTORY_START, 0.0),
        weight=weight.astype(float),
        previous=np.asarray(columns.get("previous", np.arange(len(ids))), dtype=np.int64),
        columns=own,
    )


def last_month(blocks: Mapping[str, Block]) -> int:
    """Months of the grid that reach the last row of any kind."""
    return max((int(b.month.max()) + 1 for b in blocks.values() if b.ids), default=1)


def central_width(mass: float) -> float:
    """Standard deviations from the middle to the edge of a central normal interval of this mass."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + mass / 2.0))


def log_student(z: Any, xp: Any) -> Any:
    """Log density of a standard Student-t with DEGREES_OF_FREEDOM = 4: 3/8 (1 + z^2/4)^(-5/2)."""
    return log(3.0 / 8.0) - 2.5 * xp.log1p(xp.square(z) / DEGREES_OF_FREEDOM)


def log_student_above(z: Any, xp: Any) -> Any:
    """ln P(T > z) of the same law: (1 - c)^2 (2 + c) / 4 with c = z / sqrt(z^2 + 4), written without cancellation."""
    root = xp.sqrt(xp.square(z) + DEGREES_OF_FREEDOM)
    beyond = DEGREES_OF_FREEDOM / (root * (root + z))
    return 2.0 * xp.log(beyond) + xp.log(3.0 - beyond) - log(4.0)


def log_normal_density(z: Any, sd: Any, xp: Any) -> Any:
    """Log density of a normal at z standard deviations ``sd`` from its mean."""
    return -0.5 * xp.square(z) - xp.log(sd) - log(sqrt(2.0 * pi))
