"""`rsi update`: what is new since the last forecast, who moved, by how much and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.forecast import artefact_folder
from cruxes.command.options import AsOfOption, JsonFlag, LedgerOption, open_ledger, parse_day, today_of
from cruxes.wording import BY, LEVELS, MEANINGS, RARE, percent
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from forecast.updating import Move, Updated

EVENTS = ("LOOP", "SWX3")
MOST_CRUXES = 3
MOST_SURPRISING = 5
SURPRISING = 0.2
"""Two-sided tail probability below which a row is named as a surprise."""


def register(app: typer.Typer) -> None:
    app.command("update")(update)


def update(
    as_of: AsOfOption = None,
    ledger: LedgerOption = None,
    event: Annotated[list[str] | None, typer.Option(metavar="EVENT", help="One or more (default: LOOP, SWX3).")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Default: that of the last forecast.")] = None,
    no_influence: Annotated[bool, typer.Option("--no-influence", help="Do not ask which row did it.")] = False,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit without the rows that cannot be weighed away (seconds each).")
    ] = False,
    words: Annotated[bool, typer.Option("--words", help="Sentences instead of tables.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """What is new since the last forecast, who moved, by how much and why."""
    from forecast import artefacts, updating

    problems = [
        Problem(file="rsi update", where="--event", found=ascii(name), expected=f"one of {', '.join(MEANINGS)}",
                remedy="Correct the event's code.")
        for name in event or []
        if name not in MEANINGS
    ]  # fmt: skip
    if problems:
        raise BadInput(problems)
    book = open_ledger(ledger)
    day = parse_day(as_of, option="--as-of") if as_of is not None else today_of(book)
    root = artefact_folder()
    last = artefacts.latest(root, until=day)
    if last is None:
        raise BadInput([Problem(file=str(root), where="the folder", found=f"without a finished forecast as of {day} or before",
                                expected="one to compare with", remedy="Run rsi forecast first.")])  # fmt: skip
    before = artefacts.load_kept(last, without=())
    found = updating.update(
        before, book, day, seed=before[0].view.seed if seed is None else seed, events=event or EVENTS, cache=root,
        with_influence=not no_influence, refit=refit, report=lambda text: typer.echo(text, err=True),
    )  # fmt: skip
    run = _store(found, last.name, ledger_sha256=book.sha256, own=ledger)
    if as_json:
        typer.echo(json.dumps({"run": run, **_said(found)}, ensure_ascii=False, indent=1))
    elif words:
        _print_words(found, event or EVENTS)
    else:
        _print(found, event or EVENTS)


def _store(found: Updated, before: str, *, ledger_sha256: str, own: Any) -> str:
    """Keep the forecast and its line of the history; the key of the run."""
    from forecast import artefacts, history
    from forecast.evidence import store

    now = found.forecast
    said = [kept.key for kept in now.kept]
    key = artefacts.key(said, ledger_sha256=ledger_sha256, day=now.day, seed=now.seed, options={"update of": before})
    unchanged = now.day == found.day_before and all(move.how == "unchanged" for move in found.moves)
    if not unchanged:
        line = history.record(
            now.table, day=now.day, run=key, seed=now.seed,
            row_ids={move.worldview: move.after.view.row_ids for move in found.moves},
            influence={move.worldview: move.charts[0] for move in found.moves},
        )  # fmt: skip
        history.append(store.folder(own), line)
        folder = artefact_folder() / f"{now.day.isoformat()}-{key}"
        artefacts.save(folder, now, run_key=key, ledger_sha256=ledger_sha256)
    return key


def in_words(move: Move) -> str:
    """How one worldview came to its view of now."""
    name = move.worldview
    if move.how == "unchanged":
        return f"{name}: as it was, nothing is new."
    if move.before is None:
        return f"{name}: newly stated, as of {move.after.view.worldview.as_of}."
    ways = {
        "reweighted": f"re-weighted (shape {move.after.shape:.2f}, {move.effective:.0f} effective draws)",
        "refitted": f"refitted ({move.effective:.0f} effective draws)",
        "known": "read, as it had been computed before",
    }
    counts = [f"{len(move.new)} new", *([f"{len(move.gone)} gone"] if move.gone else []),
              *([f"{len(move.reread)} read otherwise"] if move.reread else [])]  # fmt: skip
    what = "only time has passed" if move.only_time_has_passed else f"{', '.join(counts)}"
    again = "; the stated view is another one, since rows from before its date changed" if move.stated_again else ""
    again += "; the code has changed since, so part of a move may be its doing" if move.recoded else ""
    return f"{name}: {what}; {ways.get(move.how, move.how)}{again}."


def _print(found: Updated, events: Sequence[str]) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    _print_head(console, found)
    for event in events:
        _print_event(console, found, event)
    _print_influence(console, found, events[0])
    _print_cruxes(console, found)
    _print_surprise(console, found)


def _print_head(console: Console, found: Updated) -> None:
    then, now = found.day_before, found.forecast.day
    span = f"From {then} to {now}" if then != now else f"As of {now}"
    if all(move.how == "unchanged" for move in found.moves):
        console.print(f"{span}: nothing is new.", soft_wrap=True)
    elif all(move.only_time_has_passed for move in found.moves):
        console.print(f"{span}: no new rows, only time has passed. That no closed loop was shown is all that is new.",
                      soft_wrap=True)  # fmt: skip
    else:
        gone = len({row for move in found.moves for row in move.gone})
        new = len({row for move in found.moves for row in move.new})
        console.print(f"{span}: {new} new rows that count, {gone} gone.", soft_wrap=True)
    for move in found.moves:
        console.print(in_words(move))
    for name in found.forecast.not_yet_stated:
        console.print(f"{name}: not yet stated on {now}.")
    console.print()


def _print_event(console: Console, found: Updated, event: str) -> None:
    """Before, after, and the Monte Carlo error of the change."""
    from rich.table import Table

    title = f"{event}: {MEANINGS[event]}"
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("after", no_wrap=True)
    shown.add_column("as of", no_wrap=True)
    for year in BY:
        shown.add_column(f"by\n{year}", justify="right", no_wrap=True)
    shown.add_column("\nnever", justify="right", no_wrap=True)
    shown.add_column("LOC,\nPAUSE", justify="right", no_wrap=True)
    for i, level in enumerate(LEVELS):
        shown.add_column(f"{'if ever' if i == 1 else ''}\n{100 * level:.0f} %", justify="right", no_wrap=True)
    for move in found.moves:
        part = move.changes[move.changes["event"] == event]
        then = move.before.view.day.isoformat() if move.before is not None else "stated"
        shown.add_row(move.worldview, then, *_cells(part, "before"))
        if move.how != "unchanged":
            shown.add_row("", move.after.view.day.isoformat(), *_cells(part, "after"))
            shown.add_row("", "error +-", *_errors(part))
    console.print(shown)
    console.print()


def _value(part: pd.DataFrame, column: str, kind: str, which: str = "") -> float:
    chosen = part.loc[(part["output_type"] == kind) & (part["output_type_id"] == which), column]
    return float(chosen.iloc[0]) if len(chosen) else float("nan")


def _cells(part: pd.DataFrame, column: str) -> list[str]:
    stopped = float(part.loc[part["output_type"] == "stopped", column].sum())
    never = _value(part, column, "never")
    quantiles = [_value(part, column, "quantile_if_ever", str(level)) for level in LEVELS]
    rare = 1.0 - stopped - never < RARE
    return [
        *(percent(_value(part, column, "cdf", f"{year}-12-31")) for year in BY),
        percent(never),
        percent(stopped),
        *("-" if rare or q != q else f"{q:.1f}" for q in quantiles),
    ]


def _errors(part: pd.DataFrame) -> list[str]:
    """Standard errors of the changes: percentage points, and years."""
    stopped = float((part.loc[part["output_type"] == "stopped", "mcse"] ** 2).sum() ** 0.5)
    shares = [*(_value(part, "mcse", "cdf", f"{year}-12-31") for year in BY), _value(part, "mcse", "never"), stopped]
    dates = [_value(part, "mcse", "quantile_if_ever", str(level)) for level in LEVELS]
    rare = any(cell == "-" for cell in _cells(part, "after")[-3:])
    return [*(f"{100 * e:.1f}" for e in shares), *("" if rare or e != e else f"{e:.1f}" for e in dates)]


def _print_influence(console: Console, found: Updated, event: str) -> None:
    """One line for each chart or lone row, one column for each worldview."""
    from rich.table import Table

    cells: dict[str, dict[str, str]] = {}
    size: dict[str, float] = {}
    for move in found.moves:
        table, unanswered = move.charts
        part = table[(table["event"] == event) & (table["output_type_id"] == "2030-12-31")]
        for row in part.to_dict(orient="records"):
            what, change = _named(row["what"], row["rows"]), float(row["change"])
            shown = f"{100 * change:+.1f}"
            cells.setdefault(what, {})[move.worldview] = shown if abs(change) > 2.0 * row["mcse"] else f"({shown})"
            size[what] = max(size.get(what, 0.0), abs(change))
        for group in unanswered:
            what = _named(group.what, len(group.ids))
            cells.setdefault(what, {})[move.worldview] = "?"
            size[what] = 1.0
    if not cells:
        return
    title = f"What the new rows did to P({event} by the end of 2030), percentage points"
    shown_table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False,
                        padding=(0, 1, 0, 0), width=min(console.width, 100))  # fmt: skip
    shown_table.add_column("row, or rows of one chart", overflow="fold", ratio=1)
    names = [move.worldview for move in found.moves]
    for name in names:
        shown_table.add_column(name[:7], justify="right", no_wrap=True)
    for what in sorted(cells, key=lambda one: -size[one]):
        shown_table.add_row(what, *(cells[what].get(name, "-") for name in names))
    console.print(shown_table)
    notes = "Each left out alone; in brackets: within two standard errors; -: no news to that one"
    if any("?" in row.values() for row in cells.values()):
        notes += "; ?: only rsi update --refit can tell"
    console.print(f"{notes}.")
    console.print()


def _named(what: str, rows: int) -> str:
    return f"{what} ({rows} rows)" if rows > 1 else what


def _print_cruxes(console: Console, found: Updated) -> None:
    lines = []
    for move in found.moves:
        moved = move.cruxes[move.cruxes["shift"].abs() >= _least_shift()].head(MOST_CRUXES)
        parts = [
            f"{row['crux']} {_short(row['before'])} -> {_short(row['after'])} ({row['shift']:+.1f} sd)"
            for row in moved.to_dict(orient="records")
        ]
        if parts:
            lines.append(f"{move.worldview}: {', '.join(parts)}")
    if lines:
        from rich.text import Text

        console.print(Text("Cruxes that moved: median, and its shift in former standard deviations", style="bold"))
        for line in lines:
            console.print(line)
        console.print()


def _least_shift() -> float:
    from forecast.updating import LEAST_SHIFT

    return LEAST_SHIFT


def _short(value: float) -> str:
    return f"{value:.3g}"


def _print_surprise(console: Console, found: Updated) -> None:
    """The rows that were foreseen least, and by whom."""
    from rich.table import Table

    from forecast.influence import name_of

    names = {row["id"]: name_of(row) for row in found.rows.to_dict(orient="records")}
    tails: dict[str, dict[str, float]] = {}
    for move in found.moves:
        for row in move.surprise.to_dict(orient="records"):
            tails.setdefault(row["id"], {})[move.worldview] = row["tail_probability"]
    least = sorted((min(by.values()), row) for row, by in tails.items())
    chosen = [row for p, row in least if p < SURPRISING][:MOST_SURPRISING]
    if not tails:
        return
    if not chosen:
        console.print("No new row surprised anyone: each was within the central 80 % foreseen by all.", soft_wrap=True)
        return
    shown = Table(title="Surprises: the chance, in percent, of a reading at least as far out", title_justify="left",
                  title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0),
                  width=min(console.width, 100))  # fmt: skip
    shown.add_column("row", overflow="fold", ratio=1)
    people = [move.worldview for move in found.moves]
    for name in people:
        shown.add_column(name[:7], justify="right", no_wrap=True)
    for one in chosen:
        chances = [tails[one].get(name) for name in people]
        shown.add_row(names.get(one, one), *("-" if p is None else percent(p) for p in chances))
    console.print(shown)


def _print_words(found: Updated, events: Sequence[str]) -> None:
    from forecast import summary
    from forecast.export.words import difference

    before = summary.long_table(move.before.view for move in found.moves if move.before is not None)
    span = f"From {found.day_before} to {found.forecast.day}: "
    typer.echo(span + " ".join(in_words(move) for move in found.moves))
    typer.echo(difference(before, found.forecast.table, events=events))
    for move in found.moves:
        part, _ = move.charts
        part = part[(part["event"] == events[0]) & (part["output_type_id"] == "2030-12-31")]
        part = part[part["change"].abs() > 2.0 * part["mcse"]]
        if len(part):
            row = part.sort_values("change", key=abs, ascending=False).to_dict(orient="records")[0]
            typer.echo(f"What moved {move.worldview} most: {_named(row['what'], row['rows'])}, by "
                       f"{100 * row['change']:+.1f} points of P({events[0]} by the end of 2030).")  # fmt: skip


def _said(found: Updated) -> dict[str, Any]:
    """Everything, as JSON can hold it."""
    return {
        "from": found.day_before.isoformat(),
        "to": found.forecast.day.isoformat(),
        "seed": found.forecast.seed,
        "not_yet_stated": list(found.forecast.not_yet_stated),
        "moves": [
            {
                "worldview": move.worldview,
                "how": move.how,
                "in_words": in_words(move),
                "shape": move.after.shape,
                "effective_draws": move.effective,
                "new": list(move.new),
                "gone": list(move.gone),
                "read_otherwise": list(move.reread),
                "only_time_has_passed": move.only_time_has_passed,
                **{name: _records(getattr(move, name)) for name in ("changes", "cruxes", "influence", "surprise")},
                "needs_refit": [group.what for group in move.unanswered],
            }
            for move in found.moves
        ],
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return [{str(name): value for name, value in row.items()} for row in rows]
