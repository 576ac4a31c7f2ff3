"""The list of faults: one text in one file, what takes its place, and the tests that must notice."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).parent / "mutations.toml"
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """``old`` stands once in ``file`` (from the root) and becomes ``new``. ``tests``: pytest node ids, any of which may
    be the one that fails. ``asked``: the fault of the brief that this is, "" for one of our own choice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str
    asked: str = ""


def read(path: Path = LIST) -> tuple[Mutation, ...]:
    """Every mutation of a list. Raises TypeError for an entry with a field too many or too few."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
    return tuple(Mutation(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries)


def mutated(mutation: Mutation, text: str) -> str:
    """The file's text with the fault in it. Raises ValueError where the place is not there once, or nothing changes."""
    if (times := text.count(mutation.old)) != 1:
        raise ValueError(f"{mutation.name}: its text stands {times} times in {mutation.file}, expected once")
    changed = text.replace(mutation.old, mutation.new)
    if changed == text:
        raise ValueError(f"{mutation.name}: changes nothing")
    return changed


def parse(file: str, text: str) -> None:
    """Raises SyntaxError or TOMLDecodeError where the text is none of its kind: such a fault would be no fault."""
    if file.endswith(".py"):
        ast.parse(text)
    elif file.endswith(".toml"):
        tomllib.loads(text)


def tests_in(path: Path) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
