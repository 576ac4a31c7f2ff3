"""`rsi compare`: why worldviews differ, in numbers that add up, and whether evidence has brought them together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.forecast import artefact_folder
from cruxes.command.options import JsonFlag, LedgerOption, open_ledger, parse_day, today_of
from cruxes.wording import MEANINGS, percent
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from cruxes.attribution import Attribution
    from cruxes.pools import Pool
    from forecast.view import View

VIEWS = ("stated", "updated")
SMALL = 0.005
"""Of probability, below which a block's share is shown among the rest; the same for SMALL_YEARS of a median date."""
SMALL_YEARS = 0.05
LEVELS = (0.1, 0.5, 0.9)


def register(app: typer.Typer) -> None:
    app.command("compare")(compare)


def compare(
    worldviews: Annotated[list[str], typer.Argument(metavar="A B [C]...", help="Names or .toml files, two or more.")],
    event: Annotated[str, typer.Option(metavar="EVENT", help="Of what.")] = "LOOP",
    by: Annotated[str, typer.Option(metavar="DATE", help="The day by whose end.")] = "2030-12-31",
    view: Annotated[str, typer.Option(metavar="stated|updated|both", help="Before or after the evidence.")] = "both",
    weights: Annotated[
        str | None, typer.Option(metavar="A=2,B=1", help="Of the pooled forecast (default: equal).")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Of each mixture: four times as many halve the errors (default: until they are small)."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Same seed, same machine: same numbers.")] = 1,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Why worldviews differ: how far apart they are, which crux carries how much, and what evidence has done since."""
    _refuse(worldviews, event, view, draws)
    day = parse_day(by, option="--by")
    book = open_ledger(ledger)
    from forecast import run

    found = run.run(worldviews, ledger=book, day=today_of(book), seed=seed, variants=(), cache=artefact_folder(),
                    report=_say)  # fmt: skip
    if found.not_yet_stated:
        raise BadInput([_problem("worldviews", name, f"stated by {found.day}", "Leave it out.")
                        for name in found.not_yet_stated])  # fmt: skip
    names = [v.worldview.name for v in found.views if v.name == "stated"]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput([_problem("worldviews", name, "each worldview once", "Name two that differ.") for name in twice])
    share = _weights(weights, names)

    from cruxes import attribution, blocks, distances, pools

    shown = [v for v in VIEWS if view in (v, "both")]
    sides = {
        kept.view.worldview.name: blocks.side(run.stated_of(kept)) for kept in found.kept if kept.view.name == "stated"
    }
    attributed = []
    for a, b in combinations(names, 2):
        _say(f"{a} and {b}: all mixtures of the blocks in which they differ")
        attributed.append(attribution.attribute(sides[a], sides[b], events=[event], days=[day], seed=seed, draws=draws))
    chosen = [v for v in found.views if v.name in shown]
    by_view = {name: [v for v in chosen if v.name == name] for name in shown}
    pooled = [pool(by_view[shown[-1]], event, weights=share, also=[day]) for pool in (pools.linear, pools.logarithmic)]
    apart = distances.pairs(chosen, event)
    split = {name: distances.split(own, event, day, weights=share) for name, own in by_view.items()}
    closing = (
        _closing(attributed[0], found.views, event, day)
        if len(names) == 2
        else _closing_of_many(found.views, event, day)
    )
    if as_json:
        typer.echo(json.dumps(_said(chosen, found.views, event, day, seed=seed, attributed=attributed, apart=apart,
                                    split=split, pooled=pooled, pooled_view=shown[-1], closing=closing),
                              ensure_ascii=False, indent=1))  # fmt: skip
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"{event}: {MEANINGS[event]}", style="bold")
    _print_forecasts(console, chosen, pooled, event, day)
    if len(names) == 2:
        _print_distances(console, apart, split)
        _print_waterfall(console, attributed[0], found.views, event, day, with_evidence="updated" in shown)
    else:
        _print_pairs(console, attributed, apart, found.views, event, day)
        _print_split(console, split)
    console.print(closing)


def _problem(where: str, found: object, expected: str, remedy: str) -> Problem:
    return Problem(file="rsi compare", where=where, found=ascii(found)[:80], expected=expected, remedy=remedy)


def _refuse(names: Sequence[str], event: str, view: str, draws: int | None) -> None:
    found = []
    if len(names) < 2:
        found.append(_problem("worldviews", " ".join(names), "two or more", "Name another one."))
    if event not in MEANINGS:
        found.append(_problem("--event", event, f"one of {', '.join(MEANINGS)}", "Correct the event's code."))
    if view not in (*VIEWS, "both"):
        found.append(_problem("--view", view, "stated, updated or both", "Correct the option."))
    if draws is not None and (draws % 10 or not 100 <= draws <= 100_000):
        found.append(_problem("--draws", draws, "a multiple of 10 from 100 to 100000", "Write, for example, 4000."))
    if found:
        raise BadInput(found)


def _weights(text: str | None, names: Sequence[str]) -> dict[str, float] | None:
    """NAME=NUMBER for each worldview, parted by commas. Raises BadInput."""
    if text is None:
        return None
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if name not in names or name in weights or not 0.0 < value < float("inf"):
            raise BadInput([_problem("--weights", part, f"NAME=NUMBER above 0, once for each of {', '.join(names)}",
                                     "Write, for example, " + ",".join(f"{n}=1" for n in names) + ".")])  # fmt: skip
        weights[name] = value
    if missing := [name for name in names if name not in weights]:
        raise BadInput([_problem("--weights", text, f"a weight for {name} as well", "Add it.") for name in missing])
    return weights


def _say(text: str) -> None:
    """Progress goes to stderr, so that stdout stays a table."""
    typer.echo(text, err=True)


def _end(day: date) -> str:
    """A day in words: the end of a year, or the day."""
    return f"the end of {day.year}" if (day.month, day.day) == (12, 31) else day.isoformat()


def _of(views: Sequence[View], worldview: str, name: str) -> View:
    return next(v for v in views if (v.worldview.name, v.name, v.without) == (worldview, name, ()))


def _questions(event: str, day: date) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    return (event, "cdf", day.isoformat()), (event, "quantile_if_ever", "0.5")


def _gap(views: Sequence[View], a: str, b: str, name: str, event: str, day: date) -> tuple[float, float]:
    """P(by) of ``b`` less that of ``a``, with its standard error."""
    from cruxes.coalitions import published

    label, _ = _questions(event, day)
    (p, p_error), (q, q_error) = (published(_of(views, who, name), label) for who in (a, b))
    return q - p, (p_error**2 + q_error**2) ** 0.5


def _moved_gap(before: tuple[float, float], after: tuple[float, float]) -> str:
    """What evidence has done to a gap, in words."""
    then, now = before[0], after[0]
    error = (before[1] ** 2 + after[1] ** 2) ** 0.5
    numbers = f"the gap from {100 * abs(then):.0f} to {100 * abs(now):.0f} points"
    turned = now * then < 0.0 and abs(then) > 2.0 * before[1] and abs(now) > 2.0 * after[1]
    if abs(abs(now) - abs(then)) <= 2.0 * error:
        return f"turned {numbers} the other way" if turned else f"hardly changed {numbers}"
    return f"{'narrowed' if abs(now) < abs(then) else 'widened'} {numbers}{', the other way' if turned else ''}"


def _closing(found: Attribution, views: Sequence[View], event: str, day: date) -> str:
    """One sentence for two worldviews."""
    from cruxes import attribution

    before, after = (_gap(views, found.a, found.b, name, event, day) for name in VIEWS)
    label, _ = _questions(event, day)
    evidence = f"Evidence since has {_moved_gap(before, after)}."
    shares = attribution.one(found.shares, label)
    if abs(before[0]) <= max(2.0 * before[1], 0.01):
        text = f"As stated, {found.a} and {found.b} do not differ on {event} by {_end(day)} by more than the draws can tell"
        large = shares[shares["share"].abs() >= 2.0 * SMALL]
        if len(large) > 1:
            parts = " and ".join(f"{_short(r['name'])} ({_points(r['share'])})" for _, r in large.head(2).iterrows())
            text += f", for reasons that differ: {parts} points"
        return f"{text}. {evidence}"
    same_way = shares[shares["share"] * before[0] > 0.0].head(2)
    carried = " and ".join(_named(row) for row in same_way.to_dict(orient="records"))
    side = "below" if before[0] < 0.0 else "above"
    text = (
        f"As stated, {found.b}'s chance of {event} by {_end(day)} lies {100 * abs(before[0]):.0f} points {side} "
        f"{found.a}'s; {carried} {'carry' if len(same_way) > 1 else 'carries'} "
        f"{100 * abs(same_way['share'].sum()):.0f} of them"
    )
    against = shares[shares["share"] * before[0] < 0.0].head(1)
    if len(against) and abs(against["share"].iloc[0]) >= 4.0 * SMALL:
        text += f", and {_named(against.to_dict(orient='records')[0])} pulls {100 * abs(against['share'].iloc[0]):.0f} the other way"
    return f"{text}. {evidence}"


def _closing_of_many(views: Sequence[View], event: str, day: date) -> str:
    """One sentence for three or more."""
    from cruxes.distances import split

    then, now = (
        float(split([v for v in views if v.name == name], event, day)["share_between"].iloc[0]) for name in VIEWS
    )
    moved = "has drawn them together" if now < then - 0.01 else "has driven them apart" if now > then + 0.01 else (
        "has left that as it was"
    )  # fmt: skip
    return (
        f"Of all uncertainty about {event} by {_end(day)}, {percent(then)} % lies between these people as stated and "
        f"{percent(now)} % with the evidence since, which {moved}; the rest lies within each."
    )


def _short(name: str) -> str:
    """The name of a block without its explanation."""
    return name.partition(":")[0]


def _named(row: dict[Any, Any]) -> str:
    """A block in a sentence, with its code where it is a crux."""
    return f"{_short(row['name'])} ({row['block']})" if row["block"].startswith("C") else _short(row["name"])


def _points(change: float) -> str:
    return f"{100 * change:+.1f}"


def _table(title: str, *, columns: Sequence[tuple[str, bool]]) -> Any:
    from rich.table import Table

    shown = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False,
                  padding=(0, 1, 0, 0))  # fmt: skip
    for header, right in columns:
        shown.add_column(header, justify="right" if right else "left", no_wrap=True)
    return shown


def _date(value: float) -> str:
    return f"{value:.1f}" if value == value else "-"


def _print_forecasts(console: Console, views: Sequence[View], pooled: Sequence[Pool], event: str, day: date) -> None:
    """Both forecasts, and what they come to together."""
    from cruxes.coalitions import RARE
    from forecast.functionals import happened_by
    from forecast.simulation import COMPETING, HORIZON

    when = str(day.year) if (day.month, day.day) == (12, 31) else day.isoformat()
    shown = _table("", columns=[("\nafter", False), ("\nview", False), (f"by\n{when}", True), ("\nnever", True),
                                ("LOC,\nPAUSE", True), ("\n10 %", True), ("if ever\n50 %", True), ("\n90 %", True)])  # fmt: skip
    last = ""
    for view in sorted(views, key=lambda v: [w.worldview.name for w in views].index(v.worldview.name)):
        seen = view.futures.observed(event)
        ever = seen <= HORIZON
        stopped = sum(view.probability(view.futures.stopped_by(event, c)) for c in COMPETING if c != event)
        dates = [view.quantile(seen, level, ever) for level in LEVELS]
        name = view.worldview.name
        shown.add_row("" if name == last else name, view.name, percent(view.probability(happened_by(view, event, day))),
                      percent(max(1.0 - view.probability(ever) - stopped, 0.0)), percent(stopped),
                      *(_date(d) if view.probability(ever) >= RARE else "-" for d in dates))  # fmt: skip
        last = name
    for pool in pooled:
        cells = pool.table.set_index(["output_type", "output_type_id"])["value"]
        stopped = float(cells.get("stopped", 0.0).sum())
        p_by = float(cells["cdf"][day.isoformat()])
        shown.add_row("pool" if pool is pooled[0] else "", pool.kind if pool.kind == "linear" else "log",
                      percent(p_by), percent(float(cells["never"].iloc[0])), percent(stopped),
                      *(_date(float(cells["quantile_if_ever"][str(level)])) for level in LEVELS))  # fmt: skip
    console.print(shown)
    weights = ", ".join(f"{name} {100 * w:.0f} %" for name, w in pooled[0].weights.items())
    console.print(f"Pool of the {views[-1].name} views, {weights}. Linear: {pooled[0].assumes}. Log, after smoothing: "
                  f"{pooled[1].assumes}.")  # fmt: skip
    console.print()


def _print_distances(console: Console, apart: pd.DataFrame, split: dict[str, pd.DataFrame]) -> None:
    a, b = apart[["a", "b"]].iloc[0]
    columns = list(apart["view"])
    shown = _table("How far apart", columns=[("", False), *((name, True) for name in columns)])
    lines = [
        ("years between their dates, given that both see it", "years_if_both", 1.0, "{:.1f}"),
        ("the same of all dates, not seen counting as 2100", "years_capped", 1.0, "{:.1f}"),
        (f"chance that {a}'s date is the earlier, %", "a_first", 100.0, "{:.0f}"),
        ("  (counting half of: neither sees it, %)", "neither", 100.0, "{:.0f}"),
        ("overlap of the two forecasts, %", "overlap", 100.0, "{:.0f}"),
        (f"P(never): {b} less {a}, points", "never", 100.0, "{:+.1f}"),
    ]
    for text, name, factor, form in lines:
        shown.add_row(text, *(form.format(factor * value) if value == value else "-" for value in apart[name]))
    shown.add_row("uncertainty about 'by then' that lies between them, %",
                  *(f"{100 * split[name]['share_between'].iloc[0]:.0f}" for name in columns))  # fmt: skip
    console.print(shown)
    console.print()


def _print_waterfall(
    console: Console, found: Attribution, views: Sequence[View], event: str, day: date, *, with_evidence: bool
) -> None:
    """One worldview's forecast turned into the other's, with the chance and the median date beside each other."""
    from cruxes import attribution
    from cruxes.blocks import NAMES

    ends = {}
    if with_evidence:
        ends = {f"{x}_updated": _of(views, name, "updated") for x, name in (("a", found.a), ("b", found.b))}
    chance, median = (attribution.waterfall(found, label, **ends) for label in _questions(event, day))
    both = chance.merge(median[["step", "block", "value", "mcse"]], on=["step", "block"], suffixes=("", "_years"))
    small = (both["kind"] == "change") & both["block"].ne("") & (both["value"].abs() < SMALL) & ~(
        both["value_years"].abs() >= SMALL_YEARS
    )  # fmt: skip
    rest = both[small]
    shown = _table(f"From {found.a} to {found.b}", columns=[
        ("", False), ("", False), ("% by then", True), ("±", True), ("median", True), ("±", True)])  # fmt: skip
    for row in both[~small].to_dict(orient="records"):
        if row["step"] == "other draws" and len(rest):
            shown.add_row("", f"{len(rest)} more, each under half a point", _points(rest["value"].sum()), "",
                          _years(rest["value_years"].sum(skipna=False)), "")  # fmt: skip
        if row["kind"] == "level":
            shown.add_row("", row["step"], f"{100 * row['value']:.1f}", "", _date(row["value_years"]), "", style="bold")
            continue
        code = row["block"] if row["block"].startswith("C") else ""
        shown.add_row(code, row["step"], _points(row["value"]), _error(100 * row["mcse"]), _years(row["value_years"]),
                      _error(row["mcse_years"]))  # fmt: skip
    console.print(shown)
    if both["value_years"].isna().any():
        console.print("Median date: not defined where the event is seen in under 0.5 % of futures.")
    pair = attribution.one(found.interactions, _questions(event, day)[0])
    if len(pair) and abs(pair["interaction"].iloc[0]) > max(2.0 * pair["mcse"].iloc[0], 2.0 * SMALL):
        first, second = (_named({"block": b, "name": NAMES[b]}) for b in pair[["first", "second"]].iloc[0])
        together = pair["interaction"].iloc[0]
        console.print(f"Together, {first} and {second} do {_points(together)} points beyond the sum of each alone "
                      "(half of it in the share of each).")  # fmt: skip
    console.print()


def _years(change: float) -> str:
    return f"{change:+.1f}" if change == change else "-"


def _error(value: float) -> str:
    return f"{value:.1f}" if value == value else ""


def _print_pairs(
    console: Console, attributed: Sequence[Attribution], apart: pd.DataFrame, views: Sequence[View], event: str, day: date
) -> None:  # fmt: skip
    """Each pair on a line: the gap, and the two blocks that carry most of it."""
    from cruxes import attribution

    shown = _table(f"Pairs: gap in the chance by {_end(day)}, points", columns=[
        ("from", False), ("to", False), ("stated", True), ("updated", True), ("carried most by", False)])  # fmt: skip
    meant: dict[str, str] = {}
    for found in attributed:
        gaps = [_gap(views, found.a, found.b, name, event, day)[0] for name in VIEWS]
        shares = attribution.one(found.shares, _questions(event, day)[0])
        along = shares[shares["share"] * gaps[0] > 0.0].head(2).to_dict(orient="records")
        text = ", ".join(f"{row['block']} {_points(row['share'])}" for row in along)
        meant |= {row["block"]: _short(row["name"]) for row in along}
        shown.add_row(found.a, found.b, *map(_points, gaps), text)
    console.print(shown)
    console.print(", ".join(f"{block}: {name}" for block, name in sorted(meant.items())))
    console.print()


def _print_split(console: Console, split: dict[str, pd.DataFrame]) -> None:
    shown = _table("Uncertainty between people, %", columns=[("", False), *((n, True) for n in split)])
    for i, quantity in enumerate(next(iter(split.values()))["quantity"]):
        shown.add_row(quantity, *(f"{100 * table['share_between'].iloc[i]:.0f}" for table in split.values()))
    console.print(shown)
    console.print()


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Rows as JSON can hold them: what is not a number is null."""
    return frame.astype(object).where(frame.notna(), None).to_dict(orient="records")


def _said(
    chosen: Sequence[View], views: Sequence[View], event: str, day: date, *, seed: int, attributed: Sequence[Attribution],
    apart: pd.DataFrame, split: dict[str, pd.DataFrame], pooled: Sequence[Pool], pooled_view: str, closing: str,
) -> dict[str, Any]:  # fmt: skip
    """Everything that the screen shows, and the tables behind it."""
    from cruxes import attribution
    from cruxes.pools import NO_LEARNED_WEIGHTS
    from cruxes.side_by_side import side_by_side

    table = side_by_side(chosen)
    pairs = []
    for found in attributed:
        ends = {f"{x}_updated": _of(views, name, "updated") for x, name in (("a", found.a), ("b", found.b))}
        pairs.append({
            "a": found.a, "b": found.b, "draws": found.draws, "gaps": _rows(found.gaps), "shares": _rows(found.shares),
            "interactions": _rows(found.interactions),
            "waterfalls": [
                dict(zip(attribution.LABEL, label, strict=True)) | {"steps": _rows(attribution.waterfall(found, label, **ends))}
                for label in _questions(event, day)
            ],
        })  # fmt: skip
    return {
        "event": event,
        "by": day.isoformat(),
        "seed": seed,
        "forecasts": _rows(table[table["event"] == event]),
        "distances": _rows(apart),
        "variance": [{"view": name, **row} for name, frame in split.items() for row in _rows(frame)],
        "attribution": pairs,
        "pools": [
            {"kind": p.kind, "view": pooled_view, "weights": dict(p.weights), "assumes": p.assumes, "table": _rows(p.table)}
            for p in pooled
        ],
        "no_learned_weights": NO_LEARNED_WEIGHTS,
        "closing": closing,
    }  # fmt: skip
