"""What every check hands back: findings, each one number held against a bound, and the tables that figures are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from forecast.evidence.ledger import Ledger

COLUMNS = ("check", "item", "value", "unit", "low", "high", "passes", "says")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One number of a check and where it has to lie.

    ``item``: what was measured, short and unique within its check (`ranks of theta, after Clark`). ``low``, ``high``:
    the bounds, infinite where there is none; with neither the number is for information and passes. ``says``: one
    sentence for a reader of the report, what the number means and, where it falls short, why.
    """

    item: str
    value: float
    unit: str
    low: float = -np.inf
    high: float = np.inf
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Findings of one check as a table (`COLUMNS`), and by name the tables behind them."""

    check: str
    findings: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a check is measured on. ``executor`` runs independent pieces (`executors`), here and now where it is None;
    ``report`` takes (done, of, what) for a progress bar."""

    ledger: Ledger
    day: date
    seed: int = 1
    executor: Executor | None = None
    report: Callable[[int, int, str], None] = lambda done, of, what: None


def passes(value: float, low: float, high: float) -> bool:
    """Whether a number lies within its bounds, the ends included; what is not a number lies nowhere."""
    return bool(low <= value <= high)


def table(check: str, findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table. Raises ValueError where two have the same item: a reader could not tell them apart."""
    rows = [{"check": check, **asdict(one), "passes": passes(one.value, one.low, one.high)} for one in findings]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    twice = found["item"][found["item"].duplicated()]
    if len(twice):
        raise ValueError(f"check {check!r} says twice: {', '.join(sorted(set(twice)))}")
    return found
