"""Figures and tables as HTML for a page. Every text is escaped here; a link leads to the web or is no link."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from cruxes.figures import style
from cruxes.figures.picture import Picture, Width

GENERATED = Path(__file__).parent.parent.parent / "book" / "assets" / "generated"
"""Where files of the book are put that pages link to; served as ``_static/generated``."""

SERVED = "_static/generated"
type Shown = Callable[[Any], str]


class Html(str):
    """Text that is HTML already, and is shown as such by a notebook."""

    def _repr_html_(self) -> str:
        return str(self)


def escape(value: object) -> str:
    return html.escape(str(value), quote=True)


def link(url: object, text: object) -> Html:
    """A link, where ``url`` is one to the web; otherwise the text and the address, as text."""
    address = str(url)
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in {"http", "https"} and parts.netloc and not re.search(r"[\s\"'<>\\]", address):
        return Html(f'<a href="{escape(address)}" rel="noopener noreferrer">{escape(text)}</a>')
    return Html(escape(text) if not address else f"{escape(text)} ({escape(address)})")


def cell(value: object) -> str:
    """A cell as HTML: `Html` as it is, anything else escaped; nothing for what is missing."""
    if isinstance(value, Html):
        return str(value)
    return "" if value is None or value != value else escape(value)


def table(
    frame: pd.DataFrame, *, caption: str, heads: Mapping[str, str] | None = None, shown: Mapping[str, Shown] | None = None,
    numbers: Sequence[str] = (), row_heads: int = 1, sortable: bool = False,
) -> Html:  # fmt: skip
    """A frame as a table that scrolls by itself where it is wide.

    ``heads`` renames columns (all are kept, in their order), ``shown`` formats them, ``numbers`` are set to the right.
    The first ``row_heads`` columns are headings of their rows. ``sortable`` lets a reader search and sort it.
    """
    formats = shown or {}
    names = list(frame.columns)
    right = {name for name in names if name in numbers}
    head = "".join(
        f'<th scope="col"{_number(name in right)}>{escape((heads or {}).get(name, name))}</th>' for name in names
    )
    body = []
    for row in frame.itertuples(index=False, name=None):
        cells = []
        for i, (name, value) in enumerate(zip(names, row, strict=True)):
            text = cell(formats[name](value)) if name in formats else cell(value)
            tag = 'th scope="row"' if i < row_heads else "td"
            cells.append(f"<{tag}{_number(name in right)}>{text}</{tag.split()[0]}>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    kind = " rsi-sortable" if sortable else ""
    return Html(
        f'<div class="rsi-table{kind}" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _number(yes: bool) -> str:
    return ' class="rsi-number"' if yes else ""


def figure(picture: Picture, *, folder: Path | None = None) -> Html:
    """The picture in both widths with its words and links to its data; the files are written beside the pages."""
    place = GENERATED if folder is None else folder
    place.mkdir(parents=True, exist_ok=True)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", picture.name):
        raise ValueError(f"{picture.name!r} is no name for a file")
    sizes: dict[Width, tuple[int, int]] = {}
    widths: tuple[Width, ...] = ("narrow", "wide")
    for width in widths:
        drawn = picture.draw(width)
        (place / f"{picture.name}-{width}.svg").write_bytes(style.svg(drawn))
        inches = drawn.get_size_inches()
        sizes[width] = round(96 * inches[0]), round(96 * inches[1])
    picture.data.to_csv(place / f"{picture.name}.csv", index=False)
    url = f"{SERVED}/{picture.name}"
    sized = {width: f'width="{w}" height="{h}"' for width, (w, h) in sizes.items()}
    return Html(
        f'<figure class="rsi-figure" id="figure-{picture.name}"><p class="rsi-title">{escape(picture.title)}</p>'
        f'<picture><source media="(min-width: 700px)" srcset="{url}-wide.svg" {sized["wide"]}>'
        f'<img src="{url}-narrow.svg" alt="{escape(picture.alt)}" {sized["narrow"]} loading="lazy"></picture>'
        f"<figcaption>{escape(picture.caption)} "
        f'<span class="rsi-links"><a href="{url}.csv" download>Data (csv)</a>, '
        f'<a href="{url}-wide.svg">SVG</a></span></figcaption></figure>'
    )
