"""Numbers and names as a reader of a figure finds them."""

from __future__ import annotations

import math
from datetime import date

from cruxes import wording
from cruxes.figures.style import MARKS, name_of


def short(name: str) -> str:
    """The name of a block without its explanation."""
    return name.partition(":")[0]


def percent(share: float) -> str:
    return f"{wording.percent(share)} %"


def points(change: float) -> str:
    """Of probability, with a sign that is a minus."""
    return signed(change, unit=100.0, digits=0)


def signed(change: float, *, unit: float = 1.0, digits: int) -> str:
    """What rounds to nothing has no sign."""
    text = f"{unit * change:+.{digits}f}".replace("-", "\u2212")
    return text if any(c in "123456789" for c in text) else text[1:]


def end_of(day: date | str) -> str:
    """A day in words: the end of a year, or the day."""
    found = date.fromisoformat(str(day))
    return f"the end of {found.year}" if (found.month, found.day) == (12, 31) else found.isoformat()


def in_unit(value: float, unit: str) -> str:
    """A value in short: chances and shares in percent, years as they are, hours with their sign."""
    if unit == "year":
        return "never" if math.isinf(value) else f"{value:.0f}"
    if unit in ("probability", "share"):
        return f"{100 * value:.0f} %"
    return (f"{value:.0f}" if abs(value) >= 10.0 else f"{value:.2g}") + (" h" if unit == "hours" else "")


def in_text(step: str) -> str:
    """A step of a waterfall with people's names as a reader writes them."""
    return " ".join(
        name_of(word) + mark if word in MARKS and word != "trend" else word + mark
        for word, mark in ((w.rstrip(","), "," * w.endswith(",")) for w in step.split(" "))
    )
