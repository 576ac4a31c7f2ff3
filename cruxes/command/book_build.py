"""From pages and tables to HTML, through Jupyter Book.

Pages are executed when they are read. Sphinx reads again what has changed among the pages; where anything else has (the
packages, the tables, the look, the libraries) the build starts afresh, since a page would else show old numbers.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from priors.problems import Problem

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("priors", "forecast", "cruxes")
KEYS = ".rsi-pages", ".rsi-rest"
"""Files in ``_build`` with what the last whole build was made of: the pages, and all else."""

IN_PARALLEL = """
from functools import partial
import jupyter_book.sphinx as book
from jupyter_book.cli.main import main
book.build_sphinx = partial(book.build_sphinx, jobs=2)
main()
"""
"""Jupyter Book's command has no option for this, and executing pages one after the other takes twice as long."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """``html``: the folder; ``pages``: how many; ``unchanged``: there was nothing to do; ``passed``: no warning."""

    html: Path
    pages: int
    unchanged: bool
    passed: bool


def missing(pages: Path) -> Iterator[Problem]:
    """What a build needs and is not there."""
    if not (pages / "_config.yml").exists():
        yield Problem(file="rsi book", where="the pages", found=f"no {pages}", expected="the folder `book` of a checkout",
                      remedy="Run this from a clone of the repository, installed with `pip install -e .`.")  # fmt: skip
    absent = [name for name in ("jupyter_book", "math_core") if find_spec(name) is None]
    if absent:
        yield Problem(file="rsi book", where="libraries", found=f"no {', '.join(absent)}", expected="the extra `book`",
                      remedy="Run `scripts/bootstrap.sh test book`.")  # fmt: skip


def build(
    pages: Path, *, out: Path, draft: bool, ledger: Path | None = None, report: Callable[[str], None] = lambda _: None
) -> Made:
    """Build ``pages`` into ``out``/_build/html; a draft leaves out what is not there and lets warnings pass.

    ``ledger`` is the folder of the user's rows that pages read. What Jupyter Book says goes to ``report``.
    """
    place = out.absolute() / "_build"
    html = place / "html"
    now = (_hash(_sources(pages)), _hash(_rest(pages)))
    before = tuple(_read(place / name) for name in KEYS)
    if before == now and not draft and (html / "index.html").exists():
        return Made(html=html, pages=_count(html), unchanged=True, passed=True)
    if before[1] != now[1] or draft:
        shutil.rmtree(place, ignore_errors=True)
    if before[1] != now[1] and not draft:
        shutil.rmtree(pages / "assets" / "generated", ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    for name in KEYS:
        (place / name).unlink(missing_ok=True)
    options = _draft(pages, place) if draft else ["-n", "-W", "--keep-going"]
    code = _run(pages, ["--path-output", str(out.absolute()), *options], ledger=ledger, report=report)
    if code == 0 and not draft:
        for name, key in zip(KEYS, now, strict=True):
            (place / name).write_text(key, encoding="utf-8")
    return Made(html=html, pages=_count(html), unchanged=False, passed=code == 0)


def _run(pages: Path, options: list[str], *, ledger: Path | None, report: Callable[[str], None]) -> int:
    """Jupyter Book's exit code. Pages find `rsi` on the PATH, and the same ledger."""
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    environment["PYTHONHASHSEED"] = "0"
    if ledger is not None:
        environment["RSI_LEDGER"] = str(ledger.absolute())
    command = [sys.executable, "-c", IN_PARALLEL, "build", *options, str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as run:
        assert run.stdout is not None
        for line in run.stdout:
            report(line.rstrip())
    return run.returncode


def _draft(pages: Path, place: Path) -> list[str]:
    """Options of a draft: a table of contents of the pages that are there, and cells that may fail."""
    import yaml  # type: ignore[import-untyped]

    config = yaml.safe_load((pages / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["allow_errors"] = True
    config["sphinx"]["config"]["nb_execution_raise_on_error"] = False
    config["sphinx"]["local_extensions"] = {
        name: str(pages / folder) for name, folder in config["sphinx"]["local_extensions"].items()
    }
    contents = yaml.safe_load((pages / "_toc.yml").read_text(encoding="utf-8"))
    there = _there(contents, pages)
    there["root"] = contents["root"] if (pages / f"{contents['root']}.md").exists() else _first(there)
    paths = place / "draft-config.yml", place / "draft-toc.yml"
    for path, said in zip(paths, (config, there), strict=True):
        path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    return ["--config", str(paths[0]), "--toc", str(paths[1])]


def _there(contents: Any, pages: Path) -> Any:
    """A table of contents without the pages that have no file, and the parts that are then empty."""
    if isinstance(contents, list):
        kept = (_there(one, pages) for one in contents)
        return [one for one in kept if one and (not isinstance(one, dict) or set(one) - {"caption", "numbered"})]
    if isinstance(contents, dict):
        if "file" in contents and not (pages / f"{contents['file']}.md").exists():
            return {}
        return {key: found for key, value in contents.items() if (found := _there(value, pages)) not in ([], {})}
    return contents


def _first(contents: Any) -> str:
    """The first page of a draft without its landing page, which takes that one's place."""
    part = contents["parts"][0]
    name: str = part["chapters"].pop(0)["file"]
    if not part["chapters"]:
        contents["parts"].pop(0)
    if not contents["parts"]:
        del contents["parts"]
    return name


def _sources(pages: Path) -> Iterator[Path]:
    yield from sorted(pages.glob("*.md"))


def _rest(pages: Path) -> Iterator[Path]:
    """All that pages are made of beside themselves. Tables are named by the hash of what they were computed from."""
    from cruxes.publication import store

    yield from (pages / "_config.yml", pages / "_toc.yml", ROOT / "constraints.txt")
    for folder in ("assets", "extensions", "templates"):
        yield from sorted(
            path
            for path in (pages / folder).rglob("*")
            if path.is_file() and not {"generated", "__pycache__"} & set(path.parts)
        )
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv", ".json", ".md"}:
                yield path
    yield from sorted(store.root().glob(f"*/{store.MANIFEST}"))


def _hash(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path}\n{path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _count(html: Path) -> int:
    return len([path for path in html.glob("*.html") if path.stem not in {"index", "genindex", "search"}])
