"""`rsi verify`: whether an artefact is what was written, and what it says can be computed again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.options import JsonFlag, LedgerOption, open_ledger, today_of
from cruxes.wording import VARIANT_NAMES
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cruxes.command.verify_book import CheckedBook
    from forecast.evidence.ledger import Ledger
    from forecast.verification import Comparison, Input, Verification

DIFFERS = 1
SHOWN = 10
"""Of the numbers that differ, those that differ most."""

HASH_DIGITS = 12
NUMBERS = {"cdf": "by {}", "quantile_if_ever": "{} if ever", "stopped": "stopped by {}", "never": "never"}
"""What the numbers of a long table are called, with their output_type_id."""


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(
    artefact: Annotated[Path, typer.Argument(metavar="ARTEFACT", help="Folder of a forecast, or of a prepared book.")],
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check an artefact's files and inputs; of a forecast, recompute it and compare. Exit code 1 where it differs.

    A forecast is computed afresh with its own day, seed and worldviews, and the code, versions and ledger that are
    here: the same bytes on the same machine, elsewhere every number within its Monte Carlo error.
    Of a book the files and the inputs are checked and nothing is recomputed.
    """
    artefact = artefact.resolve()
    manifest = _manifest(artefact)
    book = open_ledger(ledger)
    if "tables" in manifest:
        from cruxes.command import verify_book

        checked = verify_book.check(artefact, manifest, ledger=book)
        said, verified = _said_of_book(checked), checked.verified
        if not as_json:
            _print_book(checked)
    else:
        found = _verify_run(artefact, book)
        said, verified = _said(found), found.verified
        if not as_json:
            _print(found)
    if as_json:
        typer.echo(json.dumps({"artefact": str(artefact), "verified": verified, **said}, ensure_ascii=False, indent=1))
    if not verified:
        raise typer.Exit(DIFFERS)


def _manifest(artefact: Path) -> dict[str, Any]:
    """What the folder's manifest says. Raises BadInput where there is none."""
    path = artefact / "manifest.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise BadInput([_refused(artefact, "without a manifest.json that can be read")]) from None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise BadInput([_refused(artefact, "with a manifest.json that is none of this tool")])
    return said


def _refused(artefact: Path, found: str) -> Problem:
    return Problem(file=str(artefact), where="ARTEFACT", found=found, expected="the folder of a forecast or of a book",
                   remedy="Name the folder that rsi forecast, or rsi book prepare, printed last.")  # fmt: skip


def _verify_run(artefact: Path, book: Ledger) -> Verification:
    from forecast import verification

    return verification.verify(
        artefact, ledger=book, today=today_of(book), report=lambda text: typer.echo(text, err=True)
    )


def _said(found: Verification) -> dict[str, Any]:
    """As JSON can hold it: null where there is no number, or no error to divide a difference by."""
    compared = found.comparison
    return {
        "kind": "forecast",
        "day": found.day.isoformat(),
        "seed": found.seed,
        "views": found.views,
        "inputs": [vars(one) for one in found.inputs],
        "rows_new": list(found.rows_new),
        "rows_gone": list(found.rows_gone),
        "fitted_anew": list(found.reweighted),
        "table_follows_from_draws": found.own_draws,
        "recomputed": {
            "outcome": compared.outcome,
            "numbers": compared.numbers,
            "too_few_draws": compared.too_rare,
            "worst_standard_errors": _finite(compared.worst),
            "beyond": [
                {str(name): _finite(value) for name, value in row.items()}
                for row in compared.beyond.to_dict(orient="records")
            ],
        },
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _said_of_book(found: CheckedBook) -> dict[str, Any]:
    return {
        "kind": "book",
        "day": found.day.isoformat(),
        "seed": found.seed,
        "files": found.files,
        "inputs": [vars(one) for one in found.inputs],
    }


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def _print(found: Verification) -> None:
    from forecast.verification import ALLOWED

    console = _console()
    console.print(
        f"Forecast as of {found.day}, seed {found.seed}: {found.views} views, all files as they were written."
    )
    _print_inputs(console, found.inputs, used=("day", "seed"))
    for name, ids in (("new here", found.rows_new), ("gone here", found.rows_gone)):
        if ids:
            console.print(f"Rows {name}: {len(ids)} ({', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''}).")
    if found.reweighted:
        console.print(f"Fitted anew, where the run had weighed an earlier fit: {', '.join(found.reweighted)}.")
    if not found.own_draws:
        console.print("The table is not what its own draws give: one of the two was changed, or the code that adds up.")
    console.print(_outcome(found.comparison, allowed=ALLOWED))
    _print_beyond(console, found.comparison)


def _outcome(found: Comparison, *, allowed: float) -> str:
    """One sentence."""
    rare = f"; {found.too_rare} dates rest on too few draws to compare" if found.too_rare else ""
    if found.outcome == "identical":
        return f"Recomputed: {found.numbers} numbers, the same bytes."
    if found.outcome == "within":
        return (
            f"Recomputed: {found.numbers} numbers within Monte Carlo error, the worst {found.worst:.1f} standard errors "
            f"apart ({allowed:.0f} allowed){rare}."
        )
    return f"Recomputed: {len(found.beyond)} of {found.numbers} numbers differ by more than {allowed:.0f} standard errors{rare}."


def _print_inputs(console: Console, inputs: Sequence[Input], *, used: Sequence[str] = ()) -> None:
    """What is another here; of ``used`` the recomputation took what was there then."""
    from rich.table import Table

    others = [one for one in inputs if not one.same]
    if not others:
        console.print("Inputs: all as they were.")
        return
    shown = Table(
        title="Inputs that are others here", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for heading in ("input", "then", "here now", "recomputed with"):
        shown.add_column(heading, overflow="fold")
    for one in others:
        kept = one.name in used or one.name.startswith("worldview ")
        shown.add_row(one.name, _short(one.then), _short(one.now), ("then" if kept else "here now") if used else "-")
    console.print(shown)


def _short(text: str) -> str:
    """Enough of a hash to tell it from another."""
    if not text:
        return "not known"
    return text[:HASH_DIGITS] if len(text) == 64 and set(text) <= set("0123456789abcdef") else text


def _print_beyond(console: Console, found: Comparison) -> None:
    from rich.table import Table

    if found.beyond.empty:
        return
    shown = Table(title="Those that differ most", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("after", "view", "event", "number"):
        shown.add_column(heading, overflow="fold")
    for heading in ("then", "now", "errors"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in found.beyond.head(SHOWN).to_dict(orient="records"):
        without = f", {VARIANT_NAMES.get(row['without'], 'without ' + row['without'])}" if row["without"] else ""
        shown.add_row(
            row["worldview"],
            f"{row['view']}{without}",
            row["event"],
            NUMBERS.get(row["output_type"], "{}").format(row["output_type_id"]),
            *(_number(row[name], digits) for name, digits in (("then", ".4f"), ("now", ".4f"), ("errors", ".1f"))),
        )
    console.print(shown)


def _number(value: float, digits: str) -> str:
    return format(value, digits) if math.isfinite(value) else "-"


def _print_book(found: CheckedBook) -> None:
    console = _console()
    console.print(f"Book as of {found.day}, seed {found.seed}: {found.files} files, all as they were written.")
    _print_inputs(console, found.inputs)
    if not found.verified:
        console.print("Its tables were made from other inputs: run rsi book prepare.")
