"""Which pages the book has, from its table of contents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "book"
READY = os.environ.get("RSI_BOOK_HTML")
"""A book that is built already: the tests then take it, and the pages that are in it."""


def _files(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _files(one)
    elif isinstance(part, dict):
        yield from (str(value) for key, value in part.items() if key in {"root", "file"})
        yield from (name for value in part.values() for name in _files(value))


LISTED = tuple(_files(yaml.safe_load((PAGES / "_toc.yml").read_text(encoding="utf-8"))))
NAMES = tuple(name for name in LISTED if READY is None or (Path(READY) / f"{name}.html").exists())
LANDING = LISTED[0]
