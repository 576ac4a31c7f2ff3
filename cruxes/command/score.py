"""`rsi score`: the track record of encodings, against the baseline and against each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.forecast import artefact_folder
from cruxes.command.options import AsOfOption, JsonFlag, LedgerOption, open_ledger, parse_day, today_of
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rich.console import Console

OF_WHAT = (
    'These are scores of our encodings of published views ("after Krier", not Krier) on a few dozen correlated rows '
    "since each was published, not of persons; worldviews stand in alphabetical order."
)
HOW = (
    "Log scores in nats: the sum over rows is the log evidence, in which a chart or a model counts once, by the joint "
    "density of its rows; \"one vote\" takes the mean over rows of one model, chart, benchmark or publication. "
    "± is Monte Carlo error; the range is 10 to 90 % of the published encoding and {others} other fair ones. "
    "Rows of unknown publication date are left out. CRPS is a mean over rows, in ln units, or in shares where the reading "
    "is one; censored rows have none."
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command("score")(score)


def score(
    worldviews: Annotated[
        list[str] | None, typer.Argument(metavar="[WORLDVIEW]...", help="Names or .toml files (default: all).")
    ] = None,
    encodings: Annotated[int, typer.Option(min=1, max=200, help="Other fair encodings of the same words.")] = 20,
    as_of: AsOfOption = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="KIND", help="Leave a kind of rows out.")
    ] = None,
    ledger: LedgerOption = None,
    seed: Annotated[int, typer.Option(min=0, max=2**20, help="Same seed, same machine: same numbers.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again even if nothing has changed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """How well each encoding foresaw what was published since, against the trend on the same rows."""
    from forecast import artefacts, scoring

    left_out = _kinds(without)
    book = open_ledger(ledger)
    day = parse_day(as_of, option="--as-of") if as_of is not None else today_of(book)
    ready, waiting = scoring.asked_for(worldviews or [], day)
    options = {"command": "score", "encodings": encodings, "without": list(left_out), "runs": scoring.RUNS,
               "particles": scoring.PARTICLES}  # fmt: skip
    key = artefacts.key(
        [one.model_dump_json() for one in ready], ledger_sha256=book.sha256, day=day, seed=seed, options=options
    )
    file = artefact_folder() / f"score-{day.isoformat()}-{key}.json"
    found = None if fresh else _stored(file, key)
    if found is None:
        records = scoring.records(
            ready,
            book,
            day,
            seed=seed,
            others=encodings,
            without=left_out,
            report=lambda text: typer.echo(text, err=True),
        )
        tables = {
            name: table.astype(object).where(table.notna(), None).to_dict(orient="records")
            for name, table in scoring.tables(records).items()
        }
        found = {"run": key, "day": day.isoformat(), "seed": seed, "ledger": book.sha256, **options,
                 "not_yet_stated": waiting, "effective": {r.worldview.name: r.effective for r in records},
                 **tables}  # fmt: skip
        text = json.dumps(found, ensure_ascii=False, indent=1)
        artefacts.write_whole(file, lambda path: path.write_text(text, encoding="utf-8"))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    _print(Console(highlight=False, markup=False, emoji=False), found, day=day, file=file)


def _kinds(without: list[str] | None) -> tuple[str, ...]:
    """Raises BadInput, naming every kind that there is not."""
    from forecast.observations import KINDS

    known = [name for name in KINDS if name != "absence"]
    problems = [
        Problem(file="command line", where="--without", found=ascii(name), expected=f"one of {', '.join(known)}",
                remedy="Correct the kind.")
        for name in without or []
        if name not in known
    ]  # fmt: skip
    if problems:
        raise BadInput(problems)
    return tuple(sorted(set(without or [])))


def _stored(file: Path, key: str) -> dict[str, Any] | None:
    """An earlier result with this key; whatever cannot be read as one is computed again."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    complete = isinstance(found, dict) and found.get("run") == key and {"totals", "pairs", "rows"} <= found.keys()
    return found if complete else None


def _print(console: Console, found: dict[str, Any], *, day: date, file: Path) -> None:
    _print_totals(console, found["totals"])
    _print_differences(console, found["totals"])
    _print_pairs(console, found["pairs"])
    for name in found["not_yet_stated"]:
        console.print(f"{name}: not yet stated on {day}.")
    console.print(HOW.format(others=found["encodings"]), soft_wrap=True)
    left_out = f" without {', '.join(found['without'])};" if found["without"] else ""
    console.print(f"Rows until {day};{left_out} seed {found['seed']}. Every row: {file}", soft_wrap=True)
    console.print(OF_WHAT, soft_wrap=True)


def _table(title: str, *left: str) -> Any:
    from rich.table import Table

    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in left:
        shown.add_column(name, no_wrap=True)
    return shown


def _number(value: Any, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _signed(value: Any) -> str:
    return "-" if value is None else f"{value:+.1f}"


def _print_totals(console: Console, totals: list[dict[str, Any]]) -> None:
    shown = _table("Score of the rows since each as-of date", "after", "as of")
    for name in ("rows", "votes", "log score", "±", "10 to 90 %", "one vote"):
        shown.add_column(name, justify="right", no_wrap=True)
    for line in totals:
        if line["selection"] == "all":
            shown.add_row(
                line["worldview"], line["as_of"], str(line["rows"]), str(line["votes"]), _number(line["log_score"]),
                _number(line["log_score_mcse"], 2), f"{_number(line['log_score_low'])} to {_number(line['log_score_high'])}",
                _number(line["one_vote_each"]),
            )  # fmt: skip
    console.print(shown)
    console.print()


def _print_differences(console: Console, totals: list[dict[str, Any]]) -> None:
    lines = [line for line in totals if "difference" in line and line["worldview"] != "trend"]
    if not lines:
        return
    shown = _table(
        "Log score less that of trend, on the same rows (positive: better than trend)", "after", "rows taken"
    )
    for name in ("rows", "nats", "±", "10 to 90 %", "one vote", "CRPS", "trend's"):
        shown.add_column(name, justify="right", no_wrap=True)
    last = ""
    for line in lines:
        shown.add_row(
            line["worldview"] if line["worldview"] != last else "", _SHORT[line["selection"]], str(line["rows_common"]),
            _signed(line["difference"]), _number(line["difference_mcse"], 2),
            f"{_signed(line['difference_low'])} to {_signed(line['difference_high'])}",
            _signed(line["difference_one_vote_each"]), _number(line["crps_common"], 2), _number(line["crps_baseline"], 2),
        )  # fmt: skip
        last = line["worldview"]
    console.print(shown)
    console.print()


_SHORT = {"all": "all", "without own employer's": "not own firm's", "without self-reports": "no self-report"}


def _print_pairs(console: Console, pairs: list[dict[str, Any]]) -> None:
    if not pairs:
        return
    shown = _table("Bits by which the rows after both dates favour the first over the second", "after", "over")
    for name in ("rows", "bits", "±", "10 to 90 %", "one vote"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    for line in pairs:
        shown.add_row(
            line["left"], line["right"], str(line["rows"]), _signed(line["bits"]), _number(line["mcse"], 2),
            f"{_signed(line['low'])} to {_signed(line['high'])}", _signed(line["bits_one_vote_each"]), line["words"],
        )  # fmt: skip
    console.print(shown)
    console.print()
