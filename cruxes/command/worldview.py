"""`rsi worldview`: what a person believes, and whether our encoding of it says what the person said."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from forecast.view import View
    from priors import Worldview

FAILED = 1

commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What people believe, and their fidelity.")
JsonFlag = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="worldview")


@commands.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="One of ours, or a .toml file.")],
    as_json: JsonFlag = False,
) -> None:
    """Who, as of when, and each belief with its source and reason, crux by crux."""
    import priors

    found = description(priors.load(name))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    _print_description(Console(highlight=False, markup=False, emoji=False), found)


@commands.command("check")
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME_OR_FILE]...", help="Ours or .toml files (default: all ours).")
    ] = None,
    as_json: JsonFlag = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 1,
) -> None:
    """Ask the stated view what the person said: every fidelity target with its value and verdict, and the bend.

    Exit code 1 if a number of the person's own is missed or the bend is too large, 2 if a file is not in order.
    """
    worldviews = _loaded(names)
    from rich.console import Console

    from forecast import fidelity, views
    from forecast.evidence import ledger

    book = ledger.read()
    console = Console(highlight=False, markup=False, emoji=False)
    results = []
    for worldview in worldviews:
        typer.echo(f"{worldview.name}: drawing the view stated on {worldview.as_of} ...", err=True)
        view = views.stated(worldview, book, seed=seed)
        table = fidelity.check(view)
        result = checked(view, table)
        results.append(result)
        if not as_json:
            _print_check(console, result)
    if as_json:
        typer.echo(json.dumps({"seed": seed, "worldviews": results}, ensure_ascii=False, indent=1))
    if not all(result["passed"] for result in results):
        raise typer.Exit(FAILED)


@commands.command("link")
def link(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="One of ours, or a .toml file.")],
    page: Annotated[str, typer.Option(help="Address of the page.")] = "land.html",
    evidence: Annotated[bool, typer.Option(help="Count the rows since the as-of date.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """The link that opens the page "Where do you land?" at the position of a worldview.

    It holds the answers to what the page asks; in all else a reader there is the middle of the five.
    """
    from dataclasses import replace

    import priors
    from cruxes.landing import files

    worldview = priors.load(name)
    reader = replace(files.of_worldview(worldview), evidence=evidence)
    found, humps = files.link(reader, page=page), files.humped(worldview)
    if as_json:
        typer.echo(json.dumps({"worldview": worldview.name, "link": found, "two_humps_as_one": humps}))
        return
    if humps:
        typer.echo(f"{worldview.name}: the page shows two humps as one interval ({', '.join(humps)}).", err=True)
    typer.echo(found)


def _loaded(names: list[str] | None) -> list[Worldview]:
    """Raises BadInput with the problems of all of them together."""
    import priors

    found: list[Worldview] = []
    problems: list[Problem] = []
    for name in names or priors.names():
        try:
            found.append(priors.load(name))
        except BadInput as bad:
            problems += bad.problems
    if problems:
        raise BadInput(problems)
    return found


def checked(view: View, table: pd.DataFrame) -> dict[str, Any]:
    """A view and its `fidelity.check` as plain data; null for what is not a finite number."""
    from forecast import fidelity

    counts = fidelity.summary(table)
    return {
        "name": view.worldview.name,
        "label": view.worldview.label,
        "as_of": view.worldview.as_of.isoformat(),
        "targets": [{str(name): _plain(cell) for name, cell in row.items()} for row in table.to_dict(orient="records")],
        "bend": view.bend,
        "largest_bend": fidelity.LARGEST_BEND,
        "draws": len(view.weights),
        "effective_draws": view.effective_draws,
        "summary": {**vars(counts), "expressible": counts.expressible, "met": counts.met},
        "passed": counts.explicit_met == counts.explicit and view.bend <= fidelity.LARGEST_BEND,
    }


def description(worldview: Worldview) -> dict[str, Any]:
    """A worldview as plain data, its beliefs and claims under the cruxes they belong to."""
    import priors
    from priors.schema import Crux

    variables, elicited = priors.variables(), worldview.elicited()
    cruxes = []
    for crux in Crux:
        known = [
            variable for variable in variables.values() if variable.crux == crux and variable.id in worldview.beliefs
        ]
        if not known:
            continue
        beliefs = []
        for variable in known:
            belief = worldview.beliefs[variable.id]
            told = {"variable": variable.id, **variable.model_dump(mode="json", include={"symbol", "name", "meaning"})}
            told |= belief.model_dump(mode="json") | {"unit": variable.unit, "support": str(variable.support)}
            if variable.id in elicited:
                told["median"] = float(priors.quantile(elicited[variable.id], 0.5))
            beliefs.append(told)
        claims = [claim.id for claim in worldview.claims if crux in claim.crux]
        cruxes.append({"crux": str(crux), "title": known[0].block, "claims": claims, "beliefs": beliefs})
    who = {"name", "label", "person", "affiliation", "as_of", "as_of_basis", "summary"}
    return {
        **worldview.model_dump(mode="json", include=who),
        "cruxes": cruxes,
        "claims": [claim.model_dump(mode="json") for claim in worldview.claims],
        "links": [link.model_dump(mode="json") for link in worldview.links],
        "sources": [source.model_dump(mode="json") for source in worldview.sources],
    }


def _plain(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _print_check(console: Console, result: dict[str, Any]) -> None:
    """Fits 80 columns. Numbers of the person's own carry an asterisk."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"\n{result['label']}, as of {result['as_of']}", style="bold"))
    asked = [row for row in result["targets"] if row["verdict"] != "not expressible"]
    if asked:
        grid = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
        grid.add_column("", width=4)
        grid.add_column("target", ratio=1)
        grid.add_column("value", justify="right", width=8)
        grid.add_column("± error", width=7)
        grid.add_column("accepted", width=16)
        grid.add_column("verdict", width=7)
        for row in asked:
            number = row["number"] + ("*" if row["kind"] == "explicit" else "")
            told, style = Text(row["says"]), "bold red" if row["verdict"] == "missed" else "green"
            if row["untilted"] is not None:
                told.append(f" (before the tilt {_number(row['untilted'])})", style="dim")
            error = "" if row["mcse"] is None else f"±{row['mcse']:.1g}"
            verdict = Text(row["verdict"], style=style)
            grid.add_row(number, told, _number(row["value"]), error, _range(row["low"], row["high"]), verdict)
        console.print(grid)
    for row in result["targets"]:
        if row["verdict"] == "not expressible":
            told = Text(f"{row['number']}: {row['says']}. Not expressible; it needs: {row['needs']}", style="dim")
            console.print(Padding(told, (0, 0, 0, 5), expand=False))
    counts = result["summary"]
    over = (
        "" if result["bend"] <= result["largest_bend"] else f", above {result['largest_bend']:g}: the priors are wrong"
    )
    console.print(f"Bend {result['bend']:.3f} nats{over}; {result['effective_draws']:.0f} effective draws.")
    if not result["targets"]:
        console.print("No targets: nobody's words to be faithful to.")
        return
    console.print(
        f"{counts['met']} of {counts['expressible']} met"
        f" (*their own numbers {counts['explicit_met']} of {counts['explicit']},"
        f" others {counts['other_met']} of {counts['other']}); {counts['not_expressible']} not expressible."
    )


def _print_description(console: Console, found: dict[str, Any]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    def under(text: str, *, left: int, style: str = "") -> None:
        console.print(Padding(Text(text, style=style), (0, 0, 0, left), expand=False))

    basis = "" if found["as_of_basis"] == "stated" else " (day assumed)"
    console.print(Text(found["label"], style="bold"))
    who = [part for part in (found["person"], found["affiliation"]) if part]
    console.print(Text("; ".join([*who, f"as of {found['as_of']}{basis}"])))
    console.print(Text(found["summary"]))
    told = {claim["id"]: claim for claim in found["claims"]}
    seen: set[str] = set()
    for crux in found["cruxes"]:
        console.print(Text(f"\n{crux['crux']} {crux['title']}", style="bold"))
        for claim in (told[name] for name in crux["claims"] if name not in seen):
            under(f"{claim['id']} ({claim['strength']}; {claim['source']}): {claim['says']}", left=2)
        if again := [name for name in crux["claims"] if name in seen]:
            under(f"See also {', '.join(again)}, above.", left=2, style="dim")
        seen |= set(crux["claims"])
        for belief in crux["beliefs"]:
            under(f"{belief['symbol']}  {belief['name']}: {_belief(belief)}", left=2, style="cyan")
            under(belief["meaning"], left=5, style="dim")
            under(f"{belief['why']} ({belief['strength']}; {belief['source']})", left=5)
    rest = [claim for name, claim in told.items() if name not in seen]
    lines = [f"{claim['id']} ({claim['strength']}; {claim['source']}): {claim['says']}" for claim in rest]
    _print_listing(console, "Claims that no crux carries", lines)
    lines = [f"{' and '.join(x['between'])}, correlation {x['correlation']:g}: {x['why']}" for x in found["links"]]
    _print_listing(console, "Go together", lines)
    lines = [
        f"{source['key']}: {source['title']}, {source['date']}, grade {source['grade']}"
        + (f", {source['url']}" if source["url"] else "")
        for source in found["sources"]
    ]
    _print_listing(console, "Sources (S, P, C: read, in full or in part; X: press or summary)", lines)


def _print_listing(console: Console, heading: str, lines: list[str]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if lines:
        console.print(Text(f"\n{heading}", style="bold"))
    for line in lines:
        console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, 2), expand=False))


def _belief(belief: dict[str, Any]) -> str:
    """The interval, or both humps, with the median; or the one probability."""
    if "value" in belief:
        return f"{belief['value']:g}"
    dated = belief["support"] == "year"

    def ends(pair: Iterable[float]) -> str:
        return " to ".join(f"{end:.1f}" if dated else f"{end:g}" for end in pair)

    share, unit = f"{100 * belief['mass']:g} %", "" if dated else f" {belief['unit']}"
    median = f"median {belief['median']:.1f}" if dated else f"median {belief['median']:.3g}"
    if "interval" in belief:
        return f"{ends(belief['interval'])}{unit} ({share}), {median}"
    humps = f"{ends(belief['low'])} or {ends(belief['high'])}{unit} (each {share}"
    return f"{humps}; {100 * belief['weight_high']:g} % on the higher), {median}"


def _number(value: float | None) -> str:
    """Probabilities to three places, dates to a tenth."""
    if value is None:
        return "none"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}"


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return "any" if low is None else f"{low:g} or more"
    return f"{high:g} or less" if low is None else f"{low:g} to {high:g}"
