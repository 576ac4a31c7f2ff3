"""`rsi cruxes`: what would settle it. Coming observations by what they would tell, and who would meet over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.forecast import artefact_folder
from cruxes.command.options import JsonFlag, LedgerOption, open_ledger, parse_day, today_of
from cruxes.wording import MEANINGS, percent
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from cruxes.double_cruxes import Meeting
    from cruxes.signals import Catalogue
    from cruxes.watch import Survey, Watched
    from forecast.run import Forecast

LARGE = 0.15
"""Difference between a probability written by hand and the computed one that is pointed out."""


def register(app: typer.Typer) -> None:
    app.command("cruxes")(cruxes)


def cruxes(
    event: Annotated[str, typer.Option(metavar="EVENT", help="Whose date is in question.")] = "LOOP",
    by: Annotated[str, typer.Option(metavar="DATE", help="The day for probabilities of the event.")] = "2030-12-31",
    pair: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="Two worldviews: every signal between them.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Hand-written probabilities against the computed ones.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the forecast that is asked.")] = 1,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """What would settle it: coming observations, what each worldview expects, and which pairs would meet."""
    import priors

    problems = _unknown(event, pair, priors.names())
    if problems:
        raise BadInput(problems)
    from cruxes import signals, watch
    from forecast import run

    catalogue = signals.read()
    book = open_ledger(ledger)
    day = parse_day(by, option="--by")
    today = today_of(book)
    if day <= today:
        raise BadInput([_problem("--by", str(day), f"a day after {today}", "Ask about the future.")])
    found = run.run(None, ledger=book, day=today, seed=seed, variants=(), cache=artefact_folder(), report=_say)
    evidence = run.Evidence(book)
    if check:
        _check(found, evidence, catalogue, as_json=as_json)
        return
    views = [view for view in found.views if view.name == "updated"]
    seen = watch.survey(views, evidence, catalogue, event=event, by=day, seed=seed)
    names = [view.worldview.name for view in views]
    if as_json:
        typer.echo(json.dumps(_said(seen, names), ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if pair is not None:
        _print_pair(console, seen, pair)
        return
    _print(console, seen, names)


def _unknown(event: str, pair: tuple[str, str] | None, names: Sequence[str]) -> list[Problem]:
    found = []
    if event not in MEANINGS:
        found.append(_problem("--event", ascii(event), f"one of {', '.join(MEANINGS)}", "Correct the event's code."))
    for name in pair or ():
        if name not in names:
            found.append(_problem("--pair", ascii(name), f"one of {', '.join(names)}", "Correct the name."))
    if pair is not None and pair[0] == pair[1]:
        found.append(_problem("--pair", f"{pair[0]!a} twice", "two worldviews", "Name another one."))
    return found


def _problem(where: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file="rsi cruxes", where=where, found=found, expected=expected, remedy=remedy)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def people(names: Sequence[str]) -> list[str]:
    """Without the baseline, which nobody holds."""
    from priors.worldview import BASELINE

    return [name for name in names if name != BASELINE]


def _print(console: Console, found: Survey, names: Sequence[str]) -> None:
    from cruxes import double_cruxes, watch

    five = watch.best(found)
    own = people(names)
    console.print(f"{found.event}: {MEANINGS[found.event]}", style="bold")
    console.print()
    console.print("Watch these: most bits about its date per year of waiting, one of each source", style="bold")
    for i, one in enumerate(five, start=1):
        console.print(f"{i}. {one.signal.known_by} {one.signal.title}")
        table = _grid(names, header=i == 1)
        table.add_row(f"   {one.unit}", *(expectation(told.chance, told.quantiles) for told in one.told))
        table.add_row("   bits", *(f"{told.bits_date.value:.2f}" for told in one.told))
        console.print(table)
        console.print(f"   {one.name}: {closest(found, one, own)}")
    console.print("Dates: when it will be known. Ranges: central 80 % of what each expects to read.")
    console.print("Bits: what each would learn about the date. Then who would meet, or part, most.")
    console.print()
    console.print("Double cruxes: both would learn and come closer. Years apart now, and the", style="bold")
    console.print("expected change ('never' counts as 2100)", style="bold")
    by_pair = double_cruxes.by_pair(found.meetings, own, sources=watch.sources(found))
    for (a, b), best in by_pair.items():
        console.print(pair_line(found, a, b, best))
    named = {one.signal for best in by_pair.values() for one in best} - {one.name for one in five}
    titles = {one.name: one.signal.title for one in found.watched}
    for name in sorted(named):
        console.print(f"  [{name}] {titles[name]}")
    console.print()
    console.print(
        f"As of {found.day}; {len(found.watched)} signals. rsi cruxes --check: beside hand-written chances.",
    )


def _grid(names: Sequence[str], *, header: bool) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=header)
    table.add_column("", no_wrap=True, min_width=11)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True, min_width=10)
    return table


def number(value: float) -> str:
    """Short: one decimal under ten, none above, and nothing exact beyond a thousand."""
    if value >= 1000.0:
        return ">999"
    return f"{value:.1f}" if value < 10.0 else f"{value:.0f}"


def expectation(chance: float | None, quantiles: tuple[float, float, float] | None) -> str:
    """A chance in percent, or the central 80 % of a reading."""
    if chance is not None:
        return percent(chance)
    assert quantiles is not None
    low, high = number(quantiles[0]), number(quantiles[2])
    return low if low == high else f"{low}-{high}"


def closest(found: Survey, one: Watched, names: Sequence[str]) -> str:
    """Which pair an observation would bring together most, in words."""
    own = [m for m in found.meetings if m.signal == one.name and {m.a, m.b} <= set(names)]
    sure = sorted((m for m in own if is_sure(m)), key=lambda m: -m.apart.narrowing.value)
    if not sure:
        return "no pair comes closer, or parts, by more than the error"
    most = sure[0] if sure[0].apart.narrowing.value > 0.0 else sure[-1]
    words = "" if most is sure[0] and most.apart.narrowing.value > 0.0 else "no pair comes closer; "
    after = most.apart.before - most.apart.narrowing.value
    return f"{words}{most.a} and {most.b} from {most.apart.before:.1f} to {after:.1f} years apart"


def is_sure(meeting: Meeting) -> bool:
    """Whether the distance changes by more than its error, and by a tenth of a year at least."""
    from cruxes.double_cruxes import SURE

    change = abs(meeting.apart.narrowing.value)
    return change > SURE * meeting.apart.narrowing.mcse and change >= 0.1


def pair_line(found: Survey, a: str, b: str, best: Sequence[Meeting]) -> str:
    """One pair and its double cruxes in one line."""
    own = [m for m in found.meetings if {m.a, m.b} == {a, b}]
    head = f"{a}, {b}".ljust(19) + f"{own[0].apart.before:5.1f} " if own else f"{a}, {b}: "
    if best:
        return head + ", ".join(f"{m.signal} ({-m.apart.narrowing.value:+.1f})" for m in best)
    farther = min((m for m in own if is_sure(m)), key=lambda m: m.apart.narrowing.value, default=None)
    if farther is None or farther.apart.narrowing.value > 0.0:
        return head + "none"
    return head + f"none; {farther.signal} drives them apart ({-farther.apart.narrowing.value:+.1f})"


def _print_pair(console: Console, found: Survey, pair: tuple[str, str]) -> None:
    """Every signal between two worldviews, those first that close most."""
    from rich.table import Table

    from cruxes import double_cruxes

    own = sorted((m for m in found.meetings if {m.a, m.b} == set(pair)), key=lambda m: -m.closes)
    if not own:
        console.print("No signal is left to come.")
        return
    a, b = own[0].a, own[0].b
    shown = Table(title=f"{found.event} between {a} and {b}: {own[0].apart.before:.1f} years apart",
                  title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))  # fmt: skip
    for heading in ("signal", "years", "error", f"VOI\n{a}", f"VOI\n{b}", "VOD", "ratio", "bits"):
        shown.add_column(heading, justify="left" if heading == "signal" else "right", no_wrap=True)
    for m in own:
        mark = " *" if double_cruxes.is_double_crux(m) else ""
        shown.add_row(m.signal + mark, f"{-m.apart.narrowing.value:+.2f}", f"{m.apart.narrowing.mcse:.2f}",
                      *(f"{100 * share:.1f}" for share in m.voi_share), f"{m.vod:+.4f}", f"{m.ratio:.2g}",
                      f"{m.bits:.2f}")  # fmt: skip
    console.print(shown)
    console.print()
    console.print(
        f"years: expected change of the distance between their dates, 'never' as 2100, with its error. VOI: of what there "
        f"is to know about {found.event} by {found.by}, percent. VOD: narrowing of that forecast (log 10), below 0 where "
        f"it drives them apart. ratio: P(yes) of {a} over that of {b}; of a reading, that it is high. bits: about which "
        "of the two is right. * double crux.",
    )


def _said(found: Survey, names: Sequence[str]) -> dict[str, Any]:
    from cruxes import double_cruxes, watch

    of = watch.sources(found)
    return {
        "event": found.event,
        "by": found.by.isoformat(),
        "day": found.day.isoformat(),
        "watch": [one.name for one in watch.best(found)],
        "signals": [_signal_said(one) for one in found.watched],
        "pairs": [asdict(one) | {"double_crux": double_cruxes.is_double_crux(one)} for one in found.meetings],
        "double_cruxes": {
            f"{a}, {b}": [one.signal for one in double_cruxes.best(found.meetings, a, b, sources=of)]
            for a, b in combinations(names, 2)
        },
    }


def _signal_said(one: Watched) -> dict[str, Any]:
    told = [
        {name: None if value != value else value for name, value in asdict(each).items()} for each in one.told
    ]  # not-a-number is no JSON
    return {"name": one.name, "title": one.signal.title, "resolution": one.signal.resolution, "unit": one.unit,
            "known_by": one.signal.known_by.isoformat(), "rate": one.rate, "bits_worldview": one.bits_worldview,
            "asked_itself": one.asked_itself, "told": told}  # fmt: skip


def _check(found: Forecast, evidence: Any, catalogue: Catalogue, *, as_json: bool) -> None:
    """Hand-written probabilities describe the positions as stated, so the stated views are held against them."""
    from cruxes import watch

    computed = {
        name: watch.expected({v.worldview.name: v for v in found.views if v.name == name}, evidence, catalogue)
        for name in ("stated", "updated")
    }
    rows: list[dict[str, Any]] = [
        {"claim": signal.claim, "signal": name, "worldview": who, "hand": hand,
         "stated": computed["stated"][name].get(who), "updated": computed["updated"][name].get(who),
         "differs": abs(computed["stated"][name].get(who, hand) - hand) > LARGE}
        for name, signal in catalogue.signals.items()
        for who, hand in signal.hand.items()
    ]  # fmt: skip
    if as_json:
        out = [one.model_dump() for one in catalogue.not_expressible]
        typer.echo(json.dumps({"signals": rows, "not_expressible": out}, ensure_ascii=False, indent=1))
        return
    _print_check(rows, catalogue)


def _print_check(rows: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, emoji=False)
    names = list(dict.fromkeys(row["worldview"] for row in rows))
    shown = Table(title="Probabilities in percent: by hand, stated, updated", title_justify="left", title_style="bold",
                  box=None, pad_edge=False, padding=(0, 1, 0, 0))  # fmt: skip
    shown.add_column("", justify="right", no_wrap=True)
    shown.add_column("signal", no_wrap=True)
    for name in names:
        shown.add_column(name, justify="right", no_wrap=True)
    for signal in dict.fromkeys(row["signal"] for row in rows):
        own = {row["worldview"]: row for row in rows if row["signal"] == signal}
        cells = [
            "" if name not in own or own[name]["stated"] is None else
            " ".join(percent(own[name][column]) for column in ("hand", "stated", "updated"))
            + ("*" if own[name]["differs"] else " ")
            for name in names
        ]  # fmt: skip
        shown.add_row(str(next(iter(own.values()))["claim"]), signal, *cells)
    console.print(shown)
    console.print()
    console.print(f"* stated differs from the hand by more than {100 * LARGE:.0f} points. Not expressible:")
    for one in catalogue.not_expressible:
        console.print(f"{one.claim:2d} {one.title}. It would need {one.needs}.")
