"""`rsi whatif`: what if this were seen, and what if this were so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.forecast import artefact_folder, cell
from cruxes.command.options import JsonFlag, LedgerOption, open_ledger, today_of
from cruxes.wording import BY, LEVELS, MEANINGS, RARE, percent
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from cruxes.whatif import Answer

EVENTS = ("LOOP", "SWX3")


def register(app: typer.Typer) -> None:
    app.command("whatif")(whatif)


def whatif(
    worldviews: Annotated[
        list[str] | None, typer.Argument(metavar="[WORLDVIEW]...", help="Names or .toml files (default: all).")
    ] = None,
    observe: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Suppose it were seen: 'metr_horizon_p50 of 40 h by 2027-03-31'.")
    ] = None,
    do: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Suppose it were so: 'boost=20', 'LOOP=2028-06'.")
    ] = None,
    event: Annotated[list[str] | None, typer.Option(metavar="EVENT", help="One or more events.")] = None,
    refit: Annotated[bool, typer.Option("--refit/--no-refit", help="Sample anew where weights cannot answer.")] = True,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the forecast that is asked.")] = 1,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """What if this were seen (--observe), and what if this were so (--do): two questions, two answers."""
    problems = _unknown(event, observe, do)
    if problems:
        raise BadInput(problems)
    from cruxes import signals, whatif_grammar
    from cruxes import whatif as answers
    from forecast import run, summary

    catalogue = signals.read()
    book = open_ledger(ledger)
    today = today_of(book)
    seen, put = _asked(observe, do, catalogue=catalogue, register=book.register, today=today, grammar=whatif_grammar)
    found = run.run(worldviews or None, ledger=book, day=today, seed=seed, variants=(), cache=artefact_folder(),
                    report=_say)  # fmt: skip
    evidence = run.Evidence(book)
    events = tuple(event or EVENTS)
    stated = {kept.view.worldview.name: kept for kept in found.kept if kept.view.name == "stated"}
    tables: list[tuple[str, str, pd.DataFrame]] = []
    notes: list[str] = []
    said: list[dict[str, Any]] = []
    unanswered: list[Problem] = []
    for kept in found.kept:
        if kept.view.name != "updated":
            continue
        name = kept.view.worldview.name
        _say(f"{name}: what if")
        parts: list[tuple[str, Answer | None]] = [("now", None)]
        try:
            if seen is not None:
                answer = answers.seen(kept, stated[name], seen, evidence, catalogue, seed=seed, refit=refit)
                parts.append(("if seen", answer))
            if put is not None:
                parts.append(("if so", answers.put(kept, put, evidence)))
        except BadInput as bad:
            unanswered += bad.problems
        for label, one in parts:
            frame = summary.table(one.view if one else kept.view, events)
            tables.append((name, label, frame))
            said.append(_said(name, label, one, frame))
            notes += _notes(name, label, one)
    if unanswered and all(label == "now" for _, label, _ in tables):
        raise BadInput(unanswered)
    notes += [str(problem) for problem in unanswered]
    if as_json:
        asked = {"observe": observe, "do": do, "day": today.isoformat(), "seed": seed}
        out = {"asked": asked, "answers": said, "unanswered": list(map(str, unanswered))}
        typer.echo(json.dumps(out, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    for text, words in ((observe, "if seen"), (do, "if so")):
        if text is not None:
            console.print(f"{words}: {text}")
    console.print()
    for one_event in events:
        _print(console, one_event, tables)
    for note in notes:
        console.print(note)
    if seen is not None and put is not None:
        console.print(answers.why_they_differ(seen, put))


def _unknown(event: list[str] | None, observe: str | None, do: str | None) -> list[Problem]:
    found = [
        Problem(file="rsi whatif", where="--event", found=ascii(name), expected=f"one of {', '.join(MEANINGS)}",
                remedy="Correct the event's code.")
        for name in event or []
        if name not in MEANINGS
    ]  # fmt: skip
    if observe is None and do is None:
        found.append(Problem(file="rsi whatif", where="the question", found="missing", expected="--observe or --do, or both",
                             remedy="Write, for example, --observe 'metr_horizon_p50 of 40 h by 2027-03-31'."))  # fmt: skip
    return found


def _asked(observe: str | None, do: str | None, *, catalogue: Any, register: Any, today: Any, grammar: Any) -> Any:
    """Both questions parsed. Raises BadInput with what is wrong with either."""
    problems: list[Problem] = []
    found: list[Any] = [None, None]
    if observe is not None:
        try:
            found[0] = grammar.see(observe, catalogue=catalogue, register=register, today=today)
        except BadInput as bad:
            problems += bad.problems
    if do is not None:
        try:
            found[1] = grammar.put(do)
        except BadInput as bad:
            problems += bad.problems
    if problems:
        raise BadInput(problems)
    return found


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _said(name: str, label: str, answer: Answer | None, frame: pd.DataFrame) -> dict[str, Any]:
    rows = frame[["event", "output_type", "output_type_id", "value", "mcse"]].astype(object)
    about = {} if answer is None else {"how": answer.how, "effective": answer.effective, "shape": answer.shape,
                                       "doubtful": answer.doubtful, "left_out": answer.left_out}  # fmt: skip
    return {
        "worldview": name,
        "answer": label,
        **about,
        "table": rows.where(rows.notna(), None).to_dict(orient="records"),
    }


def _notes(name: str, label: str, answer: Answer | None) -> list[str]:
    """What a reader has to know of an answer, where it is not the usual one."""
    if answer is None:
        return []
    if answer.how == "refitted":
        return [f"{name}, {label}: too far from what it expects to re-weigh its draws, so it was fitted again."]
    if answer.doubtful:
        return [f"{name}, {label}: rests on {answer.effective:.0f} draws; read it as a direction, not as numbers."]
    if answer.left_out >= 0.005:
        return [f"{name}, {label}: without the {percent(answer.left_out)} % of futures in which the loop never closes."]
    return []


def _print(console: Console, event: str, tables: Sequence[tuple[str, str, pd.DataFrame]]) -> None:
    """As the forecast prints it: probabilities in percent, dates among futures in which it happens."""
    from rich.table import Table

    console.print(f"{event}: {MEANINGS[event]}", style="bold")
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("after", no_wrap=True)
    shown.add_column("", no_wrap=True)
    for year in BY:
        shown.add_column(f"by\n{year}", justify="right", no_wrap=True)
    shown.add_column("\nnever", justify="right", no_wrap=True)
    shown.add_column("LOC,\nPAUSE", justify="right", no_wrap=True)
    for i, level in enumerate(LEVELS):
        shown.add_column(f"{'if ever' if i == 1 else ''}\n{100 * level:.0f} %", justify="right", no_wrap=True)
    last = ""
    for name, label, frame in tables:
        part = frame[frame["event"] == event]
        stopped = sum(part.loc[part["output_type"] == "stopped", "value"])
        ever = 1.0 - stopped - cell(part, "never")
        dates = [cell(part, "quantile_if_ever", level) if ever >= RARE else float("nan") for level in LEVELS]
        shown.add_row(
            "" if name == last else name,
            label,
            *(percent(round(cell(part, "cdf", f"{year}-12-31"), 9)) for year in BY),
            percent(round(cell(part, "never"), 9)),
            percent(round(stopped, 9)),
            *(f"{d:.1f}" if d == d else "-" for d in dates),
        )
        last = name
    console.print(shown)
    console.print()
