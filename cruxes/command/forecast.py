"""`rsi forecast`: the main job. Dates of every event for every worldview, before and after the evidence."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.options import JsonFlag, LedgerOption, open_ledger, parse_day, today_of
from cruxes.wording import BY, HEADLINES, LEVELS, MEANINGS, RARE, VARIANT_NAMES, percent
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from forecast.run import Forecast


def register(app: typer.Typer) -> None:
    app.command("forecast")(forecast)


def artefact_folder() -> Path:
    """Where forecasts are kept: RSI_ARTEFACTS, else ``artefacts`` where the command runs."""
    return Path(os.environ.get("RSI_ARTEFACTS", "artefacts"))


def forecast(
    worldviews: Annotated[
        list[str] | None, typer.Argument(metavar="[WORLDVIEW]...", help="Names or .toml files (default: all).")
    ] = None,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="As known that day (default: all we know).")] = None,
    view: Annotated[str, typer.Option(metavar="stated|updated|both", help="Before or after the evidence.")] = "both",
    event: Annotated[list[str] | None, typer.Option(metavar="EVENT", help="One or more events, or 'all'.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Same seed, same machine: same numbers.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again even if nothing has changed.")] = False,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """When the AI R&D loop closes and what follows, for each worldview, before and after the evidence."""
    from forecast import artefacts
    from priors import worldview as shelf

    problems = _unknown(view, event)
    if problems:
        raise BadInput(problems)
    book = open_ledger(ledger)
    day = parse_day(as_of, option="--as-of") if as_of is not None else today_of(book)
    names = worldviews or list(shelf.names())
    said = [shelf.load(name).model_dump_json() for name in names]
    key = artefacts.key(said, ledger_sha256=book.sha256, day=day, seed=seed, options={"names": names})
    folder = artefact_folder() / f"{day.isoformat()}-{key}"
    found = None if fresh else artefacts.load(folder, run_key=key)
    if found is None:
        from forecast import run

        cache = None if fresh else artefact_folder()
        computed = run.run(names, ledger=book, day=day, seed=seed, cache=cache, report=_say)
        artefacts.save(folder, computed, run_key=key, ledger_sha256=book.sha256)
        _remember(computed, run_key=key, own=ledger)
        found = artefacts.load(folder, run_key=key)
    if found is None:
        raise RuntimeError(f"the forecast in {folder} was not the one just written")
    table, manifest = found
    shown = table if view == "both" else table[table["view"] == view]
    if as_json:
        rows = shown.astype(object).where(shown.notna(), None).to_dict(orient="records")
        typer.echo(json.dumps({"manifest": manifest, "table": rows}, ensure_ascii=False, indent=1))
        return
    events = tuple(MEANINGS) if event and "all" in event else tuple(event or HEADLINES)
    _print(shown, manifest, events, day=day, rows=len(book.rows), folder=folder)


def _remember(computed: Forecast, *, run_key: str, own: Path | None) -> None:
    """A line of the history in the user's folder."""
    from forecast import history
    from forecast.evidence import store

    ids = {view.worldview.name: view.row_ids for view in computed.views if view.name == "updated" and not view.without}
    line = history.record(computed.table, day=computed.day, run=run_key, seed=computed.seed, row_ids=ids)
    history.append(store.folder(own), line)


def _unknown(view: str, event: list[str] | None) -> list[Problem]:
    known = (*MEANINGS, "all")
    found = [
        Problem(file="rsi forecast", where="--event", found=ascii(name), expected=f"one of {', '.join(known)}",
                remedy="Correct the event's code.")
        for name in event or []
        if name not in known
    ]  # fmt: skip
    if view not in ("stated", "updated", "both"):
        found.append(Problem(file="rsi forecast", where="--view", found=ascii(view),
                             expected="stated, updated or both", remedy="Correct the option."))  # fmt: skip
    return found


def _say(text: str) -> None:
    """Progress goes to stderr, so that stdout stays a table."""
    typer.echo(text, err=True)


def cell(frame: pd.DataFrame, output_type: str, which: object = "") -> float:
    """One number of a view's rows; not a number where it is not there."""
    chosen = frame.loc[(frame["output_type"] == output_type) & (frame["output_type_id"] == str(which)), "value"]
    return float(chosen.iloc[0]) if len(chosen) else float("nan")


def _print(
    table: pd.DataFrame, manifest: dict[str, Any], events: tuple[str, ...], *, day: date, rows: int, folder: Path
) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False, width=None)
    for event in events:
        _print_event(console, table[table["event"] == event], event)
    _print_variants(console, table)
    for label in _honoured(manifest):
        console.print(label)
    for name in manifest["not_yet_stated"]:
        console.print(f"{name}: not yet stated on {day}.")
    console.print(
        f"As of {day}; ledger of {rows} rows; seed {manifest['seed']}. Encodings of published views, not endorsed by "
        "their authors; most never gave a date.",
        soft_wrap=True,
    )
    console.print(f"Draws, table and manifest: {folder}", soft_wrap=True)


def _print_event(console: Console, rows: pd.DataFrame, event: str) -> None:
    """Probabilities in percent by the end of a year; dates among futures in which it happens, if that is not rare."""
    from rich.table import Table

    title = f"{event}: {MEANINGS[event]}"
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("after", no_wrap=True)
    shown.add_column("view", no_wrap=True)
    for year in BY:
        shown.add_column(f"by\n{year}", justify="right", no_wrap=True)
    shown.add_column("\nnever", justify="right", no_wrap=True)
    shown.add_column("LOC,\nPAUSE", justify="right", no_wrap=True)
    for i, level in enumerate(LEVELS):
        shown.add_column(f"{'if ever' if i == 1 else ''}\n{100 * level:.0f} %", justify="right", no_wrap=True)
    for worldview in rows["worldview"].unique():
        own = rows[(rows["worldview"] == worldview) & (rows["without"] == "")]
        for i, view in enumerate(own["view"].unique()):
            part = own[own["view"] == view]
            stopped = sum(part.loc[part["output_type"] == "stopped", "value"])
            ever = 1.0 - stopped - cell(part, "never")
            dates = [cell(part, "quantile_if_ever", level) if ever >= RARE else float("nan") for level in LEVELS]
            shown.add_row(
                worldview if i == 0 else "",
                view,
                *(percent(cell(part, "cdf", f"{year}-12-31")) for year in BY),
                percent(cell(part, "never")),
                percent(stopped),
                *(f"{d:.1f}" if d == d else "-" for d in dates),
            )
    console.print(shown)
    console.print()


def _print_variants(console: Console, table: pd.DataFrame) -> None:
    """The headline once more without each of the two streams that could decide alone."""
    from rich.table import Table

    rows = table[(table["event"] == "LOOP") & (table["view"] == "updated")]
    if rows["without"].nunique() < 2:
        return
    title = "LOOP by 2030, updated, one stream left out"
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("after", no_wrap=True)
    for name in rows["without"].unique():
        shown.add_column(VARIANT_NAMES.get(name, f"without {name}"), justify="right")
    for worldview in rows["worldview"].unique():
        own = rows[rows["worldview"] == worldview]
        cells = [cell(own[own["without"] == name], "cdf", "2030-12-31") for name in rows["without"].unique()]
        shown.add_row(worldview, *map(percent, cells))
    console.print(shown)
    console.print()


def _honoured(manifest: dict[str, Any]) -> list[str]:
    """Explicit numbers that a tilt keeps, each with what the priors gave before."""
    found = []
    for view in manifest["views"]:
        if view["view"] != "stated" or not view["honoured"]:
            continue
        parts = [
            f"target {h['number']}: {100 * h['tilted']:.1f} % ({100 * h['untilted']:.1f} % before the tilt)"
            for h in view["honoured"]
        ]
        found.append(
            f"{view['worldview']}: own numbers kept in the stated view, {', '.join(parts)}; bend "
            f"{view['bend_nats']:.3f} nats, {view['effective_draws']:.0f} effective draws."
        )
    return found
