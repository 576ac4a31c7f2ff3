"""Sentences of figures of dates and positions: an event as a clause, and numbers as people say them."""

from __future__ import annotations

from cruxes import wording
from cruxes.figures.style import name_of
from priors.worldview import BASELINE

PHRASES = {
    "RE": "AI does four fifths of AI research",
    "LOOP": "the loop closes",
    "M2": "AI has doubled the pace of progress",
    "SWX3": "software makes three years of progress in one",
    "SWX5": "software makes five years of progress in one",
    "SWX10": "software makes ten years of progress in one",
    "X100": "software is a hundredfold beyond the closed loop",
    "ASI": "AI far surpasses the best humans",
    "ECON10": "the world economy grows by a tenth in a year",
    "ECON30": "the world economy grows by three tenths in a year",
    "LOC": "control is lost",
    "PAUSE": "training is halted",
}
"""The event as a clause: "when the loop closes", "if the loop closes"."""


def percent(p: float) -> str:
    """With its sign, never 0 or 100 unless it is."""
    return f"{wording.percent(p)} %"


def number(value: float) -> str:
    """A quantity to three digits, without powers of ten; nothing finer than a ten-thousandth."""
    if abs(value) >= 100.0:
        return f"{float(f'{value:.3g}'):.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else "0"


def after(worldview: str) -> str:
    """Whose encoding it is: "after Clark", and nobody's for the baseline."""
    return "for the trend alone" if worldview == BASELINE else f"after {name_of(worldview)}"
