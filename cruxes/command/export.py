"""`rsi export`: the last forecast in the formats of others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.forecast import artefact_folder
from cruxes.command.options import parse_day
from cruxes.wording import MEANINGS
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd

    from forecast.export.curve import Curve
    from forecast.export.stored import Stored

VIEWS = ("stated", "updated")

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The last forecast, for other tools and for markets."
)
OneWorldview = Annotated[str, typer.Option("--worldview", metavar="NAME", help="Whose forecast.")]
OneEvent = Annotated[str, typer.Option("--event", metavar="EVENT", help="Of what, for example LOOP.")]
OneView = Annotated[str, typer.Option("--view", metavar="stated|updated", help="Before or after the evidence.")]
Worldviews = Annotated[
    list[str] | None, typer.Option("--worldview", metavar="NAME", help="One or more (default: all).")
]
Events = Annotated[list[str] | None, typer.Option("--event", metavar="EVENT", help="One or more (default: all).")]
Views = Annotated[str, typer.Option("--view", metavar="stated|updated|both", help="Before or after the evidence.")]
AsOf = Annotated[str | None, typer.Option(metavar="DATE", help="The forecast of that day (default: the last one run).")]
OutFile = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write here (default: stdout).")]
JsonFlag = Annotated[bool, typer.Option("--json", help="With the run, the view and remarks, on stdout.")]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="export")


@commands.command("metaculus")
def export_metaculus(
    worldview: OneWorldview,
    event: OneEvent,
    question: Annotated[int, typer.Option(metavar="ID", help="The question's id in the API, not the post's.")],
    opens: Annotated[str, typer.Option("--min", metavar="DATE", help="Start of the question's range, 0:00 UTC.")],
    closes: Annotated[str, typer.Option("--max", metavar="DATE", help="End of the range, 0:00 UTC of that day.")],
    open_lower: Annotated[
        bool, typer.Option("--open-lower/--closed-lower", help="May the date lie before the range?")
    ] = True,
    open_upper: Annotated[
        bool, typer.Option("--open-upper/--closed-upper", help="May it lie after it, or nowhere?")
    ] = True,
    zero_point: Annotated[
        str | None, typer.Option(metavar="DATE", help="The API's zero_point, if the axis is logarithmic.")
    ] = None,
    outcome_count: Annotated[int, typer.Option(metavar="N", help="The API's inbound_outcome_count.")] = 200,
    view: OneView = "updated",
    as_of: AsOf = None,
    out: OutFile = None,
    as_json: JsonFlag = False,
) -> None:
    """The body of a request to Metaculus's forecast endpoint, for a date question. Nothing is sent."""
    from forecast.export import metaculus

    asked = metaculus.Question(
        id=question,
        opens=parse_day(opens, option="--min"),
        closes=parse_day(closes, option="--max"),
        open_lower=open_lower,
        open_upper=open_upper,
        zero_point=None if zero_point is None else parse_day(zero_point, option="--zero-point"),
        count=outcome_count,
    )
    if problems := metaculus.problems(asked):
        raise BadInput(problems)
    stored, curve = _curve(worldview, view=view, event=event, as_of=as_of)
    body = metaculus.payload(curve, asked)
    _give(
        json.dumps(body), body, kind="metaculus", out=out, as_json=as_json,
        about=_about(stored, worldview, view=view, event=event), remarks=metaculus.remarks(curve, asked),
    )  # fmt: skip


@commands.command("squiggle")
def export_squiggle(
    worldview: OneWorldview,
    event: OneEvent,
    view: OneView = "updated",
    as_of: AsOf = None,
    out: OutFile = None,
    as_json: JsonFlag = False,
) -> None:
    """Squiggle source: the density of the date if it happens, and the chances that it does, never does, is stopped."""
    from forecast.export import squiggle

    stored, curve = _curve(worldview, view=view, event=event, as_of=as_of)
    title = "\n".join(
        [
            f"{event}: {MEANINGS.get(event, event)}.",
            f"After {worldview}, {view} view; as of {stored.manifest['day']}; run {stored.manifest['run']}.",
            "An encoding of published views, not endorsed by their authors.",
        ]
    )
    text = squiggle.text(curve, title=title)
    about = _about(stored, worldview, view=view, event=event)
    _give(text, text, kind="squiggle", out=out, as_json=as_json, about=about)


@commands.command("hubverse")
def export_hubverse(
    worldview: Worldviews = None,
    event: Events = None,
    view: Views = "updated",
    as_of: AsOf = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The hub; files go to its model-output folder.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Hubverse model output, one file and one model id per worldview (rsi-clark)."""
    from forecast.export import hubverse

    stored, rows = _rows(worldview, view=view, events=event, as_of=as_of)
    origin = date.fromisoformat(stored.manifest["day"])
    files = {
        hubverse.path(str(name), origin=origin): hubverse.text(part, origin=origin)
        for name, part in rows.groupby("worldview", sort=False)
    }
    if out is None and len(files) > 1 and not as_json:
        raise BadInput([_problem("--out", "absent", "a folder, for more than one worldview",
                                 "Name the hub's folder, or one --worldview.")])  # fmt: skip
    content = {str(path): text for path, text in files.items()}
    about = {"run": stored.manifest["run"], "day": stored.manifest["day"], "view": view}
    for path, text in files.items():
        target = None if out is None else out / path
        if target is not None or not as_json:
            _give(text, text, kind="hubverse", out=target, as_json=False, about=about)
    if as_json:
        typer.echo(json.dumps({"format": "hubverse", **about, "content": content}, ensure_ascii=False, indent=1))


@commands.command("csv")
def export_csv(
    worldview: Worldviews = None,
    event: Events = None,
    view: Views = "both",
    as_of: AsOf = None,
    out: OutFile = None,
    as_json: JsonFlag = False,
) -> None:
    """The long table, safe to open in a spreadsheet: every stated number with its Monte Carlo error."""
    from forecast.export import tidy

    stored, rows = _rows(worldview, view=view, events=event, as_of=as_of, variants=True)
    content = rows.astype(object).where(rows.notna(), None).to_dict(orient="records")
    about = {"run": stored.manifest["run"], "day": stored.manifest["day"], "view": view}
    _give(tidy.text(rows), content, kind="csv", out=out, as_json=as_json, about=about)


def _rows(
    worldviews: Sequence[str] | None,
    *,
    view: str,
    events: Sequence[str] | None,
    as_of: str | None,
    variants: bool = False,
) -> tuple[Stored, pd.DataFrame]:
    """The last forecast that has them, and what of its long table was asked for. Raises BadInput."""
    if view not in (*VIEWS, "both"):
        raise BadInput([_problem("--view", ascii(view), "stated, updated or both", "Correct the option.")])
    from forecast.export import stored

    day = None if as_of is None else parse_day(as_of, option="--as-of")
    found = stored.latest(artefact_folder(), worldviews=worldviews or (), day=day)
    typer.echo(f"From the forecast as of {found.manifest['day']}, run {found.manifest['run']}.", err=True)
    views = VIEWS if view == "both" else (view,)
    held = [name for name in views if name in set(found.table["view"])] if view == "both" else views
    return found, stored.select(
        found, views=held, worldviews=worldviews or (), events=events or (), variants=variants
    )  # fmt: skip


def _curve(worldview: str, *, view: str, event: str, as_of: str | None) -> tuple[Stored, Curve]:
    """The last forecast that has the worldview, and one curve of it. Raises BadInput."""
    if view not in VIEWS:
        raise BadInput([_problem("--view", ascii(view), "stated or updated", "Correct the option.")])
    from forecast.export import curve
    from forecast.export.stored import starts

    found, rows = _rows([worldview], view=view, events=[event], as_of=as_of)
    stated_on, day = starts(found)[worldview, view]
    return found, curve.read(rows, as_of=stated_on, day=day)


def _about(stored: Stored, worldview: str, *, view: str, event: str) -> dict[str, Any]:
    manifest = stored.manifest
    return {"run": manifest["run"], "day": manifest["day"], "worldview": worldview, "view": view, "event": event}


def _give(
    text: str,
    content: object,
    *,
    kind: str,
    out: Path | None,
    as_json: bool,
    about: dict[str, Any],
    remarks: Sequence[str] = (),
) -> None:
    """To the file or to stdout; remarks go to stderr, or into the json."""
    if out is not None:
        _write(out, text)
        typer.echo(f"Written: {out}", err=True)
    if as_json:
        found = {"format": kind, **about, "remarks": list(remarks), "content": content}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for remark in remarks:
        typer.echo(remark, err=True)
    if out is None:
        typer.echo(text.removesuffix("\n"))


def _write(path: Path, text: str) -> None:
    """Whole or not at all. Raises BadInput where the disk refuses."""
    from forecast.artefacts import write_whole

    try:
        write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except OSError as bad:
        reason = bad.strerror or "unwritable"
        remedy = "Choose another place, or make room."
        raise BadInput([_problem("--out", f"{path} ({reason})", "a place to write to", remedy)]) from None


def _problem(where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file="command line", where=where, found=found, expected=expected, remedy=remedy)
