"""The app `rsi`. Exit codes: 0 done, 1 no result to be had (a fit that did not converge), 2 bad input (every problem on stderr), 130 interrupted.

Nothing heavy is imported here or at the top of the modules named below, so that --help is instant.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from cruxes.command import (
    book,
    compare,
    cruxes,
    evidence,
    export,
    forecast,
    history,
    score,
    trust,
    update,
    verify,
    whatif,
    worldview,
)
from priors.problems import BadInput

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
_PLAIN_ENGLISH = {"NotConverged", "NoTilt", "ArithmeticError", "Stale"}
"""Failures that say themselves what went wrong (named, since importing them would import the samplers)."""


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> object:  # typer does not export the base class of its Context
        try:
            return super().invoke(ctx)
        except BadInput as bad:
            for problem in bad.problems:
                typer.echo(str(problem), err=True)
            raise typer.Exit(BAD_INPUT) from None
        except (ArithmeticError, RuntimeError) as failed:
            if type(failed).__name__ not in _PLAIN_ENGLISH:
                raise
            typer.echo(f"Nothing was written: {failed}", err=True)
            raise typer.Exit(FAILED) from None
        except KeyboardInterrupt:
            typer.echo("Interrupted.", err=True)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="rsi",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _rsi() -> None:
    """From beliefs and public evidence about recursive self-improvement to dates, and why dates differ."""


for _module in (
    forecast,
    update,
    history,
    score,
    compare,
    cruxes,
    whatif,
    worldview,
    evidence,
    export,
    book,
    verify,
    trust,
):
    _module.register(app)


def main() -> None:
    app()
