"""`rsi evidence fetch`: the publishers' files, for `rsi evidence import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from priors.problems import BadInput, Problem

BAD_INPUT = 2


def register(commands: typer.Typer) -> None:
    commands.command("fetch")(fetch)


def default_folder() -> Path:
    """Downloads can be had again, so they live with the caches."""
    import platformdirs

    return platformdirs.user_cache_path("rsi-cruxes") / "downloads"


def fetch(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Of the sources (default: all).")] = None,
    into: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to put them (default: our cache).")] = None,
    show: Annotated[bool, typer.Option("--list", help="Only say what the sources are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Download the publishers' files that have changed. Reads nothing into the ledger.

    Exit code 2 if one could not be had; the others are fetched all the same.
    """
    from forecast.evidence import fetch as fetching

    known = fetching.sources()
    if unknown := [name for name in names or [] if name not in known]:
        raise BadInput(
            Problem(file="command line", where="NAME", found=ascii(name), expected=f"one of {', '.join(known)}",
                    remedy="See rsi evidence fetch --list.")
            for name in unknown
        )  # fmt: skip
    chosen = {name: source for name, source in known.items() if not names or name in names}
    if show:
        if as_json:
            typer.echo(json.dumps({name: source.model_dump() for name, source in chosen.items()}, indent=1))
        else:
            for name, source in chosen.items():
                typer.echo(f"{name:<16} {source.what}\n{'':<16} {source.url}")
        return
    folder = into if into is not None else default_folder()
    typer.echo(f"Fetching {', '.join(chosen)} into {folder}", err=True)
    done, problems = fetching.fetch(chosen, folder)
    if as_json:
        files = [{**vars(one), "path": str(one.path)} for one in done]
        found = {"into": str(folder), "files": files, "problems": [vars(problem) for problem in problems]}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        if problems:
            raise typer.Exit(BAD_INPUT)
        return
    for one in done:
        typer.echo(f"{one.name:<16} {one.status:<10} {one.bytes:>12,} bytes  {one.path}")
    if problems:
        raise BadInput(problems)
