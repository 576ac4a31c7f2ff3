"""Plants each fault in a copy of the working tree and sees which test fails there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from tests.mutations.listed import ROOT, Mutation, mutated, parse

LIMIT_SECONDS = 1200.0
"""Of one mutation: what touches the kernels compiles them anew, a minute on a machine of its own."""

LEFT_BEHIND = (
    ".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "*.egg-info",
    "artefacts", "_build", "generated", "node_modules",
)  # fmt: skip
"""Of the working tree, what no test needs."""

NO_CATCH = (
    "AttributeError", "ImportError", "IndentationError", "ModuleNotFoundError", "NameError", "SyntaxError", "TypeError",
    "TypingError", "UnboundLocalError",
)  # fmt: skip
"""A test that ends so has met code that cannot run, and has not judged what it says."""

type Verdict = Literal["caught", "survived", "broken", "timed out"]


class NotSound(RuntimeError):
    """Nothing can be said of the mutations: the tests fail without any, or run on other code than the copy's."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``by``: the test that failed, or what went wrong."""

    mutation: Mutation
    verdict: Verdict
    by: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One pytest process. ``code`` is None where it ran out of time; ``failures`` are (test, message) of failed calls and
    ``errors`` those of fixtures and of collecting."""

    code: int | None
    failures: tuple[tuple[str, str], ...]
    errors: tuple[tuple[str, str], ...]
    tail: str


def run(
    mutations: Sequence[Mutation], *, root: Path = ROOT, cache: Path | None = None, jobs: int = 1,
    limit_seconds: float = LIMIT_SECONDS, report: Callable[[Outcome], None] = lambda _: None,
) -> tuple[Outcome, ...]:  # fmt: skip
    """The outcome of each, in order. ``cache``: a folder for compiled code, which outlives this run.

    Raises NotSound where the chosen tests fail without any mutation, ValueError where one has no place in its file.
    """
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        work = Path(folder)
        kept = cache or work / "cache"
        copies: SimpleQueue[Path] = SimpleQueue()
        first = work / "copy-0"
        shutil.copytree(root, first, ignore=shutil.ignore_patterns(*LEFT_BEHIND), symlinks=True)
        for mutation in mutations:
            parse(mutation.file, mutated(mutation, (first / mutation.file).read_text(encoding="utf-8")))
        _refuse_unsound(first, mutations, cache=kept, limit_seconds=2.0 * limit_seconds)
        copies.put(first)
        for i in range(1, jobs):
            copies.put(Path(shutil.copytree(first, work / f"copy-{i}", symlinks=True)))

        def one(mutation: Mutation) -> Outcome:
            copy = copies.get()
            try:
                found = _outcome(mutation, copy, cache=kept, limit_seconds=limit_seconds)
            finally:
                copies.put(copy)
            report(found)
            return found

        with ThreadPoolExecutor(jobs) as pool:
            return tuple(pool.map(one, mutations))


def _environment(copy: Path, cache: Path) -> dict[str, str]:
    """The copy before everything else, nobody's own files, and none of the plugins that cost ten times a small test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "RSI_"))}
    own = {"RSI_CACHE": cache, "RSI_ARTEFACTS": copy / "artefacts", "RSI_LEDGER": copy / "no-own-rows",
           "RSI_TRUST": copy / "trust"}  # fmt: skip
    options = {"PYTHONPATH": str(copy), "RSI_NO_BROWSER": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return kept | {name: str(path) for name, path in own.items()} | options


def _refuse_unsound(copy: Path, mutations: Sequence[Mutation], *, cache: Path, limit_seconds: float) -> None:
    """The copy's own packages are what is imported, and all chosen tests pass there."""
    packages = sorted(path.parent.name for path in copy.glob("*/__init__.py"))
    code = f"import {', '.join(packages)}; print(*({', '.join(f'{name}.__file__' for name in packages)},), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, env=_environment(copy, cache), capture_output=True, text=True
    )
    elsewhere = [line for line in done.stdout.splitlines() if copy.resolve() not in Path(line).resolve().parents]
    if done.returncode or elsewhere:
        raise NotSound(f"the copy is not what is imported: {elsewhere or done.stderr[-2000:]}")
    chosen = sorted({test for mutation in mutations for test in mutation.tests})
    found = _pytest(copy, chosen, cache=cache, limit_seconds=limit_seconds)
    if found.code != 0:
        wrong = "; ".join(f"{test}: {message}" for test, message in (*found.failures, *found.errors))
        raise NotSound(f"the chosen tests do not pass as the code is: {wrong or found.tail}")


def _outcome(mutation: Mutation, copy: Path, *, cache: Path, limit_seconds: float) -> Outcome:
    start = time.monotonic()
    with _planted(mutation, copy):
        found = _pytest(copy, mutation.tests, cache=cache, limit_seconds=limit_seconds, planted=True)
    verdict, by = judged(found.code, found.failures, found.errors, found.tail)
    return Outcome(mutation=mutation, verdict=verdict, by=by, seconds=time.monotonic() - start)


@contextmanager
def _planted(mutation: Mutation, copy: Path) -> Iterator[None]:
    """The fault in its file, and then the file as it was. Bytecode is of the code as it was, and Python knows it by the
    file's length and second of change: so the fault has another second, and the file its own again afterwards."""
    path = copy / mutation.file
    whole, at = path.read_text(encoding="utf-8"), path.stat()
    changed = mutated(mutation, whole)
    parse(mutation.file, changed)
    path.write_text(changed, encoding="utf-8")
    os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns + 2 * 10**9))
    try:
        yield
    finally:
        path.write_text(whole, encoding="utf-8")
        os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))


def judged(
    code: int | None, failures: Sequence[tuple[str, str]], errors: Sequence[tuple[str, str]], tail: str
) -> tuple[Verdict, str]:
    """Caught is a test whose own call failed; code that cannot be imported, or run at all, proves nothing of a test."""
    if code is None:
        return "timed out", ""
    if code == 0:
        return "survived", ""
    if code == 1 and failures:
        test, message = failures[0]
        kind = message.split(":", 1)[0].rpartition(".")[2]
        return ("broken", f"{test}: {message}") if kind in NO_CATCH else ("caught", test)
    return "broken", "; ".join(f"{test}: {message}" for test, message in errors) or tail


def _pytest(
    copy: Path, tests: Sequence[str], *, cache: Path, limit_seconds: float, planted: bool = False
) -> _Run:  # fmt: skip
    """``planted``: stop at the first failure, and leave no bytecode of a fault behind."""
    environment = _environment(copy, cache) | ({"PYTHONDONTWRITEBYTECODE": "1"} if planted else {})
    with tempfile.TemporaryDirectory(dir=copy.parent) as folder:
        told = Path(folder) / "told.xml"
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xdist.plugin", "-m", "not slow", "--tb=line",
            f"--basetemp={folder}/base", f"--junitxml={told}", *(["-x"] if planted else []), *tests,
        ]  # fmt: skip
        with subprocess.Popen(
            command, cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                said, _ = process.communicate(timeout=limit_seconds)
            except BaseException as stopped:
                os.killpg(process.pid, signal.SIGKILL)
                if isinstance(stopped, subprocess.TimeoutExpired):
                    return _Run(code=None, failures=(), errors=(), tail="")
                raise
        failures, errors = _told(told)
        return _Run(code=process.returncode, failures=failures, errors=errors, tail=said[-2000:])


def _told(path: Path) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """(test, first line of the message) of each failure and of each error in a report of pytest."""
    if not path.exists():
        return (), ()
    found: dict[str, list[tuple[str, str]]] = {"failure": [], "error": []}
    for case in ET.parse(path).iter("testcase"):
        test = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}".removeprefix(".py::")
        for kind, of_kind in found.items():
            of_kind += [(test, (one.get("message") or "").split("\n", 1)[0]) for one in case.findall(kind)]
    return tuple(found["failure"]), tuple(found["error"])
