"""`python -m benchmarks [NAME...] [--quick] [--json FILE]`: every benchmark in one run, so that ratios hold."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

NAMES = ("simulation", "likelihood", "sampler", "pipeline")
NOTE = "ratio_to_<name>: speeds of published simulations as measured elsewhere on the same kind of machine."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help=f"any of {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="shorter runs, rougher figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    progress, found = Console(stderr=True), {}
    for name in options.names or NAMES:
        progress.print(f"{name} ...")
        measure: Callable[..., dict[str, float]] = import_module(f"benchmarks.{name}").measure
        found[name] = measure(quick=options.quick)
    table = Table("benchmark", "figure", "value", title="python -m benchmarks", caption=NOTE)
    for name, figures in found.items():
        for figure, value in figures.items():
            table.add_row(name, figure, f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}")
        table.add_section()
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
