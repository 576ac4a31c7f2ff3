"""`python -m tests.mutations`: plant every fault, print which test caught it, and exit with 1 if one survived."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.mutations import listed, record, runner
from tests.mutations.runner import Outcome

CONSOLE = Console()
NEWS = Console(stderr=True)


def main() -> int:
    options = _options()
    chosen = [m for m in listed.read() if not options.only or any(part in m.name for part in options.only)]
    if options.list:
        CONSOLE.print(_listing(chosen))
        return 0
    if not chosen:
        NEWS.print("No mutation has such a name; --list shows them.")
        return 2
    if options.record is not None and len(chosen) < len(listed.read()):
        NEWS.print("A record is of the whole list: leave --only out.")
        return 2
    NEWS.print(f"The tests of {len(chosen)} mutations, first as the code is.")
    start, done = time.monotonic(), 0

    def report(found: Outcome) -> None:
        nonlocal done
        done += 1
        NEWS.print(f"{done}/{len(chosen)} {found.verdict} ({found.seconds:.0f} s): {found.mutation.name}", markup=False)

    try:
        outcomes = runner.run(chosen, cache=options.cache, jobs=options.jobs, report=report)
    except runner.NotSound as bad:
        NEWS.print(str(bad), markup=False)
        return 2
    CONSOLE.print(_table(outcomes))
    missed = [o for o in outcomes if o.verdict != "caught"]
    for one in missed:
        CONSOLE.print(f"{one.mutation.name} ({one.verdict}): {one.by or one.mutation.why}", markup=False)
    CONSOLE.print(f"{len(outcomes) - len(missed)} of {len(outcomes)} caught.")
    if options.json is not None:
        said = [{**asdict(o.mutation), "verdict": o.verdict, "by": o.by, "seconds": o.seconds} for o in outcomes]
        options.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    if options.csv is not None:
        record.frame(outcomes).to_csv(options.csv, index=False)
    if options.record is not None:
        where = record.write(outcomes, where=options.record, seconds=time.monotonic() - start)
        NEWS.print(f"recorded in {where}", markup=False)
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--only", action="append", metavar="PART", help="mutations with PART in their name; repeatable")
    parser.add_argument("--list", action="store_true", help="show the mutations and run nothing")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="copies of the tree at work at once")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keep compiled code here for the next time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything found")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="store a record of the trust report there")
    found = parser.parse_args()
    if found.jobs < 1:
        parser.error("--jobs: one or more")
    return found


def _listing(mutations: list[listed.Mutation]) -> Table:
    table = Table("mutation", "file", "why it matters", title=f"{len(mutations)} mutations")
    for one in mutations:
        table.add_row(one.name, one.file, one.why)
    return table


def _table(outcomes: tuple[Outcome, ...]) -> Table:
    table = Table("mutation", "by", "seconds")
    for one in outcomes:
        by = one.by.rpartition("::")[2] if one.verdict == "caught" else one.verdict.upper()
        table.add_row(one.mutation.name, by, f"{one.seconds:.0f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
