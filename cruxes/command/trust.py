"""`rsi trust`: the trust report. Every check of the model with its number, its bound, and whether it passes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cruxes.command.options import AsOfOption, JsonFlag, LedgerOption, open_ledger, parse_day, today_of
from cruxes.wording import bound, figure_with_unit
from priors.problems import BadInput, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from forecast.trust.records import Record

FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", help="Folder of records (default: RSI_TRUST, else those of the package)."),
]
SHORT_OF = 1


def register(app: typer.Typer) -> None:
    own = typer.Typer(no_args_is_help=False, invoke_without_command=True, rich_markup_mode=None)
    own.callback()(report)
    own.command("run")(run)
    app.add_typer(own, name="trust")


def report(
    context: typer.Context,
    check: Annotated[
        list[str] | None, typer.Option("--check", metavar="NAME", help="Only this check (may be given again).")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Only what falls short.")] = False,
    folder: FolderOption = None,
    ledger: LedgerOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the trust report: every figure with its bound, pass or fall short, and on what it was measured."""
    if context.invoked_subcommand is not None:
        return
    from forecast.trust import checks, records

    wanted = _named(check or [])
    found = records.read_all(records.folder(folder), ledger=open_ledger(ledger))
    shown = {name: found.get(name) for name in checks.CHECKS if not wanted or name in wanted}
    if as_json:
        typer.echo(json.dumps({name: _said(one) for name, one in shown.items()}, ensure_ascii=False, indent=1))
    else:
        _print(shown, short=short)


def run(
    check: Annotated[list[str], typer.Argument(metavar="CHECK...", help="calibration, data, structure, ...")],
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes.")] = 1,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786.")
    ] = None,
    ledgers: Annotated[int, typer.Option(min=20, max=10_000, help="Simulated ledgers for each prior.")] = 200,
    as_of: AsOfOption = None,
    seed: Annotated[int, typer.Option(min=0, max=2**20, help="Same seed, same machine: same numbers.")] = 1,
    folder: FolderOption = None,
    ledger: LedgerOption = None,
) -> None:
    """Measure checks and keep their records. Dear ones say so; what a killed run has finished is not computed again."""
    from forecast.trust import checks, executors, records
    from forecast.trust.findings import Context

    names = _named(check)
    by_command = [name for name in names if not checks.CHECKS[name].module]
    if by_command:
        raise BadInput([_elsewhere(name, checks.CHECKS[name].command) for name in by_command])
    book = open_ledger(ledger)
    day = parse_day(as_of, option="--as-of") if as_of is not None else today_of(book)
    where = records.folder(folder)
    with executors.executor(workers=workers, cluster=cluster) as pool:
        for name in names:
            one = checks.CHECKS[name]
            typer.echo(f"{name}: {one.asks} About {one.minutes} minutes of one core.", err=True)
            options = {"calibration": {"ledgers": ledgers}, "structure": {"workers": workers}}.get(name, {})
            began = time.perf_counter()
            with _progress() as report_progress:
                context = Context(ledger=book, day=day, seed=seed, executor=pool, report=report_progress)
                measured = checks.measurer(one)(context, **options)
            target = records.write(
                measured, context, where=where, seconds=time.perf_counter() - began,
                options={**options, "workers": workers, "cluster": bool(cluster)},
            )  # fmt: skip
            fallen = int((~measured.findings["passes"].astype(bool)).sum())
            typer.echo(f"{name}: {len(measured.findings)} findings, {fallen} short; {target}", err=True)


def _named(names: list[str]) -> list[str]:
    """The names, each one that of a check. Raises BadInput."""
    from forecast.trust.checks import CHECKS

    problems = [
        Problem(file="command line", where="CHECK", found=ascii(name), expected=f"one of {', '.join(CHECKS)}",
                remedy="rsi trust prints what each asks.")
        for name in names
        if name not in CHECKS
    ]  # fmt: skip
    if problems:
        raise BadInput(problems)
    return names


def _elsewhere(name: str, command: str) -> Problem:
    return Problem(file="command line", where="CHECK", found=name, expected="a check that rsi measures itself",
                   remedy=f"Run {command} in a checkout of the project.")  # fmt: skip


class _progress:
    """A bar on stderr: done of all, and what is at work."""

    def __enter__(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
        )  # fmt: skip
        self._bar.start()
        self._task = self._bar.add_task("", total=None)
        return self._moved

    def _moved(self, done: int, of: int, what: str) -> None:
        self._bar.update(self._task, completed=done, total=of, description=what)

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()


def _said(record: Record | None) -> dict[str, Any] | None:
    """A record as JSON can hold it: no bound is null."""
    if record is None:
        return None
    rows = record.findings.astype(object).to_dict(orient="records")
    return {
        "manifest": dict(record.manifest),
        "differs": list(record.differs),
        "findings": [{str(k): _finite(v) for k, v in row.items()} for row in rows],
    }


def _finite(value: Any) -> Any:
    return None if (isinstance(value, float) and abs(value) in (float("inf"),)) or value != value else value


def _print(found: dict[str, Record | None], *, short: bool) -> None:
    from rich.console import Console

    from forecast.trust.checks import CHECKS

    console = Console(highlight=False, markup=False, emoji=False)
    for name, record in found.items():
        check = CHECKS[name]
        console.print(f"\n{name.upper()}: {check.asks}")
        if record is None:
            console.print(
                f"  not measured yet: {check.command or f'rsi trust run {name}'} (about {check.minutes} minutes of one core)"
            )
            continue
        console.print(f"  {measured_on(record)}")
        _print_findings(console, record, short=short)
    console.print(f"\n{summary(found)}")


def measured_on(record: Record) -> str:
    """When, how long, and whether on what is here now."""
    said = record.manifest
    since = f" Since then other: {', '.join(record.differs)}." if record.differs else ""
    return (
        f"measured on {said['measured_on']} in {float(said['seconds']) / 60:.0f} minutes, forecasts of {said['day']}, "
        f"seed {said['seed']}.{since}"
    )


def summary(found: dict[str, Record | None]) -> str:
    """One sentence over all checks."""
    measured = [one for one in found.values() if one is not None]
    total = sum(len(one.findings) for one in measured)
    fallen = sum(int((~one.findings["passes"].astype(bool)).sum()) for one in measured)
    others = [one.check for one in measured if one.differs]
    parts = [f"{total} figures: {total - fallen} pass, {fallen} fall short."]
    if len(measured) < len(found):
        parts.append(f"Not measured: {', '.join(name for name, one in found.items() if one is None)}.")
    if others:
        parts.append(f"Measured on another model, ledger or beliefs than those here: {', '.join(others)}.")
    return " ".join(parts)


def _print_findings(console: Console, record: Record, *, short: bool) -> None:
    from rich.table import Table

    rows = record.findings.to_dict(orient="records")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=62)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        if short and row["passes"]:
            continue
        table.add_row(
            "  pass " if row["passes"] else "  SHORT",
            str(row["item"]),
            figure_with_unit(row["value"], row["unit"]),
            bound(row["low"], row["high"]),
        )
        if not row["passes"] and row["says"]:
            table.add_row("", f"  {row['says']}", "", "")
    if table.row_count:
        console.print(table)
