"""Exact decimals in publishers' files: read, put on the scale of percent, written as the ledger takes them."""

from __future__ import annotations

import re
from decimal import Decimal

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_BEYOND = 50  # digits before or after the point; no score has that many


def parse(text: str) -> Decimal | None:
    """A number in plain digits; None for everything else, NaN and infinity among it."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def percent(score: Decimal, *, scale: Decimal) -> Decimal | None:
    """Score times scale (1 for fractions, 0.01 for percent) in percent; None where that is not in [0, 100]."""
    if abs(score.adjusted()) > _BEYOND or abs(scale.adjusted()) > _BEYOND:
        return None
    found = score * scale * 100
    return found if 0 <= found <= 100 else None


def digits(number: Decimal, *, places: int = 4) -> str:
    """Plain digits, rounded, without trailing zeros but with one decimal; for numbers of ordinary size."""
    text = f"{number:.{places}f}".rstrip("0")
    return text + "0" if text.endswith(".") else text
