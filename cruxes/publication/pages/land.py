"""The page on which a reader lands: its table, and the bank of draws that its script reads."""

from __future__ import annotations

from cruxes.landing import page
from cruxes.publication import opened
from cruxes.publication.html import GENERATED, Html
from cruxes.publication.pages.common import frame


def named_table() -> Html:
    """The named worldviews in numbers; the bank is put where the script finds it."""
    opened().put("land", GENERATED)
    return page.named_table(frame("forecast"))
