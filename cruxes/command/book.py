"""`rsi book`: the pages, made from tables that are computed once; reading them needs no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cruxes.command.options import JsonFlag, LedgerOption, open_ledger, today_of
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from cruxes.publication.store import Published

FAILED = 1
SEED = 1
PORT = 8000
PAGES = Path(__file__).parent.parent.parent / "book"

commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The book: compute, build, read.")
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where _build goes (default: the folder of the pages).")
]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="book")


@commands.command("prepare")
def prepare(ledger: LedgerOption = None, as_json: JsonFlag = False) -> None:
    """Compute every table that pages read, and no more than has changed. The first time takes minutes."""
    found = _prepare(ledger)
    if as_json:
        said = {"folder": str(found.folder), "day": found.day.isoformat(), "seed": found.seed, "rows": found.rows}
        typer.echo(json.dumps({**said, "tables": dict(found.sha256)}, indent=1))
        return
    typer.echo(f"{len(found.sha256)} tables as of {found.day}, from {found.rows} rows, in {found.folder}")


@commands.command("build")
def build(
    out: OutOption = None,
    draft: Annotated[
        bool,
        typer.Option(
            "--draft", help="For writing: compute nothing, leave out pages that are not there, let warnings pass."
        ),
    ] = False,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Build every page. A warning, a broken link or a stale table fails it; nothing changed is nothing done.

    Exit code 1 if the build fails, with what failed on stderr.
    """
    from cruxes.command import book_build

    if problems := list(book_build.missing(PAGES)):
        raise BadInput(problems)
    if not draft:
        _prepare(ledger)
    made = book_build.build(PAGES, out=out or PAGES, draft=draft, ledger=ledger, report=_say)
    if as_json:
        said = {"html": str(made.html), "pages": made.pages, "unchanged": made.unchanged, "passed": made.passed}
        typer.echo(json.dumps(said, indent=1))
    elif made.passed:
        typer.echo(f"{made.html / 'index.html'}{' (nothing had changed)' if made.unchanged else ''}")
    if not made.passed:
        typer.echo("The book was not built: the lines with WARNING or ERROR above say why.", err=True)
        raise typer.Exit(FAILED)


@commands.command("serve")
def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = PORT,
    out: OutOption = None,
) -> None:
    """Show the built book to this machine alone, until Ctrl-C."""
    from cruxes.command.book_serving import server

    html = (out or PAGES) / "_build" / "html"
    if not (html / "index.html").exists():
        raise BadInput([_problem("--out", f"no book in {html}", "a built book", "Run `rsi book build` first.")])
    try:
        found = server(html, port=port)
    except OSError as error:
        raise BadInput([_problem("--port", f"{port} ({error.strerror})", "a free port", "Try --port 0.")]) from None
    with found:
        typer.echo(f"http://127.0.0.1:{found.server_port}/ (Ctrl-C ends it)")
        found.serve_forever()


def _prepare(ledger: Path | None) -> Published:
    from cruxes.publication.prepare import prepare

    book = open_ledger(ledger)
    return prepare(book, day=today_of(book), seed=SEED, report=_say)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _problem(where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file="rsi book", where=where, found=found, expected=expected, remedy=remedy)
