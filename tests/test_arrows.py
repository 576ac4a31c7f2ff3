"""Imports point one way: priors -> forecast -> cruxes."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ["priors", "forecast", "cruxes"]
SAMPLERS = {"pymc", "pytensor", "nutpie", "arviz"}
PATHS = sorted(path for package in ORDER for path in (ROOT / package).rglob("*.py"))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in PATHS}


@cache
def imported(name):
    """Modules that the module names in its imports, wherever in the file they stand; relative ones resolved."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            inner = {f"{base}.{alias.name}" for alias in node.names}
            modules = {one for one in inner if one in MODULES}
            found |= modules if len(modules) == len(inner) else modules | {base}
    return found


def test_there_are_modules_to_look_at():
    assert {name.partition(".")[0] for name in MODULES} == set(ORDER)


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_only_upstream(name):
    package = name.partition(".")[0]
    upstream = set(ORDER[: ORDER.index(package) + 1])
    assert {one.partition(".")[0] for one in imported(name)} & {*ORDER, "benchmarks", "tests", "book"} <= upstream


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("priors")])
def test_what_people_believe_knows_nothing_of_samplers(name):
    assert not {one.partition(".")[0] for one in imported(name)} & SAMPLERS


def test_no_two_modules_import_each_other():
    graph = {name: {one for one in imported(name) if one in MODULES and one != name} for name in MODULES}
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle


def test_loading_the_priors_loads_no_pymc():
    code = "import sys, priors; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "pymc" not in done.stdout.split()
