"""`rsi worldview`: not there yet."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds nothing so far."""
